"""scripts.corrections with real files and databases: out, in again, elsewhere, edited, refused."""

from __future__ import annotations

import csv
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from app.accounts import Actor
from app.addresses.match import Query
from app.addresses.matcher import Matcher
from app.corrections.book import Book
from app.corrections.correction import State
from app.corrections.files import COLUMNS, amendments_in
from app.errors import BadInputError
from app.grids import City
from app.locate import Locator
from app.store import Database
from tests.commands import run_here
from tests.corrections.conftest import at
from tests.corrections.test_book import ALIAS, DOOR

ROOT = Path(__file__).resolve().parents[2]


def url_of(database: Database) -> str:
    url = database.engine.url.render_as_string(hide_password=False)
    return url.replace("postgresql+psycopg", "postgresql")


def run(*arguments: str | Path, language: str = "C") -> subprocess.CompletedProcess[str]:
    return run_here("corrections", *arguments, lang=language)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def exported(
    book: Book,
    streets: City,
    matcher: Matcher,
    dispatcher: Actor,
    database: Database,
    tmp_path: Path,
) -> Path:
    """Return a file with a door that was corrected twice, one undone, and a name."""
    first = book.add(dispatcher, DOOR, matcher)
    other = Actor.of(2, "=调度员 2", dispatcher.role)
    book.add(other, replace(DOOR, **at("A3"), replaces=first.id, note="=1+1"), matcher)
    gone = book.add(dispatcher, replace(DOOR, words={"road": "东滨路", "number": "14"}), matcher)
    book.undo(dispatcher, gone.id, "看错了")
    book.add(dispatcher, ALIAS, matcher)
    path = tmp_path / "out.csv"
    done = run("export", path, "--city", streets.folder, "--database", url_of(database))
    assert done.returncode == 0, done.stderr
    return path


def test_what_goes_out_comes_in_elsewhere_as_it_was(
    exported: Path, book: Book, streets: City, dispatcher: Actor, tmp_path: Path
) -> None:
    rows = read(exported)
    assert list(rows[0]) == list(COLUMNS)
    assert [row["state"] for row in rows] == ["replaced", "in_effect", "undone", "in_effect"]
    assert rows[1]["note"] == "'=1+1"
    # Masked: no phone stays in any cell of words (identifiers are random and may hold any digits).
    assert all("138" not in row["text"] + row["note"] for row in rows)

    url = f"sqlite:///{tmp_path / 'else.db'}"
    report = tmp_path / "report.csv"
    arguments = ("import", exported, "--city", streets.folder, "--database", url)
    tried = run(*arguments, "-o", report)
    assert tried.returncode == 0, tried.stderr
    assert "nothing was written" in tried.stderr
    assert [row["correction_status"] for row in read(report)] == ["new"] * 4
    elsewhere = Database(url)
    there = Book(elsewhere, Locator(streets))
    assert there.everything(dispatcher) == ()

    done = run(*arguments, "--commit")
    assert done.returncode == 0, done.stderr
    mine, its = book.everything(dispatcher), there.everything(dispatcher)
    told = [
        [
            (one.id, one.content, one.before, one.state, one.replaces, one.made_at, one.made_by,
             one.undone_at, one.undone_by, one.undo_note)
            for one in sorted(found, key=lambda one: one.id)
        ]
        for found in (mine, its)
    ]  # fmt: skip
    assert told[0] == told[1]
    assert book.in_effect().amendments.version == there.in_effect().amendments.version

    again = run(*arguments, "--commit", "-o", report)
    assert again.returncode == 0, again.stderr
    assert [row["correction_status"] for row in read(report)] == ["same"] * 4
    assert there.head() == 5
    elsewhere.close()


def test_the_command_line_and_the_server_reckon_with_the_same(
    exported: Path, book: Book, streets: City
) -> None:
    from_file = amendments_in(exported, streets)
    assert from_file == book.in_effect().amendments
    matcher = Matcher.open(streets, amendments=from_file)
    assert matcher.assign(Query("格A东滨路12号")).grid == "A3"
    assert matcher.assign(Query("格A太阳小区1栋")).grid == "A3"


def test_an_undoing_in_a_file_is_done_here_and_one_here_stays(
    exported: Path, book: Book, streets: City, database: Database, tmp_path: Path,
    dispatcher: Actor,
) -> None:  # fmt: skip
    rows = read(exported)
    alias = rows[3]
    alias |= {"undone_at": "2026-11-25T08:00:00+08:00", "undone_by": "数据专员", "undo_note": "x"}
    # It was undone here after the file was written.
    book.undo(dispatcher, rows[1]["id"])
    write(tmp_path / "edited.csv", rows)
    arguments = ("--city", streets.folder, "--database", url_of(database), "--commit")
    done = run("import", tmp_path / "edited.csv", *arguments)
    assert done.returncode == 0, done.stderr
    found = {one.id: one for one in book.everything(dispatcher)}
    assert found[alias["id"]].state is State.UNDONE
    assert found[alias["id"]].undone_by == "数据专员"
    assert found[rows[1]["id"]].state is State.UNDONE
    assert found[rows[0]["id"]].state is State.IN_EFFECT


def test_rows_of_ones_own_need_little_and_are_brought_once(
    book: Book, streets: City, database: Database, tmp_path: Path, dispatcher: Actor
) -> None:
    rows = [
        {"kind": "alias", "poi": "", "lon": "", "lat": "", "alias": "新学堂", "target_kind": "poi",
         "target": "红旗小学"},
        {"kind": "place", "poi": "红旗小学", "lon": "104.515", "lat": "30.415", "alias": "",
         "target_kind": "", "target": ""},
        {"kind": "place", "poi": "某处", "lon": "104.545", "lat": "30.405", "alias": "",
         "target_kind": "", "target": ""},
        {"kind": "rule", "poi": "某处", "lon": "", "lat": "", "alias": "", "target_kind": "",
         "target": ""},
        {"kind": "place", "poi": "某处", "lon": "东", "lat": "30.4", "alias": "",
         "target_kind": "", "target": ""},
    ]  # fmt: skip
    write(tmp_path / "own.csv", rows)
    arguments = ("import", tmp_path / "own.csv", "--city", streets.folder, "--commit",
                 "--database", url_of(database), "-o", tmp_path / "report.csv")  # fmt: skip
    done = run(*arguments, language="zh_CN.UTF-8")
    assert done.returncode == 1, done.stderr
    told = read(tmp_path / "report.csv")
    assert [row["correction_status"] for row in told] == ["new", "new"] + ["refused"] * 3
    assert [row["kind"] for row in told] == [row["kind"] for row in rows]
    assert "由新区管理" in told[2]["correction_reason"]
    assert "place、alias" in told[3]["correction_reason"]
    assert "不是数字" in told[4]["correction_reason"]
    # The name came first in the file, its place after it.
    matcher = Matcher.open(streets, amendments=book.in_effect().amendments)
    assert matcher.assign(Query("格A新学堂")).grid == "A4"
    assert run(*arguments).returncode == 1
    assert len(book.everything(dispatcher)) == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("id,text\nx,y\n", "kind"),
        ("kind,kind\nplace,place\n", "2 columns"),
        ("kind,correction_status\nplace,x\n", "correction_status"),
    ],
)
def test_a_file_that_is_none_is_refused(
    streets: City, tmp_path: Path, content: str, reason: str
) -> None:
    (tmp_path / "bad.csv").write_text(content, encoding="utf-8")
    done = run("import", tmp_path / "bad.csv", "--city", streets.folder, "--var", tmp_path)
    assert done.returncode == 2
    assert reason in done.stderr


def test_a_file_of_corrections_is_used_whole_or_not_at_all(exported: Path, streets: City) -> None:
    rows = read(exported)
    rows[1]["number"] = ""
    write(exported, rows)
    with pytest.raises(BadInputError, match="row 3"):
        amendments_in(exported, streets)


def test_an_export_without_a_database_is_refused(streets: City, tmp_path: Path) -> None:
    done = run("export", tmp_path / "o.csv", "--city", streets.folder, "--var", tmp_path / "none")
    assert done.returncode == 2
    assert "no database" in done.stderr
    assert not (tmp_path / "o.csv").exists()
