"""Boundary sets for tests: real files and the SPEC.toml that names them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pyogrio
import tomli_w

from tests.cities import square

TOWN_NAMES = {"A": "射洪坝街道", "B": "堃镕镇"}


def towns() -> gpd.GeoDataFrame:
    """Return two towns side by side, each of 2 × 2 squares."""
    return gpd.GeoDataFrame(
        {"TOWNCODE": list(TOWN_NAMES), "TOWNNAME": list(TOWN_NAMES.values())},
        geometry=[square(0, 0, 2, 2), square(2, 0, 2, 2)],
        crs="EPSG:4326",
    )


def villages() -> gpd.GeoDataFrame:
    """Return eight villages, four in each town, not in the order of their codes."""
    rows = [
        (f"{town}{x}{y}", f"{town}村{x}{y}", town, square(left + x, y))
        for y in (1, 0)
        for x in (0, 1)
        for town, left in (("B", 2), ("A", 0))
    ]
    codes, names, over, shapes = zip(*rows, strict=True)
    return gpd.GeoDataFrame(
        {"VCODE": codes, "VNAME": names, "TOWNCODE": over, "HU": range(40, 48)},
        geometry=list(shapes),
        crs="EPSG:4326",
    )


def campuses() -> gpd.GeoDataFrame:
    """Return two campuses, the first across two villages of A, the second inside one of B."""
    return gpd.GeoDataFrame(
        {"id": ["A-Z1", "B-Z1"], "name": ["简阳中学", "人民医院"]},
        geometry=[square(0.8, 0.2, 0.4, 0.2), square(2.1, 0.1, 0.2, 0.2)],
        crs="EPSG:4326",
    )


def level(ident: str, source: str, code: str, name: str, **more: object) -> dict[str, object]:
    """Return an entry of [[levels]] or [[overlays]]."""
    entry = {"id": ident, "name": ident, "source": source, "code_field": code, "name_field": name}
    return {**entry, **more}


TOWN = level("town", "towns.geojson", "TOWNCODE", "TOWNNAME")
VILLAGE = level("village", "villages.shp", "VCODE", "VNAME", parent_field="TOWNCODE")
CAMPUS = level("dedicated", "campus.gpkg", "id", "name")


def write_spec(folder: Path, *levels: dict[str, object], **more: object) -> Path:
    """Write SPEC.toml with these levels; `more` goes into [city], but for `overlays`."""
    overlays = more.pop("overlays", [])
    city = {"id": "demo", "name": "示例市", **more}
    path = folder / "SPEC.toml"
    document = {"city": city, "levels": list(levels), "overlays": overlays}
    path.write_text(tomli_w.dumps(document), encoding="utf-8")
    return path


def write_files(
    folder: Path,
    *,
    town: gpd.GeoDataFrame | None = None,
    village: gpd.GeoDataFrame | None = None,
    campus: gpd.GeoDataFrame | None = None,
) -> Path:
    """Write the files of the demo set (GeoJSON, a GBK shapefile, GPKG) and its SPEC.toml."""
    town = towns() if town is None else town
    village = villages() if village is None else village
    campus = campuses() if campus is None else campus
    pyogrio.write_dataframe(town, folder / "towns.geojson", driver="GeoJSON")
    pyogrio.write_dataframe(village, folder / "villages.shp", encoding="GBK")
    pyogrio.write_dataframe(campus, folder / "campus.gpkg")
    return write_spec(folder, TOWN, VILLAGE, overlays=[CAMPUS])
