"""What is wrong with a gazetteer, found when it is built rather than by whoever it misleads.

Defects are faults of the data that put addresses into wrong grids or lose them; notes are what
the matcher knows how to live with, such as sides that are out of order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from app.addresses.audit_datum import datum_findings
from app.addresses.bring_in import TEXTS, words_of_row
from app.addresses.columns import PLACE_KINDS
from app.addresses.entry import Kind
from app.addresses.findings import Finding, examples_of
from app.addresses.gazetteer import Gazetteer
from app.addresses.index_rows import Rows, rows_of
from app.addresses.normalise import key
from app.addresses.own_grids import named_grids
from app.addresses.texted import Texted, unique_rows
from app.geo.measure import metres_per_degree
from app.grids import City

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

# A point this far outside of the town that it names is in the wrong town; nearer, on the other
# side of the road.
_OUTSIDE_TOWN_M = 50.0
# Where no grid is the town: this many times as far from its middle as 19 of 20 of its points.
_FAR, _FAR_M = 3.0, 2_000.0
_SAME_DOOR_M = 100.0
_FROM_ESTATE_M = 500.0


@dataclass(frozen=True, slots=True)
class Audit:
    """The audit of a gazetteer.

    Attributes
    ----------
    city : str
        Name of the city.
    version : str
        Of the gazetteer.
    rows : int
    counts : dict of str to int
        Places by kind, streets, doors, buildings, aliases.
    findings : list of Finding
        Defects first.
    """

    city: str
    version: str
    rows: int
    counts: dict[str, int]
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether there is no defect."""
        return not any(one.defect for one in self.findings)

    def to_json(self) -> str:
        """Return the audit as JSON."""
        return json.dumps(asdict(self) | {"ok": self.ok}, ensure_ascii=False, indent=1)


def audit(city: City, gazetteer: Gazetteer, table: pa.Table) -> Audit:
    """Check a gazetteer.

    Parameters
    ----------
    city
        Whose gazetteer it is.
    gazetteer
        Built of the table.
    table
        Of `app.addresses.entry.SCHEMA`.
    """
    whole = _Whole(city, gazetteer, table)
    found = [one for check in _CHECKS for one in check(whole) if one.count]
    counts = {str(kind): len(gazetteer.places[kind]) for kind in PLACE_KINDS}
    counts |= {
        "street": len(gazetteer.streets),
        "door": len(gazetteer.doors),
        "building": len(gazetteer.buildings),
        "alias": len(gazetteer.aliases),
    }
    found.sort(key=lambda one: not one.defect)
    return Audit(city.manifest.name, gazetteer.version, len(table), counts, found)


class _Whole:
    """What the checks look at."""

    def __init__(self, city: City, gazetteer: Gazetteer, table: pa.Table) -> None:
        self.city = city
        self.gazetteer = gazetteer
        self.rows: Rows = rows_of(table, city.finest.codes)
        self.texts = {name: Texted.of(table[name]) for name in TEXTS}
        self.source = Texted.of(table["source"])
        self.named = named_grids(city, self.rows)

    def say(self, row: int) -> str:
        """Return the words of a row and its point."""
        point = f"({self.rows.lon[row]:.6f}, {self.rows.lat[row]:.6f})"
        return f"{words_of_row(self.texts, row)} {point}"

    def metres(self, row: Longs, lon: Floats, lat: Floats) -> Floats:
        """Return the metres from rows to points; plane, which is enough to tell near from far."""
        east, north = metres_per_degree(self.rows.lat[row])
        return np.hypot((self.rows.lon[row] - lon) * east, (self.rows.lat[row] - lat) * north)


def _empty(whole: _Whole) -> Iterator[Finding]:
    if not len(whole.rows):
        yield Finding("empty", 1, "the gazetteer holds no row", "标准地址库为空", defect=True)


def _off_the_city(whole: _Whole) -> Iterator[Finding]:
    """Yield points that no grid covers, apart from those in areas that others govern."""
    off = np.flatnonzero(whole.rows.grid < 0)
    points = shapely.points(whole.rows.lon[off], whole.rows.lat[off])
    elsewhere = np.zeros(len(off), bool)
    for area in whole.city.outside.geometry:
        shapely.prepare(area)
        elsewhere |= shapely.intersects(area, points)
    yield Finding(
        "outside_of_grids",
        int((~elsewhere).sum()),
        "points lie outside of all grids",
        "点位不在任何网格内",
        defect=True,
        examples=examples_of(whole.say, off[~elsewhere]),
    )
    yield Finding(
        "governed_by_others",
        int(elsewhere.sum()),
        "points lie where others govern",
        "点位在由其他单位管理的区域内",
        examples=examples_of(whole.say, off[elsewhere]),
    )


def _outside_their_town(whole: _Whole) -> Iterator[Finding]:
    rows = whole.rows
    town = rows.place[Kind.TOWN]
    wrong: list[int] = []
    for one, grid in whole.named[Kind.TOWN].items():
        own = np.flatnonzero(town == one)
        polygon = whole.city.layer(whole.city.levels[grid[0]].id).geometry[grid[1]]
        shapely.prepare(polygon)
        points = shapely.points(rows.lon[own], rows.lat[own])
        out = own[~shapely.intersects(polygon, points)]
        if len(out):
            points = shapely.points(rows.lon[out], rows.lat[out])
            near = shapely.get_coordinates(shapely.shortest_line(polygon, points))[::2]
            wrong += out[whole.metres(out, near[:, 0], near[:, 1]) > _OUTSIDE_TOWN_M].tolist()
    for one in range(len(rows.names[Kind.TOWN])):
        if one in whole.named[Kind.TOWN]:
            continue
        own = np.flatnonzero(town == one)
        middle = np.median(rows.lon[own]), np.median(rows.lat[own])
        metres = whole.metres(own, *(np.full(len(own), part) for part in middle))
        far = metres > max(_FAR * float(np.quantile(metres, 0.95)), _FAR_M)
        wrong += own[far].tolist()
    yield Finding(
        "outside_their_town",
        len(wrong),
        "points lie outside of the town that they name",
        "点位不在所写的镇街内",
        defect=True,
        examples=examples_of(whole.say, np.array(wrong, np.int64)),
    )


def _same_door_apart(whole: _Whole) -> Iterator[Finding]:
    """Yield doors and buildings that are there several times, far apart."""
    rows = whole.rows
    doors = whole.gazetteer.arrays
    at = np.asarray(doors["door.row"], np.int64)
    if not len(at):
        return
    same = np.stack(
        [
            np.asarray(doors[f"door.{name}"], np.int64)
            for name in ("street", "number", "sub", "building", "unit", "community", "group")
        ]
        + [rows.place[Kind.POI][at].astype(np.int64)],
        axis=1,
    )
    _, of = unique_rows(same)
    count = np.bincount(of)
    lon = (np.bincount(of, rows.lon[at]) / count)[of]
    lat = (np.bincount(of, rows.lat[at]) / count)[of]
    apart = whole.metres(at, lon, lat) > _SAME_DOOR_M / 2
    wrong = at[np.isin(of, of[apart])]
    yield Finding(
        "same_door_apart",
        len(np.unique(of[apart])),
        f"doors are there several times, more than {_SAME_DOOR_M:.0f} m apart",
        f"同一门牌有多个相距 {_SAME_DOOR_M:.0f} 米以上的点位",
        defect=True,
        examples=examples_of(whole.say, wrong),
    )


def _building_from_estate(whole: _Whole) -> Iterator[Finding]:
    rows = whole.rows
    arrays = whole.gazetteer.arrays
    at = np.asarray(arrays["building.row"], np.int64)
    if not len(at):
        return
    estate = rows.place[Kind.ESTATE][at]
    order = np.argsort(estate, kind="stable")
    starts = np.flatnonzero(np.r_[True, estate[order[1:]] != estate[order[:-1]]])
    far: list[int] = []
    for run in np.split(order, starts[1:]):
        middle = np.median(rows.lon[at[run]]), np.median(rows.lat[at[run]])
        metres = whole.metres(at[run], *(np.full(len(run), part) for part in middle))
        far += at[run][metres > _FROM_ESTATE_M].tolist()
    yield Finding(
        "building_far_from_estate",
        len(far),
        f"buildings lie more than {_FROM_ESTATE_M:.0f} m from the middle of their estate",
        f"楼栋距所在小区中心超过 {_FROM_ESTATE_M:.0f} 米",
        defect=True,
        examples=examples_of(whole.say, np.array(far, np.int64)),
    )


def _sides(whole: _Whole) -> Iterator[Finding]:
    gazetteer = whole.gazetteer
    monotone = np.asarray(gazetteer.arrays["side.monotone"])
    parity = np.asarray(gazetteer.arrays["side.parity"])
    outlier = np.flatnonzero(gazetteer.arrays["side.outlier"])
    first = np.asarray(gazetteer.arrays["side.first"])
    side_of = np.searchsorted(first, outlier, side="right") - 1

    def side(one: int) -> str:
        return f"{_street(gazetteer, one // 2)} {'单' if one % 2 else '双'}号"

    def number(place: int) -> str:
        return f"{side(int(side_of[place]))} {gazetteer.sides.number[int(outlier[place])]}"

    for kind, those, of, en, zh, say in (
        (
            "side_out_of_order",
            np.flatnonzero(monotone == 1),
            int((monotone > 0).sum()),
            "sides of streets on which points do not follow the numbers",
            "门牌号与点位顺序不一致的街道侧",
            side,
        ),
        (
            "parity_broken",
            np.flatnonzero(parity == 1),
            int((parity > 0).sum()),
            "streets on which odd and even numbers do not lie on two sides",
            "单双号未分列两侧的街道",
            lambda one: _street(gazetteer, one),
        ),
        (
            "number_off_its_way",
            np.arange(len(outlier)),
            len(gazetteer.sides.number),
            "numbers that lie far off the way between their neighbours",
            "明显偏离相邻门牌连线的门牌号",
            number,
        ),
    ):
        yield Finding(kind, len(those), en, zh, of=of, examples=examples_of(say, those))


def _street(gazetteer: Gazetteer, street: int) -> str:
    streets = gazetteer.streets
    parts = [
        places.name[ident]
        for places, ident in (
            (gazetteer.towns, streets.town[street]),
            (gazetteer.communities, streets.community[street]),
            (gazetteer.groups, streets.group[street]),
            (gazetteer.roads, streets.road[street]),
        )
        if ident >= 0
    ]
    section = gazetteer.labels[streets.section[street]]
    parts += [f"{section}段"] if section else []
    return " ".join([*parts, gazetteer.labels[streets.lane[street]]]).strip()


def _same_names(whole: _Whole) -> Iterator[Finding]:
    """Yield names that several towns have, which need the town to be told apart."""
    gazetteer = whole.gazetteer
    for kind, en, zh in (
        (Kind.COMMUNITY, "communities", "社区（村）"),
        (Kind.ESTATE, "estates", "小区"),
        (Kind.ROAD, "roads", "道路"),
    ):
        towns: dict[str, set[int]] = {}
        if kind is Kind.ROAD:
            streets = gazetteer.streets
            for street in range(len(streets)):
                if streets.road[street] >= 0:
                    name = gazetteer.roads.name[streets.road[street]]
                    towns.setdefault(key(name), set()).add(streets.town[street])
        else:
            places = gazetteer.places[kind]
            for ident, name in enumerate(places.name):
                towns.setdefault(key(name), set()).add(places.town[ident])
        several = sorted(name for name, own in towns.items() if len(own) > 1)
        yield Finding(
            f"same_name_{kind}",
            len(several),
            f"names of {en} that several towns have",
            f"多个镇街共有的{zh}名称",
            of=len(towns),
            examples=several[:10],
        )


def _aliases(whole: _Whole) -> Iterator[Finding]:
    areas = {key(area.name) for area in whole.gazetteer.outside}
    lost = [
        f"{alias.alias} → {missing}"
        for alias in whole.gazetteer.aliases
        for missing in alias.missing
        if key(missing.rpartition(" ")[2]) not in areas
    ]
    yield Finding(
        "alias_without_target",
        len(lost),
        "aliases name something that the gazetteer does not have",
        "别名所指的对象不在标准地址库中",
        examples=lost[:10],
    )


def _datum(whole: _Whole) -> Iterator[Finding]:
    yield from datum_findings(whole.city, whole.rows, whole.source, whole.named, whole.texts)


_CHECKS = (
    _empty,
    _datum,
    _off_the_city,
    _outside_their_town,
    _same_door_apart,
    _building_from_estate,
    _aliases,
    _sides,
    _same_names,
)
