"""/api/hazards, /api/lifecycle and /api/absences: by which rules incidents are handled."""

from __future__ import annotations

from apiflask import APIBlueprint

from app.incidents.absences import Absence
from app.incidents.lifecycle import OPEN, STATUS_EN, STATUS_ZH, TRANSITIONS, Status
from app.web.auth import current_actor
from app.web.incident_views import grid_name, move_out
from app.web.reading import takes
from app.web.schemas_incidents import (
    AbsenceBody,
)
from app.web.schemas_incidents_out import (
    AbsenceOut,
    AbsencesOut,
    HazardOut,
    HazardsOut,
    LifecycleOut,
    StatusOut,
    TransitionOut,
)
from app.web.service import service

bp = APIBlueprint("desk", __name__, tag="Incidents")

_MAY_NOT = "Your account may not do this, or not here"


@bp.get("/api/hazards")
@bp.output(HazardsOut)
def get_hazards() -> HazardsOut:
    """Return the tree of hazards with their deadlines, and how near duplicates are."""
    current_actor()
    return HazardsOut(
        hazards=[
            HazardOut(
                id=one.id,
                name=one.name_en,
                name_zh=one.name,
                parent=one.parent,
                duplicate_m=one.duplicate_m,
                duplicate_hours=one.duplicate_hours,
                deadline_hours={stage: list(hours) for stage, hours in one.deadline_hours.items()},
            )
            for one in service().policy.hazards.values()
        ]
    )


@bp.get("/api/lifecycle")
@bp.output(LifecycleOut)
def get_lifecycle() -> LifecycleOut:
    """Return the life cycle: every status, and every move between them."""
    current_actor()
    return LifecycleOut(
        statuses=[
            StatusOut(
                status=one.value, name=STATUS_EN[one], name_zh=STATUS_ZH[one], open=one in OPEN
            )
            for one in Status
        ],
        moves=[
            TransitionOut(
                **move_out(step).model_dump(),
                sources=[one.value for one in step.sources],
                permission=str(step.permission),
                undoes=[one.value for one in step.undoes],
            )
            for step in TRANSITIONS.values()
        ],
    )


@bp.get("/api/absences")
@bp.output(AbsencesOut)
@bp.doc(responses={403: _MAY_NOT})
def get_absences() -> AbsencesOut:
    """Return who is off duty in your area, now or later."""
    found = service().roster.absences(current_actor())
    return AbsencesOut(absences=[_out(one) for one in found])


@bp.post("/api/absences")
@takes(bp, AbsenceBody, "json")
@bp.output(AbsenceOut, status_code=201)
@bp.doc(
    responses={
        403: _MAY_NOT,
        404: "There is no such grid",
    }
)
def post_absence(json_data: AbsenceBody) -> tuple[AbsenceOut, int]:
    """Note that somebody is off duty; proposals pass over them upwards."""
    made = service().roster.add(current_actor(), **json_data.model_dump())
    return _out(made), 201


@bp.delete("/api/absences/<int(max=2147483647):ident>")
@bp.output({}, status_code=204)
@bp.doc(responses={403: _MAY_NOT, 404: "You see no such absence"})
def delete_absence(ident: int) -> tuple[str, int]:
    """Remove an absence: whoever it was is on duty again."""
    service().roster.remove(current_actor(), ident)
    return "", 204


def _out(one: Absence) -> AbsenceOut:
    return AbsenceOut(
        id=one.id,
        code=one.code,
        name=grid_name(service().city, one.code),
        role=one.role,
        begins_at=one.begins_at,
        ends_at=one.ends_at,
        reason=one.reason,
    )
