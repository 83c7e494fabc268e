"""Answers that cost more than a moment: kept by what was asked, and sent only if they are new.

A key names everything that an answer depends on: the city's content, what is asked, and what the
one who asks may see. So nothing ever grows stale; what is not asked for any more makes room.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from flask import Response, current_app, request

# Together, and of one answer: a larger one is made each time.
MAX_BYTES, MAX_ONE = 64 << 20, 16 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer.

    Attributes
    ----------
    body : bytes
    etag : str
        Hash of the body.
    """

    body: bytes
    etag: str


class AnswerCache:
    """Keeps bodies of answers; safe for threads.

    Parameters
    ----------
    max_bytes
        How much is kept; what was not asked for longest goes first.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[Hashable, Answer] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], bytes]) -> Answer:
        """Return the answer of a key, made now if it is not kept.

        Two who ask for the same at once may both make it.
        """
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        body = make()
        made = Answer(body, hashlib.sha256(body).hexdigest()[:32])
        if len(body) > min(MAX_ONE, self._max_bytes):
            return made
        with self._lock:
            before = self._kept.pop(key, None)
            self._kept[key] = made
            self._bytes += len(body) - (len(before.body) if before else 0)
            while self._bytes > self._max_bytes:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= len(gone.body)
        return made


def json_bytes(value: Any) -> bytes:  # noqa: ANN401 - whatever JSON can hold
    """Return a value as the application writes JSON."""
    return current_app.json.dumps(value).encode()


def respond(answer: Answer, mimetype: str = "application/json") -> Response:
    """Answer 200 with the body, or 304 to whoever has it already.

    Who asks again has to ask whether it is still the same: what it may see can have changed.
    """
    response = Response(answer.body, mimetype=mimetype)
    response.set_etag(answer.etag)
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.add("Authorization")
    response.vary.add("Cookie")
    response.make_conditional(request)
    return response
