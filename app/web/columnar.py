"""Bodies in columns: Arrow streams, Arrow files and Parquet, from bytes to a table and back.

Nothing in a body is believed before it was compared with what may be sent, and whatever is wrong
with one is the caller's error in the one shape.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from app.errors import BadInputError
from app.locate.arrow_in import check_columns
from app.web import arrow_messages as messages
from app.web.limits import Limits
from app.web.parquet_pages import check_pages, read_chunks

STREAM = "application/vnd.apache.arrow.stream"
FILE = "application/vnd.apache.arrow.file"
PARQUET = "application/vnd.apache.parquet"
COLUMNAR = (STREAM, FILE, PARQUET)

_NAMES = {
    STREAM: ("an Arrow stream", "Arrow 流"),
    FILE: ("an Arrow file", "Arrow 文件"),
    PARQUET: ("a Parquet file", "Parquet 文件"),
}
# Rows in one batch of an answer.
_BATCH = 131_072
_MAX_QUOTE = 120
# What pyarrow and the reading of its messages raise for bytes that are not what they should be.
_FAULTS = (pa.ArrowException, OSError, ValueError, LookupError, struct.error, EOFError)


def read_columns(raw: bytes, media_type: str, max_rows: int) -> pa.Table:
    """Return the table in a body, checked for columns and size before it is expanded.

    Parameters
    ----------
    raw
        The body.
    media_type
        What it is declared as, one of `COLUMNAR`.
    max_rows
        Points that it may have.

    Raises
    ------
    BadInputError
        If it is damaged, or has other columns than points have.
    TooLargeError
        If it has too many rows, or says that it expands to more than they can need.
    """
    name, name_zh = _NAMES[media_type]
    if not raw:
        raise BadInputError(
            f"the body is empty, allowed is {name}", message_zh=f"请求体为空，应为 {name_zh}"
        )
    try:
        table = _READERS[media_type](pa.py_buffer(raw), Limits(max_rows))
        table.validate()
    except _FAULTS as error:
        said = str(error).partition("\n")[0][:_MAX_QUOTE]
        raise BadInputError(
            f"the body is not {name} that can be read: {said or type(error).__name__}",
            "Declare what the body is with Content-Type.",
            message_zh=f"请求体不是可读取的 {name_zh}",
            hint_zh="请用 Content-Type 声明请求体的格式。",
        ) from None
    return table


def write_columns(table: pa.Table, media_type: str) -> bytes:
    """Return a table in the form of one of `COLUMNAR`."""
    sink = pa.BufferOutputStream()
    if media_type == PARQUET:
        pq.write_table(table, sink, compression="zstd", write_statistics=False)
    else:
        create = pa.ipc.new_stream if media_type == STREAM else pa.ipc.new_file
        with create(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=_BATCH)
    return bytes(sink.getvalue().to_pybytes())


def _from_stream(body: pa.Buffer, limits: Limits) -> pa.Table:
    parts = messages.stream_messages(body)
    first = next(parts, None)
    if first is None or first.type != "schema":
        raise pa.ArrowInvalid("it does not begin with a schema")
    schema = pa.ipc.read_schema(first)
    check_columns(schema)
    messages.check_schema(first)
    return _from_messages(parts, schema, limits)


def _from_file(body: pa.Buffer, limits: Limits) -> pa.Table:
    schema = pa.ipc.open_file(pa.BufferReader(body)).schema
    check_columns(schema)
    return _from_messages(messages.file_messages(body), schema, limits)


def _from_messages(parts: Iterator[pa.ipc.Message], schema: pa.Schema, limits: Limits) -> pa.Table:
    batches, rows = [], 0
    for message in parts:
        rows += messages.check_batch(message, rows, limits)
        batch = pa.ipc.read_record_batch(message, schema)
        batch.validate()
        batches.append(batch)
    return pa.Table.from_batches(batches, schema)


def _from_parquet(body: pa.Buffer, limits: Limits) -> pa.Table:
    chunks = read_chunks(body)
    with pq.ParquetFile(pa.BufferReader(body), pre_buffer=False) as file:
        check_columns(file.schema_arrow)
        # No row group or column of the metadata is asked for: damaged ones end the process.
        stated = file.metadata.num_rows
        limits.check_rows(stated)
        check_pages(body, chunks, limits)
        batches, rows = [], 0
        for batch in file.iter_batches(use_threads=False):
            rows += batch.num_rows
            limits.check_rows(rows)
            batches.append(batch)
    if rows != stated:
        raise pa.ArrowInvalid(f"it has {rows} rows and states {stated}")
    return pa.Table.from_batches(batches, file.schema_arrow)


_READERS: dict[str, Callable[[pa.Buffer, Limits], pa.Table]] = {
    STREAM: _from_stream,
    FILE: _from_file,
    PARQUET: _from_parquet,
}
