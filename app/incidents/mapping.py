"""Which column of a table is which field of an incident, and what its values mean.

Without a file the built-in names count: those of an export, and headers as other systems have
them, in Chinese and English. A mapping file (TOML) names columns and values of its own, and what
stands where a cell is empty; see docs/incidents-files.md.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.errors import BadFileError, BadInputError
from app.geo.datum import datum_named
from app.incidents.incident import Source
from app.incidents.lifecycle import STATUS_ZH, Status
from app.incidents.policy import SEVERITIES, Policy

# Field, and the headers that are taken for it; the first that the table has counts.
HEADERS: dict[str, tuple[str, ...]] = {
    "number": ("number",),
    "external_source": ("external_source", "来源系统"),
    "external_id": ("external_id", "id", "编号", "工单号", "工单编号", "事件编号", "案件编号"),
    "hazard": ("hazard", "类别", "隐患类别", "隐患类型", "事件类别", "事件类型"),
    "severity": ("severity", "等级", "级别", "严重程度", "隐患等级"),
    "title": ("title", "标题", "事件标题", "主题"),
    "description": ("description", "描述", "内容", "事件描述", "问题描述", "诉求内容"),
    "lon": ("lon_given", "lon", "longitude", "lng", "经度"),
    "lat": ("lat_given", "lat", "latitude", "纬度"),
    "datum": ("datum", "坐标系"),
    "accuracy_m": ("accuracy_m", "精度_m"),
    "address": ("address", "地址", "地点", "事发地址", "事件地址"),
    "source": ("source", "来源", "事件来源"),
    "status": ("status", "状态", "处理状态", "办理状态"),
    "merged_into": ("merged_into", "并入", "并案编号"),
    "occurred_at": ("occurred_at", "发生时间", "发现时间", "事发时间"),
    "reported_at": ("reported_at", "上报时间", "登记时间", "受理时间", "创建时间"),
    "updated_at": ("updated_at", "更新时间"),
    "dispatched_at": ("dispatched_at", "派遣时间", "派单时间"),
    "closed_at": ("closed_at", "结案时间", "办结时间", "完成时间"),
    "due_at": ("due_at", "截止时间", "办理时限"),
    "assignee_level": ("assignee_level",),
    "assignee_code": ("assignee_code",),
    "assignee_role": ("assignee_role",),
    "reporter_name": ("reporter_name", "上报人", "报告人"),
    "reporter_contact": ("reporter_contact", "联系方式", "联系电话"),
    "synthetic": ("synthetic",),
}
# Fields whose cells are looked up in a table of values.
VALUED = ("hazard", "severity", "status", "source", "synthetic")
DEFAULTED = ("hazard", "severity", "source", "status", "title")
# Under which name external ids are kept if nobody says.
DEFAULT_SOURCE = "import"
MAX_SOURCE = 64

_SEVERITY_NAMES = {1: ("一般", "slight"), 2: ("较大", "moderate"), 3: ("重大", "grave"),
                   4: ("特别重大", "very grave")}  # fmt: skip
_SOURCE_NAMES = {
    Source.DISPATCHER: ("调度员",),
    Source.GRID_WORKER: ("网格员",),
    Source.CITIZEN: ("市民", "群众"),
    Source.IMPORT: ("导入",),
    Source.API: ("接口",),
}
_STATUS_NAMES = {
    Status.REPORTED: ("已上报", "待受理"),
    Status.HANDLING: ("处理中",),
    Status.CLOSED: ("已办结", "已完成", "办结"),
}
_TRUTHS = {True: ("true", "1", "是"), False: ("false", "0", "否")}
_KEYS = {"external_source", "datum", "time_zone", "time_formats", "columns", "values", "defaults"}


@dataclass(frozen=True, slots=True)
class Mapping:
    """How the rows of a table are read.

    Attributes
    ----------
    columns : dict of str to str
        Header by field; None takes the built-in headers.
    values : dict of str to (dict of str to value)
        What a cell means, by field of `VALUED` and by its text in small letters.
    defaults : dict of str to str
        What stands where a cell is empty, by field of `DEFAULTED`.
    external_source : str
        Under which name external ids are kept, where no column says.
    datum : str
        Of the coordinates, where no column says.
    time_zone : ZoneInfo
        Of times that name none.
    time_formats : tuple of str
        Of times besides ISO 8601, as `datetime.strptime` has them.
    """

    columns: dict[str, str] | None
    values: dict[str, dict[str, Any]]
    time_zone: ZoneInfo
    defaults: dict[str, str] = field(default_factory=dict)
    external_source: str = DEFAULT_SOURCE
    datum: str = "wgs84"
    time_formats: tuple[str, ...] = ()

    @classmethod
    def built_in(cls, policy: Policy) -> Mapping:
        """Return the mapping that counts without a file."""
        return cls(None, _values(policy), policy.time_zone)

    @classmethod
    def read(cls, path: Path, policy: Policy) -> Mapping:
        """Read a mapping file.

        Raises
        ------
        BadFileError
            If it cannot be read, or says what no mapping says.
        """
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8"))
            return _read(found, policy)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise _bad(path, str(error)) from error
        except (TypeError, ValueError, AttributeError, ZoneInfoNotFoundError) as error:
            raise _bad(path, str(error)) from error
        except BadInputError as error:
            raise _bad(path, error.message) from error

    def places(self, headers: Sequence[str]) -> dict[str, int]:
        """Return at which place of a header each field stands.

        Raises
        ------
        BadInputError
            If the header lacks a column that the mapping names, has a name twice that is wanted,
            or nothing that an incident could be made of.
        """
        if self.columns is not None:
            wanted = self.columns
        else:
            wanted = {
                name: next(one for one in known if one in headers)
                for name, known in HEADERS.items()
                if any(one in headers for one in known)
            }
        places = {}
        for name, header in wanted.items():
            if headers.count(header) != 1:
                count = "no" if header not in headers else "more than one"
                raise BadInputError(
                    f"there is {count} column {header!r} for {name}; the header has "
                    f"{', '.join(map(repr, headers))}",
                    "Name each column exactly as the header has it.",
                    message_zh=f"{name} 对应的列 {header!r} "
                    f"{'不存在' if header not in headers else '重复'}；表头有 "
                    f"{'、'.join(map(repr, headers))}",
                    hint_zh="列名须与表头完全一致。",
                )
            places[name] = headers.index(header)
        if not {"title", "description"} & (places.keys() | self.defaults.keys()):
            raise BadInputError(
                "no column holds a title or a description; the header has "
                f"{', '.join(map(repr, headers))}",
                "Name the columns in a mapping file: docs/incidents-files.md.",
                message_zh=f"没有标题或描述列；表头有 {'、'.join(map(repr, headers))}",
                hint_zh="请用映射文件指定各列，见 docs/incidents-files.md。",
            )
        return places


def _bad(path: Path, why: str) -> BadFileError:
    return BadFileError(
        f"{path} is no mapping: {why}",
        "See docs/incidents-files.md.",
        message_zh=f"{path} 不是可用的映射文件：{why}",
        hint_zh="见 docs/incidents-files.md。",
    )


def _read(found: dict[str, Any], policy: Policy) -> Mapping:
    _known("the file", found, _KEYS)
    columns: dict[str, str] = {}
    for header, given in found.get("columns", {}).items():
        for name in [given] if isinstance(given, str) else given:
            _known("[columns]", [name], HEADERS)
            if name in columns:
                raise ValueError(f"{name} is given twice, by {columns[name]!r} and {header!r}")
            columns[name] = header
    values = _values(policy)
    own = found.get("values", {})
    _known("[values]", own, VALUED)
    for name, table in own.items():
        for text, meant in table.items():
            value = values[name].get(str(meant).casefold())
            if value is None:
                raise ValueError(
                    f"values.{name} has {meant!r}, allowed are {_allowed(values[name])}"
                )
            values[name][text.strip().casefold()] = value
    defaults = found.get("defaults", {})
    _known("[defaults]", defaults, DEFAULTED)
    for name, meant in defaults.items():
        if name in VALUED and str(meant).casefold() not in values[name]:
            raise ValueError(f"defaults.{name} is {meant!r}, allowed are {_allowed(values[name])}")
    source = str(found.get("external_source", DEFAULT_SOURCE))
    if not 0 < len(source) <= MAX_SOURCE:
        raise ValueError(f"external_source is {source!r}, allowed are 1 to {MAX_SOURCE} characters")
    zone = found.get("time_zone")
    return Mapping(
        columns=columns or None,
        values=values,
        time_zone=ZoneInfo(zone) if zone is not None else policy.time_zone,
        defaults={name: str(meant) for name, meant in defaults.items()},
        external_source=source,
        datum=datum_named(found.get("datum", "wgs84")),
        time_formats=tuple(map(str, found.get("time_formats", ()))),
    )


def _known(where: str, names: Sequence[str] | AnyMapping[str, Any], allowed: Any) -> None:  # noqa: ANN401 - a collection of names
    unknown = [name for name in names if name not in allowed]
    if unknown:
        raise ValueError(f"{where} has {unknown[0]!r}, allowed are {', '.join(sorted(allowed))}")


def _allowed(values: dict[str, Any]) -> str:
    return ", ".join(dict.fromkeys(str(one) for one in values.values()))


def _values(policy: Policy) -> dict[str, dict[str, Any]]:
    """Return what every known word means, by field and by the word in small letters."""
    words: dict[str, list[tuple[Any, tuple[str, ...]]]] = {
        # From last to first: where a name is given twice the first hazard has it.
        "hazard": [(one.id, (one.name_en, one.name)) for one in reversed(policy.hazards.values())],
        "severity": [(one, _SEVERITY_NAMES[one]) for one in SEVERITIES],
        "status": [(one, (STATUS_ZH[one], *_STATUS_NAMES.get(one, ()))) for one in Status],
        "source": list(_SOURCE_NAMES.items()),
        "synthetic": list(_TRUTHS.items()),
    }
    made: dict[str, dict[str, Any]] = {}
    for name, entries in words.items():
        table = made[name] = {}
        for value, names in entries:
            for word in names:
                table[word.casefold()] = value
        for value, _ in entries:
            table[str(value).casefold()] = value
    return made
