"""The book of corrections: tried out, made, undone, listed; nothing is ever taken out of it.

Each change is one transaction: the correction or its undoing, its event, a record of the audit
log. A counter gives events their numbers and keeps them in order (app.incidents.feed), so writers
of corrections take turns, and each sees what the one before it did.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.accounts import Actor, Permission
from app.accounts.audit import record
from app.addresses.matcher import Matcher
from app.corrections.conflicts import (
    known_already,
    replaces_nothing,
    taken,
    unconfirmed,
    undone_already,
)
from app.corrections.correction import Content, Correction, Draft, State, Trial
from app.corrections.fields import MAX_NOTE, check_field
from app.corrections.in_effect import InEffect
from app.corrections.records import (
    CORRECTIONS,
    MADE,
    MADE_SEQ,
    UNDONE,
    head_of,
    states_of,
    to_correction,
    to_values,
)
from app.corrections.standing import Ground
from app.corrections.tables import correction, correction_event, correction_grid
from app.corrections.trying import try_out
from app.errors import NotFoundError
from app.incidents.feed import next_value
from app.locate import Locator
from app.store import Database, utc_now

COUNTER = "corrections"
# So many are read at once.
_READ = 500


@dataclass(frozen=True, slots=True)
class Past:
    """Of a correction that comes from elsewhere: its id, who made it when, and who undid it."""

    id: str
    made_at: datetime | None = None
    made_by: str = ""
    undone_at: datetime | None = None
    undone_by: str = ""
    undo_note: str = ""


class Book:
    """All corrections of a city's addresses.

    Parameters
    ----------
    database
        Where they are kept.
    locator
        Of the city.
    clock
        Returns the instant; for tests.
    """

    def __init__(
        self,
        database: Database,
        locator: Locator,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.ground = Ground(locator)
        self._database = database
        self._clock = clock

    # --- reading -----------------------------------------------------------------------------

    def head(self) -> int:
        """Return the number of the newest event, 0 before the first."""
        with self._database.read() as connection:
            return head_of(connection)

    def in_effect(self) -> InEffect:
        """Return the corrections in effect, whoever may see them."""
        with self._database.read() as connection:
            return _in_effect(connection)

    def page(
        self,
        actor: Actor,
        *,
        before: int | None = None,
        state: State | None = None,
        limit: int = 100,
    ) -> tuple[Correction, ...]:
        """Return corrections that an actor may see, the newest first.

        Parameters
        ----------
        actor
            Limited to its area.
        before
            Only those with a lower number: the last one of the page before.
        state
            Only those of this state.
        limit
            At most so many.

        Raises
        ------
        ForbiddenError
            If the actor does not dispatch.
        """
        actor.require(Permission.DISPATCH)
        with self._database.read() as connection:
            states = states_of(connection)
            asked = _seen_by(actor).order_by(MADE_SEQ.desc())
            found: list[Correction] = []
            while len(found) < limit:
                part = asked if before is None else asked.where(before > MADE_SEQ)
                rows = list(connection.execute(part.limit(_READ)))
                found += [
                    to_correction(row, states)
                    for row in rows
                    if state is None or states[row.id] is state
                ]
                if len(rows) < _READ:
                    break
                before = rows[-1].made_seq
            return tuple(found[:limit])

    def everything(self, actor: Actor) -> tuple[Correction, ...]:
        """Return all corrections that an actor may see, in the order in which they were made."""
        actor.require(Permission.DISPATCH)
        with self._database.read() as connection:
            states = states_of(connection)
            rows = connection.execute(_seen_by(actor).order_by(MADE_SEQ))
            return tuple(to_correction(row, states) for row in rows)

    def get(self, actor: Actor, ident: str) -> Correction:
        """Return one correction.

        Raises
        ------
        NotFoundError
            If the actor sees none of this id.
        ForbiddenError
            If the actor does not dispatch.
        """
        actor.require(Permission.DISPATCH)
        with self._database.read() as connection:
            return _get(connection, actor, ident)

    # --- writing -----------------------------------------------------------------------------

    def try_out(self, actor: Actor, draft: Draft, matcher: Matcher) -> Trial:
        """Return what a correction would do; nothing is written.

        Parameters
        ----------
        actor
            Who makes it; limited to its area.
        draft
            What is to be corrected.
        matcher
            Of the gazetteer as it stands.

        Raises
        ------
        BadInputError
            If it is no correction that an import would take; says why.
        ForbiddenError
            If the actor does not dispatch, or not there.
        """
        actor.require(Permission.DISPATCH)
        return try_out(self.ground, actor, draft, matcher, self.in_effect())

    def add(self, actor: Actor, draft: Draft, matcher: Matcher) -> Correction:
        """Make a correction.

        Parameters
        ----------
        actor, draft, matcher
            As in `try_out`.

        Raises
        ------
        BadInputError, ForbiddenError
            As in `try_out`.
        ConflictError
            If it touches other names and that is not confirmed (``touched`` of the details), or
            another correction of the same thing is in effect that it does not name as the one
            that it replaces (``in_effect`` of the details).
        """
        trial = self.try_out(actor, draft, matcher)
        return self.write(actor, trial, draft.replaces, confirmed=draft.confirmed)

    def write(
        self,
        actor: Actor,
        trial: Trial,
        replaces: str = "",
        *,
        confirmed: bool = False,
        past: Past | None = None,
    ) -> Correction:
        """Write a correction that was tried out; see `add`.

        Parameters
        ----------
        past
            Of a correction that comes from elsewhere. What it replaced may be undone by now.
        """
        if trial.touched and not confirmed:
            raise unconfirmed(trial)
        told = past or Past(str(uuid.uuid4()))
        ident, now = told.id, self._clock()

        def work(connection: Connection) -> Correction:
            seq = next_value(connection, COUNTER)
            if told.undone_at is None:
                self._refuse_taken(connection, trial.content, replaces, of_past=past is not None)
            values = to_values(ident, replace(trial, replaces=replaces), self._generation)
            connection.execute(sa.insert(correction).values(values))
            made = _event(seq, ident, MADE, told.made_at or now, actor, "", told.made_by)
            connection.execute(sa.insert(correction_event).values(made))
            codes = [{"code": code, "correction_id": ident} for code in sorted(trial.seen)]
            if codes:
                connection.execute(sa.insert(correction_grid), codes)
            record(connection, actor, "correct_address", ident, _fields(trial.content))
            if told.undone_at is not None:
                gone = next_value(connection, COUNTER)
                self._write_undone(connection, gone, actor, trial.content, told)
            return _get(connection, None, ident)

        try:
            return self._database.write(work)
        except sa.exc.IntegrityError:
            raise known_already(ident) from None

    @staticmethod
    def _refuse_taken(
        connection: Connection, content: Content, replaces: str, *, of_past: bool
    ) -> None:
        """Refuse a correction of what another one corrects, unless it says that it replaces it."""
        known = _in_effect(connection).same_as(content)
        if known == replaces:
            return
        if known:
            raise taken(_get(connection, None, known))
        if not of_past:
            raise replaces_nothing(replaces)

    def undo(
        self, actor: Actor, ident: str, note: str = "", *, past: Past | None = None
    ) -> Correction:
        """Undo a correction: it holds no more, and stays in the book.

        What it took the place of holds again. An undoing is not undone: who wants the correction
        back makes it again, and it is checked again.

        Raises
        ------
        NotFoundError
            If the actor sees none of this id.
        ForbiddenError
            If the actor does not dispatch, or it has to do with more than the actor's area.
        ConflictError
            If it was undone already; ``undone_by`` and ``undone_at`` of the details say by whom.
        """
        actor.require(Permission.DISPATCH)
        told = past or Past(ident, undo_note=check_field("note", note.strip(), MAX_NOTE))

        def work(connection: Connection) -> Correction:
            # First of all: until the transaction ends nobody else writes corrections.
            seq = next_value(connection, COUNTER)
            found = _get(connection, actor, ident)
            actor.require_area(found.whole)
            if found.undone_at is not None:
                raise undone_already(found)
            self._write_undone(connection, seq, actor, found.content, replace(told, id=found.id))
            return _get(connection, None, found.id)

        return self._database.write(work)

    def _write_undone(
        self, connection: Connection, seq: int, actor: Actor, content: Content, told: Past
    ) -> None:
        at = told.undone_at or self._clock()
        event = _event(seq, told.id, UNDONE, at, actor, told.undo_note, told.undone_by)
        connection.execute(sa.insert(correction_event).values(event))
        record(connection, actor, "undo_correction", told.id, _fields(content))

    @property
    def _generation(self) -> str:
        return self.ground.city.manifest.generation


def _fields(content: Content) -> list[str]:
    return ["alias", "target"] if content.alias is not None else [*content.words, "lon", "lat"]


def _event(
    seq: int, ident: str, kind: str, at: datetime, actor: Actor, note: str, by: str
) -> dict[str, Any]:
    """Return the columns of an event; `by` is who did it elsewhere."""
    return {
        "seq": seq,
        "correction_id": ident,
        "kind": kind,
        "at": at,
        "actor_id": None if by else actor.id,
        "actor": by or actor.label,
        "note": note,
    }


def _seen_by(actor: Actor) -> sa.Select[Any]:
    if actor.area is None:
        return CORRECTIONS
    here = sa.exists().where(
        correction_grid.c.correction_id == correction.c.id, correction_grid.c.code == actor.area
    )
    return CORRECTIONS.where(here)


def _get(connection: Connection, actor: Actor | None, ident: str) -> Correction:
    asked = CORRECTIONS if actor is None else _seen_by(actor)
    row = None
    if "\x00" not in ident:  # PostgreSQL refuses to look
        row = connection.execute(asked.where(correction.c.id == ident)).first()
    if row is None:
        raise NotFoundError(
            f"there is no correction {ident!r:.80}", message_zh=f"没有编号为 {ident!r:.80} 的改正"
        )
    return to_correction(row, states_of(connection))


def _in_effect(connection: Connection) -> InEffect:
    states = states_of(connection)
    rows = connection.execute(CORRECTIONS.order_by(MADE_SEQ))
    found = (to_correction(row, states) for row in rows if states[row.id] is State.IN_EFFECT)
    return InEffect.of({one.id: one.content for one in found}, head_of(connection))
