"""The words of exported maps and reports, in Chinese and English."""

from __future__ import annotations

from app.errors import BadInputError

LANGUAGES = ("zh", "en")
HTML_LANG = {"zh": "zh-CN", "en": "en"}

_WORDS: dict[str, tuple[str, str]] = {
    "search": ("搜索网格：名称或编码", "Search a grid: name or code"),
    "panel": ("图层与图例", "Layers and legend"),
    "synthetic": ("演示数据", "Demonstration data"),
    "about": ("数据说明", "About the data"),
    "failed": (
        "地图正在打开。若一直停在这里，请改用 2021 年以后的浏览器（如 Chrome、Edge、Firefox）。",
        "The map is opening. If this stays, use a browser of 2021 or later, such as Firefox.",
    ),
    "zoom_in": ("放大", "Zoom in"),
    "zoom_out": ("缩小", "Zoom out"),
    "no_theme": ("不着色", "No colours"),
    "unit": ("单位：{unit}", "Unit: {unit}"),
    "zero": ("0（无）", "0 (none)"),
    "none": ("无数据", "No data"),
    "held": ("不足 {n}，不予显示", "Fewer than {n}: not shown"),
    "households": ("{n} 户", "{n} households"),
    "area": ("{n} 平方公里", "{n} km²"),
    "nothing": ("没有名称或编码含“{text}”的网格", "No grid has “{text}” in its name or code"),
    "more": ("还有更多，请继续输入", "There are more: type on"),
    "month": ("月份", "Month"),
    "play": ("播放", "Play"),
    "pause": ("暂停", "Pause"),
    "whole": ("全部时段", "Whole period"),
    "frame": ("{label} {n}", "{label} {n}"),
    "made_with": (
        "由微格导出；地图框架 folium 与 Leaflet。本文件不访问网络。",
        "Exported by Weige; folium and Leaflet hold the map. This file asks no network.",
    ),
    "group_base": ("底图", "Background"),
    "group_overlay": ("网格", "Grids"),
    "group_incidents": ("事件", "Incidents"),
    "borders": ("网格边界", "Borders of grids"),
    "names": ("名称", "Names"),
    "generation": ("网格版本 {generation}（{day} 起）", "Boundaries {generation}, from {day}"),
    "source": ("来源：{what}", "Sources: {what}"),
    "made": ("导出于 {day}", "Exported on {day}"),
    "title": ("{name}网格地图", "Grid map of {name}"),
}


def words_in(language: str, threshold: int = 0) -> dict[str, str]:
    """Return all words of a language.

    Parameters
    ----------
    language
        One of `LANGUAGES`.
    threshold
        Counts below it are not shown; the words for that name it.

    Raises
    ------
    BadInputError
        If there are none in this language.
    """
    if language not in LANGUAGES:
        raise BadInputError(
            f"language is {language!r}, allowed are {list(LANGUAGES)}",
            message_zh=f"语言为 {language!r}，可用：{'、'.join(LANGUAGES)}",
        )
    at = LANGUAGES.index(language)
    found = {key: both[at] for key, both in _WORDS.items()}
    found["held"] = found["held"].format(n=threshold)
    return found
