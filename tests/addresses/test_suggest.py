"""What is offered while somebody types: what the rows hold, in order, and readable afterwards."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.addresses.entry import Kind
from app.addresses.explain import door_text
from app.addresses.gazetteer import Gazetteer
from app.addresses.home import Home
from app.addresses.match import Query
from app.addresses.matcher import Matcher
from app.addresses.names import KINDS, Form
from app.addresses.normalise import key
from app.addresses.sounds import initials
from app.addresses.suggest import MAX_SUGGESTIONS, Suggester
from app.addresses.suggest_names import EXACT, INNER, PREFIX, SHORT, NameIndex, Scope
from app.grids import City
from tests.addresses.case_folders import board, case_matcher, matcher_of, read, rows_of
from tests.cities import ORIGIN, STEP

HOME = Home.of("简阳市")


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return board(tmp_path_factory.mktemp("board"))


@pytest.fixture(scope="module")
def matcher(city, tmp_path_factory):
    return case_matcher(city, tmp_path_factory.mktemp("suggest") / "city", "elements")


@pytest.fixture(scope="module")
def suggester(matcher):
    return Suggester(matcher.gazetteer, HOME)


@pytest.fixture(scope="module")
def former(city, tmp_path_factory):
    folder = tmp_path_factory.mktemp("suggest") / "former"
    return Suggester(case_matcher(city, folder, "parents_and_former_names").gazetteer, HOME)


@pytest.fixture(scope="module")
def demo(jianyang_folder):
    opened = City.open(jianyang_folder)
    return Matcher(Gazetteer.open(opened), None, HOME)


def names(suggester, typed, limit=10, near=None):
    return [(str(one.kind), one.area, one.name) for one in suggester.suggest(typed, limit, near)]


# --- names against a plain walk through them -----------------------------------------------------


def places_of(gazetteer):
    """Return (key, kind, id, town, bare, alias, lon, lat) of every name, said once more."""
    found = []
    for place, text in enumerate(gazetteer.names.keys):
        for ref in gazetteer.names.refs(place):
            own = gazetteer.places[ref.kind]
            towns = [own.town[ref.id]]
            if ref.kind is Kind.TOWN:
                towns = [ref.id]
            if ref.kind is Kind.ROAD:
                streets = gazetteer.streets.on_road(ref.id)
                towns = sorted({gazetteer.streets.town[street] for street in streets})
            bare = ref.form is Form.BARE
            found += [(text, ref.kind, ref.id, town, bare, ref.alias >= 0) for town in towns]
    return found


def expected(gazetteer, typed):
    """Return the best (fit, alias, kind) of every place whose name holds what is typed."""
    best = {}
    for text, kind, ident, town, bare, alias in places_of(gazetteer):
        if typed not in text:
            continue
        fit = PREFIX if text.startswith(typed) else INNER
        if text == typed:
            fit = SHORT if bare else EXACT
        rank = (fit, alias, KINDS.index(kind))
        where = (kind, ident, town)
        best[where] = min(rank, best.get(where, rank))
    return best


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_search_finds_what_a_walk_through_all_names_finds(suggester, former, data):
    gazetteer = data.draw(st.sampled_from([suggester.gazetteer, former.gazetteer]))
    index = NameIndex(gazetteer)
    text = data.draw(st.sampled_from(gazetteer.names.keys))
    start = data.draw(st.integers(0, len(text) - 1))
    typed = text[start : data.draw(st.integers(start + 1, len(text)))]
    wanted = expected(gazetteer, typed)
    hits = index.search(typed, Scope(), None, 10_000)
    got = [(hit.kind, hit.id, hit.town) for hit in hits]
    assert len(got) == len(set(got))
    assert set(got) == set(wanted)
    ranks = [wanted[one] for one in got]
    assert ranks == sorted(ranks)
    assert [hit.fit for hit in hits] == [rank[0] for rank in ranks]
    # Fewer are the first of all, and a scope leaves out what lies elsewhere.
    few = data.draw(st.integers(1, 5))
    assert index.search(typed, Scope(), None, few) == hits[:few]
    for town in range(len(gazetteer.towns)):
        own = index.search(typed, Scope(town), None, 10_000)
        assert {hit.town for hit in own} <= {town}
        assert len(own) == sum(hit.town == town for hit in hits)


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_initials_find_what_a_walk_through_all_names_finds(suggester, former, data):
    gazetteer = data.draw(st.sampled_from([suggester.gazetteer, former.gazetteer]))
    letters = initials() | {one: one for one in "0123456789"}
    spelt = {text: "".join(letters.get(one, "?") for one in text) for text in gazetteer.names.keys}
    text = data.draw(st.sampled_from(sorted(spelt)))
    typed = spelt[text][: data.draw(st.integers(1, len(text)))]
    wanted = {
        (kind, ident, town)
        for text, kind, ident, town, _, _ in places_of(gazetteer)
        if spelt[text].startswith(typed)
    }
    hits = NameIndex(gazetteer).by_initials(typed, Scope(), None, 10_000)
    found = [(hit.kind, hit.id, hit.town) for hit in hits]
    assert sorted(found) == sorted(wanted)
    assert all(spelt[hit.key].startswith(typed) for hit in hits)


def test_sounds_are_those_that_people_type():
    letters = initials()
    assert "".join(letters[one] for one in "石桥街道射洪坝女儿路") == "sqjdshbnel"
    assert "㐀" not in letters


def test_of_places_that_fit_equally_the_nearest_come_first(suggester):
    gazetteer = suggester.gazetteer
    index = NameIndex(gazetteer)
    near = (ORIGIN[0] + 7 * STEP, ORIGIN[1] + 3 * STEP)

    def away(hit):
        return np.hypot((hit.lon - near[0]) * 0.86, hit.lat - near[1])

    for typed in ("路", "社区", "街道"):
        hits = index.search(typed, Scope(), near, 100)
        assert len(hits) > 2
        by_rank = {}
        for hit in hits:
            by_rank.setdefault((hit.fit, hit.alias >= 0, hit.kind), []).append(away(hit))
        for distances in by_rank.values():
            assert distances == sorted(distances)


# --- numbers -------------------------------------------------------------------------------------


@given(digits=st.integers(1, 140).map(str))
@settings(max_examples=60, deadline=None)
def test_a_number_that_is_typed_offers_every_door_that_begins_with_it(suggester, digits):
    g = suggester.gazetteer
    (road,) = (one for one in range(len(g.roads)) if g.roads.name[one] == "东滨路")
    wanted = {
        door_text(g.doors.number[door], "")
        for street in g.streets.on_road(road)
        for door in g.doors.of_street(street)
        if str(g.doors.number[door]).startswith(digits)
    }
    got = [
        one.name.removeprefix("东滨路")
        for one in suggester.suggest(f"东滨路{digits}", MAX_SUGGESTIONS)
        if one.kind is Kind.DOOR
    ]
    assert set(got) == wanted
    # The number itself first, the others as they count.
    in_order = sorted(got, key=lambda text: (text != f"{digits}号", int(text[:-1])))
    assert got == in_order


DOORS = [f"东滨路{number}号" for number in (12, 126, 128)]
TYPED = {
    "东滨": ["东滨社区", "东滨路南段社区", "东滨路"],
    "滨路南": ["东滨路南段社区"],
    "射洪坝": ["射洪坝街道"],
    "简阳市射洪坝街道东滨路12": DOORS,
    "四川省成都市简阳市东滨路12": DOORS,
    "东濱路１２": DOORS,
    "，东滨路 12": DOORS,
    "东滨路128号附": ["东滨路128号附3号"],
    "东滨路128-": ["东滨路128号附3号"],
    "东滨路一百二十八": ["东滨路128号"],
    "阳光花园3": ["阳光花园3栋"],
    "阳光花园三幢": ["阳光花园3栋"],
    "阳光花园3号楼": ["阳光花园3栋"],
    "东滨路128号阳光花园5": ["阳光花园5栋"],
    "三江坝村3": ["三江坝村3组", "三江坝村3号"],
    "三江坝村三社12": ["三江坝村3组12号"],
    "政府街南": ["政府街南段"],
    "政府街二段40": ["政府街2段40号"],
    "政府街2段12巷9": ["政府街2段12巷9号"],
    "政府街40": ["政府街2段40号", "政府街南段40号"],
    "人民医院": ["市人民医院"],
    "我家在东滨路128号": ["东滨路128号", "东滨路128号附3号"],
    "shb": ["射洪坝街道"],
    "SHBjd": ["射洪坝街道"],
    "射洪坝街道dbl": ["东滨路南段社区", "东滨路"],
    "yghy": ["阳光花园"],
    "zfj": ["政府街"],
    "fj": [],
    "zfj4": [],
    "杨家镇东滨路": [],
    "没有这个": [],
    "": [],
}  # fmt: skip


@pytest.mark.parametrize("typed", TYPED)
def test_what_is_typed_offers(suggester, typed):
    assert [name for _, _, name in names(suggester, typed)] == TYPED[typed]


def test_a_whole_road_offers_its_sections(suggester):
    found = [name for _, _, name in names(suggester, "政府街")]
    assert found == ["政府街", "政府街2段", "政府街2段12巷", "政府街南段"]


def test_a_former_name_says_so(former):
    found = former.suggest("简城镇")
    assert {(one.name, one.alias, one.why) for one in found} == {
        ("射洪坝街道", "简城镇", "former"),
        ("简城街道", "简城镇", "former"),
    }
    (door, *_) = former.suggest("凯力威大道1")
    assert door.kind is Kind.DOOR
    assert door.name.startswith("东滨路1")
    assert (door.alias, door.why, door.match) == ("凯力威大道", "colloquial", (0, 0))


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_what_was_typed_is_set_off(suggester, data):
    text = data.draw(st.sampled_from(suggester.gazetteer.names.keys))
    typed = text[: data.draw(st.integers(1, len(text)))]
    for one in suggester.suggest(typed):
        start, stop = one.match
        assert 0 <= start <= stop <= len(one.name)
        if stop > start and one.kind is not Kind.ROAD:
            assert key(one.name)[start:stop] == typed


def test_a_road_is_offered_once_for_every_town_and_the_exact_door_of_each_first(
    city, tmp_path_factory
):
    line = {"road": "上街", "number": "7..75", "x": "1.1..1.9", "y": "0.5"}
    rows = rows_of([line | {"town": "甲镇"}, line | {"town": "乙镇", "x": "8.1..8.9"}])
    made = Suggester(matcher_of(city, tmp_path_factory.mktemp("two") / "city", rows).gazetteer)
    assert sorted(names(made, "上街")) == [("road", "乙镇", "上街"), ("road", "甲镇", "上街")]
    for x, first in ((1.5, "甲镇"), (8.5, "乙镇")):
        near = (ORIGIN[0] + x * STEP, ORIGIN[1])
        assert names(made, "上街", near=near)[0][1] == first
        found = names(made, "上街7", near=near)
        assert [name for _, _, name in found[:2]] == ["上街7号", "上街7号"]
        assert found[0][1] == first
    assert {area for _, area, _ in names(made, "乙镇上街7")} == {"乙镇"}


# --- promises ------------------------------------------------------------------------------------


def test_what_is_offered_is_read_as_that_place(demo):
    """Nothing is offered that the matcher then places in another grid, or cannot place."""
    rng = np.random.default_rng(5)
    made = Suggester(demo.gazetteer, HOME)
    roads, estates = list(demo.gazetteer.roads.name), list(demo.gazetteer.estates.name)
    villages = list(demo.gazetteer.communities.name)
    texts = [
        text[: rng.integers(1, len(text) + 1)] for text in rng.choice(demo.gazetteer.names.keys, 60)
    ]
    texts += [f"{one}{rng.integers(1, 300)}" for one in rng.choice(roads, 60)]
    texts += [f"{one}{rng.integers(1, 9)}" for one in rng.choice(estates, 40)]
    texts += [
        f"{one}{rng.integers(1, 9)}组{rng.integers(1, 9)}" for one in rng.choice(villages, 40)
    ]
    asked = 0
    for text in texts:
        for one in made.suggest(text, 10):
            if not one.grid or one.kind is Kind.ROAD:
                continue
            asked += 1
            match = demo.assign(Query(one.address))
            assert match.grid == one.grid, (one.address, match.explanation)
    assert asked > 250


HOSTILE = [
    "a" * 10_000,
    "东" * 10_000,
    "（（（（[[[[",
    "'; DROP TABLE gazetteer; --",
    "=cmd|' /C calc'!A0",
    "\x00\x01\u202e\ufeff",
    "😀😀😀",
    "１２３４５６７８９０" * 20,
    "\ud800",
    "东滨路" + "9" * 50,
    "%_\\",
    "13900000000",
]


@pytest.mark.parametrize("typed", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_is_typed_is_answered(suggester, typed):
    assert len(suggester.suggest(typed, 10)) <= 10


@given(st.text(max_size=30), st.integers(-5, 100))
@settings(max_examples=200, deadline=None)
def test_any_text_is_answered_within_the_limit(suggester, typed, limit):
    found = suggester.suggest(typed, limit)
    assert len(found) <= max(1, min(limit, MAX_SUGGESTIONS))
    assert len({(one.kind, one.address) for one in found}) == len(found)
    assert suggester.suggest(typed, limit) == found


def test_threads_get_the_answers_that_one_gets(demo):
    made = Suggester(demo.gazetteer, HOME)
    texts = demo.gazetteer.names.keys[::40]
    texts += [f"{one}1" for one in demo.gazetteer.roads.name[::10]]
    alone = [(made.suggest(text), demo.assign(Query(text))) for text in texts]
    fresh = Matcher(demo.gazetteer, None, HOME)
    again = Suggester(demo.gazetteer, HOME)
    with ThreadPoolExecutor(8) as pool:
        both = list(
            pool.map(lambda text: (again.suggest(text), fresh.assign(Query(text))), texts * 3)
        )
    assert both == alone * 3


def test_an_empty_gazetteer_offers_nothing(city, tmp_path_factory):
    rows = rows_of(read(tmp_path_factory.getbasetemp() / "none.csv"))
    made = matcher_of(city, tmp_path_factory.mktemp("empty") / "city", rows)
    assert Suggester(made.gazetteer).suggest("东滨路1") == []
