"""Every fault that is put into a gazetteer is found, and none where there is none."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from app.addresses.audit import audit
from app.addresses.entry import ALIAS_SCHEMA, COVERAGE_SCHEMA, SCHEMA
from app.addresses.gazetteer import Gazetteer
from app.addresses.index_build import build
from app.geo import datum
from tests.addresses.gazetteers import table_of
from tests.cities import chessboard


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return chessboard(tmp_path_factory.mktemp("audits") / "city")


def road(town="格A", name="中山路", at=(104.501, 30.4015), count=30, **more):
    """Return a straight road with odd numbers south and even ones north, 20 m apart."""
    return [
        {"town": town, "road": name, "number": n, "lon": at[0] + n * 0.0001,
         "lat": at[1] + (0.0002 if n % 2 == 0 else 0)} | more
        for n in range(1, count + 1)
    ]  # fmt: skip


def audited(city, rows, aliases=()):
    table = table_of(city, rows) if rows else SCHEMA.empty_table()
    named = pa.Table.from_pylist(
        [dict.fromkeys(ALIAS_SCHEMA.names, "") | {"split": False} | one for one in aliases],
        ALIAS_SCHEMA,
    )
    arrays = build(table, named, COVERAGE_SCHEMA.empty_table(), city)
    return audit(city, Gazetteer(arrays, "v", Gazetteer.outside_of(city)), table)


def found(result):
    return {one.kind: one.count for one in result.findings}


def test_a_clean_gazetteer_has_no_finding(city):
    result = audited(city, road())
    assert result.findings == []
    assert result.ok
    assert result.rows == 30
    assert result.counts["door"] == 30


def test_an_empty_one_is_a_defect(city):
    result = audited(city, [])
    assert found(result) == {"empty": 1}
    assert not result.ok


def test_a_door_in_another_town_is_a_defect(city):
    stray = {"town": "格A", "road": "建国路", "number": 1, "lon": 104.525, "lat": 30.405}
    result = audited(city, [*road(), stray])
    assert found(result) == {"outside_their_town": 1}
    assert "建国路" in result.findings[0].examples[0]


def test_a_door_across_the_road_from_its_town_is_none(city):
    beside = {"town": "格A", "road": "建国路", "number": 1, "lon": 104.5203, "lat": 30.405}
    assert audited(city, [*road(), beside]).findings == []


def test_a_door_far_from_a_town_that_no_grid_tells_is_a_defect(city):
    stray = {"town": "甲镇", "road": "建国路", "number": 1, "lon": 104.535, "lat": 30.415}
    assert found(audited(city, [*road("甲镇"), stray])) == {"outside_their_town": 1}


def test_points_outside_of_all_grids_and_those_of_others_are_told_apart(city):
    rows = [
        {"town": "甲镇", "road": "东路", "number": 1, "lon": 104.545, "lat": 30.405},
        {"town": "乙镇", "road": "北路", "number": 1, "lon": 104.505, "lat": 30.45},
    ]
    result = audited(city, [*road(), *rows])
    assert found(result) == {"outside_of_grids": 1, "governed_by_others": 1}
    assert [one.defect for one in result.findings] == [True, False]


def test_the_same_door_twice_far_apart_is_a_defect(city):
    again = {"town": "格A", "road": "中山路", "number": 3, "lon": 104.5103, "lat": 30.4015}
    result = audited(city, [*road(), again])
    assert found(result)["same_door_apart"] == 1
    assert not result.ok
    near = {"town": "格A", "road": "中山路", "number": 3, "lon": 104.5014, "lat": 30.4015}
    assert audited(city, [*road(), near]).findings == []


def test_a_building_far_from_its_estate_is_a_defect(city):
    estate = [
        {"town": "格A", "estate": "阳光花园", "building": f"{n}栋", "lon": 104.505, "lat": 30.405}
        for n in (1, 2, 3)
    ]
    assert audited(city, estate).ok
    far = estate[0] | {"building": "9栋", "lon": 104.515}
    assert found(audited(city, [*estate, far])) == {"building_far_from_estate": 1}


def test_sides_that_do_not_follow_their_numbers_are_noted(city):
    rng = np.random.default_rng(1)
    places = rng.permutation(30)
    rows = [row | {"lon": 104.501 + p * 0.0001} for row, p in zip(road(), places, strict=True)]
    result = audited(city, rows)
    assert found(result)["side_out_of_order"] == 2
    assert result.ok


def test_a_road_that_turns_back_is_in_order(city):
    bent = [
        row | {"lon": 104.501 + 0.0002 * min(row["number"], 31 - row["number"]),
               "lat": row["lat"] + (0.002 if row["number"] > 15 else 0)}
        for row in road()
    ]  # fmt: skip
    assert "side_out_of_order" not in found(audited(city, bent))


def test_numbers_on_both_sides_are_noted(city):
    rng = np.random.default_rng(2)
    mixed = [row | {"lat": 30.4015 + 0.0002 * float(rng.integers(0, 2))} for row in road()]
    assert found(audited(city, mixed))["parity_broken"] == 1


def test_a_number_far_off_its_way_is_noted(city):
    rows = road()
    rows[14] |= {"lat": 30.408}
    result = audited(city, rows)
    assert found(result)["number_off_its_way"] == 1
    noted = next(one for one in result.findings if one.kind == "number_off_its_way")
    assert noted.examples == ["格A 中山路 单号 15"]


def test_names_of_several_towns_are_noted(city):
    result = audited(city, [*road(), *road("格B", at=(104.521, 30.4015))])
    assert found(result) == {"same_name_road": 1}
    assert result.findings[0].examples == ["中山路"]
    assert result.ok


def test_aliases_of_nothing_are_noted_unless_others_govern_there(city):
    aliases = [
        {"alias": "老街", "target_kind": "road", "target": "没有路", "why": "former"},
        {"alias": "老邻", "target_kind": "town", "target": "邻镇", "why": "former"},
        {"alias": "老中山路", "target_kind": "road", "target": "中山路", "why": "former"},
    ]
    result = audited(city, road(), aliases)
    assert found(result) == {"alias_without_target": 1}
    assert result.findings[0].examples == ["老街 → 没有路"]


@pytest.mark.parametrize(
    ("move", "named"),
    [
        (datum.wgs84_to_gcj02, "gcj02 taken for wgs84"),
        (datum.wgs84_to_bd09, "bd09 taken for wgs84"),
        (datum.gcj02_to_wgs84, "wgs84 taken for gcj02"),
    ],
)
def test_a_source_in_the_wrong_datum_is_a_defect(city, move, named):
    """Points all over the four cells of each town, which towns tell by their names."""
    rng = np.random.default_rng(3)
    rows = []
    for town, west in (("格A", 104.5), ("格B", 104.52)):
        lon, lat = move(west + 0.02 * rng.random(400), 30.4 + 0.02 * rng.random(400))
        rows += [
            {"town": town, "poi": f"店{town}{n}", "lon": x, "lat": y}
            for n, (x, y) in enumerate(zip(lon, lat, strict=True))
        ]
    result = audited(city, rows)
    (one,) = [one for one in result.findings if one.kind == "datum"]
    assert named in one.text
    assert one.defect


def test_a_source_that_is_off_from_another_is_a_defect(city):
    """No grid has the town's name: only the doors of the other source tell."""
    here = road("甲镇", count=40)
    lon, lat = datum.wgs84_to_gcj02([r["lon"] for r in here], [r["lat"] for r in here])
    there = [
        row | {"lon": x, "lat": y, "source": "other"}
        for row, x, y in zip(here, lon, lat, strict=True)
    ]
    texts = [one.text for one in audited(city, [*here, *there]).findings if one.kind == "datum"]
    assert any("'other' look like gcj02 taken for wgs84" in text for text in texts)


def test_it_is_written_as_json(city):
    result = audited(city, [*road(), *road("格B", at=(104.521, 30.4015))])
    written = json.loads(result.to_json())
    assert written["ok"] is True
    assert written["findings"][0]["kind"] == "same_name_road"
    assert written["counts"]["road"] == 1
