"""/open311/v2: incidents as service requests, after Open311 GeoReport v2.

Source: https://wiki.open311.org/GeoReport_v2/ and https://wiki.open311.org/Service_Discovery/.
Errors come in that specification's shape, not in the one of all other routes, and with its status
codes: 404 for what does not exist, 403 for who may not, 400 for all else that cannot be done.
docs/open311.md tells what is mapped onto what, and where this is stricter than the specification.
"""

from __future__ import annotations

import logging

from apiflask import APIBlueprint
from flask import Response, current_app, request
from werkzeug.exceptions import HTTPException

from app.accounts import Permission
from app.errors import BadInputError, NotFoundError, WeigeError
from app.web.auth import act_by_token, current_actor
from app.web.errors import answered
from app.web.open311_forms import answer, either, hazard_name
from app.web.open311_reading import (
    MAX_REQUESTS,
    SEVERITIES,
    hazard_named,
    listed,
    read_draft,
    read_query,
)
from app.web.open311_views import request_out
from app.web.reading import quote
from app.web.service import service

log = logging.getLogger(__name__)

# Described by its own specification and by /open311/v2/discovery, not by the OpenAPI document.
bp = APIBlueprint("open311", __name__, url_prefix="/open311", enable_openapi=False)

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@bp.before_app_request
def know_api_key() -> None:
    """Take api_key of a form for the token that other routes want in a header.

    The specification wants a key for POST alone, where arguments are the form's. In an address it
    would be kept by every log on the way.

    Raises
    ------
    BadInputError
        If the address carries one, whatever else the request says.
    """
    if request.blueprint != bp.name:
        return
    if "api_key" in request.args:
        raise BadInputError(
            "api_key is in the address, where logs keep it; allowed are a field of the form and "
            "the header Authorization: Bearer wg_…",
            "Have the token revoked that was sent so, and a new one made.",
            message_zh="api_key 出现在地址中，会被日志记录；请放在表单字段或请求头 "
            "Authorization: Bearer wg_… 中",
            hint_zh="请吊销以此方式发送过的令牌，并另行申请。",
        )
    if request.method == "POST" and "Authorization" not in request.headers:
        key = request.form.get("api_key")
        if key:
            act_by_token(key)


@bp.get("/v2/discovery.json")
@bp.get("/v2/discovery.xml")
def get_discovery() -> Response:
    """Say where the endpoint is, and which formats it has."""
    now = service()
    manifest = now.city.manifest
    changed = f"{manifest.valid_from} 00:00"
    endpoint = {
        "specification": SPECIFICATION,
        "url": request.url_root + "open311/v2",
        "changeset": changed,
        "type": "production" if now.settings.env == "production" else "test",
        "formats": ["text/xml", "application/json"],
    }
    found = {
        "changeset": changed,
        "contact": either(
            f"The administrator of Weige, {manifest.name}", f"{manifest.name}微格管理员"
        ),
        "key_service": either(
            "An administrator makes an API token with the scopes view and report.",
            "请向管理员申请带 view 与 report 权限的 API 令牌。",
        ),
        "endpoints": [endpoint],
    }
    return answer("discovery", found)


@bp.get("/v2/services.json")
@bp.get("/v2/services.xml")
def get_services() -> Response:
    """List the kinds of requests: the hazards, each in the group of its domain."""
    policy = service().policy
    current_actor()
    services = [
        {
            "service_code": one.id,
            "service_name": hazard_name(one),
            "description": either(
                f"{one.name_en} ({one.name}), reported to the grid that is responsible",
                f"{one.name}，由所在网格负责处置",
            ),
            "metadata": True,
            "type": "realtime",
            "keywords": f"{one.name}, {one.name_en}",
            "group": hazard_name(policy.hazards[one.domain]),
        }
        for one in policy.hazards.values()
    ]
    return answer("services", services)


@bp.get("/v2/services/<code>.json")
@bp.get("/v2/services/<code>.xml")
def get_service(code: str) -> Response:
    """Define what may be said of one kind of requests besides."""
    current_actor()
    hazard = hazard_named(code)
    attributes = [
        {
            "variable": True,
            "code": "severity",
            "datatype": "singlevaluelist",
            "required": False,
            "datatype_description": None,
            "order": 1,
            "description": either("How grave is it?", "严重程度"),
            "values": [
                {"key": key, "name": either(en, zh)} for key, (zh, en) in SEVERITIES.items()
            ],
        },
        {
            "variable": True,
            "code": "occurred_at",
            "datatype": "datetime",
            "required": False,
            "datatype_description": either(
                "With its zone: 2026-11-22T12:00:00+08:00", "须带时区：2026-11-22T12:00:00+08:00"
            ),
            "order": 2,
            "description": either("When did it happen?", "发生时间"),
            "values": [],
        },
    ]
    return answer("service_definition", {"service_code": hazard.id, "attributes": attributes})


@bp.get("/v2/requests.json")
@bp.get("/v2/requests.xml")
def get_requests() -> Response:
    """List requests that you see, the newest first."""
    now = service()
    actor = current_actor()
    numbers = listed("service_request_id")
    if numbers:
        if len(numbers) > MAX_REQUESTS:
            raise BadInputError(f"{len(numbers)} ids are given, allowed are {MAX_REQUESTS}")
        found = now.ledger.numbered(actor, [one for one in numbers if "\x00" not in one])
        incidents = [found[one] for one in dict.fromkeys(numbers) if one in found]
    else:
        incidents = list(now.ledger.find(actor, read_query()).incidents)
    return answer("service_requests", [request_out(one) for one in incidents])


@bp.post("/v2/requests.json")
@bp.post("/v2/requests.xml")
def post_request() -> tuple[Response, int] | Response:
    """Take a request in."""
    if request.mimetype not in _FORMS:
        raise BadInputError(f"Content-Type is {quote(request.mimetype)}, allowed is {_FORMS[0]}")
    actor = current_actor()
    actor.require(Permission.REPORT)
    made, _ = service().desk.report(actor, read_draft())
    notice = {"service_request_id": made.number, "service_notice": None, "account_id": None}
    return answer("service_requests", [notice], 201)


@bp.get("/v2/requests/<number>.json")
@bp.get("/v2/requests/<number>.xml")
def get_request(number: str) -> Response:
    """Return one request."""
    found = service().ledger.get(current_actor(), number)
    return answer("service_requests", [request_out(found)])


@bp.get("/v2/tokens/<token>.json")
@bp.get("/v2/tokens/<token>.xml")
def get_token(token: str) -> Response:
    """Return the id for a token: requests get their id at once, and that is its own token."""
    found = service().ledger.get(current_actor(), token)
    return answer("service_requests", [{"service_request_id": found.number, "token": token}])


@bp.route("/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def nothing_here(rest: str) -> Response:
    """Answer for all other addresses, in the shape of this specification."""
    current_actor()
    raise NotFoundError(
        f"there is nothing at /open311/{rest:.100} for {request.method}; the format ends the "
        "address: /open311/v2/requests.json or .xml",
        message_zh=f"/open311/{rest:.100} 不支持 {request.method}；地址须以 .json 或 .xml 结尾",
    )


@bp.errorhandler(WeigeError)
def weige_error(error: WeigeError) -> Response:
    """Answer an error in the shape of the specification."""

    def made(status: int, _: str, message: str, hint: str) -> Response:
        parts = [message, hint]
        if status == 401:  # noqa: PLR2004
            parts.insert(0, either("Missing or invalid api_key", "api_key 缺失或无效"))
        return _errors(status, ". ".join(part.rstrip(".") for part in parts if part))

    return answered(error, made)


@bp.errorhandler(HTTPException)
def http_error(error: HTTPException) -> Response:
    """Answer an error of HTTP itself."""
    return _errors(error.code or 500, f"{error.name}: {error.description}")


@bp.errorhandler(Exception)
def unexpected(error: Exception) -> Response:
    """Answer what nobody expected."""
    log.error("unexpected error", exc_info=error)
    if current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    return _errors(500, either("something went wrong on the server", "服务器内部错误"))


def _errors(status: int, description: str) -> Response:
    """Return an error; of the client's there are 400, 403 and 404, besides 429."""
    told = {401: 403, 403: 403, 404: 404, 429: 429}
    if status < 500:  # noqa: PLR2004 - the client's
        status = told.get(status, 400)
    return answer("errors", [{"code": status, "description": description}], status)
