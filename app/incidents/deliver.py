"""Delivering events to webhooks: signed, in order, again and again until it works or is given up.

One process holds the lease and delivers; each webhook has a thread of its own, so that one which
hangs holds back no other.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import json
import logging
import os
import random
import secrets
import socket
import threading
import time
import weakref
from collections.abc import Sequence
from urllib.parse import urlsplit

from app import __version__
from app.errors import BadInputError, WeigeError
from app.incidents.follow import Follower
from app.incidents.incident import Event
from app.incidents.lease import Lease
from app.incidents.records import event_record
from app.incidents.webhook_hosts import WebhookHosts
from app.incidents.webhook_tables import Webhook
from app.incidents.webhooks import Webhooks
from app.store import Database, utc_now

log = logging.getLogger(__name__)

SIGNATURE = "X-Weige-Signature"
MAX_ATTEMPTS = 12
_MAX_WAIT_S = 600.0
_LASTING_S = 20.0
_TICK_S = 1.0
_PAGE = 100
# Delivered events after which the cursor is written down; as many may come twice after a fault.
_FLUSH = 25
_MAX_ANSWER_BYTES = 65_536
_OK = range(200, 300)


def sign(secret: str, at: int, body: bytes) -> str:
    """Return the signature of a message.

    Parameters
    ----------
    secret
        The webhook's.
    at
        When it is sent, seconds of Unix time; part of what is signed, against replay.
    body
        The message.

    Returns
    -------
    str
        ``t=…,v1=…``: the time, and HMAC-SHA256 in hexadecimal over time, full stop and message.
    """
    signed = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256)
    return f"t={at},v1={signed.hexdigest()}"


def pause_s(attempts: int) -> float:
    """Return how long to wait after so many failed attempts, seconds: doubled each, with jitter."""
    return min(2.0**attempts, _MAX_WAIT_S) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


class Sender:
    """Sends to one webhook, over one connection as long as the other side keeps it.

    Parameters
    ----------
    hosts
        Where it may lead.
    timeout_s
        How long one delivery may take, seconds.
    """

    def __init__(self, hosts: WebhookHosts, timeout_s: float) -> None:
        self._hosts = hosts
        self._timeout_s = timeout_s
        self._line: http.client.HTTPConnection | None = None
        self._origin = ("", "")

    def send(self, one: Webhook, event: Event) -> str:
        """Send an event, and return why that failed, "" if it did not.

        Whatever is no 2xx is a failure; redirects are not followed.
        """
        body = json.dumps(event_record(event), ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": f"Weige/{__version__}",
            "X-Weige-Event": str(event.seq),
            "X-Weige-Webhook": str(one.id),
            SIGNATURE: sign(one.secret, int(time.time()), body),
        }
        try:
            self._hosts.check(one.url)
            status = self._post(one.url, body, headers)
        except BadInputError as error:
            return error.message
        except TimeoutError:
            self.close()
            return f"no answer within {self._timeout_s:g} s"
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            return f"{type(error).__name__}: {error}"[:300]
        if status in _OK:
            return ""
        return f"HTTP {status}" + (", redirects are not followed" if 300 <= status < 400 else "")  # noqa: PLR2004

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        parts = urlsplit(url)
        if (parts.scheme, parts.netloc) != self._origin:
            self.close()
        used = self._line is not None
        try:
            return self._exchange(url, body, headers)
        except (http.client.RemoteDisconnected, ConnectionError):
            # The other side had closed a connection that it kept: that is no failure yet.
            self.close()
            if not used:
                raise
        return self._exchange(url, body, headers)

    def _exchange(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        parts = urlsplit(url)
        line = self._line
        if line is None:
            host = parts.hostname or ""
            line = self._hosts.connection(parts.scheme, host, parts.port, self._timeout_s)
            line.connect()
            self._line, self._origin = line, (parts.scheme, parts.netloc)
        # The time-out of the socket starts anew with every byte; this one does not.
        watch = threading.Timer(self._timeout_s, _cut, (line.sock,))
        watch.daemon = True
        watch.start()
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            line.request("POST", path, body, headers)
            answer = line.getresponse()
            answer.read(_MAX_ANSWER_BYTES)
            if not answer.isclosed():
                self.close()
            return answer.status
        finally:
            if watch.finished.is_set():
                raise TimeoutError
            watch.cancel()

    def close(self) -> None:
        """Close the connection."""
        if self._line is not None:
            self._line.close()
            self._line = None


def _cut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


class Deliverer:
    """Delivers events to all webhooks, as long as this process holds the lease.

    Parameters
    ----------
    database
        Where webhooks and the lease are kept.
    webhooks
        Who is told.
    follower
        What happens.
    timeout_s
        How long one delivery may take, seconds.
    max_attempts
        After so many, an event goes to the dead letters.
    lasting_s
        How long the lease lasts, seconds: how long nobody delivers if this process is killed.
    """

    def __init__(
        self,
        database: Database,
        webhooks: Webhooks,
        follower: Follower,
        *,
        timeout_s: float = 10.0,
        max_attempts: int = MAX_ATTEMPTS,
        lasting_s: float = _LASTING_S,
    ) -> None:
        self.webhooks = webhooks
        self.follower = follower
        self.timeout_s = timeout_s
        self.max_attempts = max_attempts
        self.ending = threading.Event()
        self._database = database
        self._lasting_s = lasting_s
        self._held_until = 0.0
        self._renew()
        _deliverers.add(self)

    def _renew(self) -> None:
        """Have no thread, as in a process that has just begun."""
        name = f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._lease = Lease(self._database, name, self._lasting_s)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._lines: dict[int, threading.Thread] = {}

    @property
    def holder(self) -> str:
        """The name under which this process holds the lease."""
        return self._lease.holder

    def is_mine(self) -> bool:
        """Whether this process may send: it holds the lease for longer than one delivery takes."""
        return not self.ending.is_set() and time.monotonic() < self._held_until

    def start(self) -> None:
        """Begin, if nobody has yet."""
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
                self._thread.start()

    def end(self) -> None:
        """Tell the threads to stop, and return at once; fit for the handler of a signal."""
        self.ending.set()

    def stop(self, timeout_s: float = 20.0) -> None:
        """Stop, and wait until the threads have ended."""
        self.end()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        renew_at = 0.0
        while not self.ending.wait(_TICK_S if renew_at else 0.0):
            try:
                active = self.webhooks.active()
                if not active:
                    renew_at = renew_at or time.monotonic()
                    continue
                now = time.monotonic()
                if now >= renew_at:
                    mine = self._lease.take()
                    renew_at = now + self._lasting_s / (4 if mine else 8)
                    # Reckoned from before it was asked for, less what a delivery takes.
                    spare_s = min(self.timeout_s + _TICK_S, self._lasting_s / 2)
                    self._held_until = now + self._lasting_s - spare_s if mine else 0.0
                if self.is_mine():
                    self._begin(active)
            except WeigeError as error:
                log.warning("webhooks wait: %s", error.message)
                renew_at = time.monotonic()
            except Exception:
                log.exception("webhooks wait")
                renew_at = time.monotonic() + _TICK_S
        for line in self._lines.values():
            line.join(self.timeout_s + _TICK_S)
        with contextlib.suppress(WeigeError):
            self._lease.give_up()

    def _begin(self, active: Sequence[Webhook]) -> None:
        for one in active:
            line = self._lines.get(one.id)
            if line is None or not line.is_alive():
                line = threading.Thread(
                    target=_Line(self, one.id).run, name=f"webhook-{one.id}", daemon=True
                )
                self._lines[one.id] = line
                line.start()


class _Line:
    """One webhook being told; ends when it is switched off or the lease is lost."""

    def __init__(self, deliverer: Deliverer, ident: int) -> None:
        self._to = deliverer
        self._ident = ident
        self._sender = Sender(deliverer.webhooks.hosts, deliverer.timeout_s)

    def run(self) -> None:
        """Tell the webhook of everything, until that must stop."""
        try:
            while self._to.is_mine() and self._step():
                pass
        except WeigeError as error:
            log.warning("webhook %d waits: %s", self._ident, error.message)
        except Exception:
            log.exception("webhook %d waits", self._ident)
        finally:
            self._sender.close()

    def _step(self) -> bool:
        """Do what is next; False if there is no such webhook any more."""
        one = self._to.webhooks.current(self._ident)
        if one is None:
            return False
        if one.next_at is not None and (left_s := (one.next_at - utc_now()).total_seconds()) > 0:
            self._to.ending.wait(min(left_s, _TICK_S))
            return True
        letter = self._to.webhooks.waiting(one.id)
        if letter is not None:
            (event,) = self._to.follower.after(letter.seq - 1, 1)
            self._to.webhooks.settle(letter, self._sender.send(one, event))
            return True
        events = self._to.follower.after(one.cursor, _PAGE, _TICK_S)
        # It may have been switched off or changed meanwhile: what came is not for it as it was.
        if self._to.webhooks.current(self._ident) != one:
            return True
        return self._tell(one, events)

    def _tell(self, one: Webhook, events: Sequence[Event]) -> bool:
        """Deliver some events in order; False if the webhook must not be told more now."""
        webhooks, holder = self._to.webhooks, self._to.holder
        done, count = one.cursor, 0
        for event in events:
            if webhooks.wants(one, event):
                if count == _FLUSH or not self._to.is_mine():
                    break
                reason = self._sender.send(one, event)
                if reason:
                    return self._fail(one, done, event, reason)
                count += 1
            done = event.seq
        if done == one.cursor:
            return True
        return webhooks.advance(holder, one, done, delivered=count > 0)

    def _fail(self, one: Webhook, done: int, event: Event, reason: str) -> bool:
        log.info("webhook %d, event %d: %s", one.id, event.seq, reason)
        # Attempts count for the event right after the cursor.
        before = one.attempts if done == one.cursor else 0
        if before + 1 >= self._to.max_attempts:
            return self._to.webhooks.bury(self._to.holder, one, event.seq, before + 1, reason)
        wait_s = pause_s(before)
        return self._to.webhooks.postpone(self._to.holder, one, done, reason, wait_s)


# A child after fork has no threads: it starts its own, under a name of its own.
_deliverers: weakref.WeakSet[Deliverer] = weakref.WeakSet()


def _renew_all() -> None:
    for one in list(_deliverers):
        one._renew()  # noqa: SLF001 - the same module


os.register_at_fork(after_in_child=_renew_all)
