"""Corrections of a file brought into a book: first tried out, then written, row by row."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from app.accounts import Actor
from app.addresses.amended import amended_in_memory
from app.addresses.home import Home
from app.addresses.matcher import Matcher
from app.corrections.book import Book, Past
from app.corrections.correction import Before, Content, Correction, Kind, State, Trial
from app.corrections.fields import MAX_NOTE, check_field
from app.corrections.files import COLUMNS, Row, draft_of, time_of
from app.corrections.in_effect import InEffect
from app.corrections.records import states
from app.corrections.trying import try_out
from app.errors import BadInputError, ConflictError, WeigeError

# Ids that are made of what a row says, for rows that bring none.
_OWN_IDS = uuid.UUID("6f0b8f0e-5d0c-4f7e-9a1e-2f4d1c6f9b11")
_MAX_ID = 36
OWN_COLUMNS = ("correction_status", "correction_reason", "correction_id")

Chain = dict[str, tuple[str | None, bool]]


class RowStatus(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    SAME = "same"
    UNDONE = "undone"
    REFUSED = "refused"


@dataclass(slots=True)
class Brought:
    """One row of a file, and what becomes of it.

    Attributes
    ----------
    row : dict of str to str
    status : RowStatus
    reason : str
        Why it is refused, or which other names it touches.
    id : str
        Of the correction.
    """

    row: Row
    status: RowStatus
    reason: str
    id: str


class BringIn:
    """Brings the rows of a file into a book.

    Places come before names, which may name them. A correction is known by its id: a second run
    changes nothing. One that the file says is undone is undone here too; one that was undone here
    stays undone.

    Parameters
    ----------
    book
        Where they go.
    actor
        Who brings them.
    rows
        As `app.corrections.files.rows_of` yields them.
    language
        Of reasons: zh or en.
    """

    def __init__(
        self, book: Book, actor: Actor, rows: Iterable[tuple[Row, str]], language: str = "en"
    ) -> None:
        self._book = book
        self._actor = actor
        self._zh = language == "zh"
        self._trials: dict[int, Trial] = {}
        self._known: dict[str, Correction] = {}
        self._chain: Chain = {}
        self.rows = [
            Brought(row, RowStatus.REFUSED if fault else RowStatus.NEW, fault, _id_of(row))
            for row, fault in rows
        ]

    def count(self, status: RowStatus) -> int:
        """Return how many rows have a status."""
        return sum(one.status is status for one in self.rows)

    def try_out(self, advance: Callable[[int], None] = lambda _: None) -> None:
        """Check every row; nothing is written."""
        self._known = {one.id: one for one in self._book.everything(self._actor)}
        self._chain = {
            one.id: (one.replaces or None, one.undone_at is not None)
            for one in self._known.values()
        }
        seen: set[str] = set()
        for kind in (Kind.PLACE, Kind.ALIAS, None):
            matcher = self._matcher()
            for at, one in self._of_kind(kind):
                advance(1)
                try:
                    if one.id in seen:
                        raise BadInputError(
                            f"id {one.id} is there twice", message_zh=f"编号 {one.id} 重复"
                        )
                    seen.add(one.id)
                    self._try(at, one, matcher)
                except WeigeError as error:
                    self._refuse(one, error)

    def commit(self, advance: Callable[[int], None] = lambda _: None) -> None:
        """Write what was tried out, each row in a transaction of its own.

        Raises
        ------
        UnavailableError
            If the database cannot be written to; what was written before stays, and a second run
            passes over it.
        """
        for kind in (Kind.PLACE, Kind.ALIAS):
            for at, one in self._of_kind(kind):
                advance(1)
                try:
                    if one.status is RowStatus.NEW:
                        self._book.write(
                            self._actor,
                            self._trials[at],
                            one.row["replaces"],
                            confirmed=True,
                            past=_past_of(one),
                        )
                    elif one.status is RowStatus.UNDONE:
                        self._book.undo(self._actor, one.id, past=_past_of(one))
                except ConflictError as error:  # somebody else was faster
                    self._refuse(one, error)

    def report(self) -> list[list[str]]:
        """Return the columns that a report appends; see `OWN_COLUMNS`."""
        return [
            [str(one.status) for one in self.rows],
            [one.reason for one in self.rows],
            [one.id for one in self.rows],
        ]

    def _of_kind(self, kind: Kind | None) -> list[tuple[int, Brought]]:
        """Return the rows of a kind that are not refused; None for rows of no kind."""
        return [
            (at, one)
            for at, one in enumerate(self.rows)
            if one.status is not RowStatus.REFUSED
            and (one.row["kind"] == kind if kind else one.row["kind"] not in set(Kind))
        ]

    def _refuse(self, one: Brought, error: WeigeError) -> None:
        one.status = RowStatus.REFUSED
        one.reason = error.message_zh if self._zh else error.message

    def _try(self, at: int, one: Brought, matcher: Matcher) -> None:
        row = one.row
        draft = draft_of(row)
        past = _past_of(one)
        if one.id in self._known:
            gone = past.undone_at is not None and self._known[one.id].undone_at is None
            one.status = RowStatus.UNDONE if gone else RowStatus.SAME
            if gone:
                self._chain[one.id] = (self._chain[one.id][0], True)
            return
        if draft.replaces and draft.replaces not in self._chain:
            raise BadInputError(
                f"replaces is {draft.replaces!r:.80}, which is no correction here or before",
                message_zh=f"replaces 为 {draft.replaces!r:.80}，此前没有该改正",
            )
        trial = try_out(self._book.ground, self._actor, draft, matcher, self._in_effect())
        if past.undone_at is None and trial.replaces not in {"", draft.replaces}:
            raise BadInputError(
                f"correction {trial.replaces} of the same is in effect",
                message_zh=f"同一地址已有仍有效的改正 {trial.replaces}",
            )
        if row["before_version"]:
            before = Before(row["before_status"], row["before_grid"], row["before_version"])
            trial = replace(trial, before=before)
        self._trials[at] = trial
        self._chain[one.id] = (draft.replaces or None, past.undone_at is not None)
        names = "、".join(dict.fromkeys(touched.name for touched in trial.touched))
        if names:
            one.reason = f"影响其他名称：{names}" if self._zh else f"touches other names: {names}"

    def _in_effect(self) -> InEffect:
        state = states(self._chain)
        contents: dict[str, Content] = {ident: one.content for ident, one in self._known.items()}
        contents |= {self.rows[at].id: trial.content for at, trial in self._trials.items()}
        return InEffect.of(
            {ident: one for ident, one in contents.items() if state[ident] is State.IN_EFFECT}
        )

    def _matcher(self) -> Matcher:
        """Return the matcher of the gazetteer with all that holds so far."""
        ground = self._book.ground
        amendments = self._in_effect().amendments
        gazetteer = amended_in_memory(ground.locator, ground.tables, amendments)
        return Matcher(gazetteer, None, Home.of(ground.city.manifest.name))


def _past_of(one: Brought) -> Past:
    row: Mapping[str, str] = one.row
    return Past(
        check_field("id", one.id, _MAX_ID),
        time_of("made_at", row["made_at"]),
        check_field("made_by", row["made_by"], _MAX_ID),
        time_of("undone_at", row["undone_at"]),
        check_field("undone_by", row["undone_by"], _MAX_ID),
        check_field("undo_note", row["undo_note"], MAX_NOTE),
    )


def _id_of(row: Row) -> str:
    """Return the id of a row, or one made of what it says, so that a second run knows it again."""
    said = "\x1f".join(f"{name}={row[name]}" for name in COLUMNS)
    return row["id"] or str(uuid.uuid5(_OWN_IDS, said))
