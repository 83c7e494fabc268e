"""The cell index on disk: built once for each content of a city, mapped by every process.

A file is a line of JSON padded to a page, then the index. It is trusted only if the header fits
the city and this version, the size fits the header, and the checksum fits the rest: the kernels
follow pointers of the index without looking back, so a damaged file must never reach them.
"""

from __future__ import annotations

import json
import logging
import secrets
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.geo.compiled import compiled
from app.locate.cell_build import build
from app.locate.cells import FORMAT_VERSION, CellIndex

log = logging.getLogger(__name__)

_MAGIC = "weige cell index"
_PAGE = 4096
_LANES = 8
# Odd multipliers near 2**64 / golden ratio and of splitmix64 (Steele et al. 2014).
_MULTIPLIER, _START = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)


def index_path(folder: Path, level: str, content_hash: str) -> Path:
    """Return where the index of one level of a city folder is kept."""
    return folder / ".derived" / f"cells-{level}-{content_hash}-v{FORMAT_VERSION}.idx"


def open_or_build(path: Path, polygons: npt.NDArray[np.object_], content_hash: str) -> CellIndex:
    """Map the index from its file, or build it and keep it there.

    Parameters
    ----------
    path
        Where it is kept, see `index_path`. If the place cannot be written the index is built in
        memory, so that a city on a read-only disk works too.
    polygons : ndarray of object, shape (n,)
        What the index is built from.
    content_hash
        Key of the content of the city.

    Returns
    -------
    CellIndex
    """
    found = load(path, content_hash, len(polygons))
    if found is not None:
        return found
    index = build(polygons)
    try:
        save(index, path, content_hash, len(polygons))
    except OSError as error:
        log.warning("the cell index is not kept: %s", error)
        return index
    return load(path, content_hash, len(polygons)) or index


def save(index: CellIndex, path: Path, content_hash: str, polygons: int) -> None:
    """Write an index beside its place and rename it there.

    Raises
    ------
    OSError
        If the place cannot be written.
    """
    header = {
        "format": _MAGIC,
        "version": FORMAT_VERSION,
        # Level and content: the index of another level may have as many polygons.
        "name": path.name,
        "content": content_hash,
        "polygons": polygons,
        "words": len(index.data),
        "checksum": _checksum_of(index.data),
    }
    # Not its parents: a city folder that is gone must not come back as an empty one.
    path.parent.mkdir(exist_ok=True)
    partial = path.with_name(f"{path.name}.{secrets.token_hex(8)}.partial")
    try:
        with partial.open("wb") as stream:
            stream.write(json.dumps(header).encode().ljust(_PAGE - 1) + b"\n")
            stream.write(index.data.tobytes())
        partial.replace(path)
        _remove_older(path)
    finally:
        partial.unlink(missing_ok=True)


def _remove_older(path: Path) -> None:
    """Remove what other contents and versions left of the same level; who maps it keeps it."""
    level = path.name.rsplit("-", 2)[0]
    for other in path.parent.glob(f"{level}-*.idx"):
        if other != path and other.name.rsplit("-", 2)[0] == level:
            other.unlink(missing_ok=True)


def load(path: Path, content_hash: str, polygons: int) -> CellIndex | None:
    """Map an index from its file; None if there is none that can be trusted."""
    try:
        with path.open("rb") as stream:
            header: dict[str, Any] = json.loads(stream.read(_PAGE))
        wanted = (_MAGIC, FORMAT_VERSION, path.name, content_hash, polygons)
        stated = ("format", "version", "name", "content", "polygons")
        if tuple(header[key] for key in stated) != wanted:
            return None
        size = _PAGE + 4 * int(header["words"])
        if path.stat().st_size != size:
            log.warning("%s is damaged and is built again: its size is not as it says", path)
            return None
        data = np.asarray(np.memmap(path, dtype=np.uint32, mode="r", offset=_PAGE))
        if _checksum_of(data) != header["checksum"]:
            log.warning("%s is damaged and is built again: its checksum does not fit", path)
            return None
    except FileNotFoundError:
        return None
    except Exception as error:  # a foreign header fails in many ways
        log.warning("%s cannot be used and is built again: %s", path, error)
        return None
    return CellIndex(data)


def _checksum_of(data: npt.NDArray[np.uint32]) -> str:
    return f"{int(_checksum(data)):016x}"


@compiled
def _checksum(words: npt.NDArray[np.uint32]) -> np.uint64:
    """Return a checksum in which every word and its place count, as fast as memory reads."""
    lanes = np.full(_LANES, _START)
    whole = len(words) - len(words) % _LANES
    for i in range(0, whole, _LANES):
        for lane in range(_LANES):
            lanes[lane] = (lanes[lane] ^ np.uint64(words[i + lane])) * _MULTIPLIER
    total = np.uint64(len(words))
    for i in range(whole, len(words)):
        total = (total ^ np.uint64(words[i])) * _MULTIPLIER
    for lane in range(_LANES):
        total = (total ^ lanes[lane]) * _MULTIPLIER
        total ^= total >> np.uint64(29)
    return total
