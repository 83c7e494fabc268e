"""scripts.export_grids: files, exit codes, what it says."""

from __future__ import annotations

from pathlib import Path

import pyogrio
import pytest

from app.grids import City
from tests.cities import chessboard
from tests.commands import run_here


@pytest.mark.parametrize("suffix", [".gpkg", ".zip", ".geojson", ".kml", ".fgb"])
def test_the_extension_says_the_format(board: City, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"grids{suffix}"
    done = run_here("export_grids", board.folder, "--level", "cell", "-o", path)
    assert done.returncode == 0, done.stderr
    assert "8 grids of 示例市" in done.stderr
    assert "测试数据" in done.stderr
    assert sorted(pyogrio.read_dataframe(path)["code"]) == board.layer("cell").codes.tolist()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--level", "cell", "-o", "x.dxf"), "ends with '.dxf', allowed are .gpkg"),
        (("--level", "none", "-o", "x.gpkg"), "no level 'none'"),
        (("--level", "cell", "-o", "x.kml", "--crs", "gcj02"), "WGS-84 by its own definition"),
        (("--level", "cell", "-o", "none/x.kml"), "there is no folder"),
        (("--level", "cell", "-o", "x.kml", "--on", "1999-01-01"), "1999-01-01"),
    ],
)
def test_what_cannot_be_is_refused(
    board: City, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    options = [str(tmp_path / one) if one.startswith(("x.", "none/")) else one for one in words]
    done = run_here("export_grids", board.folder, *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert not list(tmp_path.iterdir())


def test_it_writes_into_no_city_folder(tmp_path: Path) -> None:
    """What is not its own would keep the next import from exchanging the folder."""
    city = chessboard(tmp_path / "city")
    for place in (city.folder, city.folder / "generations"):
        place.mkdir(exist_ok=True)
        done = run_here("export_grids", city.folder, "--level", "cell", "-o", place / "x.gpkg")
        assert done.returncode == 2
        assert f"lies in the city folder {city.folder}" in done.stderr
    assert not list(tmp_path.rglob("x.gpkg"))


def test_it_speaks_chinese(board: City, tmp_path: Path) -> None:
    done = run_here(
        "export_grids", board.folder, "--level", "cell", "-o", tmp_path / "x.dxf", lang="zh_CN"
    )
    assert "扩展名为 '.dxf'" in done.stderr
