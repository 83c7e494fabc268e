"""Towns of the legal county that others govern are outside, whatever stands behind their names."""

from pathlib import Path

import pandas as pd
import pytest

from app.addresses.match import Match, Query, Status
from app.addresses.matcher import Matcher
from app.grids import City


@pytest.fixture(scope="module")
def matcher(jianyang_folder: Path) -> Matcher:
    return Matcher.open(City.open(jianyang_folder))


def codes(match: Match) -> list[str]:
    return [fault.code for fault in match.faults]


def test_every_town_that_others_govern_is_outside(matcher: Matcher, jianyang_folder: Path) -> None:
    towns = pd.read_csv(jianyang_folder.parent / "sources" / "towns.csv")
    theirs = towns.loc[towns["managed_by"] != "简阳市", "name"]
    assert len(theirs) == 15
    for town in theirs:
        # The last two name a road and a community that lie in the city, elsewhere.
        for rest in ("", "3组12号", "没有这条路8号", "平安小区2栋", "新乐路12号", "大道路12号"):
            found = matcher.assign(Query(town + rest))
            assert (found.status, found.grid, found.candidates) == (Status.OUTSIDE, "", ()), town
            assert "TOWN.outside" in codes(found)
            assert f"“{town}”不由本市管理" in found.explanation


@pytest.mark.parametrize(
    "text",
    [
        "三岔镇",  # former towns
        "贾家镇菠萝村3组",
        "成都东部新区三岔街道湖滨路3号",
        "四川省简阳市草池街道平泉村2组",  # a village there, with the name of a town here
        "玉成街道涌泉村2组5号",
        "海螺镇青龙村3组",
    ],
)
def test_names_shared_with_towns_of_the_city_lead_into_none(matcher: Matcher, text: str) -> None:
    found = matcher.assign(Query(text))
    assert (found.status, found.grid) == (Status.OUTSIDE, "")


def test_a_town_of_the_city_named_in_full_beside_one_of_others_is_a_conflict(
    matcher: Matcher,
) -> None:
    for text in ("三岔街道射洪坝街道", "射洪坝街道三岔街道", "成都东部新区射洪坝街道3号"):
        found = matcher.assign(Query(text))
        assert (found.status, found.grid) == (Status.CONFLICT, ""), text
