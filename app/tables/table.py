"""The seam between reading and writing: a table that is read by batches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import pyarrow as pa

from app.errors import BadInputError
from app.tables.cells import Cell

DEFAULT_BATCH_ROWS = 20_000
# A part of a table holds at most this many rows, and about this many bytes of a file: enough that
# the cost of a part is nothing beside that of its rows, few enough to have several in memory.
PART_ROWS = 65_536
PART_BYTES = 2 << 20

# A list of cells, an ndarray, or a pyarrow Array that is written to Parquet as it is.
Column: TypeAlias = Any


class Part(Protocol):
    """Rows that follow each other in a table and may not be parsed yet.

    It can be read in any thread, and pickled to be read in another process.
    """

    def read(self) -> Batch:
        """Return the rows."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that follow each other in a table, by column.

    Attributes
    ----------
    columns : list of (list of cells or pyarrow Array)
        One for each column of the table, all of one length.
    faults : dict of int to str
        Why a row is not whole (too many or too few cells, an empty line), by index in the batch.
    """

    columns: list[Column]
    faults: dict[int, str] = field(default_factory=dict)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle arrays of pyarrow as a stream; a slice would be pickled with all that it is of."""
        if all(isinstance(column, pa.Array) for column in self.columns):
            names = [str(place) for place in range(len(self.columns))]
            arrays = pa.RecordBatch.from_arrays(self.columns, names)
            return _unpickled, (_stream(arrays), self.faults)
        return Batch, (self.columns, self.faults)

    def read(self) -> Batch:
        """Return these rows; see `Part`."""
        return self

    def part(self, start: int, stop: int) -> Batch:
        """Return some of the rows, by index."""
        faults = {row - start: why for row, why in self.faults.items() if start <= row < stop}
        return Batch([column[start:stop] for column in self.columns], faults)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.columns[0])

    def cells(self, index: int) -> list[Cell]:
        """Return the cells of the column at `index` as Python values."""
        return as_cells(self.columns[index])


def _stream(batch: pa.RecordBatch) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


def _unpickled(stream: pa.Buffer, faults: dict[int, str]) -> Batch:
    with pa.ipc.open_stream(stream) as reader:
        return Batch(reader.read_next_batch().columns, faults)


class Table(ABC):
    """A row file opened for reading.

    Attributes
    ----------
    path : Path
        The file.
    schema : pyarrow.Schema
        Names and types of the columns in order; names may be empty or occur twice.
    row_hint : int or None
        About how many rows there are: exact for XLSX and Parquet, the lines of a CSV.
    """

    def __init__(self, path: Path, schema: pa.Schema, row_hint: int | None) -> None:
        self.path = path
        self.schema = schema
        self.row_hint = row_hint

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns in order, exactly as the header has them."""
        return tuple(self.schema.names)

    @abstractmethod
    def batches(self, rows: int = DEFAULT_BATCH_ROWS) -> Iterator[Batch]:
        """Read the table from its start.

        Parameters
        ----------
        rows
            At most how many rows a batch holds.

        Raises
        ------
        BadFileError
            Where the file turns out to be damaged.
        """

    def parts(self) -> Iterator[Part]:
        """Read the table from its start, by parts that are the same in every run.

        Raises
        ------
        BadFileError
            Where the file turns out to be damaged.
        """
        return self.batches(PART_ROWS)

    def index(self, name: str) -> int:
        """Return the place of the column with exactly this name.

        Raises
        ------
        BadInputError
            If no column or more than one has it; the message lists the names there are.
        """
        places = [place for place, found in enumerate(self.columns) if found == name]
        if len(places) == 1:
            return places[0]
        names = ", ".join(map(repr, self.columns))
        if not places:
            raise BadInputError(
                f"{self.path.name} has no column {name!r}; its header has {names}",
                "Give the name exactly as the header has it.",
                message_zh=f"{self.path.name} 没有列 {name!r}；表头有 {names}",
                hint_zh="列名须与表头完全一致。",
            )
        which = ", ".join(str(place + 1) for place in places)
        raise BadInputError(
            f"{self.path.name} has {len(places)} columns {name!r} (columns {which})",
            "Give them different names in the file.",
            message_zh=f"{self.path.name} 有 {len(places)} 个名为 {name!r} 的列（第 {which} 列）",
            hint_zh="请在文件中改成不同的列名。",
        )


def with_own_columns(schema: pa.Schema, own: Sequence[pa.Field], prefix: str = "") -> pa.Schema:
    """Return the schema of an output: the input's columns, then one's own.

    Parameters
    ----------
    schema
        Of the input; its metadata is kept.
    own
        Fields to append.
    prefix
        Put before the name of every own field.

    Raises
    ------
    BadInputError
        If the input has a column of the same name already. Nothing is renamed quietly, because
        whoever reads the output by name would get the wrong column.
    """
    fields = [one.with_name(prefix + one.name) for one in own]
    taken = [one.name for one in fields if one.name in set(schema.names)]
    if taken:
        names = ", ".join(taken)
        raise BadInputError(
            f"the input has columns that would be appended: {names}",
            "Rename or drop them (is it an earlier output?), or choose a --prefix for new ones.",
            message_zh=f"输入中已有将要追加的列：{names}",
            hint_zh="请改名或删去这些列（是否误用了先前的输出？），或用 --prefix 为新列指定前缀。",
        )
    return pa.schema([*schema, *fields], metadata=schema.metadata)


def as_cells(column: Column) -> list[Cell]:
    """Return a column as a list of Python values."""
    if isinstance(column, list):
        return column
    cells: list[Cell] = column.to_pylist() if isinstance(column, pa.Array) else column.tolist()
    return cells
