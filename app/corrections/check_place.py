"""Whether a corrected door or place holds what an import would hold it to, and what it changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import shapely

from app.addresses.amendments import AmendedPoint, Amendments, amend
from app.addresses.audit import audit
from app.addresses.columns import BASES
from app.addresses.entry import Kind
from app.addresses.findings import Finding
from app.addresses.gazetteer import Gazetteer
from app.addresses.index import ALIAS_TABLE, COVERAGE_TABLE, SCHEMAS, TABLE
from app.addresses.index_build import build
from app.addresses.intake import NAMING, take_one
from app.addresses.names import Form
from app.addresses.normalise import key
from app.addresses.numbers import door_number
from app.addresses.same_place import is_same, kind_of
from app.addresses.texted import Texted
from app.addresses.variants import short_key
from app.corrections.correction import Draft, Point, Replaced, Touched
from app.corrections.fields import clean_words
from app.corrections.standing import Ground, Standing
from app.errors import BadInputError, NotFoundError
from app.geo.coordinates import check_lonlat
from app.geo.datum import datum_named
from app.locate.location import Location, Status

# Points nearer to each other than this, about a centimetre, are one.
SAME_DEG = 1e-7
# Places whose names the parser looks for: a new one may take texts from others.
_NAMED = (Kind.COMMUNITY, Kind.ROAD, Kind.ESTATE, Kind.POI)


@dataclass(frozen=True, slots=True)
class Place:
    """A corrected place, checked.

    Attributes
    ----------
    words : dict of str to str
    filled : tuple of str
        Parts that follow from the point.
    point : Point
    replaced : tuple of Replaced
    touched : tuple of Touched
        Names that were not there.
    """

    words: dict[str, str]
    filled: tuple[str, ...]
    point: Point
    replaced: tuple[Replaced, ...]
    touched: tuple[Touched, ...]


def check_place(ground: Ground, standing: Standing, draft: Draft) -> Place:
    """Check a corrected place.

    Raises
    ------
    BadInputError
        If an import would not take it, or its audit would find a defect; if the words are those
        of several things; if nothing would change.
    """
    if draft.basis not in BASES:
        raise BadInputError(
            f"basis is {draft.basis!r:.40}, allowed are {', '.join(BASES)}",
            message_zh=f"basis 为 {draft.basis!r:.40}，可用：{'、'.join(BASES)}",
        )
    words = clean_words(draft.words)
    lon, lat, basis, chosen = _given_point(ground, draft)
    words, lon, lat = _taken(ground, words, lon, lat, "wgs84" if chosen else draft.datum)
    if kind_of(words) is None:
        raise BadInputError(
            "the words name an area: one point says nothing of its grids",
            "Name a door, a building, an estate, a group or a place; or make an alias of a name.",
            message_zh="所填为区域（镇街、社区或道路）：单个点位不能说明其网格",
            hint_zh="请填写门牌、楼栋、小区、组或单位名称；名称不同请选“别名”。",
        )
    location = _located(ground, lon, lat)
    words, filled = _with_town(ground, standing, words, location)
    grid = location.codes[ground.city.levels[-1].id]
    point = Point(lon, lat, basis, chosen, grid, round(location.border_m or 0.0, 2))
    own = AmendedPoint(words, lon, lat, basis)
    replaced = _replaced(ground, words)
    _refuse_nothing_new(ground, standing, own, replaced)
    _refuse_defects(ground, own)
    return Place(words, filled, point, replaced, _new_names(standing, words))


def _given_point(ground: Ground, draft: Draft) -> tuple[float, float, str, bool]:
    """Return the point that is given, or one in the grid that is given."""
    datum_named(draft.datum)
    if draft.grid:
        if draft.lon is not None or draft.lat is not None:
            raise BadInputError(
                "both a point and a grid are given",
                "Give lon and lat, or the code of the grid.",
                message_zh="同时给出了点位和网格",
                hint_zh="请只给出 lon、lat，或只给出网格编码。",
            )
        return (*_point_in(ground, draft.grid), "centroid", True)
    if draft.lon is None or draft.lat is None:
        raise BadInputError(
            "lon and lat are missing, and so is the code of a grid",
            "Click the place on the map, or name its grid.",
            message_zh="缺少 lon、lat 或网格编码",
            hint_zh="请在地图上点选位置，或指定网格。",
        )
    return draft.lon, draft.lat, draft.basis, False


def _point_in(ground: Ground, code: str) -> tuple[float, float]:
    """Return the point of a finest grid that lies farthest from its border."""
    city = ground.city
    level = city.levels[-1]
    try:
        row = city.find(code, level.id).row
    except NotFoundError as error:
        raise BadInputError(
            error.message, error.hint, message_zh=error.message_zh, hint_zh=error.hint_zh
        ) from None
    shape = city.finest.geometry[row]
    # In metres sideways and up alike, or a narrow grid would be measured askew.
    wide = float(np.cos(np.radians(shape.centroid.y)))
    plain = shapely.transform(shape, lambda xy: xy * [wide, 1.0])
    middle = shapely.get_coordinates(shapely.maximum_inscribed_circle(plain))[0]
    return float(middle[0] / wide), float(middle[1])


def _taken(
    ground: Ground, words: dict[str, str], lon: float, lat: float, datum: str
) -> tuple[dict[str, str], float, float]:
    """Return words and point as an import would take them."""
    city = ground.city
    check_lonlat(lon, lat, city.bounds)
    points, reason = take_one(words, lon, lat, datum, city.bounds, city.manifest.name)
    if reason:
        raise BadInputError(reason, message_zh=_said_zh(words))
    if len(points.lon) > 1:
        raise BadInputError(
            f"number {words.get('number', '')!r} stands for {len(points.lon)} doors",
            "Correct one door at a time.",
            message_zh=f"门牌号 {words.get('number', '')!r} 代表 {len(points.lon)} 个门牌",
            hint_zh="请一次改正一个门牌。",
        )
    taken = {name: text for name in NAMING if (text := points.columns[name][0])}
    return taken, float(points.lon[0]), float(points.lat[0])


def _said_zh(words: dict[str, str]) -> str:
    """Return why an import would not take the words of a row with a good point."""
    number = words.get("number", "")
    if not words:
        return "没有填写任何名称"
    if door_number(number) is None:
        return f"门牌号 {number!r} 不是门牌号"
    return f"门牌号 {number!r} 缺少所在的道路、巷、社区、组或小区"


def _located(ground: Ground, lon: float, lat: float) -> Location:
    location = ground.locator.locate(lon, lat)
    if location.status is Status.OUTSIDE or ground.city.levels[-1].id not in location.codes:
        raise BadInputError(
            f"the point ({lon:.6f}, {lat:.6f}) lies in no grid: {location.explain('en')}",
            "A door that others govern needs no correction here.",
            message_zh=f"点位（{lon:.6f}, {lat:.6f}）不在任何网格内：{location.explain('zh')}",
            hint_zh="由其他单位管理的地址不在此改正。",
        )
    return location


def _with_town(
    ground: Ground, standing: Standing, words: dict[str, str], location: Location
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return words whose town is one of the gazetteer; what is left out follows from the point."""
    given = words.get("town", "")
    if given:
        town = standing.town_named(given)
        if town is None:
            several = "、".join(standing.towns[:40])
            raise BadInputError(
                f"town is {given!r}, the gazetteer has {several}",
                "Towns are made by an import, not by a correction.",
                message_zh=f"镇街为 {given!r}，标准地址库中有：{several}",
                hint_zh="新的镇街须通过导入建立，不能由改正产生。",
            )
        return words | {"town": town}, ()
    for level in ground.city.levels:
        code = location.codes.get(level.id)
        town = standing.town_named(ground.city.name_of(code, level.id)) if code else None
        if town is not None:
            filled = {name: (words | {"town": town}).get(name, "") for name in NAMING}
            return {name: text for name, text in filled.items() if text}, ("town",)
    return words, ()


def _replaced(ground: Ground, words: dict[str, str]) -> tuple[Replaced, ...]:
    found = ground.places.find(words)
    if found.several:
        part, names = next(iter(found.several.items()))
        raise BadInputError(
            f"the gazetteer has this in several places: {part} {', '.join(names[:10])}",
            f"Say which {part} is meant.",
            message_zh=f"标准地址库中有多处：{'、'.join(names[:10])}",
            hint_zh=f"请写明是哪一处（{part}）。",
        )
    return tuple(
        Replaced(
            ground.places.words(row),
            ground.row_grids[row],
            ground.row_sources[row],
            row in found.beside,
        )
        for row in found.rows
    )


def _refuse_nothing_new(
    ground: Ground,
    standing: Standing,
    own: AmendedPoint,
    replaced: tuple[Replaced, ...],
) -> None:
    """Refuse what the gazetteer says already, to the centimetre."""
    same = [one for one in standing.points.values() if is_same(own.words, one.words)]
    if same:
        known = (dict(same[-1].words), same[-1].lon, same[-1].lat)
    elif len(replaced) == 1:
        table = ground.tables[TABLE]
        row = ground.places.find(own.words).rows[0]
        known = (ground.places.words(row), table["lon"][row].as_py(), table["lat"][row].as_py())
    else:
        return
    words, lon, lat = known
    near = abs(lon - own.lon) < SAME_DEG and abs(lat - own.lat) < SAME_DEG
    if near and words == dict(own.words):
        raise BadInputError(
            "the gazetteer has exactly this already; nothing would change",
            message_zh="标准地址库中已是如此，无需改正",
        )


def _refuse_defects(ground: Ground, own: AmendedPoint) -> None:
    """Refuse what the audit of an import would call a defect.

    The audit is made of the rows that can tell: those of the same estate, and of the same town
    where no grid is the town. Only what it does not find without the correction counts.
    """
    near = _near(ground, own)
    with_it = amend(ground.locator, {TABLE: near}, Amendments((own,)))
    before = {one.kind: one for one in _defects(ground, near)} if len(near) else {}
    for one in _defects(ground, with_it[TABLE]):
        if one.kind not in before or one.count > before[one.kind].count:
            raise BadInputError(
                f"the audit of the gazetteer would find a defect: {one.text} ({one.kind})",
                "Look at the point and the words; an import would refuse to be silent, too.",
                message_zh=f"标准地址库审核不通过：{one.text_zh}",
                hint_zh="请核对点位与文字。",
            )


def _defects(ground: Ground, table: pa.Table) -> list[Finding]:
    city = ground.city
    aliases, coverage = (SCHEMAS[name].empty_table() for name in (ALIAS_TABLE, COVERAGE_TABLE))
    arrays = build(table, aliases, coverage, city)
    gazetteer = Gazetteer(arrays, "", Gazetteer.outside_of(city))
    return [one for one in audit(city, gazetteer, table).findings if one.defect]


def _near(ground: Ground, own: AmendedPoint) -> pa.Table:
    table = ground.tables[TABLE]
    town = short_key(Kind.TOWN, own.words.get("town", ""))
    is_grid = any(
        short_key(Kind.TOWN, str(name)) == town
        for level in ground.city.levels
        for name in ground.city.layer(level.id).names
    )
    names = Texted.of(table["town"]).mapped(lambda name: short_key(Kind.TOWN, name))
    there = np.array([name == town for name in names.distinct], bool)[names.code]
    if is_grid:
        estate = key(own.words.get("estate", ""))
        estates = Texted.of(table["estate"]).mapped(key)
        there &= np.array([bool(estate) and name == estate for name in estates.distinct], bool)[
            estates.code
        ]
    return table.filter(pa.array(there))


def _new_names(standing: Standing, words: dict[str, str]) -> tuple[Touched, ...]:
    """Return the names that are new, and those that texts with them may have meant."""
    town = words.get("town", "")
    found: list[Touched] = []
    for kind in _NAMED:
        name = words.get(str(kind), "")
        if name and not standing.named(kind, name, town):
            found.append(Touched(name, str(kind), "" if kind is Kind.ROAD else town, "new"))
            found += touched_by(standing, name)
    return tuple(found)


def touched_by(standing: Standing, name: str) -> list[Touched]:
    """Return the names whose texts will be read otherwise once there is another name.

    Parameters
    ----------
    standing
        The gazetteer as it stands.
    name
        The other name.
    """
    found = []
    for ref in standing.refs(name):
        how = str(ref.form) if ref.form in {Form.BARE, Form.ALIAS} else "same"
        found.append(
            Touched(
                standing.name_of(ref.kind, ref.id),
                str(ref.kind),
                standing.town_of(ref.kind, ref.id),
                how,
            )
        )
    for near in standing.matcher.near_names(key(name)):
        for ref in standing.gazetteer.names.find(near):
            if ref.form is not Form.BARE:
                whole = standing.name_of(ref.kind, ref.id)
                found.append(
                    Touched(whole, str(ref.kind), standing.town_of(ref.kind, ref.id), "one_edit")
                )
    return list(dict.fromkeys(found))
