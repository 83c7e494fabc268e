"""What one listener is sent: messages of server-sent events, as things happen."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from app.accounts import Actor, Permission
from app.errors import UnavailableError, WeigeError
from app.incidents.feed import seen
from app.incidents.follow import Follower
from app.incidents.incident import Event
from app.incidents.records import event_record
from app.web.listeners import Line

# How often a stream looks whether its listener is still there.
LOOK_S = 2.0
# After how long without a message one is sent, so that nobody between takes the line for dead.
BEAT_S = 15.0
# How often it is checked that the listener may still listen.
CHECK_S = 15.0
_PAGE = 200
_PART_BYTES = 16 * 1024
_BEAT = b": \n\n"


def message(kind: str, seq: int, data: dict[str, Any]) -> bytes:
    """Return one message.

    Parameters
    ----------
    kind
        Its type.
    seq
        Its id: a number of the feed.
    data
        What it says, plain values.
    """
    # JSON stands on one line: it writes a line break within a text as \\n.
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"id: {seq}\nevent: {kind}\ndata: {text}\n\n".encode()


class Stream:
    """What one listener is sent, until it leaves, may not listen, or the process ends.

    Parameters
    ----------
    follower
        Tells what happens.
    actor
        Who listens.
    ask
        Tells anew who listens; raises if nobody may.
    line
        The listener's connection.
    seq
        The first event is the one after this number.
    """

    def __init__(
        self, follower: Follower, actor: Actor, ask: Callable[[], Actor], line: Line, seq: int
    ) -> None:
        self._follower = follower
        self._actor = actor
        self._ask = ask
        self._line = line
        # Up to where was read, and up to where the listener knows.
        self._seq = self._told = seq
        self._sent_at = self._checked_at = time.monotonic()

    def run(self, first: bytes) -> Iterator[bytes]:
        """Give parts of the stream, `first` at once."""
        yield first
        while not self._follower.ended and self._line.is_open():
            events = self._next()
            if not self._may_listen():
                return
            for part in _parts(self._messages(events)):
                # Who takes nothing would hold the thread for ever.
                if not self._line.has_room():
                    return
                yield part

    def _next(self) -> tuple[Event, ...]:
        try:
            return self._follower.after(self._seq, _PAGE, LOOK_S)
        except UnavailableError:
            # The database is away. The line stays, and its heart goes on beating.
            time.sleep(LOOK_S)
            return ()

    def _may_listen(self) -> bool:
        now = time.monotonic()
        if now - self._checked_at >= CHECK_S:
            self._checked_at = now
            try:
                self._actor = self._ask()
                self._actor.require(Permission.VIEW)
            except UnavailableError:
                # Nothing new can be told as long as this lasts.
                return True
            except WeigeError:
                return False
        return True

    def _messages(self, events: tuple[Event, ...]) -> list[bytes]:
        if events:
            self._seq = events[-1].seq
        visible = seen(events, self._actor)
        made = [message(str(one.kind), one.seq, event_record(one)) for one in visible]
        now = time.monotonic()
        if visible:
            self._told = visible[-1].seq
        elif now - self._sent_at >= BEAT_S:
            # With the id of what is not for this listener, so that it need not be read again.
            behind = self._seq > self._told
            made = [message("mark", self._seq, {"seq": self._seq}) if behind else _BEAT]
            self._told = self._seq
        if made:
            self._sent_at = now
        return made


def _parts(messages: list[bytes]) -> Iterator[bytes]:
    """Join messages into parts that fit into the buffer of a connection."""
    part = b""
    for one in messages:
        if part and len(part) + len(one) > _PART_BYTES:
            yield part
            part = b""
        part += one
    if part:
        yield part
