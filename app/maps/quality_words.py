"""What the map of boundaries says, in Chinese and English."""

from __future__ import annotations

Both = dict[str, str]


def _both(zh: str, en: str) -> Both:
    return {"zh": zh, "en": en}


WORDS: dict[str, Both] = {
    "certificate": _both("边界质量", "Quality of boundaries"),
    "repair": _both("边界修补", "Repair of boundaries"),
    "generation": _both("版本", "Generation"),
    "valid": _both("自 {day} 起", "from {day}"),
    "clean": _both("未发现缺陷", "No defect found"),
    "defects": _both("{n} 处缺陷", "{n} defects"),
    "warnings": _both("{n} 处提示", "{n} worth a look"),
    "done": _both("已修补 {n} 处", "{n} repaired"),
    "left": _both("保留 {n} 处", "{n} left"),
    "group_defect": _both("缺陷", "Defects"),
    "group_warning": _both("提示", "Worth a look"),
    "group_done": _both("已修补", "Repaired"),
    "group_left": _both("保留未动", "Left as it is"),
    "all": _both("全部", "All"),
    "level": _both("层级", "Level"),
    "count": _both("个数", "Grids"),
    "of": _both("应有 {n}", "of {n}"),
    "defect_column": _both("缺陷", "Defects"),
    "warning_column": _both("提示", "Look"),
    "left_column": _both("修后", "After"),
    "search": _both("编码、名称或序号", "Code, name or number"),
    "none": _both("没有符合条件的条目", "Nothing fits"),
    "nowhere": _both("图上无处可指", "nowhere on the map"),
    "more": _both("另有 {n} 条未绘出，全部见 JSON。", "{n} more are not drawn; the JSON has all."),
    "overview": _both("全图", "Whole city"),
    "nearer": _both("放大", "Zoom in"),
    "farther": _both("缩小", "Zoom out"),
    "next": _both("下一处", "Next"),
    "previous": _both("上一处", "Previous"),
    "before": _both("修前", "Before"),
    "after": _both("修后", "After"),
    "area": _both("面积", "Area"),
    "width": _both("平均宽", "Mean width"),
    "where": _both("位置", "Place"),
    "grids": _both("网格", "Grids"),
    "share": _both("占该网格", "Share of the grid"),
    "parent": _both("上级", "Parent"),
    "mostly_in": _both("多在", "Mostly in"),
    "declared": _both("原写上级", "Names as parent"),
    "no_parent": _both("（空）", "(none)"),
    "reason": _both("原因", "Reason"),
    "rows": _both("源文件行", "Rows of the file"),
    "households": _both("户数", "Households"),
    "recommended": _both("建议", "Recommended"),
    "expected": _both("应有", "Expected"),
    "found": _both("实有", "Found"),
    "name": _both("名称", "Name"),
    "from": _both("割自", "Taken from"),
    "to": _both("归入", "Given to"),
    "nobody": _both("无（裁去）", "nobody (cut off)"),
    "note": _both("说明", "Note"),
    "allowed": _both("清单名", "Listed as"),
    "sliver": _both("碎片", "sliver"),
    "copy": _both("复制坐标", "Copy the place"),
    "copied": _both("已复制", "Copied"),
    "help": _both(
        "点条目即到该处；拖动、滚轮或双指缩放；N、P 换一处，0 看全图。",
        "Click an entry to go there; drag, scroll or pinch; N and P for the next, 0 for the city.",
    ),
    "map": _both("边界与编号的位置", "Borders and numbered places"),
    "language": _both("English", "中文"),
}

# By kind: what it is called, what it means and what to do.
KINDS: dict[str, dict[str, Both]] = {
    kind: {"name": _both(*name), "hint": _both(*hint)}
    for kind, name, hint in (
        ("misplaced", ("位置不对", "Elsewhere"), (
            "这一层多数图形不在应在之处，可能的缘由见原因一栏。",
            "Most of the level lies where it should not; the reason names the likely cause.")),
        ("invalid", ("图形无效", "Invalid shape"), (
            "边界自相交或闭合有误，请在源数据中改正，或用 repair_grids 修补。",
            "The ring crosses itself or does not close. Mend the source, or run repair_grids.")),
        ("overlaps", ("重叠", "Overlap"), (
            "同级两个网格都占这块地，应只归一个。",
            "Two grids of one level claim this ground; one of them should.")),
        ("gaps", ("空隙", "Gap"), (
            "上级范围内无网格覆盖。若为湖库等，可在 city.toml 的 allowed_gaps 中列出。",
            "No grid covers this ground of its level. A lake may be listed in allowed_gaps.")),
        ("spills", ("越界", "Out of its parent"), (
            "网格伸出上级边界之外；或所属上级有误。",
            "The grid sticks out of its parent, or names the wrong one.")),
        ("scraps", ("无下级", "No children"), (
            "没有任何下级网格落在这个上级之内。", "No grid below has any part in this one.")),
        ("orphans", ("无上级", "No parent"), (
            "没有上级，或所写上级不存在。", "It names no parent, or one that does not exist.")),
        ("malformed", ("编码有误", "Malformed code"), (
            "编码含空白、全角或被表格软件改写，或不符合规定的格式。",
            "The code has blanks or odd characters, was rounded, or is not of the stated form.")),
        ("duplicates", ("编码重复", "Code claimed twice"), (
            "多个网格使用同一编码，后者已加 ~2、~3 区分。",
            "Several grids claim one code; the later ones got ~2, ~3.")),
        ("empty_codes", ("缺编码", "No code"), (
            "源文件未写编码，已给临时编码。", "The source has no code; one was given.")),
        ("repaired", ("导入时修复", "Repaired on import"), (
            "导入时图形无效，已修复，请核对。", "The shape was invalid; the import repaired it.")),
        ("unusable", ("无法使用的行", "Unusable row"), (
            "该行没有可用的面图形。", "The row has no polygon.")),
        ("count", ("个数不符", "Count"), (
            "网格个数与应有个数不同。", "There are more or fewer grids than expected.")),
        ("islands", ("飞地", "Pieces apart"), (
            "网格由几块组成，请确认是否飞地。", "The grid consists of several pieces.")),
        ("allowed_gaps", ("允许的空隙", "Allowed gap"), (
            "已在清单中列为无须覆盖。", "The manifest says that nobody has to cover it.")),
        ("idle_gaps", ("清单空隙落空", "Allowed gap not there"), (
            "清单写明此处无须覆盖，此处却没有空隙：位置写错，或已被填上。",
            "The manifest allows a gap here and there is none: it lies elsewhere, or was filled.")),
        ("same_names", ("重名", "Same name"), (
            "同一上级内几个网格同名。", "Several grids of one parent have this name.")),
        ("sizes", ("户数超出建议", "Size"), (
            "户数不在建议范围之内。", "The number of households is not as recommended.")),
        ("valid", ("图形修复", "Made valid"), ("无效图形已修复。", "An invalid shape was mended.")),
        ("snap", ("顶点对齐", "Vertices joined"), (
            "几乎重合的顶点已并为一点。", "Vertices that all but touched became one.")),
        ("overlap", ("重叠", "Overlap"), (
            "归入公共边界较长的一方。", "Given to the grid with the longer common border.")),
        ("gap", ("空隙", "Gap"), (
            "归入公共边界最长的邻格。", "Given to the neighbour with the longest common border.")),
        ("spill", ("越界", "Out of its parent"), (
            "越界部分裁去，归入当地网格。", "Cut off, and given to the grid of that parent.")),
        ("parent", ("上级重建", "Parent rebuilt"), (
            "上级按下级合并。", "The parent became the union of its children.")),
    )
}  # fmt: skip
