"""Reference tables of the demo city: special groups, visits, stations, sites, groups, estates.

Sums are those that were published of 简阳 in mid-2023; where they lie, and everything else, is
invented. Nobody is named: people are counts.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from app.demo.hierarchy import largest_remainder
from app.demo.reference_places import LAST_DAY, make_sites, make_stations
from app.grids import reference as tables

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]

# Published in mid-2023. Of the resident groups only "over 2,000" and "nearly 150,000" are.
SPECIAL_PEOPLE = 20_873
RESIDENT_GROUPS, RESIDENTS = 2_046, 149_720
TRUST_ESTATES = 4
PROJECTS = {
    "micro_renewal": ("微更新项目", 22),
    "showcase_community": ("示范社区", 7),
    "balcony": ("最美阳台", 7),
    "community_garden": ("社区花园", 2),
    "heritage_scene": ("文化记忆场景", 4),
    "town_project": ("镇街治理项目", 22),
    "campaign": ("宣传活动", 6),
}
CITY_LEVEL_PROJECTS = 6

# The published number is of eight groups, of which the list is not published: the first three
# are named there, the others are made up. By share, and whether they live rather in the country.
_GROUPS = {
    "elderly_alone": ("独居老人", 0.17, 0.5),
    "elderly_80": ("高龄老人", 0.27, 0.2),
    "disabled": ("残疾人", 0.21, 0.2),
    "left_behind_children": ("留守儿童", 0.08, 0.9),
    "hardship_children": ("困境儿童", 0.03, 0.3),
    "destitute": ("特困人员", 0.06, 0.7),
    "low_income": ("低保对象", 0.12, 0.4),
    "severely_ill": ("重病患者", 0.06, 0.1),
}
# Mean days since the last visit, and how much ordinary grids differ in it (log).
_VISIT_DAYS, _VISIT_SPREAD, _VISIT_MOST = 21.0, 0.55, 240
_MANAGEMENT = {
    "trust": "信托制物业",
    "company": "专业物业服务企业",
    "residents": "业主自管",
    "community": "社区托管",
}
_MANAGEMENT_SHARES = {"company": 0.62, "residents": 0.20, "community": 0.18}


def make_reference(
    files: Mapping[str, pd.DataFrame | str], rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """Return the reference tables by their files.

    Parameters
    ----------
    files
        The frames of the city in degrees and of its gazetteer, as built or as read back.
    rng
        Where the randomness comes from.
    """
    frames = {name: one for name, one in files.items() if isinstance(one, pd.DataFrame)}
    micro = frames["micro.parquet"]
    people = _special_people(micro, rng)
    found = {
        tables.GROUPS_TABLE: pd.DataFrame(
            {"group": list(_GROUPS), "name": [name for name, _, _ in _GROUPS.values()]}
        ),
        tables.PEOPLE_TABLE: people,
        tables.VISITS_TABLE: _visits(people, micro, rng),
        tables.STATIONS_TABLE: make_stations(frames, rng),
        tables.SITES_TABLE: make_sites(frames, rng),
        tables.RESIDENTS_TABLE: _resident_groups(frames, rng),
        tables.ESTATES_TABLE: _estates(frames["gazetteer.parquet"], rng),
        tables.PROJECTS_TABLE: _projects(frames, rng),
    }
    return {f"{name}.parquet": _typed(one) for name, one in found.items()}


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame that is written alike whether its texts were made here or read back."""
    arrays = {}
    for name in frame.columns:
        plain = frame[name].dtype.kind in "bi"
        arrays[str(name)] = pa.array(frame[name].to_numpy(None if plain else object))
    typed: pd.DataFrame = pa.table(arrays).to_pandas(date_as_object=True)
    return typed


def _density(micro: pd.DataFrame) -> Floats:
    """Return households for each km², as a part of what the densest tenth has (1 at most)."""
    found = (micro["households"] / micro["area_km2"]).to_numpy(dtype=np.float64)
    return np.asarray(np.clip(found / np.quantile(found, 0.9), 0.0, 1.0))


def _special_people(micro: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the people of each group in each micro-grid; cells without anybody are left out."""
    households = micro["households"].to_numpy(dtype=np.float64)
    country = 1.0 - _density(micro)
    ageing = np.exp(rng.normal(0.0, 0.35, size=len(micro)))
    totals = largest_remainder(
        np.array([share for _, share, _ in _GROUPS.values()]), SPECIAL_PEOPLE
    )
    parts = []
    for (group, (_, _, rural)), total in zip(_GROUPS.items(), totals.tolist(), strict=True):
        weight = households * ageing * (1.0 - rural + rural * country + 0.05)
        people = rng.multinomial(total, weight / weight.sum())
        some = np.flatnonzero(people)
        parts.append(
            pd.DataFrame(
                {
                    "code": micro["code"].to_numpy(object)[some],
                    "group": group,
                    "people": people[some],
                }
            )
        )
    whole = pd.concat(parts, ignore_index=True)
    return whole.sort_values(["code", "group"], kind="stable", ignore_index=True)


def _visits(people: pd.DataFrame, micro: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return how many were visited last on which day: all of them once, as was published."""
    ordinary = dict(zip(micro["code"], micro["parent"], strict=True))
    above = np.array([ordinary[code] for code in people["code"]], dtype=object)
    office, place = np.unique(above.astype(str), return_inverse=True)
    mean_days = _VISIT_DAYS * np.exp(rng.normal(0.0, _VISIT_SPREAD, size=len(office)))
    row = np.repeat(np.arange(len(people)), people["people"].to_numpy())
    ago = np.minimum(rng.exponential(mean_days[place[row]]).astype(np.int64), _VISIT_MOST)
    frame = pd.DataFrame(
        {
            "code": people["code"].to_numpy(object)[row],
            "group": people["group"].to_numpy(object)[row],
            "last_day": LAST_DAY - ago,
        }
    )
    counted = frame.groupby(["code", "group", "last_day"], sort=True).size()
    return (
        counted.rename("people")
        .reset_index()
        .assign(
            last_day=lambda one: one["last_day"].to_numpy().astype("datetime64[D]").astype(object)
        )
    )


def _resident_groups(frames: Mapping[str, pd.DataFrame], rng: np.random.Generator) -> pd.DataFrame:
    """Return the groups of the micro-platform: most in the towns, some in the country."""
    micro = frames["micro.parquet"]
    weight = micro["households"].to_numpy(dtype=np.float64) * (0.12 + _density(micro))
    rows = np.sort(rng.choice(len(micro), RESIDENT_GROUPS, p=weight / weight.sum()))
    size = micro["households"].to_numpy(dtype=np.float64)[rows] * rng.uniform(0.5, 1.5, len(rows))
    members = largest_remainder(size, RESIDENTS, least=12)
    names = micro["name"].to_numpy(object)[rows]
    number = pd.Series(rows).groupby(rows).cumcount().to_numpy() + 1
    return pd.DataFrame(
        {
            "id": [f"R{k + 1:04d}" for k in range(len(rows))],
            "name": [f"{name}居民群{k}" for name, k in zip(names, number, strict=True)],
            "code": micro["code"].to_numpy(object)[rows],
            "members": members,
        }
    )


def _estates(gazetteer: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the estates of the gazetteer with who manages them; exactly four by trust."""
    own = gazetteer[(gazetteer["kind"].astype(object) == "estate").to_numpy()]
    town, estate, code = (own[one].astype(object).to_numpy() for one in ("town", "estate", "grid"))
    shares = np.array(list(_MANAGEMENT_SHARES.values()))
    kind = rng.choice(list(_MANAGEMENT_SHARES), size=len(own), p=shares / shares.sum()).astype(
        object
    )
    kind[rng.choice(len(own), min(TRUST_ESTATES, len(own)), replace=False)] = "trust"
    return pd.DataFrame(
        {
            "id": [f"E{k + 1:04d}" for k in range(len(own))],
            "name": estate,
            "town": town,
            "code": code,
            "management": kind,
            "management_name": [_MANAGEMENT[one] for one in kind],
        }
    )


def _projects(frames: Mapping[str, pd.DataFrame], rng: np.random.Generator) -> pd.DataFrame:
    """Return what was undertaken, by the published numbers; places are invented."""
    general, towns = frames["general.parquet"], frames["towns.parquet"]
    listed: list[tuple[str, str, str, bool]] = []
    for kind, (shown, count) in PROJECTS.items():
        if kind == "campaign":
            listed += [(kind, f"第{k + 1}次{shown}", "", True) for k in range(count)]
            continue
        of_town = kind == "town_project"
        frame = towns if of_town else general
        rows = np.sort(rng.choice(len(frame), count, replace=False))
        chosen = np.zeros(count, dtype=bool)
        if of_town:
            chosen[rng.choice(count, CITY_LEVEL_PROJECTS, replace=False)] = True
        for row, city_level in zip(rows.tolist(), chosen.tolist(), strict=True):
            name = f"{frame['name'].iloc[row]}{shown}"
            listed.append((kind, name, str(frame["code"].iloc[row]), city_level))
    return pd.DataFrame(
        {
            "id": [f"P{k + 1:03d}" for k in range(len(listed))],
            "kind": [one[0] for one in listed],
            "kind_name": [PROJECTS[one[0]][0] for one in listed],
            "name": [one[1] for one in listed],
            "code": [one[2] for one in listed],
            "city_level": [one[3] for one in listed],
        }
    )
