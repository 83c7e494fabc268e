"""Damage Parquet files and read them, in a process of its own: python -m tests.web.damage.

Each damage is named on standard error before it is read, so that the last line says what ended
the process if something did. On standard output: how often each answer was given.
"""

from __future__ import annotations

import io
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from app.errors import WeigeError
from app.tables import open_table
from app.web.columnar import PARQUET, read_columns

MAX_ROWS = 5_000


def originals() -> list[bytes]:
    """Return files as several writers make them: all have statistics and several row groups."""
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(104.2, 104.9, 900).round(3), rng.uniform(30.1, 30.7, 900).round(3)
    missing = rng.random(900) < 0.1
    points = pa.table({"lon": pa.array(lon, mask=missing), "lat": lat, "accuracy_m": lat})
    ways = [
        {"compression": "none", "use_dictionary": False},
        {"compression": "zstd", "data_page_version": "2.0", "write_page_checksum": True},
        {"compression": "snappy", "write_page_index": True, "data_page_size": 500},
        {"compression": "gzip", "use_dictionary": False, "column_encoding": "BYTE_STREAM_SPLIT"},
    ]
    made = []
    for way in ways:
        sink = io.BytesIO()
        pq.write_table(points, sink, row_group_size=300, write_statistics=True, **way)
        made.append(sink.getvalue())
    return made


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """Return a file with bytes flipped, set, swapped or moved, most often in the metadata."""
    body, size = bytearray(data), len(data)
    footer = int.from_bytes(data[-8:-4], "little")
    for _ in range(rng.integers(1, 5)):
        at, other = _place(size, footer, rng), _place(size, footer, rng)
        kind = rng.integers(6)
        if kind == 0:
            body[at] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            body[at] = int(rng.integers(256))
        elif kind == 2:  # what ends, is wide, or begins a field or a list
            body[at] = int(rng.choice([0, 1, 0x7F, 0x80, 0xFF, 0x19, 0x1C, 0xFC]))
        elif kind == 3:
            body[at], body[other] = body[other], body[at]
        elif kind == 4:
            run = body[other : other + int(rng.integers(1, 20))]
            body[at : at + len(run)] = run[: size - at]
        else:  # a small number changed by little
            body[at] = (body[at] + int(rng.choice([-4, -2, -1, 1, 2, 4]))) % 256
    if rng.random() < 0.1:
        cut = int(rng.integers(1, size))
        return bytes(body[:cut] if rng.random() < 0.5 else body[:cut] + body[-footer - 8 :])
    return bytes(body)


def _place(size: int, footer: int, rng: np.random.Generator) -> int:
    """Return a byte of a file: of its head, of all of it, or, mostly, of its footer."""
    kind = rng.integers(5)
    if kind == 0:
        return int(rng.integers(min(size, 200)))
    if kind == 1:
        return int(rng.integers(size))
    return size - 8 - int(rng.integers(1, footer + 1))


def single_bytes(data: bytes) -> Iterator[bytes]:
    """Yield a file with each byte of its footer raised by one, by two, and inverted."""
    footer = int.from_bytes(data[-8:-4], "little")
    for at, change in itertools.product(range(len(data) - 8 - footer, len(data)), (1, 2, -1)):
        body = bytearray(data)
        body[at] = body[at] ^ 255 if change < 0 else (body[at] + change) % 256
        yield bytes(body)


def answer_as_body(data: bytes) -> str:
    """Return how a body is answered."""
    try:
        table = read_columns(data, PARQUET, MAX_ROWS)
    except WeigeError as error:
        return type(error).__name__
    table.validate(full=True)
    return "table"


def answer_as_file(path: Path) -> str:
    """Return how a script reads a file."""
    try:
        for batch in (table := open_table(path)).batches():
            assert len(batch.columns) == len(table.schema)
    except WeigeError as error:
        return type(error).__name__
    return "table"


def main(what: str, count: int, seconds: float) -> None:
    """Read damaged files until there were so many or so long; "body" or "file"."""
    made, until = originals(), time.monotonic() + seconds
    single = ((f"byte {i}", body) for i, body in enumerate(single_bytes(made[0])))
    several = (
        (f"seed {seed}", damaged(made[seed % len(made)], np.random.default_rng(seed)))
        for seed in range(count)
    )
    found: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        path = Path(folder, "damaged.parquet")
        for name, body in itertools.chain(single, several):
            if time.monotonic() > until:
                break
            sys.stderr.write(f"{what}: {name}\n")
            sys.stderr.flush()
            if what == "body":
                found[answer_as_body(body)] += 1
            else:
                path.write_bytes(body)
                found[answer_as_file(path)] += 1
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
