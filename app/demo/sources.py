"""What is real in the demo city: names, codes, the county outline, boxes of former towns."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely
from scipy import ndimage

from app.demo.noise import resample
from app.errors import BadFileError
from app.geo.datum import gcj02_to_wgs84

Floats = npt.NDArray[np.float64]
METRIC_CRS = "EPSG:4544"
CITY = "简阳市"
OUTSIDE = "成都东部新区"
# The outline comes on a lattice of 1/1024 degree (about 100 m); steps of that size are no border.
_LATTICE_M = 105.0


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything that is read from geodata/sources.

    Attributes
    ----------
    towns : DataFrame
        Columns code, name, managed_by; 37 rows ordered by code.
    villages : DataFrame
        Columns code, name, town_code; 468 rows ordered by code.
    boxes : DataFrame
        Index name; columns min_x, min_y, max_x, max_y in metres of EPSG:4544.
    outline : Polygon
        The county in metres of EPSG:4544.
    former : dict of str to tuple of str
        Names of the villages of each town before the mergers of 2019-2020.
    """

    towns: pd.DataFrame
    villages: pd.DataFrame
    boxes: pd.DataFrame
    outline: shapely.Polygon
    former: dict[str, tuple[str, ...]]


def to_metric(lon_lat: Floats) -> Floats:
    """Return metres of EPSG:4544 for degrees (ndarray, shape (n, 2))."""
    return np.column_stack(_transformer("EPSG:4326", METRIC_CRS).transform(*lon_lat.T))


def to_degrees(xy: Floats) -> Floats:
    """Return lon, lat of EPSG:4326 for metres of EPSG:4544 (ndarray, shape (n, 2))."""
    return np.column_stack(_transformer(METRIC_CRS, "EPSG:4326").transform(*xy.T))


@cache
def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def read_sources(folder: Path) -> Sources:
    """Read the folder of sources.

    Parameters
    ----------
    folder
        Where towns.csv, villages.csv, old_town_boxes.csv, towns_villages_before_2019.json and
        county_outline_gcj02.geojson are.

    Raises
    ------
    BadFileError
        If one of them is missing or unreadable.
    """
    try:
        towns = pd.read_csv(folder / "towns.csv", dtype=str).sort_values("code", ignore_index=True)
        villages = pd.read_csv(folder / "villages.csv", dtype=str)
        villages = villages.sort_values("code", ignore_index=True)
        boxes = pd.read_csv(folder / "old_town_boxes.csv")
        former = json.loads(
            (folder / "towns_villages_before_2019.json").read_text(encoding="utf-8")
        )
        outline = json.loads((folder / "county_outline_gcj02.geojson").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadFileError(
            f"the sources of the demo city cannot be read from {folder}: {error}",
            "Name the folder geodata/sources of the checkout.",
        ) from error
    low = to_metric(boxes[["min_lng", "min_lat"]].to_numpy())
    high = to_metric(boxes[["max_lng", "max_lat"]].to_numpy())
    metric = pd.DataFrame(
        np.column_stack([low, high]),
        columns=["min_x", "min_y", "max_x", "max_y"],
        index=pd.Index(boxes["name"], name="name"),
    )
    return Sources(
        towns,
        villages,
        metric,
        repair_outline(outline),
        {town: tuple(names) for town, names in former.items()},
    )


def repair_outline(collection: dict[str, object]) -> shapely.Polygon:
    """Return the county as one valid polygon in metres.

    Parts without area, and parts whose borders merely repeat lattice points, are dropped; the
    largest part is moved to WGS-84 and its lattice steps are smoothed away.
    """
    features = collection["features"]
    assert isinstance(features, list)  # noqa: S101 - the file is ours
    rings: list[Floats] = []
    for feature in features:
        for part in feature["geometry"]["coordinates"]:
            rings += [np.asarray(part[0], dtype=np.float64)]
    polygons = []
    for ring in rings:
        lon, lat = gcj02_to_wgs84(ring[:, 0], ring[:, 1])
        xy = to_metric(np.column_stack([lon, lat]))
        keep = np.concatenate([[True], np.hypot(*np.diff(xy, axis=0).T) > 1.0])
        if keep.sum() > 3:  # noqa: PLR2004 - fewer points enclose nothing
            polygons.append(shapely.make_valid(shapely.Polygon(xy[keep])))
    parts = shapely.get_parts(shapely.union_all(polygons))
    largest = parts[int(np.argmax(shapely.area(parts)))]
    return smooth_ring(shapely.Polygon(largest.exterior), _LATTICE_M)


def smooth_ring(polygon: shapely.Polygon, step_m: float) -> shapely.Polygon:
    """Return a polygon whose ring is low-pass filtered over about `step_m` metres."""
    ring = resample(np.asarray(polygon.exterior.coords), step_m / 4.0)[:-1]
    ring = ndimage.gaussian_filter1d(ring, 3.0, axis=0, mode="wrap")
    smooth = shapely.make_valid(shapely.Polygon(ring).simplify(2.0))
    parts = shapely.get_parts(smooth)
    return parts[int(np.argmax(shapely.area(parts)))]
