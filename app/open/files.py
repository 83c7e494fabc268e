"""Grids as a file: GeoPackage, shapefile, GeoJSON, KML, FlatGeobuf."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pyogrio
from pyogrio.errors import DataSourceError

from app.errors import BadFileError, BadInputError
from app.grids import City
from app.open.features import Feature, feature_texts, plain_values
from app.open.frames import frame_named, table_of
from app.open.references import CRS84, references_of

# What a DBF can hold: bytes of a field's name, and of a text.
_DBF_NAME, _DBF_TEXT = 10, 254
_PART_ROWS = 2_000
_DRIVERS = {"gpkg": "GPKG", "kml": "KML", "fgb": "FlatGeobuf"}
_FIELDS_FILE = "FIELDS.txt"


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A format of a file.

    Attributes
    ----------
    id : str
        Short name.
    suffix : str
        What its files end with.
    mimetype : str
    any_crs : bool
        Whether it can hold other coordinates than WGS-84 longitude and latitude.
    """

    id: str
    suffix: str
    mimetype: str
    any_crs: bool = True


FORMATS = {
    one.id: one
    for one in (
        FileFormat("gpkg", ".gpkg", "application/geopackage+sqlite3"),
        FileFormat("shp", ".zip", "application/zip"),
        FileFormat("geojson", ".geojson", "application/geo+json", any_crs=False),
        FileFormat("kml", ".kml", "application/vnd.google-earth.kml+xml", any_crs=False),
        FileFormat("fgb", ".fgb", "application/octet-stream"),
    )
}


class GridFile:
    """The grids of one level or overlay, to be written as a file.

    Parameters
    ----------
    city
        The edition.
    level
        Id of the level or overlay.
    kind
        A member of `FORMATS`.
    crs
        As `app.open.frames.frame_named` takes it.

    Attributes
    ----------
    name : str
        What the file is called: city, level, edition, coordinates.

    Raises
    ------
    NotFoundError
        If there is no such level.
    BadInputError
        If the format or the coordinates are not known, or do not go together.
    """

    def __init__(self, city: City, level: str, kind: str, crs: str = "wgs84") -> None:
        found = FORMATS.get(kind)
        if found is None:
            raise BadInputError(
                f"format is {kind!r:.80}, allowed are {', '.join(FORMATS)}",
                message_zh=f"format 为 {kind!r:.80}，可用：{'、'.join(FORMATS)}",
            )
        frame = frame_named(city, crs)
        if not found.any_crs and not frame.lonlat:
            others = ", ".join(one.id for one in FORMATS.values() if one.any_crs)
            raise BadInputError(
                f"crs is {frame.code} and format {kind}, which is WGS-84 by its own definition",
                f"Leave crs out, or ask for one of {others}.",
                message_zh=f"crs 为 {frame.code}，而 {kind} 格式规定只用 WGS-84",
                hint_zh=f"请去掉 crs，或改用 {others}。",
            )
        city.layer(level)
        self._city, self._level, self._frame = city, level, frame
        self.format = found
        edition, code = city.manifest.generation, frame.code.replace(":", "").lower()
        self._stem = f"{city.manifest.id}-{level}-{edition}-{code}"
        self.name = self._stem + found.suffix

    def write(self, path: Path) -> int:
        """Write the file whole or not at all; return how many grids it holds.

        Raises
        ------
        BadFileError
            If it cannot be written.
        BadInputError
            If the format cannot hold what is to be written.
        """
        table = table_of(self._city, self._level, self._frame)
        partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
        try:
            partial.mkdir()
            self._written(table, partial).replace(path)
        except (OSError, DataSourceError) as error:
            what = getattr(error, "strerror", None) or error
            raise BadFileError(f"{path} cannot be written: {what}") from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return len(table)

    def _written(self, table: gpd.GeoDataFrame, folder: Path) -> Path:
        if self.format.id == "geojson":
            return self._geojson(table, folder)
        if self.format.id == "shp":
            return self._shapefile(table, folder)
        path = folder / self.name
        pyogrio.write_dataframe(table, path, driver=_DRIVERS[self.format.id], layer=self._level)
        return path

    def _geojson(self, table: gpd.GeoDataFrame, folder: Path) -> Path:
        """Write RFC 7946, numbers with all their digits."""
        path = folder / self.name
        reference = references_of(self._city)[CRS84]
        head: dict[str, str] = {"type": "FeatureCollection", "name": self._level}
        if self._city.manifest.synthetic:
            head["data_note"] = self._city.manifest.synthetic
        others = [name for name in table.columns if name != "geometry"]
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(head, ensure_ascii=False)[:-1] + ',"features":[')
            for start in range(0, len(table), _PART_ROWS):
                part = table.iloc[start : start + _PART_ROWS]
                records = part[others].to_dict("records")
                features = [
                    Feature(str(record["code"]), shape, plain_values(record))
                    for record, shape in zip(records, part.geometry, strict=True)
                ]
                file.write(",\n" if start else "\n")
                file.write(",\n".join(feature_texts(features, reference)))
            file.write("\n]}\n")
        return path

    def _shapefile(self, table: gpd.GeoDataFrame, folder: Path) -> Path:
        """Write the parts of a shapefile and what its fields mean into one ZIP."""
        names = dbf_names([name for name in table.columns if name != "geometry"])
        _refuse_long(table, names)
        parts = folder / "parts"
        parts.mkdir()
        pyogrio.write_dataframe(
            table.rename(columns=names),
            parts / f"{self._stem}.shp",
            driver="ESRI Shapefile",
            layer_options={"ENCODING": "UTF-8"},
        )
        note = self._fields_note(names)
        path = folder / self.name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(parts.iterdir()):
                archive.write(part, part.name)
            archive.writestr(_FIELDS_FILE, note)
        return path

    def _fields_note(self, names: dict[str, str]) -> str:
        lines = [
            f"{self._city.manifest.name} {self._level} {self._city.manifest.generation}",
            f"Coordinates 坐标: {self._frame.label}",
            "Text 文字: UTF-8 (.cpg)",
            f"Names of fields have {_DBF_NAME} bytes at most 字段名最多 {_DBF_NAME} 字节:",
            "",
            *(f"{short}\t{name}" for name, short in names.items()),
        ]
        if self._city.manifest.synthetic:
            lines += ["", self._city.manifest.synthetic]
        return "\n".join(lines) + "\n"


def dbf_names(names: list[str]) -> dict[str, str]:
    """Return for each name one of at most ten bytes in UTF-8, each unlike the others.

    What is too long is cut between two characters; where two become alike, numbers tell them apart.
    DBF does not tell capitals from small letters.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(names, key=lambda one: len(one.encode()) > _DBF_NAME):
        short, number = _cut(name, _DBF_NAME), 1
        while short.lower() in taken:
            number += 1
            short = _cut(name, _DBF_NAME - len(str(number))) + str(number)
        taken.add(short.lower())
        found[name] = short
    return {name: found[name] for name in names}


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore")


def _refuse_long(table: gpd.GeoDataFrame, names: dict[str, str]) -> None:
    for name in names:
        if table[name].dtype.kind in "biufM":
            continue
        for code, text in zip(table["code"], table[name], strict=True):
            if isinstance(text, str) and len(text.encode()) > _DBF_TEXT:
                raise BadInputError(
                    f"{name} of {code} has {len(text.encode())} bytes, a shapefile holds "
                    f"{_DBF_TEXT}",
                    "Ask for gpkg or fgb.",
                    message_zh=f"{code} 的 {name} 有 {len(text.encode())} 字节，"
                    f"shapefile 最多 {_DBF_TEXT} 字节",
                    hint_zh="请改用 gpkg 或 fgb。",
                )
