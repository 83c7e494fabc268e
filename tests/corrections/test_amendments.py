"""Corrections laid over tables: what they replace, against a plain look at every row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.addresses.amended import open_amended
from app.addresses.amendments import AmendedAlias, AmendedPoint, Amendments, amend
from app.addresses.entry import Kind
from app.addresses.gazetteer import Gazetteer
from app.addresses.index import ALIAS_TABLE, TABLE, read_tables
from app.addresses.match import Query
from app.addresses.matcher import Matcher
from app.addresses.same_place import SamePlaces, identity, is_same, keyed, kind_of
from app.corrections.correction import State
from app.corrections.records import states
from app.grids import City
from app.locate import Locator
from tests.addresses.gazetteers import table_of, with_gazetteer
from tests.corrections.conftest import ALIASES, ROWS, at


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"road": "东滨路", "number": "12"}, {"road": "東濱路", "number": "12"}, True),
        ({"road": "东滨路二段", "number": "12"},
         {"road": "东滨路", "section": "2段", "number": "12"}, True),
        ({"road": "东滨路", "number": "12"},
         {"road": "东滨路", "number": "12", "community": "甲社区"}, True),
        ({"road": "东滨路", "number": "12", "community": "乙社区"},
         {"road": "东滨路", "number": "12", "community": "甲社区"}, False),
        ({"road": "东滨路", "number": "12"},
         {"road": "东滨路", "number": "12", "sub_number": "3"}, False),
        ({"town": "格A", "road": "东滨路", "number": "12"},
         {"town": "格B", "road": "东滨路", "number": "12"}, False),
        ({"community": "平安社区", "number": "12"},
         {"community": "平安社区", "group": "3组", "number": "12"}, True),
        ({"community": "平安社区", "number": "12"}, {"road": "平安社区", "number": "12"}, False),
        ({"estate": "阳光花园", "building": "3栋"},
         {"estate": "阳光花园", "building": "三幢"}, True),
        ({"estate": "阳光花园", "building": "3栋"}, {"estate": "阳光花园"}, False),
        ({"poi": "红星超市"}, {"poi": "红星超市", "road": "东滨路", "number": "60"}, True),
        ({"community": "平安社区", "group": "3组"},
         {"community": "平安社区", "group": "三社"}, True),
    ],
)  # fmt: skip
def test_what_is_one_thing(one: dict[str, str], other: dict[str, str], same: bool) -> None:
    assert is_same(one, other) is is_same(other, one) is same
    if same:
        assert identity(one) == identity(other)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ({"town": "格A"}, None),
        ({"community": "平安社区"}, None),
        ({"road": "东滨路", "section": "2段"}, None),
        ({"community": "平安社区", "group": "3组"}, Kind.GROUP),
        ({"estate": "阳光花园"}, Kind.ESTATE),
        ({"estate": "阳光花园", "unit": "2"}, Kind.BUILDING),
        ({"road": "东滨路", "number": "2", "estate": "阳光花园"}, Kind.DOOR),
        ({"poi": "红星超市", "road": "东滨路", "number": "2"}, Kind.POI),
    ],
)
def test_what_a_point_may_be(words: dict[str, str], kind: Kind | None) -> None:
    assert kind_of(words) is kind


PARTS = {
    "town": ["", "格A", "格B"],
    "community": ["", "平安社区", "甲社区"],
    "road": ["", "东滨路", "東濱路", "建设路"],
    "number": ["", "12", "14"],
    "sub_number": ["", "附1号", "1"],
    "estate": ["", "阳光花园"],
    "building": ["", "3栋", "三幢"],
    "poi": ["", "红星超市"],
}
rows = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in PARTS.items()})


@settings(max_examples=60, deadline=None)
@given(st.lists(rows, min_size=1, max_size=12), rows)
def test_the_rows_that_are_found_are_those_that_are_the_same(
    board: City, made: list[dict[str, str]], words: dict[str, str]
) -> None:
    table = table_of(board, [one | at("A1") for one in made])
    found = SamePlaces(table).find(words)
    # A row that names something else beside is another thing, which also says where this one is.
    kind = kind_of(words)
    extra = {Kind.DOOR: ("estate", "poi"), Kind.BUILDING: ("poi",)}.get(kind or Kind.TOWN, ())
    expected = []
    for place, raw in enumerate(made):
        one = keyed(raw)  # the number of an estate without a road is a building
        bare = one | {name: "" for name in extra if not words[name]}
        # A door is not the building behind it, even if the building's estate is left away.
        if kind is Kind.DOOR and one["building"] and not words["building"]:
            bare = one
        if is_same(words, one) or is_same(words, bare):
            expected.append(place)
    assert list(found.rows) == expected


def test_of_two_points_of_one_thing_the_last_holds(streets: City) -> None:
    words = {"town": "格A", "road": "东滨路", "number": "12"}
    first = AmendedPoint(words, **at("A2"), basis="survey_point")
    more = AmendedPoint(words | {"community": "丁社区"}, **at("A3"), basis="survey_point")
    for points, grid in (((first, more), "A3"), ((more, first), "A2")):
        matcher = Matcher.open(streets, amendments=Amendments(points))
        assert matcher.assign(Query("格A东滨路12号")).grid == grid


def test_an_index_with_corrections_is_that_of_a_gazetteer_that_says_so(
    board: City, tmp_path: Path
) -> None:
    """Apart from the source, laying over is as good as importing."""
    moved = {"town": "格A", "road": "东滨路", "number": "12"}
    said = [row for row in ROWS if row.get("number") != "12"] + [
        moved | at("A2") | {"source": "corrections"}
    ]
    alias = AmendedAlias("太阳小区", "estate", "格A", "阳光花园")
    own = with_gazetteer(board, tmp_path / "own", said, [*ALIASES, alias.row()])
    base = with_gazetteer(board, tmp_path / "base", ROWS, ALIASES)
    point = AmendedPoint(moved, **at("A2"), basis="survey_point")
    laid = Matcher.open(base, amendments=Amendments((point,), (alias,))).gazetteer
    plain = Gazetteer.open(own)
    assert laid.names.keys == plain.names.keys
    for name in ("door.street", "door.number", "door.grid", "door.lon", "side.grid",
                 "street.road", "estate.lon", "alias.target.id"):  # fmt: skip
        assert laid.arrays[name].tolist() == plain.arrays[name].tolist(), name


def test_an_alias_replaces_the_one_of_the_table(streets: City) -> None:
    tables = read_tables(streets.folder, streets.manifest)
    alias = AmendedAlias("滨江路", "road", "", "建设路")
    amended = amend(Locator(streets), tables, Amendments((), (alias,)))
    found = [row for row in amended[ALIAS_TABLE].to_pylist() if row["alias"] == "滨江路"]
    assert [(row["target"], row["why"], row["source"]) for row in found] == [
        ("建设路", "correction", "corrections")
    ]
    assert amended[TABLE].equals(tables[TABLE])


def test_the_log_tells_which_names_mean_places_that_are_gone(
    streets: City, caplog: pytest.LogCaptureFixture
) -> None:
    stays = AmendedAlias("滨江路", "road", "", "建设路")
    gone = AmendedAlias("太阳小区", "estate", "", "月亮小区")
    for _ in range(2):  # built, then mapped
        caplog.clear()
        open_amended(streets, Amendments((), (stays, gone)))
        assert "1 corrected names mean places that are gone: 太阳小区 (月亮小区)" in caplog.text


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ({"a": (None, False)}, "i"),
        ({"a": (None, True)}, "u"),
        ({"a": (None, False), "b": ("a", False)}, "ri"),
        ({"a": (None, False), "b": ("a", True)}, "iu"),
        ({"a": (None, False), "b": ("a", False), "c": ("b", False)}, "rri"),
        ({"a": (None, False), "b": ("a", True), "c": ("b", False)}, "rui"),
        ({"a": (None, False), "b": ("a", False), "c": ("b", True)}, "riu"),
        ({"a": (None, False), "b": ("a", True), "c": ("b", True)}, "iuu"),
        ({"a": (None, True), "b": ("a", False)}, "ui"),
    ],
)
def test_what_becomes_of_corrections_that_replace_each_other(
    made: dict[str, tuple[str | None, bool]], expected: str
) -> None:
    letters = {State.IN_EFFECT: "i", State.UNDONE: "u", State.REPLACED: "r"}
    assert "".join(letters[one] for one in states(made).values()) == expected


def test_versions_are_those_of_what_is_said() -> None:
    point = AmendedPoint({"road": "东滨路", "number": "1"}, 104.5, 30.4, "survey_point")
    one: Any = Amendments((point,))
    assert Amendments().version == ""
    assert one.version == Amendments((point,)).version
    assert one.version != Amendments((point, point)).version
