"""One layer of a vector file as OGR hands it out, its text decoded by the right character set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyogrio
import pyogrio.raw

from app.errors import BadFileError
from app.geo.charset import (
    Candidate,
    candidates_for,
    codec_named,
    decode_columns,
    decode_names,
    field_widths,
)

# Each byte is the character of the same number: text read so can be turned back into its bytes.
_BYTES = "ISO-8859-1"
# Formats whose text has no character set of its own; what they say of it may be wrong.
_BYTE_FORMATS = ("ESRI Shapefile", "MapInfo File")
# Formats that are one text, which can be put into UTF-8 whole before it is parsed.
_TEXT_FORMATS = ("GeoJSON", "GeoJSONSeq", "TopoJSON", "ESRIJSON", "CSV")


@dataclass(frozen=True, slots=True)
class RawLayer:
    """A layer as OGR hands it out, its text decoded.

    Attributes
    ----------
    driver : str
        Name of the OGR driver.
    crs : str or None
        What the file declares.
    wkb : ndarray of object, shape (n,)
        Shapes as bytes; None for null.
    columns : dict of str to ndarray, shape (n,)
        The wanted columns.
    encoding : str
        Character set of the text, and after a comma who says so.
    cut : int
        Texts that ended within a character and were shortened.
    """

    driver: str
    crs: str | None
    wkb: npt.NDArray[np.object_]
    columns: dict[str, npt.NDArray[Any]]
    encoding: str
    cut: int


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


def choose_layer(path: Path, layer: str) -> str:
    """Return the name of the layer to read: the one asked for, or the only one with shapes.

    Raises
    ------
    BadFileError
        If there is no such layer, none with shapes, or several and none is asked for.
    DataSourceError
        If OGR cannot open the file.
    """
    found = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
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


def read_raw(path: Path, wanted: tuple[str, ...], layer: str, encoding: str) -> RawLayer:
    """Read the wanted columns and the shapes of a layer.

    Parameters
    ----------
    path
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
        If a column is missing, the encoding is unknown, or the text is not in it.
    UnicodeDecodeError
        If the text of a format other than a shapefile is not in the encoding.
    """
    codec = _codec(encoding)
    # Asked for as bytes, field names of any character set come through.
    info = pyogrio.read_info(path, layer=layer, encoding=_BYTES)
    if info["driver"] in _BYTE_FORMATS:
        return _read_bytes(path, wanted, layer, codec, info)
    source: Path | bytes = path
    codec = "" if codec == "utf-8" else codec
    if codec and info["driver"] in _TEXT_FORMATS:
        source, read_as = path.read_bytes().decode(codec).encode("utf-8"), ""
        # Read from memory, the layer has another name; but for TopoJSON it is the only one.
        layer_of: str | int = layer if info["driver"] == "TopoJSON" else 0
    else:
        read_as, layer_of = codec, layer
    info = pyogrio.read_info(source, layer=layer_of, encoding=read_as or None)
    _refuse_unknown(path, wanted, [str(name) for name in info["fields"]])
    meta, wkb, data = _read_columns(source, wanted, layer_of, read_as or None)
    said = f"{codec}, stated" if codec else "utf-8, as the format has it"
    return RawLayer(info["driver"], meta["crs"], wkb, dict(zip(wanted, data, strict=True)), said, 0)


def _read_bytes(
    path: Path, wanted: tuple[str, ...], layer: str, codec: str, info: dict[str, Any]
) -> RawLayer:
    byte_fields = [str(name) for name in info["fields"]]
    plain = path / f"{layer}.shp" if path.is_dir() else path
    widths = field_widths(plain, layer)
    widths += [255] * (len(byte_fields) - len(widths))
    names = [name.encode(_BYTES) for name in byte_fields]
    tried = [Candidate(codec, "stated")] if codec else candidates_for(plain, layer)
    for candidate in tried:
        fields = decode_names(names, candidate)
        if fields is None or not set(wanted) <= set(fields):
            continue
        places = [fields.index(name) for name in wanted]
        meta, wkb, data = _read_columns(
            path, tuple(byte_fields[place] for place in places), layer, _BYTES
        )
        texts = [place for place, values in enumerate(data) if _is_text(values)]
        decoded = decode_columns(
            [[None if v is None else v.encode(_BYTES) for v in data[place]] for place in texts],
            [widths[places[place]] for place in texts],
            [candidate],
        )
        if decoded is None:
            continue
        for place, column in zip(texts, decoded.columns, strict=True):
            data[place] = np.array([*column, None], dtype=object)[:-1]
        said = f"{candidate.codec}, {candidate.said_by}"
        columns = dict(zip(wanted, data, strict=True))
        return RawLayer(info["driver"], meta["crs"], wkb, columns, said, decoded.cut)
    readable = [fields for fields in (decode_names(names, one) for one in tried) if fields]
    if readable:
        _refuse_unknown(path, wanted, readable[0])
    codecs = [candidate.codec for candidate in tried]
    raise BadFileError(
        f"the text of {path} is not in {' nor '.join(codecs)}",
        "State the encoding it was written in (for example gb18030).",
        message_zh=f"{path} 的文字不是 {'、'.join(codecs)} 编码",
        hint_zh="请注明 encoding（如 gb18030）。",
    )


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


def _refuse_unknown(path: Path, wanted: Sequence[str], fields: Sequence[str]) -> None:
    missing = sorted(set(wanted) - set(fields))
    if missing:
        raise BadFileError(
            f"{path} has no field {', '.join(map(repr, missing))}; it has {list(fields)}",
            "Names must match to the letter; a shapefile cuts them at 10 bytes.",
            message_zh=f"{path} 没有字段 {'、'.join(map(repr, missing))}，现有 {list(fields)}",
            hint_zh="字段名须完全一致；shapefile 的字段名最长 10 字节。",
        )
