"""The files that a shapefile consists of: found beside each other, or in a .zip.

Nothing beside the source is ever written. A .zip is unpacked into a folder that goes away again,
under the names that were meant: programs in China write them in GBK, and nothing in the .zip says
so. A missing .shx says only where in the .shp each shape begins, so it is made anew there, which
is told; without the .dbf there is no code and no name, and that is an error.
"""

from __future__ import annotations

import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from app.errors import BadFileError
from app.geo.charset import decode_file_names
from app.geo.sidecar import part_of

# What is read of a shapefile.
_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
# ESRI Shapefile Technical Description (1998): a header of 100 bytes, in it at 24 the length of the
# file; before each record its number and its length. Lengths are in words of 16 bits, high byte
# first. In a .dbf the number of rows stands at 4, low byte first.
_HEADER, _LENGTH_AT, _ROWS_AT = 100, 24, 4
_RECORD = struct.Struct(">ii")
# Bit of a .zip's entry that says that its name is UTF-8.
_UTF8_FLAG = 0x800


@dataclass(frozen=True, slots=True)
class Opened:
    """Where the content of a file lies.

    Attributes
    ----------
    path : Path
        The file as it was named; this is what messages quote.
    content : Path
        What is read: the file itself, or what stands for it, such as the folder into which a
        .zip was unpacked.
    notes : tuple of str
        What a reader should know of it, whatever the layer.
    restored : frozenset of str
        Layers whose .shx is missing and was made anew.
    """

    path: Path
    content: Path
    notes: tuple[str, ...] = ()
    restored: frozenset[str] = frozenset()

    def shapefile(self, layer: str) -> Path:
        """Return the .shp of a layer."""
        return self.content / f"{layer}.shp" if self.content.is_dir() else self.content

    def notes_on(self, layer: str) -> tuple[str, ...]:
        """Return what a reader should know who reads this layer."""
        if layer not in self.restored:
            return self.notes
        return (*self.notes, f"{layer}.shx is missing: it was made anew from {layer}.shp")


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Open a file for OGR; what had to be unpacked or made anew for it goes away afterwards.

    Parameters
    ----------
    path
        The file. All but a .zip with shapefiles and a .shp without .shx are read where they are.

    Raises
    ------
    BadFileError
        If a .zip has shapefiles in several folders or cannot be unpacked, or a .shx that is
        missing cannot be made anew, because the .shp is damaged.
    """
    with TemporaryDirectory(prefix="shapefile-") as folder:
        suffix = path.suffix.lower()
        if suffix == ".zip" and zipfile.is_zipfile(path):
            yield _unpacked(path, Path(folder))
        elif suffix == ".shp" and path.is_file() and part_of(path, ".shx") is None:
            for part in _PARTS:
                if (source := part_of(path, part)) is not None:
                    (Path(folder) / f"{path.stem}{part}").symlink_to(source.resolve())
            _restore_index(path, Path(folder) / f"{path.stem}.shp")
            yield Opened(path, Path(folder) / f"{path.stem}.shp", restored=frozenset({path.stem}))
        else:
            yield Opened(path, path)


def refuse_without_table(source: Opened, layer: str) -> None:
    """Refuse a shapefile whose .dbf is missing.

    Raises
    ------
    BadFileError
        If it is.
    """
    if part_of(source.shapefile(layer), ".dbf") is not None:
        return
    name, packed = f"{layer}.dbf", source.content.is_dir()
    raise BadFileError(
        f"{name} is missing {'in' if packed else 'beside'} {source.path}: it holds the codes and "
        "names of the shapes",
        f"Pack {name} with {layer}.shp." if packed else f"Put {name} beside {layer}.shp.",
        message_zh=f"{source.path} {'中' if packed else '旁边'}缺少 {name}，编码和名称都在其中",
        hint_zh=f"请把 {name} 与 {layer}.shp {'一起打包' if packed else '放在一起'}。",
    )


def _unpacked(path: Path, folder: Path) -> Opened:
    """Unpack the shapefiles of a .zip; one that has none is left as it is."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            names, note = _names_of(members)
            places = [PurePosixPath(name.replace("\\", "/")) for name in names]
            layers = {
                place.with_suffix("")
                for place in places
                if place.suffix.lower() == ".shp" and "__MACOSX" not in place.parts
            }
            if not layers:
                return Opened(path, path)
            _refuse_several_folders(path, {str(layer.parent) for layer in layers})
            for member, place in zip(members, places, strict=True):
                suffix = place.suffix.lower()
                if place.with_suffix("") in layers and suffix in _PARTS:
                    target = folder / f"{place.stem}{suffix}"
                    with archive.open(member) as stream, target.open("wb") as out:
                        shutil.copyfileobj(stream, out)
    except (RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error, OSError) as error:
        raise BadFileError(
            f"{path} cannot be unpacked: {error}",
            "Pack it again, without a password.",
            message_zh=f"无法解压 {path}：{error}",
            hint_zh="请重新打包，不要加密码。",
        ) from error
    bare = [one for one in sorted(folder.glob("*.shp")) if part_of(one, ".shx") is None]
    for shapefile in bare:
        _restore_index(path, shapefile)
    restored = frozenset(one.stem for one in bare)
    return Opened(path, folder, (note,) if note else (), restored)


def _names_of(members: list[zipfile.ZipInfo]) -> tuple[list[str], str]:
    """Return the names of files in a .zip as they were meant, and a note if that is not said."""
    names = [one.orig_filename for one in members]
    untold = [at for at, one in enumerate(members) if not one.flag_bits & _UTF8_FLAG]
    # Python takes what is not told to be UTF-8 for code page 437, which has every byte.
    texts, codec = decode_file_names([names[at].encode("cp437") for at in untold])
    for at, text in zip(untold, texts, strict=True):
        names[at] = text
    note = f"the .zip does not say what the names of its files are in; read as {codec}"
    return names, "" if codec in {"ascii", "utf-8"} else note


def _refuse_several_folders(path: Path, folders: set[str]) -> None:
    if len(folders) > 1:
        raise BadFileError(
            f"{path} has shapefiles in several folders: {sorted(folders)}",
            "Pack those of one folder.",
            message_zh=f"{path} 的多个文件夹中都有 shapefile：{sorted(folders)}",
            hint_zh="请只打包其中一个文件夹。",
        )


def _restore_index(path: Path, shapefile: Path) -> None:
    """Write the .shx of a .shp: where each record begins, and how long it is.

    Only where that is beyond doubt: records are numbered from 1, fill the .shp to its stated
    length, and are as many as the rows of the .dbf.
    """
    found: list[tuple[int, int]] = []
    size = shapefile.stat().st_size
    with shapefile.open("rb") as stream:
        header = bytearray(stream.read(_HEADER))
        at = _HEADER
        while at + _RECORD.size <= size:
            stream.seek(at)
            number, words = _RECORD.unpack(stream.read(_RECORD.size))
            if number != len(found) + 1 or words < 0:
                break
            found.append((at // 2, words))
            at += _RECORD.size + 2 * words
    whole = len(header) == _HEADER and at == size == 2 * _number(header, _LENGTH_AT, ">i")
    table = part_of(shapefile, ".dbf")
    if table is not None:
        with table.open("rb") as stream:
            whole &= len(found) == _number(stream.read(_HEADER), _ROWS_AT, "<I")
    if not whole:
        name, where = f"{shapefile.stem}.shx", "in" if path.suffix.lower() == ".zip" else "beside"
        raise BadFileError(
            f"{name} is missing {where} {path}, and cannot be made anew: {shapefile.name} is cut "
            "short, or does not have a shape for each row of the .dbf",
            f"Export the layer again, and hand over {name} with it.",
            message_zh=f"{path} 缺少 {name}，且无法重建：{shapefile.name} 不完整，"
            "或图形数与 .dbf 行数不符",
            hint_zh=f"请重新导出该图层，并一并提供 {name}。",
        )
    header[_LENGTH_AT : _LENGTH_AT + 4] = struct.pack(">i", (_HEADER + 8 * len(found)) // 2)
    index = b"".join(_RECORD.pack(*one) for one in found)
    shapefile.with_suffix(".shx").write_bytes(bytes(header) + index)


def _number(data: bytes | bytearray, at: int, form: str) -> int:
    """Return the number of four bytes at a place; -1 where there are none."""
    return int(struct.unpack_from(form, data, at)[0]) if len(data) >= at + 4 else -1
