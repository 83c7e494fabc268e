"""Vector files in any format, character set and CRS, read as text columns and lon, lat shapes.

What a file declares is honoured; what the caller states overrides it; what neither says is an
error, never a guess. The one exception is a shapefile's character set, where the first that fits
strictly is taken and named (app.geo.charset).
"""

from __future__ import annotations

import datetime as dt
import warnings
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from app.errors import BadFileError, BadInputError
from app.geo.database_table import DatabaseTable
from app.geo.datum import datum_named, to_wgs84
from app.geo.metres import refuse_misread_metres
from app.geo.nodes import share_vertices
from app.geo.ogr import choose_layer, read_raw
from app.geo.plane import LONLAT
from app.geo.raw_layer import RawLayer
from app.geo.shapefile import opened
from app.geo.sheet import read_sheet
from app.geo.vector_table import Place, Shapes, Texts, VectorRequest, VectorTable

# A float64 holds every whole number up to here, and not every one beyond.
_EXACT_FLOAT = 2**53
# A vertex this near a border of a neighbour is on it.
_NEAR_M, _NEAR_DEG = 1e-3, 1e-8


def read_vector(path: Place, columns: Sequence[str], **options: str) -> VectorTable:
    """Read one file: `read_vectors` of one `VectorRequest`, whose other fields are the options."""
    return read_vectors([VectorRequest(path=path, columns=tuple(columns), **options)])[0]


def read_vectors(
    requests: Sequence[VectorRequest], tell: Callable[[str], None] = lambda _: None
) -> list[VectorTable]:
    """Read the named columns and the shapes of files whose borders belong together.

    Parameters
    ----------
    requests
        What to read.
    tell
        Called with the name of each file before it is read.

    Returns
    -------
    list of VectorTable
        One for each request; one entry per row of the file, in its order. Where coordinates are
        bent on their way to degrees, borders of files in one CRS are kept together
        (app.geo.nodes).

    Raises
    ------
    BadFileError
        If a file is missing or unreadable, lacks a layer or a column, declares no CRS while
        none is stated, or its text or coordinates cannot be what is stated.
    BadInputError
        If a datum is unknown.
    """
    sources = []
    for request in requests:
        tell(request.path.name)
        sources.append(_open(request))
    ways: dict[tuple[str, str], list[_Source]] = {}
    for source in sources:
        ways.setdefault((source.crs.to_wkt(), source.datum), []).append(source)
    for together in ways.values():
        _bring_to_degrees(together)
    return [source.table() for source in sources]


def as_text(values: npt.NDArray[Any], name: str, path: Place) -> Texts:
    """Return a column as text: stripped, "" for null, whole numbers without ``.0``.

    Raises
    ------
    BadFileError
        If it holds whole numbers as floating point that are too long to have kept their digits.
    """
    if values.dtype.kind == "f":
        long = values[np.isfinite(values) & (np.abs(values) > _EXACT_FLOAT)]
        if len(long):
            raise BadFileError(
                f"column {name!r} of {path} holds {long[0]:.0f} as a "
                "floating-point number, in which digits beyond the 15th are lost",
                "Store the column as text in the source and export it again.",
                message_zh=f"{path} 的字段 {name!r} 以浮点数保存超过 15 位的编码，末尾数字已丢失",
                hint_zh="请在源数据中把该字段改为文本型后重新导出。",
            )
    out = np.empty(len(values), dtype=object)
    out[:] = [_text(value) for value in values.tolist()]
    return out


def _padded(values: npt.NDArray[Any]) -> dict[int, str]:
    """Return the rows of a column of text that have white space around it, as it is written."""
    if values.dtype.kind != "O":
        return {}
    texts = enumerate(values.tolist())
    return {row: one for row, one in texts if isinstance(one, str) and one != one.strip()}


def _text(value: object) -> str:
    if value is None or value is pd.NaT:
        return ""
    if isinstance(value, float):
        if value != value:  # noqa: PLR0124 - NaN is null
            return ""
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value).strip()


def _shapes(wkb: npt.NDArray[np.object_]) -> tuple[Shapes, dict[int, str], list[str]]:
    """Return the shapes in the plane, the rows at fault, and what was dropped."""
    shapes = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"))
    faults = {}
    for row in np.flatnonzero(shapely.is_missing(shapes)):
        if wkb[row] is not None:
            shapes[row] = shapely.from_wkb(wkb[row], on_invalid="fix")
            closed = shapes[row] is not None
            faults[int(row)] = "ring is not closed" if closed else "shape cannot be read"
    counts = (("heights (Z)", shapely.has_z(shapes)), ("measures (M)", shapely.has_m(shapes)))
    dropped = [f"{what} of {has.sum()} shapes were dropped" for what, has in counts if has.any()]
    return np.asarray(shapely.force_2d(shapes)), faults, dropped


def _crs(path: Place, declared: str | None, stated: str) -> tuple[CRS, str]:
    """Return the CRS to read the coordinates as, and the name of the declared one."""
    try:
        own = CRS.from_user_input(declared) if declared else None
    except CRSError:
        own = None
    name = _crs_name(own) if own is not None else ""
    if stated:
        try:
            return CRS.from_user_input(stated), name
        except CRSError as error:
            raise BadFileError(
                f"crs {stated!r} is not known: {error}",
                "Write it as EPSG:4490.",
                message_zh=f"不认识坐标参考系 {stated!r}",
                hint_zh="写法如 EPSG:4490。",
            ) from error
    if own is None:
        what = f"the CRS {declared!r}, which is not known" if declared else "no CRS"
        raise BadFileError(
            f"{path} declares {what}",
            'State it: crs = "EPSG:4490" for CGCS2000 degrees, "EPSG:4544" for its 3-degree zone.',
            message_zh=f"{path} 声明的坐标参考系 {declared!r} 无法识别"
            if declared
            else f"{path} 没有声明坐标参考系",
            hint_zh='请注明 crs，如 "EPSG:4490"（CGCS2000 经纬度）、"EPSG:4544"（3 度带投影）。',
        )
    return own, name


def _crs_name(crs: CRS) -> str:
    authority = crs.to_authority()
    return ":".join(authority) if authority else str(crs.name)


@dataclass(slots=True)
class _Source:
    """A file on its way: at first in its own coordinates, then in degrees."""

    request: VectorRequest
    raw: RawLayer
    crs: CRS
    declared: str
    datum: str
    geometry: Shapes
    faults: dict[int, str]
    notes: list[str]

    def table(self) -> VectorTable:
        path, raw = self.request.path, self.raw
        return VectorTable(
            path=path,
            file=path.name,
            layer=raw.layer,
            driver=raw.driver,
            crs=_crs_name(self.crs),
            declared_crs=self.declared,
            datum=self.datum,
            encoding=raw.encoding,
            columns={name: as_text(values, name, path) for name, values in raw.columns.items()},
            geometry=self.geometry,
            faults=self.faults,
            notes=tuple(self.notes),
            padded={name: _padded(values) for name, values in raw.columns.items()},
        )


def _open(request: VectorRequest) -> _Source:
    path = request.path
    datum = datum_named(request.datum)
    raw = _raw(request)
    geometry, faults, dropped = _shapes(raw.wkb)
    crs, declared = _crs(path, raw.crs, request.crs)
    _refuse_degrees(path, geometry, crs)
    refuse_misread_metres(path, geometry, crs, _crs_name(crs))
    notes = [*raw.notes, *dropped]
    if request.crs and declared and CRS.from_user_input(declared) != crs:
        notes.append(f"the file declares {declared}, which crs = {request.crs!r} overrides")
    return _Source(request, raw, crs, declared, datum, geometry, faults, notes)


def _raw(request: VectorRequest) -> RawLayer:
    path, encoding = request.path, request.encoding
    if isinstance(path, DatabaseTable):
        _refuse_option(path, "encoding", encoding)
        _refuse_option(path, "layer", request.layer)
        return path.read(request.columns)
    if not path.exists():
        raise BadFileError(
            f"{path} does not exist", message_zh=f"文件不存在：{path}", hint_zh="请检查路径。"
        )
    if path.suffix.lower() == ".xlsx":
        _refuse_option(path, "encoding", encoding)
        return read_sheet(path, request.columns, request.layer)
    read_from = path
    try:
        with opened(path) as source, warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            read_from = source.content
            layer = choose_layer(source, request.layer)
            raw = read_raw(source, request.columns, layer, encoding)
    except (DataSourceError, DataLayerError, UnicodeDecodeError, OSError) as error:
        # OGR names what it reads in its own way: a file in a .zip, a folder that stands for one.
        why = str(error).replace(str(read_from), str(path)).replace("/vsizip/", "")
        why = why.partition(".; It might help")[0]
        hint, hint_zh = _unreadable(path, error, unpacked=read_from != path)
        raise BadFileError(
            f"{path} cannot be read as a vector file: {why}",
            hint,
            message_zh=f"无法读取矢量文件 {path}：{why}",
            hint_zh=hint_zh,
        ) from error
    said = [f"OGR says: {one.message}".replace(str(read_from), str(path)) for one in told]
    return replace(raw, notes=(*dict.fromkeys(said), *raw.notes))


def _unreadable(path: Path, error: Exception, *, unpacked: bool) -> tuple[str, str]:
    """Return what to do about a file that cannot be read, in both languages."""
    if isinstance(error, UnicodeDecodeError):
        return (
            "If its text is not UTF-8, state the encoding (for example gb18030).",
            "文字若不是 UTF-8，请注明 encoding。",
        )
    if path.is_dir():
        return (
            "It is a folder and none that is a layer, as a .gdb is: name the file in it.",
            "这是一个文件夹，且不是 .gdb 之类的数据集：请指明其中的文件。",
        )
    if zipfile.is_zipfile(path) and path.suffix.lower() == ".zip" and not unpacked:
        return (
            "There is no shapefile in the .zip: pack the .shp with its .dbf, .shx and .prj.",
            "压缩包中没有 shapefile：请把 .shp 与 .dbf、.shx、.prj 一起打包。",
        )
    return (
        "It is damaged, or of another kind than its name says: export it again.",
        "文件已损坏，或内容与扩展名不符：请重新导出。",
    )


def _refuse_option(path: Place, name: str, value: str) -> None:
    """Refuse an option that would go unheard."""
    if value:
        raise BadInputError(
            f"{name} = {value!r} is stated for {path}, which has none to choose",
            f"Leave {name} out.",
            message_zh=f"{path} 不需要 {name}，却注明了 {value!r}",
            hint_zh=f"请去掉 {name}。",
        )


def _bring_to_degrees(sources: list[_Source]) -> None:
    """Bring sources of one CRS and datum to WGS-84 degrees; note what to know about the way."""
    crs, datum = sources[0].crs, sources[0].datum
    try:
        transformer = Transformer.from_crs(crs, LONLAT, always_xy=True)
    except ProjError as error:
        raise BadFileError(f"there is no way from {_crs_name(crs)} to {LONLAT}: {error}") from error

    def move(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        lon, lat = transformer.transform(xy[:, 0], xy[:, 1])
        if datum != "wgs84":
            lon, lat = to_wgs84(lon, lat, datum)
        return np.column_stack((lon, lat))

    tables, added = [source.geometry for source in sources], 0
    if crs.is_projected or datum != "wgs84":
        near = _NEAR_M if crs.is_projected else _NEAR_DEG
        tables, added = share_vertices(tables, move, near)
    for source, shapes in zip(sources, tables, strict=True):
        source.geometry = np.asarray(shapely.transform(shapes, move))
        _refuse_non_degrees(source)
        if added:
            source.notes.append(
                f"{added} vertices were added to long borders of the files in {_crs_name(crs)} "
                "where those of neighbours lie on them, before the coordinates were bent"
            )
        if "Ballpark" in transformer.description and not _is_cgcs2000(crs):
            source.notes.append(
                f"no transformation from the datum of {_crs_name(crs)} to WGS 84 is known: the "
                "coordinates were taken as they are and may be a hundred metres off"
            )


def _is_cgcs2000(crs: CRS) -> bool:
    """Tell whether the datum is CGCS2000, which is WGS 84 within centimetres."""
    base = crs.geodetic_crs
    name = "" if base is None or base.datum is None else base.datum.name
    return "2000" in name and "china" in name.lower()


def _refuse_degrees(path: Place, shapes: Shapes, source: CRS) -> None:
    """Refuse a file that is read in metres and holds lon, lat degrees to all appearance."""
    bounds = shapely.bounds(shapes)
    known = bounds[~np.isnan(bounds).any(axis=1)]
    if source.is_projected and len(known) and (np.abs(known) <= (180, 90, 180, 90)).all():
        raise BadFileError(
            f"{path} read as {_crs_name(source)} would lie within metres of its origin: its "
            f"coordinates, such as {known[0].tolist()}, are degrees",
            'State a CRS in degrees: crs = "EPSG:4490".',
            message_zh=f"{path} 的坐标（如 {known[0].tolist()}）是经纬度，不是 {_crs_name(source)}",
            hint_zh='请注明 crs = "EPSG:4490"。',
        )


def _refuse_non_degrees(source: _Source) -> None:
    """Refuse a file of which most coordinates are no lon, lat."""
    path, crs, shapes = source.request.path, source.crs, source.geometry
    bounds = shapely.bounds(shapes)
    known = ~np.isnan(bounds).any(axis=1)
    bad = known & ~are_lonlat(shapes)
    if not known.any() or bad.sum() * 2 <= known.sum():
        return
    worst = bounds[bad][0].tolist()
    swapped = crs.is_geographic and abs(worst[1]) <= 180 and abs(worst[0]) <= 90  # noqa: PLR2004
    which = "the crs stated" if source.request.crs else "the CRS that it declares"
    raise BadFileError(
        f"{path} read as {_crs_name(crs)}, {which}, has coordinates such as {worst}, which are "
        "no lon, lat degrees",
        "Its longitudes and latitudes look swapped: write lon first."
        if swapped
        else 'Its CRS is another one: state it, for example crs = "EPSG:4544".',
        message_zh=f"{path} 按 {_crs_name(crs)} 读取后坐标（如 {worst}）不是经纬度",
        hint_zh="经纬度似乎颠倒了，应先经度后纬度。"
        if swapped
        else '坐标参考系不对，请注明 crs，如 "EPSG:4544"。',
    )


def are_lonlat(shapes: Shapes) -> npt.NDArray[np.bool_]:
    """Tell of each shape whether all its coordinates are finite and within ±180, ±90 degrees.

    A shape without coordinates passes.
    """
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    fine = np.isfinite(xy).all(axis=1) & (np.abs(xy) <= (180, 90)).all(axis=1)
    out = np.ones(len(shapes), dtype=np.bool_)
    out[owner[~fine]] = False
    return out
