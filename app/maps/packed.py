"""Scripts, styles and words of the page, compressed once and found again by what they hold."""

from __future__ import annotations

import gzip
import hashlib
import logging
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path

from app.grids.store import write_bytes
from app.maps.palette import STATIC

log = logging.getLogger(__name__)

SUFFIXES = frozenset({".mjs", ".js", ".css", ".json", ".svg"})
# Below this, headers are most of it.
LEAST_BYTES = 1_000
_LEVEL = 9


@dataclass(frozen=True, slots=True)
class Packed:
    """A file, compressed.

    Attributes
    ----------
    body : bytes
        In gzip's format.
    content_hash : str
        SHA-256 of the file as it is, the first 32 hexadecimal digits.
    """

    body: bytes
    content_hash: str


class PackedFiles:
    """Compressed files in a folder, each named by the hash of what it holds; safe for threads.

    Parameters
    ----------
    folder
        Where they are kept. Where nothing can be written, each process compresses for itself.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()

    def path(self, content: bytes) -> Path:
        """Return where the compressed form of a content is, or would be."""
        return self.folder / f"{_hash(content)}.gz"

    def get(self, content: bytes) -> Packed:
        """Return a content compressed: as it was kept, or made now and kept."""
        path = self.path(content)
        with self._lock:
            body = _read(path, content)
            if body is None:
                body = gzip.compress(content, _LEVEL, mtime=0)
                try:
                    write_bytes(path, body)
                except OSError as error:
                    log.warning("a compressed file cannot be kept: %s", error)
        return Packed(body, path.stem)


def packed_folder(var: Path) -> Path:
    """Return where compressed files of the page are kept."""
    return var / "derived" / "static"


def pack_static(var: Path, static: Path = STATIC) -> tuple[int, int]:
    """Compress what the page loads, and forget what it does not load any more.

    Parameters
    ----------
    var
        Folder for derived files.
    static
        Folder of the page's files.

    Returns
    -------
    tuple of int
        Bytes of the files that are worth it, and of their compressed forms.
    """
    packed = PackedFiles(packed_folder(var))
    before = after = 0
    current = set()
    for file in sorted(static.rglob("*")):
        if file.suffix not in SUFFIXES or not file.is_file():
            continue
        content = file.read_bytes()
        if len(content) < LEAST_BYTES:
            continue
        before += len(content)
        after += len(packed.get(content).body)
        current.add(packed.path(content))
    for left in packed.folder.glob("*.gz"):
        if left not in current:
            left.unlink(missing_ok=True)
    return before, after


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _read(path: Path, content: bytes) -> bytes | None:
    """Return what is kept, None if that is nothing or damaged."""
    try:
        body = path.read_bytes()
        return body if gzip.decompress(body) == content else None
    except (OSError, EOFError, zlib.error):  # a bad header is an OSError, too
        return None
