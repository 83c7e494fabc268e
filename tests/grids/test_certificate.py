import dataclasses
import datetime as dt
import json

import geopandas as gpd
import pytest
import shapely

from app.errors import CityError
from app.grids import City, Level, Manifest
from app.grids.certificate import Certificate
from app.grids.certify import certify, certify_city
from app.grids.findings import (
    Duplicate,
    EmptyCode,
    Intake,
    Merged,
    ParentChoice,
    ParentFound,
    Repaired,
    SourceRead,
    UnusableRow,
)
from app.grids.plain import intake_of, plain
from app.grids.store import write_city
from tests.cities import layer, make_city, square

TOWNS = [("A", "", square(0, 0, 2, 2)), ("B", "", square(2, 0, 2, 2))]
CELLS = [
    (f"{town}{x}{y}", town, square(left + x, y))
    for town, left in (("A", 0), ("B", 2))
    for x in (0, 1)
    for y in (0, 1)
]

INTAKE = Intake(
    source=SourceRead(
        file="cells.shp",
        layer="cells",
        driver="ESRI Shapefile",
        crs="EPSG:4544",
        declared_crs="EPSG:4545",
        datum="wgs84",
        encoding="gb18030, LDID",
        rows=12,
        notes=("the file declares EPSG:4545",),
    ),
    unusable=(UnusableRow(row=3, code="A9", name="九", reason="no shape"),),
    repaired=(
        Repaired(
            row=4, code="A00", reason="Self-intersection", area_before_m2=1.5, area_change_m2=-0.25
        ),
    ),
    duplicates=(Duplicate(code="A01", rows=(5, 6), codes=("A01", "A01~2")),),
    empty_codes=(EmptyCode(row=7, code="?1"),),
    merged=(Merged(code="A11", rows=(8, 9)),),
    parents=ParentChoice(
        method="geometry",
        field="",
        level="town",
        whole=7,
        partly=(ParentFound(code="B00", parent="B", share=0.75),),
        level_shares={"town": 1.0},
    ),
    undeclared={"?1": "Z"},
    misplaced=("all of it lies in the sea",),
)


def check(tmp_path, towns=None, cells=None, overlays=None, **expected) -> Certificate:
    """Certify a city of towns and cells, with expected counts by level id."""
    levels = {"town": layer(towns or TOWNS), "cell": layer(cells or CELLS)}
    city = make_city(tmp_path / "city", levels, overlays)
    manifest = dataclasses.replace(
        city.manifest,
        levels=tuple(
            dataclasses.replace(one, expected=expected.get(one.id)) for one in city.levels
        ),
    )
    frames = {one.id: city.frame(one.id) for one in (*city.levels, *city.overlays)}
    return certify(manifest, frames)


def test_of_a_clean_city_the_certificate_says_so(tmp_path, board):
    done = check(tmp_path, town=2, cell=8)
    assert done.ok
    assert [(one.id, one.expected, one.found) for one in done.levels] == [
        ("town", 2, 2),
        ("cell", 8, 8),
    ]
    assert [one.area_km2 for one in done.levels] == pytest.approx([8.52, 8.52], rel=1e-2)
    assert "No defect found." in done.to_text()
    whole = certify_city(board)
    assert [one.is_overlay for one in whole.levels] == [False, False, True]
    assert whole.level("campus").parent_level == "town"
    assert whole.ok


@pytest.mark.parametrize(
    ("change", "kind", "level"),
    [
        ({"cells": CELLS[1:]}, "gaps", "cell"),
        ({"cells": [*CELLS, ("A99", "A", square(0.5, 0.5, 0.1, 0.1))]}, "overlaps", "cell"),
        ({"cells": [("A00", "", square(0, 0)), *CELLS[1:]]}, "orphans", "cell"),
        ({"cell": 9}, "count", "cell"),
        ({"towns": [*TOWNS, ("C", "", square(4, 0, 0.1, 2))]}, "scraps", "cell"),
        ({"overlays": {"k": ("town", layer([("K", "A", square(1.5, 0))]))}}, "spills", "k"),
        ({"overlays": {"k": ("town", layer([("K", "", square(1, 0))]))}}, "orphans", "k"),
    ],
)
def test_each_kind_of_defect_makes_it_not_ok_and_is_counted_alone(tmp_path, change, kind, level):
    done = check(tmp_path, **change)
    assert not done.ok
    counted = {(one.id, key): n for one in done.levels for key, n in one.defects.items() if n}
    if kind == "scraps":  # whose ground nobody covers
        assert counted.pop(("cell", "gaps")) == 1
    assert counted == {(level, kind): 1}
    assert done.level(level).ok is False
    assert "Defects: 1" in done.to_text()


def test_findings_name_the_codes_and_the_place(tmp_path):
    cells = [*CELLS[1:], ("A00", "A", square(0, 0, 0.75, 1)), ("X1", "A", square(2.5, 0, 0.5, 1))]
    cells.append(("B99", "", square(9, 9)))
    done = check(tmp_path, cells=cells).level("cell")
    (gap,) = done.gaps
    assert gap.kind == "rim"
    assert gap.codes == ("A00", "A01", "A10", "A11")  # A11 in the corner
    assert square(0.75, 0, 0.25, 1).contains(shapely.Point(gap.lon, gap.lat))
    (overlap,) = done.overlaps
    assert overlap.codes == ("B00", "X1")
    (spill,) = done.spills
    assert (spill.code, spill.parent, spill.mostly_in) == ("X1", "A", "B")
    assert [(one.code, one.declared) for one in done.orphans] == [("B99", "")]
    assert [one.code for one in done.mismatches] == ["A"]
    assert done.prefix is not None
    assert (done.prefix.follow, done.prefix.break_, done.prefix.examples) == (8, 1, ("X1",))


def test_an_invalid_shape_in_the_folder_is_told_and_measured_as_repaired(tmp_path):
    x, y, right, top = square(0, 0).bounds
    tie = shapely.Polygon([(x, y), (right, top), (right, y), (x, top)])
    done = check(tmp_path, cells=[("A00", "A", tie), *CELLS[1:]]).level("cell")
    assert [one.code for one in done.invalid] == ["A00"]
    assert "Self-intersection" in done.invalid[0].reason
    assert done.defects["invalid"] == 1
    assert sum(gap.area_m2 for gap in done.gaps) == pytest.approx(1065329 / 2, rel=1e-2)


def test_slivers_are_counted_apart_and_are_defects_still(tmp_path):
    half_a_millimetre = 5e-7  # in units of the squares
    cells = [("A00", "A", square(0, 0, 1 - half_a_millimetre, 1)), *CELLS[1:]]
    done = check(tmp_path, cells=cells)
    level = done.level("cell")
    assert level.slivers == {"overlaps": 0, "gaps": 1, "spills": 0}
    assert not done.ok
    assert "(sliver)" in done.to_text()


@pytest.mark.parametrize(("size_m2", "slivers"), [(0.5, 0), (0, 0), (1, 2), (2e6, 3)])
def test_the_size_of_a_sliver_is_as_the_manifest_states_it(size_m2, slivers):
    manifest = dataclasses.replace(_manifest_of_one(), sliver_m2=size_m2)
    assert Manifest.from_toml(manifest.to_toml()) == manifest
    half_a_millimetre = 5e-7  # in units of the squares: 0.53 m² along one
    cells = [("A", "", square(0, 0, 1 + half_a_millimetre, 1)), ("B", "", square(1, 0)),
             ("C", "", square(1, 0, 2, 1))]  # fmt: skip
    done = certify(manifest, {"cell": layer(cells)})
    assert sorted(one.codes for one in done.level("cell").overlaps) == [
        ("A", "B"), ("A", "C"), ("B", "C"),
    ]  # fmt: skip
    told = json.loads(done.to_json())
    assert told["sliver_m2"] == size_m2
    assert told["levels"][0]["slivers"]["overlaps"] == slivers
    assert done.level("cell").defects["overlaps"] == 3


@pytest.mark.parametrize(
    "size_m2",
    [-1.0, float("nan"), float("inf"), True, "1"],
    ids=["-1", "nan", "inf", "yes", "text"],
)
def test_a_size_of_slivers_that_is_none_is_refused(size_m2):
    with pytest.raises(CityError, match=r"sliver_m2 = .*from 0 up"):
        dataclasses.replace(_manifest_of_one(), sliver_m2=size_m2)


def test_the_json_has_the_documented_shape(tmp_path):
    raw = json.loads(check(tmp_path, cells=CELLS[1:], cell=8).to_json())
    assert list(raw) == ["format", "city", "ok", "sliver_m2", "levels"]
    assert list(raw["city"]) == ["id", "name", "generation", "valid_from", "metric_crs"]
    assert raw["ok"] is False
    cell = raw["levels"][1]
    assert list(cell) == [
        "id", "name", "parent_level", "is_overlay", "expected", "found", "area_km2",
        "households_min", "households_max", "invalid", "orphans", "malformed", "overlaps", "gaps",
        "spills", "mismatches", "scraps", "islands", "same_names", "sizes", "idle_gaps",
        "unmatched", "prefix", "roundings", "intake", "ok", "defects", "slivers", "warnings",
    ]  # fmt: skip
    assert (cell["expected"], cell["found"], cell["parent_level"]) == (8, 7, "town")
    (gap,) = cell["gaps"]
    assert list(gap) == [
        "area_m2", "width_m", "lon", "lat", "kind", "codes", "allowed", "sliver",
    ]  # fmt: skip
    assert cell["prefix"] == {"follow": 7, "break": 0, "examples": []}
    assert list(cell["mismatches"][0]) == ["code", "children", "missing_m2", "excess_m2", "share"]
    assert list(cell["defects"]) == [
        "misplaced", "count", "unusable", "repaired", "duplicates", "empty_codes", "invalid",
        "orphans", "malformed", "overlaps", "gaps", "spills", "scraps",
    ]  # fmt: skip


def test_an_intake_survives_json():
    assert intake_of(json.loads(json.dumps(plain(INTAKE)))) == INTAKE
    bare = dataclasses.replace(INTAKE, parents=None)
    assert intake_of(json.loads(json.dumps(plain(bare)))) == bare


def test_what_the_import_met_counts_and_is_shown():
    manifest = _manifest_of_one()
    frame = layer([("A00", "", square(0, 0)), ("?1", "", square(1, 0))])
    done = certify(manifest, {"cell": frame}, {"cell": INTAKE})
    assert {key: n for key, n in done.level("cell").defects.items() if n} == {
        "misplaced": 1,
        "unusable": 1,
        "repaired": 1,
        "duplicates": 1,
        "empty_codes": 1,
    }
    text = done.to_text()
    for shown in (
        "cells.shp, layer cells, ESRI Shapefile, 12 rows, EPSG:4544",
        "the file declares EPSG:4545",
        "row 3, 'A9': no shape",
        "row 4, 'A00': Self-intersection; 1.50 m² -0.25 m²",
        "'A01': rows 5, 6 became A01, A01~2",
        "row 7 became ?1",
        "all of it lies in the sea",
        "A11: rows 8, 9",
        "B00 in B: 75.000%",
    ):
        assert shown in text


def _manifest_of_one():
    return Manifest(
        id="demo",
        name="示例市",
        metric_crs="EPSG:4544",
        generation="1",
        valid_from=dt.date(2026, 1, 1),
        levels=(Level("cell", "格", "cell.parquet"),),
        tables={"certificate": "certificate.json"},
    )


def test_the_folder_gives_back_what_its_import_recorded(tmp_path):
    manifest = _manifest_of_one()
    frame = layer([("A00", "", square(0, 0)), ("?1", "", square(1, 0))])
    wanted = certify(manifest, {"cell": frame}, {"cell": INTAKE})
    write_city(
        tmp_path / "city", manifest, {"cell.parquet": frame, "certificate.json": wanted.to_json()}
    )
    assert certify_city(City.open(tmp_path / "city")).to_dict() == wanted.to_dict()


@pytest.mark.parametrize(
    ("content", "says"),
    [("{", "is not a certificate"), ("{}", "'format'"), ('{"format": 99}', "has format 99")],
)
def test_a_record_that_is_no_certificate_is_refused(tmp_path, content, says):
    manifest = _manifest_of_one()
    files: dict[str, gpd.GeoDataFrame | str] = {
        "cell.parquet": layer([("A00", "", square(0, 0))]),
        "certificate.json": content,
    }
    write_city(tmp_path / "city", manifest, files)
    with pytest.raises(CityError, match=says):
        certify_city(City.open(tmp_path / "city"))


def test_long_lists_are_cut_on_the_terminal_and_whole_in_the_json(tmp_path):
    cells = [(f"A{i:02d}", "A", square(i / 20, 0, 0.04, 0.04)) for i in range(40)]
    done = check(tmp_path, cells=[*cells, ("B", "B", square(2, 0, 2, 2))])
    assert len(done.level("cell").orphans) == 0
    text = done.to_text(rows=3)
    assert "codes that do not begin" not in text
    done = check(tmp_path, cells=[(f"C{i:02d}", "", shape) for i, (*_, shape) in enumerate(CELLS)])
    assert "… and 5 more" in done.to_text(rows=3)
    assert len(json.loads(done.to_json())["levels"][1]["orphans"]) == 8
