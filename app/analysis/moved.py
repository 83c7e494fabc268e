"""Whom another edition of the boundaries moves: doors, staff posts, open incidents.

What lies in a grid *moves* if the grid as which that one goes on is not the one in which it lies
then; it is *recoded* if it is, and has another code. Households follow from where doors and
buildings of the gazetteer stand, else from the ground (app.grids.lineage).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from app.addresses.entry import Kind as EntryKind
from app.addresses.index import TABLE, read_tables
from app.errors import NotFoundError
from app.grids import City
from app.grids.city import STAFF_TABLE
from app.grids.diff import CityDiff, Kind, diff_cities
from app.locate import Locator

Rows = npt.NDArray[np.int64]

MOVED, RECODED = "moved", "recoded"
DOOR_COLUMNS = (
    "row", "town", "community", "road", "section", "lane", "number", "sub_number", "estate",
    "building", "poi", "lon", "lat", "what", "code_from", "code_to",
)  # fmt: skip
POST_COLUMNS = ("code_from", "role", "label", "level", "kind", "code_to", "into")
# A post stays where it is, whatever its grid is called and wherever it belongs.
_GOES_ON = frozenset({Kind.KEPT, Kind.RENAMED, Kind.REPARENTED, Kind.REDRAWN})
_LIVED_IN = (EntryKind.DOOR, EntryKind.BUILDING)


@dataclass(frozen=True, slots=True)
class Doors:
    """The rows of a gazetteer that get another grid.

    Attributes
    ----------
    table : pyarrow.Table
        The gazetteer.
    before, after : ndarray of int64, shape (n,)
        Rows of the finest grids, -1 for none.
    moved, recoded : ndarray of bool, shape (n,)
    """

    table: pa.Table
    before: Rows
    after: Rows
    moved: npt.NDArray[np.bool_]
    recoded: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Moved:
    """What changes, and for whom.

    Attributes
    ----------
    diff : CityDiff
    doors : Doors or None
        None where the edition before has no gazetteer, or the two have other finest levels.
    posts : tuple of dict
        Staff posts whose grid does not simply go on, see `POST_COLUMNS`.
    post_count : int
        How many posts there are.
    """

    diff: CityDiff
    doors: Doors | None
    posts: tuple[dict[str, Any], ...]
    post_count: int


def moved_by(
    before: Locator, after: Locator, tell: Callable[[str], None] = lambda _: None
) -> Moved:
    """Return what changes from one edition to another, and for whom.

    Parameters
    ----------
    before, after
        Of the two editions.
    tell
        Called with what is being done, for progress.

    Raises
    ------
    BadInputError
        If they are of two cities.
    CityError
        If a table is damaged.
    """
    placed = _placed(before, after)
    points = None
    if placed is not None:
        table, one, other = placed
        kinds = table["kind"].cast(pa.string()).to_numpy(zero_copy_only=False)
        lived_in = np.isin(kinds.astype(str), [str(kind) for kind in _LIVED_IN])
        points = one[lived_in], other[lived_in], np.ones(int(lived_in.sum()))
    diff = diff_cities(before.city, after.city, points, tell)
    doors = None
    if placed is not None:
        table, one, other = placed
        layer = diff.layer(before.city.levels[-1].id)
        expected = np.where(one >= 0, layer.successor[np.maximum(one, 0)], -1)
        moves = other != expected
        codes_before, codes_after = (np.append(part.codes, "") for part in (before, after))
        recodes = ~moves & (codes_before[one] != codes_after[other])
        doors = Doors(table, one, other, moves, recodes)
    staff = _staff(before.city)
    return Moved(diff, doors, tuple(_posts(before.city, diff, staff)), len(staff))


def door_rows(moved: Moved) -> Iterator[dict[str, Any]]:
    """Yield the rows of the gazetteer that get another grid, see `DOOR_COLUMNS`."""
    doors = moved.doors
    if doors is None:
        return
    rows = np.flatnonzero(doors.moved | doors.recoded)
    layer = moved.diff.layer(moved.diff.before.levels[-1].id)
    codes_before, codes_after = np.append(layer.before.codes, ""), np.append(layer.after.codes, "")
    for row, told in zip(rows, doors.table.take(pa.array(rows)).to_pylist(), strict=True):
        yield {
            **{name: told.get(name) or "" for name in DOOR_COLUMNS[1:11]},
            "row": int(row) + 1,
            "lon": told["lon"],
            "lat": told["lat"],
            "what": MOVED if doors.moved[row] else RECODED,
            "code_from": str(codes_before[doors.before[row]]),
            "code_to": str(codes_after[doors.after[row]]),
        }


def totals(moved: Moved) -> dict[str, Any]:
    """Return how many doors and posts change, as plain values; None where it is not known."""
    doors = moved.doors
    return {
        "doors": None if doors is None else len(doors.before),
        "doors_moved": None if doors is None else int(doors.moved.sum()),
        "doors_recoded": None if doors is None else int(doors.recoded.sum()),
        "posts": moved.post_count,
        "posts_changed": len(moved.posts),
    }


def _placed(before: Locator, after: Locator) -> tuple[pa.Table, Rows, Rows] | None:
    """Return the gazetteer of before, and in which finest grids its rows lie."""
    city = before.city
    if TABLE not in city.manifest.tables or city.levels[-1].id != after.city.levels[-1].id:
        return None
    table = read_tables(city.folder, city.manifest)[TABLE]
    lon, lat = table["lon"].to_numpy(), table["lat"].to_numpy()
    one, other = (part.locate_many(lon, lat).astype(np.int64) for part in (before, after))
    return table, one, other


def _staff(city: City) -> pd.DataFrame:
    file = city.manifest.tables.get(STAFF_TABLE)
    columns = ["code", "role", "label"]
    if file is None:
        return pd.DataFrame({name: [] for name in columns})
    return pd.read_parquet(city.folder / file, columns=columns)


def _posts(city: City, diff: CityDiff, staff: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the posts of grids that are recoded, split, merged, removed, or not there."""
    for code, role, label in staff.itertuples(index=False):
        told = became(city, diff, code)
        if told is not None:
            yield {"code_from": code, "role": role, "label": label, **told}


def became(city: City, diff: CityDiff, code: str) -> dict[str, Any] | None:
    """Say what becomes of whatever is bound to a grid by its code: a post, the area of an account.

    Parameters
    ----------
    city
        The edition before.
    diff
        From it to another one.
    code
        Of a grid of any level or overlay.

    Returns
    -------
    dict or None
        Its level, kind, code_to and into (codes); None if the grid goes on under its code, or
        the edition before has no such grid.
    """
    try:
        grid = city.find(code)
    except NotFoundError:
        return None
    layer = next((one for one in diff.layers if one.part.id == grid.part.id), None)
    if layer is None:
        return {"level": grid.part.id, "kind": Kind.REMOVED.value, "code_to": "", "into": []}
    change = layer.changes[grid.row]
    if change.kind in _GOES_ON and not change.recoded:
        return None
    return {
        "level": grid.part.id,
        "kind": change.kind.value,
        "code_to": str(layer.after.codes[change.after]) if change.after >= 0 else "",
        "into": [str(layer.after.codes[row]) for row in change.into],
    }
