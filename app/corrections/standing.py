"""What a correction is checked against: the gazetteer as it stands, and who may see which part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

import pyarrow as pa

from app.addresses.amendments import AmendedPoint
from app.addresses.entry import Kind
from app.addresses.gazetteer import Gazetteer
from app.addresses.index import TABLE, read_tables
from app.addresses.matcher import Matcher
from app.addresses.names import Form, NameRef
from app.addresses.normalise import key
from app.addresses.same_place import SamePlaces
from app.addresses.texted import Texted
from app.addresses.variants import short_key
from app.errors import NotFoundError
from app.grids import City
from app.locate import Locator


class Ground:
    """The city and the tables of its gazetteer, which no correction changes.

    Parameters
    ----------
    locator
        Of the city.
    """

    def __init__(self, locator: Locator) -> None:
        self.locator = locator
        self.city: City = locator.city

    @cached_property
    def tables(self) -> dict[str, pa.Table]:
        """Tables of the gazetteer by name."""
        return read_tables(self.city.folder, self.city.manifest)

    @cached_property
    def places(self) -> SamePlaces:
        """Finds rows that name the same thing."""
        return SamePlaces(self.tables[TABLE])

    @cached_property
    def row_grids(self) -> Texted:
        """Code of the grid of each row."""
        return Texted.of(self.tables[TABLE]["grid"])

    @cached_property
    def row_sources(self) -> Texted:
        """Source of each row."""
        return Texted.of(self.tables[TABLE]["source"])

    def chain(self, code: str) -> frozenset[str]:
        """Return the codes of a finest grid and of all above it; nothing outside of all."""
        try:
            grid = self.city.find(code, self.city.levels[-1].id)
        except NotFoundError:
            return frozenset()
        return frozenset(one.code for one in self.city.chain(grid))

    def chains(self, codes: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
        """Return the codes above some finest grids: of any of them, and of all of them."""
        found = [self.chain(code) for code in set(codes)]
        if not found:
            return frozenset(), frozenset()
        return frozenset().union(*found), frozenset.intersection(*found)


class Standing:
    """A gazetteer as it stands, with the corrections that are in effect in it.

    Parameters
    ----------
    matcher
        Of the gazetteer.
    points
        Of the corrections in effect.
    """

    def __init__(self, matcher: Matcher, points: Mapping[str, AmendedPoint]) -> None:
        self.matcher = matcher
        self.gazetteer: Gazetteer = matcher.gazetteer
        self.points = points

    def town_named(self, name: str) -> str | None:
        """Return a town of the gazetteer as it is written there; None if it has none so called."""
        return self._towns.get(short_key(Kind.TOWN, name))

    @property
    def towns(self) -> list[str]:
        """The towns, as written."""
        return list(self.gazetteer.towns.name)

    @cached_property
    def _towns(self) -> dict[str, str]:
        return {short_key(Kind.TOWN, name): name for name in self.gazetteer.towns.name}

    def refs(self, name: str) -> list[NameRef]:
        """Return what a name may mean."""
        return self.gazetteer.names.find(key(name))

    def named(self, kind: Kind, name: str, town: str = "") -> list[int]:
        """Return the places of a kind that have a name of their own, in a town or in any."""
        wanted = short_key(Kind.TOWN, town) if town else ""
        found = []
        for ref in self.refs(name):
            if ref.kind is not kind or ref.form in {Form.ALIAS, Form.BARE}:
                continue
            if wanted and kind not in {Kind.TOWN, Kind.ROAD}:
                own = short_key(Kind.TOWN, self.town_of(kind, ref.id))
                if own != wanted:
                    continue
            found.append(ref.id)
        return found

    def name_of(self, kind: Kind, ident: int) -> str:
        """Return the name of a place."""
        return str(self.gazetteer.places[kind].name[ident])

    def town_of(self, kind: Kind, ident: int) -> str:
        """Return the town of a place; "" where it has none."""
        town = self.gazetteer.places[kind].town[ident]
        return str(self.gazetteer.towns.name[town]) if town >= 0 else ""

    def grids_of(self, kind: Kind, ident: int) -> list[str]:
        """Return the codes of the grids in which a place lies."""
        found = self.gazetteer.places[kind].grids.of(ident)
        return [self.gazetteer.grids[grid] for grid in found if grid >= 0]
