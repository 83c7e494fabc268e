"""Named arrays in one file: written once, mapped by every process, trusted only if whole.

A file is a line of JSON padded to whole pages, then the arrays, each at a multiple of 64 bytes.
As with the cell index (app.locate.cell_store) the header must fit what is wanted and the checksum
must fit the rest, or the file counts as absent.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

log = logging.getLogger(__name__)

_MAGIC = "weige arrays"
_PAGE = 4096
_ALIGNED = 64


def texts(name: str, values: Iterable[str]) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of `app.addresses.arrays.Texts`."""
    coded = [value.encode() for value in values]
    first = np.zeros(len(coded) + 1, np.int64)
    np.cumsum([len(one) for one in coded], out=first[1:])
    return {f"{name}.first": first, f"{name}.data": np.frombuffer(b"".join(coded), np.uint8)}


def save(path: Path, arrays: Mapping[str, npt.NDArray[Any]], key: str) -> None:
    """Write arrays beside their place and rename the file there.

    Parameters
    ----------
    path
        Where they go; its folder is made, but not the folder above.
    arrays
        One-dimensional arrays by name.
    key
        What they were built from.

    Raises
    ------
    OSError
        If the place cannot be written.
    """
    layout, place = [], 0
    checksum = hashlib.sha256()
    parts: list[bytes] = []
    for name, array in arrays.items():
        data = np.ascontiguousarray(array).tobytes()
        layout.append((name, array.dtype.str, len(array), place))
        parts.append(data.ljust(-(-len(data) // _ALIGNED) * _ALIGNED, b"\0"))
        checksum.update(parts[-1])
        place += len(parts[-1])
    header = {
        "format": _MAGIC,
        "key": key,
        "bytes": place,
        "checksum": checksum.hexdigest(),
        "arrays": layout,
    }
    text = json.dumps(header).encode()
    # Not its parents: a city folder that is gone must not come back as an empty one.
    path.parent.mkdir(exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as stream:
            stream.write(text.ljust(-(-(len(text) + 1) // _PAGE) * _PAGE - 1) + b"\n")
            stream.writelines(parts)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def load(path: Path, key: str) -> dict[str, npt.NDArray[Any]] | None:
    """Map arrays from their file; None if there is none that can be trusted."""
    try:
        with path.open("rb") as stream:
            line = stream.readline()
        header: dict[str, Any] = json.loads(line)
        if header["format"] != _MAGIC or header["key"] != key or len(line) % _PAGE:
            return None
        if path.stat().st_size != len(line) + header["bytes"]:
            log.warning("%s is damaged and is built again: its size is not as it says", path)
            return None
        data: Any = np.memmap(path, dtype=np.uint8, mode="r", offset=len(line))
        if hashlib.sha256(memoryview(data)).hexdigest() != header["checksum"]:
            log.warning("%s is damaged and is built again: its checksum does not fit", path)
            return None
        return {
            name: np.frombuffer(memoryview(data), np.dtype(kind), count, place)
            if count
            else np.empty(0, np.dtype(kind))
            for name, kind, count, place in header["arrays"]
        }
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("%s cannot be used and is built again: %s", path, error)
        return None
