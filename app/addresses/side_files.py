"""What comes beside the points: files of aliases, and statements of what is complete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from app.addresses.columns import PLACE_KINDS
from app.addresses.entry import ALIAS_SCHEMA, ALIAS_WHY, COVERAGE_SCHEMA, Kind
from app.addresses.normalise import key
from app.errors import BadInputError
from app.tables import open_table, text_of
from app.tables.cells import whole

Row = dict[str, Any]

_ALIAS_HEADERS = {
    "alias": ("alias", "别名", "曾用名", "旧名"),
    "kind": ("kind",),
    "target_kind": ("target_kind", "类型", "类别"),
    "town": ("town", "镇街"),
    "target": ("target", "目标", "现名", "标准名"),
    "why": ("why", "原因"),
    "split": ("split", "拆分"),
    "valid_from": ("valid_from", "起"),
    "valid_to": ("valid_to", "止"),
}
_COVERAGE_HEADERS = {
    "town": ("town", "镇街"),
    "element": ("element", "要素"),
    "complete": ("complete", "完整"),
}
_WHY_ZH = {
    "简称": "abbreviation",
    "曾用名": "former",
    "旧名": "former",
    "俗称": "colloquial",
    "合并": "merged",
    "错写": "misspelling",
    "更正": "correction",
}
_KIND_ZH = {
    "镇街": "town",
    "社区": "community",
    "村": "community",
    "组": "group",
    "道路": "road",
    "小区": "estate",
    "名称": "poi",
    "单位": "poi",
}
_YES = frozenset({"1", "true", "yes", "y", "是", "t"})
_NO = frozenset({"", "0", "false", "no", "n", "否", "f"})
ELEMENTS = tuple(str(kind) for kind in Kind if kind is not Kind.TOWN)


def read_aliases(path: Path, source: str, encoding: str | None = None) -> list[Row]:
    """Read a file of aliases.

    Parameters
    ----------
    path
        CSV, XLSX or Parquet with the columns alias, target_kind (or kind), town, target, why,
        split, valid_from, valid_to; of these alias and target are required.
    source
        Noted in each row.
    encoding
        Of a CSV.

    Returns
    -------
    list of dict
        Rows of `app.addresses.entry.ALIAS_SCHEMA`.

    Raises
    ------
    BadFileError, BadInputError
        If the file cannot be read, or a row is not usable: aliases decide where people are sent,
        so none is left out quietly.
    """
    found = []
    for number, row in _rows(path, _ALIAS_HEADERS, ("alias", "target"), encoding):
        target_kind = row["target_kind"] or row["kind"]
        target_kind = _KIND_ZH.get(target_kind, target_kind.lower())
        why = _WHY_ZH.get(row["why"], row["why"].lower()) or "colloquial"
        _check(path, number, "target_kind", target_kind, ("", *map(str, PLACE_KINDS)))
        _check(path, number, "why", why, ALIAS_WHY)
        for name in ("alias", "target"):
            if not row[name]:
                raise _refused(path, number, f"{name} is empty", f"{name} 为空")
        found.append(
            {
                **row,
                "kind": target_kind,
                "target_kind": target_kind,
                "why": why,
                "split": _flag(path, number, "split", row["split"]),
                "source": source,
            }
        )
    return found


def read_coverage(path: Path, encoding: str | None = None) -> list[Row]:
    """Read a file with the columns town, element and complete; errors as `read_aliases`."""
    found = []
    for number, row in _rows(path, _COVERAGE_HEADERS, ("element",), encoding):
        _check(path, number, "element", row["element"], ELEMENTS)
        complete = _flag(path, number, "complete", row["complete"] or "1")
        found.append({"town": row["town"], "element": row["element"], "complete": complete})
    return found


def stated_coverage(text: str) -> Row:
    """Return what ``town:element`` says is complete; ``:door`` is that of all towns.

    Raises
    ------
    BadInputError
        If the element is none.
    """
    town, _, element = text.rpartition(":")
    if element not in ELEMENTS:
        raise BadInputError(
            f"--complete is {text!r}, which names no element; allowed are {', '.join(ELEMENTS)}",
            "Write town:element, such as 石桥街道:door; :door is that of all towns.",
            message_zh=f"--complete 为 {text!r}，其中没有要素；可用的有 {'、'.join(ELEMENTS)}",
            hint_zh="请写成 镇街:要素，如 石桥街道:door；:door 表示所有镇街。",
        )
    return {"town": town.strip(), "element": element, "complete": True}


def merge_aliases(earlier: pa.Table, brought: Sequence[Row]) -> pa.Table:
    """Add aliases; one with the same names, kind and source replaces the earlier one."""
    rows = {_alias_key(row): row for row in [*earlier.to_pylist(), *brought]}
    ordered = [rows[one] for one in sorted(rows)]
    return pa.Table.from_pylist(
        [{name: row[name] for name in ALIAS_SCHEMA.names} for row in ordered], ALIAS_SCHEMA
    )


def merge_coverage(earlier: pa.Table, brought: Iterable[Row]) -> pa.Table:
    """Add statements of coverage; a later one of the same town and element holds."""
    rows = {
        (key(row["town"] or ""), row["element"]): row for row in [*earlier.to_pylist(), *brought]
    }
    return pa.Table.from_pylist([rows[one] for one in sorted(rows)], COVERAGE_SCHEMA)


def _alias_key(row: Row) -> tuple[str, ...]:
    named = (key(row[name] or "") for name in ("alias", "target_kind", "town", "target"))
    return (*named, row["valid_from"] or "", row["source"] or "")


def _rows(
    path: Path,
    headers: Mapping[str, tuple[str, ...]],
    required: tuple[str, ...],
    encoding: str | None,
) -> Iterable[tuple[int, Row]]:
    """Yield the rows of a file with all columns as text; the header is row 1."""
    table = open_table(path, encoding=encoding)
    by_header = {header: name for name, own in headers.items() for header in own}
    place = {
        by_header[key(header)]: at
        for at, header in enumerate(table.columns)
        if key(header) in by_header
    }
    missing = [name for name in required if name not in place]
    if missing:
        allowed = "; ".join(f"{name}: {' '.join(own)}" for name, own in headers.items())
        raise BadInputError(
            f"{path.name} lacks {', '.join(missing)}; its header has "
            f"{', '.join(map(repr, table.columns))}",
            f"Columns are known by these headers: {allowed}.",
            message_zh=f"{path.name} 缺少列 {'、'.join(missing)}",
            hint_zh=f"可用的表头：{allowed}。",
        )
    number = 1
    for batch in table.batches():
        cells = {name: batch.cells(at) for name, at in place.items()}
        for at in range(len(batch)):
            number += 1
            if at in batch.faults:
                raise _refused(path, number, batch.faults[at], batch.faults[at])
            row = {name: text_of(whole(own[at])).strip() for name, own in cells.items()}
            yield number, dict.fromkeys(headers, "") | row


def _flag(path: Path, number: int, name: str, text: str) -> bool:
    if text.lower() not in _YES | _NO:
        _check(path, number, name, text, ("1", "0", "是", "否"))
    return text.lower() in _YES


def _check(path: Path, number: int, name: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        names = ", ".join(filter(None, allowed))
        raise _refused(
            path,
            number,
            f"{name} is {value!r}, allowed are {names}",
            f"{name} 为 {value!r}，可用的有 {names}",
        )


def _refused(path: Path, number: int, what: str, what_zh: str) -> BadInputError:
    return BadInputError(
        f"{path.name}, row {number}: {what}", message_zh=f"{path.name} 第 {number} 行：{what_zh}"
    )
