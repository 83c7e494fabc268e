"""Answers of Open311 in XML and JSON, one from the other by the Spark convention.

A list in JSON is an element in XML that holds one element for each member, under a name of its
own; what is null is an empty element. Text is escaped; characters that XML 1.0 cannot hold become
U+FFFD, and a carriage return is written as a reference, which parsers would make a line feed else.

Source: https://wiki.open311.org/JSON_and_XML_Conversion/#the-spark-convention and XML 1.0, 2.2.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any, Literal

from flask import Response, jsonify, request

from app.incidents.policy import Hazard
from app.web.errors import language

Format = Literal["json", "xml"]

# Characters; what is longer is refused when it is sent, and shortened when it is answered.
MAX_DESCRIPTION = 4_000

# What the members of a list are called.
_MEMBERS = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "endpoints": "endpoint",
    "formats": "format",
    "errors": "error",
}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def either(english: str, chinese: str) -> str:
    """Return the text in the caller's language."""
    return chinese if language() == "zh" else english


def hazard_name(hazard: Hazard) -> str:
    """Return what a hazard is called in the caller's language."""
    return either(hazard.name_en, hazard.name)


def wanted_format() -> Format:
    """Return the form in which the address asks for the answer; XML where it names none."""
    return "json" if request.path.endswith(".json") else "xml"


def answer(root: str, value: Any, status: int = 200) -> Response:  # noqa: ANN401 - plain values
    """Return an answer in the form that the address asks for.

    Parameters
    ----------
    root
        Name of the root element; JSON has none.
    value
        Lists, dicts, texts, numbers, truth values, None.
    status
        Of HTTP.
    """
    if wanted_format() == "json":
        response = jsonify(value)
        response.headers["Content-Type"] = "application/json; charset=utf-8"
    else:
        response = Response('<?xml version="1.0" encoding="utf-8"?>\n' + to_xml(root, value))
        response.headers["Content-Type"] = "text/xml; charset=utf-8"
    response.status_code = status
    return response


def to_xml(name: str, value: Any) -> str:  # noqa: ANN401 - plain values
    """Return a value as an element with its text escaped."""
    if value is None or value in ("", [], {}):
        return f"<{name}/>"
    if isinstance(value, dict):
        inner = "".join(to_xml(key, one) for key, one in value.items())
    elif isinstance(value, list):
        inner = "".join(to_xml(_MEMBERS[name], one) for one in value)
    elif isinstance(value, bool):
        inner = "true" if value else "false"
    else:
        text = _NOT_XML.sub("\ufffd", str(value))
        inner = escape(text, quote=False).replace("\r", "&#13;")
    return f"<{name}>{inner}</{name}>"
