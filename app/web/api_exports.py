"""/api/incidents/export: incidents as a file, as scripts.export_incidents writes it."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field

from app.errors import BadFileError, UnavailableError
from app.incidents.hand_out import HandOut
from app.store import utc_now
from app.web.api_incidents import to_query
from app.web.auth import current_actor
from app.web.reading import takes
from app.web.schemas_incidents import (
    IncidentsQuery,
)
from app.web.service import service

log = logging.getLogger(__name__)

bp = APIBlueprint("exports", __name__, tag="Incidents")

TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "geojson": "application/geo+json",
}
_CHUNK_BYTES = 1 << 16
_FILE = {"schema": {"type": "string", "format": "binary"}}
_KINDS = dict.fromkeys(TYPES.values(), _FILE) | {TYPES["geojson"]: {"schema": {"type": "object"}}}
_FILES = {200: {"description": "The file", "content": _KINDS}}


class ExportQuery(IncidentsQuery):
    """Which incidents are wanted, in which form; order, limit and after do not count."""

    format: Literal["csv", "xlsx", "parquet", "geojson"] = Field(  # type: ignore[assignment]
        "csv", description="Of the file"
    )
    contact: Literal["", "true", "false"] = Field(
        "", description="true: with who reported; that is recorded"
    )


@bp.get("/api/incidents/export")
@takes(bp, ExportQuery, "query")
@bp.doc(
    responses=cast("Any", _FILES)
    | {
        403: "Your account may not do this, or not here",
        413: "An XLSX cannot hold that many",
        503: "The server has no room for the file",
    }
)
def get_export(query_data: ExportQuery) -> Response:
    """Return the incidents that you see and ask for as a file, however many there are."""
    now = service()
    kind = query_data.format
    contact = query_data.contact == "true"
    query = to_query(query_data)
    task = HandOut(now.database, now.policy, now.city, current_actor(), query, contact=contact)
    file, size = _written(task, f"incidents.{kind}")
    day = utc_now().astimezone(now.policy.time_zone).strftime("%Y%m%d")
    response = Response(_chunks(file), mimetype=TYPES[kind])
    response.content_length = size
    response.headers.set("Content-Disposition", "attachment", filename=f"incidents-{day}.{kind}")
    response.headers["Cache-Control"] = "no-store"
    response.call_on_close(file.close)
    return response


def _written(task: HandOut, name: str) -> tuple[BinaryIO, int]:
    """Write a file whole before its first byte goes out, so that what fails is an error.

    Returns
    -------
    file : BinaryIO
        Without a name any more: it is gone with whoever reads it.
    size : int
        Bytes.

    Raises
    ------
    UnavailableError
        If there is no room for it, or nowhere to write it.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="weige-export-") as folder:
            path = Path(folder) / name
            task.write(path, lambda _: None)
            return path.open("rb"), path.stat().st_size
    except (BadFileError, OSError) as error:
        # Which folder, and what is wrong with it, is for whoever runs the server.
        log.error("an export cannot be written: %s", error)
        raise UnavailableError(
            "the export cannot be written on the server: its temporary folder is full or missing",
            "Ask for fewer incidents, or tell who runs the server.",
            message_zh="服务器无法写出导出文件：临时文件夹已满或不可用",
            hint_zh="请缩小导出范围，或联系服务器管理员。",
        ) from error


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
