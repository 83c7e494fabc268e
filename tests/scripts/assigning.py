"""A city with a small gazetteer, addresses in it, and the command that assigns them."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pyarrow as pa

from app.tables import TableWriter, open_table
from tests.addresses.case_folders import CASES, read, rows_of
from tests.addresses.gazetteers import with_gazetteer
from tests.tables.test_text import rows_of as cells_of

ROOT = Path(__file__).resolve().parents[2]
OWN = [
    "grid_code",
    "grid_name",
    "town_code",
    "cell_code",
    "status",
    "match_level",
    "position_basis",
    "confidence",
    "band",
    "explanation",
    "candidates",
    "standard_address",
    "leftover",
    "gazetteer_version",
    "data_note",
]
# The addresses with what has to become of them.
ADDRESSES = [
    ("射洪坝街道东滨路128号", "assigned", "g21"),
    ("杨家镇三江坝村3组5号", "assigned", "g73"),
    ("简城街道政府街", "candidates", ""),
    ("石桥街道香江社区", "area_only", ""),
    ("没有的路3号", "none", ""),
    ("简城街道政府街南段12号", "assigned", "g62"),
    ("阳光花园5栋2单元501室", "assigned", "g31"),
]


def elements_city(city, folder):
    """Return the city of the cases with the gazetteer of one of them, in a folder of its own."""
    lines = read(CASES / "elements" / "gazetteer.csv")
    return with_gazetteer(city, folder, rows_of(lines))


def write_rows(path, header, rows):
    """Write rows of text in any format."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return
    schema = pa.schema([pa.field(name, pa.string()) for name in header])
    with TableWriter(path, schema) as out:
        out.write([list(column) for column in zip(*rows, strict=True)])


def read_rows(path):
    """Return header and rows; blank cells and nulls are empty text."""
    table = open_table(path)
    return list(table.columns), [
        ["" if cell is None else cell for cell in row] for row in cells_of(table)
    ]


def command(*arguments):
    return [sys.executable, "-m", "scripts.assign_addresses", *map(str, arguments)]


def ran(*arguments, **options):
    """Run the command as a process of its own."""
    return subprocess.run(
        command(*arguments), cwd=ROOT, capture_output=True, check=False, encoding="utf-8", **options
    )
