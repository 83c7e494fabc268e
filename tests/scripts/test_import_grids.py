"""The command line that imports boundaries: reports, commits, and never leaves half a city."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
from typer.testing import CliRunner

from app.grids import City
from app.grids.certify import certify_city
from scripts.check_grids import app as check_app
from scripts.import_grids import app
from tests.cities import coverage, square
from tests.grids.boundaries import TOWN, VILLAGE, level, villages, write_files, write_spec

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments):
    return CliRunner().invoke(app, [str(one) for one in arguments])


def everything(folder):
    """Return the content of every file below a folder, by path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def with_a_gap():
    return villages()[lambda frame: frame["VCODE"] != "A00"]


# --- exit codes -------------------------------------------------------------------------------


def test_without_commit_it_reports_and_writes_nothing(tmp_path):
    write_files(tmp_path)
    before = everything(tmp_path)
    done = run(tmp_path / "SPEC.toml", "--out", tmp_path / "city")
    assert done.exit_code == 0
    assert "示例市 (demo)" in done.stdout
    assert "No defect found." in done.stdout
    assert "nothing written; with --commit" in done.stderr
    assert everything(tmp_path) == before
    assert not (tmp_path / "city").exists()


def test_with_commit_the_city_is_written(tmp_path):
    write_files(tmp_path)
    done = run(tmp_path / "SPEC.toml", "--out", tmp_path / "new" / "city", "--commit")
    assert done.exit_code == 0
    city = City.open(tmp_path / "new" / "city")
    assert [len(city.frame(one.id)) for one in (*city.levels, *city.overlays)] == [2, 8, 2]
    assert "written: " in done.stderr


@pytest.mark.parametrize("commit", [False, True])
def test_defects_give_exit_code_1_and_stop_nothing(tmp_path, commit):
    write_files(tmp_path, village=with_a_gap())
    done = run(
        tmp_path / "SPEC.toml", "--out", tmp_path / "city", *(["--commit"] if commit else [])
    )
    assert done.exit_code == 1
    assert "Defects: 1 gaps." in done.stdout
    assert (tmp_path / "city").exists() is commit
    if commit:
        assert not certify_city(City.open(tmp_path / "city")).ok


def test_the_report_is_the_certificate_as_json(tmp_path):
    write_files(tmp_path, village=with_a_gap())
    report = tmp_path / "report.json"
    done = run(tmp_path / "SPEC.toml", "--out", tmp_path / "city", "--commit", "--report", report)
    assert done.exit_code == 1
    text = report.read_text(encoding="utf-8")
    assert text == (tmp_path / "city" / "certificate.json").read_text(encoding="utf-8")
    village = json.loads(text)["levels"][1]
    assert (village["found"], village["defects"]["gaps"]) == (7, 1)


def test_the_map_of_the_findings_is_written_before_anything_is_committed(tmp_path):
    spec = write_files(tmp_path, village=with_a_gap())
    drawn = tmp_path / "found.html"
    done = run(spec, "--out", tmp_path / "city", "--map", drawn, "--language", "en")
    assert done.exit_code == 1
    assert f"map: {drawn}" in done.stderr
    assert not (tmp_path / "city").exists()
    page = drawn.read_text(encoding="utf-8")
    assert '<html lang="en"' in page
    assert "示例市" in page
    # With the city it is the very page that check_grids draws of it.
    run(spec, "--out", tmp_path / "city", "--commit", "--map", drawn)
    checked = tmp_path / "checked.html"
    CliRunner().invoke(check_app, [str(tmp_path / "city"), "--map", str(checked)])
    assert drawn.read_text(encoding="utf-8") == checked.read_text(encoding="utf-8")


@pytest.mark.parametrize("place", ["city/found.html", "villages.dbf", "SPEC.toml"])
def test_a_map_never_falls_on_an_input_or_into_the_city(tmp_path, place):
    spec = write_files(tmp_path)
    (tmp_path / "city").mkdir()
    before = everything(tmp_path)
    done = run(spec, "--out", tmp_path / "city", "--map", tmp_path / place)
    assert done.exit_code == 2
    assert everything(tmp_path) == before


UNUSABLE = {
    "missing file": (lambda spec: _spec(spec, source="none.shp"), "none.shp does not exist"),
    "unknown field": (lambda spec: _spec(spec, code_field="CODE"), "it has ['VCODE', 'VNAME'"),
    "unknown key": (lambda spec: _spec(spec, code="X"), "unknown key 'code', allowed are ['code_f"),
    "no crs": (lambda spec: (spec.parent / "villages.prj").unlink(), "State it: crs ="),
    "no toml": (lambda spec: spec.write_text("levels = [", encoding="utf-8"), "is not TOML"),
    "no spec": (lambda spec: spec.unlink(), "SPEC.toml cannot be read"),
    "broken file": (
        lambda spec: (spec.parent / "villages.shp").write_bytes(b"\0\0\x27\x0a"),
        "cannot be read as a vector file",
    ),
    "not a city": (lambda spec: _foreign(spec.parent / "city"), "it is not a city folder"),
    "another city": (lambda spec: _other_city(spec.parent), "holds the city 'other'"),
    "no crs in metres": (lambda spec: _spec(spec, metric_crs="EPSG:2263"), "EPSG:2263"),
}


def _spec(spec, **changes):
    metric = {key: changes.pop(key) for key in ("metric_crs",) if key in changes}
    write_spec(spec.parent, TOWN, {**VILLAGE, **changes}, **metric)


def _foreign(folder):
    folder.mkdir()
    (folder / "letter.txt").write_text("keep me")


def _other_city(folder):
    spec = write_spec(folder, TOWN, VILLAGE)
    spec.write_text(spec.read_text(encoding="utf-8").replace("demo", "other"), encoding="utf-8")
    assert run(spec, "--out", folder / "city", "--commit").exit_code == 0
    write_spec(folder, TOWN, VILLAGE)


@pytest.mark.parametrize("case", UNUSABLE)
@pytest.mark.parametrize("commit", [False, True])
def test_what_is_unusable_gives_exit_code_2_and_nothing_is_written(tmp_path, case, commit):
    spoil, says = UNUSABLE[case]
    spec = write_files(tmp_path)
    spoil(spec)
    before = everything(tmp_path)
    flags = ["--report", tmp_path / "report.json", *(["--commit"] if commit else [])]
    done = run(spec, "--out", tmp_path / "city", *flags)
    assert done.exit_code == 2, done.output
    assert says in done.stderr
    assert done.stdout == ""
    assert everything(tmp_path) == before


def test_a_report_that_has_no_place_is_refused_before_any_work(tmp_path):
    write_files(tmp_path)
    before = everything(tmp_path)
    for place in (tmp_path, tmp_path / "none" / "report.json"):
        done = run(tmp_path / "SPEC.toml", "--out", tmp_path / "c", "--commit", "--report", place)
        assert done.exit_code == 2
        assert "is not a place for a file" in done.stderr
    assert everything(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("SPEC.toml", "would overwrite the input"),
        ("towns.geojson", "would overwrite the input"),
        ("villages.shp", "would overwrite the input"),
        ("villages.dbf", "would overwrite the input"),
        ("campus.gpkg", "would overwrite the input"),
        ("link.json", "would overwrite the input"),
        ("hard.json", "would overwrite the input"),
        ("city/report.json", "would lie in the city folder"),
        ("city/city.toml", "would lie in the city folder"),
        ("city/../city/certificate.json", "would lie in the city folder"),
    ],
)
@pytest.mark.parametrize("commit", [False, True])
def test_a_report_never_overwrites_what_is_read(tmp_path, name, says, commit):
    spec = write_files(tmp_path)
    assert run(spec, "--out", tmp_path / "city", "--commit").exit_code == 0
    (tmp_path / "link.json").symlink_to(tmp_path / "towns.geojson")
    (tmp_path / "hard.json").hardlink_to(tmp_path / "campus.gpkg")
    before = everything(tmp_path)
    flags = ["--report", tmp_path / name, *(["--commit"] if commit else [])]
    done = run(spec, "--out", tmp_path / "city", *flags)
    assert done.exit_code == 2, done.output
    assert says in done.stderr
    assert everything(tmp_path) == before


def test_a_report_may_stand_beside_its_inputs_and_be_written_again(tmp_path):
    spec = write_files(tmp_path)
    for _ in range(2):
        done = run(spec, "--out", tmp_path / "city", "--report", tmp_path / "villages.json")
        assert done.exit_code == 0, done.output


def test_files_that_would_be_lost_are_told_and_stop_a_commit(tmp_path):
    spec = write_files(tmp_path)
    folder = tmp_path / "city"
    assert run(spec, "--out", folder, "--commit").exit_code == 0
    (folder / "SOURCES.md").write_text("keep me")
    before = everything(tmp_path)
    done = run(spec, "--out", folder)
    assert done.exit_code == 0
    assert f"refused as long as {folder} holds SOURCES.md" in done.stderr
    done = run(spec, "--out", folder, "--commit")
    assert done.exit_code == 2
    assert "would remove: SOURCES.md" in done.stderr
    assert done.stdout == ""
    assert everything(tmp_path) == before


# --- a killed run -----------------------------------------------------------------------------


WRITING = "city.*.partial/top.parquet"


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Return a folder with a boundary set that takes a moment to write."""
    folder = tmp_path_factory.mktemp("large")
    cells = coverage(5, 3000)
    frame = gpd.GeoDataFrame(
        {"c": [f"c{i:04d}" for i in range(len(cells))], "n": "格"}, geometry=cells, crs="EPSG:4326"
    )
    pyogrio.write_dataframe(frame, folder / "cells.gpkg")
    top = gpd.GeoDataFrame({"c": ["t"], "n": ["市"]}, geometry=[square(0, 0, 4, 4)], crs=4326)
    pyogrio.write_dataframe(top, folder / "top.gpkg")
    write_spec(folder, level("top", "top.gpkg", "c", "n"), level("cell", "cells.gpkg", "c", "n"))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_run_leaves_the_old_city_whole_or_the_new_one(tmp_path, large, number):
    folder = tmp_path / "city"
    write_files(tmp_path)
    assert run(tmp_path / "SPEC.toml", "--out", folder, "--commit").exit_code == 0
    before = everything(folder)
    command = [sys.executable, "-m", "scripts.import_grids", str(large / "SPEC.toml")]
    with subprocess.Popen(
        [*command, "--out", str(folder), "--commit"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        while process.poll() is None and not list(tmp_path.glob(WRITING)):
            time.sleep(0.001)
        # Nothing happens if it is over already.
        process.send_signal(number)
    city = City.open(folder)
    if len(city.frame(city.levels[-1].id)) == 8:
        assert everything(folder) == before
    else:
        assert len(city.frame("cell")) == 3000
    if number is signal.SIGINT:
        # On a busy machine the signal may come when the run is over.
        assert process.returncode == 130 or len(city.frame(city.levels[-1].id)) == 3000
        assert not list(tmp_path.glob("*.partial"))
    again = run(large / "SPEC.toml", "--out", folder, "--commit")
    assert again.exit_code == 0, again.output
    assert len(City.open(folder).frame("cell")) == 3000
    assert not list(tmp_path.glob("*.partial"))
