"""The picture shows the index as it is, and the index fits the shapes: leaves, bands, the walk."""

from __future__ import annotations

import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import shapely

from app.grids import City
from app.locate.cell_engine import CellEngine
from app.locate.cells import BAND
from scripts.cell_walk import Window, crossings_of
from scripts.draw_cells import COLUMNS, LETTERS, ROWS, Picture
from tests.commands import run_here

ROOT = Path(__file__).resolve().parent.parent.parent
SVG = "{http://www.w3.org/2000/svg}"
PLACE = (104.4543, 30.4372)
# Blocks; a tenth of a millimetre, and less area than that of a pixel of any picture.
CLOSE, NOTHING = 1e-6, 1e-9


@pytest.fixture(scope="module")
def window(jianyang_folder: Path) -> Window:
    return Window(City.open(jianyang_folder), *PLACE, COLUMNS, ROWS)


def draw(*options: str) -> subprocess.CompletedProcess[str]:
    return run_here("draw_cells", *options)


def texts(svg: str) -> list[str]:
    return [one.text or "" for one in ET.fromstring(svg).iter(f"{SVG}text")]


def test_the_command_draws_the_picture_of_the_docs(
    jianyang_folder: Path, tmp_path: Path, window: Window
) -> None:
    out = tmp_path / "cells.svg"
    done = draw("--city", str(jianyang_folder), "-o", str(out))
    assert done.returncode == 0, done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["cells.svg"]
    words = texts(out.read_text(encoding="utf-8"))
    assert texts((ROOT / "docs" / "cells.svg").read_text(encoding="utf-8")) == words
    walk = window.best_walk()
    assert any(word.startswith(f"{window.block_m:.0f} 米的块") for word in words)
    assert any(word.startswith(f"{window.block_m * walk.leaf.size:.0f} 米的叶") for word in words)
    assert {"分成叶的块", "block divided into leaves", "中心 centre"} <= set(words)
    for letter, grid in zip(LETTERS, walk.candidates, strict=False):
        assert words.count(letter) == 2
        assert f"…{window.codes[grid][-9:]}" in words


def test_the_leaves_fill_the_window_and_every_kind_of_block_is_seen(window: Window) -> None:
    boxes = np.array([leaf.box for leaf in window.leaves])
    assert shapely.area(boxes).sum() == COLUMNS * ROWS
    assert shapely.union_all(boxes).equals(shapely.box(0, 0, COLUMNS, ROWS))
    assert {len(block) for block in window.blocks} >= {1, 4, 16, 64}
    assert 0 < window.filled_share < 1


def test_blocks_that_one_grid_fills_are_off_every_border(window: Window) -> None:
    borders = shapely.union_all(window.lines)
    for block in window.blocks:
        whole = shapely.box(*block[0].corner, *np.add(block[0].corner, 1))
        covers = np.flatnonzero(shapely.contains_properly(window.polygons, whole))
        if len(block) == 1 and block[0].is_filled:
            assert covers.tolist() == [block[0].above] == [block[0].below]
        else:
            assert shapely.distance(borders, whole) <= 3e-5


def test_bands_hide_every_border_and_the_sides_lie_in_their_grids(window: Window) -> None:
    borders = shapely.union_all(window.lines)
    shapely.prepare(borders)
    for leaf in window.leaves:
        parts = [leaf.band, *(side for _, side in leaf.sides)]
        assert sum(shapely.area(parts)) == pytest.approx(leaf.size**2, abs=NOTHING)
        for grid, side in leaf.sides:
            if not side.is_empty:
                assert grid >= 0
                assert shapely.difference(side, window.polygons[grid]).area < NOTHING
                assert not shapely.intersects(borders, side.buffer(-CLOSE))


def test_sign_and_walk_answer_as_the_kernels_and_the_shapes_do(
    jianyang_folder: Path, window: Window
) -> None:
    rng = np.random.default_rng(4)
    # Anywhere, and in the bands, where the record is asked.
    bands = [leaf for leaf in window.leaves if leaf.band.area > NOTHING]
    seeds = rng.choice(len(bands), 300)
    asked = [(leaf, rng.uniform(0, 1, 2)) for leaf in window.leaves[::5]]
    for seed in seeds:
        corners = shapely.get_coordinates(bands[seed].band)[:-1]
        xy = rng.dirichlet(np.ones(len(corners))) @ corners
        asked.append((bands[seed], (xy - [bands[seed].x, bands[seed].y]) / bands[seed].size))
    found, places, walked = [], [], 0
    for leaf, local in asked:
        x, y = np.array([leaf.x, leaf.y]) + local * leaf.size
        number = leaf.number_at(x, y)
        places.append((x, y))
        if abs(number) >= BAND:
            found.append(leaf.above if number > 0 else leaf.below)
            continue
        walk = window.walk(leaf, *local)
        assert walk is not None
        assert walk.inside == tuple(
            shapely.contains_xy(window.polygons[list(walk.candidates)], x, y).tolist()
        )
        found.append(walk.grid)
        walked += 1
    assert walked > 250
    xy = np.array(places)
    truth = [np.flatnonzero(shapely.intersects_xy(window.polygons, *one))[0] for one in xy]
    assert found == truth
    lon, lat = (xy / window.per_degree + window.corner).T
    layer = City.open(jianyang_folder).finest
    row = CellEngine(layer.geometry, window.index, 1).lowest(lon, lat)
    assert [window.codes[one] for one in found] == [str(layer.codes[one]) for one in row]


def test_the_walk_that_is_shown_leads_from_one_grid_to_another(window: Window) -> None:
    walk = window.best_walk()
    x, y = walk.on_window((walk.x, walk.y))
    assert abs(walk.leaf.number_at(x, y)) < BAND
    own = window.polygons[list(walk.candidates)]
    assert walk.inside == tuple(shapely.contains_xy(own, x, y).tolist())
    assert sum(walk.inside) == 1
    assert walk.inside != walk.centre
    for one in walk.crossings:
        place = shapely.Point(walk.on_window((one.x, one.y)))
        for grid in one.owners:
            assert shapely.distance(shapely.boundary(window.polygons[grid]), place) < CLOSE
    x, y = walk.on_window(walk.sure)
    number = walk.leaf.number_at(x, y)
    assert abs(number) >= BAND
    side = walk.leaf.above if number > 0 else walk.leaf.below
    assert shapely.contains_xy(window.polygons[side], x, y)


def test_the_rule_of_the_walk_is_that_of_even_and_odd() -> None:
    rng = np.random.default_rng(1)
    for _ in range(60):
        shape = shapely.convex_hull(shapely.MultiPoint(rng.uniform(-0.5, 1.5, (6, 2))))
        xy = shapely.get_coordinates(shape)
        ends = np.hstack([xy[:-1], xy[1:]])
        downward = ends[:, 1] > ends[:, 3]
        ends[downward] = ends[downward][:, [2, 3, 0, 1]]
        ax, ay, bx, by = (ends - 0.5).T
        up = np.where((ax > 0) != (bx > 0), ay - ax * (by - ay) / (bx - ax), np.inf)
        segments = np.column_stack([ay, by, ax, (bx - ax) / (by - ay), up])
        centre = shapely.contains_xy(shape, 0.5, 0.5)
        for x, y in rng.uniform(0, 1, (20, 2)):
            odd = len(crossings_of(segments, float(x), float(y))) % 2 == 1
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
