"""Zip files as other programs write them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path


class _Entry(zipfile.ZipInfo):
    """An entry whose name is bytes, and which does not say in what."""

    held = b""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - zipfile calls it so
        return self.held, self.flag_bits & ~0x800


def pack(path: Path, files: Iterable[Path], codec: str = "", folder: str = "") -> Path:
    """Pack files into a .zip and return it.

    Parameters
    ----------
    path
        The .zip.
    files
        What goes in.
    codec
        Character set of the names, of which the .zip says nothing, as programs on Windows in
        China write it; empty for UTF-8 that is said to be so.
    folder
        Folder in the .zip.
    """
    with zipfile.ZipFile(path, "w") as archive:
        for one in files:
            name = f"{folder}/{one.name}" if folder else one.name
            entry = _Entry(name) if codec else zipfile.ZipInfo(name)
            if isinstance(entry, _Entry):
                entry.held = name.encode(codec)
            archive.writestr(entry, one.read_bytes())
    return path
