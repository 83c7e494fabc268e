"""The command lines of editions: one to import, one to put in force, one to take back."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from app.addresses.calibration import (
    CALIBRATION_TABLE,
    CalibrationTable,
    Cell,
    Origin,
    calibration_of,
    unused_calibration,
)
from app.addresses.gazetteer import Gazetteer
from app.addresses.index import version_of
from app.addresses.match import Level
from app.addresses.update import Options, prepare
from app.grids import City
from app.grids.diff import diff_cities
from app.grids.editions import Editions
from scripts import build_demo_generation, generations, import_grids, locate_points
from tests.cities import chessboard, square, with_tables
from tests.grids.boundaries import villages, write_files


def imported(folder: Path, *more: str) -> str:
    arguments = [folder / "SPEC.toml", "--out", folder / "city", "--commit", *more]
    done = CliRunner().invoke(import_grids.app, [str(one) for one in arguments])
    assert done.exit_code in {0, 1, 2}, done.exception
    return f"{done.exit_code} {done.stderr}"


def run(folder: Path, *more: str) -> str:
    name, *rest = more
    arguments = [name, str(folder / "city"), *rest]
    if name == "activate":
        arguments += ["--var", str(folder / "var")]
    done = CliRunner().invoke(generations.app, arguments)
    assert done.exit_code in {0, 2}, done.exception
    return f"{done.exit_code} {done.stdout}{done.stderr}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a city, and the files of its next edition."""
    write_files(tmp_path)
    more = ("--generation", "2026", "--valid-from", "2026-01-01")
    assert imported(tmp_path, *more).startswith("0")
    assert City.open(tmp_path / "city").manifest.generation == "2026", "the first one"
    wide = villages()
    wide.loc[wide["VCODE"] == "A00", "geometry"] = square(0, 0, 1.5)
    wide.loc[wide["VCODE"] == "A10", "geometry"] = square(1.5, 0, 0.5)
    write_files(tmp_path, village=wide)
    return tmp_path


def test_from_the_import_to_the_way_back(folder: Path) -> None:
    city = folder / "city"
    before = {one.name: one.read_bytes() for one in city.iterdir() if one.is_file()}
    said = imported(folder, "--generation", "june", "--valid-from", "2026-06-01")
    assert said.startswith("0")
    assert f"activate {city} june" in said
    assert {one.name: one.read_bytes() for one in city.iterdir() if one.is_file()} == before
    assert "inactive" in run(folder, "list")
    assert City.open(city).manifest.generation == "2026"
    assert "june answers today" in run(folder, "activate", "june")
    opened = City.open(city)
    assert opened.manifest.generation == "june"
    assert (folder / "var" / "derived").is_dir(), "tiles are there before it answers"
    assert run(folder, "activate", "june").startswith("2 ")
    assert "2026 answers today" in run(folder, "roll-back")
    assert run(folder, "roll-back").startswith("2 ")
    assert "no generation '2030'" in run(folder, "activate", "2030")


def test_an_edition_is_imported_again_until_it_is_in_force(folder: Path) -> None:
    more = ("--generation", "2028", "--valid-from", "2028-01-01")
    assert imported(folder, *more).startswith("0")
    assert imported(folder, *more).startswith("0")
    assert "2028 answers from 2028-01-01 on" in run(folder, "activate", "2028")
    assert "may be again" in imported(folder, *more)
    assert "remove them" in imported(folder), "the whole city is not replaced by one edition"
    assert len(Editions.read(folder / "city").all) == 2


def test_what_is_wrong_with_an_edition_is_told_when_it_is_put_in_force(folder: Path) -> None:
    wide = villages()
    wide.loc[wide["VCODE"] == "A10", "geometry"] = square(1.5, 0, 0.5)
    write_files(folder, village=wide)
    said = imported(folder, "--generation", "bad", "--valid-from", "2026-06-01")
    assert said.startswith("1")
    assert "its boundaries: 1 gaps" in run(folder, "activate", "bad")
    rows = {row.split()[0]: row for row in run(folder, "list")[2:].splitlines()}
    assert "1 gaps" in rows["bad"]
    assert "no defect" in rows["2026"]


def test_a_day_that_is_none_is_refused(folder: Path) -> None:
    said = imported(folder, "--generation", "x", "--valid-from", "June")
    assert said.startswith("2")
    assert "allowed is a day such as 2027-01-01" in said


def test_an_edition_takes_the_gazetteer_along_and_locates_it_in_its_own_boundaries(
    folder: Path,
) -> None:
    doors = folder / "doors.csv"
    doors.write_text("road,number,lon,lat\n东滨路,1,104.512,30.405\n", encoding="utf-8")
    prepare(folder / "city", [doors], Options()).write()
    assert "located in it" in imported(folder, "--generation", "june", "--valid-from", "2026-06-01")
    grids = []
    for place in (folder / "city", folder / "city" / "generations" / "june"):
        city = City.at(place)
        Gazetteer.open(city)
        grids += pd.read_parquet(place / "gazetteer.parquet")["grid"].tolist()
    assert grids == ["A10", "A00"]


def test_a_calibration_of_other_grids_is_not_used_and_both_commands_say_so(folder: Path) -> None:
    doors = folder / "doors.csv"
    doors.write_text("road,number,lon,lat\n东滨路,1,104.512,30.405\n", encoding="utf-8")
    prepare(folder / "city", [doors], Options()).write()
    city = City.at(folder / "city")
    origin = Origin(version_of(city.manifest), "r", "2026-05-01", 1, 1, 1, 2, True)
    table = CalibrationTable({(Level.DOOR, ""): Cell(300, 299)}, origin).to_arrow()
    with_tables(city, **{CALIBRATION_TABLE: table})
    assert unused_calibration(folder / "city") == ""
    place = folder / "city" / "generations" / "june"
    command = f"python -m scripts.calibrate_addresses --city {place} --commit"
    assert command in imported(folder, "--generation", "june", "--valid-from", "2026-06-01")
    assert calibration_of(City.at(place)) is None
    assert command in run(folder, "activate", "june")


def test_rows_are_located_by_the_edition_of_a_day(folder: Path) -> None:
    imported(folder, "--generation", "june", "--valid-from", "2026-06-01")
    run(folder, "activate", "june")
    (folder / "points.csv").write_text("lon,lat\n104.512,30.405\n", encoding="utf-8")
    out = folder / "out.csv"
    grids = []
    for more in (["--on", "2026-05-31"], ["--on", "2026-06-01"], []):
        arguments = [folder / "points.csv", "-o", out, "--city", folder / "city", *more]
        assert CliRunner().invoke(locate_points.app, [str(one) for one in arguments]).exit_code == 0
        grids += pd.read_csv(out)["village_code"].tolist()
    assert grids == ["A10", "A00", "A00"]


def test_the_demo_gets_an_edition_that_is_made_up(tmp_path: Path) -> None:
    city = chessboard(tmp_path / "board")
    numbers = [
        "--split",
        "0",
        "--merged",
        "1",
        "--redrawn",
        "1",
        "--renamed",
        "1",
        "--recoded",
        "1",
    ]
    arguments = [str(city.folder), "--valid-from", "2026-06-01", *numbers, "--moved", "0"]
    done = CliRunner().invoke(build_demo_generation.app, arguments)
    assert done.exit_code == 0, done.output
    place = city.folder / "generations" / "2027-demo"
    counts = diff_cities(city, City.at(place)).layer("cell").counts
    assert (counts["merged"], counts["redrawn"], counts["renamed"], counts["recoded"]) == (
        2,
        2,
        1,
        1,
    )
    assert CliRunner().invoke(build_demo_generation.app, arguments).exit_code == 0, "until in force"
