"""How the cell index is built: segments into cells, regions between borders, records."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely
from scipy import ndimage

from app.geo.measure import metres_per_degree
from app.locate.cell_pack import Lists, measure, pack, raster
from app.locate.cells import CROWDED, HEADER_WORDS, MAX_CANDIDATES, NONE, CellIndex, Frame
from app.locate.segments import SharedSegments

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Cells = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint32]
Objects = npt.NDArray[np.object_]

# A share of this many cells crossed by a border balances two costs: work in border cells grows
# with the cell, misses of the cache with the number of cells.
_BORDER_SHARE = 0.12
_MIN_CELLS, _MAX_CELLS = 4_096, 24_000_000
# No vertex of a map drawn on round coordinates then lies on the centre line of cells.
_OFFSET_CELLS = 1.381966
_SIGN = 0x80000000


def build(polygons: Objects, cell_m: float = 0.0) -> CellIndex:
    """Build the cell index of polygons.

    Parameters
    ----------
    polygons : ndarray of object, shape (n,)
        Polygons or multipolygons in lon, lat degrees; they may overlap and have gaps.
    cell_m
        Height of a cell in metres; 0 chooses it from the density of borders.

    Returns
    -------
    CellIndex
    """
    segments = SharedSegments.of(polygons)
    frame = _lay_out(segments.ends, cell_m)
    entry_cell, entry = _enter(segments.ends, frame)
    border, first = np.unique(entry_cell, return_index=True)
    tree = shapely.STRtree(polygons)
    cells, shared = _fill_regions(frame, border, tree)
    lon, lat = _centres(frame, border)
    point, row = tree.query(shapely.points(lon, lat), predicate="intersects")
    order = np.lexsort((row, point))
    lists = Lists(
        ends=segments.ends,
        owner_first=segments.owner_first,
        owner=segments.owner,
        entry_first=np.append(first, len(entry)).astype(np.int64),
        entry=entry,
        hit_first=np.searchsorted(point[order], np.arange(len(border) + 1)).astype(np.int64),
        hit=row[order].astype(np.int64),
        lon=lon,
        lat=lat,
    )
    starts = measure(lists)
    records = np.zeros(starts[-1] + _region_words(shared), dtype=np.uint32)
    half_cell = 0.5 / min(frame.per_lon, frame.per_lat)
    pack(lists, starts, half_cell, records, records.view(np.float32), records.view(np.float64))
    cells[border] = _pointers(starts[:-1])
    _pack_regions(shared, int(starts[-1]), cells, records)
    return CellIndex.assemble(frame, cells, records, segments.borders, segments.across)


def _lay_out(ends: Floats, cell_m: float) -> Frame:
    """Choose the size of cells and their frame."""
    west, south = min(ends[:, 0].min(), ends[:, 2].min()), ends[:, 1].min()
    east, north = max(ends[:, 0].max(), ends[:, 2].max()), ends[:, 3].max()
    per_degree = metres_per_degree((south + north) / 2)
    east_m, north_m = max(float(per_degree[0]), 1.0), float(per_degree[1])
    area_m2 = max((east - west) * east_m * (north - south) * north_m, 1.0)
    if not cell_m:
        dx, dy = (ends[:, 2] - ends[:, 0]) * east_m, (ends[:, 3] - ends[:, 1]) * north_m
        # A border of length L crosses about 4/pi * L / h cells of height h.
        length_m = float(np.hypot(dx, dy).sum())
        cell_m = _BORDER_SHARE * area_m2 / (4 / np.pi * length_m)
        cell_m = min(cell_m, np.sqrt(area_m2 / _MIN_CELLS))
    cell_m = max(cell_m, np.sqrt(area_m2 / _MAX_CELLS))
    wide, high = cell_m / east_m, cell_m / north_m
    return Frame(
        west=float(west - _OFFSET_CELLS * wide),
        south=float(south - _OFFSET_CELLS * high),
        per_lon=float(1 / wide),
        per_lat=float(1 / high),
        columns=int((east - west) / wide) + 4,
        rows=int((north - south) / high) + 4,
    )


def _enter(ends: Floats, frame: Frame) -> tuple[Rows, Rows]:
    """Return which segments come into which cells, ordered by cell."""
    numbers = (frame.west, frame.south, frame.per_lon, frame.per_lat, frame.columns, frame.rows)
    nothing = np.empty(0, dtype=np.int64)
    count = raster(ends, *numbers, nothing, nothing)
    cell, segment = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    raster(ends, *numbers, cell, segment)
    order = np.argsort(cell, kind="stable")
    return cell[order], segment[order]


def _centres(frame: Frame, cell: Rows) -> tuple[Floats, Floats]:
    lon = frame.west + (cell % frame.columns + 0.5) / frame.per_lon
    lat = frame.south + (cell // frame.columns + 0.5) / frame.per_lat
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def _fill_regions(
    frame: Frame, border: Rows, tree: shapely.STRtree
) -> tuple[Cells, list[tuple[Rows, Rows]]]:
    """Give every cell that no border crosses its polygon, one look-up for each connected region.

    Returns
    -------
    cells : ndarray of int32
        Row or `NONE`.
    shared : list of (cells, rows)
        Regions that several polygons cover.
    """
    free = np.ones(frame.rows * frame.columns, dtype=bool)
    free[border] = False
    label, count = ndimage.label(free.reshape(frame.rows, frame.columns))
    label = label.ravel()
    sample = np.zeros(count + 1, dtype=np.int64)
    inside = np.flatnonzero(label)
    sample[label[inside]] = inside
    lon, lat = _centres(frame, sample[1:])
    point, row = tree.query(shapely.points(lon, lat), predicate="intersects")
    order = np.lexsort((row, point))
    point, row = point[order] + 1, row[order]
    found, first, times = np.unique(point, return_index=True, return_counts=True)
    entry = np.full(count + 1, NONE, dtype=np.int32)
    entry[found] = row[first]
    several = np.zeros(count + 1, dtype=bool)
    several[found[times > 1]] = True
    wide = np.flatnonzero(several[label])
    wide = wide[np.argsort(label[wide], kind="stable")]
    groups = np.split(wide, np.flatnonzero(np.diff(label[wide])) + 1) if len(wide) else []
    rows = [row[start : start + many] for start, many in zip(first, times, strict=True) if many > 1]
    return entry[label], list(zip(groups, rows, strict=True))


def _region_words(shared: list[tuple[Rows, Rows]]) -> int:
    return sum(HEADER_WORDS + len(rows) + len(rows) % 2 for _, rows in shared)


def _pack_regions(shared: list[tuple[Rows, Rows]], at: int, cells: Cells, records: Words) -> None:
    """Write the records of regions that several polygons cover: no segments, all of them."""
    for wide, rows in shared:
        cells[wide] = _pointers(np.array([at]))
        records[at] = CROWDED if len(rows) > MAX_CANDIDATES else 0
        records[at + 1] = len(rows)
        records[at + 2] = (1 << min(len(rows), MAX_CANDIDATES)) - 1
        records[at + HEADER_WORDS : at + HEADER_WORDS + len(rows)] = rows
        at += HEADER_WORDS + len(rows) + len(rows) % 2


def _pointers(starts: Rows) -> Cells:
    """Return what a cell holds to point to the record at these words."""
    return (starts // 2 - _SIGN).astype(np.int32)
