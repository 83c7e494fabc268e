"""Files that are made for one answer: written whole to a temporary place, then sent bit by bit."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from flask import Response

from app.errors import BadFileError, UnavailableError

log = logging.getLogger(__name__)

_CHUNK_BYTES = 1 << 16


def written(write: Callable[[Path], object], name: str) -> tuple[BinaryIO, int]:
    """Write a file whole before its first byte goes out, so that what fails is an error.

    Parameters
    ----------
    write
        Writes it to a path.
    name
        Of the file; its extension may say what is written.

    Returns
    -------
    file : BinaryIO
        Without a name any more: it is gone with whoever reads it.
    size : int
        Bytes.

    Raises
    ------
    UnavailableError
        If there is no room for it, or nowhere to write it.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="weige-export-") as folder:
            path = Path(folder) / name
            write(path)
            return path.open("rb"), path.stat().st_size
    except (BadFileError, OSError) as error:
        # Which folder, and what is wrong with it, is for whoever runs the server.
        log.error("an export cannot be written: %s", error)
        raise UnavailableError(
            "the export cannot be written on the server: its temporary folder is full or missing",
            "Ask for less, or tell who runs the server.",
            message_zh="服务器无法写出导出文件：临时文件夹已满或不可用",
            hint_zh="请缩小导出范围，或联系服务器管理员。",
        ) from error


def attachment(file: BinaryIO, size: int, mimetype: str, name: str) -> Response:
    """Return an answer that sends a file, to be kept by nobody on the way."""
    response = Response(_chunks(file), mimetype=mimetype)
    response.content_length = size
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "no-store"
    response.call_on_close(file.close)
    return response


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
