"""What to read of a vector file or table, and what was read of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from app.geo.database_table import DatabaseTable, is_database_url

Shapes = npt.NDArray[np.object_]
Texts = npt.NDArray[np.object_]

# A file, a folder that is one (.gdb), or a table of a database.
Place: TypeAlias = Path | DatabaseTable


@dataclass(frozen=True, slots=True)
class VectorTable:
    """What was read of one layer of a file.

    Attributes
    ----------
    path : Path or DatabaseTable
        The file or table; of several that were joined, the first.
    file : str
        Its name; of several, all names.
    layer, driver : str
        Name of the layer, and of the OGR driver that read it.
    crs : str
        The CRS that the coordinates were read as.
    declared_crs : str
        The CRS that the file itself declares; empty if none.
    datum : str
        The datum that they were read as, a member of app.geo.datum.DATUMS.
    encoding : str
        The character set of the text, and after a comma who says so.
    columns : dict of str to ndarray of object, shape (n,)
        The columns asked for as text: stripped, "" for null, whole numbers without ``.0``.
    geometry : ndarray of object, shape (n,)
        Shapes of any type in WGS-84 lon, lat degrees, without Z and M; None where the file has
        none or it cannot be read.
    faults : dict of int to str
        Rows of which the shape could not be read as it is written, and why.
    notes : tuple of str
        What a reader should know about how the file was read.
    padded : dict of str to dict of int to str
        Of each column the rows of which the text has white space around it, and that text as it
        is written.
    """

    path: Place
    file: str
    layer: str
    driver: str
    crs: str
    declared_crs: str
    datum: str
    encoding: str
    columns: dict[str, Texts]
    geometry: Shapes
    faults: dict[int, str]
    notes: tuple[str, ...]
    padded: dict[str, dict[int, str]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.geometry)


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorRequest:
    """What to read of a file.

    Attributes
    ----------
    path : Path or DatabaseTable
        A file, or a folder that is one (.gdb), in any format that pyogrio reads, an .xlsx with
        shapes as WKT, or a table of a database.
    columns : tuple of str
        Names of the columns to read; no other is.
    layer : str
        Which layer (of a workbook: sheet); may be empty if the file has one with shapes.
    encoding : str
        Character set, overriding what the file says; empty to follow the file.
    crs : str
        CRS of the coordinates, overriding what the file declares; empty to follow the file.
    datum : str
        ``wgs84``, ``gcj02`` or ``bd09``, applied after the coordinates were brought to degrees.
    """

    path: Place
    columns: tuple[str, ...]
    layer: str = ""
    encoding: str = ""
    crs: str = ""
    datum: str = "wgs84"


def place_of(source: str, folder: Path) -> Place:
    """Return the file, relative to a folder, or the table of a database that a text names.

    Raises
    ------
    BadInputError
        If it is the URL of a database and not a usable one.
    """
    return DatabaseTable.parse(source) if is_database_url(source) else folder / source


def join_tables(tables: Sequence[VectorTable]) -> VectorTable:
    """Join tables of the same columns, one below the other; a note says whose the rows are."""
    first = tables[0]
    if len(tables) == 1:
        return first
    starts = np.cumsum([0, *map(len, tables)]).tolist()
    rows = ", ".join(
        f"{start + 1} to {start + len(one)} of {one.file}" if len(one) else f"none of {one.file}"
        for start, one in zip(starts, tables, strict=False)
    )

    def each(value: Callable[[VectorTable], str]) -> str:
        return "; ".join(dict.fromkeys(filter(None, map(value, tables))))

    return replace(
        first,
        file=", ".join(one.file for one in tables),
        layer=each(lambda one: one.layer),
        driver=each(lambda one: one.driver),
        crs=each(lambda one: one.crs),
        declared_crs=each(lambda one: one.declared_crs),
        encoding=each(lambda one: one.encoding),
        columns={
            name: np.concatenate([one.columns[name] for one in tables]) for name in first.columns
        },
        geometry=np.concatenate([one.geometry for one in tables]),
        faults={
            start + row: why
            for start, one in zip(starts, tables, strict=False)
            for row, why in one.faults.items()
        },
        padded={
            name: {
                start + row: text
                for start, one in zip(starts, tables, strict=False)
                for row, text in one.padded.get(name, {}).items()
            }
            for name in first.columns
        },
        notes=(
            f"rows are counted through the files: {rows}",
            *(f"{one.file}: {note}" for one in tables for note in one.notes),
        ),
    )
