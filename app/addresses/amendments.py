"""Corrections in effect, laid over the tables of a gazetteer before its index is made.

What a correction says of a door or a place holds instead of what the tables say of the same thing
(app.addresses.same_place); a name that it gives is one more alias. Nothing else decides: the
index is that of a gazetteer whose tables said so themselves.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa

from app.addresses.bring_in import TEXTS, kinds_of
from app.addresses.entry import ALIAS_SCHEMA, CORRECTIONS, SCHEMA
from app.addresses.index import ALIAS_TABLE, TABLE, locate
from app.addresses.normalise import key
from app.addresses.same_place import SamePlaces, identity, is_same
from app.addresses.side_files import merge_aliases
from app.addresses.texted import Texted
from app.locate import Locator


@dataclass(frozen=True, slots=True)
class AmendedPoint:
    """A door or a place where it is.

    Attributes
    ----------
    words : dict of str to str
        Naming parts that are there, as `app.addresses.intake.take_one` returns them.
    lon, lat : float
        WGS-84 degrees.
    basis : str
        survey_point, building_polygon or centroid.
    """

    words: Mapping[str, str]
    lon: float
    lat: float
    basis: str


@dataclass(frozen=True, slots=True)
class AmendedAlias:
    """Another name of one place.

    Attributes
    ----------
    alias : str
        The name.
    kind, town, target : str
        The place as the table of aliases names it; town is "" where it has none.
    """

    alias: str
    kind: str
    town: str
    target: str

    def row(self) -> dict[str, object]:
        """Return it as a row of `app.addresses.entry.ALIAS_SCHEMA`."""
        return {
            "alias": self.alias,
            "kind": self.kind,
            "target_kind": self.kind,
            "town": self.town,
            "target": self.target,
            "why": "correction",
            "split": False,
            "valid_from": "",
            "valid_to": "",
            "source": CORRECTIONS,
        }


@dataclass(frozen=True, slots=True)
class Amendments:
    """All corrections in effect, in the order in which they were made."""

    points: tuple[AmendedPoint, ...] = ()
    aliases: tuple[AmendedAlias, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is one."""
        return bool(self.points or self.aliases)

    @property
    def version(self) -> str:
        """A hash of what they say; "" if there is none."""
        if not self:
            return ""
        text = json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]


NOTHING = Amendments()


def amend(
    locator: Locator, tables: Mapping[str, pa.Table], amendments: Amendments
) -> dict[str, pa.Table]:
    """Return the tables of a gazetteer with corrections laid over them.

    Parameters
    ----------
    locator
        Of the city.
    tables
        By name; see `app.addresses.index.read_tables`.
    amendments
        Of points of the same thing the last holds.
    """
    amended = dict(tables)
    points = _last_of_each(amendments.points)
    if points:
        # A file may keep its codes in fewer bytes.
        table = _without(tables[TABLE].cast(SCHEMA), points)
        amended[TABLE] = pa.concat_tables([table, _table(locator, points)]).unify_dictionaries()
    if amendments.aliases:
        named = {key(one.alias) for one in amendments.aliases}
        aliases = tables[ALIAS_TABLE]
        stays = [key(alias or "") not in named for alias in aliases["alias"].to_pylist()]
        amended[ALIAS_TABLE] = merge_aliases(
            aliases.filter(pa.array(stays, pa.bool_())),
            [one.row() for one in amendments.aliases],
        ).cast(ALIAS_SCHEMA)
    return amended


def _last_of_each(points: Sequence[AmendedPoint]) -> list[AmendedPoint]:
    by_identity: dict[tuple[str, ...], list[AmendedPoint]] = {}
    for one in points:
        alike = by_identity.setdefault(identity(one.words), [])
        alike[:] = [other for other in alike if not is_same(one.words, other.words)]
        alike.append(one)
    return [one for alike in by_identity.values() for one in alike]


def _without(table: pa.Table, points: Sequence[AmendedPoint]) -> pa.Table:
    """Return a table without what it says of the things that points name."""
    places = SamePlaces(table)
    keep = np.ones(len(table), bool)
    given_up = {name: np.zeros(len(table), bool) for name in TEXTS}
    for one in points:
        found = places.find(one.words)
        keep[list(found.rows)] = False
        keep[list(found.beside)] = True
        for name in found.given_up:
            given_up[name][list(found.beside)] = True
    columns = {name: Texted.of(table[name]) for name in TEXTS}
    if any(rows.any() for rows in given_up.values()):
        nothing = Texted.same("", len(table))
        for name, rows in given_up.items():
            if rows.any():
                columns[name] = columns[name].where(rows, nothing)
                at = table.schema.get_field_index(name)
                table = table.set_column(at, SCHEMA.field(name), columns[name].arrow())
        at = table.schema.get_field_index("kind")
        table = table.set_column(at, SCHEMA.field("kind"), kinds_of(columns).arrow())
    return table.filter(pa.array(keep))


def _table(locator: Locator, points: Sequence[AmendedPoint]) -> pa.Table:
    columns = {
        name: Texted.of(pa.array([one.words.get(name, "") for one in points], pa.string()))
        for name in TEXTS
    }
    lon = np.array([one.lon for one in points], float)
    lat = np.array([one.lat for one in points], float)
    grid, border_m = locate(locator, lon, lat)
    arrays = {name: column.arrow() for name, column in columns.items()} | {
        "lon": pa.array(lon),
        "lat": pa.array(lat),
        "grid": Texted.of(pa.array(grid, pa.string())).arrow(),
        "border_m": pa.array(border_m),
        "kind": kinds_of(columns).arrow(),
        "basis": Texted.of(pa.array([one.basis for one in points], pa.string())).arrow(),
        "source": Texted.same(CORRECTIONS, len(points)).arrow(),
    }
    return pa.table([arrays[one.name] for one in SCHEMA], schema=SCHEMA)
