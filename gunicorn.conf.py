"""How `make run` serves: two processes of many threads, one opened city shared by all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from types import TracebackType

from gunicorn.arbiter import Arbiter

workers = 2
# gthread, with errors in the one JSON shape.
worker_class = "app.web.worker.JsonErrorWorker"
# A listener to the change feed holds a thread as long as it listens; the other threads are for
# requests. A thread is made when it is first needed.
_listeners = os.environ.get("WEIGE_MAX_LISTENERS", "128")
threads = 32 + (int(_listeners) if _listeners.isdecimal() else 0)
# An idle connection is kept longer than a page waits between two looks (30 s) and than a proxy
# keeps its own (60 s with nginx): what is sent just as the server closes it fails. One that waits
# costs no thread. A server that stops closes them within two seconds.
keepalive = 65
# Fewer than the 1,024 files that a process mostly may have open.
worker_connections = 800
preload_app = True
# The most that gunicorn allows.
limit_request_line = 8190
accesslog = None
# Should somebody turn it on: no query, in which addresses stand, and no address of a page before.
access_log_format = '%(h)s %(u)s %(t)s "%(m)s %(U)s %(H)s" %(s)s %(b)s'
errorlog = "-"
loglevel = "warning"


def on_starting(server: Arbiter) -> None:
    """Refuse addresses that the demo must not have, before one of them is bound."""
    _check_addresses(server.cfg.address)


def on_reload(server: Arbiter) -> None:
    """Refuse them when the settings are read again, too."""
    _check_addresses([*server.cfg.address, *(one.getsockname() for one in server.LISTENERS)])


def when_ready(server: Arbiter) -> None:
    """Say where the map is once the server listens; nobody is answered before this returns."""
    # What is bound may also have been handed over by systemd or by the server before.
    _check_addresses(listener.getsockname() for listener in server.LISTENERS)
    # Opened here, before it forks, so that the processes share the memory.
    server.app.wsgi().extensions["weige"].warm()
    for listener in server.LISTENERS:
        print(f"Weige 微格 is at {listener}  (Ctrl-C stops it)", flush=True)


def _check_addresses(addresses: Iterable[object]) -> None:
    from app.web.settings import Settings  # noqa: PLC0415 - as below
    from app.web.start import check_addresses  # noqa: PLC0415

    check_addresses(addresses, Settings.from_env())


def _say_why(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say in plain words why the server does not start; only faults of the program show a trace."""
    from app.errors import WeigeError  # noqa: PLC0415 - the path is known only once gunicorn runs
    from scripts.console import say_error  # noqa: PLC0415

    if isinstance(error, WeigeError):
        say_error(error)
    else:
        sys.__excepthook__(kind, error, trace)


# The application is loaded before any hook of gunicorn runs, and its errors end the process.
sys.excepthook = _say_why
