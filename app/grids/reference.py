"""What a city knows beside its grids: people of special groups, visits, stations, sites, estates.

All of these tables are optional. They hold places and counts, never a person; docs/city-folder.md
has their columns. `Reference.open` checks them: codes exist, counts are counts, days are days.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from app.errors import CityError
from app.grids.city import STAFF_TABLE, City
from app.grids.reference_reading import ReferenceTable, read_table
from app.grids.store import verify

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]
Texts = npt.NDArray[np.object_]
Part = TypeVar("Part")

GROUPS_TABLE = "special_groups"
PEOPLE_TABLE = "special_people"
VISITS_TABLE = "visits"
STATIONS_TABLE = "stations"
SITES_TABLE = "sites"
RESIDENTS_TABLE = "resident_groups"
ESTATES_TABLE = "estates"
PROJECTS_TABLE = "projects"
REFERENCE_TABLES = (
    GROUPS_TABLE,
    PEOPLE_TABLE,
    VISITS_TABLE,
    STATIONS_TABLE,
    SITES_TABLE,
    RESIDENTS_TABLE,
    ESTATES_TABLE,
    PROJECTS_TABLE,
)
# Of the staff table, beside the columns that every one has.
_STAFF_COLUMNS = ("code", "role", "label", "phone", "level")


@dataclass(frozen=True, slots=True)
class Kind:
    """One of a list that a city makes for itself: a group of people, a kind of station.

    Attributes
    ----------
    id : str
        Short ASCII name used in columns and URLs.
    name : str
        Name shown to people.
    """

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class SpecialPeople:
    """How many people of each special group live in each grid of the finest level.

    Attributes
    ----------
    groups : tuple of Kind
        In the order in which they are shown.
    people : ndarray of int64, shape (n, g)
        By row of the finest level and group.
    """

    groups: tuple[Kind, ...]
    people: Ints


@dataclass(frozen=True, slots=True)
class Visits:
    """How many people of a group in a grid had their last visit on a day.

    Each person is counted once, on the day of the last visit: so sums over days, groups and grids
    are people, not visits. Who was never visited is in no row.

    Attributes
    ----------
    row, group : ndarray of int64, shape (v,)
        Row of the finest level; place in `SpecialPeople.groups`.
    last_day : ndarray of datetime64[D], shape (v,)
    people : ndarray of int64, shape (v,)
    """

    row: Ints
    group: Ints
    last_day: Days
    people: Ints


@dataclass(frozen=True, slots=True)
class Places:
    """Stations from which help comes, or sites that are inspected.

    Attributes
    ----------
    kinds : tuple of Kind
    ids, names : ndarray of str objects, shape (p,)
    kind : ndarray of int64, shape (p,)
        Place in `kinds`.
    row : ndarray of int64, shape (p,)
        Row of the finest level in which it lies; -1 for a station outside of the city.
    lon, lat : ndarray of float64, shape (p,)
        WGS-84 degrees.
    last_day : ndarray of datetime64[D], shape (p,)
        Of the last inspection, NaT where there was none; all NaT of stations.
    """

    kinds: tuple[Kind, ...]
    ids: Texts
    names: Texts
    kind: Ints
    row: Ints
    lon: Floats
    lat: Floats
    last_day: Days

    def of_kind(self, ident: str) -> Ints:
        """Return the places of one kind; KeyError if there is no such kind."""
        known = {kind.id: at for at, kind in enumerate(self.kinds)}
        return np.flatnonzero(self.kind == known[ident])


@dataclass(frozen=True, slots=True)
class ResidentGroups:
    """Groups of residents on the city's own platform, and how many people each reaches.

    Attributes
    ----------
    ids, names : ndarray of str objects, shape (r,)
    row, members : ndarray of int64, shape (r,)
    """

    ids: Texts
    names: Texts
    row: Ints
    members: Ints


@dataclass(frozen=True, slots=True)
class ManagedEstates:
    """Estates, and who manages them.

    Attributes
    ----------
    kinds : tuple of Kind
        Kinds of management (trust, company, …).
    ids, names : ndarray of str objects, shape (e,)
    kind, row : ndarray of int64, shape (e,)
        Place in `kinds`; row of the finest level.
    """

    kinds: tuple[Kind, ...]
    ids: Texts
    names: Texts
    kind: Ints
    row: Ints


@dataclass(frozen=True, slots=True)
class Projects:
    """What was undertaken: renewal projects, showcases, campaigns.

    Attributes
    ----------
    kinds : tuple of Kind
    ids, names, codes : ndarray of str objects, shape (p,)
        The code of a grid of any level, "" for the whole city.
    kind : ndarray of int64, shape (p,)
    """

    kinds: tuple[Kind, ...]
    ids: Texts
    names: Texts
    codes: Texts
    kind: Ints


@dataclass(frozen=True, slots=True)
class Team:
    """What the staff table says of people on duty beside role and phone: yes, no or unknown.

    Attributes
    ----------
    codes : ndarray of str objects, shape (s,)
        The grid of each.
    qualities : tuple of str
        Names of the columns, such as ``under_30``.
    has : ndarray of int8, shape (s, q)
        1 yes, 0 no, -1 not known.
    """

    codes: Texts
    qualities: tuple[str, ...]
    has: npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference tables of a city; None where it has none of the kind.

    Attributes
    ----------
    people, visits, stations, sites, residents, estates, projects
        See their classes.
    """

    people: SpecialPeople | None
    visits: Visits | None
    stations: Places | None
    sites: Places | None
    residents: ResidentGroups | None
    estates: ManagedEstates | None
    projects: Projects | None

    @classmethod
    def open(cls, city: City, given: Mapping[str, pa.Table] = MappingProxyType({})) -> Reference:
        """Read and check the reference tables of a city.

        Parameters
        ----------
        city
            The opened city.
        given
            Tables by name that stand in for those of the folder, to see whether they fit.

        Raises
        ------
        CityError
            If a file is missing, changed, or does not hold what it should; every fault of a
            table is named.
        """

        def table(name: str, read: Callable[[ReferenceTable], Part]) -> Part | None:
            found = _table(city, name, given)
            return None if found is None else read(found)

        groups = _table(city, GROUPS_TABLE, given)
        people = table(PEOPLE_TABLE, lambda one: _read_people(one, groups))
        return cls(
            people=people,
            visits=table(VISITS_TABLE, lambda one: _read_visits(one, people)),
            stations=table(STATIONS_TABLE, lambda one: _read_places(one, city)),
            sites=table(SITES_TABLE, lambda one: _read_places(one, city)),
            residents=table(RESIDENTS_TABLE, _read_residents),
            estates=table(ESTATES_TABLE, _read_estates),
            projects=table(PROJECTS_TABLE, _read_projects),
        )

    @property
    def last_day(self) -> date | None:
        """The newest day that visits or sites name; None if there is none."""
        days = [one.last_day for one in (self.visits, self.sites) if one is not None]
        known = np.concatenate([part[~np.isnat(part)] for part in days]) if days else np.array([])
        return known.max().item() if len(known) else None


def unfit_tables(city: City) -> list[CityError]:
    """Return what is wrong with each reference table of a city that is not usable.

    Visits are only looked at where the people are known of whom they are.
    """
    found: list[CityError] = []

    def tried(name: str, read: Callable[[ReferenceTable], Part]) -> Part | None:
        try:
            table = _table(city, name, {})
            return None if table is None else read(table)
        except CityError as error:
            found.append(error)
            return None

    people = tried(PEOPLE_TABLE, lambda one: _read_people(one, _table(city, GROUPS_TABLE, {})))
    if people is not None:
        tried(VISITS_TABLE, lambda one: _read_visits(one, people))
    tried(STATIONS_TABLE, lambda one: _read_places(one, city))
    tried(SITES_TABLE, lambda one: _read_places(one, city))
    tried(RESIDENTS_TABLE, _read_residents)
    tried(ESTATES_TABLE, _read_estates)
    tried(PROJECTS_TABLE, _read_projects)
    tried(STAFF_TABLE, _check_staff)
    return found


def _check_staff(table: ReferenceTable) -> None:
    """Refuse people on duty for grids that there are not; whoever asks for a grid misses them."""
    table.codes_of_any_level("code")
    table.refuse()


def read_team(city: City) -> Team:
    """Return what the staff table of a city says of its people; nobody without one.

    Raises
    ------
    CityError
        If the table is not usable.
    """
    nobody = Team(np.array([], dtype=object), (), np.empty((0, 0), dtype=np.int8))
    table = _table(city, STAFF_TABLE, {})
    return nobody if table is None else _read_team(table)


def _table(city: City, name: str, given: Mapping[str, pa.Table]) -> ReferenceTable | None:
    """Return a table that is given, or that of the folder; None if there is neither."""
    if name in given:
        return ReferenceTable(city, name, given[name])
    file = city.manifest.tables.get(name)
    if file is None:
        return None
    verify(city.folder, city.manifest, (file,))
    return ReferenceTable(city, name, read_table(city.folder / file))


def _read_people(table: ReferenceTable, listed: ReferenceTable | None) -> SpecialPeople:
    groups = _groups(listed)
    table.require(("code", "group", "people"), only=True)
    row = table.rows("code")
    group = table.places("group", [one.id for one in groups], GROUPS_TABLE)
    people = table.counts("people")
    table.unique("code", "group")
    table.refuse()
    found = np.zeros((len(table.city.finest), len(groups)), dtype=np.int64)
    found[row, group] = people
    return SpecialPeople(groups, found)


def _groups(table: ReferenceTable | None) -> tuple[Kind, ...]:
    """Return the special groups that the city names."""
    if table is None:
        raise CityError(
            f"the city has a table {PEOPLE_TABLE!r} but no {GROUPS_TABLE!r} to name the groups",
            "docs/city-folder.md has the columns of both.",
            message_zh=f"城市有表 {PEOPLE_TABLE!r}，但缺少列出群体名称的表 {GROUPS_TABLE!r}",
            hint_zh="两张表的列见 docs/city-folder.md。",
        )
    table.require(("group", "name"))
    ids, names = table.idents("group"), table.texts("name")
    table.unique("group")
    table.refuse()
    return tuple(Kind(ident, name) for ident, name in zip(ids, names, strict=True))


def _read_visits(table: ReferenceTable, people: SpecialPeople | None) -> Visits:
    if people is None:
        raise CityError(
            f"the city has a table {VISITS_TABLE!r} but no {PEOPLE_TABLE!r}, of whom they are",
            "docs/city-folder.md has the columns of both.",
            message_zh=f"城市有表 {VISITS_TABLE!r}，但缺少被走访人数的表 {PEOPLE_TABLE!r}",
            hint_zh="两张表的列见 docs/city-folder.md。",
        )
    table.require(("code", "group", "last_day", "people"), only=True)
    row = table.rows("code")
    group = table.places("group", [one.id for one in people.groups], GROUPS_TABLE)
    days = table.days("last_day", missing=False)
    counts = table.counts("people")
    table.unique("code", "group", "last_day")
    table.refuse()
    visited = np.zeros_like(people.people)
    np.add.at(visited, (row, group), counts)
    table.check_no_more(
        visited, people.people, [one.id for one in people.groups], PEOPLE_TABLE, "visited"
    )
    table.refuse()
    return Visits(row, group, days, counts)


def _read_places(table: ReferenceTable, city: City) -> Places:
    inspected = table.name == SITES_TABLE
    table.require(("id", "kind", "kind_name", "name", "code", "lon", "lat"))
    if inspected:
        table.require(("last_day",))
    kinds, kind = table.kinds("kind", "kind_name")
    row = table.rows("code", outside=not inspected)
    lon, lat = table.degrees(city.bounds)
    table.unique("id")
    nowhere = np.full(len(table), "NaT", dtype="datetime64[D]")
    days = table.days("last_day", missing=True) if inspected else nowhere
    ids, names = table.texts("id"), table.texts("name")
    table.refuse()
    listed = tuple(Kind(*one) for one in kinds)
    return Places(listed, ids, names, kind, row, lon, lat, days)


def _read_residents(table: ReferenceTable) -> ResidentGroups:
    table.require(("id", "name", "code", "members"), only=True)
    row, members = table.rows("code"), table.counts("members")
    table.unique("id")
    ids, names = table.texts("id"), table.texts("name")
    table.refuse()
    return ResidentGroups(ids, names, row, members)


def _read_estates(table: ReferenceTable) -> ManagedEstates:
    table.require(("id", "name", "code", "management", "management_name"))
    kinds, kind = table.kinds("management", "management_name")
    row = table.rows("code")
    table.unique("id")
    ids, names = table.texts("id"), table.texts("name")
    table.refuse()
    return ManagedEstates(tuple(Kind(*one) for one in kinds), ids, names, kind, row)


def _read_projects(table: ReferenceTable) -> Projects:
    table.require(("id", "kind", "kind_name", "name", "code"))
    kinds, kind = table.kinds("kind", "kind_name")
    codes = table.codes_of_any_level("code")
    table.unique("id")
    ids, names = table.texts("id"), table.texts("name")
    table.refuse()
    return Projects(tuple(Kind(*one) for one in kinds), ids, names, codes, kind)


def _read_team(table: ReferenceTable) -> Team:
    qualities = tuple(name for name in table.flags() if name not in _STAFF_COLUMNS)
    codes = table.texts("code")
    table.refuse()
    has = [table.flag(name) for name in qualities]
    whole = np.column_stack(has) if has else np.empty((len(codes), 0), dtype=np.int8)
    return Team(codes, qualities, whole)
