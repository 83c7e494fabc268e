"""The book of corrections: tried out, made, undone, listed; nothing is ever taken out of it.

Each change is one transaction: the correction or its undoing, its event, a record of the audit
log. A counter gives events their numbers and keeps them in order (app.incidents.feed), so writers
of corrections take turns, and each sees what the one before it did.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.accounts import Actor, Permission
from app.accounts.audit import record
from app.addresses.amendments import AmendedAlias, AmendedPoint, Amendments
from app.addresses.match import Query
from app.addresses.matcher import Matcher
from app.addresses.normalise import key
from app.addresses.same_place import is_same
from app.corrections.check_alias import check_alias
from app.corrections.check_place import check_place
from app.corrections.correction import (
    Before,
    Content,
    Correction,
    Draft,
    Kind,
    State,
    Touched,
    Trial,
)
from app.corrections.fields import MAX_NOTE, check_field, without_private
from app.corrections.records import (
    CORRECTIONS,
    MADE,
    MADE_SEQ,
    UNDONE,
    amendments_of,
    head_of,
    states_of,
    to_correction,
    to_values,
)
from app.corrections.standing import Ground, Standing
from app.corrections.tables import correction, correction_event, correction_grid
from app.errors import ConflictError, NotFoundError
from app.incidents.feed import next_value
from app.locate import Locator
from app.store import Database, utc_now

COUNTER = "corrections"


@dataclass(frozen=True, slots=True)
class InEffect:
    """The corrections in effect.

    Attributes
    ----------
    seq : int
        Number of the newest event that they include.
    corrections : tuple of Correction
        In the order in which they were made.
    """

    seq: int
    corrections: tuple[Correction, ...]

    @property
    def amendments(self) -> Amendments:
        """What they lay over the gazetteer."""
        return amendments_of(self.corrections)

    @property
    def points(self) -> dict[str, AmendedPoint]:
        """What they say of places, by id."""
        amended = {one.id: one.content.amended for one in self.corrections}
        return {ident: one for ident, one in amended.items() if isinstance(one, AmendedPoint)}

    @property
    def aliases(self) -> dict[str, AmendedAlias]:
        """What they say of names, by id."""
        amended = {one.id: one.content.amended for one in self.corrections}
        return {ident: one for ident, one in amended.items() if isinstance(one, AmendedAlias)}


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
            if before is not None:
                asked = asked.where(before > MADE_SEQ)
            found: list[Correction] = []
            for row in connection.execution_options(yield_per=200).execute(asked):
                if state is None or states[row.id] is state:
                    found.append(to_correction(row, states))
                    if len(found) == limit:
                        break
            return tuple(found)

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
        return self.check(actor, draft, matcher, self.in_effect())

    def check(self, actor: Actor, draft: Draft, matcher: Matcher, in_effect: InEffect) -> Trial:
        """Return what a correction would do beside those that are in effect; see `try_out`."""
        standing = Standing(matcher, in_effect.points)
        note = check_field("note", draft.note.strip(), MAX_NOTE)
        text = without_private(draft.text)
        if draft.kind is Kind.PLACE:
            place = check_place(self.ground, standing, draft)
            content = Content(Kind.PLACE, text, note, place.words, place.point, None)
            grids = [place.point.grid, *(one.grid for one in place.replaced if one.grid)]
            trial = Trial(
                content,
                place.filled,
                _ask(matcher, draft.text),
                place.replaced,
                place.replaces,
                place.touched,
                *self.ground.chains(grids),
            )
        else:
            named = check_alias(standing, draft)
            content = Content(Kind.ALIAS, text, note, {}, None, named.alias)
            same = [
                ident
                for ident, one in in_effect.aliases.items()
                if key(one.alias) == key(named.alias.alias)
            ]
            trial = Trial(
                content,
                (),
                _ask(matcher, draft.text),
                (),
                same[-1] if same else "",
                named.touched,
                *self.ground.chains(named.grids),
            )
        actor.require_area(trial.whole)
        if actor.area is not None:
            self._refuse_touching_others(actor, standing, trial.touched)
        return trial

    def _refuse_touching_others(
        self, actor: Actor, standing: Standing, touched: Sequence[Touched]
    ) -> None:
        """Refuse to change how names of other areas are read."""
        for one in touched:
            if one.how == "new":
                continue
            for kind, places in standing.gazetteer.places.items():
                if str(kind) != one.kind:
                    continue
                for ident in standing.named(kind, one.name, one.town):
                    whole = self.ground.chains(standing.grids_of(kind, ident))[1]
                    if whole and places is not None:
                        actor.require_area(whole)

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
        ident: str = "",
        made_at: datetime | None = None,
        made_by: str = "",
    ) -> Correction:
        """Write a correction that was tried out; see `add`.

        Parameters
        ----------
        ident, made_at, made_by
            Of a correction that comes from elsewhere.
        """
        if trial.touched and not confirmed:
            raise _unconfirmed(trial)
        ident = ident or str(uuid.uuid4())
        now = self._clock()

        def work(connection: Connection) -> Correction:
            seq = next_value(connection, COUNTER)
            known = _same_as(connection, trial.content)
            if known != (replaces or None):
                raise _taken(connection, known, replaces)
            values = to_values(ident, replace(trial, replaces=replaces), self._generation)
            connection.execute(sa.insert(correction).values(values))
            made = _event(seq, ident, MADE, made_at or now, actor, "")
            if made_by:
                made |= {"actor_id": None, "actor": made_by}
            connection.execute(sa.insert(correction_event).values(made))
            codes = [{"code": code, "correction_id": ident} for code in sorted(trial.seen)]
            if codes:
                connection.execute(sa.insert(correction_grid), codes)
            record(connection, actor, "correct_address", ident, _fields(trial.content))
            return _get(connection, None, ident)

        try:
            return self._database.write(work)
        except sa.exc.IntegrityError:
            raise ConflictError(
                f"there is a correction {ident} already",
                "Look at it: an import brings each once.",
                message_zh=f"已有编号为 {ident} 的改正",
                hint_zh="请先查看：同一改正只导入一次。",
            ) from None

    def undo(
        self,
        actor: Actor,
        ident: str,
        note: str = "",
        *,
        undone_at: datetime | None = None,
        undone_by: str = "",
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
        note = check_field("note", note.strip(), MAX_NOTE)
        now = self._clock()

        def work(connection: Connection) -> Correction:
            seq = next_value(connection, COUNTER)
            found = _get(connection, actor, ident)
            actor.require_area(found.whole)
            if found.undone_at is not None:
                raise ConflictError(
                    f"{found.undone_by!r} undid it already, at {found.undone_at.isoformat()}",
                    "Make the correction again if it should hold after all.",
                    message_zh=f"“{found.undone_by}”已于 {found.undone_at.isoformat()} 撤销",
                    hint_zh="如仍需要，请重新改正。",
                    details={
                        "undone_by": found.undone_by,
                        "undone_at": found.undone_at.isoformat(),
                    },
                )
            event = _event(seq, found.id, UNDONE, undone_at or now, actor, note)
            if undone_by:
                event |= {"actor_id": None, "actor": undone_by}
            connection.execute(sa.insert(correction_event).values(event))
            record(connection, actor, "undo_correction", found.id, _fields(found.content))
            return _get(connection, None, found.id)

        return self._database.write(work)

    @property
    def _generation(self) -> str:
        return self.ground.city.manifest.generation


def _ask(matcher: Matcher, text: str) -> Before:
    """Return how an address is answered now."""
    if not text.strip():
        return Before("", "", matcher.gazetteer.version)
    found = matcher.assign(Query(text))
    return Before(str(found.status), found.grid, matcher.gazetteer.version)


def _fields(content: Content) -> list[str]:
    return ["alias", "target"] if content.alias is not None else [*content.words, "lon", "lat"]


def _event(
    seq: int, ident: str, kind: str, at: datetime, actor: Actor, note: str
) -> dict[str, Any]:
    return {
        "seq": seq,
        "correction_id": ident,
        "kind": kind,
        "at": at,
        "actor_id": actor.id,
        "actor": actor.label,
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
    return InEffect(head_of(connection), tuple(found))


def _same_as(connection: Connection, content: Content) -> str | None:
    """Return the correction in effect that says something of the same thing."""
    known = _in_effect(connection)
    if content.alias is not None:
        wanted = key(content.alias.alias)
        same = [ident for ident, one in known.aliases.items() if key(one.alias) == wanted]
    else:
        same = [ident for ident, one in known.points.items() if is_same(content.words, one.words)]
    return same[-1] if same else None


def _taken(connection: Connection, known: str | None, replaces: str) -> ConflictError:
    if known is None:
        return ConflictError(
            f"replaces is {replaces!r:.80}, which is no correction of this that is in effect",
            "Load the list again; leave replaces out if there is none.",
            message_zh=f"replaces 为 {replaces!r:.80}，并非对同一地址仍有效的改正",
            hint_zh="请刷新列表；若无，请不填 replaces。",
        )
    earlier = _get(connection, None, known)
    return ConflictError(
        f"{earlier.made_by!r} corrected the same at {earlier.made_at.isoformat()}",
        f"Undo that one, or say that this one replaces it: replaces {known}.",
        message_zh=f"“{earlier.made_by}”已于 {earlier.made_at.isoformat()} 改正过同一地址",
        hint_zh=f"请先撤销该改正，或注明以本次替换：replaces {known}。",
        details={
            "in_effect": known,
            "made_by": earlier.made_by,
            "made_at": earlier.made_at.isoformat(),
        },
    )


def _unconfirmed(trial: Trial) -> ConflictError:
    names = "、".join(dict.fromkeys(one.name for one in trial.touched))
    return ConflictError(
        f"it touches other names: {names}",
        "Look at them (touched), then send it again with confirmed.",
        message_zh=f"会影响其他名称：{names}",
        hint_zh="请核对后再次提交并确认（confirmed）。",
        details={"touched": [asdict(one) for one in trial.touched]},
    )

