"""On which streets the number of a reading may stand."""

from __future__ import annotations

from collections.abc import Sequence

from app.addresses.area import Area
from app.addresses.entry import Kind
from app.addresses.gazetteer import Gazetteer
from app.addresses.reading import Reading

_MAX_STREETS = 400
_MOST_KEPT = 50_000


class StreetFinder:
    """Finds streets of one gazetteer."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._streets: dict[tuple[int, int | None, int | None], list[int]] = {}

    def find(  # noqa: C901 - one part after the other
        self, reading: Reading, area: Area
    ) -> tuple[list[int], str]:
        """Return the streets on which a reading's number may stand, and what is wrong with them.

        Returns
        -------
        list of int
        str
            Code of a fault: "SECTION.missing", "SECTION.not_found", "LANE.not_found",
            "TOWN.conflict" (then all streets of the road); "" for none.
        """
        g = self._gazetteer
        word = reading.road
        if word is None:
            return self._village(reading, area)
        roads = [ref.id for ref in word.refs if ref.kind is Kind.ROAD]
        section = lane = 0
        fault = ""
        if reading.section is not None:
            section = g.label(reading.section.key)
        if reading.lane is not None:
            lane = g.label(reading.lane.key)
        wanted = None if reading.section is None else section
        found = self._on(roads, wanted, lane) if section >= 0 and lane >= 0 else []
        if (
            not found
            and reading.section is not None
            and (section < 0 or not self._on(roads, section, None))
        ):
            fault = "SECTION.not_found"
            found = []
        if not found and not fault:
            if reading.lane is not None:
                fault = "LANE.not_found"
                found = self._on(roads, wanted, None)
            else:
                # The road is known only by its lanes.
                found = self._on(roads, wanted, None)
                fault = "LANE.missing"
        elif not found:
            found = self._on(roads, None, lane if lane >= 0 else None) or self._on(
                roads, None, None
            )
        if reading.section is None and any(g.streets.section[one] for one in found[:_MAX_STREETS]):
            fault = fault or "SECTION.missing"
        if area.towns is not None:
            within = [
                one for one in found if g.streets.town[one] in area.towns or g.streets.town[one] < 0
            ]
            if not within:
                return found[:_MAX_STREETS], "TOWN.conflict"
            found = within
        return found[:_MAX_STREETS], fault

    def _on(self, roads: Sequence[int], section: int | None, lane: int | None) -> list[int]:
        if len(roads) == 1:
            key = (roads[0], section, lane)
            found = self._streets.get(key)
            if found is None:
                found = self._gazetteer.streets.on_road(roads[0], section=section, lane=lane)
                if len(self._streets) > _MOST_KEPT:
                    self._streets.clear()
                self._streets[key] = found
            return found
        return [one for road in roads for one in self._on((road,), section, lane)]

    def _village(self, reading: Reading, area: Area) -> tuple[list[int], str]:
        g = self._gazetteer
        lane = 0 if reading.lane is None else g.label(reading.lane.key)
        if lane < 0 or not area.communities or len(area.communities) > _MAX_STREETS:
            return [], "LANE.not_found" if lane < 0 else ""
        found = []
        for community in area.communities:
            group = -1
            if reading.group is not None and not area.former:
                group = g.group_in(community, reading.group.key)
            own = g.streets.in_community(community, group=group, lane=lane)
            if reading.group is not None and group < 0:
                own = [one for one in own if g.streets.group[one] < 0]
            found += own
        return found, ""
