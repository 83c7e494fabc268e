"""Which character set the text of a shapefile is in, and its strict decoding.

A shapefile's .dbf holds bytes. What they mean is said by a .cpg file beside it, or by the language
driver byte of the .dbf header (LDID), or by nothing, and both statements are sometimes wrong. Here
text is decoded strictly: a character set under which some value is not text is refused, so nothing
is garbled in silence.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.geo.sidecar import part_of

# Language driver ids that name one code page (dBASE/ESRI list). 0x57, "ANSI", and 0 name none: on
# each machine they mean another one.
_LDID = {
    0x01: "cp437",
    0x02: "cp850",
    0x03: "cp1252",
    0x13: "cp932",
    0x4D: "gb18030",
    0x4E: "cp949",
    0x4F: "cp950",
    0x78: "cp950",
    0x79: "cp949",
    0x7A: "gb18030",
    0x7B: "cp932",
    0xC8: "cp1250",
    0xC9: "cp1251",
}
_LDID_OFFSET = 29
# First bytes of the hanzi that each set counts as common: level 1 of GB 2312, level 1 of Big5.
_GB2312_COMMON, _BIG5_COMMON = range(0xB0, 0xD8), range(0xA4, 0xC7)
_DBF_HEADER = 32
_NAME_BYTES = 10
# Wider than any value: none is cut.
_ANY_WIDTH = 1 << 30
# Ends of the messages with which Python's decoders say that the bytes stop within a character.
_CUT = ("unexpected end of data", "incomplete multibyte sequence")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A character set that may be the right one, and who says so."""

    codec: str
    said_by: str
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text of several columns in one character set.

    Attributes
    ----------
    candidate : Candidate
        The character set under which every value is text.
    columns : tuple of list of (str or None)
        The values, column by column.
    cut : int
        Values that fill their field and end within a character; the rest of it was dropped.
    """

    candidate: Candidate
    columns: tuple[list[str | None], ...]
    cut: int


def codec_named(name: str) -> str | None:
    """Return Python's name of a character set, or None if there is none.

    Parameters
    ----------
    name
        As a .cpg file or a person writes it: ``UTF-8``, ``GBK``, ``936``, ``ANSI 1252``,
        ``ISO 88591``. GB2312 and GBK are read as GB18030, which contains both.
    """
    plain = name.strip().lstrip("\ufeff").lower()
    digits = re.search(r"(\d+)$", re.sub(r"^.*8859[-_ ]?", "8859", plain))
    number = digits.group(1) if digits else ""
    if number.startswith("8859"):
        plain = f"iso8859-{number[4:] or 1}"
    elif number == "65001":
        plain = "utf-8"
    elif number in {"936", "2312", "54936", "18030"} or plain in {"gbk", "gb2312"}:
        plain = "gb18030"
    elif number and re.fullmatch(r"(ansi|oem|cp|windows|ms|ibm)?[-_ ]?\d+", plain):
        plain = f"cp{number}"
    try:
        return codecs.lookup(plain).name
    except LookupError:
        return None


def candidates_for(shapefile: Path) -> list[Candidate]:
    """Return the character sets to try for a shapefile, best first.

    The .cpg file comes first, then the LDID, then UTF-8 (hard to fit by accident), then GB18030,
    then Big5.

    Parameters
    ----------
    shapefile
        The .shp file. Of other files nothing is known beforehand.
    """
    found: list[Candidate] = []
    told = codec_named((_beside(shapefile, ".cpg") or b"").decode("ascii", "replace") or "?")
    if told is not None:
        found.append(Candidate(told, ".cpg"))
    header = _beside(shapefile, ".dbf", _DBF_HEADER) or b""
    if len(header) > _LDID_OFFSET and header[_LDID_OFFSET] in _LDID:
        found.append(Candidate(_LDID[header[_LDID_OFFSET]], "LDID"))
    found += [
        Candidate("utf-8", "it fits"),
        Candidate("gb18030", "it fits, UTF-8 does not", guessed=True),
        Candidate("cp950", "it fits, UTF-8 and GB18030 do not"),
    ]
    return found


def field_widths(shapefile: Path) -> list[int]:
    """Return the width in bytes of every field of a shapefile's .dbf, in order; [] if unknown."""
    data = _beside(shapefile, ".dbf", 65_536) or b""
    widths = []
    for start in range(_DBF_HEADER, len(data) - _DBF_HEADER, _DBF_HEADER):
        if data[start] == 0x0D:  # noqa: PLR2004 - the mark that ends the list of fields
            break
        widths.append(data[start + 16])
    return widths


def decode_names(names: Sequence[bytes], candidate: Candidate) -> list[str] | None:
    """Return field names as text, or None if some are not text under this character set.

    A name that fills its ten bytes may end within a character, which is dropped.
    """
    done = decode_columns([list(names)], [_NAME_BYTES], [candidate])
    return None if done is None else [name or "" for name in done.columns[0]]


def decode_columns(
    columns: Sequence[Sequence[bytes | None]],
    widths: Sequence[int],
    candidates: Sequence[Candidate],
) -> Decoded | None:
    """Decode columns of bytes with the first character set that fits all of them.

    Parameters
    ----------
    columns
        Values as they stand in the file; None for null.
    widths
        Bytes a value of each column can have at most; a value of just that length may be cut.
    candidates
        Character sets in the order in which to try them.

    Returns
    -------
    Decoded or None
        None if none fits.
    """
    for candidate in candidates:
        done = []
        cut = 0
        for values, width in zip(columns, widths, strict=True):
            column = _decode(values, width, candidate.codec)
            if column is None:
                break
            done.append(column[0])
            cut += column[1]
        else:
            return Decoded(candidate, tuple(done), cut)
    return None


def decode_file_names(names: Sequence[bytes]) -> tuple[list[str], str]:
    """Return names of files as text, and the character set: one for all, ``ascii`` if they are.

    Parameters
    ----------
    names
        As a .zip holds them that does not say what they are in.

    Returns
    -------
    tuple of (list of str, str)
        UTF-8 if they are text in it, else Big5 or GB18030, whichever reads better, else code
        page 437, which is what the format falls back on and in which any byte is a character.
    """
    if all(name.isascii() for name in names):
        return [name.decode("ascii") for name in names], "ascii"
    tried = [Candidate(codec, "it fits") for codec in ("utf-8", "gb18030", "cp437")]
    done = decode_columns([list(names)], [_ANY_WIDTH], tried)
    codec = "cp437" if done is None else done.candidate.codec
    texts = [name.decode(codec) for name in names]
    if codec == "gb18030" and reads_more_like_big5([list(names)], [texts]):
        codec = "cp950"
    return [name.decode(codec) for name in names], codec


def reads_more_like_big5(
    held: Sequence[Sequence[bytes | None]], columns: Sequence[Sequence[str | None]]
) -> bool:
    """Tell whether bytes that were read as GB18030 read better as Big5.

    Most bytes of the one are text in the other, but seldom sensible text: both sets keep their
    common hanzi apart from the rare ones and from signs, and names are made of common ones.

    Parameters
    ----------
    held
        Values as they stand in the file.
    columns
        The same values read as GB18030.
    """
    values = [value for column in held for value in column if value and not value.isascii()]
    texts = [text for column in columns for text in column if text and not text.isascii()]
    try:
        others = [value.decode("cp950") for value in values]
    except UnicodeDecodeError:
        return False
    if not values:
        return False
    return _common(others, "cp950", _BIG5_COMMON) > _common(texts, "gb2312", _GB2312_COMMON)


def _common(texts: Sequence[str], codec: str, leads: range) -> float:
    """Return the share of the characters beyond ASCII whose first byte is one of `leads`."""
    characters = [one for text in texts for one in text if not one.isascii()]
    first = [one.encode(codec, "ignore")[:1] for one in characters]
    return sum(bool(byte) and byte[0] in leads for byte in first) / max(len(characters), 1)


def _decode(
    values: Sequence[bytes | None], width: int, codec: str
) -> tuple[list[str | None], int] | None:
    texts: list[str | None] = []
    cut = 0
    for value in values:
        if value is None:
            texts.append(None)
            continue
        try:
            texts.append(value.decode(codec))
        except UnicodeDecodeError as error:
            if len(value) < width or not error.reason.endswith(_CUT):
                return None
            texts.append(value[: error.start].decode(codec))
            cut += 1
    return texts, cut


def _beside(shapefile: Path, suffix: str, size: int = -1) -> bytes | None:
    """Return the first bytes of the file of the same name with another suffix; None for none."""
    place = part_of(shapefile, suffix)
    if place is None:
        return None
    with place.open("rb") as stream:
        return stream.read(size)
