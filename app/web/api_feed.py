"""GET /api/incidents/stream and GET /api/changes: everything that happens, as it happens.

A stream is a thread that waits on the process's one follower (app.incidents.follow); it holds no
connection to the database. Its ids are the numbers of the feed, so a listener that comes again,
to whichever process, goes on where it stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from apiflask import APIBlueprint
from flask import Response, current_app, request

from app.accounts import Actor, Permission
from app.errors import BadInputError, ConflictError
from app.incidents.feed import MAX_EVENTS, seen
from app.incidents.follow import Follower
from app.incidents.incident import Event
from app.incidents.records import event_record
from app.web.auth import current_actor
from app.web.listeners import Line
from app.web.reading import quote, takes
from app.web.schemas_feed import ChangeOut, ChangesOut, ChangesQuery, StreamQuery
from app.web.service import service
from app.web.streams import Stream, message

bp = APIBlueprint("feed", __name__, tag="Feed")

EVENT_STREAM = "text/event-stream"
_STREAM = (
    "Server-sent events: id is the number in the feed, event the kind, data a change as of "
    "/api/changes. `mark` tells a number up to which there was nothing for you, `reset` that the "
    "feed is another one: load everything anew."
)
_STREAM_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": _STREAM, "content": {EVENT_STREAM: {"schema": {"type": "string"}}}},
    503: {"description": "Enough listen already: come again after Retry-After seconds"},
}
MAX_WAIT_S = 30
# When a listener whose line broke comes again.
RETRY_MS = 1_000
_MAX_DIGITS = 15


@bp.get("/api/changes")
@takes(bp, ChangesQuery, "query")
@bp.output(ChangesOut)
@bp.doc(responses={409: "The feed ends before `after`: it is another one", 503: "Come again"})
def get_changes(query_data: ChangesQuery) -> ChangesOut:
    """Return the events after one that is known, in order and without holes, for other systems."""
    actor = current_actor()
    seq, limit = query_data.after, query_data.limit
    if not 0 < limit <= MAX_EVENTS or query_data.wait > MAX_WAIT_S:
        raise BadInputError(
            f"limit is {limit} and wait is {query_data.wait}, allowed are 1 to {MAX_EVENTS} and "
            f"0 to {MAX_WAIT_S}",
            message_zh=f"limit 为 {limit}，wait 为 {query_data.wait}，"
            f"应为 1 到 {MAX_EVENTS} 与 0 到 {MAX_WAIT_S}",
        )
    now = service()
    # Asked before the events: up to here, the actor has been told of all that it may see.
    head = now.feed.head()
    if seq > head:
        raise ConflictError(
            f"after is {seq}, the feed ends at {head}: this is not the feed you followed before",
            "Load everything anew, and go on with after=0.",
            message_zh=f"after 为 {seq}，但变更流只到 {head}：与之前的不是同一数据",
            hint_zh="请重新加载全部数据，并从 after=0 开始。",
        )
    found = list(now.feed.seen_by(actor, seq, limit + 1))
    if not found and query_data.wait:
        now.listeners.enter()
        try:
            found, head = _wait(now.follower, actor, head, query_data.wait)
        finally:
            now.listeners.leave()
    told = found[:limit]
    has_more = len(found) > limit
    return ChangesOut(
        events=[ChangeOut(**event_record(one)) for one in told],
        after=told[-1].seq if has_more else max([head, *(one.seq for one in told)]),
        has_more=has_more,
    )


def _wait(follower: Follower, actor: Actor, seq: int, wait_s: float) -> tuple[list[Event], int]:
    """Return the first events to come that an actor may see, and up to where these are all."""
    until = time.monotonic() + wait_s
    while True:
        left_s = until - time.monotonic()
        events = follower.after(seq, wait_s=max(left_s, 0.0))
        seq = events[-1].seq if events else seq
        found = seen(events, actor)
        if found or left_s <= 0 or follower.ended:
            return found, seq


@bp.get("/api/incidents/stream")
@takes(bp, StreamQuery, "query")
@bp.doc(responses=_STREAM_RESPONSES)
def get_stream(query_data: StreamQuery) -> Response:
    """Send every event that you may see as it happens, each once and in order."""
    actor = current_actor()
    actor.require(Permission.VIEW)
    now = service()
    after = _last_event_id()
    if after is None and "after" in query_data.model_fields_set:
        after = query_data.after
    now.follower.start()
    first = b"retry: %d\n\n" % RETRY_MS
    if after is None:
        after = now.follower.position
        first += message("mark", after, {"seq": after})
    elif after > now.follower.position and after > (head := now.feed.head()):
        after = head
        first += message("reset", head, {"seq": head})
    line = Line(request.environ.get("gunicorn.socket"))
    stream = Stream(now.follower, actor, _asker(), line, after)
    now.listeners.enter()
    answer = Response(stream.run(first), mimetype=EVENT_STREAM)
    # Also where nothing is sent, as for HEAD.
    answer.call_on_close(now.listeners.leave)
    answer.headers["Cache-Control"] = "no-store"
    # A proxy that keeps messages back until it has many makes a stream useless.
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


def _last_event_id() -> int | None:
    """Return what the Last-Event-ID header says, None if it says nothing.

    Raises
    ------
    BadInputError
        If it is no number of the feed.
    """
    text = request.headers.get("Last-Event-ID", "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise BadInputError(
            f"Last-Event-ID is {quote(text)}, allowed is the id of an event",
            "Leave it out to begin with what happens from now on.",
            message_zh=f"Last-Event-ID 为 {quote(text)}，应为事件编号",
            hint_zh="不发送该请求头则从当前开始。",
        )
    return int(text)


def _asker() -> Callable[[], Actor]:
    """Return a function that tells who makes the current request, read anew each time."""
    app, environ = current_app._get_current_object(), dict(request.environ)  # type: ignore[attr-defined]  # noqa: SLF001

    def ask() -> Actor:
        with app.request_context(environ):
            return current_actor()

    return ask
