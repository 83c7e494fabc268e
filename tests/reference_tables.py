"""Reference tables of the chessboard city: few rows, every kind of table."""

from __future__ import annotations

from datetime import date

import pandas as pd

GROUPS = pd.DataFrame({"group": ["old", "ill"], "name": ["高龄", "重病"]})
PEOPLE = pd.DataFrame(
    {"code": ["A1", "A1", "B4"], "group": ["old", "ill", "old"], "people": [7, 2, 5]}
)
VISITS = pd.DataFrame(
    {
        "code": ["A1", "A1", "B4"],
        "group": ["old", "old", "old"],
        "last_day": [date(2026, 10, 1), date(2026, 10, 31), date(2026, 9, 1)],
        "people": [3, 4, 5],
    }
)
STATIONS = pd.DataFrame(
    {
        "id": ["s1", "s2", "s3"],
        "kind": ["fire", "aed", "fire"],
        "kind_name": ["消防站", "除颤器", "消防站"],
        "name": ["一", "二", "三"],
        "code": ["A1", "B2", ""],
        "lon": [104.505, 104.535, 104.6],
        "lat": [30.405, 30.405, 30.45],
    }
)
SITES = pd.DataFrame(
    {
        "id": ["x", "y"],
        "kind": ["gas", "gas"],
        "kind_name": ["燃气", "燃气"],
        "name": ["甲", "乙"],
        "code": ["A1", "A2"],
        "lon": [104.505, 104.515],
        "lat": [30.405, 30.405],
        "last_day": [date(2026, 10, 30), None],
    }
)
RESIDENTS = pd.DataFrame({"id": ["r"], "name": ["群"], "code": ["A1"], "members": [70]})
ESTATES = pd.DataFrame(
    {
        "id": ["e1", "e2"],
        "name": ["甲苑", "乙苑"],
        "code": ["A1", "B1"],
        "management": ["trust", "company"],
        "management_name": ["信托制", "物业"],
    }
)
PROJECTS = pd.DataFrame(
    {
        "id": ["p1", "p2"],
        "kind": ["renewal", "campaign"],
        "kind_name": ["微更新", "宣传"],
        "name": ["甲", "乙"],
        "code": ["B", ""],
    }
)
TABLES = {
    "special_groups": GROUPS,
    "special_people": PEOPLE,
    "visits": VISITS,
    "stations": STATIONS,
    "sites": SITES,
    "resident_groups": RESIDENTS,
    "estates": ESTATES,
    "projects": PROJECTS,
}
