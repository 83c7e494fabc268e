"""What is asked for is found, no more and no less, and only where the actor may look."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.accounts import Actor, Permission, Role
from app.accounts.audit import records
from app.errors import BadInputError, ForbiddenError, NotFoundError
from app.incidents.contact import read_reporter
from app.incidents.desk import Desk
from app.incidents.incident import Changes, Draft, Query
from app.incidents.ledger import ORDERS, Ledger
from app.incidents.lifecycle import Move, Status
from app.store import Database
from tests.incidents.conftest import Clock

# lon, lat in the middle of A1, A2, B1; on the campus in A1; outside.
PLACES = {
    "A1": (104.505, 30.405), "A2": (104.517, 30.405), "B1": (104.525, 30.405),
    "K": (104.509, 30.403), "out": (104.545, 30.405),
}  # fmt: skip


@pytest.fixture
def numbers(desk: Desk, dispatcher: Actor, draft: Draft, clock: Clock) -> dict[str, str]:
    """Report one incident in every place, an hour after each other; return numbers by place."""
    made = {}
    for index, (name, (lon, lat)) in enumerate(PLACES.items()):
        one = replace(
            draft,
            lon=lon,
            lat=lat,
            title=f"标题 {name}",
            severity=1 + index % 4,
            hazard=["gas", "gas.leak", "fire", "other", "drowning"][index],
        )
        made[name] = desk.report(dispatcher, one)[0].number
        clock.advance(hours=1)
    made["words"] = desk.report(
        dispatcher, replace(draft, lon=None, lat=None, title="只有地址", address="东门外")
    )[0].number
    desk.move(dispatcher, made["B1"], Move.FILE, 1)
    return made


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (Query(), {"A1", "A2", "B1", "K", "out", "words"}),
        (Query(statuses=(Status.FILED,)), {"B1"}),
        (Query(statuses=(Status.FILED, Status.REPORTED), hazard="gas"), {"A1", "A2", "words"}),
        (Query(hazard="gas.leak"), {"A2", "words"}),
        (Query(hazards=("gas",)), {"A1"}),
        (Query(severities=(4,)), {"K"}),
        (Query(code="A"), {"A1", "A2", "K"}),
        (Query(code="A1"), {"A1", "K"}),
        (Query(code="nowhere"), set()),
        (Query(bbox=(104.50, 30.40, 104.518, 30.41)), {"A1", "A2", "K"}),
        (Query(bbox=(104.505, 30.405, 104.505, 30.405)), {"A1"}),
        (Query(location_status="outside"), {"out"}),
        (Query(location_status="unlocated"), {"words"}),
        (Query(text="标题"), {"A1", "A2", "B1", "K", "out"}),
        (Query(text="东门"), {"words"}),
        (Query(text="-0003"), {"B1"}),
        (Query(text="a\x00b"), set()),
        (Query(code="a\x00b"), set()),
    ],
)
def test_every_part_of_a_query_limits(
    ledger: Ledger, dispatcher: Actor, numbers: dict[str, str], query: Query, wanted: set[str]
) -> None:
    page = ledger.find(dispatcher, query)
    assert {one.number for one in page.incidents} == {numbers[name] for name in wanted}
    assert page.total == len(wanted)


def test_since_counts_and_until_does_not(
    ledger: Ledger, dispatcher: Actor, numbers: dict[str, str]
) -> None:
    at = ledger.get(dispatcher, numbers["A2"]).occurred_at
    since = ledger.find(dispatcher, Query(since=at)).total
    until = ledger.find(dispatcher, Query(until=at)).total
    assert (since, until) == (5, 1)
    assert ledger.find(dispatcher, Query(since=at, until=at + timedelta(hours=1))).total == 1


@pytest.mark.parametrize("sign", ["%", "_", "\\", "'", '"', "100%", "a_b", "\\%", "[x]", "*", "?"])
def test_signs_of_a_pattern_are_signs(
    desk: Desk, ledger: Ledger, dispatcher: Actor, draft: Draft, sign: str
) -> None:
    desk.report(dispatcher, replace(draft, title="100x axb plain"))
    held, _ = desk.report(dispatcher, replace(draft, title=f"前{sign}后"))
    page = ledger.find(dispatcher, Query(text=sign))
    assert [one.number for one in page.incidents] == [held.number]
    assert page.incidents[0].title == f"前{sign}后"


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "=1+1", "a\nb\tc", "𠮷 🔥", "  x  "])
def test_text_is_kept_as_given(
    desk: Desk, ledger: Ledger, dispatcher: Actor, draft: Draft, text: str
) -> None:
    made, _ = desk.report(dispatcher, replace(draft, title=text, description=text, address=text))
    found = ledger.get(dispatcher, made.number)
    assert (found.title, found.description, found.address) == (text, text, text)


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.parametrize("sign", ["", "-"])
def test_pages_in_any_order_hold_everything_once(
    ledger: Ledger, dispatcher: Actor, numbers: dict[str, str], name: str, sign: str
) -> None:
    order = sign + name
    whole = [one.number for one in ledger.find(dispatcher, Query(order=order)).incidents]
    pages = [
        one.number
        for after in (0, 2, 4, 6)
        for one in ledger.find(dispatcher, Query(order=order, limit=2, after=after)).incidents
    ]
    assert pages == whole
    assert sorted(whole) == sorted(numbers.values())
    values = [getattr(one, name) for one in ledger.find(dispatcher, Query(order=order)).incidents]
    assert values == sorted(values, reverse=bool(sign))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (Query(limit=0), "limit is 0"),
        (Query(limit=10_001), "10000"),
        (Query(after=-1), "after is -1"),
        (Query(order="colour"), "order is 'colour'"),
        (Query(order="--number"), "order is '--number'"),
        (Query(hazard="flood"), "hazard is 'flood'"),
    ],
)
def test_what_is_no_query_is_refused(
    ledger: Ledger, dispatcher: Actor, query: Query, words: str
) -> None:
    with pytest.raises(BadInputError, match=words) as caught:
        ledger.find(dispatcher, query)
    assert caught.value.message_zh != caught.value.message


@pytest.mark.parametrize(
    ("area", "wanted"),
    [("A", {"A1", "A2", "K"}), ("B", {"B1"}), ("A1", {"A1", "K"}), ("K", {"K"}), ("C", set())],
)
def test_an_area_of_any_level_sees_what_lies_in_it(
    ledger: Ledger, numbers: dict[str, str], area: str, wanted: set[str]
) -> None:
    actor = Actor.of(3, "片区", Role.DISPATCHER, area)
    page = ledger.find(actor, Query())
    assert {one.number for one in page.incidents} == {numbers[name] for name in wanted}
    assert page.total == len(wanted)
    for name, number in numbers.items():
        if name in wanted:
            assert ledger.get(actor, number).number == number
        else:
            with pytest.raises(NotFoundError):
                ledger.get(actor, number)
    assert set(ledger.numbered(actor, [*numbers.values(), "JY-0"])) == {
        numbers[name] for name in wanted
    }
    # Asking for another area's grid does not open it.
    assert ledger.find(actor, Query(code="B")).total == ("B1" in wanted)


def test_an_incident_that_moves_away_is_seen_by_its_new_area_alone(
    desk: Desk, ledger: Ledger, dispatcher: Actor, numbers: dict[str, str]
) -> None:
    lon, lat = PLACES["B1"]
    desk.edit(dispatcher, numbers["A1"], 1, Changes(lon=lon, lat=lat, datum="wgs84"))
    assert ledger.find(Actor.of(3, "A", Role.DISPATCHER, "A"), Query()).total == 2
    assert ledger.find(Actor.of(3, "B", Role.DISPATCHER, "B"), Query()).total == 2


@pytest.mark.parametrize("number", ["", "JY-1", "a\x00b", "%", "JY-20261122-0001 "])
def test_what_is_no_number_is_not_found(
    ledger: Ledger, desk: Desk, dispatcher: Actor, numbers: dict[str, str], number: str
) -> None:
    for ask in (
        lambda: ledger.get(dispatcher, number),
        lambda: ledger.history(dispatcher, number),
        lambda: desk.move(dispatcher, number, Move.FILE, 1),
        lambda: desk.merge(dispatcher, numbers["A1"], 1, number),
        lambda: desk.comment(dispatcher, number, "x"),
    ):
        with pytest.raises(NotFoundError):
            ask()


def test_an_external_id_of_another_area_is_not_told(
    desk: Desk, dispatcher: Actor, draft: Draft
) -> None:
    known = replace(draft, external_source="12345", external_id="7")
    made, _ = desk.report(dispatcher, known)
    lon, lat = PLACES["B1"]
    other = Actor.of(3, "B 镇", Role.TOWN_ADMIN, "B")
    with pytest.raises(ForbiddenError):
        desk.report(other, replace(known, lon=lon, lat=lat))
    own = Actor.of(4, "A 镇", Role.TOWN_ADMIN, "A")
    assert desk.report(own, known) == (made, False)


def test_who_reported_is_read_by_few_and_leaves_a_record(
    desk: Desk, database: Database, dispatcher: Actor, worker: Actor, draft: Draft
) -> None:
    named = replace(draft, reporter_name="张三", reporter_contact="13800000000")
    made, _ = desk.report(dispatcher, named)
    silent, _ = desk.report(dispatcher, draft)
    found = read_reporter(database, dispatcher, made.number)
    assert (found.name, found.contact) == ("张三", "13800000000")
    assert read_reporter(database, dispatcher, silent.number).contact == ""
    with pytest.raises(ForbiddenError):
        read_reporter(database, worker, made.number)
    with pytest.raises(NotFoundError):
        read_reporter(database, Actor.of(3, "B", Role.DISPATCHER, "B"), made.number)
    with database.read() as connection:
        kept = records(connection)
    assert [(one.account_id, one.what, one.subject, one.fields) for one in kept] == [
        (1, "view_reporter", silent.number, ["reporter_contact", "reporter_name"]),
        (1, "view_reporter", made.number, ["reporter_contact", "reporter_name"]),
    ]
    assert "13800000000" not in str(kept)


def test_who_may_not_look_may_not_look(ledger: Ledger, dispatcher: Actor) -> None:
    blind = replace(dispatcher, permissions=frozenset({Permission.REPORT}))
    for ask in lambda: ledger.find(blind, Query()), lambda: ledger.numbered(blind, []):
        with pytest.raises(ForbiddenError):
            ask()
