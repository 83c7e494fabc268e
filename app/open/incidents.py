"""Incidents as features, as somebody may see them; nothing of who reported them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import shapely
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.accounts import Actor, Permission
from app.errors import BadInputError, TooLargeError
from app.incidents.incident import Incident, Query
from app.incidents.ledger import Ledger
from app.incidents.lifecycle import OPEN
from app.incidents.records import INCIDENTS, to_incident
from app.incidents.tables import incident
from app.maps.mvt import EXTENT, Values, points_layer
from app.open.box import Box
from app.open.features import MAX_LIMIT, Feature, FeaturePage, Wanted
from app.open.span import Span
from app.open.tiles import Tile
from app.store import Database

_TICK = timedelta(microseconds=1)
_MAX_DIGITS = 18
# What a tile has of an incident, beside when it happened and whether it is open.
_DRAWN = ("number", "status", "hazard", "severity", "generation")
# What lies on the rim of a tile is told apart by its place, not by the database.
_BESIDE_DEG = 1e-9
_PROPERTIES = (
    "number", "status", "hazard", "severity", "title", "address", "source", "location_status",
    "generation", "grid", "merged_into", "synthetic",
)  # fmt: skip
_TIMES = ("occurred_at", "reported_at", "updated_at", "dispatched_at", "closed_at", "due_at")
Condition = sa.ColumnElement[bool]


class IncidentFeatures:
    """The incidents of a database, as features ordered by when they were taken in.

    Parameters
    ----------
    database, ledger
        Where they are, and who may see which.
    zone
        In which times are written.
    """

    def __init__(self, database: Database, ledger: Ledger, zone: ZoneInfo) -> None:
        self._database = database
        self._ledger = ledger
        self._zone = zone

    def feature(self, actor: Actor, number: str) -> Feature:
        """Return one incident.

        Raises
        ------
        NotFoundError
            If there is none of this number that the actor may see.
        """
        return self._feature(self._ledger.get(actor, number))

    def page(self, actor: Actor, wanted: Wanted) -> FeaturePage:
        """Return a page of the incidents that an actor sees and that are asked for.

        Raises
        ------
        BadInputError
            If the hazard or a key is not one.
        """
        actor.require(Permission.VIEW)
        after, before = _key("after", wanted.after), _key("before", wanted.before)
        limits = self._ledger.limits(actor, _query(wanted))
        if wanted.box is not None:
            limits.append(sa.or_(*(_within(*edges) for edges in wanted.box.lonlat())))
        column = incident.c.id
        with self._database.read() as connection:
            if wanted.box is not None and wanted.box.reference.projected:
                # What the box holds exactly is not for the database to say.
                held = _held(connection, limits, wanted.box)
                matched = len(held)
                limits = [column.in_(_of_page(held, after, before, wanted.limit))]
                first, last = (held[0], held[-1]) if held else (0, 0)
            else:
                asked = sa.select(sa.func.count(), sa.func.min(column), sa.func.max(column))
                matched, first, last = connection.execute(asked.where(*limits)).one()
            asked_page = INCIDENTS.where(*limits).limit(wanted.limit)
            if before is not None:
                asked_page = asked_page.where(column < before).order_by(column.desc())
            else:
                asked_page = asked_page.where(column > (after or 0)).order_by(column)
            found = [to_incident(row) for row in connection.execute(asked_page)]
        found.sort(key=lambda one: one.id)
        return FeaturePage(
            tuple(map(self._feature, found)),
            matched,
            str(found[0].id) if found and first < found[0].id else "",
            str(found[-1].id) if found and last > found[-1].id else "",
        )

    def tile(self, actor: Actor, wanted: Wanted, tile: Tile, name: str) -> bytes:
        """Return the incidents in a tile that an actor sees and that are asked for, as a layer.

        Raises
        ------
        TooLargeError
            If there are more than `MAX_LIMIT`: none is left out in silence.
        """
        actor.require(Permission.VIEW)
        west, south, east, north = tile.bounds
        beside = (west - _BESIDE_DEG, south - _BESIDE_DEG, east + _BESIDE_DEG, north + _BESIDE_DEG)
        limits = [*self._ledger.limits(actor, _query(wanted)), _within(*beside)]
        c = incident.c
        asked = sa.select(
            c.lon, c.lat, c.number, c.status, c.hazard, c.severity, c.occurred_at, c.generation
        ).where(*limits).order_by(c.id).limit(MAX_LIMIT + 1)  # fmt: skip
        with self._database.read() as connection:
            rows = connection.execute(asked).all()
        if len(rows) > MAX_LIMIT:
            raise TooLargeError(
                f"the tile has more than {MAX_LIMIT} incidents, allowed are so many",
                "Zoom in, or ask for a hazard or a shorter time with datetime.",
                message_zh=f"该瓦片内的事件超过 {MAX_LIMIT} 条",
                hint_zh="请放大，或用 hazard、datetime 缩小范围。",
            )
        points: list[tuple[int, int, Values]] = []
        for row in rows:
            place = tile.place(row.lon, row.lat, EXTENT)
            if place is not None:
                told = {one: getattr(row, one) for one in _DRAWN}
                at = row.occurred_at.astimezone(self._zone).isoformat()
                told |= {"occurred_at": at, "open": row.status in OPEN}
                points.append((*place, told))
        return points_layer(name, points)

    def _feature(self, one: Incident) -> Feature:
        properties: dict[str, Any] = {name: getattr(one, name) for name in _PROPERTIES}
        properties |= {name: str(properties[name]) for name in ("status", "source")}
        for name in _TIMES:
            at = getattr(one, name)
            properties[name] = at and at.astimezone(self._zone)
        properties["open"] = one.is_open
        known = one.lon is not None and one.lat is not None
        return Feature(one.number, shapely.Point(one.lon, one.lat) if known else None, properties)


def _query(wanted: Wanted) -> Query:
    span = wanted.span or Span(None, None)
    return Query(
        hazard=wanted.hazard or None,
        since=span.since,
        until=span.until and span.until + _TICK,
    )


def _within(west: float, south: float, east: float, north: float) -> Condition:
    return sa.and_(incident.c.lon.between(west, east), incident.c.lat.between(south, north))


def _held(connection: Connection, limits: list[Condition], box: Box) -> list[int]:
    """Return the ids of the incidents that a box holds, in order."""
    asked = sa.select(incident.c.id, incident.c.lon, incident.c.lat).where(*limits)
    rows = connection.execute(asked.order_by(incident.c.id)).all()
    if not rows:
        return []
    ident, lon, lat = (np.array(column) for column in zip(*rows, strict=True))
    return [int(one) for one in ident[box.holds(lon, lat)]]


def _of_page(held: list[int], after: int | None, before: int | None, limit: int) -> list[int]:
    if before is not None:
        stop = bisect_left(held, before)
        return held[max(0, stop - limit) : stop]
    start = bisect_right(held, after or 0)
    return held[start : start + limit]


def _key(name: str, text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > _MAX_DIGITS:
        raise BadInputError(
            f"{name} is {text!r:.80}, allowed is what a link next or prev says",
            message_zh=f"{name} 为 {text!r:.80}，只能取自 next 或 prev 链接",
        )
    return int(text)
