"""Columns of an Arrow table read as points: what is refused, and which rows can be looked up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from app.errors import BadInputError
from app.locate.locator import MAX_ACCURACY_M
from app.locate.usable import Language, Usable, usable

Floats = npt.NDArray[np.float64]

COLUMNS = ("lon", "lat", "accuracy_m")
REQUIRED = COLUMNS[:2]
# A number beyond any coordinate, which JSON's long integers cannot be turned into either.
HUGE = 1e300
_MAX_NAMES = 8


def check_columns(schema: pa.Schema) -> None:
    """Refuse a table that does not hold points in the form that is read.

    Raises
    ------
    BadInputError
        If ``lon`` or ``lat`` is missing, a column is there twice or not known, or does not hold
        plain numbers.
    """
    names = list(schema.names)
    shown = ", ".join(map(short, names[:_MAX_NAMES])) + (" …" if len(names) > _MAX_NAMES else "")
    hint = f"Send {', '.join(REQUIRED)} and, if wanted, accuracy_m, and no other column."
    hint_zh = f"请发送 {'、'.join(REQUIRED)} 列，可另加 accuracy_m，不要其他列。"
    for name in REQUIRED:
        if name not in names:
            raise BadInputError(
                f"the table has no column {name!r}; it has {shown or 'none'}",
                hint,
                message_zh=f"表中没有 {name!r} 列；现有：{shown or '无'}",
                hint_zh=hint_zh,
            )
    for name in names:
        if name not in COLUMNS:
            raise BadInputError(
                f"column {short(name)} is not known, allowed are {', '.join(COLUMNS)}",
                hint,
                message_zh=f"不认识的列 {short(name)}，允许 {'、'.join(COLUMNS)}",
                hint_zh=hint_zh,
            )
        if names.count(name) > 1:
            raise BadInputError(
                f"column {name!r} is there {names.count(name)} times, allowed is once",
                hint,
                message_zh=f"{name!r} 列出现 {names.count(name)} 次，只允许一次",
                hint_zh=hint_zh,
            )
    for field in schema:
        if not (pa.types.is_floating(field.type) or pa.types.is_integer(field.type)):
            raise BadInputError(
                f"column {field.name!r} is of type {short(str(field.type))}, allowed are floating "
                "point numbers and integers",
                "Cast it to float64 (degrees), without dictionary.",
                message_zh=f"{field.name!r} 列的类型为 {short(str(field.type))}，"
                "只接受浮点数或整数",
                hint_zh="请转换为 float64（度），不要用字典编码。",
            )


def usable_rows(
    table: pa.Table,
    datum: str,
    bounds: tuple[float, float, float, float],
    language: Language = "en",
    told: Mapping[int, str] | None = None,
) -> tuple[Usable, Floats]:
    """Read the columns of a table that `check_columns` lets pass.

    Returns
    -------
    usable : Usable
        The rows that are places, and why the others are not.
    accuracy_m : ndarray of float64, shape (n,)
        Metres, 0 where there is no such column.
    """
    zh = language == "zh"
    reasons = dict(told or {})
    lon, lat = _Numbers.of(table["lon"]), _Numbers.of(table["lat"])
    noted: dict[int, list[str]] = {}
    for axis, axis_zh, numbers in (("lon", "经度", lon), ("lat", "纬度", lat)):
        for row, shown in numbers.shown(~(np.abs(numbers.values) < HUGE)):
            text = (
                f"{axis_zh} 为 {shown}，应为数" if zh else f"{axis} is {shown}, allowed is a number"
            )
            noted.setdefault(row, []).append(text)
    for row, texts in noted.items():
        reasons.setdefault(row, ("；" if zh else "; ").join(texts))
    if "accuracy_m" in table.column_names:
        numbers = _Numbers.of(table["accuracy_m"])
        accuracy = numbers.values
        for row, shown in numbers.shown(~((accuracy >= 0) & (accuracy <= MAX_ACCURACY_M))):
            text = (
                f"accuracy_m 为 {shown}，允许 0 至 {MAX_ACCURACY_M:.0f} 米"
                if zh
                else f"accuracy_m is {shown}, allowed is 0 to {MAX_ACCURACY_M:.0f} metres"
            )
            reasons.setdefault(row, text)
    else:
        accuracy = np.zeros(table.num_rows)
    return usable(lon.values, lat.values, datum, bounds, language, reasons), accuracy


@dataclass(frozen=True, slots=True)
class _Numbers:
    """A column as numbers, NaN for null."""

    values: Floats
    null: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, column: pa.ChunkedArray) -> _Numbers:
        values = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        null = (
            column.is_null().to_numpy(zero_copy_only=False)
            if column.null_count
            else np.broadcast_to(np.False_, len(column))
        )
        return cls(np.asarray(values, dtype=np.float64), null)

    def shown(self, bad: npt.NDArray[np.bool_]) -> Iterator[tuple[int, str]]:
        """Yield the rows that are bad, each with its value as a reason quotes it."""
        rows = np.flatnonzero(bad)
        for row, value, null in zip(
            rows.tolist(), self.values[rows].tolist(), self.null[rows].tolist(), strict=True
        ):
            yield row, "None" if null else repr(value)


def short(name: str) -> str:
    """Quote a name that may be of any length."""
    return repr(name if len(name) <= 40 else name[:40] + "…")  # noqa: PLR2004 - one line
