"""The OpenAPI document as a page: what `api.html` draws, computed here and not in the template."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter or one field of a body or an answer.

    Attributes
    ----------
    name : str
        Its name; fields of nested objects are written ``outer.inner``, of lists ``outer[].inner``.
    kind : str
        Its type in words.
    required : bool
        Whether it must be given.
    default : str
        What holds when it is left out; "" for nothing.
    text : str
        What it means.
    """

    name: str
    kind: str
    required: bool
    default: str
    text: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One route and method."""

    ident: str
    method: str
    path: str
    summary: str
    tag: str
    parameters: list[Field]
    body: list[Field]
    answer: list[Field]
    statuses: list[tuple[str, str]]
    example: str


def operations(spec: dict[str, Any]) -> list[Operation]:
    """Return the operations of an OpenAPI document in the order of its tags and paths."""
    schemas = spec["components"]["schemas"]
    found = [
        _operation(path, method, raw, schemas)
        for path, methods in sorted(spec["paths"].items())
        for method, raw in methods.items()
    ]
    tags = [tag["name"] for tag in spec["tags"]]
    return sorted(found, key=lambda one: tags.index(one.tag))


def _operation(path: str, method: str, raw: dict[str, Any], schemas: dict[str, Any]) -> Operation:
    parameters = [
        _field(one["name"], one["schema"], one.get("required", False), schemas)
        for one in raw.get("parameters", [])
    ]
    answers = raw["responses"]
    return Operation(
        ident=raw["operationId"],
        method=method.upper(),
        path=path,
        summary=raw.get("summary", ""),
        tag=raw["tags"][0],
        parameters=parameters,
        body=list(_fields(_schema_of(raw.get("requestBody", {})), schemas)),
        answer=list(_fields(_schema_of(answers.get("200", {})), schemas)),
        statuses=[(code, one.get("description", "")) for code, one in sorted(answers.items())],
        example=_example(path, raw) if method == "get" else "",
    )


def _schema_of(holder: dict[str, Any]) -> dict[str, Any]:
    for content in holder.get("content", {}).values():
        schema: dict[str, Any] = content["schema"]
        return schema
    return {}


def _fields(schema: dict[str, Any], schemas: dict[str, Any], prefix: str = "") -> Iterator[Field]:
    """Yield the fields of an object, those of nested objects behind their own."""
    schema = _resolve(schema, schemas)
    required = schema.get("required", [])
    for name, raw in schema.get("properties", {}).items():
        inner, suffix = _resolve(raw, schemas), ""
        if inner.get("type") == "array":
            inner, suffix = _resolve(inner.get("items", {}), schemas), "[]"
        yield _field(prefix + name, raw, name in required, schemas)
        yield from _fields(inner, schemas, f"{prefix}{name}{suffix}.")


def _field(name: str, raw: dict[str, Any], required: bool, schemas: dict[str, Any]) -> Field:
    default = raw.get("default")
    return Field(
        name=name,
        kind=_kind(raw, schemas),
        required=required,
        default="" if default in (None, "") else str(default),
        text=raw.get("description", "") or _resolve(raw, schemas).get("description", ""),
    )


def _kind(raw: dict[str, Any], schemas: dict[str, Any]) -> str:
    """Return a type in words."""
    options = [one for one in raw.get("anyOf", []) if one.get("type") != "null"]
    if options:
        null = " or null" if len(options) < len(raw["anyOf"]) else ""
        return " or ".join(_kind(one, schemas) for one in options) + null
    raw = _resolve(raw, schemas)
    if "enum" in raw:
        return " | ".join(map(str, raw["enum"]))
    if "const" in raw:
        return str(raw["const"])
    if raw.get("type") == "array":
        return f"list of {_kind(raw.get('items', {}), schemas)}"
    return str(raw.get("type", "any"))


def _resolve(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference; of a choice with null, take the other."""
    if "$ref" in schema:
        target: dict[str, Any] = schemas[schema["$ref"].rsplit("/", 1)[1]]
        return target
    for option in schema.get("anyOf", []):
        if "$ref" in option:
            return _resolve(option, schemas)
    return schema


def _example(path: str, raw: dict[str, Any]) -> str:
    """Return an address to try, from the examples of the parameters."""
    query = {}
    for one in raw.get("parameters", []):
        examples = one["schema"].get("examples", [])
        if not examples:
            if one["in"] == "path":
                return ""
            continue
        if one["in"] == "path":
            path = path.replace("{" + one["name"] + "}", quote(str(examples[0])))
        else:
            query[one["name"]] = examples[0]
    return path + (f"?{urlencode(query, safe=',')}" if query else "")
