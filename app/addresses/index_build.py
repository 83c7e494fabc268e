"""How the arrays of a gazetteer are made from its tables; see `app.addresses.columns`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from app.addresses.alias_targets import aliases_of
from app.addresses.columns import PLACE_KINDS
from app.addresses.entry import Kind
from app.addresses.index_rows import Ints, Rows, rows_of
from app.addresses.mapped import texts
from app.addresses.names import FORMS, KINDS, Form
from app.addresses.normalise import key
from app.addresses.numbers import group_key
from app.addresses.own_grids import Pairs, own_grids
from app.addresses.sides import build_sides
from app.addresses.texted import unique_rows
from app.addresses.variants import short_key, variants
from app.geo.measure import scales
from app.grids import City

Built: TypeAlias = dict[str, npt.NDArray[Any]]
Longs: TypeAlias = npt.NDArray[np.int64]

# Numbers count through the groups of a community unless more than this share of them comes again
# in another group; where a community has fewer numbers than this, all communities decide together.
_AGAIN, _ENOUGH = 0.1, 20
# One point that somebody who knows gave tells as much of a group as so many others.
_VERIFIED = 3
# Shorter names cannot be told from any other character of a text.
_SHORTEST = 2
_PLACE_RANK = {kind: place for place, kind in enumerate(KINDS)}


def build(table: pa.Table, aliases: pa.Table, coverage: pa.Table, city: City) -> Built:
    """Return the arrays of a gazetteer.

    Parameters
    ----------
    table, aliases, coverage
        Of `app.addresses.entry.SCHEMA`, `ALIAS_SCHEMA` and `COVERAGE_SCHEMA`.
    city
        Whose finest grids the rows name.

    Raises
    ------
    CityError
        If a column is missing, a number is not one, or a grid is not of the city.
    """
    rows = rows_of(table, city.finest.codes)
    built: Built = {}
    street = _add_streets(built, rows)
    _add_places(built, rows, own_grids(city, rows))
    _add_doors(built, rows, street)
    _add_buildings(built, rows)
    named = aliases_of(aliases, table, rows)
    built |= named.arrays()
    _add_names(built, rows, named.keys)
    _add_coverage(built, rows, coverage)
    built |= texts("labels", rows.labels) | texts("grids", rows.grids)
    return built


def _firsts(ids: npt.NDArray[Any], n: int) -> Ints:
    """Return where each of n things begins in its sorted ids, and the end."""
    return np.searchsorted(ids, np.arange(n + 1)).astype(np.int32)


def _grid_sets(
    name: str,
    ids: npt.NDArray[Any],
    grid: Ints,
    n: int,
    more: Pairs | None = None,
    counts: Longs | None = None,
) -> Built:
    """Return the arrays of `app.addresses.arrays.GridSets`; grids of `more` count no points.

    Each other row counts for one, or for what `counts` says.
    """
    extra = more or Pairs(np.empty(0, np.int32), np.empty(0, np.int32))
    points = np.zeros(len(ids) + len(extra.place), np.int64)
    points[: len(ids)] = 1 if counts is None else counts
    ids, grid = np.append(ids, extra.place), np.append(grid, extra.grid)
    wide = np.int64(grid.max(initial=-1)) + 2
    pairs, of = np.unique(ids.astype(np.int64) * wide + grid + 1, return_inverse=True)
    return {
        f"{name}.grids.first": _firsts(pairs // wide, n),
        f"{name}.grids.grid": (pairs % wide - 1).astype(np.int32),
        f"{name}.grids.count": np.bincount(of, points, len(pairs)).astype(np.int32),
    }


# --- streets ---------------------------------------------------------------------------------


def _add_streets(built: Built, rows: Rows) -> Ints:
    """Add the streets; return the street of each row, -1 for none."""
    road, community = rows.place[Kind.ROAD], rows.place[Kind.COMMUNITY]
    lane = rows.label["lane"]
    on_road = road >= 0
    member = np.flatnonzero(on_road | (rows.number >= 0))
    group = np.where(_counts_in_group(rows, on_road), rows.place[Kind.GROUP], -1)
    columns = {
        "road": road,
        "section": np.where(on_road, rows.label["section"], 0),
        "lane": lane,
        "town": rows.place[Kind.TOWN],
        "community": np.where(on_road, -1, community),
        "group": np.where(on_road, -1, group),
    }
    stacked = np.stack([column[member] for column in columns.values()], axis=1).astype(np.int64)
    streets, of = unique_rows(stacked)
    n = len(streets)
    for place, name in enumerate(columns):
        built[f"street.{name}"] = streets[:, place].astype(np.int32)
    roads = len(rows.names[Kind.ROAD])
    built["street.road.first"] = _firsts(built["street.road"], roads)
    without = np.flatnonzero((built["street.road"] < 0) & (built["street.community"] >= 0))
    order = without[np.argsort(built["street.community"][without], kind="stable")]
    built["street.community.street"] = order.astype(np.int32)
    built["street.community.first"] = _firsts(
        built["street.community"][order], len(rows.names[Kind.COMMUNITY])
    )
    found = np.full(len(rows), -1, np.int32)
    found[member] = of
    spots = (found >= 0) & rows.spot
    built |= _grid_sets("street", found[spots], rows.grid[spots], n)
    return found


def _counts_in_group(rows: Rows, on_road: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Tell for each row whether numbers count within the groups of its community.

    They do where the same numbers come again in several groups.
    """
    n = len(rows.names[Kind.COMMUNITY])
    community, group = rows.place[Kind.COMMUNITY], rows.place[Kind.GROUP]
    tells = np.flatnonzero(~on_road & (rows.number >= 0) & (community >= 0) & (group >= 0))
    doors = np.stack(
        [part[tells] for part in (community, rows.label["lane"], rows.number,
                                  rows.label["sub_number"], group)],
        axis=1,
    ).astype(np.int64)  # fmt: skip
    in_groups, _ = unique_rows(doors)
    in_all, _ = unique_rows(in_groups[:, :-1])
    each = np.bincount(in_groups[:, 0], minlength=n)
    again = each - np.bincount(in_all[:, 0], minlength=n)
    groups, _ = unique_rows(doors[:, [0, 4]])
    several = np.bincount(groups[:, 0], minlength=n) > 1
    # Communities with one known group cannot tell, and neither can few numbers.
    enough = several & (each >= _ENOUGH)
    together = again[several].sum() > _AGAIN * each[several].sum()
    within = np.where(enough, again > _AGAIN * each, together)
    if not several.any():
        within[:] = True
    found = np.zeros(len(rows), bool)
    known = community >= 0
    found[known] = within[community[known]]
    return found


# --- places ----------------------------------------------------------------------------------


def _add_places(built: Built, rows: Rows, more: Mapping[Kind, Pairs]) -> None:
    finer = _finer_than(rows)
    for kind in PLACE_KINDS:
        ids = rows.place[kind]
        n = len(rows.names[kind])
        named = np.flatnonzero(ids >= 0)
        own = np.full(n, -1, np.int32)
        owners = named[~finer[kind][named]][::-1]
        own[ids[owners]] = owners
        chosen = np.where(own >= 0, own, _middles(ids, named, rows, n))
        built |= texts(f"{kind}.name", rows.names[kind])
        built[f"{kind}.town"] = (
            np.full(n, -1, np.int32) if kind is Kind.ROAD else rows.town_of[kind]
        )
        built[f"{kind}.parent"] = _parents(ids, named, rows, n, kind)
        built[f"{kind}.lon"], built[f"{kind}.lat"] = rows.lon[chosen], rows.lat[chosen]
        built[f"{kind}.own_row"] = own
        centroid = np.uint8(2)
        built[f"{kind}.basis"] = np.where(own >= 0, rows.basis[own], centroid).astype(np.uint8)
        border = np.where(own >= 0, rows.border_m[own], np.nan)
        built[f"{kind}.border_m"] = border.astype(np.float32)
        spots = named[rows.spot[named]]
        counts = np.where(rows.verified[spots], _VERIFIED, 1).astype(np.int64)
        built |= _grid_sets(str(kind), ids[spots], rows.grid[spots], n, more.get(kind), counts)


def _finer_than(rows: Rows) -> dict[Kind, npt.NDArray[np.bool_]]:
    """Tell for each kind which rows name something finer than a place of it."""
    poi = rows.place[Kind.POI] >= 0
    building = (rows.label["building"] > 0) | (rows.label["unit"] > 0) | poi
    door = (rows.number >= 0) | (rows.place[Kind.ESTATE] >= 0) | building
    road = door | (rows.place[Kind.ROAD] >= 0) | (rows.label["lane"] > 0)
    group = road | (rows.place[Kind.GROUP] >= 0)
    return {
        Kind.TOWN: group | (rows.place[Kind.COMMUNITY] >= 0),
        Kind.COMMUNITY: group,
        Kind.GROUP: road,
        Kind.ROAD: door | (rows.label["section"] > 0) | (rows.label["lane"] > 0),
        Kind.ESTATE: building,
        Kind.POI: np.zeros(len(rows), bool),
    }


def _middles(ids: Ints, named: Longs, rows: Rows, n: int) -> Longs:
    """Return for each place the row of it that lies nearest to the middle of its rows."""
    found = np.zeros(n, np.int64)
    if not len(named):
        return found
    own = ids[named]
    east, north = scales(float(np.median(rows.lat)))
    x, y = rows.lon[named] * east, rows.lat[named] * north
    count = np.bincount(own, minlength=n)
    off_x = x - (np.bincount(own, x, n) / count)[own]
    off_y = y - (np.bincount(own, y, n) / count)[own]
    order = np.lexsort((np.hypot(off_x, off_y), own))
    found[:] = named[order[np.searchsorted(own[order], np.arange(n))]]
    return found


def _parents(ids: Ints, named: Longs, rows: Rows, n: int, kind: Kind) -> Ints:
    """Return the community of each place, -1 where none or several are named."""
    found = np.full(n, -1, np.int32)
    if kind in {Kind.TOWN, Kind.COMMUNITY, Kind.ROAD}:
        return found
    community = rows.place[Kind.COMMUNITY][named]
    known = community >= 0
    own, community = ids[named][known], community[known]
    low = np.full(n, np.iinfo(np.int32).max, np.int32)
    np.minimum.at(low, own, community)
    np.maximum.at(found, own, community)
    return np.where(low == found, found, -1).astype(np.int32)


# --- doors and buildings ---------------------------------------------------------------------


def _add_doors(built: Built, rows: Rows, street: Ints) -> None:
    doors = np.flatnonzero((rows.number >= 0) & (street >= 0))
    label = {name: column[doors] for name, column in rows.label.items()}
    order = np.lexsort(
        (label["unit"], label["building"], label["sub_number"], rows.number[doors], street[doors])
    )
    at = doors[order]
    n = len(built["street.road"])
    built["door.street"], built["door.number"] = street[at], rows.number[at]
    built["door.sub"] = rows.label["sub_number"][at]
    for name in ("building", "unit"):
        built[f"door.{name}"] = rows.label[name][at]
    for kind in (Kind.COMMUNITY, Kind.GROUP, Kind.ESTATE):
        built[f"door.{kind}"] = rows.place[kind][at]
    _add_points(built, "door", rows, at)
    built["door.verified"] = rows.verified[at].astype(np.uint8)
    built["door.first"] = _firsts(street[at], n)
    built |= build_sides(street[at], rows.number[at], rows.grid[at], rows.lon[at], rows.lat[at], n)


def _add_buildings(built: Built, rows: Rows) -> None:
    estate = rows.place[Kind.ESTATE]
    found = np.flatnonzero((estate >= 0) & (rows.label["building"] > 0))
    label = {name: rows.label[name][found] for name in ("building", "unit")}
    at = found[np.lexsort((label["unit"], label["building"], estate[found]))]
    built["building.estate"] = estate[at]
    for name in ("building", "unit"):
        built[f"building.{name}"] = rows.label[name][at]
    _add_points(built, "building", rows, at)
    built["building.first"] = _firsts(estate[at], len(rows.names[Kind.ESTATE]))


def _add_points(built: Built, name: str, rows: Rows, at: Longs) -> None:
    built[f"{name}.grid"] = rows.grid[at]
    built[f"{name}.lon"], built[f"{name}.lat"] = rows.lon[at], rows.lat[at]
    built[f"{name}.border_m"] = rows.border_m[at].astype(np.float32)
    built[f"{name}.basis"] = rows.basis[at]
    built[f"{name}.row"] = at.astype(np.int32)


# --- names and coverage ----------------------------------------------------------------------


def _add_names(built: Built, rows: Rows, aliases: Iterable[tuple[str, Kind, int, int]]) -> None:
    """Add all names; `aliases` are (key, kind, id, place of the alias)."""
    refs: dict[str, dict[tuple[int, int, int], int]] = defaultdict(dict)
    for kind in PLACE_KINDS:
        rank = _PLACE_RANK[kind]
        # Many places share a name: their keys are made once.
        made: dict[str, list[tuple[str, Form]]] = {}
        for ident, name in enumerate(rows.names[kind]):
            if name not in made:
                made[name] = _keys(kind, name)
            for one, form in made[name]:
                refs[one].setdefault((rank, ident, FORMS.index(form)), -1)
    for one, kind, ident, alias in aliases:
        if len(one) >= _SHORTEST:
            refs[one][_PLACE_RANK[kind], ident, FORMS.index(Form.ALIAS)] = alias
    keys = sorted(refs)
    listed = [[(*ref, alias) for ref, alias in sorted(refs[one].items())] for one in keys]
    flat = np.array([ref for own in listed for ref in own], np.int32).reshape(-1, 4)
    first = np.zeros(len(keys) + 1, np.int32)
    np.cumsum([len(own) for own in listed], out=first[1:])
    built |= texts("names", keys)
    built |= {
        "names.ref.first": first,
        "names.ref.kind": flat[:, 0].astype(np.uint8),
        "names.ref.id": np.ascontiguousarray(flat[:, 1]),
        "names.ref.form": flat[:, 2].astype(np.uint8),
        "names.ref.alias": np.ascontiguousarray(flat[:, 3]),
    }


def _keys(kind: Kind, name: str) -> list[tuple[str, Form]]:
    """Return the keys by which a place may be named; groups that are numbers have none."""
    if kind is Kind.GROUP and any(one.isdigit() for one in group_key(name)):
        return []
    return [(one, form) for one, form in variants(kind, name) if len(one) >= _SHORTEST]


def _add_coverage(built: Built, rows: Rows, coverage: pa.Table) -> None:
    town_of = {short_key(Kind.TOWN, name): one for one, name in enumerate(rows.names[Kind.TOWN])}
    entries = [
        (town_of.get(short_key(Kind.TOWN, entry["town"] or ""), -1), entry)
        for entry in coverage.to_pylist()
        if key(entry["town"] or "") == "" or short_key(Kind.TOWN, entry["town"]) in town_of
    ]
    built["coverage.town"] = np.array([town for town, _ in entries], np.int32)
    built["coverage.complete"] = np.array([bool(e["complete"]) for _, e in entries], np.uint8)
    built |= texts("coverage.element", [entry["element"] or "" for _, entry in entries])
