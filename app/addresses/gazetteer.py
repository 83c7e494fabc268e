"""What an address is looked up in; see `app.addresses.columns` for its parts.

gazetteer = Gazetteer.open(City.open("geodata/jianyang"))
for ref in gazetteer.names.find(key("东滨路")):
for street in gazetteer.streets.on_road(ref.id):
for door in gazetteer.doors.find(street, 128):
print(gazetteer.grids[gazetteer.doors.grid[door]])
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from app.addresses.arrays import Arrays, Texts
from app.addresses.columns import PLACE_KINDS, Buildings, Doors, Places, Sides, Streets
from app.addresses.entry import Kind
from app.addresses.index import IndexFile, index_file, open_arrays
from app.addresses.mapped import load
from app.addresses.names import KINDS, Names
from app.addresses.numbers import group_key
from app.errors import CityError
from app.grids import City


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of places; see `app.addresses.entry.ALIAS_SCHEMA`.

    Attributes
    ----------
    alias, why, valid_from, valid_to, source : str
        As in the table.
    split : bool
        Whether the name stands for several places now, so that it never decides alone.
    targets : tuple of (Kind, int)
        The places.
    missing : tuple of str
        Targets that the gazetteer does not have, as "town target".
    """

    alias: str
    why: str
    split: bool
    valid_from: str
    valid_to: str
    source: str
    targets: tuple[tuple[Kind, int], ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutsideArea:
    """A neighbouring area that others govern: an address that names it is outside."""

    name: str
    governed_by: str


class Gazetteer:
    """All that addresses of one city are looked up in; see `Gazetteer.open`.

    Attributes
    ----------
    version : str
        Hash of the content of the gazetteer's files.
    grids : tuple of str
        Codes of the grids by their number here.
    names : Names
        What the parser looks for.
    towns, communities, groups, roads, estates, pois : Places
        Places of each kind.
    streets : Streets
    doors : Doors
    sides : Sides
    buildings : Buildings
    aliases : list of Alias
    outside : tuple of OutsideArea
    """

    def __init__(
        self,
        arrays: Arrays,
        version: str,
        outside: tuple[OutsideArea, ...] = (),
        file: IndexFile | None = None,
    ) -> None:
        self._file = file
        self.version = version
        self.outside = outside
        self.arrays = arrays
        self.grids: tuple[str, ...] = tuple(Texts(arrays, "grids"))
        self.places = {kind: Places(arrays, kind) for kind in PLACE_KINDS}
        self.towns = self.places[Kind.TOWN]
        self.communities = self.places[Kind.COMMUNITY]
        self.groups = self.places[Kind.GROUP]
        self.roads = self.places[Kind.ROAD]
        self.estates = self.places[Kind.ESTATE]
        self.pois = self.places[Kind.POI]
        self.streets = Streets(arrays)
        self.doors = Doors(arrays)
        self.sides = Sides(arrays)
        self.buildings = Buildings(arrays)
        self.labels: list[str] = list(Texts(arrays, "labels"))
        self._label_of = {text: place for place, text in enumerate(self.labels)}

    @classmethod
    def open(cls, city: City) -> Gazetteer:
        """Open the gazetteer of a city.

        What is derived from its tables is kept beside the city and mapped from there; the first
        time, or where it is damaged, it is built.

        Raises
        ------
        CityError
            If the city has no gazetteer, its tables are not what they should be, or its points
            were located in other boundaries than the city now has.
        """
        arrays, version = open_arrays(city)
        file = index_file(city.folder, city.manifest)
        return cls(arrays, version, cls.outside_of(city), file)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the place of the file, so that another process maps it too; else the arrays."""
        kept = self._file is not None and self._file.path.is_file()
        arrays = None if kept else dict(self.arrays)
        return _revived, (arrays, self.version, self.outside, self._file)

    @staticmethod
    def outside_of(city: City) -> tuple[OutsideArea, ...]:
        """Return the areas near a city that others govern."""
        areas = zip(city.outside["name"], city.outside["governed_by"], strict=True)
        return tuple(OutsideArea(name, by) for name, by in areas)

    @cached_property
    def names(self) -> Names:
        """What the parser looks for."""
        return Names(self.arrays)

    @cached_property
    def aliases(self) -> list[Alias]:
        """Other names of places, in the order of their names."""
        texts = {
            name: Texts(self.arrays, f"alias.{name}")
            for name in ("alias", "why", "valid_from", "valid_to", "source", "missing")
        }
        first, kind, ident = (self.arrays[f"alias.target.{n}"] for n in ("first", "kind", "id"))
        return [
            Alias(
                alias=texts["alias"][one],
                why=texts["why"][one],
                split=bool(self.arrays["alias.split"][one]),
                valid_from=texts["valid_from"][one],
                valid_to=texts["valid_to"][one],
                source=texts["source"][one],
                targets=tuple(
                    (KINDS[int(kind[target])], int(ident[target]))
                    for target in range(first[one], first[one + 1])
                ),
                missing=tuple(filter(None, texts["missing"][one].split("\n"))),
            )
            for one in range(len(texts["alias"]))
        ]

    def label(self, key: str) -> int:
        """Return the number of a section, lane, sub-number, building or unit by its key.

        Keys are what `app.addresses.numbers` makes: `section_key`, `lane_key`, `sub_number`,
        `building_key`, `unit_key`. 0 is the empty one, -1 one that the gazetteer does not have.
        """
        return self._label_of.get(key, -1)

    def group_in(self, community: int, key: str) -> int:
        """Return the id of a group of a community by `app.addresses.numbers.group_key`, or -1."""
        return self._groups.get((community, key), -1)

    @cached_property
    def _groups(self) -> dict[tuple[int, str], int]:
        names = enumerate(self.groups.name)
        return {(self.groups.parent[one], group_key(name)): one for one, name in names}

    def complete(self, town: int, element: str) -> bool | None:
        """Tell whether a town has all of an element ("door", "estate", …); None: not known."""
        return self._coverage.get((town, element), self._coverage.get((-1, element)))

    @cached_property
    def _coverage(self) -> dict[tuple[int, str], bool]:
        town, complete = self.arrays["coverage.town"], self.arrays["coverage.complete"]
        return {
            (int(where), element): bool(whole)
            for where, element, whole in zip(
                town, Texts(self.arrays, "coverage.element"), complete, strict=True
            )
        }


def _revived(
    arrays: Arrays | None,
    version: str,
    outside: tuple[OutsideArea, ...],
    file: IndexFile | None,
) -> Gazetteer:
    if arrays is None and file is not None:
        arrays = load(file.path, file.content)
    if arrays is None:
        raise CityError("the gazetteer was replaced while it was handed on", "Open it again.")
    return Gazetteer(arrays, version, outside, file)
