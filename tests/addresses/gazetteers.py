"""Small gazetteers for tests, written into real city folders by the code that writes real ones."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from app.addresses.entry import ALIAS_SCHEMA, COLUMNS, COVERAGE_SCHEMA, SCHEMA, Kind
from app.addresses.index import ALIAS_TABLE, COVERAGE_TABLE, TABLE, locate
from app.grids import City
from app.grids.store import replace_tables
from app.locate import Locator

Row = dict[str, Any]
NAMES = [column.name for column in COLUMNS]


def kind_of(row: Row) -> Kind:
    """Return what a row names most finely, said once more than in the code under test."""
    for kind, columns in (
        (Kind.POI, ("poi",)),
        (Kind.BUILDING, ("building", "unit")),
        (Kind.DOOR, ("number",)),
        (Kind.ESTATE, ("estate",)),
        (Kind.ROAD, ("road", "section", "lane")),
        (Kind.GROUP, ("group",)),
        (Kind.COMMUNITY, ("community",)),
    ):
        if any(row.get(column) for column in columns):
            return kind
    return Kind.TOWN


def table_of(city: City, rows: Sequence[Row]) -> pa.Table:
    """Return rows as a gazetteer's table; each has lon and lat, and any of the naming columns."""
    lon = np.array([row["lon"] for row in rows], float)
    lat = np.array([row["lat"] for row in rows], float)
    grid, border = locate(Locator(city), lon, lat)
    columns: dict[str, Any] = {
        name: [str(row.get(name, "")) for row in rows]
        for name in NAMES
        if name not in {"lon", "lat"}
    }
    columns |= {"lon": lon, "lat": lat, "grid": list(grid), "border_m": border}
    columns["kind"] = [str(kind_of(row)) for row in rows]
    columns["basis"] = [row.get("basis", "survey_point") for row in rows]
    columns["source"] = [row.get("source", "test") for row in rows]
    return pa.table(
        {field.name: pa.array(columns[field.name]).cast(field.type) for field in SCHEMA}
    )


def with_gazetteer(
    city: City,
    folder: Path,
    rows: Sequence[Row],
    aliases: Sequence[Row] = (),
    coverage: Sequence[Row] = (),
) -> City:
    """Copy a city to a folder, put a gazetteer into it, and open it."""
    shutil.copytree(city.folder, folder, ignore=shutil.ignore_patterns(".derived"))
    whole = {"split": False}
    replace_tables(
        folder,
        city.manifest,
        {
            TABLE: table_of(city, rows),
            ALIAS_TABLE: pa.Table.from_pylist(
                [dict.fromkeys(ALIAS_SCHEMA.names, "") | whole | dict(one) for one in aliases],
                ALIAS_SCHEMA,
            ),
            COVERAGE_TABLE: pa.Table.from_pylist([dict(one) for one in coverage], COVERAGE_SCHEMA),
        },
    )
    return City.open(folder)
