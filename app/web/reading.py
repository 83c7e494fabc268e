"""What a request says, read strictly: nothing is guessed, repeated or passed over in silence.

Flask and pydantic would answer in English alone, or with a fault of the server; here every fault
says what was given, what is allowed and where, in both languages.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from functools import wraps
from reprlib import Repr
from typing import Any, Literal, ParamSpec, TypeVar, cast, get_args

from apiflask import APIBlueprint
from flask import current_app, request
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.errors import BadInputError, TooLargeError
from app.locate.rows import parse_degrees
from app.web.errors import NotAcceptableError, UnsupportedMediaTypeError

P = ParamSpec("P")
R = TypeVar("R")
ModelT = TypeVar("ModelT", bound=BaseModel)
Bounds = tuple[float, float, float, float]

JSON = "application/json"
MAX_FAULTS = 5
_BODY, _BODY_ZH = "the body", "请求体"
_HINT = "/api/docs lists the parameters and their types."
_HINT_ZH = "参数与类型见 /api/docs。"
_TAKES_QUERY = "_weige_takes_query"
_AROUND = 20
# Beyond this Python itself refuses to make an int of digits, and no number here is as large.
_MAX_DIGITS = 400

# What json.JSONDecodeError says of where a text stops being JSON.
_JSON_ZH = {
    "Expecting value": "此处应有值",
    "Expecting property name enclosed in double quotes": "此处应有双引号括起的字段名",
    "Illegal trailing comma before end of object": "此处应有双引号括起的字段名",
    "Illegal trailing comma before end of array": "此处应有值",
    "Expecting ':' delimiter": "此处应有冒号 ':'",
    "Expecting ',' delimiter": "此处应有逗号 ','",
    "Extra data": "结尾之后还有多余内容",
    "Unterminated string starting": "字符串没有结束引号，始于此处",
    "Invalid control character": "字符串中有控制字符",
    "Invalid \\escape": "转义符无效",
    "Invalid \\uXXXX escape": "\\uXXXX 转义无效",
}

# What each kind of pydantic's faults allows, in English and Chinese; {expected} comes with it.
_ALLOWED = {
    "decimal": ("a decimal number", "十进制数"),
    "float_type": ("a number", "数"),
    "list_type": ("a list", "数组"),
    "dict_type": ("an object", "对象"),
    "model_type": ("an object", "对象"),
    "string_type": ("text", "文本"),
    "literal_error": ("{expected}", "{expected}"),
    "int_type": ("a whole number", "整数"),
    "int_from_float": ("a whole number", "整数"),
    "whole": ("a whole number", "整数"),
    "bool_type": ("true or false", "true 或 false"),
    "greater_than_equal": ("{ge} or more", "不小于 {ge}"),
    "less_than_equal": ("{le} or less", "不大于 {le}"),
    "day": ("a day such as 2026-11-01", "日期，例如 2026-11-01"),
    "instant": (
        "a time with its zone, such as 2026-11-22T12:00:00+08:00",
        "带时区的时间，例如 2026-11-22T12:00:00+08:00",
    ),
}


def takes(
    bp: APIBlueprint, model: type[BaseModel], location: Literal["query", "json"]
) -> Callable[[Callable[P, R]], Callable[..., R]]:
    """Give a view what the request says, as ``query_data`` or ``json_data``; document it, too.

    Parameters
    ----------
    bp
        Blueprint of the view.
    model
        What the view takes.
    location
        Where it stands: in the query string or in a JSON body.
    """

    def decorator(view: Callable[P, R]) -> Callable[..., R]:
        notes(bp, model, location)(view)

        @wraps(view)
        def wrapper(*args: object, **kwargs: object) -> R:
            read = read_query if location == "query" else read_json
            kwargs[f"{location}_data"] = read(model)
            return view(*args, **kwargs)  # type: ignore[arg-type]

        setattr(wrapper, _TAKES_QUERY, location == "query")
        return wrapper

    return decorator


def notes(
    bp: APIBlueprint, model: type[BaseModel], location: Literal["query", "json"]
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Document what a view takes, and leave the reading to the view; see `takes`."""

    def decorator(view: Callable[P, R]) -> Callable[P, R]:
        # APIFlask notes the schema on the view; its own reading of the request is not used.
        bp.input(model, location=location)(view)
        return view

    return decorator


def refuse_unknown_query() -> None:
    """Refuse query parameters on a route of the API that takes none.

    Raises
    ------
    BadInputError
        If there is one. Routes that take some check theirs by their model.
    """
    if not request.args or not request.path.startswith(("/api/", "/healthz")):
        return
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or getattr(view, _TAKES_QUERY, False):
        return
    name, value = next(iter(request.args.items()))
    name = _path([name])
    raise BadInputError(
        f"{name} is not known (it is {quote(value)}), {request.method} {request.path} takes no "
        "query parameters",
        _HINT,
        message_zh=f"未知参数 {name}（值为 {quote(value)}），"
        f"{request.method} {request.path} 不接受查询参数",
        hint_zh=_HINT_ZH,
    )


def read_query(model: type[ModelT]) -> ModelT:
    """Return the query string as `model`.

    Raises
    ------
    BadInputError
        If a parameter is missing, unknown, given twice or of the wrong kind.
    """
    for name, values in request.args.lists():
        if len(values) > 1:
            path = _path([name])
            shown = ", ".join(map(quote, values[:MAX_FAULTS]))
            raise BadInputError(
                f"{path} is given {len(values)} times ({shown}), allowed is once",
                _HINT,
                message_zh=f"{path} 出现 {len(values)} 次（{shown}），只允许一次",
                hint_zh=_HINT_ZH,
            )
    return _validated(model, request.args.to_dict())


def read_json(model: type[ModelT]) -> ModelT:
    """Return the body as `model`.

    Raises
    ------
    UnsupportedMediaTypeError
        If the body is not declared as ``application/json`` in plain UTF-8.
    BadInputError
        If it cannot be read, is not JSON, or not what `model` allows.
    """
    declared_type((JSON,))
    return _validated(model, parse_json(read_body()))


def declared_type(allowed: Sequence[str]) -> str:
    """Return the media type of the body, one of `allowed`.

    Raises
    ------
    UnsupportedMediaTypeError
        If it is declared as anything else, as compressed, or as JSON in another charset.
    """
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding != "identity":
        raise UnsupportedMediaTypeError(
            f"Content-Encoding is {quote(encoding)}, allowed is none",
            "Send the body uncompressed.",
            message_zh=f"Content-Encoding 为 {quote(encoding)}，不支持压缩",
            hint_zh="请发送未压缩的请求体。",
        )
    kind = request.mimetype
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if kind in allowed and (kind != JSON or charset in {"utf-8", "utf8"}):
        return kind
    given = request.headers.get("Content-Type", "")
    shown, shown_zh = (quote(given), quote(given)) if given else ("missing", "缺失")
    names = [f"{one} in UTF-8" if one == JSON else one for one in allowed]
    names_zh = [f"UTF-8 编码的 {one}" if one == JSON else one for one in allowed]
    raise UnsupportedMediaTypeError(
        f"Content-Type is {shown}, allowed {'is' if len(names) == 1 else 'are'} {', '.join(names)}",
        f"Send the header Content-Type: {allowed[0]}."
        if len(allowed) == 1
        else "Send the header Content-Type that says what the body is.",
        message_zh=f"Content-Type 为 {shown_zh}，只支持 {'、'.join(names_zh)}",
        hint_zh=f"请发送请求头 Content-Type: {allowed[0]}。"
        if len(allowed) == 1
        else "请发送与请求体相符的 Content-Type 请求头。",
    )


def accepted_type(offered: Sequence[str], default: str) -> str:
    """Return the media type in which the caller wants the answer.

    Parameters
    ----------
    offered
        What there is; of several that the caller likes alike the first is taken.
    default
        What a caller gets who does not say.

    Raises
    ------
    NotAcceptableError
        If the caller accepts none of them.
    """
    if not request.headers.get("Accept", "").strip():
        return default
    found = request.accept_mimetypes.best_match(offered)
    if found is None:
        given = quote(request.headers["Accept"])
        raise NotAcceptableError(
            f"Accept is {given}, allowed are {', '.join(offered)}",
            "Send the header Accept with one of them, or leave it out.",
            message_zh=f"Accept 为 {given}，可选 {'、'.join(offered)}",
            hint_zh="请在 Accept 请求头中使用其中之一，或不发送该请求头。",
        )
    return found


def read_body(max_bytes: int | None = None) -> bytes:
    """Return the body as it is.

    Parameters
    ----------
    max_bytes
        How long it may be, if not as long as the application allows.

    Raises
    ------
    BadInputError
        If it cannot be read from the connection; `TooLargeError` if it says that it is too long.
    """
    if max_bytes is not None:
        size = request.content_length or 0
        if size > max_bytes:
            raise TooLargeError(
                f"the body has {size} bytes, allowed are {max_bytes}",
                "Send several calls.",
                message_zh=f"请求体有 {size} 字节，最多允许 {max_bytes} 字节",
                hint_zh="请分批发送。",
            )
        request.max_content_length = max_bytes
    try:
        return request.get_data(cache=False)
    except (ParseException, OSError) as error:
        raise _bad_body(
            f"cannot be read from the connection: {error!s:.80}",
            f"无法从连接读取（{error!s:.80}）",
            "Check Transfer-Encoding and the sizes of the chunks.",
            "请检查 Transfer-Encoding 与各分块的长度。",
        ) from None


def parse_json(raw: bytes) -> object:
    """Return what JSON in UTF-8 says.

    Raises
    ------
    BadInputError
        If it is not JSON; the message says what is wrong where, and quotes what stands there.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        near = quote(raw[error.start : error.start + 8])
        raise _bad_body(
            f"is not UTF-8: byte {error.start + 1} of {len(raw)} cannot be read, from {near}",
            f"不是 UTF-8 编码：第 {error.start + 1} 个字节（共 {len(raw)} 个）起无法读取：{near}",
            "Write JSON in UTF-8.",
            "JSON 请使用 UTF-8 编码。",
        ) from None
    if not text.strip():
        raise _bad_body("is empty, allowed is a JSON object", "为空，应为 JSON 对象")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_int=_int)
    except json.JSONDecodeError as error:
        raise _bad_json(error) from None
    except RecursionError:
        near = quote(text[:_AROUND])
        raise _bad_body(f"is nested too deeply: {near} and so on", f"嵌套过深：{near} 等") from None


def quote(value: object) -> str:
    """Return a value as a message quotes it: one short line whatever it is."""
    # Of its own each time: a Repr is not meant to be shared by threads.
    brief = Repr()
    brief.maxstring = brief.maxother = brief.maxlong = 60
    brief.maxlevel = 3
    return brief.repr(value)


def parse_bbox(text: str) -> Bounds:
    """Return west, south, east, north of ``bbox``.

    Raises
    ------
    BadInputError
        If they are not four degrees in this order.
    """
    # What is no number becomes NaN and is refused with the rest.
    edges = parse_degrees(text.split(","), "bbox")[0].tolist()
    if len(edges) == 4 and all(map(math.isfinite, edges)):  # noqa: PLR2004 - the four edges
        west, south, east, north = edges
        if -180 <= west <= east <= 180 and -90 <= south <= north <= 90:  # noqa: PLR2004 - degrees
            return (west, south, east, north)
    raise BadInputError(
        f"bbox is {quote(text)}, allowed is west,south,east,north in degrees with west <= east and "
        "south <= north",
        "For example bbox=104.53,30.38,104.56,30.41",
        message_zh=f"bbox 为 {quote(text)}，应为 西,南,东,北（度），且西 ≤ 东、南 ≤ 北",
        hint_zh="例如 bbox=104.53,30.38,104.56,30.41",
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _bad_body(
            f"gives {quote(twice)} twice in one object, allowed is once",
            f"同一对象中 {quote(twice)} 重复出现",
        )
    return made


def _int(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)


def _bad_body(
    message: str, message_zh: str, hint: str = _HINT, hint_zh: str = _HINT_ZH
) -> BadInputError:
    return BadInputError(
        f"{_BODY} {message}", hint, message_zh=_BODY_ZH + message_zh, hint_zh=hint_zh
    )


def _bad_json(error: json.JSONDecodeError) -> BadInputError:
    near = quote(error.doc[error.pos : error.pos + _AROUND])
    at_end = error.pos >= len(error.doc)
    kind = error.msg.rstrip(": ").removesuffix(" at")
    kind_zh = _JSON_ZH.get(kind, error.msg)
    return _bad_body(
        f"is not JSON: {kind} at line {error.lineno} column {error.colno}, "
        + ("where it ends" if at_end else f"found {near}"),
        f"不是有效的 JSON：第 {error.lineno} 行第 {error.colno} 列，{kind_zh}，"
        + ("但已到结尾" if at_end else f"实际为 {near}"),
    )


def _validated(model: type[ModelT], data: object) -> ModelT:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = error.errors(include_url=False)
    told = [_said(fault, model) for fault in faults[:MAX_FAULTS]]
    said, said_zh = [english for english, _ in told], [chinese for _, chinese in told]
    if len(faults) > MAX_FAULTS:
        said.append(f"and {len(faults) - MAX_FAULTS} more")
        said_zh.append(f"另有 {len(faults) - MAX_FAULTS} 处")
    raise BadInputError("; ".join(said), _HINT, message_zh="；".join(said_zh), hint_zh=_HINT_ZH)


def _said(fault: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    """Return one fault in words, English and Chinese."""
    path, path_zh = (_path(fault["loc"]),) * 2 if fault["loc"] else (_BODY, _BODY_ZH)
    kind, shown = fault["type"], quote(fault["input"])
    if kind == "missing":
        return f"{path} is missing", f"缺少 {path_zh}"
    if kind == "extra_forbidden":
        names = _fields_beside(model, fault["loc"])
        return (
            f"{path} is not known (it is {shown}), allowed are {', '.join(names)}",
            f"未知参数 {path_zh}（值为 {shown}），允许 {'、'.join(names)}",
        )
    if kind == "string_unicode":
        # The value at this place, or the name of a field in it.
        return (
            f"{path} has {shown}, allowed is text that UTF-8 can write",
            f"{path_zh} 含有 {shown}，应为可用 UTF-8 表示的文本",
        )
    if kind not in _ALLOWED:
        return f"{path} is {shown}: {fault['msg']}", f"{path_zh} 为 {shown}，不可用"
    allowed, allowed_zh = (text.format(**fault.get("ctx", {})) for text in _ALLOWED[kind])
    allowed_zh = allowed_zh.replace(" or ", "、").replace(", ", "、")
    return f"{path} is {shown}, allowed is {allowed}", f"{path_zh} 为 {shown}，应为 {allowed_zh}"


def _path(steps: Sequence[int | str]) -> str:
    """Return where a value stands, such as ``points.3.lon``."""
    path = ".".join(map(str, steps))
    return path if len(path) <= 80 else path[:79] + "…"  # noqa: PLR2004 - one line


def _fields_beside(model: type[BaseModel], steps: Sequence[int | str]) -> list[str]:
    """Return the names known where the last of `steps` stands."""
    for step in steps[:-1]:
        if isinstance(step, str):
            annotation = model.model_fields[step].annotation
            # Of a list, what it lists.
            model = cast("type[BaseModel]", (*get_args(annotation), annotation)[0])
    return [one.alias or name for name, one in model.model_fields.items()]
