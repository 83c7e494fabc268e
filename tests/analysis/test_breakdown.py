"""What incidents are made up of: every part adds up, by the clock of the city."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analysis.breakdown import breakdown
from app.analysis.ground import Area, Ground
from app.grids import City
from app.locate import Locator
from tests.analysis.sets import YEAR, ZONE, incidents_at

# In A1, and outside of the city.
INSIDE, OUTSIDE = (0.5, 0.5), (-9.0, -9.0)


@settings(max_examples=30, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["gas", "gas.leak", "fire"]),
            st.integers(1, 4),
            st.floats(0, 364.9),
            st.booleans(),
        ),
        max_size=40,
    )
)
def test_the_parts_are_those_of_a_plain_count(
    board: City, rows: list[tuple[str, int, float, bool]]
) -> None:
    locator, ground = Locator(board), Ground(board)
    chosen = incidents_at(
        locator,
        ground,
        [INSIDE if inside else OUTSIDE for *_, inside in rows],
        hazard=[hazard for hazard, *_ in rows],
        severity=[severity for _, severity, *_ in rows],
        days=[day for *_, day, _ in rows],
    )
    found = breakdown(chosen, ground, YEAR)
    kept = [i for i, (*_, inside) in enumerate(rows) if inside]
    ahead = YEAR.since.astimezone(ZONE).utcoffset()
    local = [at.item() + ahead for at in chosen.at[kept]]
    assert (found.total, found.unplaced) == (len(kept), len(rows) - len(kept))
    assert dict(found.by_hazard) == Counter(rows[i][0] for i in kept)
    assert [n for _, n in found.by_hazard] == sorted((n for _, n in found.by_hazard), reverse=True)
    assert found.severity.tolist() == [sum(rows[i][1] == s for i in kept) for s in (1, 2, 3, 4)]
    assert dict(found.month) == Counter(f"{at:%Y-%m}" for at in local)
    assert [month for month, _ in found.month] == sorted(month for month, _ in found.month)
    assert found.weekday.tolist() == [sum(at.weekday() == day for at in local) for day in range(7)]
    assert found.hour.tolist() == [sum(at.hour == hour for at in local) for hour in range(24)]
    assert bool(found.unplaced) == any("lie in no grid" in one.en for one in found.notes)


def test_an_area_has_its_own(board: City) -> None:
    locator, ground = Locator(board), Ground(board)
    chosen = incidents_at(locator, ground, [INSIDE, (2.5, 0.5), OUTSIDE])
    area = Area("cell", 0, "A1", "A1")
    own = chosen.select(ground, area=area)
    found = breakdown(own, ground, YEAR, area=area)
    assert (found.total, found.unplaced) == (1, 0)
    assert np.count_nonzero(found.hour) == 1
    assert found.hour[0] == 1  # YEAR begins at midnight of the city
