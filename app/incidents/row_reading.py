"""Rows of a table as incidents with their past, by a mapping; or why a row is none."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from app.errors import BadInputError
from app.grids import City
from app.incidents.backfill import numbered_day
from app.incidents.checks import MAX_ACCURACY_M
from app.incidents.incident import CITY_LEVEL, Assignee, Draft, Source
from app.incidents.lifecycle import OPEN, Move, Status
from app.incidents.mapping import VALUED, Mapping
from app.incidents.past import Known, Past, Step, check_past
from app.incidents.policy import Policy
from app.incidents.row_times import TimeReader
from app.locate.rows import parse_degrees
from app.tables import Batch, Table, text_of
from app.tables.cells import whole
from app.tables.formulas import restored

ACTOR = "导入 import"
NOTE = "由其他系统导入 taken over from another system"
# Clocks of other systems may be ahead.
_AHEAD = timedelta(days=1)
_TITLE_LENGTH = 60
_QUOTED = 40
# What makes a report the same report, whatever became of it since.
_CONTENT = (
    "hazard", "title", "description", "lon", "lat", "datum", "address", "occurred_at",
    "reported_at", "reporter_name", "reporter_contact",
)  # fmt: skip
_TEXTS = (
    "number", "external_source", "external_id", "hazard", "severity", "title", "description",
    "datum", "address", "source", "status", "merged_into", "assignee_level", "assignee_code",
    "assignee_role", "reporter_name", "reporter_contact", "synthetic",
)  # fmt: skip
_TIMES = ("occurred_at", "reported_at", "updated_at", "dispatched_at", "closed_at", "due_at")
_NUMBERS = ("lon", "lat", "accuracy_m")
_AT_WORK = {
    Status.DISPATCHED: (),
    Status.HANDLING: (Move.ACCEPT,),
    Status.FEEDBACK: (Move.REPORT_BACK,),
    Status.VERIFIED: (Move.REPORT_BACK, Move.VERIFY),
    Status.CLOSED: (Move.REPORT_BACK, Move.VERIFY, Move.CLOSE),
}
_ASSIGNEE = {"assignee_level": 32, "assignee_code": 64, "assignee_role": 64}


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row of a table.

    Attributes
    ----------
    past : Past or None
        The incident; None where the row is unusable.
    fault : BadInputError or None
        Why it is.
    by_content : bool
        Whether its external id was made of its content, because the row has none.
    """

    past: Past | None
    fault: BadInputError | None = None
    by_content: bool = False


class RowReader:
    """Reads the rows of a table.

    Parameters
    ----------
    table
        Whose rows these are.
    mapping
        Which column is which field.
    policy, city
        Name hazards, numbers and levels.
    now
        The instant of the import: reports without a time come then.

    Raises
    ------
    BadInputError
        If the columns of the table do not fit the mapping.
    """

    def __init__(
        self, table: Table, mapping: Mapping, policy: Policy, city: City, now: datetime
    ) -> None:
        self._mapping = mapping
        self._policy = policy
        self._now = now
        self._places = mapping.places(table.columns)
        # Only what goes into a spreadsheet is made harmless by an apostrophe.
        self._restore = Path(table.path).suffix.lower() != ".parquet"
        self._times = TimeReader(mapping.time_zone, mapping.time_formats)
        self._levels = {
            CITY_LEVEL,
            *(one.id for one in city.levels),
            *(o.id for o in city.overlays),
        }

    def read(self, batch: Batch) -> list[ReadRow]:
        """Return the rows of a batch in order."""
        cells = {name: batch.cells(place) for name, place in self._places.items()}
        texts = {name: self._texts(cells[name]) for name in cells}
        numbers, wrong = self._numbers(batch)
        rows = []
        for at in range(len(batch)):
            try:
                if at in batch.faults:
                    raise BadInputError(batch.faults[at])
                row = _Row({name: column[at] for name, column in texts.items()})
                for name in _TIMES:
                    if name in cells:
                        row.times[name] = self._times.read(name, cells[name][at])
                for name, values in numbers.items():
                    if row.texts.get(name, "").strip():
                        if at in wrong[name]:
                            raise BadInputError(wrong[name][at])
                        row.numbers[name] = float(values[at])
                rows.append(self._past(row))
            except BadInputError as error:
                rows.append(ReadRow(None, error))
        return rows

    def _texts(self, cells: list[Any]) -> list[str]:
        texts = [text_of(whole(cell)) for cell in cells]
        return [restored(text) for text in texts] if self._restore else texts

    def _numbers(self, batch: Batch) -> tuple[dict[str, Any], dict[str, dict[int, str]]]:
        numbers, wrong = {}, {}
        for name in _NUMBERS:
            if name in self._places:
                column = batch.columns[self._places[name]]
                numbers[name], wrong[name] = parse_degrees(column, name)
        return numbers, wrong

    def _past(self, row: _Row) -> ReadRow:
        """Return the incident of a row; raises BadInputError for the first thing wrong with it."""
        meant = {name: self._meant(row, name) for name in VALUED}
        draft, by_content = self._draft(row, meant)
        reported_at = row.time("reported_at") or row.time("occurred_at") or self._now
        number = row.text("number") or None
        if number is not None:
            numbered_day(number, self._policy)
        status = meant["status"]
        if status is None:
            status = Status.CLOSED if row.time("closed_at") else Status.REPORTED
        past = Past(
            draft=draft,
            reported_at=reported_at,
            reported_by=ACTOR,
            steps=_steps(row, status, reported_at),
            number=number,
            known=Known(self._assignee(row), row.time("updated_at"), row.time("due_at")),
        )
        for at in (reported_at, draft.occurred_at or reported_at, *(s.at for s in past.steps)):
            if at > self._now + _AHEAD:
                raise BadInputError(
                    f"{at.isoformat()} is yet to come",
                    message_zh=f"{at.isoformat()} 晚于当前时间",
                )
        check_past(past, self._policy)
        return ReadRow(past, None, by_content)

    def _draft(self, row: _Row, meant: dict[str, Any]) -> tuple[Draft, bool]:
        if meant["hazard"] is None:
            raise BadInputError("hazard is empty", message_zh="类别为空")
        source, ident = row.text("external_source") or None, row.text("external_id") or None
        by_content = ident is None and not row.text("number")
        if by_content:
            ident = _content_id(row)
        if ident is not None:
            source = source or self._mapping.external_source
        elif source is not None:
            raise BadInputError("external_source is given, but external_id is empty")
        accuracy_m = row.numbers.get("accuracy_m", 0.0)
        if not 0 <= accuracy_m <= MAX_ACCURACY_M:
            raise BadInputError(
                f"accuracy_m is {accuracy_m}, allowed is 0 to {MAX_ACCURACY_M:.0f} metres"
            )
        draft = Draft(
            hazard=meant["hazard"],
            title=row.text("title") or self._title(row),
            severity=meant["severity"] or 2,
            description=row.texts.get("description", ""),
            lon=row.numbers.get("lon"),
            lat=row.numbers.get("lat"),
            datum=row.text("datum") or self._mapping.datum,
            accuracy_m=accuracy_m,
            address=row.texts.get("address", ""),
            source=meant["source"] or Source.IMPORT,
            reporter_name=row.texts.get("reporter_name", ""),
            reporter_contact=row.texts.get("reporter_contact", ""),
            occurred_at=row.time("occurred_at") or row.time("reported_at") or self._now,
            external_source=source,
            external_id=ident,
            synthetic=bool(meant["synthetic"]),
        )
        return draft, by_content

    def _title(self, row: _Row) -> str:
        """Return the title of a row that has none: the beginning of its description."""
        if "title" in self._mapping.defaults:
            return self._mapping.defaults["title"]
        first = next(iter(row.texts.get("description", "").strip().splitlines()), "").strip()
        return first if len(first) <= _TITLE_LENGTH else first[: _TITLE_LENGTH - 1] + "…"

    def _meant(self, row: _Row, name: str) -> Any:  # noqa: ANN401 - of the field's own type
        """Return what the cell of a field means; None where it is empty and nothing stands in."""
        text = row.texts.get(name, "").strip() or self._mapping.defaults.get(name, "")
        if not text:
            return None
        values = self._mapping.values[name]
        found = values.get(text.casefold())
        if found is None:
            quoted = text if len(text) <= _QUOTED else text[:_QUOTED] + "…"
            allowed = ", ".join(dict.fromkeys(str(one) for one in values.values()))
            raise BadInputError(
                f"{name} is {quoted!r}, allowed are {allowed}",
                message_zh=f"{name} 为 {quoted!r}，可用：{allowed}",
            )
        return found

    def _assignee(self, row: _Row) -> Assignee | None:
        level = row.text("assignee_level")
        if not level:
            return None
        if level not in self._levels:
            raise BadInputError(
                f"assignee_level is {level!r:.40}, allowed are {', '.join(sorted(self._levels))}"
            )
        parts = {name: row.text(name) for name in _ASSIGNEE}
        for name, longest in _ASSIGNEE.items():
            if len(parts[name]) > longest or "\x00" in parts[name]:
                raise BadInputError(f"{name} is {parts[name]!r:.40}, allowed are {longest} letters")
        return Assignee(level, parts["assignee_code"], parts["assignee_role"])


class _Row:
    """The cells of a row by field: as text, as instant, as number."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts
        self.times: dict[str, datetime | None] = {}
        self.numbers: dict[str, float] = {}

    def text(self, name: str) -> str:
        """Return a text of which an empty one is none at all."""
        text = self.texts.get(name, "")
        return text if text.strip() else ""

    def time(self, name: str) -> datetime | None:
        return self.times.get(name)


def _content_id(row: _Row) -> str:
    """Return an id made of what was reported: the same in every run, and of every equal row."""
    content = [row.texts.get(name, "") for name in _CONTENT]
    raw = json.dumps(content, ensure_ascii=True).encode()
    return "sha256:" + hashlib.sha256(raw).hexdigest()[:40]


def _steps(row: _Row, status: Status, reported_at: datetime) -> tuple[Step, ...]:
    """Return moves that lead to a status, at the times that are known.

    A move whose time is not known is dated by the next that is.
    """
    dispatched_at, closed_at = row.time("dispatched_at"), row.time("closed_at")
    into = row.text("merged_into")
    _agree(status, "closed_at", closed_at, status not in OPEN, True)
    _agree(status, "merged_into", into, status is Status.MERGED, True)
    _agree(status, "dispatched_at", dispatched_at, status in {*_AT_WORK, Status.MERGED}, False)
    if status is Status.REPORTED:
        return ()
    last = closed_at or max(row.time("updated_at") or reported_at, dispatched_at or reported_at)
    step: Callable[[Move, datetime], Step] = lambda move, at: Step(at, move, ACTOR, NOTE)  # noqa: E731
    if status is Status.FILED:
        return (step(Move.FILE, last),)
    if status is Status.REJECTED:
        return (step(Move.REJECT, last),)
    if status is Status.CLOSED and dispatched_at is None:
        return (step(Move.SETTLE, last),)
    steps = []
    if dispatched_at is not None or status is not Status.MERGED:
        begun = dispatched_at or last
        steps += [step(Move.FILE, begun), step(Move.DISPATCH, begun)]
    if status is Status.MERGED:
        return (*steps, Step(last, Move.MERGE, ACTOR, NOTE, into))
    return (*steps, *(step(move, last) for move in _AT_WORK[status]))


def _agree(status: Status, name: str, value: object, fits: bool, needed: bool) -> None:
    """Refuse a cell that contradicts the status, or that a status needs and is empty."""
    if value and not fits:
        raise BadInputError(
            f"status is {status}, but {name} is given",
            message_zh=f"status 为 {status}，却填写了 {name}",
        )
    if fits and needed and not value:
        raise BadInputError(
            f"status is {status}, but {name} is empty",
            message_zh=f"status 为 {status}，但 {name} 为空",
        )
