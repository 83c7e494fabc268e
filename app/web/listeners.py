"""Those who wait for news, each on a thread of the process: how many, and are they still there."""

from __future__ import annotations

import select
import socket
import threading

from app.errors import UnavailableError

# Enough for the largest event, small enough that a slow listener is noticed and costs little.
_SEND_BUFFER_BYTES = 256 * 1024
# A listener that takes nothing for so long is cut off; it comes again and misses nothing.
SLOW_S = 10.0
# Linux tells of an end that the other side has announced by a flag of its own, others by POLLHUP.
_GONE = select.POLLHUP | select.POLLERR | getattr(select, "POLLRDHUP", 0)


class Listeners:
    """How many listen in this process.

    Parameters
    ----------
    most
        How many may.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._count = 0
        self._lock = threading.Lock()

    @property
    def count(self) -> int:
        """How many listen now."""
        return self._count

    def enter(self) -> None:
        """Count one more; every call is followed by one of `leave`.

        Raises
        ------
        UnavailableError
            If no more may listen in this process.
        """
        with self._lock:
            if self._count >= self.most:
                raise UnavailableError(
                    f"{self._count} listen already in this process of the server, allowed are "
                    f"{self.most}",
                    "Ask again in a moment: another process may have room.",
                    message_zh=f"本服务进程已有 {self._count} 个实时连接，最多允许 {self.most} 个",
                    hint_zh="请稍后重试，其他进程可能有空位。",
                )
            self._count += 1

    def leave(self) -> None:
        """Count one less."""
        with self._lock:
            self._count -= 1


class Line:
    """The connection of a listener, as far as the server shows it.

    Parameters
    ----------
    sock
        None where there is none, as in a test without a server.
    """

    def __init__(self, sock: socket.socket | None) -> None:
        self._sock = sock
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)

    def is_open(self) -> bool:
        """Whether the listener is still there, as far as can be known without sending."""
        if self._sock is None or self._sock.fileno() < 0:
            return self._sock is None
        # Of the descriptor: a socket of TLS cannot be peeked at, and what was sent to the very end
        # and never read would hide the end.
        poll = select.poll()
        poll.register(self._sock.fileno(), _GONE)
        return not poll.poll(0)

    def has_room(self, wait_s: float = SLOW_S) -> bool:
        """Wait until a message can be sent without waiting; False if that takes too long."""
        if self._sock is None:
            return True
        poll = select.poll()
        poll.register(self._sock, select.POLLOUT)
        return any(what & select.POLLOUT for _, what in poll.poll(wait_s * 1000))
