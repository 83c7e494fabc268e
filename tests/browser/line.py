"""The line between a browser and a server, which can be cut and mended."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

_AT_ONCE = 65536


class Line:
    """Passes on what comes to a port of its own, and back, until it is cut."""

    def __init__(self, origin: str) -> None:
        self._there = ("127.0.0.1", int(origin.rpartition(":")[2]))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._lock = threading.Lock()
        self._is_cut = False
        self._held: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every connection, and each that is begun, at once."""
        with self._lock:
            self._is_cut = True
            for one in self._held:
                _end(one)

    def mend(self) -> None:
        """Pass new connections on again."""
        self._is_cut = False

    def close(self) -> None:
        """End it for good."""
        self.cut()
        _end(self._listener)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                here, _ = self._listener.accept()
            except OSError:  # it was closed
                return
            try:
                there = socket.create_connection(self._there)
            except OSError:
                here.close()
                continue
            with self._lock:
                self._held |= {here, there}
                if self._is_cut:
                    _end(here)
            for one, other in ((here, there), (there, here)):
                threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        """Pass on what one end says, and close it when there is no more."""
        with suppress(OSError):
            while data := one.recv(_AT_ONCE):
                other.sendall(data)
        _end(other)
        with self._lock:
            self._held.discard(one)
            one.close()


def _end(one: socket.socket) -> None:
    """Wake whoever waits for an end of a connection: nothing more comes or goes."""
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
