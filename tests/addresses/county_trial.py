"""Half of the doors of a county brought in by the ordinary import, the other half asked for."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from app.addresses.match import Match, Query, Status
from app.addresses.matcher import Matcher
from tests.addresses.county import County, Door, degrees
from tests.addresses.county_texts import text_of

HEADERS = ("鄉鎮市區", "村里", "鄰", "街、路段", "巷", "弄", "號", "經度", "緯度", "資料日期")
_FULL = str.maketrans("0123456789", "０１２３４５６７８９")
_HAN = "零一二三四五六七八九"


@dataclass
class Tally:
    """What became of the addresses of one level of care."""

    asked: int = 0
    assigned: int = 0
    wrong: list[tuple[str, Match, str]] = field(default_factory=list)
    # Neither assigned nor with the right grid among the candidates.
    lost: list[tuple[str, Match, str]] = field(default_factory=list)
    how: Counter[tuple[str, str]] = field(default_factory=Counter)

    def at(self, status: str, level: str) -> int:
        """Return how many have a status and a level."""
        return sum(n for (how, _), n in self.how.items() if how == f"{status} {level}")

    @property
    def share(self) -> float:
        """Return the share of addresses that got a grid."""
        return self.assigned / self.asked

    @property
    def wrong_share(self) -> float:
        """Return the share of wrong grids among those assigned."""
        return len(self.wrong) / max(self.assigned, 1)

    @property
    def among(self) -> float:
        """Return the share of addresses whose grid is assigned or among the candidates."""
        return 1 - (len(self.lost) + len(self.wrong)) / self.asked


def write_plates(doors: list[Door], path: Path) -> None:
    """Write doors as an office writes them: full width, sections in the road, 之 in the number."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(HEADERS)
        for at, door in enumerate(doors):
            sub = (f"之{door.sub}號" if at % 3 else f"號之{door.sub}") if door.sub else "號"
            number = f"{'臨' if door.temporary else ''}{door.number}{sub}"
            lon, lat = degrees(door.x, door.y)
            out.writerow([
                door.town, door.village, f"{door.group:03d}鄰" if at % 2 else f"{door.group}",
                f"{door.road}{f'{_HAN[door.section]}段' if door.section else ''}",
                f"{door.lane}巷" if door.lane else "", f"{door.alley}弄" if door.alley else "",
                number.translate(_FULL) if at % 5 else number, f"{lon:.7f}", f"{lat:.7f}",
                "11501",
            ])  # fmt: skip


def halves(county: County) -> tuple[list[Door], list[Door]]:
    """Return the doors that are brought in and those that are asked for."""
    return county.doors[::2], county.doors[1::2]


def trial(
    matcher: Matcher, county: County, asked: list[Door], finest: str, level: str, seed: int
) -> Tally:
    """Ask for doors as they are written on a level of care."""
    rng = np.random.default_rng(seed)
    codes = {place: county.code(place, finest) for place in county.named}
    tally = Tally()
    for door in asked:
        text = text_of(door, level, rng)
        right = codes[door.town, door.village, door.group]
        match = matcher.assign(Query(text))
        tally.asked += 1
        fault = match.faults[0].code if match.faults else ""
        tally.how[f"{match.status} {match.level}", fault] += 1
        if match.status is Status.ASSIGNED:
            tally.assigned += 1
            if match.grid != right:
                tally.wrong.append((text, match, right))
        elif right not in {one.grid for one in match.candidates}:
            tally.lost.append((text, match, right))
    return tally
