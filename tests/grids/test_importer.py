import dataclasses
import datetime as dt
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
import sqlalchemy as sa

from app.errors import BadFileError, BadInputError, CityError
from app.geo.datum import from_wgs84
from app.grids import City
from app.grids.boundary_set import BoundarySet
from app.grids.certify import certify_city
from app.grids.importer import import_boundaries
from app.grids.mend import mend
from app.grids.mend_changes import Tolerances
from app.grids.replace import refuse_other_city
from app.grids.store import write_city
from app.maps.quality_places import places_of
from tests.cities import chessboard, coverage, square
from tests.grids.boundaries import (
    CAMPUS,
    TOWN,
    TOWN_NAMES,
    VILLAGE,
    campuses,
    level,
    towns,
    villages,
    write_files,
    write_spec,
)

TODAY = dt.date(2026, 5, 1)


def imported(spec):
    return import_boundaries(BoundarySet.read(spec), TODAY)


def committed(spec, folder):
    done = imported(spec)
    done.write(folder)
    city = City.open(folder)
    assert certify_city(city).to_json() == done.certificate.to_json()
    return city, done.certificate


def concat(*frames):
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs="EPSG:4326")


# --- the whole way ------------------------------------------------------------------------------


def test_a_clean_set_becomes_a_city_without_a_defect(tmp_path):
    city, certificate = committed(write_files(tmp_path), tmp_path / "city")
    assert certificate.ok
    assert [(one.id, one.name, one.file) for one in city.levels] == [
        ("town", "town", "town.parquet"),
        ("village", "village", "village.parquet"),
    ]
    village = city.frame("village")
    assert list(village.columns) == ["code", "name", "parent", "area_km2", "geometry"]
    wanted = villages().sort_values("VCODE", ignore_index=True)
    assert village["code"].tolist() == wanted["VCODE"].tolist()
    assert village["name"].tolist() == wanted["VNAME"].tolist()
    assert village["parent"].tolist() == wanted["TOWNCODE"].tolist()
    assert village["area_km2"].to_numpy() == pytest.approx(np.full(8, 1.0653), rel=1e-3)
    assert shapely.equals(village.geometry.array, wanted.geometry.array).all()
    assert city.frame("town")["parent"].tolist() == ["", ""]
    assert [one.code for one in city.chain(city.find("A-Z1"))] == ["A", "A-Z1"]


def test_the_manifest_says_where_everything_came_from(tmp_path):
    write_files(tmp_path)
    spec = write_spec(
        tmp_path,
        {**TOWN, "expected": 2, "origin": "民政局", "licence": "内部"},
        VILLAGE,
        overlays=[{**CAMPUS, "expected": 3}],
        generation="2026a",
        valid_from=dt.date(2026, 1, 31),
        synthetic="测试数据",
    )
    city, certificate = committed(spec, tmp_path / "city")
    manifest = city.manifest
    assert (manifest.generation, manifest.valid_from) == ("2026a", dt.date(2026, 1, 31))
    assert (manifest.metric_crs, manifest.synthetic) == ("EPSG:4544", "测试数据")
    assert (manifest.levels[0].expected, manifest.overlays[0].expected) == (2, 3)
    assert [(one.origin, one.licence, one.datum) for one in manifest.sources] == [
        ("民政局", "内部", "wgs84"),
        ("villages.shp", "", "wgs84"),
        ("campus.gpkg", "", "wgs84"),
    ]
    assert {
        (one.id, key): n for one in certificate.levels for key, n in one.defects.items() if n
    } == {("dedicated", "count"): 1}


def test_what_the_spec_leaves_out_is_chosen(tmp_path):
    done = imported(write_files(tmp_path))
    assert (done.manifest.valid_from, done.manifest.generation) == (TODAY, "2026-05-01")
    assert done.manifest.metric_crs == "EPSG:4544"


def test_each_file_is_read_in_its_own_crs_datum_layer_and_character_set(tmp_path):
    pyogrio.write_dataframe(towns().to_crs("EPSG:4544"), tmp_path / "t.gpkg", layer="towns")
    pyogrio.write_dataframe(campuses(), tmp_path / "t.gpkg", layer="campuses")
    moved = villages()
    moved.geometry = shapely.transform(
        moved.geometry.to_numpy(),
        lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], "gcj02")),
    )
    pyogrio.write_dataframe(moved, tmp_path / "v.shp", encoding="GBK")
    for beside in (".cpg", ".prj"):
        (tmp_path / f"v{beside}").unlink()
    spec = write_spec(
        tmp_path,
        {**TOWN, "source": "t.gpkg", "layer": "towns"},
        {**VILLAGE, "source": "v.shp", "crs": "EPSG:4490", "datum": "gcj02", "encoding": "gb18030"},
        overlays=[{**CAMPUS, "source": "t.gpkg", "layer": "campuses"}],
    )
    done = imported(spec)
    frame = done.frames["village"]
    assert frame["name"].tolist() == sorted(villages()["VNAME"])
    wanted = villages().sort_values("VCODE")
    far = shapely.hausdorff_distance(frame.geometry.to_numpy(), wanted.geometry.to_numpy())
    assert far.max() < 1e-8
    assert done.frames["town"]["name"].tolist() == list(TOWN_NAMES.values())
    source = done.certificate.level("village").intake.source
    assert (source.crs, source.declared_crs, source.datum) == ("EPSG:4490", "", "gcj02")
    assert source.encoding == "gb18030, stated"
    assert done.manifest.sources[1].datum == "gcj02"


def test_a_level_may_come_in_several_files_whose_rows_are_counted_through(tmp_path):
    write_files(tmp_path)
    whole = villages()
    # The halves differ in format, CRS and character set.
    whole[whole["TOWNCODE"] == "A"].to_crs("EPSG:4544").to_file(
        tmp_path / "a.shp", encoding="GBK", engine="pyogrio"
    )
    second = concat(whole[whole["TOWNCODE"] == "B"], whole.iloc[:1].assign(VCODE="BX"))
    second.loc[4, "geometry"] = None
    second.to_file(tmp_path / "b.gpkg", engine="pyogrio")
    several = {**VILLAGE, "source": ["a.shp", "b.gpkg"]}
    city, certificate = committed(write_spec(tmp_path, TOWN, several), tmp_path / "city")
    assert sorted(city.finest.frame["code"]) == sorted(whole["VCODE"])
    intake = certificate.levels[1].intake
    assert intake.source.file == "a.shp, b.gpkg"
    assert intake.source.rows == 9
    assert "rows are counted through the files: 1 to 4 of a.shp, 5 to 9 of b.gpkg" in (
        intake.source.notes
    )
    assert [(one.row, one.code) for one in intake.unusable] == [(9, "BX")]
    assert [one.what for one in city.manifest.sources] == ["town", "village"]


def test_one_file_of_several_in_another_datum_or_country_is_named(tmp_path):
    whole = villages()
    of_a, of_b = (whole[whole["TOWNCODE"] == one] for one in "AB")
    of_a.to_file(tmp_path / "a.gpkg", engine="pyogrio")
    several = {**VILLAGE, "source": ["a.gpkg", "b.gpkg"]}
    wrong = {
        "in gcj02": lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], "gcj02")),
        "lie outside of China": lambda xy: xy - [40.0, 0.0],
    }
    for why, change in wrong.items():
        moved = of_b.set_geometry(shapely.transform(of_b.geometry.to_numpy(), change))
        moved.iloc[:3].to_file(tmp_path / "b.gpkg", engine="pyogrio")
        write_files(tmp_path)
        _, certificate = committed(write_spec(tmp_path, TOWN, several), tmp_path / f"city {why}")
        (note,) = certificate.levels[1].intake.misplaced
        assert note.startswith(f"{tmp_path / 'b.gpkg'}: ")
        assert why in note


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_a_level_in_another_datum_is_told_with_the_likely_cause_and_not_moved(tmp_path, datum):
    moved = villages()
    moved.geometry = shapely.transform(
        moved.geometry.to_numpy(),
        lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], datum)),
    )
    done = imported(write_files(tmp_path, village=moved))
    town, village = done.certificate.levels[:2]
    (why,) = village.intake.misplaced
    assert f"probably these boundaries are in {datum}" in why
    assert village.defects["misplaced"] == 1
    assert not town.intake.misplaced
    held = done.frames["village"].set_index("code").geometry
    for code, shape in zip(moved["VCODE"], moved.geometry, strict=True):
        assert shapely.hausdorff_distance(held[code], shape) < 1e-12
    # Once it is stated there is nothing left to tell.
    done = imported(write_spec(tmp_path, TOWN, {**VILLAGE, "datum": datum}))
    assert done.certificate.ok


def test_a_city_that_lies_elsewhere_than_expected_has_a_defect_and_may_say_where_it_is(tmp_path):
    def moved(frame):
        return frame.set_geometry(frame.translate(-178.5, 10.3))

    spec = write_files(
        tmp_path, town=moved(towns()), village=moved(villages()), campus=moved(campuses())
    )
    done = imported(spec)
    assert not done.certificate.ok
    assert [one.defects["misplaced"] for one in done.certificate.levels] == [1, 1, 1]
    assert {kind for one in done.certificate.levels for kind, n in one.defects.items() if n} == {
        "misplaced"
    }
    text = done.certificate.to_text()
    assert "2 of 2 shapes lie outside of China, about lon -7" in text
    assert "state its metric_crs" in text
    assert "Defects: 3 levels that seem to lie elsewhere" in text
    # It is written and served all the same, and its folder says so still.
    city, _ = committed(spec, tmp_path / "city")
    assert not certify_city(city).ok
    (place, *_) = places_of(city, done.certificate.to_dict())
    assert (place.kind, place.group, place.lon) == ("misplaced", "defect", None)
    said = write_spec(tmp_path, TOWN, VILLAGE, overlays=[CAMPUS], metric_crs="EPSG:32618")
    assert imported(said).certificate.ok


def test_levels_that_lie_off_a_reference_as_gcj02_does_are_told(tmp_path):
    def moved(frame):
        shapes = frame.geometry.to_numpy()
        return frame.set_geometry(
            shapely.transform(
                shapes, lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], "gcj02"))
            )
        )

    roads = villages()[["geometry"]].set_geometry(villages().boundary)
    pyogrio.write_dataframe(roads, tmp_path / "roads.gpkg")
    write_files(tmp_path, town=moved(towns()), village=moved(villages()))
    spec = tmp_path / "SPEC.toml"
    said = '[reference]\nname = "道路"\nsource = "roads.gpkg"\n'
    # Both are shifted alike: only the reference shows it.
    assert not imported(spec).certificate.levels[1].intake.misplaced
    spec.write_text(spec.read_text(encoding="utf-8") + said, encoding="utf-8")
    for level_of in imported(spec).certificate.levels[:2]:
        (note,) = level_of.intake.misplaced
        assert "off the borders of 道路" in note
        assert "probably these boundaries are in gcj02" in note
    write_files(tmp_path)
    spec.write_text(spec.read_text(encoding="utf-8") + said, encoding="utf-8")
    assert imported(spec).certificate.ok
    spec.write_text(spec.read_text(encoding="utf-8") + 'colour = "red"\n', encoding="utf-8")
    with pytest.raises(BadFileError, match=r"\[reference\] has an unknown key 'colour'"):
        imported(spec)


def test_sources_that_are_no_list_of_files_are_refused(tmp_path):
    write_files(tmp_path)
    for source, says in (
        ([], "source"),
        (["villages.shp", ""], "text, or a list of texts"),
        (["villages.shp", "villages.shp"], "'villages.shp' twice"),
        ([1], "text, or a list of texts"),
    ):
        with pytest.raises(BadFileError, match=says):
            imported(write_spec(tmp_path, TOWN, {**VILLAGE, "source": source}))


def test_a_table_of_a_database_is_a_source_and_its_password_goes_nowhere(tmp_path, postgres):
    write_files(tmp_path)
    with postgres.database() as url:
        engine = sa.create_engine(
            url.replace("postgresql:", "postgresql+psycopg:"), poolclass=sa.NullPool
        )
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE towns (code text, name text, geom bytea)")
            for row in towns().itertuples():
                connection.execute(
                    sa.text("INSERT INTO towns VALUES (:code, :name, :shape)"),
                    {"code": row.TOWNCODE, "name": row.TOWNNAME, "shape": row.geometry.wkb},
                )
        source = url.replace("postgres@", "postgres:s3cret@") + "?table=towns"
        town = level("town", source, "code", "name", crs="EPSG:4490")
        city, certificate = committed(write_spec(tmp_path, town, VILLAGE), tmp_path / "city")
    assert certificate.ok
    assert city.manifest.sources[0].origin == "towns"
    written = b"".join(one.read_bytes() for one in sorted((tmp_path / "city").iterdir()))
    assert b"s3cret" not in written


def test_codes_that_are_numbers_come_as_whole_numbers_and_households_stay_counts(tmp_path):
    town, village = towns(), villages()
    town["TOWNCODE"] = [510185001001.0, 510185002001.0]
    village["TOWNCODE"] = [
        {"A": 510185001001, "B": 510185002001}[one] for one in village["TOWNCODE"]
    ]
    village["HU"] = [50.0, None, *range(52, 58)]
    write_files(tmp_path, town=town, village=village)
    spec = write_spec(tmp_path, TOWN, {**VILLAGE, "households_field": "HU"})
    city, certificate = committed(spec, tmp_path / "city")
    assert city.frame("town")["code"].tolist() == ["510185001001", "510185002001"]
    households = city.frame("village").set_index("code")["households"]
    assert households.dtype == "Int64"
    assert pd.isna(households["A01"])
    assert households["B01"] == 50
    assert not certificate.level("village").orphans


def test_what_is_no_count_of_households_is_left_out_and_told(tmp_path):
    village = villages()
    village["HU"] = ["-3", "12.5", "viele", "60", "61.0", "", "0", "64"]
    write_files(tmp_path, town=towns(), village=village)
    spec = write_spec(tmp_path, TOWN, {**VILLAGE, "households_field": "HU"})
    city, certificate = committed(spec, tmp_path / "city")
    by_code = city.frame("village").set_index("code")["households"]
    found = [by_code[code] for code in village["VCODE"]]
    assert [None if pd.isna(one) else int(one) for one in found] == [
        None, None, None, 60, 61, None, 0, 64,
    ]  # fmt: skip
    *_, note = certificate.level("village").intake.source.notes
    assert note.startswith("3 values of HU are no number of households (whole, from 0 up)")
    assert any(f"left out: '{one}', …" in note for one in ("-3", "12.5", "viele"))


# --- parents ------------------------------------------------------------------------------------


def test_without_a_parent_field_the_parent_is_found_by_geometry_and_told(tmp_path):
    village = villages()
    village.loc[village["VCODE"] == "A10", "geometry"] = square(1, 0, 1.25, 1)
    write_files(tmp_path, village=village)
    bare = {key: value for key, value in VILLAGE.items() if key != "parent_field"}
    city, certificate = committed(write_spec(tmp_path, TOWN, bare), tmp_path / "city")
    frame = city.frame("village")
    assert frame["parent"].tolist() == [code[0] for code in frame["code"]]
    choice = certificate.level("village").intake.parents
    assert (choice.method, choice.level, choice.whole) == ("geometry", "town", 7)
    (partly,) = choice.partly
    assert (partly.code, partly.parent) == ("A10", "A")
    assert partly.share == pytest.approx(0.8, rel=1e-3)


def test_a_grid_that_lies_in_no_parent_is_an_orphan(tmp_path):
    village = villages()
    village.loc[village["VCODE"] == "A00", "geometry"] = square(20, 20)
    write_files(tmp_path, village=village)
    bare = {key: value for key, value in VILLAGE.items() if key != "parent_field"}
    city, certificate = committed(write_spec(tmp_path, TOWN, bare), tmp_path / "city")
    assert city.find("A00").parent == ""
    assert [(one.code, one.declared) for one in certificate.level("village").orphans] == [
        ("A00", "")
    ]


def test_a_parent_that_does_not_exist_makes_an_orphan_and_is_recorded(tmp_path):
    village = villages()
    village.loc[village["VCODE"] == "A00", "TOWNCODE"] = "C"
    write_files(tmp_path, village=village)
    city, certificate = committed(tmp_path / "SPEC.toml", tmp_path / "city")
    assert city.find("A00").parent == ""
    assert [(one.code, one.declared) for one in certificate.level("village").orphans] == [
        ("A00", "C")
    ]


def test_the_level_of_an_overlay_is_found_by_geometry_and_told(tmp_path):
    city, certificate = committed(write_files(tmp_path), tmp_path / "city")
    assert city.overlays[0].parent_level == "town"
    choice = certificate.level("dedicated").intake.parents
    assert choice.level_shares == {"town": 1.0, "village": 0.5}
    assert city.frame("dedicated")["parent"].tolist() == ["A", "B"]


def test_the_level_of_an_overlay_may_be_stated_or_named_by_its_codes(tmp_path):
    campus = campuses()
    campus["over"] = ["A00", "B00"]
    write_files(tmp_path, campus=campus)
    stated = write_spec(tmp_path, TOWN, VILLAGE, overlays=[{**CAMPUS, "parent_level": "village"}])
    done = imported(stated)
    assert done.frames["dedicated"]["parent"].tolist() == ["A00", "B00"]
    (spill,) = done.certificate.level("dedicated").spills
    assert spill.share == pytest.approx(0.5, rel=1e-6)
    named = write_spec(tmp_path, TOWN, VILLAGE, overlays=[{**CAMPUS, "parent_field": "over"}])
    assert imported(named).manifest.overlays[0].parent_level == "village"


# --- defects ------------------------------------------------------------------------------------


def test_a_second_row_of_a_code_is_kept_under_another_code(tmp_path):
    village = villages()
    village.loc[village["VCODE"] == "A01", "VCODE"] = "A00"
    write_files(tmp_path, village=village)
    city, certificate = committed(tmp_path / "SPEC.toml", tmp_path / "city")
    frame = city.frame("village").set_index("code")
    assert sorted(frame.index) == ["A00", "A00~2", "A10", "A11", "B00", "B01", "B10", "B11"]
    rows = village.index[village["VCODE"] == "A00"] + 1
    (duplicate,) = certificate.level("village").intake.duplicates
    assert (duplicate.code, duplicate.codes) == ("A00", ("A00", "A00~2"))
    assert duplicate.rows == tuple(rows)
    assert frame.loc["A00~2", "name"] == village.loc[rows[1] - 1, "VNAME"]
    assert frame.loc["A00~2", "geometry"].equals(village.loc[rows[1] - 1, "geometry"])
    assert not certificate.ok
    assert not certificate.level("village").gaps


def test_children_of_a_code_that_two_claim_go_to_the_one_they_lie_in(tmp_path):
    town = towns()
    town["TOWNCODE"] = "A"
    village = villages()
    village["TOWNCODE"] = "A"
    write_files(tmp_path, town=town, village=village)
    city, certificate = committed(tmp_path / "SPEC.toml", tmp_path / "city")
    assert city.frame("town")["code"].tolist() == ["A", "A~2"]
    parents = city.frame("village").set_index("code")["parent"]
    assert all(parents[code] == {"A": "A", "B": "A~2"}[code[0]] for code in parents.index)
    assert not certificate.level("village").spills


def test_an_exclave_in_its_own_row_is_joined_and_told(tmp_path):
    extra = villages().iloc[[0]].copy()
    extra["geometry"] = [square(2, 2)]
    town = towns()
    town.loc[1, "geometry"] = square(2, 0, 2, 3)
    write_files(tmp_path, town=town, village=concat(villages(), extra))
    city, certificate = committed(tmp_path / "SPEC.toml", tmp_path / "city")
    level_ = certificate.level("village")
    assert [(one.code, one.rows) for one in level_.intake.merged] == [("B01", (1, 9))]
    assert level_.found == 8
    assert level_.intake.source.rows == 9
    assert level_.defects["duplicates"] == 0
    assert shapely.area(city.layer("village").geometry).sum() == pytest.approx(9e-4)


def test_rows_without_a_code_are_kept_and_rows_without_a_polygon_recorded(tmp_path):
    village = villages()
    village.loc[0, "VCODE"] = None
    extra = gpd.GeoDataFrame(
        {"VCODE": ["P", "N"], "VNAME": ["点", "无"], "TOWNCODE": ["A", "A"], "HU": [1, 2]},
        geometry=[shapely.Point(104.5, 30.4), None],
        crs="EPSG:4326",
    )
    write_files(tmp_path)
    pyogrio.write_dataframe(concat(village, extra), tmp_path / "villages.gpkg")
    spec = write_spec(tmp_path, TOWN, {**VILLAGE, "source": "villages.gpkg"})
    city, certificate = committed(spec, tmp_path / "city")
    intake = certificate.level("village").intake
    assert [(one.row, one.code) for one in intake.empty_codes] == [(1, "?1")]
    assert [(one.row, one.code, one.name, one.reason) for one in intake.unusable] == [
        (9, "P", "点", "Point: not a polygon"),
        (10, "N", "无", "no shape"),
    ]
    assert city.find("?1").name == villages()["VNAME"][0]
    assert certificate.level("village").found == 8


def test_an_invalid_shape_is_repaired_and_told_with_its_change_of_area(tmp_path):
    village = villages()
    row = village.index[village["VCODE"] == "A00"][0]
    x, y, right, top = square(0, 0).bounds
    village.loc[row, "geometry"] = shapely.Polygon([(x, y), (right, top), (right, y), (x, top)])
    write_files(tmp_path)
    pyogrio.write_dataframe(village, tmp_path / "villages.gpkg")
    spec = write_spec(tmp_path, TOWN, {**VILLAGE, "source": "villages.gpkg"})
    city, certificate = committed(spec, tmp_path / "city")
    (repaired,) = certificate.level("village").intake.repaired
    assert (repaired.row, repaired.code) == (row + 1, "A00")
    assert "Self-intersection" in repaired.reason
    assert repaired.area_change_m2 == pytest.approx(1065329 / 2, rel=1e-3)
    assert city.frame("village").geometry.is_valid.all()
    assert not certificate.level("village").invalid


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_defects_are_found_with_their_areas_and_nothing_else(tmp_path, seed):
    cells = list(coverage(seed, 60))
    whole = square(0, 0, 4, 4)
    inner = [i for i, cell in enumerate(cells) if cell.within(square(0.05, 0.05, 3.9, 3.9))]
    gone, grown = inner[0], next(i for i in inner if not cells[i].intersects(cells[inner[0]]))
    x, y = shapely.get_coordinates(cells[grown])[0]
    patch = shapely.box(x - 1e-4, y - 1e-4, x + 1e-4, y + 1e-4)
    taken = {
        f"c{i:03d}": cell.intersection(patch)
        for i, cell in enumerate(cells)
        if i not in {grown, gone} and cell.intersection(patch).area > 0
    }
    lost = cells[gone]
    cells[grown] = shapely.union(cells[grown], patch)
    frame = gpd.GeoDataFrame(
        {"c": [f"c{i:03d}" for i in range(len(cells))], "n": ""}, geometry=cells, crs="EPSG:4326"
    ).drop(index=gone)
    pyogrio.write_dataframe(frame, tmp_path / "cells.fgb")
    top = gpd.GeoDataFrame({"c": ["c"], "n": ["市"]}, geometry=[whole], crs="EPSG:4326")
    pyogrio.write_dataframe(top, tmp_path / "top.gpkg")
    spec = write_spec(
        tmp_path, level("top", "top.gpkg", "c", "n"), level("cell", "cells.fgb", "c", "n")
    )
    certificate = imported(spec).certificate.level("cell")
    to_m2 = 1065329 / square(0, 0).area
    (gap,) = certificate.gaps
    assert gap.area_m2 == pytest.approx(lost.area * to_m2, rel=1e-3)
    assert lost.contains(shapely.Point(gap.lon, gap.lat))
    assert {one.codes for one in certificate.overlaps} == {
        tuple(sorted((f"c{grown:03d}", code))) for code in taken
    }
    for one in certificate.overlaps:
        (code,) = set(one.codes) - {f"c{grown:03d}"}
        assert one.area_m2 == pytest.approx(taken[code].area * to_m2, rel=1e-3)
    counted = {key for key, n in certificate.defects.items() if n}
    assert counted == {"gaps", "overlaps"}
    assert certificate.found == len(cells) - 1


# --- writing ------------------------------------------------------------------------------------


def test_an_earlier_edition_is_replaced_and_what_no_import_writes_is_kept(tmp_path):
    folder = tmp_path / "city"
    chessboard(folder)
    staff = (folder / "staff.parquet").read_bytes()
    write_files(tmp_path)
    city, _ = committed(tmp_path / "SPEC.toml", folder)
    assert (folder / "staff.parquet").read_bytes() == staff, "what its schema says, too"
    assert [one.id for one in city.levels] == ["town", "village"]
    assert city.staff_of("A1")[0].label == "网格长 A1"
    assert city.outside["governed_by"].tolist() == ["新区"]
    assert not (folder / "cell.parquet").exists()
    again, _ = committed(tmp_path / "SPEC.toml", folder)
    assert again.manifest.tables == city.manifest.tables


def test_a_folder_with_files_that_would_be_lost_is_not_replaced(tmp_path):
    folder = tmp_path / "city"
    chessboard(folder)
    (folder / ".derived").mkdir(exist_ok=True)
    (folder / "SOURCES.md").write_text("keep me")
    (folder / "papers").mkdir()
    before = sorted(one.name for one in folder.iterdir())
    done = imported(write_files(tmp_path))
    with pytest.raises(BadFileError, match=r"would remove: SOURCES\.md, papers$") as caught:
        done.write(folder)
    assert "SOURCES.md、papers" in caught.value.message_zh
    assert sorted(one.name for one in folder.iterdir()) == before
    (folder / "SOURCES.md").unlink()
    (folder / "papers").rmdir()
    done.write(folder)
    assert not (folder / "cell.parquet").exists()


def test_another_city_or_no_city_is_not_replaced(tmp_path):
    done = imported(write_files(tmp_path))
    other = tmp_path / "other"
    board = chessboard(other)
    manifest = dataclasses.replace(board.manifest, id="jianyang", sha256={})
    frames = {one.file: board.frame(one.id) for one in (*board.levels, *board.overlays)}
    write_city(
        other,
        dataclasses.replace(manifest, outside_file="", tables={}),
        frames,
    )
    with pytest.raises(BadFileError, match="holds the city 'jianyang'"):
        done.write(other)
    assert City.open(other).manifest.id == "jianyang"
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "letter.txt").write_text("keep me")
    with pytest.raises(BadFileError, match="not a city folder"):
        done.write(papers)
    with pytest.raises(BadFileError, match="is a file"):
        refuse_other_city(tmp_path / "SPEC.toml", "demo")
    assert [one.name for one in papers.iterdir()] == ["letter.txt"]


def test_a_damaged_earlier_edition_is_not_built_upon(tmp_path):
    folder = tmp_path / "city"
    chessboard(folder)
    (folder / "staff.parquet").write_bytes(b"")
    done = imported(write_files(tmp_path))
    with pytest.raises(CityError, match=r"staff\.parquet"):
        done.write(folder)
    assert (folder / "cell.parquet").exists()


# --- unusable -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"source": "none.shp"}, BadFileError, r"none\.shp does not exist"),
        ({"code_field": "VCODES"}, BadFileError, r"'VCODES'; it has \['VCODE', 'VNAME'"),
        ({"layer": "x"}, BadFileError, "no layer 'x'"),
        ({"crs": "EPSG:1"}, BadFileError, "'EPSG:1'"),
        ({"datum": "gcj"}, BadInputError, "'gcj'"),
        ({"encoding": "utf-8"}, BadFileError, "not in utf-8"),
        ({"crs": "EPSG:4544"}, BadFileError, "are degrees"),
    ],
)
def test_an_unusable_source_is_refused_by_name(tmp_path, changes, error, says):
    write_files(tmp_path)
    spec = write_spec(tmp_path, TOWN, {**VILLAGE, **changes})
    with pytest.raises(error, match=says):
        imported(spec)


def test_a_metric_crs_that_is_none_is_refused(tmp_path):
    write_files(tmp_path)
    with pytest.raises(BadInputError, match="EPSG:4490"):
        imported(write_spec(tmp_path, TOWN, VILLAGE, metric_crs="EPSG:4490"))


def test_a_file_without_a_polygon_is_unusable(tmp_path):
    for name, frame in (("town", towns()), ("village", villages())):
        write_files(tmp_path, **{name: frame.set_geometry(frame.geometry.representative_point())})
        with pytest.raises(BadFileError, match="holds no polygon in its"):
            imported(tmp_path / "SPEC.toml")


def test_white_space_around_a_code_is_told_and_makes_another_grid_of_it(tmp_path):
    town = towns()
    code = town.iloc[0][TOWN["code_field"]]
    town.loc[1, TOWN["code_field"]] = f"{code} "
    town[TOWN["name_field"]] = "镇"
    write_files(tmp_path, town=town)
    spec = write_spec(tmp_path, {**TOWN, "source": ["towns.geojson"]})
    _, certificate = committed(spec, tmp_path / "city")
    found = certificate.level("town")
    assert [(one.code, one.rows) for one in found.intake.duplicates] == [(code, (1, 2))]
    assert not found.intake.merged
    (one,) = found.malformed
    assert (one.code, one.row) == (code, 2)
    assert repr(f"{code} ") in one.reason
    assert found.defects["malformed"] == 1
    city = City.open(tmp_path / "city")
    assert certify_city(city).to_dict() == certificate.to_dict()
    assert f"{one.reason} in row 2" in certificate.to_text()
    # A repair takes the codes as the import has them, and says so.
    mended = mend(city, Tolerances())
    assert mended.after.level("town").defects["malformed"] == 0
    (told,) = json.loads(mended.to_json())["accepted"]
    assert told == {"level": "town", "row": 2, "code": code, "reason": one.reason}


def test_white_space_around_the_code_of_a_parent_is_left_out_and_told(tmp_path):
    village = villages()
    field = VILLAGE["parent_field"]
    village.loc[1, field] = f" {village.loc[1, field]}"
    write_files(tmp_path)
    pyogrio.write_dataframe(village, tmp_path / "villages.geojson", driver="GeoJSON")
    spec = write_spec(tmp_path, TOWN, {**VILLAGE, "source": ["villages.geojson"]})
    _, certificate = committed(spec, tmp_path / "city")
    found = certificate.level("village")
    assert not found.orphans
    assert not found.malformed
    assert any(f"{village.loc[1, field]!r} in row 2" in one for one in found.intake.source.notes)
