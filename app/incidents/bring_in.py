"""Incidents of a table taken in: every row is told what became of it, good ones are not held up.

First all rows are read, checked and located, and nothing is written. Then, if that is wanted, the
usable ones are taken in, some thousand in one transaction; what was merged goes with what it was
merged into. What is there already under its number or its external id stays as it is, so that a
second run adds nothing, and a run that was stopped is finished by another.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

import pyarrow as pa

from app.errors import BadInputError, ConflictError, TooLargeError, UnavailableError
from app.incidents.backfill import find_known, take_in
from app.incidents.lifecycle import Move
from app.incidents.mapping import Mapping
from app.incidents.past import NUMBER, Key, Past
from app.incidents.place import Place
from app.incidents.places import find_places
from app.incidents.policy import Policy
from app.incidents.row_reading import RowReader
from app.locate import Locator
from app.locate.rows import SYNTHETIC_NOTE
from app.store import Database, utc_now
from app.tables import Table
from app.tables.writing import XLSX_MAX_ROWS, XLSX_MAX_TEXT

PREFIX = "import_"
# In one transaction: enough to be quick, few enough that other writers need not wait for long.
ROWS_AT_ONCE = 5_000
Language = Literal["en", "zh"]


class RowStatus(StrEnum):
    """What became of a row."""

    NEW = "new"
    KNOWN = "known"
    UNUSABLE = "unusable"


@dataclass(slots=True)
class Row:
    """What became of a row of the table.

    Attributes
    ----------
    status : RowStatus
    number : str
        Of the incident; empty while it is not taken in.
    reason : str
        Why the row is unusable, or with which it is the same.
    past, place
        The incident, while it is still to be taken in.
    grid, location_status : str
        Where it lies.
    """

    status: RowStatus
    number: str = ""
    reason: str = ""
    past: Past | None = None
    place: Place | None = None
    grid: str = ""
    location_status: str = ""
    same_as: int | None = None


class BringIn:
    """Takes the incidents of one table in.

    Parameters
    ----------
    database, locator, policy
        As for `app.incidents.desk.Desk`.
    table
        The rows.
    mapping
        Which column is which field.
    language
        Of the reasons.
    now
        The instant of the import.

    Attributes
    ----------
    rows : list of Row
        One for each row of the table, in order, once `read` is done.
    by_content : int
        How many rows got an external id made of their content.

    Raises
    ------
    BadInputError
        If the columns of the table do not fit the mapping.
    """

    def __init__(
        self,
        database: Database,
        locator: Locator,
        policy: Policy,
        table: Table,
        mapping: Mapping,
        language: Language = "en",
        now: datetime | None = None,
    ) -> None:
        self.rows: list[Row] = []
        self.by_content = 0
        self._database = database
        self._locator = locator
        self._policy = policy
        self._table = table
        self._language = language
        self._reader = RowReader(table, mapping, policy, locator.city, now or utc_now())

    def read(self, progress: Callable[[int], None], *, for_xlsx: bool = False) -> None:
        """Read, check and locate all rows; nothing is written.

        Parameters
        ----------
        progress
            Is told how many more rows are done.
        for_xlsx
            Whether the report is to be an XLSX: what none can hold is refused now, not when
            incidents are in the database already.

        Raises
        ------
        TooLargeError
            If an XLSX cannot hold the report.
        """
        for batch in self._table.batches():
            if for_xlsx:
                _check_sheet(
                    len(self.rows) + len(batch), map(batch.cells, range(len(batch.columns)))
                )
            read = self._reader.read(batch)
            self.by_content += sum(one.by_content for one in read)
            made = [self._unusable(one.fault) if one.fault else Row(RowStatus.NEW, past=one.past)
                    for one in read]  # fmt: skip
            usable = [(row, row.past) for row in made if row.past is not None]
            places = find_places(self._locator, [past.draft for _, past in usable])
            for (row, _), place in zip(usable, places, strict=True):
                if isinstance(place, BadInputError):
                    self._refuse(row, place)
                    continue
                row.place = place
                row.grid = place.columns["grid"] or ""
                row.location_status = place.location["status"]
            self.rows += made
            progress(len(batch))
        self._find_same()
        self._find_known()
        self._check_merges()

    def commit(self, progress: Callable[[int], None]) -> None:
        """Take the new rows in.

        Parameters
        ----------
        progress
            Is told how many more rows are done.

        Raises
        ------
        UnavailableError
            If the database cannot be reached or written to; what was taken in before stays, and
            another run goes on from there.
        """
        for part in self._parts():
            self._take(part)
            progress(sum(map(len, part)))
        for row in self.rows:
            if row.same_as is not None:
                row.number = self.rows[row.same_as].number

    def counts(self) -> Counter[RowStatus]:
        """Return how many rows have which status."""
        return Counter(row.status for row in self.rows)

    @property
    def fields(self) -> list[pa.Field]:
        """What is appended to a row, before `PREFIX` is put to its name."""
        names = ["status", "number", "grid", "location_status", "reason"]
        names += ["data_note"] if self._locator.city.manifest.synthetic else []
        return [pa.field(name, pa.string()) for name in names]

    def report(self) -> Iterator[list[list[object]]]:
        """Yield the columns of the report batch by batch: those of the table, then its own."""
        done = 0
        for batch in self._table.batches():
            rows = self.rows[done : done + len(batch)]
            done += len(batch)
            own: list[list[object]] = [
                [str(row.status) for row in rows],
                [row.number or None for row in rows],
                [row.grid or None for row in rows],
                [row.location_status or None for row in rows],
                [row.reason or None for row in rows],
            ]
            if self._locator.city.manifest.synthetic:
                own.append([SYNTHETIC_NOTE] * len(rows))
            yield [*batch.columns, *own]

    def _unusable(self, why: BadInputError | ConflictError) -> Row:
        return self._refuse(Row(RowStatus.NEW), why)

    def _refuse(self, row: Row, why: BadInputError | ConflictError) -> Row:
        row.status, row.past = RowStatus.UNUSABLE, None
        row.reason = why.message_zh if self._language == "zh" else why.message
        return row

    def _new(self) -> Iterator[tuple[int, Row, Past]]:
        for at, row in enumerate(self.rows):
            if row.status is RowStatus.NEW and row.past is not None:
                yield at, row, row.past

    def _find_same(self) -> None:
        """Mark rows that tell of the same incident as an earlier one."""
        first: dict[Key, int] = {}
        for at, row, past in self._new():
            earlier = next((first[key] for key in past.keys if key in first), None)
            if earlier is None:
                first |= dict.fromkeys(past.keys, at)
                continue
            row.status, row.past, row.same_as = RowStatus.KNOWN, None, earlier
            row.reason = (
                f"与第 {earlier + 1} 行相同" if self._language == "zh" else
                f"the same as row {earlier + 1}"
            )  # fmt: skip

    def _find_known(self) -> None:
        """Mark rows that are in the database already."""
        new = list(self._new())
        found = find_known(self._database, [past for _, _, past in new])
        for (_, row, _), known in zip(new, found, strict=True):
            if isinstance(known, ConflictError):
                self._refuse(row, known)
            elif known is not None:
                row.status, row.number, row.past = RowStatus.KNOWN, known, None
        for row in self.rows:
            if row.same_as is not None:
                row.number = self.rows[row.same_as].number
                if self.rows[row.same_as].status is RowStatus.UNUSABLE:
                    row.status, row.reason = RowStatus.UNUSABLE, self.rows[row.same_as].reason

    def _check_merges(self) -> None:
        """Mark rows that are merged into what is not a new row, or not open then."""
        while True:
            named = {key: past for _, _, past in self._new() for key in past.keys}
            bad = [
                (row, merge.into)
                for _, row, past in self._new()
                for merge in past.steps
                if merge.move is Move.MERGE
                and not _is_open(_target(past, merge.into, named), merge.at)
            ]
            if not bad:
                return
            for row, into in bad:
                self._refuse(
                    row,
                    BadInputError(
                        f"it is merged into {into!r:.60}, which is no new row of this table that "
                        "is open then",
                        message_zh=f"并入的 {into!r:.60} 不是本表中当时尚未结束的新事件",
                    ),
                )

    def _groups(self) -> Iterator[list[int]]:
        """Yield rows that must go together: what is merged, with what it is merged into."""
        new = list(self._new())
        at_key = {key: at for at, _, past in new for key in past.keys}
        leader: dict[int, int] = {}

        def lead(at: int) -> int:
            while leader.get(at, at) != at:
                at = leader[at]
            return at

        for at, _, past in new:
            for step in past.steps:
                if step.move is Move.MERGE:
                    target = next(at_key[key] for key in _keys(past, step.into) if key in at_key)
                    leader[lead(at)] = lead(target)
        groups: dict[int, list[int]] = defaultdict(list)
        for at, _, _ in new:
            groups[lead(at)].append(at)
        # In the order of their reports: then few days are counted in one transaction.
        yield from sorted(groups.values(), key=lambda group: self._reported_at(group[0]))

    def _reported_at(self, at: int) -> datetime:
        past = self.rows[at].past
        assert past is not None  # noqa: S101 - of new rows
        return past.reported_at

    def _parts(self) -> Iterator[list[list[int]]]:
        part: list[list[int]] = []
        size = 0
        for group in self._groups():
            part.append(group)
            size += len(group)
            if size >= ROWS_AT_ONCE:
                yield part
                part, size = [], 0
        if part:
            yield part

    def _take(self, groups: list[list[int]]) -> None:
        """Take groups in in one transaction; if they cannot be, find which it is."""
        rows = [self.rows[at] for group in groups for at in group]
        located = [(row.past, row.place) for row in rows if row.past and row.place]
        try:
            taken = take_in(self._database, self._locator, self._policy, located)
        except UnavailableError:
            raise
        except (BadInputError, ConflictError) as error:
            if len(groups) == 1:
                for row in rows:
                    self._refuse(row, error)
                return
            middle = len(groups) // 2
            self._take(groups[:middle])
            self._take(groups[middle:])
            return
        for row, one in zip(rows, taken, strict=True):
            row.number, row.past, row.place = one.number, None, None
            row.status = RowStatus.NEW if one.new else RowStatus.KNOWN


def _keys(past: Past, into: str | None) -> list[Key]:
    return [(NUMBER, into or ""), (past.draft.external_source or "", into or "")]


def _target(past: Past, into: str | None, named: dict[Key, Past]) -> Past | None:
    return next((named[key] for key in _keys(past, into) if key in named), None)


def _is_open(past: Past | None, at: datetime) -> bool:
    if past is None or past.reported_at > at:
        return False
    ends = {Move.REJECT, Move.SETTLE, Move.CLOSE, Move.MERGE}
    return not any(step.move in ends and step.at < at for step in past.steps)


def _check_sheet(rows: int, columns: Iterator[list[object]]) -> None:
    longest = max(
        (len(one) for cells in columns for one in cells if isinstance(one, str)), default=0
    )
    for what, count, allowed in (
        ("a cell of %d characters", longest, XLSX_MAX_TEXT),
        ("%d rows with the header", rows + 1, XLSX_MAX_ROWS),
    ):
        if count > allowed:
            raise TooLargeError(
                f"the report would have {what % count}, XLSX holds {allowed}",
                "Write the report as CSV or Parquet.",
                message_zh=f"报告超出 XLSX 的限制：{count} > {allowed}",
                hint_zh="请将报告输出为 CSV 或 Parquet。",
            )
