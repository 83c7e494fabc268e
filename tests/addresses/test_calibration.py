"""Confidence as it is measured: the bound, what rare faults fall back to, the file, the command."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from app.addresses.calibrate import Answer, Measurement, Plan, measure, put
from app.addresses.calibration import (
    CALIBRATION_TABLE,
    ENOUGH,
    CalibrationTable,
    Cell,
    Origin,
    calibration_of,
    read_calibration,
    wilson,
)
from app.addresses.calibration_report import page
from app.addresses.calibration_texts import STYLES, mistyped, write
from app.addresses.faults import FAULTS, main_fault, starting_confidence
from app.addresses.index import version_of
from app.addresses.match import Band, Level, Query, Status
from app.addresses.matcher import Matcher
from app.addresses.update import Options, prepare
from app.errors import BadInputError, CityError
from app.grids import City
from tests.addresses.case_folders import board, rows_of
from tests.addresses.gazetteers import with_gazetteer
from tests.addresses.perturb import LEVELS, perturb
from tests.commands import run_here

ROOT = Path(__file__).resolve().parents[2]
ORIGIN = Origin("g", "r", "2026-01-01", 10, 30, 1, 4, synthetic=True)
DOOR, GROUP = Level.DOOR, Level.GROUP


def table(**cells):
    """Return a calibration; cells by level__FAULT_code."""
    return CalibrationTable(
        {
            (Level(name.partition("__")[0]), name.partition("__")[2].replace("_", ".", 1)): Cell(
                *counts
            )
            for name, counts in cells.items()
        },
        ORIGIN,
    )


def low(right, n):
    """Return the lower bound alone."""
    return wilson(right, n)[0]


# --- the bound and what it falls back to ---------------------------------------------------------


@given(n=st.integers(1, 5_000), share=st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_the_bounds_are_wilson_s(n, share):
    right = round(share * n)
    wanted = binomtest(right, n).proportion_ci(confidence_level=0.95, method="wilson")
    assert wilson(right, n) == pytest.approx((wanted.low, wanted.high), abs=1e-9)


def test_of_nothing_nothing_is_known():
    assert wilson(0, 0) == (0.0, 1.0)


def test_a_cell_with_enough_answers_gives_its_lower_bound():
    own = table(door__=(10_000, 9_999), door__TOWN_missing=(ENOUGH, ENOUGH - 2))
    assert own.confidence(DOOR, "") == low(9_999, 10_000)
    assert own.confidence(DOOR, "TOWN.missing") == low(ENOUGH - 2, ENOUGH)


def test_of_a_rare_fault_of_a_level_counts_what_it_is_at_all_levels():
    own = table(
        door__=(10_000, 9_999), door__TOWN_missing=(10, 10), group__TOWN_missing=(5_000, 4_900)
    )
    rest = ENOUGH - 10
    assert own.confidence(DOOR, "TOWN.missing") == (10 + rest * low(4_910, 5_010)) / ENOUGH


def test_but_no_more_than_the_level_has_altogether():
    own = table(
        group__=(ENOUGH - 1, ENOUGH - 11), group__TOWN_missing=(ENOUGH - 1, ENOUGH - 11),
        door__TOWN_missing=(5_000, 5_000),
    )  # fmt: skip
    whole = low(2 * ENOUGH - 22, 2 * ENOUGH - 2)
    assert own.confidence(GROUP, "TOWN.missing") == (ENOUGH - 11 + whole) / ENOUGH


def test_nor_than_its_few_answers_allow():
    own = table(door__=(10_000, 9_999), door__ROAD_typo=(100, 60), group__ROAD_typo=(5_000, 4_990))
    assert own.confidence(DOOR, "ROAD.typo") == wilson(60, 100)[1]


def test_nor_less_than_its_few_answers_prove():
    own = table(door__=(10_000, 9_999), door__DOOR_glued_digits=(150, 150))
    assert own.confidence(DOOR, "DOOR.glued_digits") == (150 + 50 * 0.93) / ENOUGH
    own = table(door__=(10_000, 9_999), door__TEXT_ambiguous=(150, 150))
    assert own.confidence(DOOR, "TEXT.ambiguous") == low(150, 150)


def test_what_does_not_belong_to_the_grounds_takes_nothing_away_until_it_was_measured():
    own = table(door__=(10_000, 9_999), group__DOOR_extrapolated=(9_000, 8_990))
    assert own.confidence(DOOR, "PARENT.outdated") == low(9_999, 10_000)
    assert own.confidence(GROUP, "PARENT.outdated") == low(8_990, 9_000)


def test_where_a_fault_is_rare_everywhere_or_was_never_met_the_starting_value_counts():
    own = table(door__=(10_000, 9_999), door__TOWN_missing=(5, 5))
    start = starting_confidence(DOOR, "TOWN.missing")
    assert own.confidence(DOOR, "TOWN.missing") == (5 + (ENOUGH - 5) * start) / ENOUGH
    assert own.confidence(DOOR, "PARTS.differ") == starting_confidence(DOOR, "PARTS.differ")
    assert table().confidence(GROUP, "") == starting_confidence(GROUP, "")


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(list(Level)), st.sampled_from(["", *FAULTS])),
        st.integers(0, 3_000).flatmap(
            lambda n: st.tuples(st.just(n), st.integers(0, n))
        ),
        max_size=12,
    )
)  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_no_fault_makes_an_answer_surer_and_nothing_is_surer_than_certain(cells):
    own = CalibrationTable({at: Cell(*counts) for at, counts in cells.items()}, ORIGIN)
    for level in Level:
        for fault in FAULTS:
            found = own.confidence(level, fault)
            assert 0.0 <= found < 1.0
            # Where answers without a fault were measured, none with one is surer.
            if cells.get((level, ""), (0, 0))[0] >= ENOUGH:
                assert found <= own.confidence(level, "")
    again = CalibrationTable.from_arrow(own.to_arrow(), "x.parquet")
    assert (again.cells, again.origin) == (own.cells, own.origin)
    assert again.to_arrow().equals(own.to_arrow(), check_metadata=True)


# --- texts ---------------------------------------------------------------------------------------

WORDS = {
    "town": "射洪坝街道", "community": "安象街社区", "group": "", "road": "东滨路",
    "section": "南段", "lane": "二巷", "number": "128", "sub_number": "3", "estate": "",
    "building": "", "unit": "", "poi": "",
}  # fmt: skip


def test_a_clean_text_is_the_whole_address():
    assert write(WORDS, Random(1), "简阳市")["clean"] == (
        "简阳市射洪坝街道安象街社区东滨路南段二巷128号附3号"
    )
    village = dict.fromkeys(WORDS, "") | {"town": "杨家镇", "community": "三江坝村", "number": "4"}
    assert write(village | {"group": "3"}, Random(1))["clean"] == "杨家镇三江坝村3组4号"
    flat = dict.fromkeys(WORDS, "") | {"estate": "阳光花园", "building": "3", "unit": "2"}
    assert write(flat, Random(1))["clean"] == "阳光花园3栋2单元"


@given(st.integers(0, 10_000))
@settings(max_examples=100, deadline=None)
def test_a_shortened_text_keeps_what_tells_one_door_from_the_next(seed):
    texts = write(WORDS, Random(seed))
    assert set(texts) == set(STYLES)
    assert len(texts["shortened"]) <= len(texts["clean"])
    assert "东滨路" in texts["shortened"]
    assert "128" in texts["shortened"]
    theirs = perturb(WORDS, "shortened", Random(seed)).text
    assert "东滨路" in theirs
    assert "128" in theirs


@given(st.sampled_from(["东滨路", "人民路", "正街", "阳光花园", "锦里大道"]), st.integers(0, 999))
@settings(max_examples=100, deadline=None)
def test_a_mistyped_name_is_another_one_with_the_same_end(name, seed):
    found = mistyped(name, Random(seed))
    assert found != name
    assert found[-1] == name[-1]
    assert abs(len(found) - len(name)) <= 1


def test_texts_follow_from_their_seed():
    for seed in range(20):
        assert write(WORDS, Random(seed)) == write(WORDS, Random(seed))
        for level in LEVELS:
            assert perturb(WORDS, level, Random(seed)) == perturb(WORDS, level, Random(seed))


def test_neither_perturber_knows_the_matcher():
    for path in ("app/addresses/calibration_texts.py", "tests/addresses/perturb.py"):
        text = (ROOT / path).read_text(encoding="utf-8")
        assert "import app" not in text
        assert "from app" not in text


# --- measuring -----------------------------------------------------------------------------------

STREETS = [
    {"town": "甲街道", "community": "东社区", "road": "人民路", "number": "1..199", "x": "0.1..1.9",
     "y": "0.4"},
    {"town": "甲街道", "community": "东社区", "road": "人民路", "number": "2..200", "x": "0.1..1.9",
     "y": "0.6"},
    {"town": "乙镇", "community": "西村", "group": "3组", "number": "1...60", "x": "4.1..4.9",
     "y": "2.5"},
    {"town": "乙镇", "community": "西村", "road": "建设路", "number": "1...80", "x": "5.1..5.9",
     "y": "2.5"},
]  # fmt: skip


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    root = tmp_path_factory.mktemp("calibrated")
    return with_gazetteer(board(root / "board"), root / "city", rows_of(STREETS))


@pytest.fixture
def own(city, tmp_path):
    """Return the folder of a copy of the city."""
    folder = tmp_path / "own"
    shutil.copytree(city.folder, folder, ignore=shutil.ignore_patterns(".derived"))
    return folder


SMALL = Plan(folds=2, rows=200)


def test_the_same_plan_gives_the_same_result_and_another_seed_another(city):
    one = measure(city, SMALL)
    assert measure(city, SMALL) == one
    assert measure(city, Plan(seed=2, folds=2, rows=200)).answers != one.answers


def test_every_row_is_asked_for_once_in_each_style(city):
    told = []
    found = measure(city, SMALL, told.append)
    assert found.rows == 200
    assert sum(found.answers.values()) == 3 * 200
    by_style = dict.fromkeys(STYLES, 0)
    for row in found.styles():
        by_style[row.style] += row.n
        assert row.wrong <= row.assigned <= row.n
        assert row.listed <= row.candidates <= row.n - row.assigned
    assert set(by_style.values()) == {200}
    assert any("fold 2 of 2" in one for one in told)


def test_what_is_counted_is_what_the_matcher_says(city):
    """The clean texts of the rows that are kept, asked for by hand."""
    found = measure(city, Plan(folds=2, rows=1_000, unknown=0.0, absent=0.0))
    assert found.rows == len(rows_of(STREETS))
    matcher = Matcher.open(city)
    wanted = {}
    for row in rows_of(STREETS):
        words = dict.fromkeys(WORDS, "") | {k: v for k, v in row.items() if k in WORDS}
        text = write(words, Random(1), city.manifest.name)["clean"]
        match = matcher.assign(Query(text))
        fault = main_fault([one.code for one in match.faults])
        at = match.status, match.level, fault
        wanted[at] = wanted.get(at, 0) + 1
    counted = {}
    for one, count in found.answers.items():
        if one.style == "clean":
            assert one.known
            at = one.status, one.level, one.fault
            counted[at] = counted.get(at, 0) + count
    assert counted == wanted
    assert all(one.right for one in found.answers if one.status is Status.ASSIGNED)


def test_each_fold_is_judged_by_the_others():
    at = {"style": "clean", "known": True, "status": Status.ASSIGNED, "level": DOOR, "listed": True}
    answers = {
        Answer(fold=0, faults=(), right=True, **at): 1_000,
        Answer(fold=1, faults=(), right=True, **at): 500,
        Answer(fold=1, faults=(), right=False, **at): 500,
    }
    found = Measurement(Plan(folds=2), "g", 10, answers)
    high, last = found.bands()
    # Fold 1 is judged by fold 0, which was all right, and the other way round.
    assert (high.band, high.n, high.right) == (Band.HIGH, 1_000, 500)
    assert high.confidence == pytest.approx(low(1_000, 1_000))
    assert (last.band, last.n, last.right) == (Band.LOW, 1_000, 1_000)
    assert last.confidence == pytest.approx(low(500, 1_000))


@pytest.mark.parametrize(
    ("plan", "said"),
    [(Plan(folds=1), "folds is 1"), (Plan(rows=3), "rows is 3"), (Plan(seed=-1), "seed is -1")],
)
def test_a_plan_that_cannot_be_is_refused(city, plan, said):
    with pytest.raises(BadInputError, match=said):
        measure(city, plan)


def test_a_city_without_enough_rows_or_without_a_gazetteer_is_refused(city, tmp_path):
    few = with_gazetteer(city, tmp_path / "few", rows_of(STREETS[:1])[:30])
    with pytest.raises(BadInputError, match="has 30 doors"):
        measure(few, SMALL)
    with pytest.raises(CityError, match="no gazetteer"):
        measure(board(tmp_path / "none"), SMALL)


# --- the file ------------------------------------------------------------------------------------


def test_a_calibration_is_kept_with_the_city_and_used(own):
    opened = City.open(own)
    assert calibration_of(opened) is None
    query = Query("甲街道人民路11号")
    assert Matcher.open(opened).assign(query).confidence == starting_confidence(DOOR, "")
    made = measure(opened, SMALL).table("2026-01-01", synthetic=True)
    manifest = put(opened, made)
    again = City.open(own)
    assert again.manifest == manifest
    assert manifest.sha256[f"{CALIBRATION_TABLE}.parquet"]
    assert version_of(manifest) == version_of(opened.manifest)
    matcher = Matcher.open(again)
    assert matcher.assign(query).confidence == made.confidence(DOOR, "")
    assert matcher.calibration.origin == made.origin
    # The index of the gazetteer was taken along.
    assert list((own / ".derived").glob("gazetteer-*"))


def test_after_the_gazetteer_changed_the_starting_values_hold_and_it_is_said(own, tmp_path, caplog):
    opened = City.open(own)
    put(opened, measure(opened, SMALL).table("2026-01-01", synthetic=True))
    more = tmp_path / "more.csv"
    more.write_text(
        "镇街,道路,门牌号,经度,纬度\n甲街道,新路,1号,104.505,30.405\n", encoding="utf-8"
    )
    prepare(own, [more], Options()).write()
    changed = City.open(own)
    assert CALIBRATION_TABLE in changed.manifest.tables
    with caplog.at_level(logging.WARNING):
        matcher = Matcher.open(changed)
    assert "calibrate_addresses" in caplog.text
    assert matcher.calibration is None
    assert matcher.assign(Query("甲街道人民路11号")).confidence == starting_confidence(DOOR, "")


def test_a_damaged_calibration_is_an_error_that_names_it(own):
    opened = City.open(own)
    put(opened, measure(opened, SMALL).table("2026-01-01", synthetic=True))
    file = own / f"{CALIBRATION_TABLE}.parquet"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(CityError, match=CALIBRATION_TABLE):
        read_calibration(own, City.open(own).manifest)


def test_a_table_that_is_no_calibration_is_refused():
    with pytest.raises(CityError, match=r"x\.parquet is not a calibration"):
        CalibrationTable.from_arrow(table().to_arrow().replace_schema_metadata(None), "x.parquet")


# --- the command ---------------------------------------------------------------------------------


def run(*words):
    return run_here("calibrate_addresses", *words)


def content(folder):
    return {
        one.name: hashlib.sha256(one.read_bytes()).hexdigest()
        for one in folder.iterdir()
        if one.is_file()
    }


def test_the_command_reports_and_writes_only_if_told_to(own, tmp_path):
    before = content(own)
    words = ("--city", own, "--folds", 2, "--rows", 200)
    done = run(*words)
    assert done.returncode == 0, done.stderr
    assert "nothing written" in done.stderr
    assert "lower bound" in done.stdout
    assert content(own) == before

    page_ = tmp_path / "page.md"
    done = run(*words, "--commit", "--report", page_)
    assert done.returncode == 0, done.stderr
    city = City.open(own)
    made = calibration_of(city)
    assert made.origin.rows == 200
    assert made.origin.synthetic
    text = page_.read_text(encoding="utf-8")
    assert "Synthetic 合成数据" in text
    assert version_of(city.manifest) in text
    after = content(own)
    changed = {name for name in after if before.get(name) != after[name]}
    assert changed == {"city.toml", f"{CALIBRATION_TABLE}.parquet"}


def test_the_command_refuses_what_it_cannot_use(own):
    for words, said in (
        (("--city", own, "--folds", 1), "folds is 1"),
        (("--city", own, "--report", own / "page.md"), "city folder"),
    ):
        done = run(*words)
        assert done.returncode == 2
        assert said in done.stderr
        assert "Traceback" not in done.stderr


# --- the demo city -------------------------------------------------------------------------------


def test_the_committed_calibration_is_of_the_committed_gazetteer_and_on_its_page(jianyang_folder):
    city = City.open(jianyang_folder)
    made = calibration_of(city)
    assert made is not None
    assert made.origin.synthetic
    text = (ROOT / "docs" / "addresses-accuracy.md").read_text(encoding="utf-8")
    assert "Synthetic 合成数据" in text
    assert f"gazetteer {made.origin.gazetteer}, rules {made.origin.rules}" in text
    for (level, fault), cell in made.cells.items():
        row = f"| {level} | {fault or 'none'} | {cell.n:,} | {cell.right:,} |"
        assert row in text


def test_a_page_of_a_real_city_does_not_say_that_it_is_made_up():
    measured = Measurement(SMALL, "g", 0, {})
    text = page(measured, table(door__=(500, 499)), "某市", "")
    assert "Synthetic" not in text
    assert "| door | none | 500 | 499 | 0.9980 |" in text


def test_the_kept_file_says_what_it_was_measured_on(own):
    opened = City.open(own)
    arrow = measure(opened, SMALL).table("2026-01-01", synthetic=True).to_arrow()
    about = json.loads(arrow.schema.metadata[b"weige_calibration"])
    assert about["gazetteer"] == version_of(opened.manifest)
    assert about["rules"]
    assert about["texts"] == 600
