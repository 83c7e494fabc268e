"""/open311/v2: incidents as service requests, after Open311 GeoReport v2.

Source: https://wiki.open311.org/GeoReport_v2/ and https://wiki.open311.org/Service_Discovery/.
Errors come in that specification's shape, not in the one of all other routes, and with its status
codes: 404 for what does not exist, 403 for who may not, 400 for all else that cannot be done.
docs/open311.md tells what is mapped onto what, and where this is stricter than the specification.
"""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from apiflask import APIBlueprint
from flask import Response, current_app, request
from werkzeug.exceptions import HTTPException

from app.accounts import Permission
from app.errors import BadInputError, NotFoundError, WeigeError
from app.incidents.incident import CITY_LEVEL, Draft, Incident, Query, Source
from app.incidents.lifecycle import OPEN, OVER, STATUS_EN, STATUS_ZH, Status
from app.incidents.policy import Hazard
from app.incidents.words import is_blank
from app.locate.rows import parse_degrees
from app.store import utc_now
from app.web.auth import act_by_token, current_actor
from app.web.errors import answered, language
from app.web.open311_forms import answer
from app.web.reading import quote
from app.web.service import service

log = logging.getLogger(__name__)

# Described by its own specification and by /open311/v2/discovery, not by the OpenAPI document.
bp = APIBlueprint("open311", __name__, url_prefix="/open311", enable_openapi=False)

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
MAX_DAYS = 90
MAX_REQUESTS = 1_000
MAX_DESCRIPTION = 4_000
_MAX_URL = 2_000
_TITLE_LENGTH = 60
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_MEDIA = re.compile(r"\n\[media_url\] (\S+)\Z")
_URL = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"attribute\[([^\]]*)\](\[\])?")
_YEARS = (1900, 2200)
_SEVERITIES = {"1": ("一般", "Slight"), "2": ("较大", "Moderate"), "3": ("重大", "Grave"),
               "4": ("特别重大", "Very grave")}  # fmt: skip
_STATUSES: dict[str, frozenset[Status]] = {"open": OPEN, "closed": OVER}


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
        "contact": _either(
            f"The administrator of Weige, {manifest.name}", f"{manifest.name}微格管理员"
        ),
        "key_service": _either(
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
            "service_name": _name(one),
            "description": _either(
                f"{one.name_en} ({one.name}), reported to the grid that is responsible",
                f"{one.name}，由所在网格负责处置",
            ),
            "metadata": True,
            "type": "realtime",
            "keywords": f"{one.name}, {one.name_en}",
            "group": _name(policy.hazards[one.domain]),
        }
        for one in policy.hazards.values()
    ]
    return answer("services", services)


@bp.get("/v2/services/<code>.json")
@bp.get("/v2/services/<code>.xml")
def get_service(code: str) -> Response:
    """Define what may be said of one kind of requests besides."""
    current_actor()
    hazard = _hazard(code)
    attributes = [
        {
            "variable": True,
            "code": "severity",
            "datatype": "singlevaluelist",
            "required": False,
            "datatype_description": None,
            "order": 1,
            "description": _either("How grave is it?", "严重程度"),
            "values": [
                {"key": key, "name": _either(en, zh)} for key, (zh, en) in _SEVERITIES.items()
            ],
        },
        {
            "variable": True,
            "code": "occurred_at",
            "datatype": "datetime",
            "required": False,
            "datatype_description": _either(
                "With its zone: 2026-11-22T12:00:00+08:00", "须带时区：2026-11-22T12:00:00+08:00"
            ),
            "order": 2,
            "description": _either("When did it happen?", "发生时间"),
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
    numbers = _listed("service_request_id")
    if numbers:
        if len(numbers) > MAX_REQUESTS:
            raise BadInputError(f"{len(numbers)} ids are given, allowed are {MAX_REQUESTS}")
        found = now.ledger.numbered(actor, [one for one in numbers if "\x00" not in one])
        incidents = [found[one] for one in dict.fromkeys(numbers) if one in found]
    else:
        incidents = list(now.ledger.find(actor, _query()).incidents)
    return answer("service_requests", [_request_out(one) for one in incidents])


@bp.post("/v2/requests.json")
@bp.post("/v2/requests.xml")
def post_request() -> tuple[Response, int] | Response:
    """Take a request in."""
    if request.mimetype not in _FORMS:
        raise BadInputError(f"Content-Type is {quote(request.mimetype)}, allowed is {_FORMS[0]}")
    actor = current_actor()
    actor.require(Permission.REPORT)
    made, _ = service().desk.report(actor, _draft())
    notice = {"service_request_id": made.number, "service_notice": None, "account_id": None}
    return answer("service_requests", [notice], 201)


@bp.get("/v2/requests/<number>.json")
@bp.get("/v2/requests/<number>.xml")
def get_request(number: str) -> Response:
    """Return one request."""
    found = service().ledger.get(current_actor(), number)
    return answer("service_requests", [_request_out(found)])


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
            parts.insert(0, _either("Missing or invalid api_key", "api_key 缺失或无效"))
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
    return _errors(500, _either("something went wrong on the server", "服务器内部错误"))


def _errors(status: int, description: str) -> Response:
    """Return an error; of the client's there are 400, 403 and 404, besides 429."""
    told = {401: 403, 403: 403, 404: 404, 429: 429}
    if status < 500:  # noqa: PLR2004 - the client's
        status = told.get(status, 400)
    return answer("errors", [{"code": status, "description": description}], status)


def _either(english: str, chinese: str) -> str:
    return chinese if language() == "zh" else english


def _name(hazard: Hazard) -> str:
    return _either(hazard.name_en, hazard.name)


def _hazard(code: str) -> Hazard:
    found = service().policy.hazards.get(code)
    if found is None:
        known = list(service().policy.hazards)
        raise NotFoundError(
            f"service_code {quote(code)} was not found; there are {', '.join(known)}",
            message_zh=f"service_code {quote(code)} 不存在，可用：{'、'.join(known)}",
        )
    return found


def _listed(name: str) -> list[str]:
    """Return the values of a parameter that may come several times, or with commas."""
    parts = [one.strip() for text in request.args.getlist(name) for one in text.split(",")]
    return [one for one in parts if one]


def _query() -> Query:
    statuses: frozenset[Status] = frozenset()
    for one in _listed("status"):
        if one not in _STATUSES:
            raise BadInputError(
                f"status is {quote(one)}, allowed are open and closed",
                message_zh=f"status 为 {quote(one)}，可用：open、closed",
            )
        statuses |= _STATUSES[one]
    since, until = _window()
    size = _count("page_size", MAX_REQUESTS, MAX_REQUESTS)
    return Query(
        statuses=tuple(one for one in Status if one in statuses),
        hazards=tuple(_hazard(one).id for one in _listed("service_code")),
        reported_since=since,
        reported_until=until,
        limit=size,
        after=(_count("page", 1, 1_000_000) - 1) * size,
    )


def _window() -> tuple[datetime, datetime | None]:
    """Return from when to when requests are asked for: 90 days at most."""
    lasting = timedelta(days=MAX_DAYS)
    start = _instant("start_date", request.args.get("start_date", ""))
    end = _instant("end_date", request.args.get("end_date", ""))
    if start is None and end is None:
        return utc_now() - lasting, None
    if start is None and end is not None:
        start = end - lasting
    if end is None and start is not None:
        end = start + lasting
    assert start is not None  # noqa: S101 - one of them was given
    assert end is not None  # noqa: S101
    if not timedelta(0) <= end - start <= lasting:
        raise BadInputError(
            f"start_date {start.isoformat()} to end_date {end.isoformat()} is not within "
            f"{MAX_DAYS} days",
            "Ask for one span after the other.",
            message_zh=f"start_date 至 end_date 应不超过 {MAX_DAYS} 天",
            hint_zh="请分段查询。",
        )
    # The end itself belongs to it.
    return start, end + timedelta(microseconds=1)


def _instant(name: str, text: str) -> datetime | None:
    """Return a time with its zone; a plus that became a blank in the address is one again."""
    if not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text.strip().replace(" ", "+"))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not _YEARS[0] <= found.year <= _YEARS[1]:
        raise BadInputError(
            f"{name} is {quote(text)}, allowed is a time with its zone, such as "
            "2026-11-22T12:00:00+08:00",
            message_zh=f"{name} 为 {quote(text)}，应为带时区的时间，如 2026-11-22T12:00:00+08:00",
        )
    return found.astimezone(UTC)


def _count(name: str, default: int, most: int) -> int:
    text = request.args.get(name, "").strip()
    if not text:
        return default
    if not re.fullmatch("[0-9]{1,7}", text) or not 1 <= int(text) <= most:
        raise BadInputError(
            f"{name} is {quote(text)}, allowed are 1 to {most}",
            message_zh=f"{name} 为 {quote(text)}，应为 1 至 {most}",
        )
    return int(text)


def _draft() -> Draft:
    """Return the report that a form makes."""
    form = request.form
    code = form.get("service_code", "").strip()
    if not code:
        raise BadInputError("service_code was not provided", message_zh="缺少 service_code")
    hazard = _hazard(code)
    description = form.get("description", "")
    if len(description) > MAX_DESCRIPTION:
        raise BadInputError(
            f"description has {len(description)} characters, allowed are {MAX_DESCRIPTION}",
            message_zh=f"description 有 {len(description)} 个字符，最多 {MAX_DESCRIPTION} 个",
        )
    lon, lat, address, grid = _place()
    severity, occurred_at = _attributes()
    media = form.get("media_url", "").strip()
    if media and (len(media) > _MAX_URL or not _URL.fullmatch(media)):
        raise BadInputError(f"media_url is {quote(media)}, allowed is an http(s) address")
    first, last = form.get("first_name", "").strip(), form.get("last_name", "").strip()
    # Chinese names begin with the family's.
    western = f"{first}{last}".isascii()
    return Draft(
        hazard=hazard.id,
        title=_title(description) or _name(hazard),
        severity=severity,
        description=description + (f"\n[media_url] {media}" if media else ""),
        lon=lon,
        lat=lat,
        address=address,
        grid=grid,
        source=Source.API,
        reporter_name=f"{first} {last}".strip() if western else f"{last}{first}",
        reporter_contact=", ".join(
            part for name in ("phone", "email") if (part := form.get(name, "").strip())
        ),
        occurred_at=occurred_at,
    )


def _place() -> tuple[float | None, float | None, str, str | None]:
    """Return lon, lat, address and the grid that is named; one way to say where is needed."""
    texts = {name: request.form.get(name, "").strip() for name in ("long", "lat")}
    address = request.form.get("address_string", "").strip()
    ident = request.form.get("address_id", "").strip()
    if not any((*texts.values(), address, ident)):
        raise BadInputError(
            "no location was provided: lat and long, address_string or address_id",
            message_zh="缺少位置：lat 与 long、address_string 或 address_id",
        )
    if ident:
        grid = service().city.find(ident)
        address = address or f"{grid.name}（{grid.code}）"
    if not any(texts.values()):
        return None, None, address, ident or None
    degrees = []
    for name, text in texts.items():
        values, reasons = parse_degrees([text], name)
        if reasons:
            raise BadInputError(reasons[0], "lat and long are decimal degrees in WGS-84.")
        degrees.append(float(values[0]))
    return degrees[0], degrees[1], address, ident or None


def _attributes() -> tuple[int, datetime | None]:
    severity, occurred_at = 2, None
    for name in request.form:
        found = _ATTRIBUTE.fullmatch(name)
        if found is None:
            continue
        values = request.form.getlist(name)
        text = values[0].strip()
        if found[1] not in {"severity", "occurred_at"} or len(values) > 1:
            raise BadInputError(
                f"{name:.60} is given {len(values)} times, allowed are attribute[severity] and "
                "attribute[occurred_at], once each",
                message_zh=f"{name:.60} 不可用，允许 attribute[severity]、attribute[occurred_at]",
            )
        if found[1] == "occurred_at":
            occurred_at = _instant(name, text)
        elif text:
            if text not in _SEVERITIES:
                raise BadInputError(f"{name} is {quote(text)}, allowed are {list(_SEVERITIES)}")
            severity = int(text)
    return severity, occurred_at


def _title(description: str) -> str:
    lines = (line.strip() for line in description.splitlines())
    # A line that shows nothing names nothing, and no incident may be called so.
    first = next((line for line in lines if not is_blank(line)), "")
    return first if len(first) <= _TITLE_LENGTH else first[: _TITLE_LENGTH - 1] + "…"


def _request_out(one: Incident) -> dict[str, Any]:
    """Return an incident as a request; nothing personal."""
    now = service()
    description, media = _described(one)
    zone = now.policy.time_zone

    def w3(at: datetime | None) -> str | None:
        return at.astimezone(zone).isoformat(timespec="seconds") if at else None

    hazard = now.policy.hazards.get(one.hazard)
    notes = _either(STATUS_EN[one.status], STATUS_ZH[one.status])
    if one.merged_into:
        notes = _either(f"Duplicate of {one.merged_into}", f"已并入 {one.merged_into}")
    return {
        "service_request_id": one.number,
        "status": "open" if one.is_open else "closed",
        "status_notes": notes,
        "service_name": _name(hazard) if hazard else one.hazard,
        "service_code": one.hazard,
        "description": description or None,
        "agency_responsible": _agency(one),
        "service_notice": None,
        "requested_datetime": w3(one.reported_at),
        "updated_datetime": w3(one.closed_at or one.updated_at),
        "expected_datetime": w3(one.due_at),
        "address": one.address or None,
        "address_id": one.grid,
        "zipcode": None,
        "lat": one.lat,
        "long": one.lon,
        "media_url": media,
    }


def _described(one: Incident) -> tuple[str, str | None]:
    """Return title and description as one text, and the address of what was sent with it."""
    text, media = one.description, None
    found = _MEDIA.search(text)
    if found is not None:
        text, media = text[: found.start()], found[1]
    # The title that a request got here is the beginning of its description.
    if not text.strip().startswith(one.title.removesuffix("…")):
        text = f"{one.title}\n{text}" if text else one.title
    return text if len(text) <= MAX_DESCRIPTION else text[: MAX_DESCRIPTION - 1] + "…", media


def _agency(one: Incident) -> str | None:
    city, to = service().city, one.assignee
    if to is None:
        return None
    if to.level == CITY_LEVEL:
        return city.manifest.name
    try:
        return city.name_of(to.code, to.level)
    except NotFoundError:  # of an older generation
        return to.code
