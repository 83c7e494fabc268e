"""The answer to an address: which grid, how far the words matched, how sure, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """What became of an address; only `ASSIGNED` names a grid."""

    ASSIGNED = "assigned"
    CANDIDATES = "candidates"
    AREA_ONLY = "area_only"
    CONFLICT = "conflict"
    OUTSIDE = "outside"
    NONE = "none"


class Level(StrEnum):
    """How far the words matched, finest first."""

    BUILDING = "building"
    DOOR = "door"
    DOOR_BASE = "door_base"
    INTERPOLATED = "interpolated"
    EXTRAPOLATED = "extrapolated"
    ESTATE = "estate"
    POI = "poi"
    GROUP = "group"
    ROAD = "road"
    COMMUNITY = "community"
    TOWN = "town"
    NONE = "none"


class Basis(StrEnum):
    """What the point of an answer is."""

    SURVEY_POINT = "survey_point"
    BUILDING_POLYGON = "building_polygon"
    INTERPOLATED = "interpolated"
    CENTROID = "centroid"
    NONE = "none"


class Band(StrEnum):
    """How sure, in words that people act on: 高 ≥ .98, 中 .90 to .98 (review), 低."""

    HIGH = "高"
    MIDDLE = "中"
    LOW = "低"


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked: one text, or the parts where a table has them; parts beat the text.

    Attributes
    ----------
    text : str
        The address as written.
    parts : dict of str to str
        By the names of `app.addresses.entry.COLUMNS` (without alias, lon, lat).
    """

    text: str
    parts: dict[str, str] = field(default_factory=dict)


class Span(NamedTuple):
    """A piece of the text as it was written.

    Attributes
    ----------
    start, stop : int
        Characters of the raw text.
    text : str
        Those characters.
    """

    start: int
    stop: int
    text: str


class Fault(NamedTuple):
    """Something that lowers certainty, with the words that it is about.

    Attributes
    ----------
    code : str
        ``TOWN.missing``, ``DOOR.interpolated`` and so on; see app.addresses.faults.
    span : Span or None
        The offending words.
    detail : str
        What the explanation quotes: the current name, the neighbours' numbers …
    """

    code: str
    span: Span | None = None
    detail: str = ""


class Candidate(NamedTuple):
    """A grid that the address may lie in.

    Attributes
    ----------
    grid : str
        Code of the finest level.
    share : float
        Of what was found, 0 to 1.
    reason : str
        In Chinese, which reading leads there.
    lon, lat : float
        Of that reading's point, degrees.
    """

    grid: str
    share: float
    reason: str
    lon: float
    lat: float


class Match(NamedTuple):
    """The whole answer to one address.

    Attributes
    ----------
    grid : str
        Code of the finest level; "" unless `status` is assigned.
    confidence : float
        Lower bound of the accuracy that such matches had when it was measured; 0 unless assigned.
    explanation : str
        One Chinese sentence that quotes the words it used and those it could not.
    candidates : tuple of Candidate
        At most five, the likeliest first.
    standard_address : str
        The address in the gazetteer's words, as far as it was understood.
    leftover : str
        Words that were not understood.
    lon, lat : float or None
        The point, degrees.
    """

    status: Status
    level: Level
    basis: Basis
    grid: str
    confidence: float
    band: Band
    explanation: str
    candidates: tuple[Candidate, ...]
    faults: tuple[Fault, ...]
    standard_address: str
    leftover: str
    parsed: dict[str, str]
    lon: float | None
    lat: float | None
