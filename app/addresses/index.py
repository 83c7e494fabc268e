"""The index of a gazetteer: its tables as sorted arrays, built once and mapped from a file."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from app.addresses.arrays import Arrays
from app.addresses.entry import ALIAS_SCHEMA, COVERAGE_SCHEMA, SCHEMA
from app.addresses.index_build import build
from app.addresses.mapped import load, save
from app.errors import CityError
from app.grids import City
from app.grids.manifest import Manifest
from app.grids.store import DERIVED, verify
from app.locate import Locator

log = logging.getLogger(__name__)

FORMAT_VERSION = 2
TABLE, ALIAS_TABLE, COVERAGE_TABLE = "gazetteer", "gazetteer_alias", "gazetteer_coverage"
TABLES = (TABLE, ALIAS_TABLE, COVERAGE_TABLE)
SCHEMAS = {TABLE: SCHEMA, ALIAS_TABLE: ALIAS_SCHEMA, COVERAGE_TABLE: COVERAGE_SCHEMA}


class IndexFile(NamedTuple):
    """Where an index is kept, and what it says it was built from."""

    path: Path
    content: str


def open_arrays(city: City) -> tuple[Arrays, str]:
    """Map the index of the gazetteer of a city, or build it and keep it.

    Returns
    -------
    Arrays
    str
        The version: a hash of the content of the gazetteer's tables.

    Raises
    ------
    CityError
        See `app.addresses.gazetteer.Gazetteer.open`.
    """
    version = version_of(city.manifest)
    path, content = index_file(city.folder, city.manifest)
    found = load(path, content)
    if found is not None:
        return found, version
    tables = read_tables(city.folder, city.manifest)
    _refuse_moved(city, tables[TABLE])
    built = build(tables[TABLE], tables[ALIAS_TABLE], tables[COVERAGE_TABLE], city)
    keep_arrays(city.folder, city.manifest, built)
    return load(path, content) or built, version


def keep_arrays(folder: Path, manifest: Manifest, arrays: Arrays) -> None:
    """Keep an index beside the city, if that can be written."""
    path, content = index_file(folder, manifest)
    try:
        save(path, arrays, content)
    except OSError as error:
        log.warning("the index of the gazetteer is not kept: %s", error)


def index_file(folder: Path, manifest: Manifest) -> IndexFile:
    """Return where the index is kept, and what it says it was built from.

    The boundaries belong to that: they decide whether what the rows say still holds.
    """
    name = f"gazetteer-{manifest.content_hash}-v{FORMAT_VERSION}.idx"
    return IndexFile(folder / DERIVED / name, f"{version_of(manifest)}-{manifest.content_hash}")


def version_of(manifest: Manifest) -> str:
    """Return a hash of the content of a city's gazetteer.

    Raises
    ------
    CityError
        If the city has none.
    """
    if TABLE not in manifest.tables:
        raise CityError(
            f"{manifest.name} has no gazetteer",
            "Import one with python -m scripts.import_gazetteer FILE --city DIR --commit.",
            message_zh=f"{manifest.name} 没有标准地址库",
            hint_zh="请用 python -m scripts.import_gazetteer FILE --city DIR --commit 导入。",
        )
    lines = [
        f"{name} {manifest.sha256.get(manifest.tables[name], '')}"
        for name in TABLES
        if name in manifest.tables
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def read_tables(folder: Path, manifest: Manifest) -> dict[str, pa.Table]:
    """Read the tables of a gazetteer; one that the manifest does not list is empty.

    Raises
    ------
    CityError
        If a file is damaged or does not hold the columns of its schema.
    """
    found = {}
    for name, schema in SCHEMAS.items():
        file = manifest.tables.get(name)
        if file is None:
            found[name] = schema.empty_table()
            continue
        verify(folder, manifest, (file,))
        try:
            table = pq.read_table(folder / file)
        except (OSError, pa.ArrowException) as error:
            raise CityError(f"{file} is not a Parquet table: {error}") from error
        missing = [column for column in schema.names if column not in table.column_names]
        if missing:
            raise CityError(f"{file} lacks the columns {missing}; it has {table.column_names}")
        found[name] = table.select(schema.names)
    return found


def _refuse_moved(city: City, table: pa.Table) -> None:
    """Refuse rows whose grids are not those in which their points lie now."""
    if not len(table):
        return
    said = pc.fill_null(table["grid"].cast(pa.string()), "").to_numpy(zero_copy_only=False)
    found = locate(Locator(city), table["lon"].to_numpy(), table["lat"].to_numpy())[0]
    wrong = np.flatnonzero(said != found)
    if len(wrong):
        row = int(wrong[0])
        raise CityError(
            f"the gazetteer of {city.manifest.name} was located in other boundaries: {len(wrong)} "
            f"of {len(table)} rows, first row {row + 1} in {said[row]!r}, now {found[row]!r}",
            "Locate it again: python -m scripts.import_gazetteer --city DIR --commit.",
            message_zh=f"{city.manifest.name} 的标准地址库是按其他边界定位的：{len(table)} 行中有 "
            f"{len(wrong)} 行不符，首先是第 {row + 1} 行：{said[row]!r}，现为 {found[row]!r}",
            hint_zh="请重新定位：python -m scripts.import_gazetteer --city DIR --commit。",
        )


def locate(locator: Locator, lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the grid of each point as the gazetteer holds it, and the metres to its border.

    Parameters
    ----------
    locator
        Of the city.
    lon, lat : ndarray of float64, shape (n,), WGS-84 degrees

    Returns
    -------
    ndarray of object, shape (n,)
        Code of the finest grid, "" outside of all.
    ndarray of float32, shape (n,)
        Metres to its border, NaN outside of all.
    """
    table = locator.locate_table(lon, lat, overlays=False)
    row = table.rows[-1]
    codes = np.append(locator.codes, "")
    return codes[row], np.where(row >= 0, table.border_m, np.nan).astype(np.float32)
