"""What a correction is, and what is known of it before it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.addresses.amendments import AmendedAlias, AmendedPoint


class Kind(StrEnum):
    """What a correction adds to the gazetteer."""

    PLACE = "place"
    ALIAS = "alias"


class State(StrEnum):
    """What has become of a correction."""

    IN_EFFECT = "in_effect"
    REPLACED = "replaced"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Draft:
    """A correction as it is asked for.

    Attributes
    ----------
    kind : Kind
    text : str
        The address that was answered wrongly, as written; telephones are not kept.
    words : dict of str to str
        Of a place: by the names of `app.addresses.entry.COLUMNS`, without alias, lon, lat.
    lon, lat : float or None
        Of a place, degrees in `datum`; None where a grid is given instead.
    datum : str
        wgs84, gcj02 or bd09.
    grid : str
        Code of a finest grid: a point in its interior is chosen, and said to be.
    basis : str
        What the point is: survey_point, building_polygon or centroid.
    alias : str
        Of an alias: the other name.
    target_kind, target_town, target : str
        Of an alias: what it names; the town only where others have such a name too.
    note : str
        Why.
    replaces : str
        Id of the correction of the same thing that it takes the place of; "" for none.
    confirmed : bool
        Whether who asks has seen which other names it touches.
    """

    kind: Kind
    text: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    lon: float | None = None
    lat: float | None = None
    datum: str = "wgs84"
    grid: str = ""
    basis: str = "survey_point"
    alias: str = ""
    target_kind: str = ""
    target_town: str = ""
    target: str = ""
    note: str = ""
    replaces: str = ""
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Before:
    """How the address was answered before it was corrected.

    Attributes
    ----------
    status, grid : str
        See `app.addresses.match.Match`; "" where there was no text to ask.
    version : str
        Of the gazetteer.
    """

    status: str = ""
    grid: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Replaced:
    """A row of the gazetteer that says something else of the same thing.

    Attributes
    ----------
    words : dict of str to str
    grid, source : str
        Where it lies and where it came from.
    kept : bool
        Whether it stays for something else that it names, without the corrected words.
    """

    words: dict[str, str]
    grid: str
    source: str
    kept: bool


@dataclass(frozen=True, slots=True)
class Touched:
    """A name that texts may have meant so far and will be read otherwise.

    Attributes
    ----------
    name : str
        As the gazetteer has it.
    kind, town : str
        What it names; town is "" where it has none.
    how : str
        ``bare``: texts call it so for short; ``same``: it has the same name; ``alias``: it was
        another name of this; ``one_edit``: texts that misspelt it were led to it; ``new``: no
        such name was there.
    """

    name: str
    kind: str
    town: str
    how: str


@dataclass(frozen=True, slots=True)
class Point:
    """Where a corrected place lies.

    Attributes
    ----------
    lon, lat : float
        WGS-84 degrees.
    basis : str
    chosen : bool
        Whether only the grid was given and the point was chosen in it.
    grid : str
        Code of the finest grid.
    border_m : float
        Metres to its border.
    """

    lon: float
    lat: float
    basis: str
    chosen: bool
    grid: str
    border_m: float


@dataclass(frozen=True, slots=True)
class Content:
    """What a correction says, checked.

    Attributes
    ----------
    kind : Kind
    text, note : str
    words : dict of str to str
        Of a place; parts that are there.
    point : Point or None
        Of a place.
    alias : AmendedAlias or None
    """

    kind: Kind
    text: str
    note: str
    words: dict[str, str]
    point: Point | None
    alias: AmendedAlias | None

    @property
    def amended_point(self) -> AmendedPoint:
        """What the correction of a place lays over the gazetteer.

        Raises
        ------
        ValueError
            If it is an alias.
        """
        if self.point is None:
            raise ValueError(f"{self.alias} has no point")
        return AmendedPoint(self.words, self.point.lon, self.point.lat, self.point.basis)


@dataclass(frozen=True, slots=True)
class Trial:
    """What a correction would do.

    Attributes
    ----------
    content : Content
    filled : tuple of str
        Parts of the words that were not given and follow from the point.
    before : Before
        How the address is answered now.
    replaced : tuple of Replaced
        What the gazetteer says of the same thing.
    replaces : str
        Id of the earlier correction of the same thing; "" for none.
    touched : tuple of Touched
        Other names that texts may have meant; if there are any, they must be confirmed.
    seen : frozenset of str
        Codes of the grids, of all levels, that it has to do with.
    whole : frozenset of str
        Those of them in which all that it has to do with lies: who is limited to one of these may
        make and undo it.
    """

    content: Content
    filled: tuple[str, ...]
    before: Before
    replaced: tuple[Replaced, ...]
    replaces: str
    touched: tuple[Touched, ...]
    seen: frozenset[str]
    whole: frozenset[str]


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction that was made.

    Attributes
    ----------
    id : str
        The same in every database and file.
    seq : int
        In which order corrections were made here.
    last_seq : int
        Number of the newest event of it: its making or its undoing.
    content : Content
    before : Before
    replaces : str
        Id of the correction that it took the place of; "" for none.
    state : State
    whole : frozenset of str
        See `Trial`.
    made_at : datetime
    made_by : str
        Label of the account.
    undone_at : datetime or None
    undone_by, undo_note : str
    """

    id: str
    seq: int
    last_seq: int
    content: Content
    before: Before
    replaces: str
    state: State
    whole: frozenset[str]
    made_at: datetime
    made_by: str
    undone_at: datetime | None = None
    undone_by: str = ""
    undo_note: str = ""
