"""Which towns, communities and groups an address names, all its words together."""

from __future__ import annotations

from app.addresses.entry import Kind
from app.addresses.gazetteer import Gazetteer
from app.addresses.names import Form
from app.addresses.reading import Reading, Word

# A group of which fewer points are known may lie elsewhere as well.
_TELLING_GROUP = 3
# A shorter name is one edit from too many others.
_SURE_TYPO = 4


class Area:
    """Towns, communities and groups to which an address is bound.

    Attributes
    ----------
    towns : frozenset of int or None
        None if no word names one.
    communities : tuple of int
        Empty if no word names one.
    groups : tuple of int
        Empty if no word names one that is known.
    contradiction : tuple of Word or None
        Words that cannot hold together.
    split : bool
        Whether it was named by an old name that stands for several places now.
    former : bool
        Whether a community was named by its old name.
    group_unknown : bool
        Whether a group is named that the gazetteer does not have.
    """

    __slots__ = (
        "communities",
        "contradiction",
        "former",
        "group_unknown",
        "groups",
        "split",
        "towns",
        "words",
    )

    def __init__(self) -> None:
        self.towns: frozenset[int] | None = None
        self.communities: tuple[int, ...] = ()
        self.groups: tuple[int, ...] = ()
        self.contradiction: tuple[Word, Word] | None = None
        self.split = False
        self.former = False
        self.group_unknown = False
        self.words: tuple[Word, ...] = ()


def area_of(  # noqa: C901, PLR0912 - one word after the other
    gazetteer: Gazetteer, reading: Reading
) -> Area:
    """Return the area that a reading is bound to.

    Words intersect: a community is one of the towns that are named, if any is. A word that may be
    a town or a community is whichever fits the others.
    """
    area = Area()
    town_of = gazetteer.communities.town
    choices: set[tuple[int, int]] | None = None  # town, community; -1 for the whole town
    last: Word | None = None
    for word in reading.areas:
        if (word.typo and len(word.key) < _SURE_TYPO) or word.prefixed:
            # Too near to names that the gazetteer may lack to bind anything.
            continue
        own: set[tuple[int, int]] = set()
        for ref in word.refs:
            if ref.kind is Kind.TOWN:
                own.add((ref.id, -1))
            elif ref.kind is Kind.COMMUNITY:
                own.add((town_of[ref.id], ref.id))
            elif ref.kind is Kind.GROUP:
                community = gazetteer.groups.parent[ref.id]
                own.add((gazetteer.groups.town[ref.id], community))
                area.groups = (*area.groups, ref.id)
            if ref.form is Form.ALIAS and ref.alias >= 0:
                alias = gazetteer.aliases[ref.alias]
                area.split |= alias.split or bool(alias.missing)
                if ref.kind is Kind.COMMUNITY and alias.why in {"former", "merged"}:
                    area.former = True
        if choices is None:
            choices, last = own, word
            continue
        named = {one for one in choices if one[1] < 0}
        inside = {one for one in own if one[1] >= 0 and (one[0], -1) in named}
        if inside and own & named:
            # 平泉街道平泉7组: behind the town its bare name is that of the community.
            own = inside
        both = _intersect(choices, own)
        if both:
            choices, last = both, word
        else:
            area.contradiction = area.contradiction or (last or word, word)
    if choices is not None:
        area.towns = frozenset(town for town, _ in choices)
        if -1 in area.towns:
            area.towns = None
        if all(community >= 0 for _, community in choices):
            area.communities = tuple(sorted({community for _, community in choices}))
    if reading.group is not None and area.communities:
        if area.former:
            # Groups were numbered anew when their village went into another.
            area.group_unknown = True
        else:
            groups = [
                found
                for community in area.communities
                if (found := gazetteer.group_in(community, reading.group.key)) >= 0
            ]
            area.groups = tuple(groups)
            area.group_unknown = not groups
            if groups and len(groups) < len(area.communities):
                # Other communities of the name may have such a group as well.
                area.split = True
    return area


def _intersect(known: set[tuple[int, int]], more: set[tuple[int, int]]) -> set[tuple[int, int]]:
    found = set()
    for town, community in known:
        for other_town, other in more:
            if town != other_town and town >= 0 and other_town >= 0:
                continue
            if community >= 0 and other >= 0 and community != other:
                continue
            found.add((max(town, other_town), max(community, other)))
    return found


def area_grids(gazetteer: Gazetteer, area: Area) -> tuple[dict[int, int], Kind | None]:
    """Return the grids of the finest places of an area with their points, and which those are.

    Returns
    -------
    dict of int to int
        Points by grid; 0 where the grid is known to be part of it without a point.
    Kind or None
        Group, community or town.
    """
    if area.groups:
        own = _grids(gazetteer, Kind.GROUP, area.groups)
        # A group of which few points are known may lie elsewhere as well: its community binds.
        if not area.communities or sum(own.values()) >= _TELLING_GROUP:
            return own, Kind.GROUP
    if area.communities:
        return _grids(gazetteer, Kind.COMMUNITY, area.communities), Kind.COMMUNITY
    if area.towns:
        return _grids(gazetteer, Kind.TOWN, tuple(area.towns)), Kind.TOWN
    return {}, None


def _grids(gazetteer: Gazetteer, kind: Kind, ids: tuple[int, ...]) -> dict[int, int]:
    sets = gazetteer.places[kind].grids
    if len(ids) == 1:
        return sets.counts(ids[0])
    found: dict[int, int] = {}
    for one in ids:
        for grid, count in sets.counts(one).items():
            found[grid] = found.get(grid, 0) + count
    return found
