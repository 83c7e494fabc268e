"""Columns of a reference table, read with their checks; faults are collected and raised at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from app.errors import CityError
from app.grids.city import City

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]
Texts = npt.NDArray[np.object_]
Flags = npt.NDArray[np.bool_]

_ID = re.compile(r"[a-z][a-z0-9_]{0,31}")
# Before this no office kept such records on a computer: an earlier day is a slip of a spreadsheet.
FIRST_DAY, LAST_DAY = np.datetime64("1990-01-01", "D"), np.datetime64("2100-01-01", "D")
# How far outside of the city a station may stand and still serve it, degrees (about 50 km).
_NEAR_DEG = 0.5
_HINT = "docs/city-folder.md has the columns of the table."
_HINT_ZH = "各列的要求见 docs/city-folder.md。"


def read_table(path: Path) -> pa.Table:
    """Return a Parquet table.

    Raises
    ------
    CityError
        If it is none.
    """
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise CityError(f"{path.name} is not a Parquet table: {error}") from error


class ReferenceTable:
    """One table whose columns are asked for one by one.

    A column that is not usable leaves a fault, and values that fill its place until `refuse`
    raises all faults at once.

    Parameters
    ----------
    city
        Whose grids its codes name.
    name
        Of the table, as the manifest has it.
    table
        What the file holds.
    """

    def __init__(self, city: City, name: str, table: pa.Table) -> None:
        self.city = city
        self.name = name
        self._table = table
        self._file = city.manifest.tables.get(name, name)
        self._faults: list[tuple[str, str]] = []

    def __len__(self) -> int:
        """Return how many rows there are."""
        return int(self._table.num_rows)

    def refuse(self) -> None:
        """Raise what was found to be wrong, if anything was."""
        if self._faults:
            raise CityError(
                f"{self._file}: " + "; ".join(fault for fault, _ in self._faults),
                _HINT,
                message_zh=f"{self._file}：" + "；".join(fault for _, fault in self._faults),
                hint_zh=_HINT_ZH,
            )

    def require(self, columns: tuple[str, ...], *, only: bool = False) -> None:
        """Raise CityError unless the table has some columns, and `only` these if so asked.

        A table of counts of people has no further column: there is no place for a name in it.
        """
        found = list(self._table.column_names)
        missing = [one for one in columns if one not in found]
        if missing:
            self._fault(f"lacks the columns {missing}; it has {found}", f"缺少列 {missing}")
        more = [one for one in found if one not in columns] if only else []
        if more:
            self._fault(
                f"has the columns {more}, allowed are {list(columns)}: it holds counts only",
                f"含有多余的列 {more}，只允许 {list(columns)}：此表只存汇总数",
            )
        self.refuse()

    def texts(self, column: str) -> Texts:
        """Return a column of texts, none of them empty."""
        found = self._words(column)
        self._check(found == "", column, found, "a text", "文本")
        return found

    def idents(self, column: str) -> Texts:
        """Return a column of short ASCII names."""
        found = self._words(column)
        bad = np.array([_ID.fullmatch(one) is None for one in found], dtype=bool)
        self._check(bad, column, found, _ID.pattern, _ID.pattern)
        return found

    def kinds(self, column: str, names: str) -> tuple[list[tuple[str, str]], Ints]:
        """Return the kinds that a column names, in the order of their ids, and which is where.

        Parameters
        ----------
        column, names
            Of the id of the kind, and of the name that is shown; one name for each id.
        """
        ids, shown = self.idents(column), self.texts(names)
        listed, place = np.unique(ids.astype(str), return_inverse=True)
        pairs: list[tuple[str, str]] = []
        for at, ident in enumerate(listed):
            said = sorted(set(shown[place == at]))
            if len(said) > 1:
                self._fault(
                    f"calls the {column} {str(ident)!r} by {len(said)} names {said[:3]}",
                    f"{column} {str(ident)!r} 有 {len(said)} 个名称 {said[:3]}",
                )
            pairs.append((str(ident), said[0]))
        return pairs, place.astype(np.int64)

    def rows(self, column: str, *, outside: bool = False) -> Ints:
        """Return the rows of the finest level that a column names by code.

        Parameters
        ----------
        column
            Of codes.
        outside
            Whether "" is allowed, for what lies in no grid: -1.
        """
        finest = self.city.finest
        return self.places(column, finest.codes, finest.part.file, empty=outside)

    def places(
        self, column: str, known: Sequence[str] | Texts, where: str, *, empty: bool = False
    ) -> Ints:
        """Return for each text of a column its place in a list.

        Parameters
        ----------
        column
            Of texts.
        known
            The list.
        where
            What holds the list, for the message.
        empty
            Whether "" is allowed: -1.
        """
        words = self._words(column)
        found = pc.index_in(pa.array(words, pa.string()), pa.array(list(known), pa.string()))
        place = pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int64)
        bad = (place < 0) & ~((words == "") & empty)
        self._check(bad, column, words, f"one that {where} holds", f"{where} 中已有的值")
        return np.asarray(np.where(bad, 0, place), dtype=np.int64)

    def codes_of_any_level(self, column: str) -> Texts:
        """Return codes of grids of whatever level or overlay; "" is the whole city."""
        words = self._words(column)
        parts = [one.id for one in self.city.levels] + [one.id for one in self.city.overlays]
        known = {"", *(code for ident in parts for code in self.city.layer(ident).codes)}
        bad = np.array([one not in known for one in words], dtype=bool)
        self._check(bad, column, words, "the code of a grid", "网格编码")
        return words

    def counts(self, column: str) -> Ints:
        """Return a column of whole numbers from 0."""
        raw = self._table[column]
        if not pa.types.is_integer(raw.type):
            self._fault(
                f"has {column} of type {raw.type}, allowed are whole numbers",
                f"列 {column} 的类型为 {raw.type}，应为整数",
            )
            return np.zeros(len(self), dtype=np.int64)
        empty = pc.is_null(raw).to_numpy()
        found: Ints = pc.fill_null(raw, 0).to_numpy().astype(np.int64)
        shown = found.astype(object)
        shown[empty] = None
        self._check(empty | (found < 0), column, shown, "0 or more", "不小于 0 的整数")
        return found

    def days(self, column: str, *, missing: bool) -> Days:
        """Return a column of days; NaT where there is none, if that is allowed."""
        raw = self._table[column]
        if not pa.types.is_date(raw.type):
            self._fault(
                f"has {column} of type {raw.type}, allowed are days (date32)",
                f"列 {column} 的类型为 {raw.type}，应为日期（date32）",
            )
            return np.full(len(self), "NaT", dtype="datetime64[D]")
        found: Days = raw.cast(pa.date32()).to_numpy().astype("datetime64[D]")
        none = np.isnat(found)
        with np.errstate(invalid="ignore"):
            bad = ~none & ((found < FIRST_DAY) | (found > LAST_DAY))
        bad |= none & (not missing)
        shown = np.array([None if np.isnat(one) else str(one) for one in found], dtype=object)
        between = f"{FIRST_DAY} to {LAST_DAY}", f"{FIRST_DAY} 至 {LAST_DAY}"
        self._check(bad, column, shown, f"a day from {between[0]}", f"{between[1]} 之间的日期")
        return found

    def degrees(self, bounds: tuple[float, float, float, float]) -> tuple[Floats, Floats]:
        """Return the columns lon and lat, all of them in or near a box of degrees."""
        west, south, east, north = bounds
        limits = {"lon": (west, east), "lat": (south, north)}
        found = []
        for column, (least, most) in limits.items():
            raw = self._table[column]
            if not pa.types.is_floating(raw.type):
                self._fault(
                    f"has {column} of type {raw.type}, allowed are degrees (float64)",
                    f"列 {column} 的类型为 {raw.type}，应为度（float64）",
                )
                found.append(np.full(len(self), least))
                continue
            values = raw.cast(pa.float64()).to_numpy()
            bad = ~((values >= least - _NEAR_DEG) & (values <= most + _NEAR_DEG))
            near = f"{least - _NEAR_DEG:.4f} to {most + _NEAR_DEG:.4f}"
            self._check(
                bad, column, values.astype(object),
                f"degrees in or near the city, {near}", f"城市及其附近的度数 {near}",
            )  # fmt: skip
            found.append(values)
        return found[0], found[1]

    def flags(self) -> list[str]:
        """Return the names of the columns that say yes or no."""
        return [one.name for one in self._table.schema if pa.types.is_boolean(one.type)]

    def flag(self, column: str) -> npt.NDArray[np.int8]:
        """Return a column of yes and no: 1, 0, and -1 where it says nothing."""
        raw = self._table[column]
        filled = pc.fill_null(raw.cast(pa.int8()), -1)
        return np.asarray(filled.to_numpy(), dtype=np.int8)

    def unique(self, *columns: str) -> None:
        """Note a fault if rows agree in some columns."""
        grouped = (
            self._table.select(list(columns)).group_by(list(columns)).aggregate([([], "count_all")])
        )
        twice = grouped.filter(pc.greater(grouped["count_all"], 1))
        if twice.num_rows:
            first = [str(twice[one][0].as_py()) for one in columns]
            self._fault(
                f"has {twice.num_rows} entries of {', '.join(columns)} more than once, first "
                f"{first}",
                f"{'、'.join(columns)} 有 {twice.num_rows} 处重复，首先是 {first}",
            )

    def check_no_more(
        self, found: Ints, most: Ints, columns: Sequence[str], where: str, verb: str
    ) -> None:
        """Note a fault if sums by grid and group are more than there are.

        Parameters
        ----------
        found, most : ndarray of int64, shape (n, g)
            By row of the finest level and group.
        columns
            Ids of the groups.
        where, verb
            What holds `most`, and what was done to `found`, for the message.
        """
        rows, groups = np.nonzero(found > most)
        if not len(rows):
            return
        code, group = self.city.finest.codes[rows[0]], columns[groups[0]]
        sums = int(found[rows[0], groups[0]]), int(most[rows[0], groups[0]])
        self._fault(
            f"has more people {verb} than {where} holds in {len(rows)} entries, first {code!r} "
            f"{group!r}: {sums[0]} of {sums[1]}",
            f"有 {len(rows)} 处人数超过 {where} 的总数，首先是 {code!r} {group!r}："
            f"{sums[0]} / {sums[1]}",
        )

    def _words(self, column: str) -> Texts:
        raw = self._table[column]
        if pa.types.is_dictionary(raw.type):
            raw = raw.cast(raw.type.value_type)
        if not (pa.types.is_string(raw.type) or pa.types.is_large_string(raw.type)):
            self._fault(
                f"has {column} of type {raw.type}, allowed is text", f"列 {column} 应为文本"
            )
            return np.full(len(self), "", dtype=object)
        return np.asarray(pc.fill_null(raw, "").to_numpy(zero_copy_only=False), dtype=object)

    def _check(
        self, bad: Flags, column: str, values: Iterable[object], allowed: str, allowed_zh: str
    ) -> None:
        rows = np.flatnonzero(bad)
        if not len(rows):
            return
        at = int(rows[0])
        value = list(values)[at]
        count = f"{len(rows)} of {len(self)} rows"
        self._fault(
            f"{count} have a {column} that is not usable, first row {at + 1}: {value!r}; allowed "
            f"is {allowed}",
            f"共 {len(self)} 行中有 {len(rows)} 行的 {column} 不可用，首先是第 {at + 1} 行："
            f"{value!r}；应为{allowed_zh}",
        )

    def _fault(self, english: str, chinese: str) -> None:
        self._faults.append((english, chinese))
