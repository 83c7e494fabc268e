"""A layer as its format hands it out, before shapes are parsed and brought to degrees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

# Names under which columns of shapes go in tables that have no type for them, in small letters.
_SHAPE_NAMES = ("wkt", "wkb", "geometry", "geom", "the_geom", "shape", "wkt_geom", "几何")


@dataclass(frozen=True, slots=True)
class RawLayer:
    """A layer as its format hands it out, its text decoded.

    Attributes
    ----------
    layer, driver : str
        Name of the layer, and of what read it.
    crs : str or None
        What the file declares.
    wkb : ndarray of object, shape (n,)
        Shapes as bytes; None for null, b"" for what is no shape.
    columns : dict of str to ndarray, shape (n,)
        The wanted columns.
    encoding : str
        Character set of the text, and after a comma who says so.
    notes : tuple of str
        What a reader should know about how fields and text were read.
    """

    layer: str
    driver: str
    crs: str | None
    wkb: npt.NDArray[np.object_]
    columns: dict[str, npt.NDArray[Any]]
    encoding: str
    notes: tuple[str, ...] = ()


def is_shape_name(name: str) -> bool:
    """Tell whether a column of this name is one of shapes, where no type says so."""
    return name.strip().lower() in _SHAPE_NAMES


def wkb_of(cells: Sequence[object]) -> npt.NDArray[np.object_]:
    """Return shapes as bytes from cells of WKT, of WKB in hexadecimal, or of WKB.

    None for a blank cell, b"" for one that is no shape.
    """
    out = np.full(len(cells), None, dtype=object)
    for row, cell in enumerate(cells):
        if isinstance(cell, bytes | memoryview):
            out[row] = bytes(cell)
        elif cell is not None and str(cell).strip():
            out[row] = _wkb(str(cell).strip())
    return out


def _wkb(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        # EWKT has its SRID in front.
        plain = text.rpartition(";")[2]
        shape = shapely.from_wkt(plain, on_invalid="ignore")
        return b"" if shape is None else bytes(shapely.to_wkb(shape))


def column_of(cells: Sequence[object]) -> npt.NDArray[Any]:
    """Return cells as an array: of floating point where all are, so that they can be checked."""
    if any(cell is not None for cell in cells) and all(
        cell is None or isinstance(cell, float) for cell in cells
    ):
        return np.array([np.nan if cell is None else cell for cell in cells], dtype=np.float64)
    return np.array([*cells, None], dtype=object)[:-1]
