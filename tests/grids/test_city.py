"""A city folder: opened, checked, looked up in; written whole or not at all."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pytest

from app.errors import BadFileError, CityError, NotFoundError
from app.grids import City
from app.grids.store import write_city
from tests.cities import chessboard, layer, make_city, square
from tests.conftest import ROOT


def test_hierarchy(board: City) -> None:
    cell = board.find("B3")
    assert [grid.code for grid in board.chain(cell)] == ["B", "B3"]
    town = board.find("B")
    assert [grid.code for grid in board.children(town)] == ["B1", "B2", "B3", "B4"]
    assert board.children(cell) == ()
    assert [grid.code for grid in board.children(board.find("A"))][-1] == "K"
    assert [grid.code for grid in board.chain(board.find("K"))] == ["A", "K"]
    assert (board.finest.part.id, len(board.finest)) == ("cell", 8)
    assert board.name_of("B3") == "格B3"


def test_staff_by_role(board: City) -> None:
    assert [one.role for one in board.staff_of("A1")] == ["网格长"]
    assert board.staff_of("B1") == ()


def test_what_is_not_there_is_named_with_what_is(board: City) -> None:
    with pytest.raises(NotFoundError, match="'Z9'"):
        board.find("Z9")
    with pytest.raises(NotFoundError, match=r"'street'.*'cell'"):
        board.layer("street")
    with pytest.raises(NotFoundError, match="'roads'"):
        board.base("roads")


def test_the_same_code_on_two_levels_is_told_apart(tmp_path: Path) -> None:
    towns = layer([("1", "", square(0, 0, 2, 1))])
    cells = layer([("1", "1", square(0, 0)), ("2", "1", square(1, 0))])
    city = make_city(tmp_path / "same", {"town": towns, "cell": cells})
    assert city.find("1").part.id == "town"
    assert [grid.part.id for grid in city.chain(city.find("1", "cell"))] == ["town", "cell"]


def damage(change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame], folder: Path) -> None:
    """Write the chessboard with its cells changed, digests right."""
    city = chessboard(folder.with_name("whole"))
    files: dict[str, pd.DataFrame | str] = {
        name: gpd.read_parquet(city.folder / name)
        for name in city.manifest.files
        if name != "staff.parquet"
    }
    files["staff.parquet"] = pd.read_parquet(city.folder / "staff.parquet")
    files["cell.parquet"] = change(files["cell.parquet"])  # type: ignore[arg-type]
    write_city(folder, city.manifest, files)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda frame: frame.drop(columns="parent"), "lacks the columns"),
        (lambda frame: frame.assign(code=["A1", *frame.code[1:-1], "A1"]), "codes twice"),
        (lambda frame: frame.assign(code=["", *frame.code[1:]]), "without a code"),
        (lambda frame: frame.iloc[::-1], "not ordered by code"),
        (lambda frame: frame.assign(parent="X"), "name a parent"),
        (
            lambda frame: frame.set_geometry([None, *frame.geometry[1:]], crs=4326),
            "without a shape",
        ),
    ],
)
def test_a_folder_that_breaks_the_rules_is_not_opened(
    change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame], words: str, tmp_path: Path
) -> None:
    damage(change, tmp_path / "city")
    with pytest.raises(CityError, match=words):
        City.open(tmp_path / "city")


def test_another_crs_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(CityError, match="4544"):
        damage(lambda frame: frame.to_crs(4544), tmp_path / "city")
    assert not (tmp_path / "city").exists()


@pytest.mark.parametrize("name", ["cell.parquet", "staff.parquet"])
def test_a_changed_or_missing_file_is_named(tmp_path: Path, name: str) -> None:
    folder = chessboard(tmp_path / "city").folder
    file = folder / name
    content = file.read_bytes()
    file.write_bytes(content[:-1] + b"x")
    with pytest.raises(CityError, match=f"{name} has sha256"):
        City.open(folder)
    file.unlink()
    with pytest.raises(CityError, match=f"{name} is missing"):
        City.open(folder)


def test_a_folder_without_a_manifest_is_no_city(tmp_path: Path) -> None:
    with pytest.raises(CityError, match=r"holds no city\.toml"):
        City.open(tmp_path)


def test_writing_replaces_a_city_whole(tmp_path: Path) -> None:
    folder = tmp_path / "city"
    chessboard(folder)
    make_city(folder, {"cell": layer([("1", "", square(0, 0))])})
    assert City.open(folder).finest.codes.tolist() == ["1"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["city"]
    assert not (folder / "town.parquet").exists()


def test_a_failed_write_leaves_the_old_city(tmp_path: Path) -> None:
    folder = tmp_path / "city"
    old = chessboard(folder)
    frame = layer([("1", "", square(0, 0))])
    with pytest.raises(pa.ArrowInvalid):
        write_city(folder, old.manifest, dict.fromkeys(old.manifest.files, frame) | {
            "staff.parquet": frame.assign(code=object()),
        })  # fmt: skip
    assert City.open(folder).manifest == old.manifest
    assert sorted(path.name for path in tmp_path.iterdir()) == ["city"]


def test_a_folder_that_is_something_else_is_not_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "cat.jpg").write_bytes(b"cat")
    with pytest.raises(BadFileError, match=r"holds no city\.toml"):
        make_city(folder, {"cell": layer([("1", "", square(0, 0))])})
    assert (folder / "cat.jpg").read_bytes() == b"cat"
    shutil.rmtree(folder)
    folder.write_text("a file")
    with pytest.raises(BadFileError, match="is a file"):
        make_city(folder, {"cell": layer([("1", "", square(0, 0))])})


def test_files_must_be_those_of_the_manifest(tmp_path: Path, board: City) -> None:
    with pytest.raises(CityError, match="are not those of the manifest"):
        write_city(tmp_path / "city", board.manifest, {})


def test_staff_without_the_columns_is_not_opened(tmp_path: Path) -> None:
    city = chessboard(tmp_path / "city")
    files: dict[str, pd.DataFrame | str] = {
        name: gpd.read_parquet(city.folder / name)
        for name in city.manifest.files
        if name != "staff.parquet"
    }
    files["staff.parquet"] = pd.DataFrame({"grid": ["A1"], "role": ["长"]})
    write_city(city.folder, city.manifest, files)
    with pytest.raises(CityError, match=r"staff\.parquet lacks the columns \['code'"):
        City.open(city.folder)


def test_an_open_city_does_not_see_the_edition_that_replaces_it(tmp_path: Path) -> None:
    city = chessboard(tmp_path / "city")
    make_city(city.folder, {"cell": layer([("1", "", square(0, 0))])})
    assert [one.role for one in city.staff_of("A1")] == ["网格长"]
    assert city.outside["name"].tolist() == ["邻镇"]
    assert city.certificate == ""


KILLED = """
import os, sys
sys.path.insert(0, {root!r})
import app.grids.store as store
step = {step!r}
original = getattr(store, step)
def die(*words):
    if {after}:
        original(*words)
    os.kill(os.getpid(), 9)
setattr(store, step, die)
from pathlib import Path
from tests.cities import chessboard
chessboard(Path({folder!r}))
"""


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize(
    ("step", "after"), [("_write", True), ("digest", True), ("_swap", False), ("_swap", True)]
)
def test_a_killed_write_leaves_the_old_city_or_the_new_one(
    tmp_path: Path, step: str, after: bool, exists: bool
) -> None:
    folder = tmp_path / "city"
    if exists:
        make_city(folder, {"cell": layer([("1", "", square(0, 0))])})
    code = KILLED.format(root=str(ROOT), step=step, after=after, folder=str(folder))
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    done = step == "_swap" and after
    if done:
        assert len(City.open(folder).finest) == 8
    elif exists:
        assert len(City.open(folder).finest) == 1
    else:
        assert not folder.exists()
    # The next write removes what the killed one left.
    chessboard(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["city"]
    assert len(City.open(folder).finest) == 8


def test_several_writes_at_once_do_not_disturb_one_another(tmp_path: Path) -> None:
    folder = tmp_path / "city"
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from pathlib import Path\n"
        "from tests.cities import chessboard\n"
        f"for _ in range(5): chessboard(Path({str(folder)!r}))\n"
    )
    runs = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [run.wait(60) for run in runs] == [0, 0, 0]
    assert len(City.open(folder).finest) == 8
    chessboard(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["city"]
