"""Bands of equal density: where a place lies is what the map of heat says of it."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
import shapely
from scipy.interpolate import RegularGridInterpolator

from app.analysis.ground import Ground
from app.analysis.heat import Heat, HeatOptions, heat
from app.analysis.isobands import breaks_of, isobands, to_geojson
from app.errors import BadInputError
from app.locate import Locator
from tests.analysis.sets import YEAR, incidents_at


@pytest.fixture(scope="module")
def warm(locator: Locator, ground: Ground) -> Heat:
    rng = np.random.default_rng(3)
    places = np.clip(rng.normal((1.2, 0.9), (0.8, 0.4), (300, 2)), 0.001, (3.999, 1.999))
    return heat(incidents_at(locator, ground, places), ground, YEAR, options=HeatOptions(200.0))


def test_a_place_lies_in_the_band_of_its_density(warm: Heat, ground: Ground) -> None:
    bands = isobands(warm, ground)
    rng = np.random.default_rng(7)
    places = rng.uniform((0, 0), (4, 2), (3_000, 2)) * 0.01 + (104.5, 30.4)
    xy = ground.plane.to_metres(places)
    between = RegularGridInterpolator((warm.frame.north_of, warm.frame.east_of), warm.density)
    density = between(xy[:, ::-1])
    edges = [one.low for one in bands]
    wanted = np.searchsorted(edges, density, side="right") - 1
    covered = np.column_stack(
        [shapely.intersects_xy(one.shape, places[:, 0], places[:, 1]) for one in bands]
    )
    found = np.where(covered.any(axis=1), covered.argmax(axis=1), -1)
    assert (covered.sum(axis=1) <= 1).mean() > 0.999
    # Outlines are simplified by a small part of a cell.
    assert (found == wanted).mean() > 0.985
    assert np.abs(found - wanted).max() <= 1


def test_bands_do_not_overlap_and_end_at_the_border(
    warm: Heat, locator: Locator, ground: Ground
) -> None:
    whole = shapely.box(104.5, 30.4, 104.54, 30.42)
    bands = isobands(warm, ground)
    for one, other in itertools.combinations(bands, 2):
        # Less than a tenth of a cell in all, where outlines meet when they are simplified.
        assert shapely.intersection(one.shape, other.shape).area < 2e-8
    assert all(shapely.covers(whole.buffer(2e-6), one.shape) for one in bands)
    everywhere = heat(
        incidents_at(locator, ground, [[1.0, 1.0]]), ground, YEAR, options=HeatOptions(2_000.0)
    )
    bands = isobands(everywhere, ground, (1e-9, *breaks_of(everywhere)))
    together = sum(one.area_km2 for one in bands)
    assert together == pytest.approx(ground.shape(None).area / 1e6, rel=1e-6)


def test_every_class_says_its_unit(warm: Heat, ground: Ground) -> None:
    bands = isobands(warm, ground)
    found = json.loads(json.dumps(to_geojson(bands)))
    assert len(found["features"]) == len(bands) == 6
    for feature, band in zip(found["features"], bands, strict=True):
        said = feature["properties"]
        assert said["unit"] == "incidents per km² per month"
        assert "km² per month" in said["label"]
        assert "平方公里" in said["label_zh"]
        assert said["low"] == band.low
        shape = shapely.from_geojson(json.dumps(feature["geometry"]))
        assert shape.is_valid
        assert (
            np.abs(
                np.round(shapely.get_coordinates(shape), 6) - shapely.get_coordinates(shape)
            ).max()
            < 1e-9
        )
    assert found["features"][-1]["properties"]["high"] is None


def test_given_breaks_are_kept_and_empty_classes_too(warm: Heat, ground: Ground) -> None:
    top = float(warm.density.max())
    bands = isobands(warm, ground, (top / 2, top * 2))
    assert [one.low for one in bands] == [top / 2, top * 2]
    assert not bands[0].shape.is_empty
    assert bands[1].shape.is_empty
    assert len(to_geojson(bands)["features"]) == 1


def test_no_incidents_no_bands(locator: Locator, ground: Ground) -> None:
    cold = heat(incidents_at(locator, ground, []), ground, YEAR, options=HeatOptions(200.0))
    assert breaks_of(cold) == ()
    assert isobands(cold, ground) == ()
    assert to_geojson(()) == {"type": "FeatureCollection", "features": []}


@pytest.mark.parametrize("breaks", [(2.0, 1.0), (0.0, 1.0), (1.0, 1.0), (float("nan"),)])
def test_breaks_that_do_not_ascend_are_refused(
    warm: Heat, ground: Ground, breaks: tuple[float, ...]
) -> None:
    with pytest.raises(BadInputError, match="breaks"):
        isobands(warm, ground, breaks)


def test_other_schemes_class_the_cells(warm: Heat) -> None:
    for scheme in ("quantiles", "equal_interval", "fisher_jenks"):
        breaks = breaks_of(warm, scheme, 4)
        assert len(breaks) == 4
        assert all(low < high for low, high in itertools.pairwise(breaks))
    with pytest.raises(BadInputError, match="rainbow"):
        breaks_of(warm, "rainbow", 4)
