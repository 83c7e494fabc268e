"""Grids as files: read back by GDAL they are what the city holds, where they say it is."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from app.errors import BadFileError, BadInputError, NotFoundError
from app.geo.datum import from_wgs84
from app.grids import City
from app.open.files import FORMATS, GridFile, dbf_names
from tests.cities import coverage, layer, make_city, square

EXACT = ("gpkg", "shp", "geojson", "fgb")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Return a city of cells whose coordinates need all their digits, with some households."""
    cells = shapely.transform(coverage(6, 17), lambda xy: xy + np.pi * 1e-10)
    grids = layer([(f"T{number:02}", "T", cell) for number, cell in enumerate(cells)])
    grids["households"] = [None if number % 5 == 0 else number for number in range(len(grids))]
    grids["户籍人口数量"] = "甲"
    campus = layer([("K", "T", square(1, 1))])
    return make_city(
        tmp_path_factory.mktemp("city") / "cells",
        {"town": layer([("T", "", square(0, 0, 4, 4))]), "cell": grids},
        {"campus": ("town", campus)},
    )


def written(city: City, kind: str, folder: Path, level: str = "cell", crs: str = "wgs84") -> Path:
    task = GridFile(city, level, kind, crs)
    path = folder / task.name
    assert task.write(path) == len(city.layer(level))
    assert list(folder.iterdir()) == [path]
    return path


def read(path: Path) -> gpd.GeoDataFrame:
    frame = pyogrio.read_dataframe(path)
    if path.suffix == ".kml":
        frame = frame.rename(columns={"Name": "name"})
    return frame.sort_values("code").reset_index(drop=True)


def coordinates(frame: gpd.GeoDataFrame) -> np.ndarray:
    # A shapefile has its rings the other way round; of a ring any vertex may be the first.
    shapes = shapely.normalize(shapely.force_2d(frame.geometry.to_numpy()))
    return shapely.get_coordinates(shapes)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_holds_what_the_city_holds(city: City, tmp_path: Path, kind: str) -> None:
    found, kept = read(written(city, kind, tmp_path)), city.layer("cell")
    assert found["code"].tolist() == kept.codes.tolist()
    assert found["name"].tolist() == kept.names.tolist()
    assert found["parent"].tolist() == kept.parents.tolist()
    short = kind == "shp"
    assert set(found["parent_nam" if short else "parent_name"]) == {"格T"}
    assert set(found["town_code"]) == {"T"}
    assert set(found["town_name"]) == {"格T"}
    assert set(found["户籍人" if short else "户籍人口数量"]) == {"甲"}
    assert set(found["datum"]) == {"WGS-84"}
    assert set(found["data_note"]) == {"演示数据 synthetic"}
    households = found["households"].astype(float).to_numpy()
    expected = kept.frame["households"].to_numpy(dtype=float, na_value=np.nan)
    np.testing.assert_array_equal(households, expected)
    geod = Geod(ellps="GRS80")
    area = [abs(geod.geometry_area_perimeter(one)[0]) / 1e6 for one in kept.geometry]
    np.testing.assert_allclose(found["area_km2"].astype(float), area, rtol=1e-4, atol=1e-6)
    assert found.crs.to_epsg() == 4326
    held = shapely.get_coordinates(shapely.normalize(kept.geometry))
    if kind in EXACT:
        assert coordinates(found).tobytes() == held.tobytes()
    else:
        np.testing.assert_allclose(coordinates(found), held, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", ["gpkg", "shp", "fgb"])
@pytest.mark.parametrize("crs", ["EPSG:4490", "epsg:4544", "gcj02", "bd09"])
def test_a_file_says_in_which_coordinates_it_is(
    city: City, tmp_path: Path, kind: str, crs: str
) -> None:
    found = read(written(city, kind, tmp_path, crs=crs))
    lonlat = shapely.get_coordinates(city.finest.geometry)
    if crs.lower().startswith("epsg"):
        assert found.crs.to_epsg(min_confidence=20) == int(crs[-4:])
        way = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
        expected = np.column_stack(way.transform(lonlat[:, 0], lonlat[:, 1]))
        assert set(found["datum"]) == {crs.upper()}
    else:
        name = {"gcj02": "GCJ-02", "bd09": "BD-09"}[crs]
        assert found.crs.name == f"{name} (shifted; not WGS 84)"
        assert found.crs.to_authority() is None
        assert set(found["datum"]) == {f"{name} (shifted; not WGS 84) 偏移坐标"}
        assert crs in next(tmp_path.iterdir()).name
        expected = np.column_stack(from_wgs84(lonlat[:, 0], lonlat[:, 1], crs))
    shapes = shapely.set_coordinates(city.finest.geometry.copy(), expected)
    expected = shapely.get_coordinates(shapely.normalize(shapes))
    np.testing.assert_allclose(coordinates(found), expected, rtol=0, atol=1e-6)


def test_an_overlay_has_its_parents(city: City, tmp_path: Path) -> None:
    found = read(written(city, "gpkg", tmp_path, "campus"))
    assert found[["code", "parent", "town_name"]].to_numpy().tolist() == [["K", "T", "格T"]]


def test_geojson_is_that_of_rfc_7946(city: City, tmp_path: Path) -> None:
    told = json.loads(written(city, "geojson", tmp_path).read_text(encoding="utf-8"))
    assert "crs" not in told
    assert told["data_note"] == city.manifest.synthetic
    for one in told["features"]:
        outer, *inner = one["geometry"]["coordinates"]
        assert shapely.LinearRing(outer).is_ccw
        assert not any(shapely.LinearRing(ring).is_ccw for ring in inner)
    assert told["features"][0]["properties"]["households"] is None


def test_a_shapefile_says_its_charset_and_what_its_fields_are(city: City, tmp_path: Path) -> None:
    with zipfile.ZipFile(written(city, "shp", tmp_path)) as archive:
        names = archive.namelist()
        (cpg,) = [archive.read(one) for one in names if one.endswith(".cpg")]
        note = archive.read("FIELDS.txt").decode()
    assert cpg == b"UTF-8"
    assert {Path(one).suffix for one in names} == {".shp", ".shx", ".dbf", ".prj", ".cpg", ".txt"}
    assert "parent_nam\tparent_name\n" in note
    assert "户籍人\t户籍人口数量\n" in note
    assert "测试数据" in note


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), unique=True))
def test_names_of_fields_fit_and_stay_apart(names: list[str]) -> None:
    found = dbf_names(names)
    assert list(found) == names
    assert all(0 <= len(one.encode()) <= 10 for one in found.values())
    assert len({one.lower() for one in found.values()}) == len(names)
    lower = [one.lower() for one in names]
    for name, short in found.items():
        if len(name.encode()) <= 10 and lower.count(name.lower()) == 1:
            assert short == name


def test_a_text_that_a_shapefile_would_cut_is_refused(tmp_path: Path) -> None:
    grids = layer([("A", "", square(0, 0))])
    grids["note"] = "长" * 85
    city = make_city(tmp_path / "city", {"cell": grids})
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(BadInputError, match="note of A has 255 bytes, a shapefile holds 254"):
        GridFile(city, "cell", "shp").write(out / "x.zip")
    assert not list(out.iterdir())
    written(city, "gpkg", out)


def test_what_does_not_go_together_is_refused(city: City) -> None:
    with pytest.raises(NotFoundError, match="'none'"):
        GridFile(city, "none", "gpkg")
    with pytest.raises(BadInputError, match="format is 'dxf', allowed are gpkg"):
        GridFile(city, "cell", "dxf")
    with pytest.raises(BadInputError, match="crs is 'EPSG:3857', allowed are wgs84, EPSG:4490, EP"):
        GridFile(city, "cell", "gpkg", "EPSG:3857")
    for kind in ("kml", "geojson"):
        with pytest.raises(BadInputError, match="WGS-84 by its own definition"):
            GridFile(city, "cell", kind, "gcj02")
    assert GridFile(city, "cell", "kml", "epsg:4326").name == "demo-cell-1-wgs84.kml"


def test_what_is_there_stays_if_it_cannot_be_written(city: City, tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match="cannot be written"):
        GridFile(city, "cell", "gpkg").write(tmp_path / "none" / "x.gpkg")
    target = tmp_path / "x.gpkg"
    target.mkdir()
    (target / "kept").touch()
    with pytest.raises(BadFileError, match="cannot be written"):
        GridFile(city, "cell", "gpkg").write(target)
    assert list(tmp_path.iterdir()) == [target]
    assert (target / "kept").exists()
