"""A gazetteer answers like dictionaries of its rows would, however the rows are written."""

from __future__ import annotations

import logging
import pickle
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.addresses.columns import SEVERAL
from app.addresses.entry import Kind
from app.addresses.gazetteer import Gazetteer
from app.addresses.index import TABLE, read_tables
from app.addresses.names import Form
from app.addresses.normalise import key
from app.errors import CityError
from app.grids import City
from app.grids.store import MANIFEST_NAME, digest, replace_tables
from app.locate import Locator
from tests.addresses.gazetteers import table_of, with_gazetteer
from tests.cities import chessboard

# Ways to write the same thing; the first is what the oracle calls it.
TOWNS = (("甲镇",), ("乙街道", "乙街道办事处"), ("臺南镇", "台南镇"))
ROADS = (("中山路",), ("建國路", "建国路"), ("大道",))
SECTIONS = (("",), ("1", "一段", "1段"), ("2", "第二段", "２段"))
LANES = (("",), ("12巷", "12", "十二巷"), ("12巷3弄", "十二巷三弄"))
SUBS = (("",), ("3", "附3号", "之3", "三"), ("甲", "甲"))


def written(ways):
    return st.sampled_from([(way[0], text) for way in ways for text in way])


doors = st.fixed_dictionaries(
    {
        "town": written(TOWNS),
        "road": written(ROADS),
        "section": written(SECTIONS),
        "lane": written(LANES),
        "sub_number": written(SUBS),
        "number": st.integers(1, 12),
        "x": st.integers(0, 99),
        "y": st.integers(0, 99),
    }
)


def row_of(door):
    row = {name: part[1] for name, part in door.items() if isinstance(part, tuple)}
    return row | {
        "number": str(door["number"]),
        "lon": 104.5 + door["x"] * 0.0004,
        "lat": 30.4 + door["y"] * 0.0002,
    }


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return chessboard(tmp_path_factory.mktemp("gazetteers") / "city")


def opened(city, tmp_path_factory, rows, aliases=(), coverage=()):
    folder = tmp_path_factory.mktemp("city") / "own"
    return Gazetteer.open(with_gazetteer(city, folder, rows, aliases, coverage))


@settings(max_examples=40, deadline=None)
@given(st.lists(doors, min_size=1, max_size=40))
def test_doors_sides_and_grids_are_those_of_the_rows(city, tmp_path_factory, made):
    gazetteer = opened(city, tmp_path_factory, [row_of(door) for door in made])
    locator = Locator(city)
    by_door = defaultdict(list)
    by_street = defaultdict(list)
    for door in made:
        town, road, section, lane, sub = (
            door[name][0] for name in ("town", "road", "section", "lane", "sub_number")
        )
        row = row_of(door)
        found = int(locator.locate_many([row["lon"]], [row["lat"]])[0])
        street = (key(town), key(road), section, lane)
        by_door[street, door["number"], sub].append((row["lon"], row["lat"], found))
        by_street[street].append((door["number"], found))
    labels = gazetteer.labels
    streets = {}
    for road_id in range(len(gazetteer.roads)):
        for street in gazetteer.streets.on_road(road_id):
            town = gazetteer.towns.name[gazetteer.streets.town[street]]
            known = next(way[0] for way in TOWNS if town in way)
            name = (key(known), key(gazetteer.roads.name[road_id]))
            section = labels[gazetteer.streets.section[street]]
            streets[*name, section, labels[gazetteer.streets.lane[street]]] = street
    assert set(streets) == set(by_street)
    for (name, number, sub), points in by_door.items():
        there = gazetteer.doors.find(streets[name], number, gazetteer.label(sub))
        columns = gazetteer.doors
        assert sorted((columns.lon[one], columns.lat[one], columns.grid[one]) for one in there) == (
            sorted(points)
        )
    for name, street in streets.items():
        grids = [grid for _, grid in by_street[name]]
        assert gazetteer.streets.grids.counts(street) == {g: grids.count(g) for g in set(grids)}
        assert len(gazetteer.doors.of_street(street)) == len(grids)
        for parity in (0, 1):
            numbers = sorted({n for n, _ in by_street[name] if n % 2 == parity})
            side = gazetteer.sides.of(street, parity)
            assert [gazetteer.sides.number[one] for one in side] == numbers
            for one in side:
                own = {g for n, g in by_street[name] if n == gazetteer.sides.number[one]}
                assert gazetteer.sides.grid[one] == (own.pop() if len(own) == 1 else SEVERAL)
            for asked in range(14):
                low, high = gazetteer.sides.bracket(street, asked, parity)
                below = [n for n in numbers if n < asked]
                above = [n for n in numbers if n > asked]
                assert (gazetteer.sides.number[low] if low >= 0 else None) == max(
                    below, default=None
                )
                assert (gazetteer.sides.number[high] if high >= 0 else None) == min(
                    above, default=None
                )


@settings(max_examples=25, deadline=None)
@given(st.lists(doors, min_size=1, max_size=25), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(city, tmp_path_factory, made, random):
    rows = [row_of(door) for door in made]
    shuffled = rows.copy()
    random.shuffle(shuffled)
    one, two = (opened(city, tmp_path_factory, own) for own in (rows, shuffled))
    assert one.names.keys == two.names.keys
    for name in ("street.town", "street.road", "door.number", "door.sub", "side.grid"):
        assert one.arrays[name].tolist() == two.arrays[name].tolist()


VILLAGE = [
    {"town": "甲镇", "community": "大同里", "group": f"{group}鄰", "number": number,
     "lon": 104.501 + 0.002 * group, "lat": 30.402 + 0.0002 * number}
    for group in (1, 2, 3)
    for number in range(1, 15)
]  # fmt: skip


def test_numbers_that_come_again_in_groups_count_within_them(city, tmp_path_factory):
    gazetteer = opened(city, tmp_path_factory, VILLAGE)
    (ref,) = gazetteer.names.find("大同里")
    assert ref.kind is Kind.COMMUNITY
    streets = gazetteer.streets.in_community(ref.id)
    assert [gazetteer.streets.group[one] for one in streets] == [
        gazetteer.group_in(ref.id, str(group)) for group in (1, 2, 3)
    ]
    (own,) = gazetteer.streets.in_community(ref.id, group=gazetteer.group_in(ref.id, "2"))
    (door,) = gazetteer.doors.find(own, 7)
    assert (gazetteer.doors.lon[door], gazetteer.doors.lat[door]) == pytest.approx(
        (104.505, 30.4034)
    )


def test_numbers_that_run_through_groups_count_within_the_community(city, tmp_path_factory):
    rows = [row | {"number": 100 * int(row["group"][0]) + row["number"]} for row in VILLAGE]
    gazetteer = opened(city, tmp_path_factory, rows)
    (ref,) = gazetteer.names.find("大同里")
    (street,) = gazetteer.streets.in_community(ref.id)
    assert gazetteer.streets.group[street] == -1
    assert gazetteer.streets.in_community(ref.id, group=0) == [street]
    (door,) = gazetteer.doors.find(street, 207)
    assert gazetteer.doors.group[door] == gazetteer.group_in(ref.id, "2")


def test_names_are_found_in_every_form(city, tmp_path_factory):
    gazetteer = opened(
        city,
        tmp_path_factory,
        [
            {"town": "射洪坝街道", "community": "水东社区居民委员会",
             "lon": 104.501, "lat": 30.401},
            {"town": "射洪坝街道", "estate": "阳光花园小区", "building": "3幢", "unit": "二单元",
             "alias": "太阳城；老厂宿舍", "lon": 104.502, "lat": 30.401},
            {"town": "平泉街道", "poi": "水东", "lon": 104.503, "lat": 30.401},
            {"town": "平泉街道", "lane": "建设巷", "number": "5", "lon": 104.503, "lat": 30.402},
        ],
        [{"alias": "简城镇", "target_kind": "town", "target": town, "why": "former", "split": True}
         for town in ("射洪坝", "平泉街道")],
    )  # fmt: skip
    find = gazetteer.names.find

    def kinds(name):
        return [(ref.kind, ref.form) for ref in find(key(name))]

    assert kinds("射洪坝街道") == [(Kind.TOWN, Form.FULL)]
    assert kinds("射洪坝街道办事处") == [(Kind.TOWN, Form.LONG)]
    assert kinds("射洪坝") == [(Kind.TOWN, Form.BARE)]
    assert kinds("水东社区") == kinds("水东社区居民委员会") == [(Kind.COMMUNITY, Form.FULL)]
    assert kinds("水东") == [(Kind.COMMUNITY, Form.BARE), (Kind.POI, Form.FULL)]
    assert kinds("阳光花园") == [(Kind.ESTATE, Form.BARE)]
    assert kinds("建设巷") == [(Kind.ROAD, Form.FULL)]
    assert kinds("没有的") == []
    (estate,) = find("老厂宿舍")
    assert (estate.kind, estate.form) == (Kind.ESTATE, Form.ALIAS)
    (building,) = gazetteer.buildings.find(estate.id, gazetteer.label("3"), gazetteer.label("2"))
    assert gazetteer.buildings.row[building] == 1
    former = find("简城镇")
    assert {gazetteer.towns.name[ref.id] for ref in former} == {"射洪坝街道", "平泉街道"}
    assert gazetteer.aliases[former[0].alias].split
    assert gazetteer.aliases[former[0].alias].why == "former"


def test_the_middle_of_a_community_is_not_all_of_it(city, tmp_path_factory):
    gazetteer = opened(
        city,
        tmp_path_factory,
        [
            {"town": "甲镇", "community": "大同里", "lon": 104.505, "lat": 30.405},
            {"town": "甲镇", "community": "大同里", "group": "1组", "lon": 104.515, "lat": 30.405},
        ],
    )
    assert [gazetteer.grids[one] for one in gazetteer.communities.grids.of(0)] == ["A2"]
    assert gazetteer.communities.own_row[0] == 0
    assert (gazetteer.communities.lon[0], gazetteer.groups.lon[0]) == (104.505, 104.515)


def test_a_town_that_is_a_grid_has_all_the_grids_below(city, tmp_path_factory):
    rows = [{"town": "格A", "estate": "园", "lon": 104.505, "lat": 30.405}]
    gazetteer = opened(city, tmp_path_factory, rows)
    assert [gazetteer.grids[one] for one in gazetteer.towns.grids.of(0)] == ["A1", "A2", "A3", "A4"]
    assert gazetteer.towns.grids.counts(0)[0] == 1
    assert gazetteer.towns.grids.counts(0)[1] == 0


def test_what_is_complete_is_told_by_town(city, tmp_path_factory):
    rows = [
        {"town": town, "estate": "园", "lon": 104.505, "lat": 30.405} for town in ("甲镇", "乙镇")
    ]
    coverage = [
        {"town": "甲镇", "element": "door", "complete": True},
        {"town": "乙镇", "element": "door", "complete": False},
        {"town": "", "element": "road", "complete": True},
    ]
    gazetteer = opened(city, tmp_path_factory, rows, coverage=coverage)
    ids = [gazetteer.names.find(town)[0].id for town in ("甲镇", "乙镇")]
    assert [gazetteer.complete(one, "door") for one in ids] == [True, False]
    assert [gazetteer.complete(one, "road") for one in ids] == [True, True]
    assert gazetteer.complete(ids[0], "estate") is None


# --- the file of the index --------------------------------------------------------------------


@pytest.fixture
def own(city, tmp_path):
    return with_gazetteer(city, tmp_path / "own", VILLAGE)


def test_the_index_is_kept_and_built_again_where_it_is_damaged(own, caplog):
    first = Gazetteer.open(own)
    (file,) = (own.folder / ".derived").glob("gazetteer-*.idx")
    whole = file.read_bytes()
    for damaged in (whole[:-1], whole[:-9] + b"damaged!!", b"", b"{}\n", whole + b"x"):
        file.write_bytes(damaged)
        with caplog.at_level(logging.WARNING):
            again = Gazetteer.open(own)
        assert again.names.keys == first.names.keys
        assert file.read_bytes() == whole


def test_a_city_that_cannot_be_written_is_opened_all_the_same(own, monkeypatch):
    def refuse(*_):
        raise OSError(30, "read-only file system")

    monkeypatch.setattr("app.addresses.index.save", refuse)
    assert len(Gazetteer.open(own).doors) == len(VILLAGE)


def test_it_goes_through_pickle(own):
    gazetteer = Gazetteer.open(own)
    again = pickle.loads(pickle.dumps(gazetteer))
    assert again.version == gazetteer.version
    assert again.names.find("大同里") == gazetteer.names.find("大同里")
    assert list(again.doors.lon) == list(gazetteer.doors.lon)


def test_a_city_without_a_gazetteer_says_so(city):
    with pytest.raises(CityError, match="has no gazetteer") as caught:
        Gazetteer.open(city)
    assert "标准地址库" in caught.value.message_zh
    assert "import_gazetteer" in caught.value.hint


def test_rows_that_were_located_in_other_boundaries_are_refused(own):
    table = read_tables(own.folder, own.manifest)[TABLE]
    place = table.schema.get_field_index("lon")
    moved = table.set_column(place, "lon", [np.asarray(table["lon"]) + 0.011])
    replace_tables(own.folder, own.manifest, {TABLE: moved})
    with pytest.raises(CityError, match="other boundaries"):
        Gazetteer.open(City.open(own.folder))


def test_a_number_that_is_none_is_refused(own, city):
    bad = table_of(city, [VILLAGE[0] | {"number": "12之3"}])
    replace_tables(own.folder, own.manifest, {TABLE: bad})
    with pytest.raises(CityError, match="12之3"):
        Gazetteer.open(City.open(own.folder))


def test_the_version_is_that_of_the_tables(own, city, tmp_path):
    same = with_gazetteer(city, tmp_path / "same", VILLAGE)
    other = with_gazetteer(city, tmp_path / "other", VILLAGE[:-1])
    versions = [Gazetteer.open(one).version for one in (own, same, other)]
    assert versions[0] == versions[1] != versions[2]


# --- replacing tables of a city ---------------------------------------------------------------


def test_replacing_tables_leaves_all_else_as_it_is(own):
    before = {one.name: one.read_bytes() for one in own.folder.iterdir() if one.is_file()}
    (own.folder / "notes.txt").write_text("kept", encoding="utf-8")
    changed = read_tables(own.folder, own.manifest)[TABLE].slice(1)
    manifest = replace_tables(own.folder, own.manifest, {TABLE: changed})
    after = {one.name: one.read_bytes() for one in own.folder.iterdir() if one.is_file()}
    assert after.pop("notes.txt") == b"kept"
    assert {name for name in after if after[name] != before[name]} == {
        MANIFEST_NAME,
        "gazetteer.parquet",
    }
    assert manifest.sha256["gazetteer.parquet"] == digest(own.folder / "gazetteer.parquet")
    assert City.open(own.folder).manifest == manifest


def test_a_city_that_was_replaced_meanwhile_is_left_alone(own):
    stale = replace(own.manifest, generation="0")
    before = (own.folder / MANIFEST_NAME).read_bytes()
    with pytest.raises(CityError, match="meanwhile"):
        replace_tables(own.folder, stale, {})
    assert (own.folder / MANIFEST_NAME).read_bytes() == before
    assert [one.name for one in own.folder.parent.iterdir()] == [own.folder.name]
