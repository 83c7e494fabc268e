"""/api/addresses: what is typed completed, and from addresses to grids."""

from __future__ import annotations

from apiflask import APIBlueprint

from app.addresses.match import Query
from app.errors import BadInputError, TooLargeError
from app.web.address_views import AddressViews, query_of, suggestion_out
from app.web.points import as_wgs84
from app.web.reading import takes
from app.web.schemas_addresses import (
    AssignBody,
    AssignOut,
    ExplainOut,
    ExplainQuery,
    SuggestOut,
    SuggestQuery,
)
from app.web.service import service

bp = APIBlueprint("addresses", __name__, tag="Addresses")
_NONE = {404: "The city has no gazetteer"}


@bp.get("/api/addresses")
@takes(bp, SuggestQuery, "query")
@bp.output(SuggestOut)
@bp.doc(responses=_NONE)
def get_suggestions(query_data: SuggestQuery) -> SuggestOut:
    """Say what an address that is being typed may become."""
    now = service().on_addresses(query_data.on)
    book = now.addresses.open()
    near = _near(query_data.lon, query_data.lat)
    found = book.suggester.suggest(query_data.q, query_data.limit, near)
    return SuggestOut(
        suggestions=[suggestion_out(one) for one in found],
        gazetteer_version=book.gazetteer.version,
        synthetic=now.city.manifest.synthetic,
    )


@bp.post("/api/addresses/assign")
@takes(bp, AssignBody, "json")
@bp.output(AssignOut)
@bp.doc(responses=_NONE)
def post_assign(json_data: AssignBody) -> AssignOut:
    """Say in which grid each of many addresses lies: one answer for every address, in order."""
    now = service().on_addresses(json_data.on)
    book = now.addresses.open()
    count, limit = len(json_data.addresses), now.settings.max_addresses
    if count > limit:
        raise TooLargeError(
            f"the body has {count} addresses, allowed are {limit}",
            "Send several calls, or use scripts.assign_addresses.",
            message_zh=f"请求包含 {count} 个地址，最多允许 {limit} 个",
            hint_zh="请分批发送，或使用 scripts.assign_addresses。",
        )
    views = AddressViews(now.city)
    queries = [query_of(one) for one in json_data.addresses]
    results = [views.match(one) for one in book.matcher.assign_many(queries)]
    return AssignOut(
        results=results,
        assigned=sum(one.status == "assigned" for one in results),
        gazetteer_version=book.gazetteer.version,
        generation=now.city.manifest.generation,
        synthetic=now.city.manifest.synthetic,
    )


@bp.get("/api/addresses/explain")
@takes(bp, ExplainQuery, "query")
@bp.output(ExplainOut)
@bp.doc(responses=_NONE)
def get_explanation(query_data: ExplainQuery) -> ExplainOut:
    """Say how an address is read: the hypotheses, what each leads to, and what is wrong."""
    now = service().on_addresses(query_data.on)
    book = now.addresses.open()
    found = book.matcher.explain(Query(query_data.q))
    return AddressViews(now.city).explained(found, book.gazetteer.version)


def _near(lon: float | None, lat: float | None) -> tuple[float, float] | None:
    if lon is None and lat is None:
        return None
    if lon is None or lat is None:
        given, missing = ("lat", "lon") if lon is None else ("lon", "lat")
        raise BadInputError(
            f"{missing} is missing, {given} is given: a place has both",
            "Give lon and lat, or neither.",
            message_zh=f"只给出了 {given}，缺少 {missing}",
            hint_zh="请同时给出 lon 与 lat，或都不给。",
        )
    return as_wgs84(lon, lat, "wgs84", service().city)
