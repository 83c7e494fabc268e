"""Damaged Parquet: an error that the caller hears, never the end of the process."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import BadInputError, TooLargeError
from app.web.columnar import PARQUET, read_columns
from app.web.compact_thrift import I32, I64, Reader
from app.web.limits import Limits
from app.web.parquet_pages import Chunk, check_pages, read_chunks
from tests.web.damage import damaged, originals
from tests.web.serving import ROOT

READ = """
import sys
from app.errors import BadInputError
from app.web.columnar import PARQUET, read_columns
try:
    read_columns(sys.stdin.buffer.read(), PARQUET, 5_000)
except BadInputError as error:
    print(error.message)
"""


def run(*command: str, data: bytes = b"") -> str:
    """Return what a process of its own has said, which must not have been ended by a signal."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        input=data,
        capture_output=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2_000:]
    return done.stdout.decode()


def packed(table: pa.Table, **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def footed(footer: bytes, body: bytes = b"") -> bytes:
    return b"PAR1" + body + footer + struct.pack("<I", len(footer)) + b"PAR1"


def test_a_level_histogram_of_another_length_does_not_end_the_process() -> None:
    """Pyarrow's metadata ends the process over it, in a way that Python cannot catch."""
    data = packed(pa.table({"lon": [104.5] * 300, "lat": [30.4] * 300}), compression="none")
    # Size statistics: no repetition levels (field 2), and how often each of two definition levels
    # is there (field 3). One bit makes these fields 1 and 2.
    statistics = bytes([0x29, 0x06, 0x19, 0x26, 0x00, 0xD8, 0x04])
    assert statistics in data
    moved = data.replace(statistics, bytes([0x19]) + statistics[1:])
    said = run("-c", READ, data=moved)
    assert "not a Parquet file that can be read: " in said
    assert "histogram size mismatch" in said


def test_what_is_damaged_is_a_table_or_an_error_one_after_another() -> None:
    """Every byte of a footer changed in three ways, and some damages of all kinds."""
    found = json.loads(run("-m", "tests.web.damage", "body", "300", "60"))
    assert found["table"] > 100
    assert found["BadInputError"] > 1_000
    assert set(found) <= {"table", "BadInputError", "TooLargeError"}


@pytest.mark.slow
@pytest.mark.parametrize(("what", "error"), [("body", "BadInputError"), ("file", "BadFileError")])
def test_thousands_of_damages_do_not_end_the_process(what: str, error: str) -> None:
    found = json.loads(run("-m", "tests.web.damage", what, "2000", "12"))
    assert found["table"] > 100
    assert found[error] > 100
    assert set(found) <= {"table", error, "TooLargeError"}


def stated(data: bytes) -> list[Chunk]:
    """Return what pyarrow reads from an honest footer."""
    metadata, chunks = pq.ParquetFile(io.BytesIO(data)).metadata, []
    for group in range(metadata.num_row_groups):
        for number in range(metadata.num_columns):
            one = metadata.row_group(group).column(number)
            begin = one.data_page_offset
            if one.has_dictionary_page:
                begin = min(begin, one.dictionary_page_offset)
            chunks.append(Chunk(one.num_values, begin, begin + one.total_compressed_size))
    return chunks


@settings(max_examples=30, deadline=None)
@given(
    rows=st.integers(1, 400),
    group=st.integers(1, 100),
    dictionary=st.booleans(),
    options=st.fixed_dictionaries(
        {
            "compression": st.sampled_from(["none", "snappy", "gzip", "zstd", "brotli", "lz4"]),
            "data_page_version": st.sampled_from(["1.0", "2.0"]),
            "version": st.sampled_from(["1.0", "2.6"]),
            "write_statistics": st.booleans(),
            "write_page_index": st.booleans(),
            "write_page_checksum": st.booleans(),
            "store_schema": st.booleans(),
            "data_page_size": st.sampled_from([1, 100, 1 << 20]),
            "use_compliant_nested_type": st.booleans(),
        }
    ),
)
def test_an_honest_footer_is_read_as_pyarrow_reads_it(
    rows: int, group: int, dictionary: bool, options: dict[str, Any]
) -> None:
    table = pa.table(
        {
            "lon": np.arange(rows) % 7 + 100.0,
            "lat": pa.array([None if i % 3 == 0 else i % 90 for i in range(rows)], pa.int16()),
        }
    )
    data = packed(table, row_group_size=group, use_dictionary=dictionary, **options)
    assert read_chunks(pa.py_buffer(data)) == stated(data)
    assert read_columns(data, PARQUET, rows).equals(table)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PAR1PAR1", "too short"),
        (b"PAR1" + struct.pack("<I", 0) + b"PARE", "does not end"),
        (b"PAR1" + struct.pack("<I", 1) + b"PAR1", "longer than the file"),
        (footed(b""), "torn"),
        (footed(b"\x58\xff\xff\xff\xff\x0f"), "torn"),
        (footed(b"\x59\xf5\xff\xff\xff\xff\x0f\x00"), "ends within a list"),
        (footed(b"\x16" + b"\x80" * 10 + b"\x00\x00"), "does not end"),
        (footed(b"\x15\xff\xff\xff\xff\x7f\x00"), "wider than its kind"),
        (footed(b"\x15\x00\x05\x02\x00\x00"), "field 1 twice"),
        (footed(b"\x05\x00\x00\x00"), "field 0 twice or out of range"),
        (footed(b"\x1b\x00\x00"), "unknown kind 11"),
        (footed(b"\x45\x00\x00"), "unexpected kind 5"),
        (footed(b"\x49\x1c\x19\x1c\x00\x00\x00"), "where a column is"),
        (footed(b"\x5c" + b"\x1c" * 50_000), "nested too deeply"),
        (footed(b"\x59" + b"\x19" * 50_000), "nested too deeply"),
        (footed(b"\x29\xfc\xe9\x07" + b"\x00" * 1_002), "more than 1000 columns"),
        (footed(b"\x29\xfc\xff\xff\x1f" + b"\x00" * 600_000), "too many parts"),
    ],
)
def test_a_footer_that_is_not_one_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(BadInputError, match=words) as caught:
        read_columns(data, PARQUET, 5_000)
    assert "不是可读取的 Parquet 文件" in caught.value.message_zh


def test_a_footer_larger_than_points_need_is_refused_unread() -> None:
    with pytest.raises(TooLargeError, match="a footer of 2097153 bytes, allowed are 2097152"):
        read_columns(footed(b"\x01" * ((2 << 20) + 1)), PARQUET, 5_000)


def test_columns_nested_as_deeply_as_is_let_through_are_refused_by_name() -> None:
    """So deep a schema is read by a function that calls itself, on a stack that has an end."""
    code = """
import io, sys
import pyarrow as pa, pyarrow.parquet as pq
kind = pa.float64()
for _ in range(90):
    kind = pa.struct([("a", kind)])
pq.write_table(pa.table({"lon": pa.array([], kind), "lat": pa.array([], kind)}), sys.stdout.buffer)
"""
    written = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert "is of type 'struct<" in run("-c", READ, data=written.stdout)


def test_the_pages_must_be_where_the_footer_says() -> None:
    data = packed(pa.table({"lon": [1.0] * 100, "lat": [2.0] * 100}), use_dictionary=False)
    body, chunks = pa.py_buffer(data), stated(data)
    check_pages(body, chunks, Limits(100))
    shifted = [Chunk(one.values, one.begin - 3, one.end) for one in chunks]
    with pytest.raises(ValueError, match=r"metadata|how long it is"):
        check_pages(body, shifted, Limits(100))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_struct_or_an_error(raw: bytes) -> None:
    reader = Reader(memoryview(raw), 10)
    try:
        found = reader.struct({1: I32, 2: I64, 3: [{1: I32}], 4: {1: I64}})
    except ValueError:
        return
    assert reader.at <= len(raw)
    assert raw[reader.at - 1] == 0
    assert abs(found.get(1, 0)) <= 2**31
    assert abs(found.get(2, 0)) <= 2**63
    assert len(found.get(3, [])) <= 10


def test_a_damage_is_the_same_for_the_same_seed() -> None:
    data = originals()[0]
    first, again = (damaged(data, np.random.default_rng(7)) for _ in range(2))
    assert first == again != data
