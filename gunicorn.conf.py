"""How `make run` serves: two processes of many threads, one opened city shared by all."""

from __future__ import annotations

import os
import sys
from types import TracebackType

from gunicorn.arbiter import Arbiter

workers = 2
# gthread, with errors in the one JSON shape.
worker_class = "app.web.worker.JsonErrorWorker"
# A listener to the change feed holds a thread as long as it listens; the other threads are for
# requests. A thread is made when it is first needed.
_listeners = os.environ.get("WEIGE_MAX_LISTENERS", "128")
threads = 32 + (int(_listeners) if _listeners.isdecimal() else 0)
preload_app = True
# The most that gunicorn allows.
limit_request_line = 8190
accesslog = None
errorlog = "-"
loglevel = "warning"


def when_ready(server: Arbiter) -> None:
    """Say where the map is once the server listens."""
    for listener in server.LISTENERS:
        print(f"Weige 微格 is at {listener}  (Ctrl-C stops it)", flush=True)


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
