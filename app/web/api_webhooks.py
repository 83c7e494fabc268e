"""/api/webhooks: other systems that are told of events."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from apiflask import APIBlueprint

from app.accounts import Actor
from app.errors import BadInputError
from app.incidents.webhook_tables import Webhook
from app.web.auth import current_actor
from app.web.reading import takes
from app.web.schemas_webhooks import (
    DeadLetterOut,
    DeadLettersOut,
    NewWebhookOut,
    RedeliverBody,
    RedeliveredOut,
    WebhookBody,
    WebhookChanges,
    WebhookOut,
    WebhooksOut,
)
from app.web.service import service

bp = APIBlueprint("webhooks", __name__, tag="Webhooks")

_NONE = {403: "You do not manage webhooks", 404: "You manage none of this number"}
_MAX_SEQ = 2**62


@bp.get("/api/webhooks")
@bp.output(WebhooksOut)
@bp.doc(responses={403: _NONE[403]})
def get_webhooks() -> WebhooksOut:
    """Return the webhooks that you manage."""
    actor = current_actor()
    found = service().webhooks.all(actor)
    return WebhooksOut(webhooks=[WebhookOut(**_fields(actor, one)) for one in found])


@bp.post("/api/webhooks")
@takes(bp, WebhookBody, "json")
@bp.output(NewWebhookOut, status_code=201)
@bp.doc(responses={403: "You do not manage webhooks, or not of this area"})
def post_webhook(json_data: WebhookBody) -> tuple[NewWebhookOut, int]:
    """Have another system told of what happens from now on."""
    actor = current_actor()
    area = actor.area if json_data.area is None else json_data.area
    if area is not None:
        service().city.find(area)
    made = service().webhooks.add(actor, json_data.url, area, json_data.hazards)
    return NewWebhookOut(**_fields(actor, made), secret=made.secret), 201


@bp.get("/api/webhooks/<int(max=2147483647):ident>")
@bp.output(WebhookOut)
@bp.doc(responses=_NONE)
def get_webhook(ident: int) -> WebhookOut:
    """Return one webhook."""
    return _answer(ident)


@bp.patch("/api/webhooks/<int(max=2147483647):ident>")
@takes(bp, WebhookChanges, "json")
@bp.output(WebhookOut)
@bp.doc(responses=_NONE)
def patch_webhook(ident: int, json_data: WebhookChanges) -> WebhookOut:
    """Change a webhook; the next attempt follows at once."""
    given = {name: getattr(json_data, name) for name in json_data.model_fields_set}
    if not given:
        raise BadInputError("nothing is to be changed", "Name at least one field.")
    service().webhooks.change(current_actor(), _known(ident), **given)
    return _answer(ident)


@bp.delete("/api/webhooks/<int(max=2147483647):ident>")
@bp.output({}, status_code=204)
@bp.doc(responses=_NONE)
def delete_webhook(ident: int) -> tuple[str, int]:
    """Remove a webhook with its dead letters."""
    service().webhooks.remove(current_actor(), _known(ident))
    return "", 204


@bp.get("/api/webhooks/<int(max=2147483647):ident>/dead")
@bp.output(DeadLettersOut)
@bp.doc(responses=_NONE)
def get_dead(ident: int) -> DeadLettersOut:
    """Return the events that could not be delivered, at most 1,000, first things first."""
    found = service().webhooks.dead(current_actor(), _known(ident))
    names = DeadLetterOut.model_fields
    return DeadLettersOut(
        dead=[DeadLetterOut(**{name: getattr(one, name) for name in names}) for one in found]
    )


@bp.post("/api/webhooks/<int(max=2147483647):ident>/redeliver")
@takes(bp, RedeliverBody, "json")
@bp.output(RedeliveredOut)
@bp.doc(responses=_NONE)
def post_redeliver(ident: int, json_data: RedeliverBody) -> RedeliveredOut:
    """Have dead letters delivered again, each once, ahead of what is new."""
    if not all(0 < one < _MAX_SEQ for one in json_data.seqs):
        raise BadInputError(f"seqs is {json_data.seqs[:5]!r}, allowed are numbers of events")
    count = service().webhooks.redeliver(current_actor(), _known(ident), json_data.seqs)
    return RedeliveredOut(again=count)


def _known(ident: int) -> int:
    # Beyond this, no database has a number.
    return ident if ident < _MAX_SEQ else 0


def _answer(ident: int) -> WebhookOut:
    actor = current_actor()
    return WebhookOut(**_fields(actor, service().webhooks.get(actor, _known(ident))))


def _fields(actor: Actor, one: Webhook) -> dict[str, Any]:
    fields = {name: value for name, value in asdict(one).items() if name in WebhookOut.model_fields}
    dead = len(service().webhooks.dead(actor, one.id))
    return fields | {"hazards": list(one.hazards), "dead": dead}
