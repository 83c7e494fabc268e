"""Tables of incidents taken in and handed out: nothing lost, nothing twice, text as it was."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts import Actor
from app.accounts.audit import records
from app.errors import BadFileError, BadInputError, TooLargeError
from app.incidents import bring_in
from app.incidents.bring_in import BringIn, RowStatus
from app.incidents.contact import read_reporter
from app.incidents.desk import Desk
from app.incidents.feed import Feed
from app.incidents.hand_out import HandOut
from app.incidents.incident import Draft, Incident, Query, Source
from app.incidents.ledger import Ledger
from app.incidents.lifecycle import Move, Status, allowed
from app.incidents.mapping import Mapping
from app.incidents.policy import Policy
from app.incidents.row_times import TimeReader
from app.incidents.words import is_blank
from app.locate import Locator
from app.store import Database
from app.tables import TableWriter, open_table
from tests.incidents.conftest import Clock

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
ROOT = Actor.system("test")
HEADER = ["工单号", "类别", "等级", "标题", "描述", "经度", "纬度", "状态", "上报时间", "派遣时间",
          "办结时间"]  # fmt: skip
A1 = ["104.505", "30.405"]
OPEN_ROW = ["G1", "燃气泄漏", "重大", "闻到燃气味", "", *A1, "", "2026/11/20 8:05", "", ""]
KINDS = ["csv", "tsv", "xlsx", "parquet"]
# Texts with which programs have been brought down or to do what they should not.
HOSTILE = [
    '=HYPERLINK("http://x","y")', "+1", "-1+1", "@SUM(A1)", "\t=1", "'=1", "''", "=", "\u2028",
    "<script>&amp;", '"a","b"\n"c"', "line\nline", "x\r\ny", "\x01\x0b\x1f", "_x0001_",
    "👩‍👩‍👧‍👦🔥",
    "\u202egpj.exe", "\ufeffbom", "e\u0301", "1e308", "0042", "TRUE", "%s{0}${x}",
    "Robert'); DROP TABLE incident;--",
]  # fmt: skip


def table(path: Path, rows: Sequence[Sequence[Any]], header: Sequence[str] = HEADER) -> Path:
    schema = pa.schema([pa.field(name, pa.string()) for name in header])
    with TableWriter(path, schema) as out:
        out.write([list(column) for column in zip(*rows, strict=True)])
    return path


@pytest.fixture
def task(database: Database, locator: Locator, policy: Policy):
    def make(path: Path, mapping: Mapping | None = None, **more: Any) -> BringIn:
        how = mapping or Mapping.built_in(policy)
        return BringIn(database, locator, policy, open_table(path), how, now=NOW, **more)

    return make


def run(task: BringIn) -> list[bring_in.Row]:
    task.read(lambda _: None)
    task.commit(lambda _: None)
    return task.rows


def all_of(ledger: Ledger) -> list[Incident]:
    return list(ledger.find(ROOT, Query(order="number", limit=10_000)).incidents)


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_with_chinese_headers(tmp_path: Path, task, ledger: Ledger, kind: str) -> None:
    done = ["G2", "fire", "2", "楼道堆物", "已清理", *A1, "已办结", "2026/11/01 08:00",
            "2026/11/01 09:00", "2026/11/02 10:30"]  # fmt: skip
    (first, second) = run(task(table(tmp_path / f"in.{kind}", [OPEN_ROW, done])))
    assert (first.status, second.status) == (RowStatus.NEW, RowStatus.NEW)
    assert (second.number, first.number) == ("JY-20261101-0001", "JY-20261120-0001")
    assert (first.grid, first.location_status) == ("A1", "inside")
    old, new = all_of(ledger)
    assert (new.hazard, new.severity, new.title) == ("gas.leak", 3, "闻到燃气味")
    assert new.reported_at == new.occurred_at == datetime(2026, 11, 20, 0, 5, tzinfo=UTC)
    assert (new.external_source, new.external_id) == ("import", "G1")
    assert (new.status, new.source) == (Status.REPORTED, Source.IMPORT)
    assert (old.status, old.closed_at) == (Status.CLOSED, datetime(2026, 11, 2, 2, 30, tzinfo=UTC))
    moves = [one.move for one in ledger.history(ROOT, old.number)]
    assert moves == [None, Move.FILE, Move.DISPATCH, Move.REPORT_BACK, Move.VERIFY, Move.CLOSE]


def test_reading_writes_nothing(tmp_path: Path, task, feed: Feed) -> None:
    made = task(table(tmp_path / "in.csv", [OPEN_ROW]))
    made.read(lambda _: None)
    assert made.rows[0].status is RowStatus.NEW
    assert made.rows[0].number == ""
    assert feed.head() == 0


def test_a_second_run_adds_nothing(tmp_path: Path, task, feed: Feed, ledger: Ledger) -> None:
    rows = [OPEN_ROW, ["", *OPEN_ROW[1:]], ["", *OPEN_ROW[1:3], "另一件", *OPEN_ROW[4:]]]
    path = table(tmp_path / "in.csv", rows)
    first = run(task(path))
    head = feed.head()
    again = run(task(path))
    assert [row.status for row in first] == [RowStatus.NEW] * 3
    assert [row.status for row in again] == [RowStatus.KNOWN] * 3
    assert [row.number for row in again] == [row.number for row in first]
    assert feed.head() == head == 3
    assert all_of(ledger)[1].external_id.startswith("sha256:")


def test_equal_rows_are_one_incident(tmp_path: Path, task, ledger: Ledger) -> None:
    nameless = ["", *OPEN_ROW[1:]]
    rows = run(task(table(tmp_path / "in.csv", [nameless, OPEN_ROW, nameless, OPEN_ROW])))
    assert [row.status for row in rows] == ["new", "new", "known", "known"]
    assert rows[2].reason == "the same as row 1"
    assert rows[2].number == rows[0].number
    assert len(all_of(ledger)) == 2


def test_what_became_of_a_report_does_not_make_it_another(tmp_path: Path, task) -> None:
    nameless = ["", *OPEN_ROW[1:]]
    closed = [*nameless[:7], "已办结", nameless[8], "", "2026/11/21 9:00"]
    run(task(table(tmp_path / "one.csv", [nameless])))
    (row,) = run(task(table(tmp_path / "two.csv", [closed])))
    assert row.status is RowStatus.KNOWN


@pytest.mark.parametrize(
    ("place", "cell", "word"),
    [
        (1, "alien", "alien"), (1, "", "hazard is empty"), (2, "9", "severity"),
        (3, "x" * 201, "201"),
        (4, "x" * 1_000_000, "1000000"), (5, "", "lon"), (5, "190", "lon"), (5, "abc", "abc"),
        (6, "104.5", "lat"), (6, "inf", "lat"), (7, "gone", "gone"), (7, "merged", "closed_at"),
        (7, "closed", "closed_at is empty"), (8, "gestern", "gestern"),
        (8, "2026/13/01", "2026/13"),
        (8, "2031-01-01", "yet to come"), (8, "20261120", "20261120"), (8, "1066-01-01", "1066"),
        (9, "2026/11/20 9:00", "dispatched_at is given"), (3, "\x00", "NUL"), (0, "x" * 129, "129"),
    ],
)  # fmt: skip
def test_a_bad_row_is_told_and_holds_no_other_up(
    tmp_path: Path, task, ledger: Ledger, place: int, cell: str, word: str
) -> None:
    bad = list(OPEN_ROW)
    bad[place] = cell
    if place:
        bad[0] = "bad"
    rows = run(task(table(tmp_path / "in.parquet", [bad, OPEN_ROW])))
    assert [row.status for row in rows] == [RowStatus.UNUSABLE, RowStatus.NEW]
    assert word in rows[0].reason
    assert len(rows[0].reason) < 1000
    assert len(all_of(ledger)) == 1


def test_reasons_in_chinese(tmp_path: Path, task) -> None:
    bad = ["G", "alien", *OPEN_ROW[2:]]
    (row,) = run(task(table(tmp_path / "in.csv", [bad]), language="zh"))
    assert "可用：" in row.reason


def test_times_that_run_backwards_are_refused(tmp_path: Path, task) -> None:
    late = [*OPEN_ROW[:7], "closed", "2026/11/20 8:05", "", "2026/11/19 8:05"]
    (row,) = run(task(table(tmp_path / "in.csv", [late])))
    assert "before the one" in row.reason


def test_half_lines_are_told(tmp_path: Path, task) -> None:
    path = tmp_path / "in.csv"
    path.write_text("标题,类别\nx\na,gas\n,,,\n", encoding="utf-8")
    rows = run(task(path))
    assert [row.status for row in rows] == ["unusable", "new", "unusable"]


def test_merges_need_what_they_are_merged_into(tmp_path: Path, task, ledger: Ledger) -> None:
    header = ["external_id", "hazard", "title", "status", "merged_into", "reported_at", "closed_at"]
    t = "2026-11-{:02}T08:00:00+08:00".format
    rows = [
        ["c", "gas", "C", "merged", "b", t(2), t(4)],
        ["b", "gas", "B", "merged", "a", t(1), t(4)],
        ["a", "gas", "A", "closed", "", t(1), t(4)],
        ["d", "gas", "D", "merged", "nothing", t(1), t(4)],
        ["e", "gas", "E", "merged", "d", t(1), t(3)],
        ["f", "gas", "F", "merged", "a", t(5), t(6)],
        ["g", "gas", "G", "merged", "h", t(1), t(2)],
        ["h", "gas", "H", "merged", "g", t(1), t(2)],
        ["i", "gas", "I", "", "", t(1), ""],
    ]
    found = run(task(table(tmp_path / "in.csv", rows, header)))
    assert [row.status for row in found] == ["new"] * 3 + ["unusable"] * 5 + ["new"]
    by_id = {one.external_id: one for one in all_of(ledger)}
    assert by_id["c"].merged_into == by_id["b"].number
    assert by_id["b"].merged_into == by_id["a"].number


def test_a_number_of_another_incident_is_refused(
    tmp_path: Path, task, desk: Desk, dispatcher: Actor, draft: Draft
) -> None:
    made, _ = desk.report(dispatcher, draft)
    header = ["number", "hazard", "title", "reported_at"]
    rows = [
        [made.number, "gas", "another", "2026-11-21T08:00:00Z"],
        [made.number, "gas", "the same", made.reported_at.isoformat()],
        ["XX-20261122-0001", "gas", "x", "2026-11-21T08:00:00Z"],
    ]
    found = run(task(table(tmp_path / "in.csv", rows[:1], header)))
    found += run(task(table(tmp_path / "in2.csv", rows[1:], header)))
    assert [row.status for row in found] == ["unusable", "known", "unusable"]
    assert "another incident" in found[0].reason


def test_numbers_given_later_come_after_those_that_were_brought(
    tmp_path: Path, task, desk: Desk, dispatcher: Actor, draft: Draft
) -> None:
    header = ["number", "id", "hazard", "title", "reported_at"]
    rows = [
        ["JY-20261122-0041", "", "gas", "brought", "2026-11-22T00:00:00Z"],
        ["", "x", "gas", "given", "2026-11-22T00:00:00Z"],
    ]
    found = run(task(table(tmp_path / "in.csv", rows, header)))
    assert [row.number for row in found] == ["JY-20261122-0041", "JY-20261122-0042"]
    assert desk.report(dispatcher, draft)[0].number == "JY-20261122-0043"


def test_large_tables_go_in_parts_and_a_stopped_run_goes_on(
    tmp_path: Path, task, ledger: Ledger, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bring_in, "ROWS_AT_ONCE", 7)
    path = table(tmp_path / "in.csv", [[f"G{i}", *OPEN_ROW[1:]] for i in range(50)])
    first = task(path)
    first.read(lambda _: None)

    class StoppedError(Exception):
        pass

    def stop(_: int) -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        first.commit(stop)
    assert len(all_of(ledger)) == 7
    statuses = [row.status for row in run(task(path))]
    assert (statuses.count(RowStatus.KNOWN), statuses.count(RowStatus.NEW)) == (7, 43)
    assert [one.seq for one in feed.after(0)] == list(range(1, 51))


def test_a_mapping_file(tmp_path: Path, task, policy: Policy, ledger: Ledger) -> None:
    (tmp_path / "m.toml").write_text(
        """
external_source = "12345热线"
datum = "gcj02"
time_zone = "UTC"
time_formats = ["%d.%m.%Y %H:%M"]
[columns]
"单号" = "external_id"
"内容" = ["title", "description"]
"X" = "lon"
"Y" = "lat"
"时间" = "reported_at"
"种类" = "hazard"
[values.hazard]
"煤气" = "gas"
[defaults]
severity = 4
source = "citizen"
""",
        encoding="utf-8",
    )
    header = ["单号", "内容", "X", "Y", "时间", "种类"]
    path = table(tmp_path / "in.csv", [["7", "漏气", *A1, "20.11.2026 08:05", "煤气"]], header)
    (row,) = run(task(path, Mapping.read(tmp_path / "m.toml", policy)))
    found = ledger.get(ROOT, row.number)
    assert (found.external_source, found.external_id, found.hazard) == ("12345热线", "7", "gas")
    assert (found.title, found.description, found.severity) == ("漏气", "漏气", 4)
    assert found.reported_at == datetime(2026, 11, 20, 8, 5, tzinfo=UTC)
    assert (found.datum, found.lon_given, found.source) == ("gcj02", 104.505, "citizen")
    assert found.lon != found.lon_given


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("x = 1", "'x'"), ("[columns]\na = 'colour'", "'colour'"), ("[columns", "is no mapping"),
        ("[values.hazard]\na = 'alien'", "alien"), ("[defaults]\nhazard = 'alien'", "alien"),
        ("[defaults]\nlon = 1", "'lon'"), ("time_zone = 'Mars/X'", "Mars"),
        ("datum = 'utm'", "utm"),
        ("[columns]\na = 'lon'\nb = 'lon'", "twice"), ("columns = 3", "items"),
    ],
)  # fmt: skip
def test_a_mapping_that_is_none(tmp_path: Path, policy: Policy, text: str, word: str) -> None:
    (tmp_path / "m.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadFileError, match=word):
        Mapping.read(tmp_path / "m.toml", policy)


def test_columns_that_do_not_fit_the_mapping(tmp_path: Path, task) -> None:
    with pytest.raises(BadInputError, match="no column holds a title"):
        task(table(tmp_path / "a.csv", [["1"]], ["x"]))
    with pytest.raises(BadInputError, match="more than one column 'title'"):
        task(table(tmp_path / "b.csv", [["1", "2"]], ["title", "title"]))


def test_what_no_sheet_can_hold_is_refused_before_anything_is_written(tmp_path: Path, task) -> None:
    made = task(table(tmp_path / "in.csv", [[*OPEN_ROW[:4], "x" * 40_000, *OPEN_ROW[5:]]]))
    with pytest.raises(TooLargeError, match="40000"):
        made.read(lambda _: None, for_xlsx=True)


@pytest.mark.parametrize(
    ("cell", "hour"),
    [("2026/11/22 8:05", 0), ("2026-11-22T08:05+08:00", 0), ("2026年11月22日 8:05", 0),
     ("2026-11-22T08:05Z", 8), (datetime(2026, 11, 22, 8, 5), 0),  # noqa: DTZ001
     ("2026.11.22 08:05:00", 0)],
)  # fmt: skip
def test_times_as_people_write_them(cell: object, hour: int) -> None:
    found = TimeReader(ZoneInfo("Asia/Shanghai")).read("at", cell)
    assert found == datetime(2026, 11, 22, hour, 5, tzinfo=UTC)


# Handing out.


def hand_out(database: Database, policy: Policy, locator: Locator, path: Path, **more: Any) -> int:
    query = more.pop("query", Query())
    task = HandOut(database, policy, locator.city, more.pop("actor", ROOT), query, **more)
    return task.write(path, lambda _: None)


def read_back(path: Path) -> list[dict[str, Any]]:
    found = open_table(path)
    return [
        dict(zip(found.columns, row, strict=True))
        for batch in found.batches()
        for row in zip(*(batch.cells(i) for i in range(len(found.columns))), strict=True)
    ]


@pytest.mark.parametrize("kind", [*KINDS, "geojson"])
def test_hostile_text_goes_out_and_comes_back(
    tmp_path: Path, database: Database, locator: Locator, policy: Policy, desk: Desk, task,
    dispatcher: Actor, kind: str,
) -> None:  # fmt: skip
    for text in HOSTILE:
        draft = Draft("gas", title="t" + text, description=text, address=text, reporter_name=text)
        desk.report(dispatcher, draft)
    path = tmp_path / f"out.{kind}"
    assert hand_out(database, policy, locator, path, contact=True) == len(HOSTILE)
    if kind == "geojson":
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        assert [one["properties"]["description"] for one in features] == HOSTILE
        return
    if kind in {"csv", "tsv"}:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t" if kind == "tsv" else ","))
        assert not any(row["description"].startswith(tuple("=+-@\t\r")) for row in rows)
    made = task(path)
    made.read(lambda _: None)
    assert [row.status for row in made.rows] == [RowStatus.KNOWN] * len(HOSTILE)
    read = made._reader.read(next(open_table(path).batches()))
    assert [one.past.draft.description for one in read if one.past] == HOSTILE
    assert [one.past.draft.reporter_name for one in read if one.past] == HOSTILE


def test_personal_fields_come_on_the_record_only(
    tmp_path: Path, database: Database, locator: Locator, policy: Policy, desk: Desk,
    dispatcher: Actor, draft: Draft,
) -> None:  # fmt: skip
    full = replace(draft, reporter_name="甲", reporter_contact="138-0000-4711")
    number = desk.report(dispatcher, full)[0].number
    # Nobody is known of this one, so nobody is seen.
    desk.report(dispatcher, draft)
    for kind in [*KINDS, "geojson"]:
        path = tmp_path / f"plain.{kind}"
        hand_out(database, policy, locator, path)
        assert b"0000-4711" not in path.read_bytes()
        if kind != "geojson":
            assert "reporter_name" not in read_back(path)[0]
    with database.read() as connection:
        assert records(connection) == []
    hand_out(database, policy, locator, tmp_path / "full.csv", contact=True)
    assert read_back(tmp_path / "full.csv")[0]["reporter_contact"] == "138-0000-4711"
    with database.read() as connection:
        seen, asked = records(connection)
    assert (asked.what, asked.label, asked.subject) == ("export_reporters", "test", "area=city")
    assert (seen.what, seen.label, seen.subject) == ("export_reporter", "test", number)
    assert seen.fields == asked.fields == ["reporter_contact", "reporter_name"]


def test_a_filter_and_an_area(
    tmp_path: Path, database: Database, locator: Locator, policy: Policy, desk: Desk,
    clock: Clock, dispatcher: Actor, draft: Draft,
) -> None:  # fmt: skip
    a, _ = desk.report(dispatcher, draft)
    b, _ = desk.report(dispatcher, replace(draft, lon=104.525, hazard="fire"))
    desk.move(dispatcher, b.number, Move.SETTLE, b.version, "好了")

    def numbers(**more: Any) -> list[str]:
        hand_out(database, policy, locator, tmp_path / "o.csv", **more)
        return [row["number"] for row in read_back(tmp_path / "o.csv")]

    assert numbers() == [a.number, b.number]
    assert numbers(query=Query(code="A")) == [a.number]
    assert numbers(query=Query(hazard="fire")) == [b.number]
    assert numbers(query=Query(statuses=(Status.CLOSED,))) == [b.number]
    assert numbers(query=Query(since=clock.now + timedelta(days=1))) == []
    assert numbers(query=Query(code="\x00")) == []
    town = replace(dispatcher, area="A")
    assert numbers(actor=town) == [a.number]


def test_an_empty_export_has_its_header(
    tmp_path: Path, database: Database, locator: Locator, policy: Policy
) -> None:
    for kind in KINDS:
        assert hand_out(database, policy, locator, tmp_path / f"o.{kind}") == 0
        columns = open_table(tmp_path / f"o.{kind}").columns
        assert columns[:3] == ("number", "status", "hazard")
        assert columns[-1] == "data_note"


def test_times_have_their_offset_and_synthetic_data_says_so(
    tmp_path: Path, database: Database, locator: Locator, policy: Policy, desk: Desk,
    dispatcher: Actor, draft: Draft,
) -> None:  # fmt: skip
    desk.report(dispatcher, draft)
    hand_out(database, policy, locator, tmp_path / "o.csv")
    (row,) = read_back(tmp_path / "o.csv")
    assert row["reported_at"] == "2026-11-22T12:00:00+08:00"
    assert row["data_note"] == "演示数据 synthetic"
    assert (row["town_code"], row["cell_code"]) == ("A", "A1")


# There and back.

# XML holds no U+FFFE and U+FFFF: an XLSX has _xFFFE_ for the first.
TEXT = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(
        st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00\ufffe\uffff"),
        max_size=30,
    ),
)
DRAFTS = st.builds(
    Draft,
    hazard=st.sampled_from(["gas", "gas.leak", "fire.wildland", "other"]),
    title=TEXT.filter(lambda text: not is_blank(text)),
    severity=st.integers(1, 4),
    description=TEXT,
    address=TEXT,
    lon=st.floats(104.48, 104.56),
    lat=st.floats(30.38, 30.43),
    # Others are converted anew on the way in, and may differ in the last digit of a degree.
    datum=st.just("wgs84"),
    accuracy_m=st.sampled_from([0.0, 5.0, 250.5]),
    source=st.sampled_from(list(Source)),
    reporter_name=TEXT,
    reporter_contact=TEXT,
    occurred_at=st.none() | st.datetimes(datetime(2001, 1, 1), datetime(2026, 11, 22),  # noqa: DTZ001
                                         timezones=st.just(UTC)),
    synthetic=st.booleans(),
)  # fmt: skip
# The moves are picked by number from those that the life cycle allows.
LIVES = st.lists(
    st.tuples(DRAFTS, st.booleans(), st.booleans(), st.lists(st.integers(0, 6), max_size=8)),
    min_size=1,
    max_size=5,
)


def live(desk: Desk, clock: Clock, actor: Actor, lives: list[Any]) -> None:
    """Let incidents be reported and moved at random, some merged into others."""
    made = []
    for at, (draft, named, placed, _) in enumerate(lives):
        clock.advance(minutes=7)
        place = {} if placed else {"lon": None, "lat": None}
        name = {"external_source": "=sys", "external_id": f"-{at}"} if named else {}
        made.append(desk.report(actor, replace(draft, **place, **name))[0])
    for at, (_, _, _, picks) in enumerate(lives):
        for pick in picks:
            clock.advance(seconds=61)
            one = made[at]
            legal = allowed(one.status)
            move = legal[pick % len(legal)]
            if move is Move.MERGE:
                other = made[(at + 1) % len(made)]
                if other.id != one.id and other.is_open:
                    desk.merge(actor, one.number, one.version, other.number)
            elif move is not Move.ESCALATE:
                desk.move(actor, one.number, move, one.version, "因为")
            # Merging, and opening the merged one again, change the other too.
            made = [desk_again(desk, actor, old) for old in made]


def desk_again(desk: Desk, actor: Actor, one: Incident) -> Incident:
    return Ledger(desk._database, desk.policy).get(actor, one.number)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(lives=LIVES)
def test_out_and_into_an_empty_database_are_the_same_incidents(
    tmp_path_factory: pytest.TempPathFactory, prepared_sqlite: Path, locator: Locator,
    policy: Policy, kind: str, lives: list[Any],
) -> None:  # fmt: skip
    folder = tmp_path_factory.mktemp("trip")
    databases = []
    for name in ("one", "two"):
        (folder / f"{name}.db").write_bytes(prepared_sqlite.read_bytes())
        databases.append(Database(f"sqlite:///{folder / name}.db"))
    one, two = databases
    clock = Clock(NOW)
    live(Desk(one, locator, policy, clock), clock, ROOT, lives)
    path, back = folder / f"out.{kind}", folder / f"back.{kind}"
    hand_out(one, policy, locator, path, contact=True)
    taken = BringIn(two, locator, policy, open_table(path), Mapping.built_in(policy), now=clock.now)
    rows = run(taken)
    assert [(row.status, row.reason) for row in rows] == [(RowStatus.NEW, "")] * len(lives)
    hand_out(two, policy, locator, back, contact=True)
    by_number = [sorted(read_back(each), key=lambda row: row["number"]) for each in (path, back)]
    for before, after in zip(*by_number, strict=True):
        assert before == {**after, **{k: pytest.approx(after[k]) for k in ("lon", "lat")
                                      if isinstance(after[k], float)}}  # fmt: skip
    # The same file once more adds nothing, in neither of them.
    for database in databases:
        again = BringIn(database, locator, policy, open_table(path), Mapping.built_in(policy),
                        now=clock.now)  # fmt: skip
        assert {row.status for row in run(again)} == {RowStatus.KNOWN}
        database.close()


def test_contact_of_what_was_imported_is_personal(
    tmp_path: Path, task, database: Database, dispatcher: Actor
) -> None:
    header = ["hazard", "title", "上报人", "联系电话"]
    (row,) = run(task(table(tmp_path / "in.csv", [["gas", "x", "张某", "138"]], header)))
    found = read_reporter(database, dispatcher, row.number)
    assert (found.name, found.contact) == ("张某", "138")
