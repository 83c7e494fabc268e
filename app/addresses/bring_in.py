"""Bringing points into the gazetteer of a city: what is new, what is the same, what has moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from app.addresses.columns import BASES
from app.addresses.entry import COLUMNS, SCHEMA, Kind
from app.addresses.index import locate
from app.addresses.index_rows import AREAS
from app.addresses.intake import NAMING, Intake, Points
from app.addresses.normalise import key
from app.addresses.numbers import (
    building_key,
    group_key,
    lane_key,
    section_key,
    sub_number,
    unit_key,
)
from app.addresses.texted import Texted, unique_rows
from app.addresses.variants import short_key
from app.errors import BadInputError
from app.geo.measure import distance_m
from app.locate import Locator

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

TEXTS = tuple(column.name for column in COLUMNS if column.name not in {"lon", "lat"})
# Points are told apart by steps of this, about a centimetre.
_STEP_DEG = 1e-7
# What two texts of a column are compared by, beside `key`.
KEYS = {
    "town": lambda text: short_key(Kind.TOWN, text),
    "community": lambda text: short_key(Kind.COMMUNITY, text),
    "group": group_key,
    "section": section_key,
    "lane": lane_key,
    "sub_number": sub_number,
    "building": building_key,
    "unit": unit_key,
}


@dataclass(frozen=True, slots=True)
class Moved:
    """Something that came again at another point or under other aliases.

    Attributes
    ----------
    what : str
        Its words, from coarse to fine.
    source : str
    metres : float
        How far the middle of its points moved.
    """

    what: str
    source: str
    metres: float


@dataclass(slots=True)
class Merged:
    """The gazetteer's table with what was brought in, and what became of it.

    Attributes
    ----------
    table : pyarrow.Table
        Of `app.addresses.entry.SCHEMA`, located, in a fixed order.
    new, same, duplicate : int
        Rows that were not there, that were there just so, and that came several times.
    moved : list of Moved
        What replaced earlier rows of its source.
    kept : int
        Earlier rows that were not brought again.
    dropped : dict of str to int
        Earlier rows by source that were to be replaced.
    """

    table: pa.Table
    new: int = 0
    same: int = 0
    duplicate: int = 0
    moved: list[Moved] = field(default_factory=list)
    kept: int = 0
    dropped: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Block:
    """Rows of a gazetteer before they are located."""

    columns: dict[str, Texted]
    lon: Floats
    lat: Floats
    basis: Texted
    source: Texted

    def __len__(self) -> int:
        return len(self.lon)


def merge(
    locator: Locator,
    earlier: pa.Table,
    brought: Sequence[tuple[Intake, str]],
    basis: str = "survey_point",
    *,
    replace: bool = False,
) -> Merged:
    """Add points to the table of a gazetteer and locate all of it.

    A row is known by its source and by all its words but the alias, compared by their keys. Of
    rows that are the same with the same point one is kept; different points of the same words are
    all kept, because nobody can tell which is right. Where a source brings the same words again
    with other points than before, the new ones replace the earlier ones.

    Parameters
    ----------
    locator
        Of the city.
    earlier
        The gazetteer's table so far.
    brought
        Files with the name of their source.
    basis
        What the points are: survey_point, building_polygon or centroid.
    replace
        Whether to leave all earlier rows out.

    Raises
    ------
    BadInputError
        If the basis is not known.
    """
    if basis not in BASES:
        raise BadInputError(
            f"basis is {basis!r}, allowed are {', '.join(BASES)}",
            message_zh=f"basis 为 {basis!r}，可用的有 {'、'.join(BASES)}",
        )
    before = _of_table(earlier)
    dropped: dict[str, int] = {}
    if replace:
        for source, count in zip(*np.unique(before.source.code, return_counts=True), strict=True):
            dropped[before.source.distinct[int(source)]] = int(count)
        before = _of_table(earlier.slice(0, 0))
    fresh = [_of_points(intake.points, source, basis) for intake, source in brought]
    whole = _joined([before, *fresh])
    old = np.zeros(len(whole), bool)
    old[: len(before)] = True
    return _merged(locator, whole, old, dropped)


def _of_table(table: pa.Table) -> _Block:
    texts = {name: Texted.of(table[name]) for name in (*TEXTS, "basis", "source")}
    return _Block(
        {name: texts[name] for name in TEXTS},
        table["lon"].to_numpy(),
        table["lat"].to_numpy(),
        texts["basis"],
        texts["source"],
    )


def _of_points(points: Points, source: str, basis: str) -> _Block:
    n = len(points.lon)
    kind = kinds_of(points.columns)
    area = np.isin(np.array(kind.distinct, object)[kind.code], AREAS)
    return _Block(
        points.columns,
        points.lon,
        points.lat,
        # Whatever was measured, one point of a town or a road is no more than its middle.
        Texted.same(basis, n).where(area, Texted.same("centroid", n)),
        Texted.same(source, n),
    )


def _joined(blocks: Sequence[_Block]) -> _Block:
    columns = {
        name: Texted.joined([block.columns[name] for block in blocks]).sorted() for name in TEXTS
    }
    return _Block(
        columns,
        np.concatenate([block.lon for block in blocks]),
        np.concatenate([block.lat for block in blocks]),
        Texted.joined([block.basis for block in blocks]).sorted(),
        Texted.joined([block.source for block in blocks]).sorted(),
    )


def _merged(locator: Locator, whole: _Block, old: Flags, dropped: dict[str, int]) -> Merged:
    words = _words_of(whole)
    content = _content_of(whole, words)
    # One of each content; an earlier row before one that was brought.
    order = np.lexsort((~old, content))
    first = order[np.r_[True, content[order[1:]] != content[order[:-1]]]] if len(order) else order
    n = int(words.max(initial=-1)) + 1
    was = np.bincount(words[first[old[first]]], minlength=n)
    again = np.zeros(len(whole), bool)
    again[~old] = np.isin(content[~old], content[old])
    known_again = np.unique(content[again])
    stays = np.isin(content, known_again) & old
    is_brought = np.zeros(n, bool)
    is_brought[words[~old]] = True
    fresh = first[~old[first]]
    replaced = is_brought & (was > np.bincount(words[stays], minlength=n))
    keep = first[~(old[first] & replaced[words[first]] & ~stays[first])]
    table = _table(locator, whole, keep)
    return Merged(
        table=table,
        new=int(np.count_nonzero(~replaced[words[fresh]])),
        same=int(np.count_nonzero(stays)),
        duplicate=int(np.count_nonzero(~old) - len(fresh) - np.count_nonzero(stays)),
        moved=_moves(whole, old, words, np.flatnonzero(replaced)),
        kept=int(np.count_nonzero(old & ~is_brought[words])),
        dropped=dropped,
    )


def _words_of(block: _Block) -> Longs:
    """Return a number for each row, the same for the same words of the same source."""
    parts: list[npt.NDArray[Any]] = []
    for name in NAMING:
        keyed = block.columns[name].mapped(KEYS.get(name, key)).sorted()
        parts.append(keyed.code)
    parts.append(block.source.code)
    _, number = unique_rows(np.stack(parts, axis=1).astype(np.int64))
    return number


def _content_of(block: _Block, words: Longs) -> Longs:
    """Return a number for each row, the same where nothing differs but how words are written."""
    parts: list[npt.NDArray[Any]] = [
        words,
        np.round(block.lon / _STEP_DEG).astype(np.int64),
        np.round(block.lat / _STEP_DEG).astype(np.int64),
        block.columns["alias"].code,
        block.basis.code,
    ]
    _, number = unique_rows(np.stack(parts, axis=1).astype(np.int64))
    return number


def _moves(block: _Block, old: Flags, words: Longs, replaced: Longs) -> list[Moved]:
    """Return what moved, the furthest first."""
    if not len(replaced):
        return []
    n = int(words.max()) + 1
    middles = []
    for those in (old, ~old):
        count = np.maximum(np.bincount(words[those], minlength=n), 1)
        middles.append(
            [
                np.bincount(words[those], part[those], n)[replaced] / count[replaced]
                for part in (block.lon, block.lat)
            ]
        )
    metres = distance_m(*middles[0], *middles[1])
    row = np.zeros(n, np.int64)
    row[words] = np.arange(len(words))
    order = np.argsort(-metres, kind="stable")
    return [
        Moved(
            words_of_row(block.columns, int(row[replaced[one]])),
            block.source[int(row[replaced[one]])],
            round(float(metres[one]), 1),
        )
        for one in order.tolist()
    ]


def words_of_row(columns: dict[str, Texted], row: int) -> str:
    """Return the words of a row from coarse to fine, for a person to read."""
    return " ".join(text for name in NAMING if (text := columns[name][row]))


def _table(locator: Locator, block: _Block, keep: Longs) -> pa.Table:
    """Return rows as a table in a fixed order, located."""
    columns = {name: block.columns[name].take(keep).sorted() for name in TEXTS}
    number = np.array([int(text or -1) for text in columns["number"].distinct], np.int64)
    rank: list[npt.NDArray[Any]] = [
        number[columns[name].code] if name == "number" else columns[name].code for name in NAMING
    ]
    source = block.source.take(keep).sorted()
    lon, lat = block.lon[keep], block.lat[keep]
    rank += [source.code, lon, lat, columns["alias"].code]
    order = np.lexsort(rank[::-1])
    lon, lat = lon[order], lat[order]
    grid, border_m = locate(locator, lon, lat)
    arrays: dict[str, pa.Array] = {name: columns[name].take(order).arrow() for name in TEXTS}
    kind = kinds_of({name: columns[name].take(order) for name in TEXTS})
    arrays |= {
        "lon": pa.array(lon),
        "lat": pa.array(lat),
        "grid": Texted.of(pa.array(grid, pa.string())).arrow(),
        "border_m": pa.array(border_m),
        "kind": kind.arrow(),
        "basis": block.basis.take(keep[order]).arrow(),
        "source": source.take(order).arrow(),
    }
    return pa.table([arrays[one.name] for one in SCHEMA], schema=SCHEMA)


def kinds_of(columns: dict[str, Texted]) -> Texted:
    """Return the kind of each row: the finest thing that it names."""
    n = len(columns["town"])
    found = np.zeros(n, np.int32)
    for kind, names in (
        (Kind.COMMUNITY, ("community",)),
        (Kind.GROUP, ("group",)),
        (Kind.ROAD, ("road", "section", "lane")),
        (Kind.ESTATE, ("estate",)),
        (Kind.DOOR, ("number",)),
        (Kind.BUILDING, ("building", "unit")),
        (Kind.POI, ("poi",)),
    ):
        for name in names:
            found[~columns[name].is_empty()] = list(Kind).index(kind)
    return Texted(found, [str(kind) for kind in Kind])
