"""Corrections made, tried, refused and undone, on both databases; their effect on answers."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from app.accounts import Actor, Role
from app.accounts.audit import records
from app.addresses.match import Query, Status
from app.addresses.matcher import Matcher
from app.corrections.book import Book
from app.corrections.correction import Draft, Kind, State
from app.corrections.tables import correction, correction_event
from app.errors import BadInputError, ConflictError, ForbiddenError, NotFoundError
from app.grids import City
from app.store import Database
from tests.corrections.conftest import at
from tests.incidents.conftest import Clock

DOOR = Draft(
    Kind.PLACE,
    text="格A东滨路12号 联系 13800004711",
    words={"road": "东滨路", "number": "12号"},
    **at("A2"),
    note="现场核实",
)
ALIAS = Draft(
    Kind.ALIAS,
    text="太阳小区1栋",
    alias="太阳小区",
    target_kind="estate",
    target="阳光花园",
)


def asked(streets: City, book: Book, text: str) -> tuple[Status, str]:
    """Ask the gazetteer with all corrections in effect."""
    matcher = Matcher.open(streets, amendments=book.in_effect().amendments)
    match = matcher.assign(Query(text))
    return match.status, match.grid


def test_a_door_is_moved_and_moved_back(
    book: Book, streets: City, matcher: Matcher, dispatcher: Actor, clock: Clock
) -> None:
    assert asked(streets, book, "格A东滨路12号") == (Status.ASSIGNED, "A1")
    made = book.add(dispatcher, DOOR, matcher)
    assert asked(streets, book, "格A东滨路12号") == (Status.ASSIGNED, "A2")
    assert asked(streets, book, "格A东滨路14号") == (Status.ASSIGNED, "A1")
    assert (made.made_by, made.made_at, made.state) == ("调度员 1", clock.now, State.IN_EFFECT)
    assert made.content.words == {"town": "格A", "road": "东滨路", "number": "12"}
    assert made.content.text == "格A东滨路12号 联系 …"
    assert (made.before.status, made.before.grid) == ("assigned", "A1")
    assert made.before.version == matcher.gazetteer.version
    clock.advance(minutes=1)
    undone = book.undo(dispatcher, made.id, "看错了")
    assert (undone.state, undone.undone_by, undone.undo_note) == (
        State.UNDONE,
        "调度员 1",
        "看错了",
    )
    assert undone.undone_at == clock.now
    assert asked(streets, book, "格A东滨路12号") == (Status.ASSIGNED, "A1")
    assert [one.id for one in book.page(dispatcher)] == [made.id]


def test_a_new_door_a_building_an_estate_and_a_place(
    book: Book, streets: City, matcher: Matcher, dispatcher: Actor
) -> None:
    for words, cell, text in (
        ({"road": "东滨路", "number": "200", "sub_number": "附3号"}, "A4", "格A东滨路200号附3号"),
        ({"estate": "阳光花园", "building": "3栋"}, "A3", "格A阳光花园3幢2单元"),
        ({"town": "格B", "estate": "月亮湾"}, "B2", "格B月亮湾"),
        ({"community": "平安社区", "group": "3组"}, "A4", "格A平安社区3组"),
        ({"poi": "红旗小学"}, "A4", "格A红旗小学"),
    ):
        draft = Draft(Kind.PLACE, words=words, **at(cell), confirmed=True)
        if "月亮湾" in text:
            draft = replace(draft, lat=draft.lat + 0.0005)
        book.add(dispatcher, draft, matcher)
        assert asked(streets, book, text) == (Status.ASSIGNED, cell), text


def test_another_name_and_what_it_is_no_longer(
    book: Book, streets: City, matcher: Matcher, dispatcher: Actor
) -> None:
    assert asked(streets, book, "格A太阳小区1栋")[0] is not Status.ASSIGNED
    made = book.add(dispatcher, ALIAS, matcher)
    assert asked(streets, book, "格A太阳小区1栋") == (Status.ASSIGNED, "A3")
    book.undo(dispatcher, made.id)
    assert asked(streets, book, "格A太阳小区1栋")[0] is not Status.ASSIGNED


def test_the_version_is_that_of_the_corrections_in_effect(
    book: Book, streets: City, matcher: Matcher, dispatcher: Actor
) -> None:
    base = matcher.gazetteer.version
    made = book.add(dispatcher, DOOR, matcher)
    first = Matcher.open(streets, amendments=book.in_effect().amendments).gazetteer.version
    assert first.startswith(f"{base}+")
    alias = book.add(dispatcher, ALIAS, matcher)
    second = Matcher.open(streets, amendments=book.in_effect().amendments).gazetteer.version
    assert len({base, first, second}) == 3
    book.undo(dispatcher, alias.id)
    assert Matcher.open(streets, amendments=book.in_effect().amendments).gazetteer.version == first
    book.undo(dispatcher, made.id)
    assert Matcher.open(streets, amendments=book.in_effect().amendments).gazetteer.version == base


def test_trying_writes_nothing_and_tells_what_would_change(
    book: Book, matcher: Matcher, dispatcher: Actor
) -> None:
    trial = book.try_out(dispatcher, DOOR, matcher)
    assert trial.filled == ("town",)
    assert [(one.words["number"], one.grid, one.kept) for one in trial.replaced] == [
        ("12", "A1", False)
    ]
    assert trial.content.point is not None
    assert (trial.content.point.grid, trial.content.point.chosen) == ("A2", False)
    assert not trial.touched
    assert book.page(dispatcher) == ()
    assert book.head() == 0


def test_a_grid_instead_of_a_point_is_said_to_be_chosen(
    book: Book, streets: City, matcher: Matcher, dispatcher: Actor
) -> None:
    draft = replace(DOOR, lon=None, lat=None, grid="A4")
    made = book.add(dispatcher, draft, matcher)
    point = made.content.point
    assert point is not None
    assert (point.chosen, point.basis, point.grid) == (True, "centroid", "A4")
    assert point.border_m == pytest.approx(480, abs=15)
    assert asked(streets, book, "格A东滨路12号") == (Status.ASSIGNED, "A4")


def test_a_place_at_a_corrected_door_keeps_its_own_point(
    book: Book, streets: City, matcher: Matcher, dispatcher: Actor
) -> None:
    draft = Draft(Kind.PLACE, words={"road": "东滨路", "number": "60"}, **at("A2"))
    trial = book.try_out(dispatcher, draft, matcher)
    assert sorted((one.words.get("poi", ""), one.kept) for one in trial.replaced) == [
        ("", False),
        ("红星超市", True),
    ]
    book.add(dispatcher, draft, matcher)
    assert asked(streets, book, "格A东滨路60号") == (Status.ASSIGNED, "A2")
    assert asked(streets, book, "格A红星超市") == (Status.ASSIGNED, "A1")


REFUSED = [
    ({"words": {"town": "格B", "road": "东滨路", "number": "12"}}, "outside_their_town"),
    ({"lon": 104.545, "lat": 30.405}, "governed by 新区"),
    ({"lon": 104.7, "lat": 30.405}, "no grid"),
    ({"lon": 30.405, "lat": 104.505}, "swapped"),
    ({"words": {"town": "格C", "road": "东滨路", "number": "12"}}, "the gazetteer has 格A、格B"),
    ({"words": {"road": "东滨路"}}, "an area"),
    ({"words": {"town": "格A"}}, "an area"),
    ({"words": {}}, "names nothing"),
    ({"words": {"number": "12"}}, "stands alone"),
    ({"words": {"road": "东滨路", "number": "12、14号"}}, "2 doors"),
    ({"words": {"road": "东滨路", "number": "拾贰甲乙丙"}}, "not that of a door"),
    ({"words": {"road": "东滨路", "number": "50"}}, "community"),
    ({"words": {"street": "x"}}, "street"),
    ({"words": {"road": "东滨\x00路", "number": "1"}}, "print"),
    ({"words": {"road": "东" * 61, "number": "1"}}, "61 characters"),
    ({"words": {"estate": "阳光花园", "building": "9栋"}, "lat": 30.4095}, "building_far"),
    ({"basis": "guess"}, "survey_point, building_polygon, centroid"),
    ({"datum": "gcj"}, "gcj02"),
    ({"grid": "A1"}, "both"),
    ({"lon": None, "lat": None}, "missing"),
    ({"lon": None, "lat": None, "grid": "A"}, "'A'"),
    ({"note": "x" * 501}, "501"),
    (at("A1") | {"lat": 30.405 + 12e-6, "words": {"town": "格A", "road": "东滨路",
                                                 "number": "12"}}, "exactly this already"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "reason"), REFUSED)
def test_what_an_import_would_not_take_is_refused_with_the_reason(
    book: Book, matcher: Matcher, dispatcher: Actor, change: dict[str, object], reason: str
) -> None:
    with pytest.raises(BadInputError, match=reason) as refused:
        book.add(dispatcher, replace(DOOR, **change), matcher)
    assert refused.value.message_zh != ""
    assert book.head() == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"target": "星星花园"}, "no estate"),
        ({"target_kind": "door"}, "allowed are town, community"),
        ({"target_town": "格C"}, "格A、格B"),
        ({"target_town": "格B"}, "in 格B"),
        ({"alias": "日"}, "2 characters"),
        ({"alias": "3栋"}, "number"),
        ({"alias": "阳光花园"}, "already"),
        ({"alias": "月亮湾"}, "the name of another estate"),
        ({"alias": "东滨路"}, "the name of another road"),
        ({"alias": "老街村"}, "split"),
    ],
)
def test_an_alias_that_contradicts_is_refused(
    book: Book, matcher: Matcher, dispatcher: Actor, change: dict[str, str], reason: str
) -> None:
    with pytest.raises(BadInputError, match=reason):
        book.add(dispatcher, replace(ALIAS, **change), matcher)


@pytest.mark.parametrize(
    ("draft", "touched"),
    [
        # Texts that misspelt 东滨路 were led there.
        (
            replace(ALIAS, alias="东宾路", target_kind="road", target="建设路"),
            {("东滨路", "road", "one_edit")},
        ),
        # 平泉 was short for 平泉村.
        (replace(ALIAS, alias="平泉"), {("平泉村", "community", "bare")}),
        (
            replace(ALIAS, alias="滨江路", target_kind="road", target="建设路"),
            {("东滨路", "road", "alias")},
        ),
        # A road that is not there yet, one edit from one that is.
        (
            replace(DOOR, words={"road": "东宾路", "number": "12"}),
            {("东宾路", "road", "new"), ("东滨路", "road", "one_edit")},
        ),
    ],
)
def test_what_else_is_touched_is_shown_and_must_be_confirmed(
    book: Book, matcher: Matcher, dispatcher: Actor, draft: Draft, touched: set[tuple[str, ...]]
) -> None:
    trial = book.try_out(dispatcher, draft, matcher)
    assert {(one.name, one.kind, one.how) for one in trial.touched} == touched
    with pytest.raises(ConflictError, match="touches other names") as refused:
        book.add(dispatcher, draft, matcher)
    assert refused.value.details["touched"]
    assert book.head() == 0
    book.add(dispatcher, replace(draft, confirmed=True), matcher)
    assert book.head() == 1


def test_the_second_of_two_corrections_of_one_door_must_know_the_first(
    book: Book, streets: City, matcher: Matcher, dispatcher: Actor, town_a: Actor
) -> None:
    first = book.add(dispatcher, DOOR, matcher)
    # With more words it is the same door all the same.
    second = replace(DOOR, words=dict(DOOR.words) | {"community": "平安社区"}, **at("A3"))
    with pytest.raises(ConflictError, match="corrected the same") as refused:
        book.add(town_a, second, matcher)
    assert refused.value.details["in_effect"] == first.id
    assert refused.value.details["made_by"] == "调度员 1"
    with pytest.raises(ConflictError, match="replaces"):
        book.add(town_a, replace(ALIAS, replaces=first.id), matcher)
    newer = book.add(town_a, replace(second, replaces=first.id), matcher)
    assert book.get(dispatcher, first.id).state is State.REPLACED
    assert asked(streets, book, "格A东滨路12号") == (Status.ASSIGNED, "A3")
    book.undo(dispatcher, newer.id)
    assert book.get(dispatcher, first.id).state is State.IN_EFFECT
    assert asked(streets, book, "格A东滨路12号") == (Status.ASSIGNED, "A2")
    book.undo(dispatcher, first.id)
    assert asked(streets, book, "格A东滨路12号") == (Status.ASSIGNED, "A1")


def test_an_undoing_is_not_undone(book: Book, matcher: Matcher, dispatcher: Actor) -> None:
    made = book.add(dispatcher, DOOR, matcher)
    book.undo(dispatcher, made.id)
    with pytest.raises(ConflictError, match="undid it already") as refused:
        book.undo(dispatcher, made.id)
    assert refused.value.details["undone_by"] == "调度员 1"
    again = book.add(dispatcher, DOOR, matcher)
    assert [one.state for one in book.page(dispatcher)] == [State.IN_EFFECT, State.UNDONE]
    assert again.id != made.id


def test_a_town_corrects_in_its_town_only(
    book: Book, matcher: Matcher, dispatcher: Actor, town_a: Actor, town_b: Actor
) -> None:
    with pytest.raises(ForbiddenError, match="outside of B"):
        book.try_out(town_b, DOOR, matcher)
    # A door of A must not be taken into B, and a name of A is none of B's business.
    with pytest.raises(ForbiddenError):
        book.add(town_b, ALIAS, matcher)
    with pytest.raises(ForbiddenError):
        book.add(
            town_b,
            replace(ALIAS, alias="东宾路", target_kind="road", target="建设路", confirmed=True),
            matcher,
        )
    mine = book.add(town_a, DOOR, matcher)
    city = book.add(dispatcher, replace(ALIAS, alias="星星湾", target="月亮湾"), matcher)
    assert [one.id for one in book.page(town_a)] == [mine.id]
    assert [one.id for one in book.page(town_b)] == [city.id]
    assert len(book.page(dispatcher)) == 2
    with pytest.raises(NotFoundError):
        book.undo(town_b, mine.id)
    with pytest.raises(NotFoundError):
        book.get(town_b, mine.id)
    assert book.undo(town_b, city.id).state is State.UNDONE


@pytest.mark.parametrize("role", [Role.VIEWER, Role.GRID_WORKER])
def test_who_does_not_dispatch_corrects_nothing(book: Book, matcher: Matcher, role: Role) -> None:
    actor = Actor.of(9, "x", role)
    for work in (
        lambda: book.try_out(actor, DOOR, matcher),
        lambda: book.add(actor, DOOR, matcher),
        lambda: book.undo(actor, "x"),
        lambda: book.page(actor),
        lambda: book.everything(actor),
        lambda: book.get(actor, "x"),
    ):
        with pytest.raises(ForbiddenError):
            work()


def test_pages_go_back_and_states_are_asked_for(
    book: Book, matcher: Matcher, dispatcher: Actor
) -> None:
    made = [
        book.add(dispatcher, replace(DOOR, words={"road": "东滨路", "number": str(n)}), matcher)
        for n in (12, 14, 16, 18)
    ]
    book.undo(dispatcher, made[1].id)
    first = book.page(dispatcher, limit=2)
    assert [one.id for one in first] == [made[3].id, made[2].id]
    rest = book.page(dispatcher, before=first[-1].seq)
    assert [one.id for one in rest] == [made[1].id, made[0].id]
    assert [one.id for one in book.page(dispatcher, state=State.UNDONE)] == [made[1].id]
    assert book.page(dispatcher, state=State.REPLACED) == ()


def test_what_was_made_cannot_be_changed_and_is_on_the_record(
    book: Book, matcher: Matcher, dispatcher: Actor, database: Database
) -> None:
    made = book.add(dispatcher, DOOR, matcher)
    book.undo(dispatcher, made.id)
    for statement in (
        sa.update(correction).values(note="x"),
        sa.delete(correction_event),
    ):
        with pytest.raises(sa.exc.DBAPIError, match="never changed"):
            database.write(lambda connection, s=statement: connection.execute(s))
    with database.read() as connection:
        found = records(connection, subject=made.id)
    assert [(one.what, one.label) for one in found] == [
        ("undo_correction", "调度员 1"),
        ("correct_address", "调度员 1"),
    ]
    assert found[1].fields == ["lat", "lon", "number", "road", "town"]
