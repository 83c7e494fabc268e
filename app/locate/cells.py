"""The cell index: a city laid out in blocks and leaves, most of which know their grid at once.

The frame is cut into blocks, and each block that a border crosses into 1, 4, 16 … leaves, as many
as pay. A leaf has a line: on either side of it, outside of a narrow band that hides all borders in
the leaf, one row is the lowest that covers. Two reads and the sign of a whole number answer, and
no branch depends on them. A leaf that no border touches has the same row on both sides.

What falls within the band goes to the record of the leaf: the candidates, which of them contain
the leaf's centre, and the border segments that come into the leaf, each with the candidates it
bounds. Walking from the point to the centre, first along the parallel and then along the meridian,
every segment crossed turns the state of its candidates; what is left is what covers the point. The
cost does not depend on how many vertices a polygon has. Records keep segments as 32-bit offsets
from the centre, and every comparison has a bound on what rounding can do to it. Where a comparison
falls within the bound the point is not decided here but by GEOS (see app.locate.cell_engine).

Why the line never errs: places in a block are whole steps, 65536 across, rounded down, and the
line has whole factors, so its number for a place is exact in 32 bits. The builder takes the parts
of all segments that come into the leaf (made a little larger, because rounding may put a point
into the next one), and moves the line and widens the band until the numbers of all their ends, the
rounding down and a margin for every other rounding lie within it. Beyond the band a side of the
leaf is then convex and free of borders, so what covers one point of it covers all; the builder
looks up the corner farthest from the line (app.locate.cell_leaf has the bounds).

An index is one array of 32-bit words, so that a file of it is mapped as it stands and a kernel
takes one argument. The layout, each section at a multiple of 16 words:

==========  =====================================================================================
section     content
==========  =====================================================================================
header      64 words: west, south, blocks per degree of lon and of lat (float64), columns, rows,
            then as int64 the words at which the other sections begin and how long they are
blocks      uint32 for each block: its first leaf and, in the lowest three bits, its depth d: it is
            2**d leaves wide and high, which follow row by row from the south-west
leaves      4 words for each leaf: the row where the line's number is above 0, the row where it is
            not (int32, `NONE` for none), the factors a and b (int16), c (int32). The number of a
            step x, y of the block is a * x + b * y + c; below `BAND` in size it decides nothing
pointers    int32 for each leaf: the place of its record (its word in the section, divided by two),
            with the bit `SEVERAL` where a side of the line is covered by more than its row; `NONE`
            where the leaf's row, or nothing, fills it alone
records     see below
first       int64: the border of polygon i has the segments first[i] to first[i + 1] - 1
segments    float64: lon of all starts, lat of all starts, lon of all ends, lat of all ends
across      int32: the other row that has a segment, -1 for none
==========  =====================================================================================

A record, in words from its start (always an even word):

====================  ============================================================
word                  content
====================  ============================================================
0                     number of segments; `CROWDED` if GEOS must decide every point
1                     number of candidates
2                     bit k set: candidate k contains the centre
3                     bound of the rounding, degrees (float32)
4-5, 6-7              lon and lat of the centre (float64)
8 …                   rows of the candidates, ascending, so that the lowest bit wins
then, 6 a segment     low y, high y, x at low y, dx/dy, y at the centre's x (float32),
                      bit k set: the segment bounds candidate k
====================  ============================================================
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.geo.measure import Borders

Cells = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint32]

# Raised when the content of the array changes for the same polygons.
FORMAT_VERSION = 5
NONE = -1
# Candidates of one leaf are bits of a word.
MAX_CANDIDATES = 32
CROWDED = 0xFFFFFFFF
HEADER_WORDS = 8
SEGMENT_WORDS = 6

BLOCKS_AT = 64
# Places in the header, counted in its int64.
LEAVES_AT, POINTERS_AT, RECORDS_AT, FIRST_AT, SEGMENTS_AT, ACROSS_AT = range(5, 11)
POLYGONS, SEGMENTS, LEAVES, LENGTH = range(11, 15)
_ALIGN = 16
LEAF_WORDS = 4
SEVERAL = 1 << 30
# Bits of a block's word that hold its depth; the rest is its first leaf.
DEPTH_BITS = 3
# A block is this many steps wide and high.
STEP_BITS = 16
# A point is on one side of a leaf's band if its number is at least this.
BAND = 1 << 16
# Bounds the factors of a leaf's line, so that its number for a point fits 32 bits.
MAX_FACTOR = 16_383


@dataclass(frozen=True, slots=True)
class Frame:
    """How the plane of lon, lat is cut into blocks.

    Attributes
    ----------
    west, south : float
        Corner of the first block, degrees.
    per_lon, per_lat : float
        Blocks per degree.
    columns, rows : int
        Size; the outermost ring of blocks lies outside of every polygon.
    """

    west: float
    south: float
    per_lon: float
    per_lat: float
    columns: int
    rows: int


@dataclass(frozen=True, slots=True)
class Record:
    """What decides the points within the band of a leaf.

    Attributes
    ----------
    lon, lat : float
        The leaf's centre, degrees.
    rows : tuple of int
        The candidates, ascending.
    inside : tuple of bool
        Which of them contain the centre.
    segments : ndarray of float64, shape (s, 5)
        Low y, high y, x at low y, dx/dy, y at the centre's x; degrees from the centre.
    bounds : ndarray of bool, shape (s, c)
        Whether the segment bounds the candidate.
    """

    lon: float
    lat: float
    rows: tuple[int, ...]
    inside: tuple[bool, ...]
    segments: npt.NDArray[np.float64]
    bounds: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CellIndex:
    """The index over the polygons of one layer.

    Attributes
    ----------
    data : ndarray of uint32, shape (w,)
        All of it, read only.
    """

    data: Words

    @classmethod
    def assemble(
        cls,
        frame: Frame,
        blocks: Words,
        leaves: Cells,
        pointers: Cells,
        records: Words,
        borders: Borders,
        across: Cells,
    ) -> CellIndex:
        """Lay the sections out one behind the other."""
        segments = np.concatenate([borders.ax, borders.ay, borders.bx, borders.by])
        parts = [
            part.reshape(-1).view(np.uint32)
            for part in (blocks, leaves, pointers, records, borders.first, segments, across)
        ]
        places = [BLOCKS_AT]
        for part in parts:
            places.append(places[-1] + -(-len(part) // _ALIGN) * _ALIGN)
        data = np.zeros(places[-1], dtype=np.uint32)
        data.view(np.float64)[:4] = frame.west, frame.south, frame.per_lon, frame.per_lat
        data[8:10] = frame.columns, frame.rows
        numbers = data.view(np.int64)
        numbers[LEAVES_AT : ACROSS_AT + 1] = places[1:7]
        numbers[LEAVES] = len(pointers)
        numbers[POLYGONS] = len(borders.first) - 1
        numbers[SEGMENTS] = len(borders.ax)
        numbers[LENGTH] = len(data)
        for place, part in zip(places, parts, strict=False):
            data[place : place + len(part)] = part
        data.flags.writeable = False
        return cls(data)

    @property
    def frame(self) -> Frame:
        """How the plane is cut into cells."""
        west, south, per_lon, per_lat = (float(one) for one in self.data.view(np.float64)[:4])
        return Frame(west, south, per_lon, per_lat, int(self.data[8]), int(self.data[9]))

    @property
    def blocks(self) -> Words:
        """Words of the blocks, row by row from the south-west."""
        frame = self.frame
        return self.data[BLOCKS_AT : BLOCKS_AT + frame.rows * frame.columns]

    @property
    def leaves(self) -> Cells:
        """Leaves, four int32 each."""
        numbers = self.data.view(np.int64)
        at, count = int(numbers[LEAVES_AT]), int(numbers[LEAVES])
        return self.data[at : at + LEAF_WORDS * count].view(np.int32).reshape(count, LEAF_WORDS)

    @property
    def pointers(self) -> Cells:
        """Half the word at which the record of each leaf begins, -1 for none."""
        numbers = self.data.view(np.int64)
        at = int(numbers[POINTERS_AT])
        return self.data[at : at + int(numbers[LEAVES])].view(np.int32)

    def leaves_of(self, column: int, row: int) -> range:
        """Return the leaves of a block, row by row from its south-west: 1, 4, 16 … of them."""
        word = int(self.blocks[row * self.frame.columns + column])
        first, depth = word >> DEPTH_BITS, word & ((1 << DEPTH_BITS) - 1)
        return range(first, first + 4**depth)

    def line(self, leaf: int) -> tuple[int, int, int]:
        """Return the factors a, b, c of a leaf's line."""
        factors, c = (int(one) for one in self.leaves[leaf, 2:])
        low = factors & 0xFFFF
        return low - ((low & 0x8000) << 1), factors >> 16, c

    def record(self, leaf: int) -> Record | None:
        """Return the record of a leaf; None if it needs none or GEOS decides all of it."""
        pointer = int(self.pointers[leaf])
        if pointer == NONE:
            return None
        at = int(self.data.view(np.int64)[RECORDS_AT]) + 2 * (pointer & (SEVERAL - 1))
        count, candidates, mask = (int(one) for one in self.data[at : at + 3])
        if count == CROWDED:
            return None
        lon, lat = (float(one) for one in self.data[at + 4 : at + 8].view(np.float64))
        first = at + HEADER_WORDS + candidates
        words = self.data[first : first + SEGMENT_WORDS * count].reshape(count, SEGMENT_WORDS)
        bits = np.arange(candidates, dtype=np.uint32)
        return Record(
            *(lon, lat),
            rows=tuple(self.data[at + HEADER_WORDS : first].tolist()),
            inside=tuple(bool(mask >> bit & 1) for bit in range(candidates)),
            segments=words[:, :5].copy().view(np.float32).astype(np.float64),
            bounds=(words[:, 5:] >> bits & 1).astype(np.bool_),
        )

    @property
    def polygons(self) -> int:
        """How many polygons the index was built from."""
        return int(self.data.view(np.int64)[POLYGONS])

    @property
    def borders(self) -> tuple[Borders, Cells]:
        """The border segments of all polygons, and who is across each."""
        numbers = self.data.view(np.int64)
        count = int(numbers[SEGMENTS])
        at = int(numbers[FIRST_AT]) // 2
        first = numbers[at : at + self.polygons + 1]
        at = int(numbers[SEGMENTS_AT]) // 2
        ax, ay, bx, by = self.data.view(np.float64)[at : at + 4 * count].reshape(4, count)
        at = int(numbers[ACROSS_AT])
        return Borders(ax, ay, bx, by, first), self.data[at : at + count].view(np.int32)
