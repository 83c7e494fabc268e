"""Corrections as rows of the database, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.addresses.amendments import AmendedAlias
from app.corrections.correction import Before, Content, Correction, Kind, Point, State, Trial
from app.corrections.tables import correction, correction_event

MADE, UNDONE = "made", "undone"

_made = correction_event.alias("made")
_undone = correction_event.alias("undone")

# Every correction with what happened to it.
CORRECTIONS = (
    sa.select(
        correction,
        _made.c.seq.label("made_seq"),
        _made.c.at.label("made_at"),
        _made.c.actor.label("made_by"),
        _undone.c.seq.label("undone_seq"),
        _undone.c.at.label("undone_at"),
        _undone.c.actor.label("undone_by"),
        _undone.c.note.label("undo_note"),
    )
    .join(_made, sa.and_(_made.c.correction_id == correction.c.id, _made.c.kind == MADE))
    .outerjoin(
        _undone, sa.and_(_undone.c.correction_id == correction.c.id, _undone.c.kind == UNDONE)
    )
)
MADE_SEQ = _made.c.seq


def to_values(ident: str, trial: Trial, generation: str) -> dict[str, Any]:
    """Return the columns of a correction."""
    content, point = trial.content, trial.content.point
    alias = content.alias or AmendedAlias("", "", "", "")
    return {
        "id": ident,
        "kind": str(content.kind),
        "text": content.text,
        "note": content.note,
        "words": content.words,
        "lon": point.lon if point else None,
        "lat": point.lat if point else None,
        "basis": point.basis if point else "",
        "chosen": bool(point and point.chosen),
        "grid": point.grid if point else "",
        "border_m": point.border_m if point else None,
        "alias": alias.alias,
        "target_kind": alias.kind,
        "target_town": alias.town,
        "target": alias.target,
        "replaces": trial.replaces or None,
        "before_status": trial.before.status,
        "before_grid": trial.before.grid,
        "before_version": trial.before.version,
        "whole": sorted(trial.whole),
        "generation": generation,
    }


def to_correction(row: sa.Row[tuple[Any, ...]], states: Mapping[str, State]) -> Correction:
    """Return a row of `CORRECTIONS` as a correction."""
    point = alias = None
    if row.kind == Kind.PLACE:
        point = Point(row.lon, row.lat, row.basis, row.chosen, row.grid, row.border_m)
    else:
        alias = AmendedAlias(row.alias, row.target_kind, row.target_town, row.target)
    return Correction(
        id=row.id,
        seq=row.made_seq,
        last_seq=row.undone_seq or row.made_seq,
        content=Content(Kind(row.kind), row.text, row.note, dict(row.words), point, alias),
        before=Before(row.before_status, row.before_grid, row.before_version),
        replaces=row.replaces or "",
        state=states[row.id],
        whole=frozenset(row.whole),
        made_at=row.made_at,
        made_by=row.made_by,
        undone_at=row.undone_at,
        undone_by=row.undone_by or "",
        undo_note=row.undo_note or "",
    )


def head_of(connection: Connection) -> int:
    """Return the number of the newest event, 0 before the first."""
    return connection.execute(sa.select(sa.func.max(correction_event.c.seq))).scalar() or 0


def states_of(connection: Connection) -> dict[str, State]:
    """Return what has become of every correction, in the order in which they were made.

    One that was undone is undone. One that another took the place of is replaced while that other
    is in effect: with it undone, the earlier one holds again.
    """
    undone = sa.select(correction_event.c.correction_id).where(correction_event.c.kind == UNDONE)
    asked = (
        sa.select(correction.c.id, correction.c.replaces, correction.c.id.in_(undone).label("gone"))
        .join(correction_event, correction_event.c.correction_id == correction.c.id)
        .where(correction_event.c.kind == MADE)
        .order_by(correction_event.c.seq)
    )
    rows = list(connection.execute(asked))
    return states({row.id: (row.replaces, row.gone) for row in rows})


def states(corrections: Mapping[str, tuple[str | None, bool]]) -> dict[str, State]:
    """Return what has become of corrections.

    Parameters
    ----------
    corrections
        By id, in the order in which they were made: the id of the one that it replaces, and
        whether it was undone.
    """
    covered: set[str] = set()
    found: dict[str, State] = {}
    for ident, (replaces, gone) in reversed(list(corrections.items())):
        if gone:
            found[ident] = State.UNDONE
            if ident not in covered:
                continue
        elif ident in covered:
            found[ident] = State.REPLACED
        else:
            found[ident] = State.IN_EFFECT
        # What is in effect, and what is covered itself, covers what it replaced.
        if replaces:
            covered.add(replaces)
    return {ident: found[ident] for ident in corrections}
