"""GET and POST /api/locate: from points to grids."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from apiflask import APIBlueprint

from app.errors import BadCoordinateError, TooLargeError
from app.geo.coordinates import check_lonlat, faults
from app.geo.datum import to_wgs84
from app.grids import City
from app.locate import Location
from app.web.errors import language
from app.web.reading import quote, takes
from app.web.schemas import (
    AlternativeOut,
    ChainLink,
    LocateBody,
    LocateManyOut,
    LocateOut,
    LocateQuery,
    OutsideOut,
    OverlayLink,
    ResultOut,
)
from app.web.service import Service, service

bp = APIBlueprint("locate", __name__, tag="Locate")


@bp.get("/api/locate")
@takes(bp, LocateQuery, "query")
@bp.output(LocateOut)
def locate_one(query_data: LocateQuery) -> LocateOut:
    """Say where one point belongs, who is on duty, and how sure that is."""
    now = service()
    lon, lat = _as_wgs84(query_data, now.city)
    found = now.locator.locate(lon, lat, query_data.accuracy_m)
    return LocateOut(
        lon=found.lon,
        lat=found.lat,
        datum=query_data.datum,
        status=found.status.value,
        reason=found.explain(language()),
        chain=_chain(now, found),
        overlays=_overlays(now, found),
        border_m=found.border_m,
        distance_m=found.distance_m,
        neighbour=now.finest_ref(found.neighbour) if found.neighbour else None,
        alternatives=[
            AlternativeOut(
                code=alt.code, name=now.finest_ref(alt.code).name, distance_m=alt.distance_m
            )
            for alt in found.alternatives
        ],
        outside=_outside(found),
        generation=now.city.manifest.generation,
        synthetic=now.city.manifest.synthetic,
    )


@bp.post("/api/locate")
@takes(bp, LocateBody, "json")
@bp.output(LocateManyOut)
@bp.doc(
    responses={
        413: "More points than one call may carry",
        415: "The body is not application/json in UTF-8",
    }
)
def locate_many(json_data: LocateBody) -> LocateManyOut:
    """Say where each of many points belongs: one result for every point, in order."""
    now = service()
    limit = now.settings.max_points
    if len(json_data.points) > limit:
        raise TooLargeError(
            f"the body has {len(json_data.points)} points, allowed are {limit}",
            "Send several calls, or use scripts.locate_points.",
            message_zh=f"请求包含 {len(json_data.points)} 个点，最多允许 {limit} 个",
            hint_zh="请分批发送，或使用 scripts.locate_points。",
        )
    lon, lat = (
        np.array([_number(getattr(point, axis)) for point in json_data.points])
        for axis in ("lon", "lat")
    )
    x, y = to_wgs84(lon, lat, json_data.datum)
    given = _reasons(json_data, lon, lat, now.city)
    converted = faults(x, y, now.city.bounds, language())
    # Of a place at the rim of the range nothing may be left in another datum.
    prefix = _as_datum(json_data.datum)[language() == "zh"]
    reasons = [
        first or (prefix + second if second else "")
        for first, second in zip(given, converted, strict=True)
    ]
    usable = np.flatnonzero([reason == "" for reason in reasons])
    table = now.locator.locate_table(x[usable], y[usable], json_data.accuracy_m)
    results = [_unusable(reason) for reason in reasons]
    for place, found in zip(usable, table, strict=True):
        results[place] = _result(found)
    return LocateManyOut(
        results=results,
        unusable=len(results) - len(usable),
        generation=now.city.manifest.generation,
        synthetic=now.city.manifest.synthetic,
    )


def _number(value: object) -> float:
    """Return a JSON number as float; NaN for anything else, never a guess."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return float("nan")
    return float(value) if abs(value) < 1e300 else float("nan")  # noqa: PLR2004 - any huge one


def _reasons(
    body: LocateBody, lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64], city: City
) -> list[str]:
    """Return why each point cannot be used, "" where it can."""
    found = []
    zh = language() == "zh"
    told = faults(lon, lat, city.bounds, language())
    for point, fault in zip(body.points, told, strict=True):
        bad = [
            f"{name} 为 {quote(value)}，应为数"
            if zh
            else f"{axis} is {quote(value)}, allowed is a number"
            for axis, name, value in (("lon", "经度", point.lon), ("lat", "纬度", point.lat))
            if np.isnan(_number(value))
        ]
        found.append(("；" if zh else "; ").join(bad) or fault or "")
    return found


def _as_wgs84(query: LocateQuery, city: City) -> tuple[float, float]:
    """Return the place asked for; a fault that only converting shows is told as such."""
    check_lonlat(query.lon, query.lat, city.bounds)
    x, y = to_wgs84([query.lon], [query.lat], query.datum)
    lon, lat = float(x[0]), float(y[0])
    try:
        check_lonlat(lon, lat, city.bounds)
    except BadCoordinateError as error:
        prefix, prefix_zh = _as_datum(query.datum)
        raise BadCoordinateError(
            prefix + error.message,
            error.hint,
            message_zh=prefix_zh + error.message_zh,
            hint_zh=error.hint_zh,
        ) from None
    return lon, lat


def _as_datum(datum: str) -> tuple[str, str]:
    """Return what stands before a fault of converted values, in English and Chinese."""
    return f"as {datum}: ", f"按 {datum} 换算后："


def _chain(now: Service, found: Location) -> list[ChainLink]:
    names = {level.id: level.name for level in now.city.levels}
    return [
        ChainLink(
            level=ident,
            level_name=names[ident],
            code=code,
            name=now.city.name_of(code, ident),
            staff=now.staff(code),
        )
        for ident, code in found.codes.items()
    ]


def _overlays(now: Service, found: Location) -> list[OverlayLink]:
    names = {overlay.id: overlay.name for overlay in now.city.overlays}
    return [
        OverlayLink(
            overlay=ident,
            overlay_name=names[ident],
            code=code,
            name=now.city.name_of(code, ident),
            staff=now.staff(code),
        )
        for ident, codes in found.overlays.items()
        for code in codes
    ]


def _outside(found: Location) -> OutsideOut | None:
    if found.governed_by is None:
        return None
    return OutsideOut(name=found.outside_area or "", governed_by=found.governed_by)


def _result(found: Location) -> ResultOut:
    return ResultOut(
        status=found.status.value,
        reason=found.explain(language()),
        codes=found.codes,
        overlays={ident: list(codes) for ident, codes in found.overlays.items()},
        border_m=found.border_m,
        distance_m=found.distance_m,
        neighbour=found.neighbour,
        alternatives=[
            {"code": alt.code, "distance_m": alt.distance_m} for alt in found.alternatives
        ],
        governed_by=found.governed_by,
    )


def _unusable(reason: str) -> ResultOut:
    return ResultOut(
        status="unusable",
        reason=reason,
        codes={},
        overlays={},
        border_m=None,
        distance_m=None,
        neighbour=None,
        alternatives=[],
        governed_by=None,
    )
