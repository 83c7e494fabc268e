"""The committed demo incidents: their numbers, and that space and season are believable."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from app.accounts import Actor
from app.demo.past import load_demo_incidents
from app.grids import City
from app.incidents.feed import Feed
from app.incidents.incident import Query
from app.incidents.ledger import Ledger
from app.incidents.lifecycle import OPEN, Move, Status
from app.incidents.policy import Policy
from app.locate import Locator
from app.store import Database
from tests.cities import chessboard

METRIC = "EPSG:4544"


@pytest.fixture(scope="module")
def city(jianyang_folder: Path) -> City:
    return City.open(jianyang_folder)


@pytest.fixture(scope="module")
def incidents(jianyang_folder: Path) -> gpd.GeoDataFrame:
    frame = pd.read_parquet(jianyang_folder / "incidents.parquet")
    frame["domain"] = frame["hazard"].str.partition(".")[0]
    frame["month"] = frame["occurred_at"].dt.tz_convert("Asia/Shanghai").dt.month
    points = gpd.points_from_xy(frame["lon"], frame["lat"], crs="EPSG:4326")
    return gpd.GeoDataFrame(frame, geometry=points).to_crs(METRIC)


def test_two_years_over_the_four_domains(incidents: gpd.GeoDataFrame) -> None:
    local = incidents["occurred_at"].dt.tz_convert("Asia/Shanghai")
    assert local.min() >= pd.Timestamp("2024-11-01", tz="Asia/Shanghai")
    assert local.max() < pd.Timestamp("2026-11-01", tz="Asia/Shanghai")
    assert local.dt.strftime("%Y-%m").nunique() == 24
    assert set(incidents["domain"]) == {"gas", "geological", "drowning", "fire", "other"}


def test_519_hazards_are_rectified(incidents: gpd.GeoDataFrame) -> None:
    rectified = incidents["outcome"] == "rectified"
    assert rectified.sum() == 519
    assert incidents.loc[rectified, ["verified_at", "closed_at"]].notna().all(axis=None)


def test_every_place_lies_in_the_city(incidents: gpd.GeoDataFrame, city: City) -> None:
    rows = Locator(city).locate_many(incidents["lon"], incidents["lat"])
    assert (rows >= 0).all()


def test_drowning_is_at_the_water_in_summer(incidents: gpd.GeoDataFrame, city: City) -> None:
    water = shapely.union_all(city.base("water").to_crs(METRIC).geometry.array)
    drowning = incidents[incidents["domain"] == "drowning"]
    assert drowning.distance(water).quantile(0.99) < 30.0
    elsewhere = incidents[incidents["domain"] == "gas"]
    assert elsewhere.distance(water).median() > 200.0
    assert drowning["month"].isin([6, 7, 8, 9]).mean() > 0.75


def test_gas_and_building_fires_are_where_people_live_close(
    incidents: gpd.GeoDataFrame, city: City
) -> None:
    rows = Locator(city).locate_many(incidents["lon"], incidents["lat"])
    micro = city.frame("micro")
    density = (micro["households"] / micro["area_km2"]).to_numpy()
    typical = np.median(density)
    for hazard in "gas.leak", "gas.appliance", "fire.building":
        assert np.median(density[rows[incidents["hazard"] == hazard]]) > 1.5 * typical
    assert np.median(density[rows[incidents["hazard"] == "fire.wildland"]]) < typical


def test_wildland_fires_peak_at_qingming(incidents: gpd.GeoDataFrame) -> None:
    wildland = incidents[incidents["hazard"] == "fire.wildland"]
    assert wildland["month"].value_counts().idxmax() == 4


def test_slides_come_in_clusters_of_rainy_months(incidents: gpd.GeoDataFrame) -> None:
    slides = incidents[incidents["domain"] == "geological"]
    assert slides["month"].isin([4, 5, 6, 7, 8, 9, 10]).all()
    days = slides["occurred_at"].dt.tz_convert("Asia/Shanghai").dt.date.nunique()
    assert days < 0.4 * len(slides)


@pytest.mark.slow
def test_loaded_they_have_their_histories(database: Database, city: City) -> None:
    locator, policy = Locator(city), Policy.read()
    now = datetime(2027, 2, 3, 4, 5, tzinfo=UTC)
    new = load_demo_incidents(database, locator, policy, now)
    assert load_demo_incidents(database, locator, policy, now + timedelta(days=3)) == 0
    ledger, reader = Ledger(database, policy), Actor.system("test")
    found = ledger.find(reader, Query(limit=10_000))
    assert found.total == new
    assert all(one.synthetic and "演示" in one.description for one in found.incidents)
    assert Counter(one.status for one in found.incidents)[Status.MERGED] > 50
    # What is open is of these days, and not all of it too late; what is over stays where it was.
    still_open = [one for one in found.incidents if one.status in OPEN]
    assert len(still_open) == 54
    assert all(now - timedelta(days=1) < one.updated_at <= now for one in still_open)
    assert 0.1 < np.mean([one.is_overdue(now) for one in still_open]) < 0.5
    ends = datetime(2026, 11, 2, tzinfo=UTC)
    assert all(one.updated_at < ends for one in found.incidents if one.status not in OPEN)
    feed, verified, at = Feed(database), set(), 0
    while events := feed.after(at):
        assert [one.seq for one in events] == list(range(at + 1, at + 1 + len(events)))
        verified |= {one.number for one in events if one.move is Move.VERIFY}
        at = events[-1].seq
    closed = [one for one in found.incidents if one.status is Status.CLOSED]
    assert sum(one.number in verified for one in closed) == 519


def test_a_city_without_demo_incidents_stays_empty(database: Database, tmp_path: Path) -> None:
    board = chessboard(tmp_path / "board")
    assert load_demo_incidents(database, Locator(board), Policy.read()) == 0
