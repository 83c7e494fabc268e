"""/api/incidents/export: incidents as a file, as scripts.export_incidents writes it."""

from __future__ import annotations

from typing import Any, Literal, cast

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field

from app.incidents.hand_out import HandOut
from app.store import utc_now
from app.web.api_incidents import to_query
from app.web.attachments import attachment, written
from app.web.auth import current_actor
from app.web.reading import takes
from app.web.schemas_incidents import (
    IncidentsQuery,
)
from app.web.service import service

bp = APIBlueprint("exports", __name__, tag="Incidents")

TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "geojson": "application/geo+json",
}
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
    file, size = written(lambda path: task.write(path, lambda _: None), f"incidents.{kind}")
    day = utc_now().astimezone(now.policy.time_zone).strftime("%Y%m%d")
    return attachment(file, size, TYPES[kind], f"incidents-{day}.{kind}")
