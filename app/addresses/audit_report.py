"""What an import would do, and an audit, as tables on the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from app.addresses.audit import Audit
from app.addresses.update import Update

_SHOWN = 5


def update_tables(update: Update, *, zh: bool = False) -> RenderableType:
    """Return what files bring, what changes, and the audit, for a rich console."""
    parts: list[RenderableType] = []
    for intake in update.intakes:
        used = ", ".join(
            f"{header} → {name}" if header != name else name for header, name in intake.used.items()
        )
        parts.append(Text(f"{intake.file}: {intake.rows:,} 行" if zh else
                          f"{intake.file}: {intake.rows:,} rows", style="bold"))  # fmt: skip
        parts.append(Text(f"  {'使用的列' if zh else 'columns'}: {used}"))
        if intake.left_out:
            parts.append(
                Text(f"  {'未采用的列' if zh else 'left out'}: {', '.join(intake.left_out)}")
            )
        if intake.unusable:
            count = len(intake.unusable)
            parts.append(
                Text(f"  不可用的行: {count:,}" if zh else f"  unusable rows: {count:,}", "red")
            )
            first = list(intake.unusable.items())[:_SHOWN]
            parts += [Text(f"    {row}: {reason}") for row, reason in first]
    merged = update.merged
    counts = Table(title="变化" if zh else "Changes", title_justify="left")
    for name in ("新增", "相同", "重复", "移动", "保留", "移除", "总计") if zh else (
        "new", "same", "twice", "moved", "kept", "dropped", "in all",
    ):  # fmt: skip
        counts.add_column(name, justify="right")
    numbers = (
        merged.new, merged.same, merged.duplicate, len(merged.moved), merged.kept,
        sum(merged.dropped.values()), merged.table.num_rows,
    )  # fmt: skip
    counts.add_row(*(f"{one:,}" for one in numbers))
    parts.append(counts)
    parts += [Text(f"  {one.what}: {one.metres:,.1f} m") for one in merged.moved[:_SHOWN]]
    parts.append(audit_tables(update.audit, zh=zh))
    return Group(*parts)


def audit_tables(audit: Audit, *, zh: bool = False) -> RenderableType:
    """Return an audit for a rich console."""
    places = Table(title="内容" if zh else "Places", title_justify="left")
    for name in audit.counts:
        places.add_column(name, justify="right")
    places.add_row(*(f"{one:,}" for one in audit.counts.values()))
    parts: list[RenderableType] = [places]
    if audit.findings:
        found = Table(title="检查" if zh else "Audit", title_justify="left", show_lines=True)
        for name in ("", "数量", "问题", "例") if zh else ("", "count", "what", "for example"):
            found.add_column(name, justify="right" if name in {"数量", "count"} else "left")
        for one in audit.findings:
            level = ("缺陷" if zh else "defect") if one.defect else ("提示" if zh else "note")
            of = f" / {one.of:,}" if one.of else ""
            found.add_row(
                Text(level, "red" if one.defect else ""),
                f"{one.count:,}{of}",
                one.text_zh if zh else one.text,
                "\n".join(one.examples[:_SHOWN]),
            )
        parts.append(found)
    defects = sum(one.defect for one in audit.findings)
    verdict = (
        ("未发现缺陷。" if zh else "No defect found.")
        if not defects
        else (f"{defects} 类缺陷。" if zh else f"Defects of {defects} kinds.")
    )
    parts.append(Text(verdict, style="bold"))
    return Group(*parts)
