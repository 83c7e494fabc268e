"""Grids by a part of their name or code, as it is typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from app.grids.city import City, Grid
from app.grids.manifest import Level, Overlay

MAX_FOUND = 50


@dataclass(frozen=True, slots=True)
class NamedGrid:
    """A grid that what is typed may mean.

    Attributes
    ----------
    grid : Grid
    by_code : bool
        Whether its code was found and not its name.
    start, stop : int
        Which characters of name or code were typed.
    """

    grid: Grid
    by_code: bool
    start: int
    stop: int


class GridNames:
    """Names and codes of all grids and overlays of a city.

    Parameters
    ----------
    city
        Whose grids are found.
    """

    def __init__(self, city: City) -> None:
        self._city = city
        parts: list[Level | Overlay] = [*city.levels, *city.overlays]
        self._keys = [
            (rank, part, [(_key(n), _key(c)) for n, c in _pairs(city, part.id)])
            for rank, part in enumerate(parts)
        ]

    def find(self, text: str, limit: int = 10) -> list[NamedGrid]:
        """Return the grids whose name or code holds a text.

        What begins with it comes first, then the coarser grid, then the shorter name.

        Parameters
        ----------
        text
            What is typed; case, width and spaces do not count.
        limit
            How many at most.
        """
        wanted = _key(text)
        if not wanted:
            return []
        found: list[tuple[tuple[int, int, int, int], int, bool, int, str]] = []
        for rank, part, keys in self._keys:
            for row, (name, code) in enumerate(keys):
                at, by_code = name.find(wanted), False
                if at < 0:
                    at, by_code = code.find(wanted), True
                if at >= 0:
                    order = (min(at, 1), rank, len(name), row)
                    found.append((order, row, by_code, at, part.id))
        found.sort(key=lambda one: one[0])
        return [
            NamedGrid(self._grid(ident, row), by_code, at, at + len(wanted))
            for _, row, by_code, at, ident in found[: min(limit, MAX_FOUND)]
        ]

    def _grid(self, ident: str, row: int) -> Grid:
        layer = self._city.layer(ident)
        return Grid(
            layer.part, layer.codes[row], layer.names[row], str(layer.parents[row] or ""), row
        )


def _pairs(city: City, ident: str) -> Iterator[tuple[str, str]]:
    layer = city.layer(ident)
    return zip(layer.names, layer.codes, strict=True)


def _key(text: str) -> str:
    """Return a text without what does not matter: case, width, spaces."""
    return "".join(unicodedata.normalize("NFKC", text).upper().split())
