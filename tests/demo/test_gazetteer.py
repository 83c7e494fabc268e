"""The demo gazetteer: real names above, invented doors below, every point where it says it is."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.addresses.audit import audit
from app.addresses.entry import ALIAS_SCHEMA, ALIAS_WHY, COVERAGE_SCHEMA, SCHEMA, Kind
from app.addresses.gazetteer import Gazetteer
from app.addresses.index import TABLES, locate
from app.addresses.numbers import numeral
from app.demo.aliases import FACTS, bare_name, successors
from app.demo.gazetteer import make_gazetteer
from app.demo.gazetteer_estates import make_estates
from app.demo.gazetteer_ground import lay_ground
from app.demo.gazetteer_words import NameBook, chinese_number
from app.demo.numbering import short_name
from app.demo.sizes import DemoSizes
from app.demo.sources import OUTSIDE, Sources, read_sources, to_metric
from app.grids import City
from app.locate import Locator

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "geodata" / "jianyang"
FRAMES = ("towns", "general", "ordinary", "micro", "dedicated", "roads", "water", "outside")


@pytest.fixture(scope="module")
def city() -> City:
    return City.open(FOLDER)


@pytest.fixture(scope="module")
def sources() -> Sources:
    return read_sources(ROOT / "geodata" / "sources")


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return {f"{name}.parquet": gpd.read_parquet(FOLDER / f"{name}.parquet") for name in FRAMES}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    frame = pd.read_parquet(FOLDER / "gazetteer.parquet")
    words = frame.select_dtypes("category").columns
    return frame.astype(dict.fromkeys(words, object))


@pytest.fixture(scope="module")
def aliases() -> pd.DataFrame:
    return pd.read_parquet(FOLDER / "gazetteer_alias.parquet")


@pytest.fixture(scope="module")
def gazetteer(city: City) -> Gazetteer:
    return Gazetteer.open(city)


def on_roads(rows: pd.DataFrame) -> pd.DataFrame:
    doors = rows[(rows.kind == "door") & (rows.road != "")]
    xy = to_metric(doors[["lon", "lat"]].to_numpy())
    return doors.assign(x=xy[:, 0], y=xy[:, 1], base=doors.number.astype(int))


def test_there_are_enough_doors_and_buildings_of_every_sort(rows: pd.DataFrame) -> None:
    counts = rows.kind.value_counts()
    assert counts["door"] + counts["building"] >= 120_000
    assert set(counts.index) == {str(kind) for kind in Kind}
    doors = rows[rows.kind == "door"]
    assert (doors.number != "").all()
    assert (doors[doors.road == ""].group != "").all()
    for part in ("section", "lane", "sub_number", "estate"):
        assert (doors[doors.road != ""][part] != "").sum() > 300
    assert (rows[rows.kind == "building"].unit != "").sum() > 3_000


def test_the_tables_have_the_columns_of_the_contract() -> None:
    for name, schema in zip(TABLES, (SCHEMA, ALIAS_SCHEMA, COVERAGE_SCHEMA), strict=True):
        table = pq.read_table(FOLDER / f"{name}.parquet")
        assert table.column_names == schema.names
        for one in schema:
            found = table.schema.field(one.name).type
            if pa.types.is_dictionary(one.type):
                assert pa.types.is_dictionary(found)
                found, wanted = found.value_type, one.type.value_type
            else:
                wanted = one.type
            assert found == wanted or (pa.types.is_large_string(found) and wanted == pa.string())


def test_towns_and_communities_are_the_real_ones(
    rows: pd.DataFrame, city: City, sources: Sources
) -> None:
    towns = rows[rows.kind == "town"]
    assert list(towns.town) == [
        *sources.towns.name[sources.towns.managed_by != OUTSIDE],
        *sources.towns.name[sources.towns.managed_by == OUTSIDE],
    ]
    general = city.frame("general")
    town_of = dict(zip(city.frame("town").code, city.frame("town").name, strict=True))
    communities = rows[rows.kind == "community"]
    assert list(communities.community) == list(general.name)
    assert list(communities.town) == [town_of[code] for code in general.parent]


def test_every_point_is_where_the_locator_says(rows: pd.DataFrame, city: City) -> None:
    grid, border_m = locate(Locator(city), rows.lon.to_numpy(), rows.lat.to_numpy())
    assert list(rows.grid) == list(grid)
    np.testing.assert_array_equal(rows.border_m.to_numpy(), border_m)
    outside = rows[rows.grid == ""]
    assert set(outside.town) == set(city.outside.name)
    assert set(outside.kind) == {"town"}


def test_every_row_names_the_town_and_community_of_its_grid(rows: pd.DataFrame, city: City) -> None:
    inside = rows[rows.grid != ""]
    village = inside.grid.str[:12]
    general = city.frame("general").set_index("code")
    town_of = city.frame("town").set_index("code").name
    assert (inside.town == village.map(general.parent).map(town_of)).all()
    named = inside[inside.community != ""]
    assert (named.community == village[named.index].map(general.name)).all()
    assert set(inside[inside.community == ""].kind) == {"town", "road"}


def test_no_door_is_there_twice(rows: pd.DataFrame) -> None:
    doors = rows[rows.kind == "door"]
    on_road = doors[doors.road != ""]
    assert not on_road.duplicated(["town", "road", "section", "lane", "number", "sub_number"]).any()
    off = doors[doors.road == ""]
    assert not off.duplicated(["town", "community", "group", "number", "sub_number"]).any()
    buildings = rows[rows.kind == "building"]
    assert not buildings.duplicated(["town", "estate", "building", "unit"]).any()
    assert not rows[rows.kind == "estate"].duplicated(["town", "estate"]).any()


def test_sides_of_roads_keep_their_parity_and_order(gazetteer: Gazetteer) -> None:
    arrays = gazetteer.arrays
    road = np.asarray(arrays["street.road"]) >= 0
    parity = np.asarray(arrays["side.parity"])[road]
    monotone = np.asarray(arrays["side.monotone"]).reshape(-1, 2)[road]
    telling = parity > 0
    assert telling.sum() > 400
    assert (parity[telling] == 2).mean() > 0.97
    assert (monotone[monotone > 0] == 2).mean() > 0.97


def test_numbers_grow_along_the_road_and_some_are_left_out(rows: pd.DataFrame) -> None:
    doors = on_roads(rows)
    doors = doors[doors.sub_number == ""]
    steps, metres = [], []
    for _, own in doors.groupby(["town", "road", "section", "lane", doors.base % 2]):
        side = own.sort_values("base")
        steps += list(np.diff(side.base))
        metres += list(np.hypot(np.diff(side.x), np.diff(side.y)))
    step, gap = np.array(steps), np.array(metres)
    assert set(step % 2) == {0}
    assert 0.1 < (step > 2).mean() < 0.7
    # The next number is next door; twice as many numbers are about twice as far.
    assert np.quantile(gap[step == 2], 0.95) < 60
    assert 1.6 < np.median(gap[step == 4]) / np.median(gap[step == 2]) < 2.5


def test_shops_stand_at_the_door_whose_sub_numbers_they_have(rows: pd.DataFrame) -> None:
    doors = on_roads(rows)
    keys = ["town", "road", "section", "lane", "number"]
    subs = doors[doors.sub_number != ""]
    assert len(subs) > 5_000
    joined = subs.merge(doors[doors.sub_number == ""], on=keys, suffixes=("", "_base"))
    assert len(joined) > 0.7 * len(subs)
    assert np.hypot(joined.x - joined.x_base, joined.y - joined.y_base).max() < 30


def test_roads_cross_borders_and_the_side_decides_the_grid(rows: pd.DataFrame) -> None:
    doors = on_roads(rows)
    grids = doors.groupby("road").grid.nunique()
    assert (grids > 1).mean() > 0.8
    towns = doors.groupby("road").town.agg(lambda own: len(set(own)))
    assert (towns > 1).mean() > 0.15
    odd, even = doors[doors.base % 2 == 1], doors[doors.base % 2 == 0]
    facing = odd.assign(base=odd.base + 1).merge(
        even, on=["town", "road", "section", "lane", "sub_number", "base"]
    )
    apart = np.hypot(facing.x_x - facing.x_y, facing.y_x - facing.y_y)
    facing = facing[apart < 45]
    assert len(facing) > 5_000
    assert (facing.grid_x != facing.grid_y).mean() > 0.2


def test_sections_follow_each_other_and_begin_anew(rows: pd.DataFrame) -> None:
    doors = on_roads(rows)
    sectioned = doors[doors.section != ""]
    assert sectioned.section.str.endswith("段").all()
    assert {"南段", "北段", "东段", "西段", "一段", "二段"} <= set(sectioned.section)
    lowest = sectioned.groupby(["road", "section"]).base.min()
    assert (lowest <= 40).mean() > 0.7


def test_estates_hold_most_urban_households(frames: dict[str, pd.DataFrame]) -> None:
    ground = lay_ground(frames)
    estates = make_estates(ground, np.random.default_rng(0))
    urban = ground.households[ground.urban].sum()
    assert 0.55 < estates.households.sum() / urban < 0.85
    assert ground.urban[estates.micro].all()


def test_some_estates_are_split_and_buildings_stand_inside_their_grid(rows: pd.DataFrame) -> None:
    buildings = rows[rows.kind == "building"]
    grids = buildings.groupby(["town", "estate"]).grid.nunique()
    assert 0.1 < (grids == 2).mean() < 0.5
    assert grids.max() == 2
    assert (buildings[buildings.unit == ""].border_m > 5).mean() > 0.99
    keys = ["town", "estate", "building"]
    assert len(buildings.drop_duplicates([*keys, "grid"])) == len(buildings.drop_duplicates(keys))
    estates = rows[rows.kind == "estate"]
    assert set(zip(estates.town, estates.estate, strict=True)) == set(grids.index)


def test_the_door_of_an_estate_lies_in_one_of_its_grids(rows: pd.DataFrame) -> None:
    own = rows[rows.kind == "building"].groupby(["town", "estate"]).grid.agg(set)
    gates = rows[(rows.kind == "door") & (rows.estate != "")]
    assert len(gates) > 200
    for gate in gates.itertuples():
        assert gate.grid in own[gate.town, gate.estate]


def test_groups_number_their_houses(rows: pd.DataFrame) -> None:
    houses = rows[(rows.kind == "door") & (rows.group != "")]
    groups = rows[rows.kind == "group"]
    keys = ["town", "community", "group"]
    assert set(map(tuple, houses[keys].to_numpy())) == set(map(tuple, groups[keys].to_numpy()))
    for _, own in groups.groupby(["town", "community"]):
        numbers = sorted(int(name.removesuffix("组")) for name in own.group)
        assert numbers[0] == 1
        assert all(b > a for a, b in pairwise(numbers))
    # In some communities numbers count on from group to group, in most they begin anew.
    again = houses.groupby(["town", "community"]).apply(
        lambda own: own.duplicated(["number", "sub_number"]).any(), include_groups=False
    )
    assert 0.5 < again.mean() < 0.95


def test_names_of_roads_are_not_those_of_places_but_of_the_one_they_run_through(
    rows: pd.DataFrame, city: City
) -> None:
    roads = rows[rows.kind == "road"]
    local = {bare_name(name) + "路" for name in city.frame("general").name}
    assert 0.1 < roads.road.isin(local).mean() < 0.9
    assert not roads.road.str.contains("示意").any()


def test_every_dedicated_grid_is_a_point_of_interest(rows: pd.DataFrame, city: City) -> None:
    pois = rows[rows.kind == "poi"]
    assert not pois.duplicated(["town", "poi"]).any()
    assert (pois.road == "").sum() == len(city.frame("dedicated"))
    for tail in ("小学", "农贸市场", "卫生院"):
        assert pois.poi.str.endswith(tail).any()


def test_former_towns_resolve_to_towns_of_today(aliases: pd.DataFrame, sources: Sources) -> None:
    current = set(sources.towns.name)
    gone = {town for town in sources.former if town not in current}
    assert len(sources.former) == 58
    assert len(gone) == 43
    former = aliases[(aliases.kind == "town") & (aliases.why == "former")]
    assert set(former.alias) == gone | {"简城镇"}
    assert set(former.target) <= current
    assert not set(former.alias) & current
    counts = former.groupby("alias").agg(n=("target", "size"), split=("split", "all"))
    assert (counts.split == (counts.n > 1)).all()
    for old, (targets, _) in FACTS.items():
        assert set(former[former.alias == old].target) == set(targets)
    assert set(former[former.alias == "石桥镇"].target) == {"石桥街道", "赤水街道", "石盘街道"}


def test_towns_that_took_over_have_villages_of_the_former_one(sources: Sources) -> None:
    towns = dict(zip(sources.towns.code, sources.towns.name, strict=True))
    names: dict[str, set[str]] = {}
    for name, code in zip(sources.villages.name, sources.villages.town_code, strict=True):
        names.setdefault(towns[code], set()).add(short_name(name))
    for old, found in successors(sources).items():
        if old in FACTS:
            continue
        for town in found:
            same = bare_name(town) == bare_name(old)
            assert same or names[town] & set(sources.former[old]), (old, town)


def test_former_villages_resolve_to_a_community_or_to_towns_only(
    aliases: pd.DataFrame, sources: Sources, city: City
) -> None:
    current = {short_name(name) for name in sources.villages.name}
    gone = {one for names in sources.former.values() for one in names} - current
    villages = aliases[aliases.kind == "community"]
    assert set(villages.alias) == gone
    to_community = villages[villages.target_kind == "community"]
    assert set(to_community.target) <= set(city.frame("general").name)
    for old, name in zip(to_community.alias, to_community.target, strict=True):
        assert bare_name(old) == bare_name(name)
    to_town = villages[villages.target_kind == "town"]
    assert set(to_town.why) == {"merged"}
    assert set(to_town.target) <= set(sources.towns.name)
    assert not set(to_town.alias) & set(to_community.alias)


def test_every_alias_means_something_that_is_there(
    gazetteer: Gazetteer, aliases: pd.DataFrame
) -> None:
    assert set(aliases.why) <= set(ALIAS_WHY)
    assert [alias.alias for alias in gazetteer.aliases if alias.missing] == []
    assert all(alias.targets for alias in gazetteer.aliases)
    bare = aliases[aliases.why == "abbreviation"]
    assert dict(zip(bare.alias, bare.target, strict=True))["射洪坝"] == "射洪坝街道"


def test_the_coverage_says_what_is_incomplete(
    rows: pd.DataFrame, city: City, gazetteer: Gazetteer
) -> None:
    said = pd.read_parquet(FOLDER / "gazetteer_coverage.parquet")
    assert set(said.town) == set(city.frame("town").name)
    assert not said.duplicated(["town", "element"]).any()
    assert not said[said.element == "poi"].complete.any()
    assert said[said.element == "road"].complete.all()
    partial = set(said[(said.element == "door") & ~said.complete].town)
    assert 0 < len(partial) < 22
    for town, name in enumerate(gazetteer.towns.name):
        assert gazetteer.complete(town, "door") == (
            None if name in set(city.outside.name) else name not in partial
        )
    # Where a survey has missed doors, shops are left whose door is not there.
    doors = on_roads(rows)
    keys = ["town", "road", "section", "lane", "base"]
    shops = doors[doors.sub_number != ""].drop_duplicates(keys)
    known = doors[doors.sub_number == ""][keys].assign(known=True)
    lone = shops.merge(known, on=keys, how="left").known.isna()
    in_partial = shops.town.isin(partial).to_numpy()
    assert lone[in_partial].mean() > 2 * lone[~in_partial].mean()


def test_the_gazetteer_passes_the_audit(city: City, gazetteer: Gazetteer) -> None:
    found = audit(city, gazetteer, pq.read_table(FOLDER / "gazetteer.parquet"))
    assert [one for one in found.findings if one.defect] == []


def test_the_tables_are_small_and_named_in_the_manifest(city: City) -> None:
    files = [city.manifest.tables[name] for name in TABLES]
    assert sum((FOLDER / file).stat().st_size for file in files) <= 4_000_000
    assert any("jionlp" in source.origin for source in city.manifest.sources)
    assert "门牌" in city.manifest.synthetic
    assert "doors" in city.manifest.synthetic


@pytest.mark.slow
def test_the_committed_tables_follow_from_the_folder_alone(
    frames: dict[str, pd.DataFrame], sources: Sources, tmp_path: Path
) -> None:
    rng = np.random.default_rng((DemoSizes().seed, 8))
    for name, frame in make_gazetteer(frames, sources, rng).items():
        frame.to_parquet(tmp_path / name, index=False, compression="zstd")
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name


def test_numbers_in_chinese_are_read_back() -> None:
    assert [numeral(chinese_number(k)) for k in range(1, 100)] == list(range(1, 100))


def test_a_book_gives_a_name_out_once_in_a_town() -> None:
    book = NameBook(avoid=["正街"])
    assert book.first_free(["正街", "新街"], ["甲镇", "乙镇"]) == "新街"
    assert book.first_free(["新街", "老街"], ["乙镇"]) == "老街"
    assert book.first_free(["新街"], ["丙镇"]) == "新街"
    with pytest.raises(ValueError, match="乙镇"):
        book.first_free(["新街", "正街"], ["乙镇"])
