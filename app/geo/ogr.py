"""One layer of a vector file as OGR hands it out, its text decoded by the right character set."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyogrio
import pyogrio.raw
from pyproj import CRS
from pyproj.exceptions import CRSError

from app.errors import BadFileError
from app.geo.charset import (
    Candidate,
    candidates_for,
    codec_named,
    decode_columns,
    decode_names,
    field_widths,
    reads_more_like_big5,
)
from app.geo.fields import find_fields
from app.geo.raw_layer import RawLayer
from app.geo.shapefile import Opened, refuse_without_table

# Each byte is the character of the same number: text read so can be turned back into its bytes.
_BYTES = "ISO-8859-1"
# Formats whose text has no character set of its own; what they say of it may be wrong.
_BYTE_FORMATS = ("ESRI Shapefile", "MapInfo File")
# Formats that are one text, which can be put into UTF-8 whole before it is parsed.
_TEXT_FORMATS = ("GeoJSON", "GeoJSONSeq", "TopoJSON", "ESRIJSON", "CSV")
# The member of a GeoJSON of before RFC 7946 that names its CRS: before or after all features.
_CRS_MEMBER = re.compile(
    r'"crs"\s*:\s*(?:null|\{[^{}]*"properties"\s*:\s*\{[^{}]*"name"\s*:\s*"(?P<name>[^"]*)")'
)
_MEMBER_BYTES = 1 << 16


def _codec(encoding: str) -> str:
    """Return Python's name of a stated encoding, "" for none stated."""
    if not encoding:
        return ""
    codec = codec_named(encoding)
    if codec is None:
        raise BadFileError(
            f"encoding {encoding!r} is not known",
            "Name one such as utf-8, gb18030, gbk or big5.",
            message_zh=f"不认识编码 {encoding!r}",
            hint_zh="常用的有 utf-8、gb18030、gbk、big5。",
        )
    return codec


def choose_layer(source: Opened, layer: str) -> str:
    """Return the name of the layer to read: the one asked for, or the only one with shapes.

    Raises
    ------
    BadFileError
        If there is no such layer, none with shapes, or several and none is asked for.
    DataSourceError
        If OGR cannot open the file.
    """
    path = source.path
    found = [(str(name), kind) for name, kind in pyogrio.list_layers(source.content)]
    names = [name for name, _ in found]
    if layer:
        if layer not in names:
            raise BadFileError(
                f"{path} has no layer {layer!r}; it has {names}",
                message_zh=f"{path} 没有图层 {layer!r}，现有 {names}",
            )
        return layer
    shaped = [name for name, kind in found if kind is not None]
    if not shaped:
        raise BadFileError(
            f"{path} has no layer with shapes; it has {names}",
            "A CSV needs a column WKT.",
            message_zh=f"{path} 没有带图形的图层",
        )
    if len(shaped) > 1:
        raise BadFileError(
            f"{path} has several layers: {shaped}",
            'Say which: layer = "NAME".',
            message_zh=f"{path} 有多个图层：{shaped}",
            hint_zh='请注明 layer = "图层名"。',
        )
    return shaped[0]


def read_raw(opened: Opened, wanted: tuple[str, ...], layer: str, encoding: str) -> RawLayer:
    """Read the wanted columns and the shapes of a layer.

    Parameters
    ----------
    opened
        The file.
    wanted
        Names of the columns.
    layer
        Name of the layer.
    encoding
        Character set that overrides what the file says; empty to follow the file.

    Raises
    ------
    BadFileError
        If a column or the .dbf is missing, the encoding is unknown, or the text is not in it.
    UnicodeDecodeError
        If the text of a format other than a shapefile is not in the encoding.
    """
    codec, path = _codec(encoding), opened.path
    # Asked for as bytes, field names of any character set come through.
    info = pyogrio.read_info(opened.content, layer=layer, encoding=_BYTES)
    if info["driver"] in _BYTE_FORMATS:
        return _read_bytes(opened, wanted, layer, codec, info)
    source: Path | bytes = path
    codec = "" if codec == "utf-8" else codec
    if codec and info["driver"] in _TEXT_FORMATS:
        source, read_as = path.read_bytes().decode(codec).encode("utf-8"), ""
        # Read from memory, the layer has another name; but for TopoJSON it is the only one.
        layer_of: str | int = layer if info["driver"] == "TopoJSON" else 0
    else:
        read_as, layer_of = codec, layer
    info = pyogrio.read_info(source, layer=layer_of, encoding=read_as or None)
    fields = find_fields(path, wanted, [str(name) for name in info["fields"]])
    meta, wkb, data = _read_columns(source, fields.names, layer_of, read_as or None)
    said = f"{codec}, stated" if codec else "utf-8, as the format has it"
    columns = dict(zip(wanted, data, strict=True))
    crs = _member_crs(path, codec or "utf-8") if info["driver"] == "GeoJSON" else ""
    declared = meta["crs"] if crs == "" else crs
    return RawLayer(layer, info["driver"], declared, wkb, columns, said, fields.notes)


def _read_bytes(
    opened: Opened, wanted: tuple[str, ...], layer: str, codec: str, info: dict[str, Any]
) -> RawLayer:
    path, shapefile = opened.path, opened.shapefile(layer)
    if wanted and info["driver"] == "ESRI Shapefile":
        refuse_without_table(opened, layer)
    byte_fields = [str(name) for name in info["fields"]]
    widths = field_widths(shapefile)
    widths += [255] * (len(byte_fields) - len(widths))
    names = [name.encode(_BYTES) for name in byte_fields]
    tried = [Candidate(codec, "stated")] if codec else candidates_for(shapefile)
    unknown: BadFileError | None = None
    for candidate in tried:
        present = decode_names(names, candidate)
        if present is None:
            continue
        try:
            fields = find_fields(path, wanted, present)
        except BadFileError as error:
            unknown = unknown or error
            continue
        places = [present.index(name) for name in fields.names]
        meta, wkb, data = _read_columns(
            opened.content, tuple(byte_fields[place] for place in places), layer, _BYTES
        )
        texts = [place for place, values in enumerate(data) if _is_text(values)]
        held = [[None if v is None else v.encode(_BYTES) for v in data[place]] for place in texts]
        decoded = decode_columns(held, [widths[places[place]] for place in texts], [candidate])
        if decoded is None:
            continue
        if candidate.guessed and reads_more_like_big5(held, decoded.columns):
            raise _two_readings(path, held, decoded.columns)
        for place, column in zip(texts, decoded.columns, strict=True):
            data[place] = np.array([*column, None], dtype=object)[:-1]
        said = f"{candidate.codec}, {candidate.said_by}"
        columns = dict(zip(wanted, data, strict=True))
        cut = f"{decoded.cut} texts fill their field and end within a character: cut there"
        notes = (*opened.notes_on(layer), *fields.notes, *((cut,) if decoded.cut else ()))
        return RawLayer(layer, info["driver"], meta["crs"], wkb, columns, said, notes)
    if unknown is not None:
        raise unknown
    codecs = [candidate.codec for candidate in tried]
    raise BadFileError(
        f"the text of {path} is not in {' nor '.join(codecs)}",
        "State the encoding it was written in (for example gb18030).",
        message_zh=f"{path} 的文字不是 {'、'.join(codecs)} 编码",
        hint_zh="请注明 encoding（如 gb18030）。",
    )


def _two_readings(
    path: Path, held: list[list[bytes | None]], columns: tuple[list[str | None], ...]
) -> BadFileError:
    texts = [
        (value, text)
        for values, column in zip(held, columns, strict=True)
        for value, text in zip(values, column, strict=True)
        if value and text and not text.isascii()
    ]
    value, text = texts[0]
    other = value.decode("cp950", "replace")
    return BadFileError(
        f"the text of {path} can be read as GB18030 ({text!r}) and as Big5 ({other!r}), and the "
        "second has more of the characters that are common",
        'State which it is: encoding = "big5", or encoding = "gb18030".',
        message_zh=f"{path} 的文字既可按 GB18030 读作 {text!r}，也可按 Big5 读作 {other!r}，"
        "后者常用字更多",
        hint_zh='请注明 encoding = "big5" 或 encoding = "gb18030"。',
    )


def _member_crs(path: Path, codec: str) -> str | None:
    """Return the CRS in the `crs` member of a GeoJSON if nobody knows it, None if it is null.

    OGR takes either for WGS 84 without a word. "" if there is no such member, or a known one.
    """
    with path.open("rb") as stream:
        head = stream.read(_MEMBER_BYTES)
        stream.seek(0, 2)
        stream.seek(max(0, stream.tell() - _MEMBER_BYTES))
        tail = stream.read()
    around = (head.partition(b'"features"')[0], tail.rpartition(b"]")[2])
    for part in around:
        found = _CRS_MEMBER.search(part.decode(codec, "ignore"))
        if found is None:
            continue
        name = found.group("name")
        if name is None:
            return None
        try:
            CRS.from_user_input(name)
        except CRSError:
            return name
    return ""


def _is_text(values: npt.NDArray[Any]) -> bool:
    return values.dtype == object and any(isinstance(value, str) for value in values)


def _read_columns(
    source: Path | bytes, names: tuple[str, ...], layer: str | int, encoding: str | None
) -> tuple[dict[str, Any], npt.NDArray[np.object_], list[npt.NDArray[Any]]]:
    """Read columns in the order asked for; integers with nulls stay exact."""
    meta, _, wkb, data = pyogrio.raw.read(
        source, layer=layer, columns=list(dict.fromkeys(names)), encoding=encoding
    )
    if wkb is None:
        raise BadFileError(f"layer {layer!r} holds no shapes", "A CSV needs a column WKT.")
    of = dict(zip((str(name) for name in meta["fields"]), data, strict=True))
    types = dict(zip((str(name) for name in meta["fields"]), meta["ogr_types"], strict=True))
    for name, values in of.items():
        if types[name] in {"OFTInteger", "OFTInteger64"} and values.dtype.kind == "f":
            arrow_encoding = encoding if encoding == _BYTES else None
            _, table = pyogrio.raw.read_arrow(
                source, layer=layer, columns=[name], read_geometry=False, encoding=arrow_encoding
            )
            of[name] = np.array([*table[name].to_pylist(), None], dtype=object)[:-1]
    return meta, wkb, [of[name] for name in names]
