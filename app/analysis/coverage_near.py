"""What of a city lies within a distance of stations: ground and households.

Distances are measured in the city's metric CRS, in a straight line. The ground within a distance
of some stations is the union of circles, cut with every grid that the rim of the union crosses;
what lies wholly inside of one circle or beyond all of them is told by distances alone.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely
from scipy.spatial import cKDTree

from app.addresses.entry import Kind as AddressKind
from app.addresses.index import TABLE as GAZETTEER
from app.analysis.ground import Ground
from app.errors import CityError
from app.grids.reference import Kind, Places
from app.grids.store import verify

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Shapes = npt.NDArray[np.object_]

# Of a quarter of a circle. The polygon is as large as the circle, and its rim strays from it by
# 0.03 % of the distance at most.
_SEGMENTS = 24
_CORNERS = 4 * _SEGMENTS
_SWELL = math.sqrt(2 * math.pi / _CORNERS / math.sin(2 * math.pi / _CORNERS))
# The union of circles is cut into pieces of at most so many corners.
_PIECE_CORNERS = 256
_MOST_CUTS = 16
# Who helps beside stations: people on duty.
RESPONDER = "responder"
# Kinds of entries of a gazetteer at which people live.
_HOMES = (AddressKind.DOOR, AddressKind.BUILDING)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where households may live: doors and buildings of the gazetteer.

    Attributes
    ----------
    row : ndarray of int64, shape (a,)
        Row of the finest level.
    xy : ndarray of float64, shape (a, 2)
        Metres of the metric CRS.
    count : ndarray of int64, shape (n,)
        How many there are in each grid of the finest level.
    """

    row: Rows
    xy: Floats
    count: Rows


class Nearness:
    """What lies how near to who helps; prepared once, asked for any distance.

    Parameters
    ----------
    ground
        Of the city.
    stations
        All of them; None where the city has no table of them.

    Attributes
    ----------
    addresses : Addresses or None
        Doors and buildings of the gazetteer; None where the city has none.
    """

    def __init__(self, ground: Ground, stations: Places | None) -> None:
        self._ground = ground
        self._stations = stations
        self._xy = np.empty((0, 2))
        if stations is not None:
            self._xy = ground.plane.to_metres(np.column_stack([stations.lon, stations.lat]))
        self._responders = ground.plane.to_metres(read_responders(ground))
        self._shapes: Shapes = np.asarray(
            shapely.transform(ground.city.finest.geometry, ground.plane.to_metres), dtype=object
        )
        # Areas of the shapes as they are cut, so that a share is one of like by like.
        self._area: Floats = np.asarray(shapely.area(self._shapes))
        self.addresses = read_addresses(ground)
        self._far: dict[str, Floats] = {}
        self._making = threading.Lock()

    def area_share(self, kind: str, d_m: float) -> Floats:
        """Return which share of each finest grid lies within a distance of a station.

        Parameters
        ----------
        kind
            Id of a kind of station; "" for all, `RESPONDER` for people on duty.
        d_m
            Metres.
        """
        area = area_within(self._shapes, self._places(kind), d_m)
        return np.asarray(np.clip(area / self._area, 0.0, 1.0))

    def household_share(self, kind: str, d_m: float, by_area: Floats) -> tuple[Floats, Mask]:
        """Return which share of the households of each finest grid lives within a distance.

        Parameters
        ----------
        kind, d_m
            As for `area_share`.
        by_area
            What that returned: stands in where a grid has no address.

        Returns
        -------
        share : ndarray of float64, shape (n,)
        by_address : ndarray of bool, shape (n,)
            Where it was counted by addresses, among which a grid's households are shared evenly.
        """
        found = self.addresses
        if found is None:
            return by_area, np.zeros(len(by_area), dtype=bool)
        near = self._distances(kind, found) <= d_m
        within = np.bincount(found.row[near], minlength=len(by_area))
        by_address = found.count > 0
        share = by_area.copy()
        share[by_address] = within[by_address] / found.count[by_address]
        return share, by_address

    def _distances(self, kind: str, found: Addresses) -> Floats:
        """Return the metres from each address to the nearest station of a kind."""
        with self._making:
            far = self._far.get(kind)
            if far is None:
                stations = self._places(kind)
                far = np.full(len(found.xy), np.inf)
                if len(stations):
                    far = np.asarray(cKDTree(stations).query(found.xy)[0], dtype=np.float64)
                self._far[kind] = far
            return far

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What may be asked for: kinds of stations, and people on duty where there are any."""
        stations = self._stations.kinds if self._stations else ()
        if not len(self._responders) or RESPONDER in [one.id for one in stations]:
            return stations
        return (*stations, Kind(RESPONDER, "在岗人员"))

    def _places(self, kind: str) -> Floats:
        """Return where stations of a kind are, or people on duty."""
        if not kind or self._stations is None:
            return self._xy if not kind else self._responders
        known = [one.id for one in self._stations.kinds]
        return self._xy[self._stations.of_kind(kind)] if kind in known else self._responders


def area_within(shapes: Shapes, stations: Floats, d_m: float) -> Floats:
    """Return the area of each shape that lies within a distance of any station, m².

    Parameters
    ----------
    shapes : ndarray of polygons, shape (n,)
        In metres, not empty.
    stations : ndarray of float64, shape (s, 2)
        In metres.
    d_m
        Metres.

    Notes
    -----
    A shape of which every vertex is within the distance of one station is within it as a whole:
    a circle is convex. One that comes near none is without. Only what is neither is cut.
    """
    found = np.zeros(len(shapes))
    if not len(stations):
        return found
    tree = shapely.STRtree(shapes)
    _, touched = tree.query(shapely.points(stations), predicate="dwithin", distance=d_m)
    touched = np.unique(touched)
    if not len(touched):
        return found
    whole = _is_within_one(shapes[touched], stations, d_m)
    found[touched[whole]] = shapely.area(shapes[touched[whole]])
    cut = touched[~whole]
    pieces = _union_of_circles(stations, d_m, shapes[cut])
    piece, shape = shapely.STRtree(shapes[cut]).query(pieces, predicate="intersects")
    area = shapely.area(shapely.intersection(shapes[cut[shape]], pieces[piece]))
    found[cut] = np.bincount(shape, area, minlength=len(cut))
    return np.asarray(np.minimum(found, shapely.area(shapes)), dtype=np.float64)


def _is_within_one(shapes: Shapes, stations: Floats, d_m: float) -> Mask:
    """Tell which shapes lie wholly within the distance of the station next to their middle."""
    nearest = cKDTree(stations).query(shapely.get_coordinates(shapely.centroid(shapes)))[1]
    at, owner = shapely.get_coordinates(shapes, return_index=True)
    first = np.flatnonzero(np.r_[True, np.diff(owner) > 0])
    off = np.hypot(*(at - stations[nearest[owner]]).T)
    return np.asarray(np.maximum.reduceat(off, first) <= d_m)


def _union_of_circles(stations: Floats, d_m: float, shapes: Shapes) -> Shapes:
    """Return the union of circles about stations in pieces that do not overlap."""
    if not len(shapes):
        return np.array([], dtype=object)
    circles = shapely.buffer(
        shapely.points(np.unique(stations, axis=0)), d_m * _SWELL, quad_segs=_SEGMENTS
    )
    near = shapely.STRtree(circles).query(shapes, predicate="intersects")[1]
    whole = shapely.union_all(circles[np.unique(near)])
    done: list[shapely.Geometry] = []
    left = [(part, _MOST_CUTS) for part in shapely.get_parts(whole)]
    while left:
        part, cuts = left.pop()
        if shapely.get_num_coordinates(part) <= _PIECE_CORNERS or not cuts:
            done.append(part)
            continue
        left += [(half, cuts - 1) for half in _halves(part)]
    return np.array(done, dtype=object)


def _halves(part: shapely.Geometry) -> list[shapely.Geometry]:
    """Cut a polygon in two across its longer side; return the polygons of both halves."""
    west, south, east, north = shapely.bounds(part).tolist()
    x, y = (west + east) / 2, (south + north) / 2
    if east - west > north - south:
        boxes = [shapely.box(west, south, x, north), shapely.box(x, south, east, north)]
    else:
        boxes = [shapely.box(west, south, east, y), shapely.box(west, y, east, north)]
    pieces = shapely.get_parts(shapely.intersection(part, np.array(boxes, dtype=object)))
    return [one for one in pieces if one.geom_type == "Polygon"]


def read_responders(ground: Ground) -> Floats:
    """Return where people on duty are taken to be: in the middle of their grids.

    Those of the finest grids and of overlays, which are small; who is on duty for a larger one may
    be anywhere in it.

    Returns
    -------
    ndarray of float64, shape (r, 2)
        lon, lat in WGS-84; one for each grid that has somebody.
    """
    city = ground.city
    found = [np.empty((0, 2))]
    for part in (ground.levels[-1], *(overlay.id for overlay in city.overlays)):
        layer = city.layer(part)
        staffed = np.array([bool(city.staff_of(str(code))) for code in layer.codes], dtype=bool)
        points = shapely.point_on_surface(layer.geometry[staffed])
        found.append(shapely.get_coordinates(points))
    return np.concatenate(found)


def read_addresses(ground: Ground) -> Addresses | None:
    """Return the doors and buildings of a city's gazetteer; None if there are none.

    Raises
    ------
    CityError
        If the gazetteer is not usable, or was located in other boundaries.
    """
    city = ground.city
    file = city.manifest.tables.get(GAZETTEER)
    if file is None:
        return None
    verify(city.folder, city.manifest, (file,))
    try:
        table = pq.read_table(city.folder / file, columns=["kind", "grid", "lon", "lat"])
    except (OSError, pa.ArrowException) as error:
        raise CityError(f"{file} is not a gazetteer: {error}") from error
    kind = table["kind"].cast(pa.string())
    table = table.filter(pc.is_in(kind, pa.array([str(one) for one in _HOMES])))
    if not table.num_rows:
        return None
    finest = city.finest
    found = pc.index_in(table["grid"].cast(pa.string()), pa.array(list(finest.codes), pa.string()))
    row = pc.fill_null(found, -1).to_numpy().astype(np.int64)
    lon_lat = np.column_stack([table["lon"].to_numpy(), table["lat"].to_numpy()])
    shapely.prepare(finest.geometry)
    inside = (row >= 0) & shapely.intersects_xy(finest.geometry[row], lon_lat[:, 0], lon_lat[:, 1])
    moved = int((~inside).sum())
    if moved:
        raise CityError(
            f"the gazetteer of {city.manifest.name} was located in other boundaries: {moved} of "
            f"{len(row)} doors and buildings are not in the grid that they name",
            "Locate it again: python -m scripts.import_gazetteer --city DIR --commit.",
            message_zh=f"{city.manifest.name} 的标准地址库是按其他边界定位的：{len(row)} 个门牌和"
            f"楼栋中有 {moved} 个不在所写网格内",
            hint_zh="请重新定位：python -m scripts.import_gazetteer --city DIR --commit。",
        )
    count = np.bincount(row, minlength=len(finest)).astype(np.int64)
    return Addresses(row, ground.plane.to_metres(lon_lat), count)
