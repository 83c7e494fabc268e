"""Corrections as rows of a file, and back: what one database knows brought to another, or edited.

A file has every correction, also those that were undone. It is brought in by rows: each is
checked as if somebody made it now, unless its id is known already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from app.addresses.amendments import AmendedAlias, AmendedPoint, Amendments
from app.addresses.intake import NAMING, take_one
from app.addresses.same_place import kind_of
from app.corrections.correction import Correction, Draft, Kind, State
from app.errors import BadInputError
from app.grids import City
from app.tables import Table, open_table, text_of
from app.tables.cells import whole
from app.tables.formulas import neutralised, restored

COLUMNS = (
    "id",
    "kind",
    "state",
    "text",
    *NAMING,
    "lon",
    "lat",
    "basis",
    "point_chosen",
    "grid",
    "alias",
    "target_kind",
    "target_town",
    "target",
    "note",
    "replaces",
    "before_status",
    "before_grid",
    "before_version",
    "made_at",
    "made_by",
    "undone_at",
    "undone_by",
    "undo_note",
)
REQUIRED = ("kind",)

Row = dict[str, str]


def to_row(one: Correction) -> Row:
    """Return a correction as a row of a file; text that looks like a formula is made harmless."""
    content, point, alias = one.content, one.content.point, one.content.alias
    row = {
        "id": one.id,
        "kind": str(content.kind),
        "state": str(one.state),
        "text": content.text,
        **{name: content.words.get(name, "") for name in NAMING},
        "lon": repr(point.lon) if point else "",
        "lat": repr(point.lat) if point else "",
        "basis": point.basis if point else "",
        "point_chosen": "1" if point and point.chosen else "",
        "grid": point.grid if point else "",
        "alias": alias.alias if alias else "",
        "target_kind": alias.kind if alias else "",
        "target_town": alias.town if alias else "",
        "target": alias.target if alias else "",
        "note": content.note,
        "replaces": one.replaces,
        "before_status": one.before.status,
        "before_grid": one.before.grid,
        "before_version": one.before.version,
        "made_at": one.made_at.isoformat(),
        "made_by": one.made_by,
        "undone_at": one.undone_at.isoformat() if one.undone_at else "",
        "undone_by": one.undone_by,
        "undo_note": one.undo_note,
    }
    return {name: neutralised(row[name]) for name in COLUMNS}


def schema() -> pa.Schema:
    """Return the columns of a file of corrections."""
    return pa.schema([pa.field(name, pa.string()) for name in COLUMNS])


def columns_of(found: Iterable[Correction]) -> list[list[str]]:
    """Return corrections as the columns of a file."""
    rows = [to_row(one) for one in found]
    return [[row[name] for row in rows] for name in COLUMNS]


def rows_of(table: Table) -> Iterator[tuple[Row, str]]:
    """Yield the rows of a file, and why a row is none.

    Raises
    ------
    BadInputError
        If a column is missing or there twice.
    """
    place = {}
    for name in COLUMNS:
        if name in table.columns or name in REQUIRED:
            place[name] = table.index(name)
    for batch in table.batches():
        cells = {name: batch.cells(at) for name, at in place.items()}
        for at in range(len(batch)):
            row = {name: restored(text_of(whole(own[at])).strip()) for name, own in cells.items()}
            yield dict.fromkeys(COLUMNS, "") | row, batch.faults.get(at, "")


def amendments_in(path: Path, city: City, encoding: str | None = None) -> Amendments:
    """Return what a file of corrections lays over a gazetteer: those in effect.

    Parameters
    ----------
    path
        As `scripts.corrections export` writes it.
    city
        Of the gazetteer.
    encoding
        Of a CSV.

    Raises
    ------
    BadFileError, BadInputError
        If the file cannot be read or a row is not usable: corrections decide where people are
        sent, so none is left out quietly.
    """
    points: list[AmendedPoint] = []
    aliases: list[AmendedAlias] = []
    for number, (row, fault) in enumerate(rows_of(open_table(path, encoding=encoding)), 2):
        try:
            if fault:
                raise BadInputError(fault)
            if row["state"] not in {"", State.IN_EFFECT}:
                continue
            draft = draft_of(row)
            if draft.kind is Kind.ALIAS:
                aliases.append(
                    AmendedAlias(draft.alias, draft.target_kind, draft.target_town, draft.target)
                )
            else:
                points.append(_point_of(draft, city))
        except BadInputError as error:
            raise BadInputError(
                f"{path.name}, row {number}: {error.message}",
                error.hint,
                message_zh=f"{path.name} 第 {number} 行：{error.message_zh}",
                hint_zh=error.hint_zh,
            ) from None
    return Amendments(tuple(points), tuple(aliases))


def _point_of(draft: Draft, city: City) -> AmendedPoint:
    if draft.lon is None or draft.lat is None:
        raise BadInputError("lon and lat are missing", message_zh="缺少 lon、lat")
    points, reason = take_one(
        draft.words, draft.lon, draft.lat, draft.datum, city.bounds, city.manifest.name
    )
    words = {name: text for name in NAMING if len(points.lon) and (text := points.columns[name][0])}
    if reason or len(points.lon) != 1 or kind_of(words) is None:
        raise BadInputError(
            reason or "the words are not those of one door or place",
            message_zh=reason or "文字不是单个门牌或地点",
        )
    return AmendedPoint(words, float(points.lon[0]), float(points.lat[0]), draft.basis)


def draft_of(row: Row) -> Draft:
    """Return a row as a draft.

    Raises
    ------
    BadInputError
        If a value is not usable.
    """
    if row["kind"] not in set(Kind):
        raise BadInputError(
            f"kind is {row['kind']!r:.40}, allowed are {', '.join(Kind)}",
            message_zh=f"kind 为 {row['kind']!r:.40}，可用：{'、'.join(Kind)}",
        )
    kind = Kind(row["kind"])
    if kind is Kind.ALIAS:
        return Draft(
            kind,
            text=row["text"],
            note=row["note"],
            replaces=row["replaces"],
            alias=row["alias"],
            target_kind=row["target_kind"],
            target_town=row["target_town"],
            target=row["target"],
        )
    given = bool(row["lon"] or row["lat"])
    return Draft(
        kind,
        text=row["text"],
        note=row["note"],
        replaces=row["replaces"],
        words={name: row[name] for name in NAMING if row[name]},
        lon=_number("lon", row["lon"]) if given else None,
        lat=_number("lat", row["lat"]) if given else None,
        grid="" if given else row["grid"],
        basis=row["basis"] or "survey_point",
    )


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadInputError(
            f"{name} is {text!r:.40}, which is no number",
            message_zh=f"{name} 为 {text!r:.40}，不是数字",
        ) from None


def time_of(name: str, text: str) -> datetime | None:
    """Return a time of a file; None where there is none."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise BadInputError(
            f"{name} is {text!r:.40}, allowed is a time with its zone: 2026-11-22T12:00:00+08:00",
            message_zh=f"{name} 为 {text!r:.40}，应为带时区的时间：2026-11-22T12:00:00+08:00",
        )
    return found.astimezone(UTC)
