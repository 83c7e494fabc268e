"""city.toml: written and read back unchanged, and refused with every fault named."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import CityError
from app.grids import BaseLayer, Level, Manifest, Overlay, Source

PLAIN = Manifest(
    id="demo",
    name="示例市",
    metric_crs="EPSG:4544",
    generation="2026",
    valid_from=date(2026, 1, 1),
    levels=(Level("town", "镇街", "towns.parquet", 22), Level("cell", "网格", "cells.parquet")),
    overlays=(Overlay("campus", "专属网格", "campus.parquet", "town", 5),),
    bases=(BaseLayer("water", "水系", "water.parquet"),),
    sources=(Source("outline", "somewhere", "MIT", "gcj02"),),
    synthetic='says "so"\nin two lines \\ and a backslash',
    outside_file="outside.parquet",
    tables={"staff": "staff.parquet"},
    sha256={"towns.parquet": "ab" * 32},
)

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)


@given(texts, texts, st.dates(), st.one_of(st.none(), st.integers(0, 10**6)))
def test_a_manifest_is_read_back_as_it_was_written(
    name: str, synthetic: str, day: date, expected: int | None
) -> None:
    levels = (Level("town", name, "towns.parquet", expected), *PLAIN.levels[1:])
    manifest = dataclasses.replace(
        PLAIN, name=name, synthetic=synthetic, valid_from=day, levels=levels
    )
    assert Manifest.from_toml(manifest.to_toml()) == manifest


def test_files_are_listed_once_in_a_fixed_order() -> None:
    assert PLAIN.files == (
        "towns.parquet",
        "cells.parquet",
        "campus.parquet",
        "water.parquet",
        "outside.parquet",
        "staff.parquet",
    )


def test_the_content_hash_follows_the_files_and_nothing_else() -> None:
    renamed = dataclasses.replace(PLAIN, name="other")
    changed = dataclasses.replace(PLAIN, sha256={"towns.parquet": "cd" * 32})
    assert renamed.content_hash == PLAIN.content_hash != changed.content_hash


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"levels": ()}, "no \\[\\[levels\\]\\]"),
        ({"id": "Demo City"}, "'Demo City'"),
        ({"levels": (PLAIN.levels[0], PLAIN.levels[0])}, "'town' is used twice"),
        ({"overlays": (Overlay("campus", "x", "c.parquet", "street"),)}, "'street'"),
        ({"outside_file": "../outside.parquet"}, "plain file name"),
        ({"tables": {"staff": "/etc/passwd"}}, "plain file name"),
    ],
)
def test_what_no_city_can_have_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(CityError, match=words):
        dataclasses.replace(PLAIN, **change)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("= nonsense", "is not TOML"),
        ("format = 99", "format 99"),
        ("", "format None"),
        ("format = 1", "'city'"),
        ("format = 1\n[city]\ncolour = 'red'", "colour"),
    ],
)
def test_a_file_that_is_not_a_manifest_is_refused(text: str, words: str) -> None:
    with pytest.raises(CityError, match=words):
        Manifest.from_toml(text, "city.toml")
