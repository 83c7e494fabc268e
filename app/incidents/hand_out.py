"""Incidents handed out as a table: the same columns every time, row by row as they are read.

Text that a spreadsheet would take for a formula gets an apostrophe in CSV and XLSX, which the
import takes away again (`app.tables.formulas`). Personal fields come only if they are asked
for; before they are read it is recorded what was asked for, and of whom they are.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import sqlalchemy as sa

from app.accounts import Actor, Permission
from app.accounts.audit import record, record_each
from app.errors import BadFileError, BadInputError
from app.grids import City
from app.incidents.incident import Incident, Query
from app.incidents.ledger import NUL, Ledger
from app.incidents.policy import Policy
from app.incidents.records import INCIDENTS, to_incident
from app.incidents.tables import incident, reporter
from app.locate.rows import SYNTHETIC_NOTE
from app.store import Database
from app.tables import TableWriter
from app.tables.formulas import neutralised

FORMATS = ("csv", "tsv", "xlsx", "parquet", "geojson")
PERSONAL = ("reporter_name", "reporter_contact")
ROWS_AT_ONCE = 2_000
# What goes into the audit log: that somebody asked for contacts, and each incident's number.
ASKED, HANDED_OUT = "export_reporters", "export_reporter"
# An index holds 2,700 bytes, and a character may have four.
_MAX_ASKED = 600
_OF_A_PAGE = frozenset({"order", "limit", "after"})

_TIMES = ("occurred_at", "reported_at", "updated_at", "dispatched_at", "closed_at", "due_at")
_FLOATS = ("lon", "lat", "lon_given", "lat_given", "accuracy_m")
_BEFORE = (
    "number", "status", "hazard", "severity", "title", "description", "source",
    "external_source", "external_id", "lon", "lat", "lon_given", "lat_given", "datum",
    "accuracy_m", "address", "location_status", "generation", "grid",
)  # fmt: skip
_AFTER = ("assignee_level", "assignee_code", "assignee_role", "merged_into", *_TIMES, "synthetic")
_NOTE = "data_note"
# What people have typed, here or elsewhere.
_TYPED = (
    "title", "description", "external_source", "external_id", "address", "assignee_role",
    *PERSONAL,
)  # fmt: skip

Cell = str | int | float | bool | datetime | None


class HandOut:
    """Writes incidents to a file.

    Parameters
    ----------
    database, policy, city
        Where they are kept, how they are handled, and where they lie.
    actor
        Who wants them.
    query
        Which are wanted; its order and its limits of a page do not count.
    contact
        Whether to hand out who reported them, too.

    Attributes
    ----------
    columns : tuple of str
        Names, always in this order: `number` to `grid`, the code of each level and overlay of the
        city, `assignee_level` to `synthetic`, the personal fields if wanted, `data_note`.

    Raises
    ------
    ForbiddenError
        If the actor may not export, or not see personal fields.
    BadInputError
        If the query is not usable.
    """

    def __init__(
        self,
        database: Database,
        policy: Policy,
        city: City,
        actor: Actor,
        query: Query,
        *,
        contact: bool = False,
    ) -> None:
        actor.require(Permission.EXPORT)
        if contact:
            actor.require(Permission.CONTACT)
        self._database = database
        self._zone = policy.time_zone
        self._city = city
        self._actor = actor
        self._contact = contact
        self._query = query
        self._limits = Ledger(database, policy).limits(actor, query)
        # The database is not asked for what no text in it holds.
        self._none = NUL in f"{query.text}{query.code}{query.location_status}"
        self._layers = [one.id for one in city.levels]
        self._overlays = [one.id for one in city.overlays]
        codes = tuple(f"{one}_code" for one in (*self._layers, *self._overlays))
        personal = PERSONAL if contact else ()
        self.columns = (*_BEFORE, *codes, *_AFTER, *personal, _NOTE)

    def write(self, path: Path, progress: Callable[[int], None]) -> int:
        """Write a file whole or not at all; return how many incidents it holds.

        Parameters
        ----------
        path
            Its extension is one of `FORMATS`.
        progress
            Is told how many more are written.

        Raises
        ------
        BadFileError, BadInputError
            If the file cannot be written.
        TooLargeError
            If an XLSX cannot hold that many.
        """
        kind = path.suffix.lower().removeprefix(".")
        if kind not in FORMATS:
            raise BadInputError(
                f"{path.name} ends with {path.suffix!r}, allowed are {', '.join(FORMATS)}",
                message_zh=f"{path.name} 的扩展名为 {path.suffix!r}，可用：{'、'.join(FORMATS)}",
            )
        if kind == "geojson":
            return self._write_geojson(path, progress)
        spreadsheet = kind != "parquet"
        with TableWriter(path, self._schema(spreadsheet)) as out:
            for rows in self._pages():
                cells = [self._cells(*row, spreadsheet) for row in rows]
                out.write([list(column) for column in zip(*cells, strict=True)])
                progress(len(cells))
            return out.rows

    def _schema(self, spreadsheet: bool) -> pa.Schema:
        kinds: dict[str, pa.DataType] = dict.fromkeys(_FLOATS, pa.float64())
        kinds |= {"severity": pa.int64(), "synthetic": pa.bool_()}
        if not spreadsheet:
            kinds |= dict.fromkeys(_TIMES, pa.timestamp("us", tz=self._zone.key))
        return pa.schema([pa.field(one, kinds.get(one, pa.string())) for one in self.columns])

    def _write_geojson(self, path: Path, progress: Callable[[int], None]) -> int:
        """Write RFC 7946: points in WGS-84, all else as properties, text as it is."""
        partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
        head: dict[str, Any] = {"type": "FeatureCollection"}
        if self._city.manifest.synthetic:
            head[_NOTE] = SYNTHETIC_NOTE
        count = 0
        try:
            with partial.open("w", encoding="utf-8", newline="\n") as file:
                file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [')
                for rows in self._pages():
                    for row in rows:
                        file.write(",\n" if count else "\n")
                        file.write(json.dumps(self._feature(*row), ensure_ascii=False))
                        count += 1
                    progress(len(rows))
                file.write("\n]}\n")
            partial.replace(path)
        except OSError as error:
            raise BadFileError(f"{path} cannot be written: {error.strerror or error}") from error
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
        return count

    def _feature(self, one: Incident, personal: tuple[str, str]) -> dict[str, Any]:
        cells = dict(zip(self.columns, self._cells(one, personal, False), strict=True))
        point = None
        if one.lon is not None and one.lat is not None:
            point = {"type": "Point", "coordinates": [one.lon, one.lat]}
        properties = {
            name: _iso(cell, self._zone) if isinstance(cell, datetime) else cell
            for name, cell in cells.items()
            if name not in {"lon", "lat"}
        }
        return {"type": "Feature", "geometry": point, "properties": properties}

    def _pages(self) -> Iterator[list[tuple[Incident, tuple[str, str]]]]:
        """Yield the incidents with who reported them, in the order in which they came."""
        if self._contact:
            asked = _asked(self._actor, self._query)
            self._database.write(
                lambda connection: record(connection, self._actor, ASKED, asked, PERSONAL)
            )
        if self._none:
            return
        last = 0
        with self._database.read() as connection:
            while True:
                asked_page = INCIDENTS.where(*self._limits, incident.c.id > last)
                page = asked_page.order_by(incident.c.id).limit(ROWS_AT_ONCE)
                found = [to_incident(row) for row in connection.execute(page)]
                if not found:
                    return
                last = found[-1].id
                people = self._people(connection, found) if self._contact else {}
                yield [(one, people.get(one.id, ("", ""))) for one in found]

    def _people(
        self, connection: sa.Connection, found: list[Incident]
    ) -> dict[int, tuple[str, str]]:
        """Return who reported the incidents of a page, after it is recorded of which ones."""
        numbers = {one.id: one.number for one in found}
        between = reporter.c.incident_id.between(found[0].id, found[-1].id)
        said = sa.or_(reporter.c.name != "", reporter.c.contact != "")
        known = sa.select(reporter.c.incident_id).where(between, said)
        shown = {ident for ident in connection.execute(known).scalars() if ident in numbers}
        subjects = [numbers[ident] for ident in sorted(shown)]
        self._database.write(
            lambda log: record_each(log, self._actor, HANDED_OUT, subjects, PERSONAL)
        )
        rows = connection.execute(sa.select(reporter).where(between))
        # Whoever came between is not on the record.
        return {
            row.incident_id: (row.name, row.contact) for row in rows if row.incident_id in shown
        }

    def _cells(self, one: Incident, personal: tuple[str, str], spreadsheet: bool) -> list[Cell]:
        """Return the cells of an incident, one for each of `columns`."""
        to = one.assignee
        cells: list[Cell] = [getattr(one, name) for name in _BEFORE]
        codes = one.location.get("codes", {})
        overlays = one.location.get("overlays", {})
        cells += [codes.get(layer) for layer in self._layers]
        cells += [";".join(overlays.get(layer, ())) or None for layer in self._overlays]
        cells += [to.level, to.code, to.role] if to else [None, None, None]
        cells.append(one.merged_into)
        cells += [getattr(one, name) for name in _TIMES]
        cells.append(one.synthetic)
        if self._contact:
            cells += personal
        synthetic = one.synthetic or bool(self._city.manifest.synthetic)
        cells.append(SYNTHETIC_NOTE if synthetic else None)
        cells = [str(cell) if isinstance(cell, str) else cell for cell in cells]
        if spreadsheet:
            for at, name in enumerate(self.columns):
                cell = cells[at]
                if isinstance(cell, datetime):
                    cells[at] = _iso(cell, self._zone)
                elif name in _TYPED and isinstance(cell, str):
                    cells[at] = neutralised(cell)
        return cells


def _asked(actor: Actor, query: Query) -> str:
    """Return which incidents are asked for, as the audit log has it."""
    parts = [f"area={actor.area or 'city'}"]
    for field in fields(Query):
        value = getattr(query, field.name)
        if field.name not in _OF_A_PAGE and value != field.default:
            shown = ",".join(map(str, value)) if isinstance(value, tuple) else value
            parts.append(f"{field.name}={shown}")
    text = " ".join(parts).replace(NUL, "\ufffd")
    return text if len(text) <= _MAX_ASKED else text[: _MAX_ASKED - 1] + "…"


def _iso(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat()
