"""/api/views: what an account looks at, kept by name, on whatever computer it signs in."""

from __future__ import annotations

from dataclasses import asdict

from apiflask import APIBlueprint

from app.web.auth import current_actor
from app.web.reading import takes
from app.web.schemas_accounts import KeptViewBody, KeptViewOut, KeptViewsOut
from app.web.service import service

bp = APIBlueprint("kept_views", __name__, tag="Accounts")

_NO_ACCOUNT = "The demo has no account to keep views for"


@bp.get("/api/views")
@bp.output(KeptViewsOut)
@bp.doc(responses={403: _NO_ACCOUNT})
def get_views() -> KeptViewsOut:
    """Return the views that your account keeps, and those of no other."""
    return _answer()


@bp.put("/api/views/<name>")
@takes(bp, KeptViewBody, "json")
@bp.output(KeptViewsOut)
@bp.doc(responses={403: _NO_ACCOUNT, 409: "Your account keeps as many as it may"})
def put_view(name: str, json_data: KeptViewBody) -> KeptViewsOut:
    """Keep a view by name, in the place of one of the same name; return all that are kept."""
    service().kept_views.keep(current_actor(), name, json_data.address)
    return _answer()


@bp.delete("/api/views/<name>")
@bp.output(KeptViewsOut)
@bp.doc(responses={403: _NO_ACCOUNT, 404: "Your account keeps none of this name"})
def delete_view(name: str) -> KeptViewsOut:
    """Forget a view; return those that are left."""
    service().kept_views.drop(current_actor(), name)
    return _answer()


def _answer() -> KeptViewsOut:
    found = service().kept_views.all(current_actor())
    return KeptViewsOut(views=[KeptViewOut(**asdict(one)) for one in found])
