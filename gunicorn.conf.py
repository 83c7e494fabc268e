"""How `make run` serves: two processes of eight threads, one opened city shared by all."""

from __future__ import annotations

from gunicorn.arbiter import Arbiter

workers = 2
# gthread, with errors in the one JSON shape.
worker_class = "app.web.worker.JsonErrorWorker"
threads = 8
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
