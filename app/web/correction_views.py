"""Corrections as the API words them."""

from __future__ import annotations

from dataclasses import asdict

from app.addresses.amendments import AmendedAlias
from app.corrections.correction import Before, Content, Correction, Trial
from app.web.schemas_corrections import (
    AliasOut,
    BeforeOut,
    CorrectedPointOut,
    CorrectionOut,
    ReplacedOut,
    TouchedOut,
    TrialOut,
)


def trial_out(trial: Trial) -> TrialOut:
    """Return what a correction does."""
    content = trial.content
    return TrialOut(
        kind=content.kind.value,
        words=content.words,
        filled=list(trial.filled),
        point=_point(content),
        alias=_alias(content.alias),
        before=_before(trial.before),
        replaced=[ReplacedOut(**asdict(one)) for one in trial.replaced],
        replaces=trial.replaces,
        touched=[TouchedOut(**asdict(one)) for one in trial.touched],
    )


def correction_out(one: Correction, taken_in: int) -> CorrectionOut:
    """Return a correction; `taken_in` is the newest event that this process reckons with."""
    content = one.content
    return CorrectionOut(
        id=one.id,
        seq=one.seq,
        kind=content.kind.value,
        state=one.state.value,
        taken_in=one.last_seq <= taken_in,
        text=content.text,
        words=content.words,
        point=_point(content),
        alias=_alias(content.alias),
        note=content.note,
        replaces=one.replaces,
        before=_before(one.before),
        made_at=one.made_at,
        made_by=one.made_by,
        undone_at=one.undone_at,
        undone_by=one.undone_by,
        undo_note=one.undo_note,
    )


def _point(content: Content) -> CorrectedPointOut | None:
    return CorrectedPointOut(**asdict(content.point)) if content.point else None


def _alias(alias: AmendedAlias | None) -> AliasOut | None:
    if alias is None:
        return None
    return AliasOut.model_validate(
        {
            "alias": alias.alias,
            "target_kind": alias.kind,
            "target_town": alias.town,
            "target": alias.target,
        }
    )


def _before(before: Before) -> BeforeOut:
    return BeforeOut(status=before.status, grid=before.grid, gazetteer_version=before.version)
