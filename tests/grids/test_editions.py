"""Editions of boundaries: each day has one, and a kill leaves what answered before."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import BadInputError, CityError, ConflictError
from app.grids import City
from app.grids.editions import (
    Editions,
    NoEditionError,
    activate,
    edition_folder,
    place_for,
    roll_back,
)
from app.grids.manifest import Level, Manifest
from app.grids.store import EDITIONS_NAME, exclusive, read_manifest, verify
from app.locate import Locator
from tests.cities import chessboard, with_tables
from tests.editions import POINT, add_edition, wider
from tests.grids.boundaries import write_files

ROOT = Path(__file__).resolve().parents[2]
JUNE, NEW_YEAR = date(2026, 6, 1), date(2027, 1, 1)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the chessboard with an inactive edition of June and one of the next year."""
    found = chessboard(tmp_path_factory.mktemp("prepared") / "board").folder
    add_edition(found, "june", JUNE, {"cell": wider(found)})
    add_edition(found, "2027", NEW_YEAR)
    return found


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    """Return a copy of it to change."""
    return Path(shutil.copytree(prepared, tmp_path / "board"))


def rename(folder: Path, name: str, new: str, day: date) -> None:
    """Make another edition of one, with another day."""
    place = (folder / "generations" / name).rename(folder / "generations" / new)
    made = replace(read_manifest(place), generation=new, valid_from=day)
    (place / "city.toml").write_text(made.to_toml(), encoding="utf-8")


def names(editions: Editions) -> list[str]:
    return [one.name for one in editions.in_force]


def test_a_folder_of_one_edition_is_its_own_edition(board: City) -> None:
    editions = Editions.read(board.folder)
    assert [(one.name, one.in_force, one.until) for one in editions.all] == [("1", True, None)]
    assert editions.current(date(2026, 7, 1)).folder == board.folder == edition_folder(board.folder)
    assert not (board.folder / EDITIONS_NAME).exists()


def test_an_imported_edition_answers_nothing_until_it_is_activated(folder: Path) -> None:
    assert names(Editions.read(folder)) == ["1"]
    assert [one.name for one in Editions.read(folder).all] == ["1", "june", "2027"]
    assert Locator.open(folder).locate(**POINT).codes["cell"] == "A2"
    activate(folder, "june")
    assert Locator.open(folder).locate(**POINT).codes["cell"] == "A1"
    assert City.open(folder).manifest.generation == "june"


def test_each_day_is_answered_by_its_edition(folder: Path) -> None:
    activate(folder, "2027")
    activate(folder, "june")
    editions = Editions.read(folder)
    assert [(one.name, one.valid_from, one.until) for one in editions.in_force] == [
        ("1", date(2026, 1, 1), JUNE),
        ("june", JUNE, NEW_YEAR),
        ("2027", NEW_YEAR, None),
    ]
    for day, name in [
        (date(2026, 5, 31), "1"), (JUNE, "june"), (date(2026, 12, 31), "june"),
        (NEW_YEAR, "2027"), (date(2050, 1, 1), "2027"),
    ]:  # fmt: skip
        assert editions.on(day).name == City.open(folder, day).manifest.generation == name
    assert Locator.open(folder, on=date(2026, 5, 1)).locate(**POINT).codes["cell"] == "A2"


def test_one_that_is_to_come_answers_from_its_day_on_by_itself(folder: Path) -> None:
    activate(folder, "2027")
    editions = Editions.read(folder)
    assert editions.current(NEW_YEAR - timedelta(days=1)).name == "1"
    assert editions.current(NEW_YEAR).name == "2027"


def test_before_the_first_day_there_is_none_but_today_is_always_answered(folder: Path) -> None:
    editions = Editions.read(folder)
    with pytest.raises(NoEditionError, match=r"2025-12-31; the first one, '1', holds from 2026"):
        editions.on(date(2025, 12, 31))
    assert editions.current(date(2025, 12, 31)).name == "1"


def test_an_edition_of_the_same_day_takes_the_place_and_a_roll_back_gives_it_back(
    folder: Path,
) -> None:
    rename(folder, "2027", "june-b", JUNE)
    activate(folder, "june")
    activate(folder, "june-b")
    assert names(Editions.read(folder)) == ["1", "june-b"]
    assert names(roll_back(folder)) == ["1", "june"]
    assert names(roll_back(folder)) == ["1"]
    with pytest.raises(ConflictError, match="no activation can be taken back"):
        roll_back(folder)
    assert names(Editions.read(folder)) == ["1"]


def test_a_way_back_to_what_is_gone_is_refused_before_anything_is_written(folder: Path) -> None:
    rename(folder, "2027", "june-b", JUNE)
    activate(folder, "june")
    activate(folder, "june-b")
    assert Editions.read(folder).was == ("1", "june")
    shutil.rmtree(folder / "generations" / "june")
    was = (folder / EDITIONS_NAME).read_bytes()
    with pytest.raises(CityError, match="june"):
        roll_back(folder)
    assert (folder / EDITIONS_NAME).read_bytes() == was
    assert names(Editions.read(folder)) == ["1", "june-b"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["june", "june-b", "2027", "old", "back"]), max_size=8))
def test_whatever_is_activated_and_taken_back_no_day_has_two_editions_or_none(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    # Their manifests alone decide.
    folder = tmp_path_factory.mktemp("city")
    first = Manifest("demo", "示例市", "EPSG:4544", "1", date(2026, 1, 1), (Level("x", "x", "x"),))
    days = {"june": JUNE, "june-b": JUNE, "2027": NEW_YEAR, "old": date(2020, 1, 1)}
    places = {"1": folder, **{name: folder / "generations" / name for name in days}}
    for name, place in places.items():
        place.mkdir(parents=True, exist_ok=True)
        made = replace(first, generation=name, valid_from=days.get(name, first.valid_from))
        (place / "city.toml").write_text(made.to_toml(), encoding="utf-8")
    states = [["1"]]
    for step in steps:
        if step != "back" and step not in states[-1]:
            states.append(names(activate(folder, step)))
        elif step == "back" and len(states) > 1:
            states.pop()
            roll_back(folder)
        editions = Editions.read(folder)
        assert names(editions) == states[-1]
        edges = [one.valid_from for one in editions.in_force]
        for day in {edge + timedelta(days=shift) for edge in edges for shift in (-1, 0, 1)}:
            holding = [one for one in editions.in_force if one.holds_on(day)]
            assert len(holding) == (day >= edges[0])


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "-2027", "2027.", "x" * 65, "a b", "7.partial"]
)
def test_a_name_that_cannot_be_a_folder_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(BadInputError, match="allowed are letters, digits"):
        place_for(folder, name)


def test_what_answers_or_may_again_is_not_written_over(folder: Path) -> None:
    assert place_for(folder, "新版_2028") == folder / "generations" / "新版_2028"
    assert place_for(folder, "june").is_dir()
    with pytest.raises(ConflictError):
        place_for(folder, "1")
    activate(folder, "june")
    rename(folder, "2027", "june-b", JUNE)
    activate(folder, "june-b")
    with pytest.raises(ConflictError, match="in force, or was"):
        place_for(folder, "june")


def test_a_file_of_editions_that_is_not_usable_says_so(folder: Path) -> None:
    activate(folder, "june")
    state = folder / EDITIONS_NAME
    for text, words in [
        ("in_force = [", "cannot be read"),
        ("format = 2\nin_force = ['1']", "is not usable"),
        ("format = 1\nin_force = []", "is not usable"),
        ("format = 1\nin_force = ['1', 3]", "is not usable"),
        ("format = 1\nin_force = ['1', 'gone']", r"puts \['gone'\] in force"),
    ]:
        state.write_text(text, encoding="utf-8")
        with pytest.raises(CityError, match=words):
            City.open(folder)
    (folder / "generations" / "june").rename(folder / "generations" / "other")
    state.write_text("format = 1\nin_force = ['1', 'other']", encoding="utf-8")
    with pytest.raises(CityError, match="holds the generation 'june'"):
        Editions.read(folder)


def test_a_folder_that_is_no_edition_is_told_and_keeps_none_from_answering(folder: Path) -> None:
    activate(folder, "june")
    shutil.copytree(folder / "generations" / "june", folder / "generations" / "june-backup")
    shutil.copytree(folder / "generations" / "june", folder / "generations" / "1")
    (folder / "generations" / "2030").mkdir()
    (folder / "generations" / "2030" / "city.toml").touch()
    editions = Editions.read(folder)
    assert [one.name for one in editions.all] == ["1", "june", "2027"]
    said = [one.message for one in editions.unusable]
    assert len(said) == 3
    assert all(any(name in one for one in said) for name in ("/1 ", "june-backup", "2030"))
    assert City.open(folder, date(2026, 7, 1)).manifest.generation == "june"
    assert [one.name for one in roll_back(folder).in_force] == ["1"]


def test_changing_tables_of_the_first_edition_keeps_the_others(folder: Path) -> None:
    activate(folder, "june")
    inode = (folder / "generations" / "june" / "cell.parquet").stat().st_ino
    table = City.open(folder, date(2026, 1, 1))
    with_tables(table, staff=table_of_staff())
    assert City.open(folder).manifest.generation == "june"
    assert [one.name for one in Editions.read(folder).all] == ["1", "june", "2027"]
    assert (folder / "generations" / "june" / "cell.parquet").stat().st_ino == inode
    assert City.open(folder, date(2026, 1, 1)).staff_of("A1")[0].label == "新"


def table_of_staff() -> pd.DataFrame:
    return pd.DataFrame({"code": ["A1"], "role": ["网格长"], "label": ["新"], "phone": [""]})


def test_who_changes_a_city_waits_for_who_does_and_then_finds_the_new_folder(folder: Path) -> None:
    with exclusive(folder):
        waiting = subprocess.Popen(
            [sys.executable, "-c", _LOCKS, str(folder / "generations" / "june")],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == "asks\n"
        # The folder is replaced while the other waits for it.
        folder.rename(folder.with_name("gone"))
        folder.mkdir()
        (folder / "city.toml").touch()
    assert waiting.communicate(timeout=60)[0] == f"has {folder.stat().st_ino}\n"


_LOCKS = """
import os, sys
from pathlib import Path
from app.grids.store import exclusive
folder = Path(sys.argv[1])
print("asks", flush=True)
with exclusive(folder):
    print("has", os.stat(folder.parent.parent).st_ino)
"""


# Every time that the work opens, makes, links or renames a file of the city, one more time than
# before passes until it is killed.
_DIES = """
import os, signal, sys
from datetime import date
from pathlib import Path
from app.grids.boundary_set import BoundarySet
from app.grids.editions import activate, roll_back
from app.grids.importer import import_boundaries
folder = Path(sys.argv[1])
spec = BoundarySet.read(folder.parent / "SPEC.toml")
WATCHED = {"open", "os.rename", "os.mkdir", "os.link", "os.remove", "os.rmdir", "os.scandir"}

def run(what, life):
    left = life
    def watch(event, arguments):
        nonlocal left
        if event in WATCHED and str(folder) in repr(arguments):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(watch)
    if what == "import":
        made.write(folder / "generations" / "2028", folder)
    elif what == "activate":
        activate(folder, "june")
    else:
        roll_back(folder)
    os._exit(0)

made = import_boundaries(spec, date(2028, 1, 1))
print("ready", flush=True)
for line in sys.stdin:
    what, life = line.split()
    child = os.fork()
    if not child:
        run(what, int(life))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def test_killed_anywhere_in_an_import_an_activation_or_a_way_back_an_edition_answers(
    tmp_path: Path,
) -> None:
    spec = write_files(tmp_path)
    text = spec.read_text(encoding="utf-8").replace(
        'name = "示例市"', 'name = "示例市"\ngeneration = "2028"', 1
    )
    spec.write_text(text, encoding="utf-8")
    folder = chessboard(tmp_path / "board").folder
    add_edition(folder, "june", JUNE, {"cell": wider(folder)})
    kept = digests(folder)
    ends = {"import": [], "activate": ["june"], "back": ["1"]}
    with subprocess.Popen(
        [sys.executable, "-c", _DIES, str(folder)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for what, end in ends.items():
            before = Editions.read(folder).current(date(2026, 7, 1)).name
            for life in range(200):
                process.stdin.write(f"{what} {life}\n")
                process.stdin.flush()
                code = int(process.stdout.readline())
                # An edition is there whole or not at all, and none that answered has changed.
                for one in Editions.read(folder).all:
                    verify(one.folder, one.manifest)
                manifest = Editions.read(folder).current(date(2026, 7, 1)).manifest
                assert manifest.generation in {before, *end}
                assert kept.items() <= digests(folder).items()
                if code == 0:
                    break
                assert code == -9
                if what != "import" and manifest.generation != before:
                    break  # killed after the one step that counts
            assert life >= 3
            assert manifest.generation == (end or [before])[0]
        process.stdin.close()
    assert City.open(folder / "generations" / "2028").finest.codes[0] == "A00"
    assert read_manifest(folder / "generations" / "2028").name == "示例市"
    assert not list(folder.rglob("*.partial")), "what killed runs left is removed by the next"


def digests(folder: Path) -> dict[str, bytes]:
    return {
        str(one.relative_to(folder)): one.read_bytes()
        for one in folder.rglob("*")
        if one.suffix in {".parquet", ".toml"}
        and "2028" not in str(one)
        and one.name != EDITIONS_NAME
    }
