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

The layout of a record, in 32-bit words from its start (always at an even word):

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
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Cells = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint32]

# Raised when the content of the arrays changes for the same polygons.
FORMAT_VERSION = 1
NONE = -1
# Candidates of one cell are bits of a word.
MAX_CANDIDATES = 32
CROWDED = 0xFFFFFFFF
HEADER_WORDS = 8
SEGMENT_WORDS = 6


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


class CellArrays(NamedTuple):
    """A cell index as the kernels take it: numbers of the frame, cells, views of the records."""

    west: float
    south: float
    per_lon: float
    per_lat: float
    columns: int
    rows: int
    cells: Cells
    words: Words
    singles: npt.NDArray[np.float32]
    doubles: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CellIndex:
    """The index over the polygons of one layer.

    Attributes
    ----------
    frame : Frame
        The cells.
    cells : ndarray of int32, shape (rows * columns,)
        Row of the polygon that fills the cell, `NONE`, or for a border cell the word of its
        record divided by two, with the sign bit set.
    records : ndarray of uint32, shape (w,)
        The records of the border cells.
    """

    frame: Frame
    cells: Cells
    records: Words

    @property
    def nbytes(self) -> int:
        """Size of the arrays in bytes."""
        return self.cells.nbytes + self.records.nbytes

    @property
    def arrays(self) -> CellArrays:
        """The index as the kernels take it."""
        f, words = self.frame, self.records
        return CellArrays(
            west=f.west,
            south=f.south,
            per_lon=f.per_lon,
            per_lat=f.per_lat,
            columns=f.columns,
            rows=f.rows,
            cells=self.cells,
            words=words,
            singles=words.view(np.float32),
            doubles=words.view(np.float64),
        )
