"""A certificate as tables on the terminal."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from app.grids.certificate import Certificate, LevelCertificate
    from app.grids.findings import Malformed, Patch

_COUNTED = {
    "misplaced": "levels that seem to lie elsewhere",
    "unusable": "rows without a polygon",
    "repaired": "invalid shapes repaired",
    "duplicates": "codes claimed twice",
    "empty_codes": "rows without a code",
    "invalid": "invalid shapes",
    "orphans": "orphans",
    "malformed": "malformed codes",
    "overlaps": "overlaps",
    "gaps": "gaps",
    "spills": "out of their parent",
    "scraps": "scraps",
}
_WARNED = {
    "sizes": "sizes not as recommended",
    "same_names": "names used twice",
    "islands": "grids in several pieces",
    "unmatched": "grids with borders that do not match",
    "prefix": "codes that do not begin with their parent's",
    "allowed_gaps": "allowed gaps",
    "idle_gaps": "allowed gaps that are not there",
}


def certificate_text(certificate: Certificate, width: int = 140, rows: int = 10) -> str:
    """Return a certificate as plain text.

    Parameters
    ----------
    certificate
        What to show.
    width
        Columns of the terminal.
    rows
        How many findings of each kind to list, the worst first; the JSON has all.
    """
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(certificate_tables(certificate, rows))
    return out.getvalue()


def certificate_tables(certificate: Certificate, rows: int = 10) -> RenderableType:
    """Return a certificate as something that a rich console prints."""
    parts: list[RenderableType] = [_heading(certificate), _counts(certificate)]
    for level in certificate.levels:
        parts += _level(level, rows)
    parts.append(Text(_verdict(certificate), style="bold"))
    return Group(*parts)


def _heading(certificate: Certificate) -> Text:
    return Text(
        f"{certificate.city_name} ({certificate.city_id}), generation {certificate.generation}, "
        f"valid from {certificate.valid_from}, measured in {certificate.metric_crs}"
    )


def _verdict(certificate: Certificate) -> str:
    if certificate.ok:
        return "No defect found." + _worth_a_look(certificate)
    found = defects_text([level.defects for level in certificate.levels])
    return f"Defects: {found}." + _worth_a_look(certificate)


def defects_text(levels: Sequence[Mapping[str, int]]) -> str:
    """Return how many defects of each kind levels have together; "" if they have none.

    Parameters
    ----------
    levels
        Of each level its defects by kind, as `LevelCertificate.defects` and the JSON have them.
    """
    totals = {kind: sum(one.get(kind, 0) for one in levels) for kind in _COUNTED}
    named = [f"{total} {_COUNTED[kind]}" for kind, total in totals.items() if total]
    wrong = sum(one.get("count", 0) for one in levels)
    if wrong:
        named.insert(0, f"{wrong} counts not as expected")
    return ", ".join(named)


def _worth_a_look(certificate: Certificate) -> str:
    totals = {kind: sum(level.warnings[kind] for level in certificate.levels) for kind in _WARNED}
    named = [f"{total} {_WARNED[kind]}" for kind, total in totals.items() if total]
    return " Worth a look: " + ", ".join(named) + "." if named else ""


def _counts(certificate: Certificate) -> Table:
    table = Table(title="Levels", title_justify="left")
    for name in ("level", "name"):
        table.add_column(name)
    for name in (
        "expected", "found", "km²", "invalid", "codes", "orphans", "overlaps", "gaps",
        "spills", "slivers", "warnings",
    ):  # fmt: skip
        table.add_column(name, justify="right")
    for level in certificate.levels:
        defects = level.defects
        table.add_row(
            level.id,
            level.name,
            "–" if level.expected is None else str(level.expected),
            str(level.found),
            f"{level.area_km2:,.2f}",
            str(defects["invalid"] + defects["repaired"] + defects["unusable"]),
            str(defects["duplicates"] + defects["empty_codes"] + defects["malformed"]),
            str(defects["orphans"]),
            _sum(level.overlaps),
            "–" if level.is_overlay else _sum(level.gaps),
            _sum(level.spills),
            str(sum(level.slivers.values())),
            str(sum(level.warnings.values())),
        )
    return table


def _level(level: LevelCertificate, rows: int) -> list[RenderableType]:
    lists: list[tuple[str, Sequence[str]]] = [
        *_intake_lists(level),
        ("invalid shapes", [f"{one.code}: {one.reason}" for one in level.invalid]),
        ("orphans", [_orphan(one.code, one.declared) for one in level.orphans]),
        ("malformed codes", [_malformed(one) for one in level.malformed]),
        (
            "overlaps",
            [f"{one.codes[0]} with {one.codes[1]}: {_patch(one)}" for one in level.overlaps],
        ),
        (
            "gaps",
            [
                f"{_patch(one)}, {one.kind}, beside {_codes(one.codes)}"
                + (f"; allowed: {one.allowed}" if one.allowed else "")
                for one in level.gaps
            ],
        ),
        (
            "out of their parent",
            [
                f"{one.code} out of {one.parent}: {one.share:.3%}, {_patch(one)}"
                + (f"; it lies in {one.mostly_in}" if one.mostly_in else "")
                for one in level.spills
            ],
        ),
        (
            f"grids of {level.parent_level} that their children do not make up",
            [
                f"{one.code}: {one.share:.3%}, {one.missing_m2:,.2f} m² left open, "
                f"{one.excess_m2:,.2f} m² outside"
                for one in level.mismatches
            ],
        ),
        (
            f"scraps of {level.parent_level} that no child reaches",
            [f"{one.code}: {one.area_m2:,.2f} m², {one.children} children" for one in level.scraps],
        ),
    ]
    lists += _warning_lists(level)
    if level.unmatched is not None:
        lists.append(
            (
                "borders whose vertices do not match (no defect by itself)",
                [
                    (
                        f"{len(level.unmatched.codes)} grids, {level.unmatched.length_m:,.0f} m: "
                        f"{_codes(level.unmatched.codes)}"
                    )
                ],
            )
        )
    if level.prefix is not None and level.prefix.break_:
        lists.append(
            (
                "codes that do not begin with their parent's (no defect)",
                [f"{level.prefix.break_} of {level.found}: {_codes(level.prefix.examples)}"],
            )
        )
    shown = [_list(title, entries, rows) for title, entries in lists if entries]
    return [Text(f"\n{level.name} ({level.id})", style="bold"), *shown] if shown else []


def _warning_lists(level: LevelCertificate) -> list[tuple[str, Sequence[str]]]:
    low = "any" if level.households_min is None else level.households_min
    high = "any" if level.households_max is None else level.households_max
    return [
        (
            f"sizes other than the recommended {low} to {high} households (no defect)",
            [f"{one.code}: {one.households} households" for one in level.sizes],
        ),
        (
            "names used twice within a parent (no defect)",
            [f"{one.name}: {_codes(one.codes)}" for one in level.same_names],
        ),
        (
            "allowed gaps that are not there (no defect)",
            [
                f"{one.name} at {one.lon:.6f}, {one.lat:.6f}: "
                + (f"grid {one.code} lies there" if one.code else "that lies beyond all grids")
                for one in level.idle_gaps
            ],
        ),
        (
            "in several pieces (no defect)",
            [f"{one.code}: {one.parts} apart, {_patch(one)}" for one in level.islands],
        ),
    ]


def _intake_lists(level: LevelCertificate) -> list[tuple[str, Sequence[str]]]:
    intake = level.intake
    if intake is None:
        return []
    source = intake.source
    lists: list[tuple[str, Sequence[str]]] = [
        (
            "source",
            [
                (
                    f"{source.file}, layer {source.layer}, {source.driver}, {source.rows} rows, "
                    f"{source.crs}, datum {source.datum}, text {source.encoding}"
                ),
                *source.notes,
            ],
        ),
        ("lies elsewhere than it should", intake.misplaced),
        (
            "rows without a polygon",
            [f"row {one.row}, {one.code!r}: {one.reason}" for one in intake.unusable],
        ),
        (
            "repaired",
            [
                f"row {one.row}, {one.code!r}: {one.reason}; {one.area_before_m2:,.2f} m² "
                f"{one.area_change_m2:+,.2f} m²"
                for one in intake.repaired
            ],
        ),
        (
            "codes claimed twice",
            [
                f"{one.code!r}: rows {_codes(one.rows)} became {_codes(one.codes)}"
                for one in intake.duplicates
            ],
        ),
        ("rows without a code", [f"row {one.row} became {one.code}" for one in intake.empty_codes]),
        (
            "drawn in several rows (no defect)",
            [f"{one.code}: rows {_codes(one.rows)}" for one in intake.merged],
        ),
    ]
    choice = intake.parents
    if choice is not None and choice.method == "geometry":
        head = f"{choice.whole} of {level.found} lie wholly inside one grid of {choice.level}"
        partly = [f"{one.code} in {one.parent}: {one.share:.3%}" for one in choice.partly]
        shares = ", ".join(f"{key} {share:.1%}" for key, share in choice.level_shares.items())
        chosen = [f"level by the share wholly inside: {shares}"] if shares else []
        lists.append(("parents found by geometry", [head, *chosen, *partly]))
    return lists


def _list(title: str, entries: Sequence[str], rows: int) -> Text:
    lines = [f"  {title}: {len(entries)}" if len(entries) > 1 else f"  {title}"]
    lines += [f"    {entry}" for entry in entries[:rows]]
    if len(entries) > rows:
        lines.append(f"    … and {len(entries) - rows} more (all of them in the JSON)")
    return Text("\n".join(lines))


def _patch(patch: Patch) -> str:
    size = f"{patch.area_m2:,.2f}" if not patch.sliver else f"{patch.area_m2:.6f} (sliver)"
    return f"{size} m² at {patch.lon:.6f}, {patch.lat:.6f}"


def _malformed(one: Malformed) -> str:
    return f"{one.code!r}: {one.reason}" + ("" if one.row is None else f" in row {one.row}")


def _orphan(code: str, declared: str) -> str:
    return f"{code}: names {declared!r}, which does not exist" if declared else f"{code}: has none"


def _codes(codes: Sequence[object], most: int = 8) -> str:
    named = ", ".join(str(code) for code in codes[:most])
    return named if len(codes) <= most else f"{named}, … ({len(codes)})"


def _sum(patches: Sequence[Patch]) -> str:
    """Return how many patches there are and, on a second line, how large they are together."""
    if not patches:
        return "0"
    return f"{len(patches)}\n{sum(patch.area_m2 for patch in patches):,.2f} m²"
