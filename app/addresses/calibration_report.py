"""What a calibration measured, for a terminal and as a page of Markdown."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table

from app.addresses.calibrate import BandRow, Measurement, StyleRow
from app.addresses.calibration import ENOUGH, CalibrationTable
from app.addresses.faults import FAULTS
from app.addresses.match import Band

_STYLES = {
    "clean": ("clean", "规范"),
    "shortened": ("shortened", "省略"),
    "sloppy": ("sloppy", "随意"),
}
_BANDS = {
    Band.HIGH: "高, ≥ .98",
    Band.MIDDLE: "中, .90 to .98",
    Band.LOW: "低, < .90",
}


def page(measured: Measurement, table: CalibrationTable, name: str, synthetic: str) -> str:
    """Return the page of Markdown.

    Parameters
    ----------
    measured
        What was asked.
    table
        The calibration that follows from it.
    name
        Of the city.
    synthetic
        Statement of what is not real, "" for real data.
    """
    origin, plan = table.origin, measured.plan
    lines = [
        f"# How right addresses are: {name}",
        "",
        "Made by `python -m scripts.calibrate_addresses`; no number here is typed by hand.",
        "",
    ]
    if synthetic:
        lines += [
            (
                "**Synthetic 合成数据.** This gazetteer is made up, and so are the addresses"
                " that were asked for. The figures show that confidence and accuracy agree;"
                " they say nothing of the addresses of a real city. Calibrate with its own"
                " gazetteer."
            ),
            "",
        ]
    lines += [
        f"- day: {origin.day}",
        f"- gazetteer {origin.gazetteer}, rules {origin.rules}",
        (
            f"- {origin.rows:,} rows asked for in {origin.texts:,} texts, {origin.folds} folds,"
            f" seed {origin.seed}"
        ),
        (
            f"- unknown to the gazetteer: {plan.unknown:.0%} of doors, buildings and places, and "
            f"{plan.absent:.0%} of roads and estates altogether"
        ),
        "",
        (
            f"{_times(plan.rounds)} in three styles: **clean**, every part in its official"
            " form; **shortened**, parts left out; **sloppy**, shortened, with mistyped names,"
            " glued or Chinese numbers, and names and telephones around. Right is the grid in"
            " which the row's point lies, at the finest level."
        ),
        "",
        "## What becomes of them",
        "",
        "| style | row | texts | assigned | wrong of the assigned | truth among candidates |",
        "|---|---|---:|---:|---:|---:|",
        *(_style_line(row) for row in measured.styles()),
        "",
        "## Bands",
        "",
        (
            "How sure answers are by what the other folds tell, and how many are right."
            " Confidence is a lower bound, so it should lie a little below the accuracy."
        ),
        "",
        "| band | answers | mean confidence | accuracy | difference, points |",
        "|---|---:|---:|---:|---:|",
        *(_band_line(row) for row in measured.bands()),
        "",
        "## Confidence by level and main fault",
        "",
        (
            "n answers were assigned, `right` of them rightly. The confidence of an answer is"
            " the lower end of Wilson's 95 % interval about that share. Where n is below"
            f" {ENOUGH}, the ones that lack count as that of the fault at all levels says, or where"
            " that is rare too as the starting value of app/addresses/faults.py, but as no more"
            " than the level has altogether; the result lies within its own interval. No fault"
            " makes an answer surer than none, and one of several faults is as sure as the least"
            " of them."
        ),
        "",
        "| level | main fault | n | right | accuracy | lower bound | confidence |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for (level, fault), cell in sorted(table.cells.items()):
        lines.append(
            f"| {level} | {fault or 'none'} | {cell.n:,} | {cell.right:,} | {cell.accuracy:.4f} | "
            f"{cell.lower:.4f} | {table.confidence(level, fault):.4f} |"
        )
    met = sorted({fault for _, fault in table.cells if fault})
    lines += ["", "| fault | 含义 |", "|---|---|"]
    lines += [f"| {one} | {FAULTS[one].sentence} |" for one in met]
    return "\n".join(lines) + "\n"


def _times(rounds: int) -> str:
    if rounds == 1:
        return "Each row is asked for once"
    return (
        f"Each row is asked for {rounds} times, of another gazetteer and in other words each time,"
    )


def _style_line(row: StyleRow) -> str:
    kind = "in the gazetteer" if row.known else "held out"
    return (
        f"| {_STYLES[row.style][0]} {_STYLES[row.style][1]} | {kind} | {row.n:,} | "
        f"{_share(row.assigned, row.n)} | {_share(row.wrong, row.assigned, 3)} | "
        f"{_share(row.listed, row.candidates)} |"
    )


def _band_line(row: BandRow) -> str:
    accuracy = row.right / row.n
    return (
        f"| {_BANDS[row.band]} | {row.n:,} | {row.confidence:.4f} | {accuracy:.4f} | "
        f"{100 * (accuracy - row.confidence):+.2f} |"
    )


def _share(part: int, whole: int, digits: int = 1) -> str:
    return f"{100 * part / whole:.{digits}f} %" if whole else "–"


def tables(measured: Measurement, table: CalibrationTable, *, zh: bool) -> Group:
    """Return what was measured as tables for a terminal."""
    styles = Table(title="写法" if zh else "What becomes of addresses")
    for head in (
        ("写法", "地址库中", "条数", "已定", "其中错误", "候选含正确")
        if zh
        else ("style", "in the gazetteer", "texts", "assigned", "wrong of them", "truth listed")
    ):
        styles.add_column(head, justify="left" if head in {"写法", "style"} else "right")
    for row in measured.styles():
        said = ("是" if row.known else "否") if zh else ("yes" if row.known else "no")
        styles.add_row(
            _STYLES[row.style][zh], said, f"{row.n:,}", _share(row.assigned, row.n),
            _share(row.wrong, row.assigned, 3), _share(row.listed, row.candidates),
        )  # fmt: skip
    bands = Table(title="可信度分档" if zh else "Bands")
    for head in (
        ("档", "条数", "平均可信度", "正确率")
        if zh
        else ("band", "answers", "mean confidence", "accuracy")
    ):
        bands.add_column(head, justify="right")
    for one in measured.bands():
        bands.add_row(
            str(one.band), f"{one.n:,}", f"{one.confidence:.4f}", f"{one.right / one.n:.4f}"
        )
    cells = Table(title="层级与主要问题" if zh else "Level and main fault")
    for head in (
        ("层级", "主要问题", "n", "正确率", "下限", "可信度")
        if zh
        else ("level", "main fault", "n", "accuracy", "lower bound", "confidence")
    ):
        cells.add_column(head, justify="left" if head in {"层级", "level"} else "right")
    for (level, fault), cell in sorted(table.cells.items()):
        cells.add_row(
            str(level), fault or "–", f"{cell.n:,}", f"{cell.accuracy:.4f}",
            f"{cell.lower:.4f}", f"{table.confidence(level, fault):.4f}",
        )  # fmt: skip
    return Group(styles, bands, cells)
