"""POST /api/locate in Arrow and Parquet: forms, limits, answers, and their OpenAPI."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from apiflask import APIFlask
from flask import Response, current_app
from flask.sansio.blueprints import BlueprintSetupState

from app.errors import BadInputError, TooLargeError
from app.locate.arrow import FIELDS, fields_named, locate_arrow
from app.web.columnar import COLUMNAR, FILE, PARQUET, STREAM, read_columns, write_columns
from app.web.errors import language
from app.web.reading import JSON, accepted_type, declared_type, read_body
from app.web.schemas import LocateManyQuery
from app.web.service import Service
from app.web.settings import Settings

# So many large tables are worked on at a time in one process; each uses all processors anyway.
# The others wait with their bodies and points.
_AT_ONCE = 2
_LARGE_ROWS = 100_000
_LARGE_BYTES = 1_000_000
_TURNS = "weige_bulk_turns"

_BODIES = {
    STREAM: "Arrow IPC stream of the columns lon, lat (degrees) and, if wanted, accuracy_m",
    FILE: "Arrow IPC file of the same columns",
    PARQUET: "Parquet file of the same columns",
}
_ANSWERS = {
    STREAM: f"Arrow IPC stream: one row for every row, the columns of fields ({', '.join(FIELDS)})",
    FILE: "Arrow IPC file of the same columns",
    PARQUET: "Parquet file of the same columns",
}


def _content(texts: dict[str, str]) -> dict[str, Any]:
    return {
        kind: {"schema": {"type": "string", "format": "binary", "description": text}}
        for kind, text in texts.items()
    }


RESPONSES: dict[int, Any] = {
    200: {"content": _content(_ANSWERS)},
    406: "The answer is not given in any form that Accept names",
    413: "More points or bytes than one call may carry",
    415: f"The body is not {JSON} in UTF-8 or one of {', '.join(COLUMNAR)}",
}


@dataclass(frozen=True, slots=True)
class Forms:
    """In what form a request comes and is to be answered.

    Attributes
    ----------
    body, answer : str
        Media types.
    datum : str
        Of a body in columns.
    fields : tuple of str
        Of an answer in columns.
    """

    body: str
    answer: str
    datum: str
    fields: tuple[str, ...]


def prepare(state: BlueprintSetupState) -> None:
    """Set up an application that is to answer in columns."""
    app = state.app
    app.extensions[_TURNS] = threading.BoundedSemaphore(_AT_ONCE)
    if isinstance(app, APIFlask):
        app.spec_processor(_with_bodies)


def _with_bodies(spec: dict[Any, Any] | str) -> dict[Any, Any] | str:
    """Add the bodies in columns to the OpenAPI document; APIFlask notes but one form of a body."""
    if isinstance(spec, str):  # YAML, which is not served
        return spec
    body = spec["paths"]["/api/locate"]["post"]["requestBody"]
    body["content"] |= _content(_BODIES)
    return spec


def forms(query: LocateManyQuery) -> Forms:
    """Return in what form the current request comes and is to be answered.

    Raises
    ------
    UnsupportedMediaTypeError, NotAcceptableError
        If there is no such form.
    BadInputError
        If the query says what goes with another form, or names a field that is not known.
    """
    body = declared_type((JSON, *COLUMNAR))
    offered = (JSON, *COLUMNAR) if body == JSON else (*COLUMNAR, JSON)
    answer = accepted_type(offered, body)
    if body == JSON and "datum" in query.model_fields_set:
        raise BadInputError(
            f"datum is {query.datum!r} in the query, and the body is JSON, which has its own",
            "Say datum in the JSON body.",
            message_zh=f"查询参数 datum 为 {query.datum!r}，但 JSON 请求体自带 datum",
            hint_zh="请在 JSON 请求体中给出 datum。",
        )
    if answer == JSON and "fields" in query.model_fields_set:
        raise BadInputError(
            f"fields is {query.fields[:60]!r}, and an answer in JSON always has all fields",
            f"Leave fields out, or send the header Accept: {STREAM}.",
            message_zh=f"fields 为 {query.fields[:60]!r}，但 JSON 回答总是包含全部字段",
            hint_zh=f"请去掉 fields，或发送请求头 Accept: {STREAM}。",
        )
    return Forms(body, answer, query.datum, fields_named(query.fields.split(",")))


def read_points(asked: Forms, settings: Settings) -> pa.Table:
    """Return the points in the body of the current request, which is in columns.

    Raises
    ------
    BadInputError
        If the body is not such a table, or `TooLargeError` if it is too large.
    """
    raw = read_body(settings.max_bulk_bytes)
    with _turn(len(raw) >= _LARGE_BYTES):
        return read_columns(raw, asked.body, settings.max_bulk_points)


def check_for_json(rows: int, settings: Settings) -> None:
    """Refuse to answer in JSON for more points than JSON may carry.

    Raises
    ------
    TooLargeError
        If there are more.
    """
    if rows > settings.max_points:
        raise TooLargeError(
            f"the body has {rows} points, allowed are {settings.max_points} with an answer in JSON",
            f"Send the header Accept: {STREAM}.",
            message_zh=f"请求包含 {rows} 个点，以 JSON 回答时最多允许 {settings.max_points} 个",
            hint_zh=f"请发送请求头 Accept: {STREAM}。",
        )


def located(now: Service, table: pa.Table, asked: Forms, told: dict[int, str]) -> Response:
    """Locate the points of a table and answer in columns."""
    with _turn(table.num_rows >= _LARGE_ROWS):
        found = locate_arrow(
            now.locator,
            table,
            datum=asked.datum,
            fields=asked.fields,
            language=language(),
            told=told,
        )
        return Response(write_columns(found, asked.answer), content_type=asked.answer)


def _turn(large: bool) -> AbstractContextManager[object]:
    """Wait for one of the turns that large tables have."""
    turns: threading.BoundedSemaphore = current_app.extensions[_TURNS]
    return turns if large else nullcontext()
