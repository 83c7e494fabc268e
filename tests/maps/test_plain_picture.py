"""Pictures without a browser: what is drawn is the layer, and nothing is left behind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageColor

from app.analysis.ground import Ground
from app.analysis.selection import read_table
from app.errors import UnavailableError
from app.incidents.policy import Policy
from app.locate import Locator
from app.maps import plain_picture
from app.maps.elements import Shapes
from app.maps.order import make_layer, period_of
from app.maps.plain_map import OVER, draw_map, textured
from app.maps.plain_picture import chinese_font, draw_plain
from app.maps.question import Question
from app.maps.scope import find_area, scope_of
from app.maps.specs import parse_spec

POLICY = Policy.read()
_SIZE = (600, 400)


@pytest.fixture(scope="module")
def question(jianyang_folder: Path) -> Question:
    """Return the question for one town."""
    locator = Locator.open(jianyang_folder)
    ground = Ground(locator.city)
    found = read_table(locator, ground)
    return Question(
        scope=scope_of(locator.city, find_area(locator.city, "简城街道")),
        ground=ground,
        policy=POLICY,
        incidents=found,
        period=period_of(found, POLICY),
        suppress=5,
    )


def colours(picture: Image.Image) -> dict[tuple[int, ...], int]:
    """Return how many pixels of each colour there are."""
    return {colour: count for count, colour in picture.convert("RGB").getcolors(1 << 24) or ()}


def test_a_picture_of_classes(question: Question, tmp_path: Path) -> None:
    target = tmp_path / "map.png"
    draw_plain(question, parse_spec("rates:all:count@ordinary"), "标题", target)
    with Image.open(target) as picture:
        assert picture.size == (plain_picture.WIDTH_PX, plain_picture.HEIGHT_PX)
        found = colours(picture)
    layer = make_layer(question, parse_spec("rates:all:count@ordinary"), Shapes({}))
    for mark, colour in enumerate(layer.options["colours"]):
        if str(mark) in layer.options["classes"]:
            # More than the swatch of the legend.
            assert found[ImageColor.getrgb(colour)] > 1_000
    assert list(tmp_path.iterdir()) == [target]


def test_every_band_of_heat_has_its_colour(question: Question) -> None:
    """Let through to the land, and drawn once: a band has a hole where a higher one lies."""
    layer = make_layer(replace(question, window_months=12), parse_spec("heat:all"), Shapes({}))
    found = colours(draw_map(question, layer, _SIZE, chinese_font(16)))
    land = ImageColor.getrgb(question.palette.map["land"])
    bands = layer.options["frames"][0]["bands"]
    assert len(bands) >= 4
    for band in bands:
        own = ImageColor.getrgb(layer.options["colours"][band["at"]])
        wanted = [0.86 * one + 0.14 * other for one, other in zip(own, land, strict=True)]
        near = [
            count
            for colour, count in found.items()
            if all(abs(one - other) <= 2 for one, other in zip(colour, wanted, strict=True))
        ]
        assert sum(near) > 100, band["at"]


def test_a_hot_spot_has_its_texture(question: Question, tmp_path: Path) -> None:
    target = tmp_path / "map.png"
    draw_plain(question, parse_spec("hotspots:all"), "标题", target)
    layer = make_layer(question, parse_spec("hotspots:all"), Shapes({}))
    at = int(layer.options["classes"].replace("3", "")[0], 36)
    colour, texture = layer.options["colours"][at], layer.options["textures"][at]
    side = 12 * OVER
    tile = textured(texture, colour, (2 * side, side))
    found = colours(tile)
    assert found.keys() == {ImageColor.getrgb(colour), ImageColor.getrgb(texture["ink"])}
    assert 0.05 < found[ImageColor.getrgb(texture["ink"])] / (2 * side * side) < 0.5
    assert tile.crop((0, 0, side, side)).tobytes() == tile.crop((side, 0, 2 * side, side)).tobytes()
    with Image.open(target) as picture:
        assert colours(picture)[ImageColor.getrgb(texture["ink"])] > 20


def test_numbers_are_discs(question: Question) -> None:
    layer = make_layer(question, parse_spec("incidents"), Shapes({}))
    found = colours(draw_map(question, layer, _SIZE, chinese_font(16)))
    assert found[ImageColor.getrgb(str(layer.options["colour"]))] > 500
    shown = [count for one in layer.options["levels"] for count in one["counts"] if count]
    assert min(shown) >= 5


def test_without_a_font_nothing_is_drawn(
    question: Question, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain_picture, "_FONTS", ())
    with pytest.raises(UnavailableError, match="font"):
        draw_plain(question, parse_spec("rates:all:count"), "标题", tmp_path / "map.png")
    assert list(tmp_path.iterdir()) == []
