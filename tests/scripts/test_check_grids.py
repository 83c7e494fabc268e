"""The command line that checks a city folder."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from scripts.check_grids import app
from scripts.import_grids import app as import_app
from tests.cities import chessboard, layer, make_city, square
from tests.grids.boundaries import TOWN, VILLAGE, villages, write_files, write_spec


def run(*arguments):
    return CliRunner().invoke(app, [str(one) for one in arguments])


def test_a_clean_city_gives_exit_code_0(tmp_path):
    chessboard(tmp_path / "city")
    done = run(tmp_path / "city", "--json", tmp_path / "out.json")
    assert done.exit_code == 0
    assert "No defect found." in done.stdout
    raw = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert [(one["id"], one["found"]) for one in raw["levels"]] == [
        ("town", 2),
        ("cell", 8),
        ("campus", 1),
    ]


def test_defects_give_exit_code_1_and_are_listed(tmp_path):
    cells = [("A1", "A", square(0, 0)), ("A2", "A", square(0.5, 0))]
    levels = {"town": layer([("A", "", square(0, 0, 2, 1))]), "cell": layer(cells)}
    make_city(tmp_path / "city", levels)
    done = run(tmp_path / "city")
    assert done.exit_code == 1
    assert "A1 with A2:" in done.stdout
    assert "Defects: 1 overlaps, 1 gaps." in done.stdout


def test_expected_counts_stand_against_those_found(tmp_path):
    write_files(tmp_path)
    spec = write_spec(tmp_path, {**TOWN, "expected": 3}, {**VILLAGE, "expected": 8})
    imported = CliRunner().invoke(
        import_app, [str(spec), "--out", str(tmp_path / "city"), "--commit"]
    )
    assert imported.exit_code == 1
    done = run(tmp_path / "city")
    assert done.exit_code == 1
    assert "Defects: 1 counts not as expected." in done.stdout
    (row,) = [line for line in done.stdout.splitlines() if line.startswith("│ town")]
    assert [cell.strip() for cell in row.split("│")][3:5] == ["3", "2"]


def test_the_certificate_is_the_one_that_the_import_gave(tmp_path):
    village = villages()
    village.loc[0, "VCODE"] = village.loc[1, "VCODE"]
    write_files(tmp_path, village=village)
    report = tmp_path / "report.json"
    arguments = [str(tmp_path / "SPEC.toml"), "--out", str(tmp_path / "city"), "--commit"]
    imported = CliRunner().invoke(import_app, [*arguments, "--report", str(report)])
    assert imported.exit_code == 1
    done = run(tmp_path / "city", "--json", tmp_path / "out.json")
    assert done.exit_code == 1
    assert (tmp_path / "out.json").read_bytes() == report.read_bytes()
    assert done.stdout == imported.stdout


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda folder: (folder / "city.toml").unlink(), "holds no city.toml"),
        (lambda folder: (folder / "cell.parquet").write_bytes(b"PAR1"), "cell.parquet has sha256"),
        (lambda folder: (folder / "cell.parquet").unlink(), "cell.parquet is missing"),
        (lambda folder: (folder / "city.toml").write_text("["), "is not TOML"),
    ],
)
def test_an_unusable_folder_gives_exit_code_2(tmp_path, spoil, says):
    chessboard(tmp_path / "city")
    spoil(tmp_path / "city")
    done = run(tmp_path / "city", "--json", tmp_path / "out.json")
    assert done.exit_code == 2
    assert says in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "out.json").exists()


def test_a_certificate_is_not_written_into_the_folder_that_is_checked(tmp_path):
    chessboard(tmp_path / "city")
    before = sorted((one.name, one.stat().st_mtime_ns) for one in (tmp_path / "city").iterdir())
    for name in ("city.toml", "cell.parquet", "new.json"):
        done = run(tmp_path / "city", "--json", tmp_path / "city" / name)
        assert done.exit_code == 2
        assert "would lie in the city folder" in done.stderr
    after = sorted((one.name, one.stat().st_mtime_ns) for one in (tmp_path / "city").iterdir())
    assert after == before


def test_a_folder_that_is_not_there_gives_exit_code_2(tmp_path):
    done = run(tmp_path / "none")
    assert done.exit_code == 2
    assert "is not a city folder" in done.stderr


@pytest.mark.slow
def test_the_demo_city_adds_up(jianyang_folder, tmp_path):
    done = run(jianyang_folder, "--json", tmp_path / "out.json")
    assert done.exit_code == 0, done.stdout
    raw = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert [(one["expected"], one["found"]) for one in raw["levels"]] == [
        (22, 22),
        (291, 291),
        (886, 886),
        (4951, 4951),
        (580, 580),
    ]
    assert raw["ok"]
