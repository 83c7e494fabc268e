from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from app.errors import CityError
from app.grids import AllowedGap, Level, Manifest
from app.grids.attributes import malformed, same_names, sizes
from app.grids.certify import certify
from app.maps.quality_places import places_of
from tests.cities import layer, make_city, square


def texts(*values):
    return np.array(values, dtype=object)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("510185 001", "white space"),
        ("510185001\n", "white space"),
        ("51018５001", "full-width"),
        ("5.10185E+14", "rounded number"),
        ("510185001.0", "decimals"),
        ("510185\u200b001", "cannot be seen"),
    ],
)
def test_a_code_that_cannot_be_right_is_malformed(code, says):
    (found,) = malformed(texts("510185001", code), None, ())
    assert found.code == code
    assert says in found.reason


@pytest.mark.parametrize("code", ["510185001001-02-03", "510185001001-Z003", "A1", "东区-3", "3.5"])
def test_codes_that_somebody_may_have_chosen_are_not(code):
    assert malformed(texts(code), None, ()) == []


def test_codes_are_held_against_a_pattern_but_for_those_that_the_import_gave():
    codes = texts("51-01", "51-1", "51-01~2", "?1")
    found = malformed(codes, r"\d{2}-\d{2}", {"51-01~2", "?1"})
    assert [(one.code, one.reason) for one in found] == [("51-1", r"does not match \d{2}-\d{2}")]


def test_names_are_compared_within_a_parent_and_empty_ones_are_not():
    codes, names = texts("A1", "A2", "A3", "A4", "B1"), texts("一", "一", "", "", "一")
    (found,) = same_names(codes, names, texts("A", "A", "A", "A", "B"))
    assert (found.name, found.parent, found.codes) == ("一", "A", ("A1", "A2"))


def test_sizes_are_told_where_they_are_known_and_a_range_is_stated():
    codes = texts("a", "b", "c", "d")
    frame = pd.DataFrame({"households": pd.array([29, 30, None, 101], dtype="Int64")})
    part = Level("cell", "格", "cell.parquet", households_min=30, households_max=100)
    assert [(one.code, one.households) for one in sizes(codes, frame, part)] == [
        ("a", 29),
        ("d", 101),
    ]
    assert sizes(codes, frame, Level("cell", "格", "cell.parquet")) == []
    assert sizes(codes, frame.drop(columns="households"), part) == []


def test_an_allowed_gap_is_listed_and_no_defect(tmp_path):
    lake = square(0.4, 0.4, 0.2, 0.2)
    cells = layer([("A1", "A", square(0, 0).difference(lake))])
    city = make_city(tmp_path / "c", {"town": layer([("A", "", square(0, 0))]), "cell": cells})
    frames = {one.id: city.frame(one.id) for one in city.levels}
    middle = lake.centroid
    allowed = (AllowedGap("湖", middle.x, middle.y, "cell"),)
    done = certify(replace(city.manifest, allowed_gaps=allowed), frames)
    assert done.ok
    (gap,) = done.level("cell").gaps
    assert gap.allowed == "湖"
    assert done.level("cell").warnings["allowed_gaps"] == 1
    assert "allowed: 湖" in done.to_text()
    assert done.level("cell").idle_gaps == ()
    elsewhere = (AllowedGap("湖", middle.x, middle.y, "town"),)
    assert not certify(replace(city.manifest, allowed_gaps=elsewhere), frames).ok


def test_an_allowed_gap_that_is_not_there_is_told_and_no_defect(tmp_path):
    lake = square(0.4, 0.4, 0.2, 0.2)
    cells = layer([("A1", "A", square(0, 0).difference(lake)), ("A2", "A", square(1, 0))])
    city = make_city(
        tmp_path / "c", {"town": layer([("A", "", square(0, 0, 2, 1))]), "cell": cells}
    )
    frames = {one.id: city.frame(one.id) for one in city.levels}
    there, filled, beyond = (lake.centroid, square(1, 0).centroid, square(5, 5).centroid)
    allowed = (
        AllowedGap("湖", there.x, there.y),  # of one level is enough
        AllowedGap("湖", filled.x, filled.y, "cell"),  # the name alone does not make it met
        AllowedGap("池", beyond.x, beyond.y),
        AllowedGap("塘", there.x, there.y, "town"),
    )
    done = certify(replace(city.manifest, allowed_gaps=allowed), frames)
    assert done.ok
    cell, town = done.level("cell"), done.level("town")
    assert [(one.name, one.lon, one.code) for one in cell.idle_gaps] == [
        ("湖", filled.x, "A2"),
        ("池", beyond.x, ""),
    ]
    assert [(one.name, one.code) for one in town.idle_gaps] == [("塘", "A")]
    assert (cell.warnings["idle_gaps"], town.warnings["idle_gaps"]) == (2, 1)
    text = done.to_text()
    assert f"湖 at {filled.x:.6f}, {filled.y:.6f}: grid A2 lies there" in text
    assert "that lies beyond all grids" in text
    assert "3 allowed gaps that are not there" in text
    told = done.to_dict()["levels"][1]["idle_gaps"][0]
    assert told == {"name": "湖", "lon": filled.x, "lat": round(filled.y, 8), "code": "A2"}
    places = [one for one in places_of(city, done.to_dict()) if one.kind == "idle_gaps"]
    assert [(one.level, one.codes, one.facts["allowed"]) for one in places] == [
        ("town", ("A",), "塘"),
        ("cell", ("A2",), "湖"),
        ("cell", (), "池"),
    ]
    assert places[1].ground.contains(filled)


def test_the_manifest_keeps_what_is_wished_and_refuses_what_cannot_be(tmp_path):
    city = make_city(tmp_path / "c", {"town": layer([("A", "", square(0, 0))])})
    level = replace(city.levels[0], code_pattern="[A-Z]", households_min=30, households_max=100)
    whole = replace(
        city.manifest, levels=(level,), allowed_gaps=(AllowedGap("湖", 104.5, 30.4, "town"),)
    )
    assert Manifest.from_toml(whole.to_toml()) == whole
    with pytest.raises(CityError) as caught:
        replace(
            whole,
            levels=(replace(level, code_pattern="[", households_min=50, households_max=40),),
            allowed_gaps=(AllowedGap("湖", 104.5, 30.4, "lake"),),
        )
    for says in ("code_pattern = '['", "households_min = 50", "names level 'lake'"):
        assert says in str(caught.value)
