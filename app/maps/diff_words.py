"""The words of the page that shows two editions side by side, in Chinese and English."""

from __future__ import annotations

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("{city}：网格版本对比", "{city}: two editions of the boundaries"),
    "holds": ("{name}（{day} 起）", "{name} (from {day})"),
    "before": ("调整前", "Before"),
    "after": ("调整后", "After"),
    "nothing": ("两个版本的边界完全相同。", "The two editions are the same."),
    "no_match": ("没有符合条件的调整", "No change matches"),
    "search": ("按名称或编码筛选", "Filter by name or code"),
    "level": ("层级", "Level"),
    "fit": ("全部", "All"),
    "zoom_in": ("放大", "Zoom in"),
    "zoom_out": ("缩小", "Zoom out"),
    "kept": ("未变", "Kept"),
    "renamed": ("更名", "Renamed"),
    "reparented": ("改属", "Other parent"),
    "recoded": ("换码", "Recoded"),
    "redrawn": ("边界调整", "Redrawn"),
    "split": ("拆分", "Split"),
    "merged": ("合并", "Merged"),
    "removed": ("撤销", "Removed"),
    "added": ("新增", "Added"),
    "share_kept": ("保留原面积 {n}%", "keeps {n} % of its area"),
    "hausdorff": ("边界最多移动 {n} 米", "its border moves by {n} m at most"),
    "lineage": ("去向", "Where it goes"),
    "ground": ("面积", "Ground"),
    "households": ("户数", "Households"),
    "uncovered": ("无网格覆盖", "in no grid"),
    "tile_grids": ("调整的{level}", "{level} that change"),
    "tile_of": ("共 {n} 个", "of {n}"),
    "tile_households": ("换网格的住户", "Households in another grid"),
    "tile_doors": ("换网格的门牌与楼栋等", "Addresses in another grid"),
    "tile_recoded": ("另有 {n} 条仅换码", "and {n} with another code only"),
    "tile_posts": ("需调整的网格岗位", "Staff posts to be changed"),
    "tile_incidents": ("换网格的未结事件", "Open incidents in another grid"),
    "unknown": ("未知", "unknown"),
    "near_only": (
        "网格数量多，未变网格只画出调整处附近的。",
        "There are many grids: of those that are kept only the near ones are drawn.",
    ),
    "made_with": (
        "由微格生成。本文件不访问网络。",
        "Made by Weige. This file asks no network.",
    ),
    "hint": (
        "拖动平移，滚轮缩放，两图联动；点选网格或左侧条目查看去向。",
        "Drag and scroll: both maps move together. Choose a grid, or a line at the left.",
    ),
    "noscript": ("此页面需要启用脚本。", "This page needs scripts."),
}


def diff_words(language: str) -> dict[str, str]:
    """Return the words in ``zh`` or ``en``."""
    at = 0 if language == "zh" else 1
    return {key: texts[at] for key, texts in _WORDS.items()}
