"""The picture of the cells shows what is so: cells, walk and states, held against the shapes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import shapely

from app.grids import City
from scripts.cell_walk import Window, crossings_of
from scripts.draw_cells import COLUMNS, LETTERS, ROWS, Picture

ROOT = Path(__file__).resolve().parent.parent.parent
SVG = "{http://www.w3.org/2000/svg}"
PLACE = (104.4809, 30.416)


@pytest.fixture(scope="module")
def window(jianyang_folder: Path) -> Window:
    return Window(City.open(jianyang_folder), *PLACE, COLUMNS, ROWS)


def draw(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.draw_cells", *options],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def texts(svg: str) -> list[str]:
    return [one.text or "" for one in ET.fromstring(svg).iter(f"{SVG}text")]


def test_the_command_draws_the_picture_of_the_docs(
    jianyang_folder: Path, tmp_path: Path, window: Window
) -> None:
    out = tmp_path / "cells.svg"
    done = draw("--city", str(jianyang_folder), "-o", str(out))
    assert done.returncode == 0, done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["cells.svg"]
    drawn = out.read_text(encoding="utf-8")
    walk = window.best_walk()
    for svg in (drawn, (ROOT / "docs" / "cells.svg").read_text(encoding="utf-8")):
        words = texts(svg)
        assert {"点 point", "中心 centre", "边界格", "border cell"} <= set(words)
        assert f"{window.cell_m:.0f} 米的格子铺满全市，大多一读即得" in words
        for letter, grid in zip(LETTERS, walk.candidates, strict=False):
            assert words.count(letter) == 2
            assert f"…{window.codes[grid][-9:]}" in words


def test_filled_cells_lie_in_one_grid_and_border_cells_in_more(window: Window) -> None:
    cells = shapely.box(window.left, window.low, window.left + 1, window.low + 1)
    for cell, border in zip(cells, window.is_border, strict=True):
        whole = shapely.contains_properly(window.polygons, cell)
        assert whole.sum() == (0 if border else 1)


def test_the_walk_ends_in_the_grids_that_contain_the_point(window: Window) -> None:
    walk = window.best_walk()
    x, y = walk.column + walk.x, walk.row + walk.y
    own = window.polygons[list(walk.candidates)]
    assert walk.inside == tuple(shapely.contains_xy(own, x, y).tolist())
    assert sum(walk.inside) == 1
    assert walk.inside != walk.centre
    marks = np.array([(one.x + walk.column, one.y + walk.row) for one in walk.crossings])
    for place, one in zip(marks, walk.crossings, strict=True):
        for grid in one.owners:
            border = shapely.boundary(window.polygons[grid])
            assert shapely.distance(border, shapely.Point(place)) < 1e-9


def test_the_rule_of_the_walk_is_that_of_even_and_odd() -> None:
    rng = np.random.default_rng(1)
    for _ in range(60):
        shape = shapely.convex_hull(shapely.MultiPoint(rng.uniform(-0.5, 1.5, (6, 2))))
        xy = shapely.get_coordinates(shape)
        ends = np.hstack([xy[:-1], xy[1:]])
        downward = ends[:, 1] > ends[:, 3]
        ends[downward] = ends[downward][:, [2, 3, 0, 1]]
        centre = shapely.contains_xy(shape, 0.5, 0.5)
        for x, y in rng.uniform(0, 1, (20, 2)):
            odd = len(crossings_of(ends, float(x), float(y))) % 2 == 1
            assert shapely.contains_xy(shape, x, y) == (centre != odd)


def test_a_place_outside_the_city_is_an_error_and_nothing_is_written(
    jianyang_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "cells.svg"
    done = draw("--city", str(jianyang_folder), "-o", str(out), "--lon", "100", "--lat", "30")
    assert done.returncode == 2
    assert "grids lie around 100.0, 30.0" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_picture_is_the_same_each_time(window: Window) -> None:
    walk = window.best_walk()
    assert Picture(window, walk, "简阳市").svg() == Picture(window, walk, "简阳市").svg()
