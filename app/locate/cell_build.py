"""How the cell index is built: borders into blocks, blocks into leaves, records and lines.

The same work is done twice. First every block that a border crosses is one leaf, and GEOS says
what covers its centre. That index then answers for the centres of the much smaller leaves into
which the blocks are divided, which would take GEOS too long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy import ndimage

from app.errors import TooLargeError
from app.geo.measure import metres_per_degree
from app.locate.cell_engine import CellEngine
from app.locate.cell_leaf import Blocks, Leaves, alike, choose_depths, draw, spread
from app.locate.cell_pack import Lists, measure, pack, raster
from app.locate.cells import (
    BAND,
    CROWDED,
    DEPTH_BITS,
    HEADER_WORDS,
    LEAF_WORDS,
    MAX_CANDIDATES,
    NONE,
    SEVERAL,
    CellIndex,
    Frame,
)
from app.locate.engine import Pairs
from app.locate.segments import SharedSegments

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Cells = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint32]
Objects = npt.NDArray[np.object_]
Covering = Callable[[Floats, Floats], Pairs]

# Blocks are so large that about this share of them is crossed by a border, and so many that
# their words stay in the second-level cache.
_BORDER_SHARE = 0.35
_MIN_BLOCKS, _MAX_BLOCKS = 1_024, 800_000
# Offsets in steps fit 32 bits, and the rounding of degrees is far below a step.
_MAX_SIDE, _MIN_DEGREES = 32_000, 1e-6
# What a leaf costs grows with how many there are, for they compete for the cache: as much as
# this share of a block that needs records, times the number of blocks that borders cross.
_PRICE = 6e-9
# No vertex of a map drawn on round coordinates then lies on the centre line of leaves.
_OFFSET = 1.381966


def build(polygons: Objects, block_m: float = 0.0) -> CellIndex:
    """Build the cell index of polygons.

    Parameters
    ----------
    polygons : ndarray of object, shape (n,)
        Polygons or multipolygons in lon, lat degrees; they may overlap and have gaps.
    block_m
        Height of a block in metres; 0 chooses it from the density of borders.

    Returns
    -------
    CellIndex
    """
    segments = SharedSegments.of(polygons)
    frame = _lay_out(segments.ends, block_m)
    blocks = _enter(segments.ends, frame)
    tree = shapely.STRtree(polygons)

    def ask_geos(lon: Floats, lat: Floats) -> Pairs:
        return Pairs.sort(*tree.query(shapely.points(lon, lat), predicate="intersects"))

    depth = np.zeros(len(blocks.column), dtype=np.int32)
    coarse = _fill(segments, frame, blocks, depth, ask_geos)
    choose_depths(blocks, _PRICE * len(depth), depth)
    return _fill(segments, frame, blocks, depth, CellEngine(polygons, coarse).covering)


def _lay_out(ends: Floats, block_m: float) -> Frame:
    """Choose the size of blocks and their frame."""
    west, south = min(ends[:, 0].min(), ends[:, 2].min()), ends[:, 1].min()
    east, north = max(ends[:, 0].max(), ends[:, 2].max()), ends[:, 3].max()
    per_degree = metres_per_degree((south + north) / 2)
    east_m, north_m = max(float(per_degree[0]), 1.0), float(per_degree[1])
    area_m2 = max((east - west) * east_m * (north - south) * north_m, 1.0)
    if not block_m:
        dx, dy = (ends[:, 2] - ends[:, 0]) * east_m, (ends[:, 3] - ends[:, 1]) * north_m
        # A border of length L crosses about 4/pi * L / h blocks of height h.
        length_m = float(np.hypot(dx, dy).sum())
        block_m = _BORDER_SHARE * area_m2 / (4 / np.pi * length_m)
        block_m = min(block_m, np.sqrt(area_m2 / _MIN_BLOCKS))
    block_m = max(block_m, np.sqrt(area_m2 / _MAX_BLOCKS))
    wide = max(block_m / east_m, (east - west) / _MAX_SIDE, _MIN_DEGREES)
    high = max(block_m / north_m, (north - south) / _MAX_SIDE, _MIN_DEGREES)
    return Frame(
        west=float(west - _OFFSET * wide),
        south=float(south - _OFFSET * high),
        per_lon=float(1 / wide),
        per_lat=float(1 / high),
        columns=int((east - west) / wide) + 4,
        rows=int((north - south) / high) + 4,
    )


def _enter(ends: Floats, frame: Frame) -> Blocks:
    """Find the blocks that borders cross, and the segments that come into each."""
    numbers = (frame.west, frame.south, frame.per_lon, frame.per_lat, frame.columns, frame.rows)
    nothing = np.empty(0, dtype=np.int64)
    count = raster(ends, *numbers, nothing, nothing)
    block, segment = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    raster(ends, *numbers, block, segment)
    order = np.argsort(block, kind="stable")
    crossed, first = np.unique(block[order], return_index=True)
    return Blocks(
        *(ends, frame.west, frame.south, frame.per_lon, frame.per_lat),
        column=crossed % frame.columns,
        row=crossed // frame.columns,
        first=np.append(first, count).astype(np.int64),
        entry=segment[order],
    )


def _divide(blocks: Blocks, depth: Cells) -> Leaves:
    """Divide blocks and find the segments that come into each leaf."""
    count = np.int64(1) << (2 * depth.astype(np.int64))
    begin = np.cumsum(count) - count
    touched = np.zeros(int(count.sum()) + 1, dtype=np.int64)
    spread(blocks, Leaves(depth, begin, touched, np.empty(0, dtype=np.int64)))
    first = np.cumsum(touched)
    entry = np.empty(first[-1], dtype=np.int64)
    spread(blocks, Leaves(depth, begin, first[:-1].copy(), entry))
    return Leaves(depth, begin, first, entry)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where it must be known what covers: all of `crossed`, then `seeds`, then `samples`.

    Attributes
    ----------
    crossed : ndarray of int64
        Leaves that borders touch.
    seeds : ndarray of int64
        One of every few leaves that no border touches and that are covered alike.
    like : ndarray of int64
        For each leaf that no border touches the one of `seeds` that is covered as it is.
    region : ndarray of int64
        Which connected region of blocks that no border crosses each block belongs to, -1 if one
        crosses it.
    samples : ndarray of int64
        A block of each region.
    """

    crossed: Rows
    seeds: Rows
    like: Rows
    region: Rows
    samples: Rows

    @classmethod
    def of(cls, frame: Frame, blocks: Blocks, leaves: Leaves) -> _Places:
        """Choose the places."""
        like = np.empty(len(leaves.first) - 1, dtype=np.int64)
        alike(leaves, like)
        crossed = np.diff(leaves.first) > 0
        seeds = np.flatnonzero((like == np.arange(len(like))) & ~crossed)
        free = np.ones((frame.rows, frame.columns), dtype=bool)
        free[blocks.row, blocks.column] = False
        label, count = ndimage.label(free)
        region = label.ravel().astype(np.int64) - 1
        samples = np.zeros(count, dtype=np.int64)
        inside = np.flatnonzero(region >= 0)
        samples[region[inside]] = inside
        return cls(np.flatnonzero(crossed), seeds, like, region, samples)

    def centres(self, frame: Frame, blocks: Blocks, leaves: Leaves) -> tuple[Floats, Floats]:
        """Return lon and lat of the centres of all places."""
        leaf = np.concatenate([self.crossed, self.seeds])
        block = np.searchsorted(leaves.begin, leaf, side="right") - 1
        place = leaf - leaves.begin[block]
        side = np.int64(1) << leaves.depth[block].astype(np.int64)
        column = blocks.column[block] + (place % side + 0.5) / side
        row = blocks.row[block] + (place // side + 0.5) / side
        column = np.append(column, self.samples % frame.columns + 0.5)
        row = np.append(row, self.samples // frame.columns + 0.5)
        return frame.west + column / frame.per_lon, frame.south + row / frame.per_lat


def _fill(
    segments: SharedSegments, frame: Frame, blocks: Blocks, depth: Cells, covering: Covering
) -> CellIndex:
    """Make the index of blocks that are divided so deep; `covering` says what covers a centre."""
    leaves = _divide(blocks, depth)
    places = _Places.of(frame, blocks, leaves)
    lon, lat = places.centres(frame, blocks, leaves)
    pairs = covering(lon, lat)
    hit_first = np.searchsorted(pairs.point, np.arange(len(lon) + 1)).astype(np.int64)
    count, border = len(places.like), len(places.crossed)
    block = np.searchsorted(leaves.begin, places.crossed, side="right") - 1
    lists = Lists(
        *(segments.ends, segments.owner_first, segments.owner),
        entry_first=np.append(leaves.first[places.crossed], len(leaves.entry)),
        entry=leaves.entry,
        hit_first=hit_first[: border + 1],
        hit=pairs.row,
        lon=lon[:border],
        lat=lat[:border],
        half=0.5 / min(frame.per_lon, frame.per_lat) / (np.int64(1) << depth[block]),
    )
    starts = measure(lists)
    row, free_pointer, shared = _pack_free(pairs.row, hit_first[border:], int(starts[-1]))
    # A pair of words more: who reads the first row of a crowded record may look one word beyond.
    records = np.zeros(starts[-1] + len(shared) + 2, dtype=np.uint32)
    records[starts[-1] : -2] = shared
    _check_room(len(records), count + len(places.samples))
    pack(lists, starts, records, records.view(np.float32), records.view(np.float64))

    content = np.zeros((count + len(places.samples), LEAF_WORDS), dtype=np.int32)
    pointers = np.full(len(content), NONE, dtype=np.int32)
    pointers[places.crossed] = starts[:-1] // 2
    # Leaves that no border touches, and behind them one for each region of blocks.
    free = np.flatnonzero(np.diff(leaves.first) == 0)
    seed = np.searchsorted(places.seeds, places.like[free])
    free = np.append(free, np.arange(count, len(content)))
    seed = np.append(seed, np.arange(len(places.seeds), len(row)))
    content[free, 0] = content[free, 1] = row[seed]
    content[free, 3] = 2 * BAND
    pointers[free] = free_pointer[seed]
    draw(blocks, leaves, pointers, records, content)

    words = (count + places.region) << DEPTH_BITS
    words[blocks.row * frame.columns + blocks.column] = leaves.begin << DEPTH_BITS | depth
    return CellIndex.assemble(
        frame=frame,
        blocks=words.astype(np.uint32),
        leaves=content,
        pointers=pointers,
        records=records,
        borders=segments.borders,
        across=segments.across,
    )


def _check_room(words: int, leaves: int) -> None:
    """Refuse an index of which a place does not fit into its bits; raises TooLargeError."""
    if words >> 1 >= SEVERAL or leaves >= 1 << 32 - DEPTH_BITS:
        raise TooLargeError(
            f"the polygons need {words} words of records and {leaves} leaves, allowed are "
            f"{2 * SEVERAL} and {1 << 32 - DEPTH_BITS}",
            "Divide the city, or simplify its borders.",
        )


def _pack_free(hit: Rows, first: Rows, at: int) -> tuple[Cells, Cells, Words]:
    """Make what a leaf that no border touches needs, for each of their places.

    Returns
    -------
    row : ndarray of int32
        The lowest row that covers it, or `NONE`.
    pointer : ndarray of int32
        The pointer if several cover it, or `NONE`.
    records : ndarray of uint32
        Those records, to be placed at word `at`: no segments, all candidates.
    """
    times = np.diff(first)
    row = np.full(len(times), NONE, dtype=np.int32)
    row[times > 0] = hit[first[:-1][times > 0]]
    several = np.flatnonzero(times > 1)
    words = HEADER_WORDS + times[several] + times[several] % 2
    starts = np.cumsum(words) - words
    pointer = np.full(len(times), NONE, dtype=np.int32)
    pointer[several] = (at + starts) // 2 | SEVERAL
    records = np.zeros(int(words.sum()), dtype=np.uint32)
    for k, start in zip(several.tolist(), starts.tolist(), strict=True):
        rows = hit[first[k] : first[k + 1]]
        records[start] = CROWDED if len(rows) > MAX_CANDIDATES else 0
        records[start + 1] = len(rows)
        records[start + 2] = (1 << min(len(rows), MAX_CANDIDATES)) - 1
        records[start + HEADER_WORDS : start + HEADER_WORDS + len(rows)] = rows
    return row, pointer, records
