"""/api/addresses/corrections: what is right where an address was answered wrongly."""

from __future__ import annotations

from apiflask import APIBlueprint

from app.corrections.correction import Draft, Kind, State
from app.web.auth import current_actor
from app.web.correction_views import correction_out, trial_out
from app.web.reading import takes
from app.web.schemas_corrections import (
    CorrectedOut,
    CorrectionBody,
    CorrectionOut,
    CorrectionsOut,
    CorrectionsQuery,
    UndoBody,
)
from app.web.service import service

bp = APIBlueprint("corrections", __name__, tag="Addresses")

_MAY_NOT = "You do not dispatch, or not there"
_NO_GAZETTEER = "The city has no gazetteer"
_NONE = {403: _MAY_NOT, 404: "You see no such correction"}


@bp.post("/api/addresses/corrections")
@takes(bp, CorrectionBody, "json")
@bp.output(CorrectedOut, status_code=201)
@bp.doc(
    responses={
        200: "It was only tried (dry_run)",
        403: _MAY_NOT,
        404: _NO_GAZETTEER,
        409: "Another correction of the same is in effect, or other names are touched",
    }
)
def post_correction(json_data: CorrectionBody) -> tuple[CorrectedOut, int]:
    """Correct an address: a door or a place where it is, or another name of a place.

    It holds within seconds, in every process (`taken_in`).
    """
    now, actor = service(), current_actor()
    now.live_corrections.start()
    matcher = now.addresses.open().matcher
    given = json_data.model_dump(exclude={"dry_run", "words", "kind"})
    words = {name: text for name, text in json_data.words.model_dump().items() if text}
    draft = Draft(kind=Kind(json_data.kind), words=words, **given)
    trial = now.corrections.try_out(actor, draft, matcher)
    if json_data.dry_run:
        return CorrectedOut(dry_run=True, trial=trial_out(trial), correction=None), 200
    made = now.corrections.write(actor, trial, draft.replaces, confirmed=draft.confirmed)
    shown = correction_out(made, now.live_corrections.seq)
    return CorrectedOut(dry_run=False, trial=trial_out(trial), correction=shown), 201


@bp.get("/api/addresses/corrections")
@takes(bp, CorrectionsQuery, "query")
@bp.output(CorrectionsOut)
@bp.doc(responses={403: _MAY_NOT, 404: _NO_GAZETTEER})
def get_corrections(query_data: CorrectionsQuery) -> CorrectionsOut:
    """Return the corrections in your area, the newest first."""
    now = service()
    taken_in = now.live_corrections.seq
    found = now.corrections.page(
        current_actor(),
        before=query_data.before,
        state=State(query_data.state) if query_data.state else None,
        limit=query_data.limit + 1,
    )
    shown = found[: query_data.limit]
    return CorrectionsOut(
        corrections=[correction_out(one, taken_in) for one in shown],
        next=shown[-1].seq if len(found) > len(shown) else None,
        taken_in=taken_in,
        gazetteer_version=now.addresses.open().gazetteer.version,
    )


@bp.get("/api/addresses/corrections/<ident>")
@bp.output(CorrectionOut)
@bp.doc(responses=_NONE)
def get_correction(ident: str) -> CorrectionOut:
    """Return one correction."""
    now = service()
    return correction_out(now.corrections.get(current_actor(), ident), now.live_corrections.seq)


@bp.post("/api/addresses/corrections/<ident>/undo")
@takes(bp, UndoBody, "json")
@bp.output(CorrectionOut)
@bp.doc(responses=_NONE | {409: "It was undone already"})
def post_undo(ident: str, json_data: UndoBody) -> CorrectionOut:
    """Undo a correction: it holds no more and stays in the list; what it replaced holds again."""
    now = service()
    undone = now.corrections.undo(current_actor(), ident, json_data.note)
    return correction_out(undone, now.live_corrections.seq)
