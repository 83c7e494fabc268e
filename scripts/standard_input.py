"""Rows that come on the standard input, laid down so that they can be read more than once."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import BadFileError

STDIN = "-"
# The first bytes of files that say what they are; anything else is taken for text.
_SIGNATURES = ((b"PK\x03\x04", ".xlsx"), (b"PAR1", ".parquet"))


@contextmanager
def named_input(source: str, output: Path) -> Iterator[Path]:
    """Yield the file that a command is to read.

    Parameters
    ----------
    source
        A path, or ``-`` for the standard input: XLSX and Parquet are known by their first bytes,
        anything else is CSV.
    output
        Beside it the standard input is kept until the context is left: it is as private as that.

    Raises
    ------
    BadFileError
        If nothing comes.
    """
    if source != STDIN:
        yield Path(source)
        return
    stream = sys.stdin.buffer
    first = stream.read(4)
    if not first:
        raise BadFileError(
            "nothing came on the standard input",
            "Pipe a table into it, or name a file.",
            message_zh="标准输入没有内容",
            hint_zh="请通过管道输入表格，或给出文件名。",
        )
    kind = next((kind for magic, kind in _SIGNATURES if first == magic), ".csv")
    path = output.with_name(f"{output.name}.stdin{kind}")
    try:
        with path.open("wb") as file:
            file.write(first)
            shutil.copyfileobj(stream, file)
        yield path
    finally:
        path.unlink(missing_ok=True)
