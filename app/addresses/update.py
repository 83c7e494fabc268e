"""Changing the gazetteer of a city: read, merge, index, audit, and write in one step."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from app.addresses.audit import Audit, audit
from app.addresses.bring_in import Merged, merge
from app.addresses.entry import CORRECTIONS
from app.addresses.gazetteer import Gazetteer
from app.addresses.index import (
    ALIAS_TABLE,
    COVERAGE_TABLE,
    SCHEMAS,
    TABLE,
    TABLES,
    keep_arrays,
    read_tables,
)
from app.addresses.index_build import build
from app.addresses.intake import Intake, take_in
from app.addresses.side_files import merge_aliases, merge_coverage
from app.errors import BadInputError
from app.grids import City
from app.grids.manifest import Manifest
from app.grids.replace import refuse_loss
from app.grids.store import replace_tables
from app.locate import Locator


@dataclass(frozen=True, slots=True)
class Options:
    """How files are to be read.

    Attributes
    ----------
    datum : str
        Of the coordinates: wgs84, gcj02 or bd09.
    encoding, sheet : str or None
        See `app.tables.open_table`.
    source : str or None
        What the points are to be known by; by default the name of the file.
    basis : str
        What the points are: survey_point, building_polygon or centroid.
    replace : bool
        Whether to start afresh.
    """

    datum: str = "wgs84"
    encoding: str | None = None
    sheet: str | None = None
    source: str | None = None
    basis: str = "survey_point"
    replace: bool = False


@dataclass(slots=True)
class Update:
    """A gazetteer as it would be, not yet written.

    Attributes
    ----------
    city : City
    options : Options
    intakes : list of Intake
        What the files brought.
    merged : Merged
        What became of it.
    tables : dict of str to pyarrow.Table
        By name of the table.
    arrays : dict of str to ndarray
        The index of the tables.
    audit : Audit
    """

    city: City
    options: Options
    intakes: list[Intake]
    merged: Merged
    tables: dict[str, pa.Table]
    arrays: dict[str, Any]
    audit: Audit

    @property
    def unusable(self) -> int:
        """How many rows of all files were not usable."""
        return sum(len(intake.unusable) for intake in self.intakes)

    @property
    def changes(self) -> bool:
        """Whether the tables differ from those that the city has."""
        before = read_tables(self.city.folder, self.city.manifest)
        listed = all(name in self.city.manifest.tables for name in TABLES)
        return not listed or any(not self.tables[name].equals(before[name]) for name in TABLES)

    def write(self) -> Manifest:
        """Put the gazetteer into the city folder, whole or not at all; return its manifest.

        Raises
        ------
        CityError
            If the folder was changed meanwhile.
        BadFileError
            If the folder holds what its manifest does not list, or cannot be replaced.
        BadInputError
            If the gazetteer is empty: it would turn every address into a mystery.
        """
        if not self.tables[TABLE].num_rows:
            raise BadInputError(
                "the gazetteer would be empty; nothing was written",
                "Look at the unusable rows of the report.",
                message_zh="标准地址库将为空；未写入任何内容",
                hint_zh="请查看报告中不可用的行。",
            )
        if not self.changes:
            return self.city.manifest
        refuse_loss(self.city.folder)
        manifest = replace_tables(self.city.folder, self.city.manifest, self.tables)
        keep_arrays(self.city.folder, manifest, self.arrays)
        return manifest

    def to_json(self) -> str:
        """Return the whole report as JSON: files, changes, audit."""
        report = {
            "city": self.city.manifest.name,
            "datum": self.options.datum,
            "basis": self.options.basis,
            "files": [
                {
                    "file": intake.file,
                    "rows": intake.rows,
                    "columns": intake.used,
                    "left_out_columns": intake.left_out,
                    "rows_with_several_doors": intake.spread,
                    "unusable": [
                        {"row": row, "reason": reason} for row, reason in intake.unusable.items()
                    ],
                }
                for intake in self.intakes
            ],
            "rows": self.merged.table.num_rows,
            "new": self.merged.new,
            "same": self.merged.same,
            "duplicate": self.merged.duplicate,
            "kept": self.merged.kept,
            "dropped": self.merged.dropped,
            "moved": [asdict(moved) for moved in self.merged.moved],
            "audit": json.loads(self.audit.to_json()),
        }
        return json.dumps(report, ensure_ascii=False, indent=1)


def prepare(
    folder: Path,
    files: Sequence[Path],
    options: Options,
    aliases: Sequence[dict[str, Any]] = (),
    coverage: Sequence[dict[str, Any]] = (),
    tell: Callable[[str], None] = lambda _: None,
) -> Update:
    """Read files and say what the gazetteer of a city would be with them.

    Parameters
    ----------
    folder
        City folder.
    files
        See `app.addresses.intake.take_in`; none only locates what is there again.
    options
        How they are read.
    aliases, coverage
        Rows to add; see `app.addresses.side_files`.
    tell
        Is told what is being done.

    Raises
    ------
    CityError
        If the folder is no city.
    BadFileError, BadInputError
        If a file or an option is not usable.
    """
    if options.source == CORRECTIONS:
        raise BadInputError(
            f"source is {CORRECTIONS!r}, which is kept for corrections",
            "Name another source; corrections come with python -m scripts.corrections.",
            message_zh=f"source 为 {CORRECTIONS!r}，该名称专用于改正",
            hint_zh="请另取来源名；改正请用 python -m scripts.corrections 导入。",
        )
    tell("opening the city")
    city = City.open(folder)
    before = read_tables(city.folder, city.manifest)
    intakes = []
    for file in files:
        tell(f"reading {file.name}")
        intakes.append(
            take_in(
                file,
                options.datum,
                city.bounds,
                city.manifest.name,
                encoding=options.encoding,
                sheet=options.sheet,
            )
        )
    tell("locating")
    named = [(intake, options.source or intake.file) for intake in intakes]
    merged = merge(Locator(city), before[TABLE], named, options.basis, replace=options.replace)
    if options.replace:
        before = {name: schema.empty_table() for name, schema in SCHEMAS.items()}
    tables = {
        TABLE: merged.table,
        ALIAS_TABLE: merge_aliases(before[ALIAS_TABLE], aliases),
        COVERAGE_TABLE: merge_coverage(before[COVERAGE_TABLE], coverage),
    }
    tell("building the index")
    arrays = build(tables[TABLE], tables[ALIAS_TABLE], tables[COVERAGE_TABLE], city)
    tell("checking")
    gazetteer = Gazetteer(arrays, "", Gazetteer.outside_of(city))
    return Update(
        city, options, intakes, merged, tables, arrays, audit(city, gazetteer, merged.table)
    )
