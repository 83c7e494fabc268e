"""Who is asked: up the chain, past who is off duty, and the neighbour where a border is near."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from app.accounts import Actor, Role
from app.errors import BadInputError, ForbiddenError, NotFoundError
from app.grids import City
from app.incidents.absences import Roster
from app.incidents.assign import CITY, Duty, Proposal, next_level_up, propose, read_proposal
from app.incidents.desk import Desk
from app.incidents.incident import Assignee, Draft, Kind
from app.incidents.ledger import Ledger
from app.incidents.lifecycle import Move
from app.incidents.policy import Policy
from app.incidents.records import location_record
from app.locate import Locator
from app.store import Database
from tests.cities import ORIGIN, STEP, layer, make_city, square
from tests.incidents.conftest import Clock

A1, K, A = (
    Assignee("cell", "A1", "网格长"),
    Assignee("campus", "K", "专员"),
    Assignee("town", "A", "镇长"),
)


def asked(
    city: City,
    policy: Policy,
    column: float,
    row: float,
    *absent: tuple[str, str],
    accuracy: float = 0,
) -> Proposal:
    """Propose for a place in units of a square of the chessboard."""
    found = Locator(city).locate(ORIGIN[0] + column * STEP, ORIGIN[1] + row * STEP, accuracy)
    duty = Duty(city, frozenset(absent))
    return propose(city, policy, duty, location_record(found, city))


def people(proposal: Proposal) -> list[Assignee]:
    return [one.assignee for one in proposal.offers]


def test_the_finest_grid_comes_first_then_the_dedicated_one_then_up(
    board: City, policy: Policy
) -> None:
    found = asked(board, policy, 0.9, 0.3)
    assert people(found) == [A1, K, A, CITY]
    assert found.first_assignee == "level"
    assert (found.notes, found.passed_over) == ((), ())


def test_the_policy_may_put_the_dedicated_grid_first(board: City, policy: Policy) -> None:
    found = asked(board, replace(policy, first_assignee="dedicated"), 0.9, 0.3)
    assert people(found) == [K, A1, A, CITY]
    assert found.first_assignee == "dedicated"


def test_a_grid_without_anybody_is_passed_over_and_named(board: City, policy: Policy) -> None:
    found = asked(board, policy, 0.5, 1.5)
    assert people(found) == [A, CITY]
    assert found.passed_over == ("A3",)
    assert "格A3: the staff table names nobody" in found.notes[0]
    assert "格A3：人员表中无责任人" in found.notes_zh[0]


def test_who_is_off_duty_is_passed_over_and_named(board: City, policy: Policy) -> None:
    found = asked(board, policy, 0.5, 0.5, ("A1", ""))
    assert people(found) == [A, CITY]
    assert found.passed_over == ("A1",)
    assert "nobody is on duty" in found.notes[0]
    assert people(asked(board, policy, 0.5, 0.5, ("A1", "网格长"))) == [A, CITY]
    nobody = asked(board, policy, 0.5, 0.5, ("A1", ""), ("A", ""))
    assert people(nobody) == [CITY]
    assert nobody.passed_over == ("A1", "A")


def test_one_of_two_who_is_off_duty_is_named(tmp_path: Path, policy: Policy) -> None:
    city = two_people(tmp_path)
    found = asked(city, policy, 0.5, 0.5, ("A1", "网格长"))
    assert [one.assignee.role for one in found.offers[:1]] == ["网格员"]
    assert found.notes == ("格A1: 网格长 is off duty",)
    assert found.passed_over == ()


def test_a_level_without_any_staff_is_an_office(tmp_path: Path, policy: Policy) -> None:
    city = two_people(tmp_path)
    found = asked(city, policy, 0.5, 0.5)
    assert people(found)[2:] == [Assignee("town", "A"), CITY]
    assert found.offers[2].reason == "office of 格A"
    assert found.notes == ()
    duty = Duty(city, frozenset())
    assert next_level_up(city, duty, A1) == Assignee("town", "A")
    assert next_level_up(city, duty, Assignee("town", "A")) == CITY


def two_people(folder: Path) -> City:
    """Return a city of one town and one cell; the cell has two people, the town is an office."""
    staff = pd.DataFrame(
        {
            "code": ["A1", "A1"],
            "role": ["网格长", "网格员"],
            "label": ["一", "二"],
            "phone": ["000-1", "000-2"],
        }
    )
    town, cell = layer([("A", "", square(0, 0))]), layer([("A1", "A", square(0, 0))])
    return make_city(folder / "two", {"town": town, "cell": cell}, staff=staff)


@pytest.mark.parametrize(
    ("column", "accuracy", "wanted"), [(1.5, 0, []), (1.01, 0, ["A1"]), (1.3, 400, ["A1"])]
)
def test_the_neighbour_is_offered_near_a_border(
    board: City, policy: Policy, column: float, accuracy: float, wanted: list[str]
) -> None:
    found = asked(board, policy, column, 0.7, accuracy=accuracy)
    assert [one.assignee.code for one in found.neighbours] == wanted
    for one in found.neighbours:
        assert "across a border" in one.reason
        assert "邻近边界" in one.reason_zh


def test_outside_the_city_s_own_desk_is_asked(board: City, policy: Policy) -> None:
    assert people(asked(board, policy, 5.0, 0.5)) == [CITY]
    duty = Duty(board, frozenset())
    assert people(propose(board, policy, duty, {"status": "unlocated"})) == [CITY]


def test_grids_of_an_older_generation_are_passed_over(board: City, policy: Policy) -> None:
    old = {"codes": {"town": "A", "cell": "A99"}, "overlays": {"market": ["M1"]}}
    found = propose(board, policy, Duty(board, frozenset()), old)
    assert people(found) == [A, CITY]
    assert found.passed_over == ("A99", "M1")
    assert "no such grid" in found.notes[0]


@pytest.mark.parametrize(
    ("assignee", "absent", "above"),
    [
        (A1, (), A),
        (K, (), A),
        (A1, (("A", ""),), CITY),
        (Assignee("cell", "B1"), (), CITY),
        (Assignee("cell", "gone"), (), CITY),
        (A, (), CITY),
        (CITY, (), None),
        (None, (), None),
    ],
)
def test_up_goes_one_level_past_who_is_not_there(
    board: City,
    assignee: Assignee | None,
    absent: tuple[tuple[str, str], ...],
    above: Assignee | None,
) -> None:
    assert next_level_up(board, Duty(board, frozenset(absent)), assignee) == above


def test_absences_count_from_their_begin_to_their_end(
    desk: Desk, database: Database, board: City, policy: Policy, dispatcher: Actor, draft: Draft,
    clock: Clock,
) -> None:  # fmt: skip
    found, _ = desk.report(dispatcher, draft)
    roster = Roster(database, board, clock)
    begins, ends = clock.now + timedelta(hours=1), clock.now + timedelta(hours=2)
    made = roster.add(dispatcher, "A1", None, begins, ends, "培训")
    assert roster.absences(dispatcher) == (made,)

    def first(hours: float) -> Assignee:
        at = clock.now + timedelta(hours=hours)
        return read_proposal(database, board, policy, found, at).offers[0].assignee

    assert [first(one) for one in (0.9, 1, 1.9, 2)] == [A1, A, A, A1]
    clock.advance(hours=3)
    assert roster.absences(dispatcher) == ()


def test_dispatching_and_escalating_say_who_was_passed_over(
    desk: Desk, ledger: Ledger, database: Database, board: City, dispatcher: Actor, draft: Draft,
    clock: Clock,
) -> None:  # fmt: skip
    roster = Roster(database, board, clock)
    roster.add(dispatcher, "A1")
    town_away = roster.add(dispatcher, "A", "镇长")
    found, _ = desk.report(dispatcher, draft)
    desk.move(dispatcher, found.number, Move.FILE, 1)
    sent = desk.move(dispatcher, found.number, Move.DISPATCH, 2)
    assert sent.assignee == CITY
    roster.remove(dispatcher, town_away.id)
    sent = desk.move(dispatcher, found.number, Move.REASSIGN, 3, "换人")
    assert sent.assignee == A
    told = [one.data.get("passed_over") for one in ledger.history(dispatcher, found.number)]
    assert told == [None, None, ["A1", "A"], ["A1"]]


def test_the_roster_knows_its_grids_roles_and_areas(
    database: Database, board: City, dispatcher: Actor, worker: Actor, clock: Clock
) -> None:
    roster = Roster(database, board, clock)
    own = Actor.of(3, "A 镇", Role.TOWN_ADMIN, "A")
    other = Actor.of(4, "B 镇", Role.TOWN_ADMIN, "B")
    made = roster.add(own, "A1", "网格长")
    assert roster.absences(own) == roster.absences(dispatcher) == (made,)
    assert roster.absences(other) == ()
    with pytest.raises(NotFoundError):
        roster.remove(other, made.id)
    with pytest.raises(ForbiddenError):
        roster.add(other, "A1")
    with pytest.raises(ForbiddenError):
        roster.absences(worker)
    with pytest.raises(NotFoundError):
        roster.add(dispatcher, "Q9")
    with pytest.raises(BadInputError, match="role is '市长'"):
        roster.add(dispatcher, "A1", "市长")
    with pytest.raises(BadInputError, match="ends_at"):
        roster.add(dispatcher, "A1", None, clock.now, clock.now)
    with pytest.raises(BadInputError, match="NUL"):
        roster.add(dispatcher, "A1", reason="a\x00b")
    roster.remove(own, made.id)
    assert roster.absences(dispatcher) == ()


def test_an_event_of_a_proposal_names_no_person(
    desk: Desk, ledger: Ledger, dispatcher: Actor, draft: Draft
) -> None:
    found, _ = desk.report(dispatcher, draft)
    desk.move(dispatcher, found.number, Move.FILE, 1)
    desk.move(dispatcher, found.number, Move.DISPATCH, 2)
    told = ledger.history(dispatcher, found.number)[-1]
    assert told.kind is Kind.MOVED
    assert "000-" not in str(told.data)
