"""What there is to take: a collection for each level and overlay, incidents, and statistics."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.errors import NotFoundError
from app.grids import City, Overlay
from app.grids.manifest import Level

INCIDENTS = "incidents"
# No level can be called so: ids have no hyphen.
STATISTICS = "statistics-"
Bounds = tuple[float, float, float, float]


class Kind(StrEnum):
    """What the features of a collection are."""

    GRIDS = "grids"
    INCIDENTS = "incidents"
    STATISTICS = "statistics"


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection of features.

    Attributes
    ----------
    id : str
    kind : Kind
    title, title_zh, about, about_zh : str
        Shown to people.
    bounds : tuple of float
        West, south, east, north, degrees.
    part : str
        Id of the level or overlay of its features; "" for incidents.
    """

    id: str
    kind: Kind
    title: str
    title_zh: str
    about: str
    about_zh: str
    bounds: Bounds
    part: str = ""

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters by which its features are chosen."""
        own = {
            Kind.GRIDS: ("generation",),
            Kind.INCIDENTS: ("hazard",),
            Kind.STATISTICS: ("hazard", "generation"),
        }[self.kind]
        return ("bbox", "bbox-crs", "crs", "datetime", "limit", "after", "before", *own)

    @property
    def item_parameters(self) -> tuple[str, ...]:
        """Names of the parameters that one of its features may be asked with."""
        own = {
            Kind.GRIDS: ("datetime", "generation"),
            Kind.INCIDENTS: (),
            Kind.STATISTICS: ("datetime", "hazard", "generation"),
        }[self.kind]
        return ("crs", *own)

    @property
    def tile_parameters(self) -> tuple[str, ...]:
        """Names of the parameters that one of its tiles may be asked with."""
        if self.kind is Kind.GRIDS:
            return WHOLE_TILE_PARAMETERS
        own = () if self.kind is Kind.INCIDENTS else ("generation",)
        return ("datetime", "hazard", *own)


# Names of the parameters that a tile of the whole city, or of a level, may be asked with.
WHOLE_TILE_PARAMETERS = ("datetime", "generation")


def collections_of(city: City) -> dict[str, Collection]:
    """Return the collections of a city by id, in the order in which they are listed."""
    parts: list[Level | Overlay] = [*city.levels, *city.overlays]
    found = [_grids(city, one) for one in parts]
    found.append(
        Collection(
            INCIDENTS,
            Kind.INCIDENTS,
            "Incidents",
            "事件",
            "Incidents that you see, without who reported them; datetime is when they happened.",
            "本账号可见的事件，不含报告人信息；datetime 为发生时间。",
            city.bounds,
        )
    )
    found += [_statistics(city, one) for one in city.levels]
    return {one.id: one for one in found}


def collection_named(city: City, ident: str) -> Collection:
    """Return a collection by its id.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    known = collections_of(city)
    found = known.get(ident)
    if found is None:
        raise NotFoundError(
            f"there is no collection {ident!r:.80}, allowed are {', '.join(known)}",
            message_zh=f"没有数据集 {ident!r:.80}，可用：{'、'.join(known)}",
        )
    return found


def _grids(city: City, part: Level | Overlay) -> Collection:
    over = isinstance(part, Overlay)
    return Collection(
        part.id,
        Kind.GRIDS,
        f"{part.name} ({part.id})",
        part.name,
        f"Grids of the {'overlay' if over else 'level'} {part.id}; datetime chooses the editions.",
        f"{'专属网格' if over else '层级'}“{part.name}”的网格；datetime 选择有效的版本。",
        _bounds(city, part.id),
        part.id,
    )


def _statistics(city: City, level: Level) -> Collection:
    return Collection(
        STATISTICS + level.id,
        Kind.STATISTICS,
        f"Incidents per grid: {level.name} ({level.id})",
        f"{level.name}事件统计",
        "How many incidents of the time in datetime (the last twelve months if left out) each grid "
        "has, per km², and per 1,000 households.",
        "各网格在 datetime 时段内（缺省为近十二个月）的事件数、每平方公里与每千户比率。",
        _bounds(city, level.id),
        level.id,
    )


def _bounds(city: City, ident: str) -> Bounds:
    west, south, east, north = map(float, city.frame(ident).total_bounds)
    return (west, south, east, north)
