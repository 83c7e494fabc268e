"""Writing incidents: reported, moved, changed, merged; every change is an event of the feed.

Each change is one transaction: the incident with its version raised, its event, and the event's
number in the feed. Who changes an incident names the version that was seen; if another was
faster, the change is refused, so that none is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.accounts import Actor, Permission
from app.errors import BadInputError, ConflictError
from app.incidents.changes import change, keep_reporter, load, load_numbered, lock, tell
from app.incidents.checks import check_changes, check_draft, check_text
from app.incidents.edits import edit_fields
from app.incidents.feed import next_value
from app.incidents.handover import as_it_is, assignee_of, check_move, hand_over, let_see
from app.incidents.incident import (
    Assignee,
    Changes,
    Draft,
    Incident,
    Kind,
    location_codes,
)
from app.incidents.ledger import NUL, find_visible
from app.incidents.lifecycle import OPEN, Move, Status, due
from app.incidents.place import find_place
from app.incidents.policy import Policy
from app.incidents.reach import require, require_known
from app.incidents.records import INCIDENTS, keep_grids, to_incident
from app.incidents.tables import incident
from app.incidents.words import is_blank
from app.locate import Locator
from app.store import Database, utc_now

# Clocks of other systems may be ahead.
_AHEAD = timedelta(days=1)


class Desk:
    """Where incidents are reported and changed.

    Parameters
    ----------
    database
        Where they are kept.
    locator
        Tells where they lie.
    policy
        How they are handled.
    clock
        Returns the instant; for tests.
    """

    def __init__(
        self,
        database: Database,
        locator: Locator,
        policy: Policy,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.policy = policy
        self._database = database
        self._locator = locator
        self._clock = clock

    def report(self, actor: Actor, draft: Draft) -> tuple[Incident, bool]:
        """Take a report in.

        Parameters
        ----------
        actor
            Who reports; limited to its area.
        draft
            What is reported.

        Returns
        -------
        incident : Incident
            The new one, or the one that came under the same external id before.
        new : bool
            Whether it is new.

        Raises
        ------
        BadInputError
            If a field is not usable; names the field, the value and what is allowed.
        ForbiddenError
            If the actor may not report, or not there.
        """
        actor.require(Permission.REPORT)
        hazard = self.policy.hazard(draft.hazard)
        check_draft(draft)
        now = self._clock()
        occurred_at = draft.occurred_at or now
        if occurred_at > now + _AHEAD:
            raise BadInputError(
                f"occurred_at is {occurred_at.isoformat()}, which is yet to come",
                "Check the date and the time zone.",
                message_zh=f"occurred_at 为 {occurred_at.isoformat()}，晚于当前时间",
                hint_zh="请检查日期与时区。",
            )
        place = find_place(
            self._locator,
            draft.lon,
            draft.lat,
            draft.datum,
            draft.accuracy_m,
            # Of a report without a place an area knows one thing: it is its own.
            draft.grid or actor.area,
        )
        codes = location_codes(place.location)
        actor.require_area(codes)

        def work(connection: Connection) -> tuple[Incident, bool]:
            if draft.external_id is not None:
                known = self._known(connection, draft)
                if known is not None:
                    require_known(actor, known)
                    return known, False
            day = now.astimezone(self.policy.time_zone).strftime("%Y%m%d")
            count = next_value(connection, f"number:{day}")
            values = place.columns | {
                "number": f"{self.policy.number_prefix}-{day}-{count:04d}",
                "version": 1,
                "status": str(Status.REPORTED),
                "hazard": hazard.id,
                "severity": draft.severity,
                "title": draft.title,
                "description": draft.description,
                "source": str(draft.source),
                "external_source": draft.external_source,
                "external_id": draft.external_id,
                "address": draft.address,
                "synthetic": draft.synthetic,
                "created_by": actor.id,
                "occurred_at": occurred_at,
                "reported_at": now,
                "updated_at": now,
                "due_at": due(hazard, draft.severity, Status.REPORTED, None, now),
            }
            ident = connection.execute(
                sa.insert(incident).values(values).returning(incident.c.id)
            ).scalar_one()
            keep_grids(connection, ident, place.location)
            keep_reporter(connection, ident, draft.reporter_name, draft.reporter_contact)
            made = load(connection, ident)
            data = {"hazard": hazard.id, "severity": draft.severity, "source": str(draft.source)}
            tell(connection, actor, Kind.REPORTED, None, made, now, data=data)
            return made, True

        try:
            return self._database.write(work)
        except sa.exc.IntegrityError:
            # Another process took the same external id in at the same moment: now it is known.
            return self._database.write(work)

    def _known(self, connection: Connection, draft: Draft) -> Incident | None:
        asked = INCIDENTS.where(
            incident.c.external_source == draft.external_source,
            incident.c.external_id == draft.external_id,
        )
        row = connection.execute(asked).first()
        return to_incident(row) if row is not None else None

    def move(
        self,
        actor: Actor,
        number: str,
        move: Move,
        version: int,
        note: str = "",
        assignee: Assignee | None = None,
    ) -> Incident:
        """Move an incident along its life cycle.

        Parameters
        ----------
        actor, number
            Who moves which incident.
        move
            One of the moves that its status allows; to merge, use `merge`.
        version
            The version that the actor has seen.
        note
            Why; some moves need it.
        assignee
            Who has it from then on, for the moves that say so; the first of the proposal when
            left out.

        Raises
        ------
        NotFoundError
            If the actor sees no such incident.
        ConflictError
            If another version is there now, or its status does not allow the move.
        ForbiddenError
            If the actor may not make this move.
        BadInputError
            If a reason is missing, or the assignee is not one.
        """
        if move is Move.MERGE:
            raise BadInputError(
                "to merge, say into which incident", message_zh="并案须指明并入的事件"
            )

        def work(connection: Connection) -> Incident:
            self._lock(connection, number, self._merged_into(connection, number, move))
            before = self._for_change(connection, actor, number, version)
            step = check_move(actor, before, move, note)
            now = self._clock()
            status = step.target or before.status
            values: dict[str, Any] = {"status": str(status)}
            data: dict[str, Any] = {"move": str(move)}
            given, told = hand_over(
                connection, self._locator.city, self.policy, before, step, assignee, now
            )
            let_see(connection, self._locator.city, before.id, given)
            values |= given
            data |= told
            # Who has it already gets no more time by being asked again.
            goes_on = move is Move.ESCALATE or (
                move is Move.REASSIGN and assignee_of(values) == before.assignee
            )
            if status is Status.DISPATCHED and not goes_on:
                values["dispatched_at"] = now
            if not goes_on:
                hazard = self.policy.rule(before.hazard)
                values["due_at"] = due(hazard, before.severity, status, before.due_at, now)
            values["closed_at"] = None if status in OPEN else now
            moved = change(connection, actor, before, values, now, Kind.MOVED, note=note, data=data)
            if move is Move.REOPEN and before.merged_into is not None:
                other = load_numbered(connection, before.merged_into)
                data = {"released": before.number}
                change(connection, actor, other, {}, now, Kind.RELEASED, note=note, data=data)
            return moved

        return self._database.write(work)

    def merge(self, actor: Actor, number: str, version: int, into: str, note: str = "") -> Incident:
        """Merge an incident into another that tells of the same; both keep their histories.

        Raises
        ------
        NotFoundError, ConflictError, ForbiddenError
            Like `move`; also if the other is over: ``into`` of the details says how it stands.
        BadInputError
            If the other is the same.
        """

        def work(connection: Connection) -> Incident:
            self._lock(connection, number, into)
            before = self._for_change(connection, actor, number, version)
            check_move(actor, before, Move.MERGE, note)
            other = find_visible(connection, actor, into)
            if other.id == before.id:
                raise BadInputError(
                    f"{number} cannot be merged into itself", message_zh=f"{number} 不能并入自身"
                )
            if not other.is_open:
                raise ConflictError(
                    f"{into} is {other.status}: only an open incident takes another in",
                    "Load it again; open it again first, or merge into another.",
                    message_zh=f"{into} 已结束，不能并入",
                    hint_zh="请刷新该事件，先重新立案，或并入其他事件。",
                    details=as_it_is(before) | {"into": as_it_is(other) | {"number": into}},
                )
            now = self._clock()
            values = {
                "status": str(Status.MERGED),
                "merged_into": other.id,
                "due_at": None,
                "closed_at": now,
            }
            data = {"move": str(Move.MERGE), "into": other.number}
            merged = change(
                connection, actor, before, values, now, Kind.MOVED, note=note, data=data
            )
            data = {"merged": before.number}
            change(connection, actor, other, {}, now, Kind.ABSORBED, note=note, data=data)
            return merged

        return self._database.write(work)

    def edit(
        self, actor: Actor, number: str, version: int, changes: Changes, note: str = ""
    ) -> Incident:
        """Change fields of an incident; a changed place is located anew.

        Raises
        ------
        NotFoundError, ConflictError, ForbiddenError
            Like `move`; also if the place would leave the actor's area.
        BadInputError
            If a field is not usable, nothing would change, or an incident that is over is to be
            changed without a reason.
        """
        given = check_changes(changes)
        check_text("note", note)
        if "hazard" in given:
            self.policy.hazard(given["hazard"])
        place = None
        if "lon" in given:
            place = find_place(
                self._locator,
                given["lon"],
                given["lat"],
                given["datum"],
                given.get("accuracy_m", 0.0),
            )
            actor.require_area(location_codes(place.location))

        def work(connection: Connection) -> Incident:
            before = self._for_change(connection, actor, number, version)
            require(actor, before, Permission.DISPATCH)
            if not before.is_open and is_blank(note):
                raise BadInputError(
                    f"{number} is {before.status}: what is over is changed with a note that says "
                    "why",
                    message_zh=f"{number} 已结束，修改须填写说明",
                )
            values, data = edit_fields(connection, actor, self.policy, before, given, place)
            now = self._clock()
            return change(connection, actor, before, values, now, Kind.EDITED, note=note, data=data)

        return self._database.write(work)

    def comment(self, actor: Actor, number: str, note: str) -> Incident:
        """Add a remark to the history; needs no version, since nothing else changes.

        Raises
        ------
        NotFoundError, ForbiddenError
            Like `move`.
        BadInputError
            If there is nothing to say.
        """
        check_text("note", note)
        if is_blank(note):
            raise BadInputError("the note is empty", message_zh="note 不能为空")

        def work(connection: Connection) -> Incident:
            actor.require(Permission.HANDLE)
            lock(connection, number)
            before = find_visible(connection, actor, number)
            return change(
                connection, actor, before, {}, self._clock(), Kind.COMMENTED, note=note, data={}
            )

        return self._database.write(work)

    @staticmethod
    def _merged_into(connection: Connection, number: str, move: Move) -> str:
        """Return what an incident that is opened again was merged into, else itself."""
        if move is not Move.REOPEN or NUL in number:
            return number
        row = connection.execute(INCIDENTS.where(incident.c.number == number)).first()
        return to_incident(row).merged_into or number if row is not None else number

    @staticmethod
    def _lock(connection: Connection, *numbers: str) -> None:
        """Lock incidents in the order of their numbers: so two changes never wait crosswise."""
        for one in sorted(set(numbers)):
            lock(connection, one)

    def _for_change(
        self, connection: Connection, actor: Actor, number: str, version: int
    ) -> Incident:
        """Return an incident, locked, if it still is what the actor has seen."""
        lock(connection, number)
        found = find_visible(connection, actor, number)
        if found.version != version:
            raise ConflictError(
                f"{number} is at version {found.version}, you have seen {version}: somebody else "
                "changed it",
                "Load it again, look at what changed, and decide anew.",
                message_zh=f"{number} 已被他人修改（现为第 {found.version} 版，"
                f"您看到的是第 {version} 版）",
                hint_zh="请刷新后查看变化，再作决定。",
                details=as_it_is(found),
            )
        return found
