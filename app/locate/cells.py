"""The cell index: a city laid out in small cells, most of which know their grid at once.

A cell that no border crosses holds the row of its grid: one read answers. A border cell holds a
record: the candidates, which of them contain the cell's centre, and the border segments that come
into the cell, each with the candidates it bounds. Walking from the point to the centre, first
along the parallel and then along the meridian, every segment crossed turns the state of its
candidates; what is left is what covers the point. The cost does not depend on how many vertices a
polygon has.

Segments are kept as 32-bit offsets from the centre, and every comparison has a bound on what
rounding can do to it. Where a comparison falls within the bound the point is not decided here but
by GEOS (see app.locate.cell_engine).

An index is one array of 32-bit words, so that a file of it is mapped as it stands and a kernel
takes one argument. The layout, each section at a multiple of 16 words:

==========  =====================================================================================
section     content
==========  =====================================================================================
header      64 words: west, south, cells per degree of lon and of lat (float64), columns, rows,
            then as int64 the words at which the other sections begin and how long they are
cells       int32 for each cell: the row that fills it, `NONE`, or for a border cell the place
            of its record (its word in the section, divided by two) with the sign bit set
records     of the border cells, see below
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
FORMAT_VERSION = 3
NONE = -1
# Candidates of one cell are bits of a word.
MAX_CANDIDATES = 32
CROWDED = 0xFFFFFFFF
HEADER_WORDS = 8
SEGMENT_WORDS = 6

CELLS_AT = 64
# Places in the header, counted in its int64.
RECORDS_AT, FIRST_AT, SEGMENTS_AT, ACROSS_AT, POLYGONS, SEGMENTS, LENGTH = range(5, 12)
_ALIGN = 16


@dataclass(frozen=True, slots=True)
class Frame:
    """How the plane of lon, lat is cut into cells.

    Attributes
    ----------
    west, south : float
        Corner of the first cell, degrees.
    per_lon, per_lat : float
        Cells per degree.
    columns, rows : int
        Size; the outermost ring of cells lies outside of every polygon.
    """

    west: float
    south: float
    per_lon: float
    per_lat: float
    columns: int
    rows: int


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
        cls, frame: Frame, cells: Cells, records: Words, borders: Borders, across: Cells
    ) -> CellIndex:
        """Lay the sections out one behind the other."""
        segments = np.concatenate([borders.ax, borders.ay, borders.bx, borders.by])
        parts = [part.view(np.uint32) for part in (cells, records, borders.first, segments, across)]
        places = [CELLS_AT]
        for part in parts:
            places.append(places[-1] + -(-len(part) // _ALIGN) * _ALIGN)
        data = np.zeros(places[-1], dtype=np.uint32)
        data.view(np.float64)[:4] = frame.west, frame.south, frame.per_lon, frame.per_lat
        data[8:10] = frame.columns, frame.rows
        numbers = data.view(np.int64)
        numbers[RECORDS_AT : ACROSS_AT + 1] = places[1:5]
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
    def cells(self) -> Cells:
        """Entries of the cells, row by row from the south-west."""
        frame = self.frame
        return self.data[CELLS_AT : CELLS_AT + frame.rows * frame.columns].view(np.int32)

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
