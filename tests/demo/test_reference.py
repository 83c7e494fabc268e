"""The reference tables of the demo: they add up to what was published, and lie where they say."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from app.demo.reference import PROJECTS, make_reference
from app.grids import City
from app.grids.reference import REFERENCE_TABLES, Reference

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "geodata" / "jianyang"
FRAMES = ("towns", "general", "ordinary", "micro", "dedicated", "roads", "water", "outside")


@pytest.fixture(scope="module")
def city() -> City:
    return City.open(FOLDER)


@pytest.fixture(scope="module")
def reference(city: City) -> Reference:
    return Reference.open(city)


def table(name: str) -> pd.DataFrame:
    return pd.read_parquet(FOLDER / f"{name}.parquet")


def test_people_of_eight_groups_are_as_many_as_were_visited(reference: Reference) -> None:
    assert reference.people is not None
    assert reference.visits is not None
    assert len(reference.people.groups) == 8
    assert {"独居老人", "高龄老人", "残疾人"} <= {one.name for one in reference.people.groups}
    assert reference.people.people.sum() == 20_873
    assert (reference.people.people.sum(axis=0) > 0).all()
    assert reference.visits.people.sum() == 20_873
    visited = np.zeros_like(reference.people.people)
    np.add.at(visited, (reference.visits.row, reference.visits.group), reference.visits.people)
    assert (visited == reference.people.people).all()


def test_records_end_with_the_demo_s_last_day(reference: Reference) -> None:
    assert reference.last_day == date(2026, 10, 31)
    incidents = table("incidents").occurred_at.dt.tz_convert("Asia/Shanghai")
    assert incidents.max().date() == reference.last_day


def test_resident_groups_are_over_2000_and_reach_nearly_150_000(reference: Reference) -> None:
    assert reference.residents is not None
    assert 2_000 < len(reference.residents.ids) < 2_100
    assert 149_000 < reference.residents.members.sum() < 150_000
    assert reference.residents.members.min() >= 12


def test_estates_are_those_of_the_gazetteer_and_four_are_managed_by_trust() -> None:
    gazetteer = table("gazetteer")
    known = gazetteer[gazetteer.kind == "estate"]
    own = table("estates")
    assert list(zip(own.town, own.name, own.code, strict=True)) == list(
        zip(known.town, known.estate, known.grid, strict=True)
    )
    assert (own.management == "trust").sum() == 4
    assert set(own[own.management == "trust"].management_name) == {"信托制物业"}


def test_projects_are_as_many_of_each_kind_as_published() -> None:
    own = table("projects")
    assert own.kind.value_counts().to_dict() == {
        "micro_renewal": 22, "showcase_community": 7, "balcony": 7, "community_garden": 2,
        "heritage_scene": 4, "town_project": 22, "campaign": 6,
    }  # fmt: skip
    towns = own[own.kind == "town_project"]
    assert towns.code.is_unique
    assert towns.city_level.sum() == 6
    assert (own[own.kind == "campaign"].code == "").all()
    assert len(PROJECTS) == own.kind.nunique()


@pytest.mark.parametrize("name", ["stations", "sites"])
def test_places_lie_in_the_grid_that_they_name(city: City, name: str) -> None:
    own = table(name)
    shapes = city.finest.geometry[[city.finest.row_of[code] for code in own.code]]
    assert shapely.contains_xy(shapes, own.lon, own.lat).all()


def test_every_general_grid_has_a_fire_station(city: City) -> None:
    own = table("stations")
    fire = own[own.kind == "fire"]
    assert set(fire.code.str[:12]) == set(city.frame("general").code)


def test_sites_are_of_six_kinds_and_some_were_never_inspected() -> None:
    own = table("sites")
    assert set(own.kind) == {"gas_shop", "school", "market", "plant", "reservoir", "slope"}
    assert 0 < own.last_day.isna().sum() < 20


def test_tables_are_small_and_hold_no_person() -> None:
    size = sum((FOLDER / f"{name}.parquet").stat().st_size for name in REFERENCE_TABLES)
    assert size < 250_000
    assert list(table("special_people")) == ["code", "group", "people"]
    assert list(table("visits")) == ["code", "group", "last_day", "people"]


def test_the_tables_can_be_made_again_from_the_folder_alone() -> None:
    files: dict[str, pd.DataFrame | str] = {
        f"{name}.parquet": gpd.read_parquet(FOLDER / f"{name}.parquet") for name in FRAMES
    }
    files["gazetteer.parquet"] = table("gazetteer")
    made = make_reference(files, np.random.default_rng((510185, 9)))
    assert set(made) == {f"{name}.parquet" for name in REFERENCE_TABLES}
    for name, frame in made.items():
        pd.testing.assert_frame_equal(frame, pd.read_parquet(FOLDER / name))
