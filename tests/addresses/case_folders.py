"""Cases in folders: a gazetteer, addresses, and what has to become of them.

gazetteer.csv has the columns of a gazetteer with x and y in the place of lon and lat: squares of
the city `board`, whose grid at column 3 and row 1 is g31. A number 2..40 stands for every second
number from 2 to 40, 1...5 for every number; an x of 0.1..3.9 runs along with them.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np

from app.addresses.gazetteer import OutsideArea
from app.addresses.home import Home
from app.addresses.match import Query
from app.addresses.matcher import Matcher
from tests.addresses.gazetteers import with_gazetteer
from tests.cities import ORIGIN, STEP, layer, make_city, square

CASES = Path(__file__).parent / "cases"
COLUMNS, ROWS = 10, 6


def board(folder):
    """Return a city of one town and 10 × 6 squares named by their column and row."""
    cells = [
        (f"g{column}{row}", "t", square(column, row))
        for row in range(ROWS)
        for column in range(COLUMNS)
    ]
    return make_city(
        folder, {"town": layer([("t", "", square(0, 0, COLUMNS, ROWS))]), "cell": layer(cells)}
    )


def rows_of(lines):
    """Return the rows that lines of a gazetteer.csv stand for."""
    rows = []
    for line in lines:
        numbers = [line.get("number") or ""]
        for dots, step in (("...", 1), ("..", 2)):
            if dots in numbers[0]:
                low, high = map(int, numbers[0].split(dots))
                numbers = [str(number) for number in range(low, high + 1, step)]
        along = {}
        for axis in "xy":
            low, _, high = line[axis].partition("..")
            along[axis] = np.linspace(float(low), float(high or low), len(numbers))
        for place, number in enumerate(numbers):
            row = {name: text for name, text in line.items() if name not in "xy" and text}
            row["lon"] = ORIGIN[0] + along["x"][place] * STEP
            row["lat"] = ORIGIN[1] + along["y"][place] * STEP
            rows.append(row | ({"number": number} if number else {}))
    return rows


def read(path):
    """Return the lines of a CSV file, none if there is no such file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def matcher_of(city, folder, rows, aliases=(), coverage=(), outside=(), home="简阳市"):
    """Return a matcher of rows in the city of the cases."""
    made = Matcher.open(with_gazetteer(city, folder, rows, aliases, coverage))
    made.gazetteer.outside = tuple(OutsideArea(name, "成都东部新区") for name in outside)
    return Matcher(made.gazetteer, None, Home.of(home))


def case_matcher(city, folder, name):
    """Return the matcher of a case."""
    own = CASES / name
    aliases = [
        {"kind": "alias", **one, "split": one.get("split") == "1"}
        for one in read(own / "alias.csv")
    ]
    coverage = [{**one, "complete": one["complete"] == "1"} for one in read(own / "coverage.csv")]
    outside = [one["name"] for one in read(own / "outside.csv")]
    return matcher_of(
        city, folder, rows_of(read(own / "gazetteer.csv")), aliases, coverage, outside
    )


def case_queries(name):
    """Return the queries of a case by their ids."""
    found = {}
    for line in read(CASES / name / "input.csv"):
        parts = {key: text for key, text in line.items() if key not in {"id", "address"} and text}
        found[line["id"]] = Query(line["address"], parts)
    return found


def expected(name):
    """Return what has to become of the queries of a case, by their ids."""
    return json.loads((CASES / name / "expect.json").read_text(encoding="utf-8"))
