"""GET and POST /api/locate: from points to grids."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
from apiflask import APIBlueprint
from flask import Response

from app.errors import TooLargeError
from app.locate import Location
from app.locate.arrow_in import HUGE, usable_rows
from app.web.auth import current_actor
from app.web.bulk import (
    RESPONSES,
    Forms,
    check_for_json,
    forms,
    located,
    prepare,
    read_points,
)
from app.web.errors import language
from app.web.points import as_wgs84
from app.web.reading import JSON, notes, quote, read_json, takes
from app.web.schemas import (
    AlternativeOut,
    ChainLink,
    LocateBody,
    LocateManyOut,
    LocateManyQuery,
    LocateOut,
    LocateQuery,
    OutsideOut,
    OverlayLink,
    PointIn,
    ResultOut,
)
from app.web.service import Service, service

bp = APIBlueprint("locate", __name__, tag="Locate")
bp.record_once(prepare)


@bp.get("/api/locate")
@takes(bp, LocateQuery, "query")
@bp.output(LocateOut)
@bp.doc(responses={404: "No edition of the boundaries holds on that day"})
def locate_one(query_data: LocateQuery) -> LocateOut:
    """Say where one point belongs, who is on duty, and how sure that is."""
    now = service().on(query_data.on)
    lon, lat = as_wgs84(query_data.lon, query_data.lat, query_data.datum, now.city)
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
@notes(bp, LocateBody, "json")
@takes(bp, LocateManyQuery, "query")
@bp.output(LocateManyOut)
@bp.doc(responses=RESPONSES)
def locate_many(query_data: LocateManyQuery) -> LocateManyOut | Response:
    """Say where each of many points belongs: one result for every point, in order.

    Points come as JSON, as an Arrow stream or file, or as Parquet, and so does the answer, after
    the header Accept. In Arrow and Parquet the points are the columns ``lon``, ``lat`` and, if
    wanted, ``accuracy_m``; ``fields`` chooses what is computed and answered.
    """
    now = service().on(query_data.on)
    asked = forms(query_data)
    if asked.body != JSON:
        return _answer(now, read_points(asked, now.settings), asked, {})
    body = read_json(LocateBody)
    limit = now.settings.max_points
    if len(body.points) > limit:
        raise TooLargeError(
            f"the body has {len(body.points)} points, allowed are {limit}",
            "Send several calls, send Arrow or Parquet, or use scripts.locate_points.",
            message_zh=f"请求包含 {len(body.points)} 个点，最多允许 {limit} 个",
            hint_zh="请分批发送，改用 Arrow 或 Parquet，或使用 scripts.locate_points。",
        )
    table = pa.table(
        {
            "lon": np.array([_number(point.lon) for point in body.points], dtype=np.float64),
            "lat": np.array([_number(point.lat) for point in body.points], dtype=np.float64),
            "accuracy_m": np.full(len(body.points), _accuracy(now, body.accuracy_m)),
        }
    )
    return _answer(now, table, replace(asked, datum=body.datum), _not_numbers(body.points))


def _answer(
    now: Service, table: pa.Table, asked: Forms, told: dict[int, str]
) -> LocateManyOut | Response:
    """Locate the points of a table, and answer in the form that is asked for."""
    if asked.answer != JSON:
        return located(now, table, asked, told)
    check_for_json(table.num_rows, now.settings)
    city = now.city
    found, accuracy = usable_rows(table, asked.datum, city.bounds, language(), told)
    results = [ResultOut.unusable(found.reasons.get(row, "")) for row in range(table.num_rows)]
    locations = now.locator.locate_table(found.lon, found.lat, accuracy[found.place])
    for place, location in zip(found.place, locations, strict=True):
        results[place] = _result(location)
    return LocateManyOut(
        results=results,
        unusable=len(results) - len(found.place),
        generation=city.manifest.generation,
        synthetic=city.manifest.synthetic,
    )


def _number(value: object) -> float:
    """Return a JSON number as float; NaN for anything else, never a guess."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return float("nan")
    return float(value) if abs(value) < HUGE else float("nan")


def _not_numbers(points: list[PointIn]) -> dict[int, str]:
    """Return why points that are not two numbers cannot be used, by index."""
    zh = language() == "zh"
    found = {}
    for row, point in enumerate(points):
        bad = [
            f"{name} 为 {quote(value)}，应为数"
            if zh
            else f"{axis} is {quote(value)}, allowed is a number"
            for axis, name, value in (("lon", "经度", point.lon), ("lat", "纬度", point.lat))
            if np.isnan(_number(value))
        ]
        if bad:
            found[row] = ("；" if zh else "; ").join(bad)
    return found


def _accuracy(now: Service, accuracy_m: float) -> float:
    """Return the accuracy of a whole body, having refused one that the locator does not take."""
    now.locator.locate_table([], [], accuracy_m)
    return accuracy_m


def _chain(now: Service, found: Location) -> list[ChainLink]:
    names = {level.id: level.name for level in now.city.levels}
    return [
        ChainLink(
            level=ident,
            level_name=names[ident],
            code=code,
            name=now.city.name_of(code, ident),
            staff=now.staff(current_actor(), code),
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
            staff=now.staff(current_actor(), code),
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
