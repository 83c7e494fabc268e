"""Other names of places, and which places they mean."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from app.addresses.columns import PLACE_KINDS
from app.addresses.entry import Kind
from app.addresses.index_rows import Rows
from app.addresses.mapped import texts
from app.addresses.names import KINDS
from app.addresses.normalise import key
from app.addresses.numbers import group_key
from app.addresses.texted import Texted
from app.addresses.variants import variants

Built: TypeAlias = dict[str, npt.NDArray[Any]]
_TEXTS = ("alias", "why", "valid_from", "valid_to", "source")
# What stands between several names in one cell.
SEPARATORS = ";；、|"
# The finest of these that a row names is what its alias column names.
_FINEST_FIRST = (Kind.POI, Kind.ESTATE, Kind.ROAD, Kind.GROUP, Kind.COMMUNITY, Kind.TOWN)


@dataclass(slots=True)
class Named:
    """Aliases with their targets.

    Attributes
    ----------
    entries : list of dict
        Texts, split flag, targets, missing; in the order of their places.
    """

    entries: list[dict[str, Any]] = field(default_factory=list)

    @property
    def keys(self) -> list[tuple[str, Kind, int, int]]:
        """The names with what they mean: key, kind, id, place of the alias."""
        return [
            (key(entry["alias"]), kind, ident, place)
            for place, entry in enumerate(self.entries)
            for kind, ident in entry["targets"]
        ]

    def arrays(self) -> Built:
        """Return the arrays that `app.addresses.gazetteer` reads."""
        built: Built = {}
        for name in _TEXTS:
            built |= texts(f"alias.{name}", [entry[name] for entry in self.entries])
        built |= texts("alias.missing", ["\n".join(entry["missing"]) for entry in self.entries])
        targets = [target for entry in self.entries for target in entry["targets"]]
        first = np.zeros(len(self.entries) + 1, np.int32)
        np.cumsum([len(entry["targets"]) for entry in self.entries], out=first[1:])
        built["alias.split"] = np.array([entry["split"] for entry in self.entries], np.uint8)
        built["alias.target.first"] = first
        built["alias.target.kind"] = np.array([KINDS.index(kind) for kind, _ in targets], np.uint8)
        built["alias.target.id"] = np.array([ident for _, ident in targets], np.int32)
        return built


def split_names(cell: str) -> list[str]:
    """Return the names in one cell of a column of aliases."""
    for mark in SEPARATORS[1:]:
        cell = cell.replace(mark, SEPARATORS[0])
    return [name for part in cell.split(SEPARATORS[0]) if (name := part.strip())]


def aliases_of(table: pa.Table, rows_table: pa.Table, rows: Rows) -> Named:
    """Return the aliases of the table of aliases and of the column alias of the rows.

    Rows of the table with the same alias, reason, dates and source are one alias with several
    targets. An alias in a row names the finest place that the row names.
    """
    find = _Finder(rows)
    grouped: dict[tuple[Any, ...], dict[str, Any]] = {}
    for one in table.to_pylist():
        written = {name: one[name] or "" for name in _TEXTS}
        entry = grouped.setdefault(
            tuple(written.values()), {**written, "split": False, "targets": [], "missing": []}
        )
        entry["split"] |= bool(one["split"])
        found = find.all(one["target_kind"] or "", one["town"] or "", one["target"] or "")
        entry["targets"] += [target for target in found if target not in entry["targets"]]
        if not found:
            entry["missing"].append(f"{one['town'] or ''} {one['target'] or ''}".strip())
    for alias, targets in _of_rows(rows_table, rows).items():
        written = dict.fromkeys(_TEXTS, "") | {"alias": alias, "why": "colloquial"}
        entry = grouped.setdefault(
            tuple(written.values()), {**written, "split": False, "targets": [], "missing": []}
        )
        entry["targets"] += [target for target in targets if target not in entry["targets"]]
    return Named(sorted(grouped.values(), key=lambda entry: tuple(entry[name] for name in _TEXTS)))


def _of_rows(table: pa.Table, rows: Rows) -> dict[str, list[tuple[Kind, int]]]:
    column = Texted.of(table["alias"])
    found: dict[str, list[tuple[Kind, int]]] = defaultdict(list)
    named = np.flatnonzero(~column.is_empty())
    for row in named.tolist():
        target = next(
            (
                (kind, int(rows.place[kind][row]))
                for kind in _FINEST_FIRST
                if rows.place[kind][row] >= 0
            ),
            None,
        )
        if target is None:
            continue
        for alias in split_names(column[row]):
            if target not in found[alias]:
                found[alias].append(target)
    return found


class _Finder:
    """Finds places by kind, town and name."""

    def __init__(self, rows: Rows) -> None:
        self._places: dict[tuple[Kind, str], list[int]] = defaultdict(list)
        for kind in PLACE_KINDS:
            for ident, name in enumerate(rows.names[kind]):
                for one in {form for form, _ in variants(kind, name)}:
                    self._places[kind, one].append(ident)
                if kind is Kind.GROUP:
                    self._places[kind, group_key(name)].append(ident)
        self._rows = rows

    def all(self, kind: str, town: str, name: str) -> list[tuple[Kind, int]]:
        """Return the places of a kind ("" for any) with a name, in a town ("" for any)."""
        kinds = [one for one in PLACE_KINDS if kind in {"", str(one)}]
        towns = set(self._places[Kind.TOWN, key(town)]) if town else set()
        found = []
        for one in kinds:
            for ident in self._places[one, key(name)]:
                if not town or one in {Kind.TOWN, Kind.ROAD} or self._town(one, ident) in towns:
                    found.append((one, ident))
        return found

    def _town(self, kind: Kind, ident: int) -> int:
        return int(self._rows.town_of[kind][ident])
