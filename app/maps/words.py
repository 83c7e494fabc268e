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
    "frame": ("{label}\n{n}", "{label}\n{n}"),
    "made_with": (
        "由微格导出；地图框架 folium 与 Leaflet。本文件不访问网络。",
        "Exported by Weige; folium and Leaflet hold the map. This file asks no network.",
    ),
    "group_base": ("底图", "Background"),
    "group_overlay": ("网格", "Grids"),
    "group_incidents": ("事件", "Incidents"),
    "group_heat": ("热力", "Heat"),
    "group_spots": ("热点", "Hot spots"),
    "group_rates": ("比率与数量", "Rates and counts"),
    "group_coverage": ("覆盖", "Coverage"),
    "all_hazards": ("全部隐患", "All hazards"),
    "incidents_unit": ("起", "incidents"),
    "period": ("时段：{period}", "Period: {period}"),
    "denominator": ("分母：{name}", "Denominator: {name}"),
    "scheme_quantiles": (
        "分级：分位数，{k} 级（各级网格数大致相等），每级含上限",
        "Classes: {k} quantiles of the shown values, upper ends included",
    ),
    "scheme_steps": (
        "分级：1、2、5、10…，{k} 级，每级含上限",
        "Classes: {k} by 1, 2, 5, 10 …, upper ends included",
    ),
    "scheme_equal_interval": (
        "分级：等间距，{k} 级，每级含上限",
        "Classes: {k} of equal width, upper ends included",
    ),
    "scheme_fisher_jenks": (
        "分级：自然断点（Fisher-Jenks），{k} 级，每级含上限",
        "Classes: {k} natural breaks (Fisher-Jenks), upper ends included",
    ),
    "scheme_maximum_breaks": (
        "分级：最大间断，{k} 级，每级含上限",
        "Classes: {k} at the widest gaps, upper ends included",
    ),
    "small": ("分母过小，比率仅供参考", "small denominator: the rate jumps"),
    "scheme_shares": ("分级：每 20% 一级，每级含上限", "Classes: by 20 %, upper ends included"),
    "as_of": ("截至 {day}", "As of {day}"),
    "rates_name": ("{hazard}（{unit}）", "{hazard} ({unit})"),
    "rates_title": ("{hazard} · {level}", "{hazard} · {level}"),
    "smooth_name": ("{hazard}（平滑后，{unit}）", "{hazard} (smoothed, {unit})"),
    "counts_name": ("{hazard}数量", "{hazard}: numbers"),
    "counts_disc": ("面积与数量成正比", "Area after the number"),
    "counts_note": (
        "放大后依次按更细的网格汇总；圆心不是事件位置，而在网格之内。",
        "Closer in, numbers are those of finer grids; a disc stands in its grid, not at a place.",
    ),
    "heat_name": ("{hazard}热力", "Heat: {hazard}"),
    "bandwidth": ("核密度，带宽 {m} 米（{why}）", "Kernel density, bandwidth {m} m ({why})"),
    "window": ("时间轴每步为连续 {n} 个月。", "A step of the time bar takes in {n} months."),
    "window_one": ("时间轴每步为一个月。", "A step of the time bar is a month."),
    "hotspots_name": ("{hazard}热点", "Hot spots: {hazard}"),
    "hotspots_note": (
        "Getis-Ord Gi*，与相邻网格一并比较；p 值按随机置换精确计算，经 Benjamini–Hochberg 校正。",
        "Getis-Ord Gi* of a grid with its neighbours; exact p, after Benjamini and Hochberg.",
    ),
    "trends_name": ("{hazard}热点演变", "What became of hot spots: {hazard}"),
    "trends_note": (
        "逐月 Gi* 与 Mann-Kendall 趋势；加剧、持续、减弱、曾为热点：九成月份为热点。",
        "Gi* by month, Mann-Kendall trend; intensifying to historical: hot in 90 % of months.",
    ),
    "compared": ("比较的是：{unit}", "Compared: {unit}"),
    "sign_hot-99": ("热点，99% 置信", "Hot, 99 % sure"),
    "sign_hot-95": ("热点，95% 置信", "Hot, 95 % sure"),
    "sign_hot-90": ("热点，90% 置信", "Hot, 90 % sure"),
    "sign_not-significant": ("不显著", "Not significant"),
    "sign_cold-90": ("冷点，90% 置信", "Cold, 90 % sure"),
    "sign_cold-95": ("冷点，95% 置信", "Cold, 95 % sure"),
    "sign_cold-99": ("冷点，99% 置信", "Cold, 99 % sure"),
    "sign_new": ("新增：仅最近一月", "New: the last month only"),
    "sign_consecutive": ("连续：最近数月", "Consecutive: the last months"),
    "sign_intensifying": ("加剧", "Intensifying"),
    "sign_persistent": ("持续", "Persistent"),
    "sign_diminishing": ("减弱", "Diminishing"),
    "sign_sporadic": ("时有时无", "Sporadic"),
    "sign_oscillating": ("冷热交替", "Oscillating"),
    "sign_historical": ("曾为热点", "Historical"),
    "sign_none": ("从未成为热点或无规律", "No pattern"),
    "suppress_note": (
        "隐私：不足 {n} 起的数量及可据以推算的数量不予显示；不含姓名、电话、地址和事件位置。",
        "Privacy: no count below {n} or that gives one away; no name, telephone, address or place.",
    ),
    "report_title": ("{name} {month} 网格月报", "{name}: grids in {month}"),
    "report_figures": ("隐患数量", "Numbers of incidents"),
    "report_hazard": ("类别", "Hazard"),
    "report_months": ("近 13 个月", "Last 13 months"),
    "report_month": ("本月隐患（起）", "Incidents of the month"),
    "report_year": ("近 12 个月", "Last 12 months"),
    "report_year_before": ("此前 12 个月", "12 months before"),
    "report_than_month": ("较上月 {change}", "{change} on the month before"),
    "report_than_year": ("较此前 12 个月 {change}", "{change} on the 12 months before"),
    "report_no_earlier": ("无更早的数据", "no earlier data"),
    "report_unknown": ("不予显示", "not shown"),
    "report_bars": ("{name}，逐月：{values}", "{name}, month by month: {values}"),
    "report_busiest": ("近 12 个月隐患最多的{level}", "{level} with most incidents, 12 months"),
    "report_no_gaps": ("{name}：{value}，无可显示的缺口。", "{name}: {value}, no gaps to show."),
    "report_more": ("另有 {n} 个网格有缺口。", "{n} more grids have gaps."),
    "report_gap": ("缺 {n}（{share}）", "{n} missing ({share})"),
    "report_year_note": (
        "地图和排序按 {period} 的隐患；比率分母见图例。",
        "Maps and ranks are of incidents of {period}; denominators stand in the legends.",
    ),
    "report_as_of": ("覆盖情况截至 {day}。", "Coverage is as of {day}."),
    "report_reported": (
        "数量是已采集的隐患，不含不予立案和并案的；巡查多的地方采集得也多。",
        "Numbers are of reports, without rejected and merged ones; who looks more finds more.",
    ),
    "basemap_note": (
        "底图来自 {host}：没有网络时不显示底图，其余照常。",
        "The basemap comes from {host}: without a network it is missing, all else is there.",
    ),
    "datum_line": ("坐标系：{datum}（已随底图偏移）", "Datum: {datum}, shifted to fit the basemap"),
    "datum_note": (
        "为与底图对齐，全部网格已转换到 {datum}；图上坐标不是 WGS-84/CGCS2000。",
        "To fit the basemap all shapes are shifted to {datum}: not WGS-84 or CGCS2000.",
    ),
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
