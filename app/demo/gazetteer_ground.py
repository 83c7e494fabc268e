"""The ground on which a gazetteer is laid: grids with their names, in metres, water and roads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.addresses.entry import COLUMNS
from app.demo.sources import to_degrees, to_metric
from app.locate.engine import TreeEngine

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]
Texts = npt.NDArray[np.object_]
Flags = npt.NDArray[np.bool_]

# Urban are micro-grids that are so many times as dense as the city.
_URBAN_TIMES = 2.0
# Points are given to a millionth of a degree, a decimetre.
DECIMALS = 6
WORDS = tuple(column.name for column in COLUMNS if column.name not in {"lon", "lat"})


@dataclass(frozen=True, slots=True)
class Ground:
    """The city as a gazetteer sees it; n micro-grids in the order of their codes.

    Attributes
    ----------
    polygons : ndarray of Polygon, shape (n,)
        Micro-grids in metres.
    code, ordinary, community, town : ndarray of str objects, shape (n,)
        Codes of the micro-grid and of the ordinary grid above it, names of the community and town.
    households : ndarray of float64, shape (n,)
    density : ndarray of float64, shape (n,)
        Households for each km2.
    urban : ndarray of bool, shape (n,)
    tree : STRtree
        Of the polygons.
    water : STRtree
        Of rivers and reservoirs, metres.
    engine : TreeEngine
        Of the micro-grids in degrees.
    """

    polygons: Shapes
    code: Texts
    ordinary: Texts
    community: Texts
    town: Texts
    households: Floats
    density: Floats
    urban: Flags
    tree: shapely.STRtree
    water: shapely.STRtree
    engine: TreeEngine

    def micro_at(self, xy: Floats) -> Ints:
        """Return the micro-grid of points in metres (shape (n, 2)), -1 outside of all.

        Points are rounded as they will be written, so that the answer is that of the Locator.
        """
        lon, lat = self.written(xy).T
        return self.engine.lowest(np.ascontiguousarray(lon), np.ascontiguousarray(lat)).astype(
            np.int64
        )

    @staticmethod
    def written(xy: Floats) -> Floats:
        """Return points in metres as lon, lat degrees as they are written down."""
        return np.round(to_degrees(xy), DECIMALS)

    def wet(self, xy: Floats) -> Flags:
        """Return which points lie in water."""
        found = np.zeros(len(xy), dtype=bool)
        found[self.water.query(shapely.points(xy), predicate="intersects")[0]] = True
        return found


def lay_ground(files: Mapping[str, pd.DataFrame]) -> Ground:
    """Return the ground of a city.

    Parameters
    ----------
    files
        The frames of the levels and of the water, in degrees, by their files.
    """
    micro = files["micro.parquet"]
    degrees = np.asarray(micro["geometry"].array, dtype=object)
    ordinary = micro["parent"].to_numpy(dtype=object)
    above = dict(_column(files["ordinary.parquet"], "parent"))
    general = files["general.parquet"]
    community_name = dict(_column(general, "name"))
    town_of = dict(_column(general, "parent"))
    town_name = dict(_column(files["towns.parquet"], "name"))
    village = [above[code] for code in ordinary]
    households = micro["households"].to_numpy(dtype=np.float64)
    density = households / micro["area_km2"].to_numpy(dtype=np.float64)
    mean = households.sum() / micro["area_km2"].to_numpy(dtype=np.float64).sum()
    polygons = metric(degrees)
    return Ground(
        polygons,
        micro["code"].to_numpy(dtype=object),
        ordinary,
        np.array([community_name[code] for code in village], dtype=object),
        np.array([town_name[town_of[code]] for code in village], dtype=object),
        households,
        density,
        density > _URBAN_TIMES * mean,
        shapely.STRtree(polygons),
        shapely.STRtree(metric(np.asarray(files["water.parquet"]["geometry"].array, dtype=object))),
        TreeEngine(degrees),
    )


def metric(degrees: Shapes) -> Shapes:
    """Return shapes in degrees as shapes in metres."""
    return np.asarray(shapely.transform(degrees, to_metric), dtype=object)


def _column(frame: pd.DataFrame, name: str) -> zip[tuple[str, str]]:
    codes, values = (frame[one].to_numpy(dtype=object) for one in ("code", name))
    return zip(codes, values, strict=True)


def rows(
    xy: Floats, kind: str, basis: str, source: str, **words: npt.ArrayLike | str
) -> pd.DataFrame:
    """Return rows of a gazetteer, without grids.

    Parameters
    ----------
    xy : ndarray of float64, shape (n, 2), metres
    kind, basis, source
        Of all of them.
    words
        Columns of texts, or one text for all.
    """
    lon, lat = Ground.written(xy).T
    columns: dict[str, npt.ArrayLike] = {}
    for name in WORDS:
        given = words.get(name, "")
        columns[name] = (
            np.full(len(xy), given, dtype=object)
            if isinstance(given, str)
            else np.asarray(given, dtype=object)
        )
    columns |= {"lon": lon, "lat": lat}
    for name, value in (("kind", kind), ("basis", basis), ("source", source)):
        columns[name] = np.full(len(xy), value, dtype=object)
    return pd.DataFrame(columns)
