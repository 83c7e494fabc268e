"""A gazetteer without some of its rows, asked for rows that it has and rows that it has not.

`split` says what is held out, `matcher_without` makes a matcher of the rest, `ask` writes addresses
of rows and counts what becomes of them. Benchmarks use it too.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import pyarrow as pa

from app.addresses.entry import COVERAGE_SCHEMA
from app.addresses.gazetteer import Gazetteer
from app.addresses.home import Home
from app.addresses.index import ALIAS_TABLE, TABLE, locate, read_tables
from app.addresses.index_build import build
from app.addresses.match import Match, Query, Status
from app.addresses.matcher import Calibration, Matcher
from app.grids import City
from app.grids.store import write_city
from app.locate import Locator
from tests.addresses.perturb import Text, perturb

NAMING = [
    "town", "community", "group", "road", "section", "lane", "number", "sub_number", "estate",
    "building", "unit", "poi",
]  # fmt: skip
ADDRESSED = ("door", "building", "poi")


@dataclass(frozen=True)
class Split:
    """Which rows a gazetteer keeps, and which of the others are asked for.

    Attributes
    ----------
    keep : ndarray of bool, shape (n,)
    addressed : ndarray of int64
        Rows that have an address.
    absent : ndarray of bool, shape (n,)
        Rows whose road or estate is left out altogether.
    """

    keep: np.ndarray
    addressed: np.ndarray
    absent: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """Rows with an address that the gazetteer keeps."""
        return self.addressed[self.keep[self.addressed]]

    @property
    def held_out(self) -> np.ndarray:
        """Rows with an address that it does not keep, though it has their road and estate."""
        return self.addressed[~self.keep[self.addressed] & ~self.absent[self.addressed]]

    @property
    def unknown_places(self) -> np.ndarray:
        """Rows with an address whose road or estate it does not have."""
        return self.addressed[self.absent[self.addressed]]


def texts_of(table: pa.Table, column: str) -> np.ndarray:
    """Return a column as an array of str."""
    return table[column].cast(pa.string()).to_numpy(zero_copy_only=False)


def split(table: pa.Table, seed: int, share: float = 0.5, absent: float = 0.0) -> Split:
    """Hold out a share of the rows with an address, and a share of all roads and estates."""
    rng = np.random.default_rng(seed)
    addressed = np.flatnonzero(np.isin(texts_of(table, "kind"), ADDRESSED))
    keep = np.ones(len(table), bool)
    keep[addressed] = rng.random(len(addressed)) >= share
    gone = np.zeros(len(table), bool)
    for column in ("road", "estate"):
        names = texts_of(table, column)
        distinct = np.unique(names[names != ""])
        gone |= np.isin(names, distinct[rng.random(len(distinct)) < absent])
    return Split(keep & ~gone, addressed, gone)


def matcher_without(
    city: City,
    tables: dict[str, pa.Table],
    keep: np.ndarray,
    calibration: Calibration | None = None,
) -> Matcher:
    """Return a matcher of the rows that are kept; nothing is said to be complete."""
    arrays = build(
        tables[TABLE].filter(pa.array(keep)), tables[ALIAS_TABLE], COVERAGE_SCHEMA.empty_table(),
        city,
    )  # fmt: skip
    gazetteer = Gazetteer(arrays, "held out", Gazetteer.outside_of(city))
    matcher = Matcher(gazetteer, calibration, Home.of(city.manifest.name))
    matcher.warm()
    return matcher


def coarse(city: City, folder: Path, levels: int) -> tuple[City, dict[str, pa.Table]]:
    """Return a city with only its coarser levels, and the tables of its gazetteer located in it."""
    manifest = city.manifest
    kept = manifest.levels[:levels]
    files: dict[str, pd.DataFrame | str] = {one.file: city.frame(one.id) for one in kept}
    files[manifest.outside_file] = city.outside
    write_city(
        folder, dataclasses.replace(manifest, levels=kept, overlays=(), bases=(), tables={}), files
    )
    made = City.open(folder)
    tables = read_tables(city.folder, manifest)
    table = tables[TABLE]
    grid, border = locate(Locator(made), table["lon"].to_numpy(), table["lat"].to_numpy())
    for name, values in (("grid", grid), ("border_m", border)):
        place = table.schema.get_field_index(name)
        field_ = table.schema.field(place)
        table = table.set_column(place, field_, pa.array(list(values)).cast(field_.type))
    return made, tables | {TABLE: table}


@dataclass
class Score:
    """What became of addresses whose grids are known.

    Attributes
    ----------
    n, assigned, wrong : int
        Texts, those with a grid, those with another grid than that of the row.
    candidates, listed : int
        Texts with candidates, those that have the truth among them.
    reached : int
        Texts whose grid was assigned or is among the candidates.
    statuses : Counter of Status
    sure : dict of str to list of (float, bool)
        By band: how sure each answer was and whether it was right.
    errors : list of (str, str, str, str)
        Text, wanted grid, got grid, explanation.
    by_done : dict of str to list of int
        Texts, assigned and wrong by what was done to the text.
    """

    n: int = 0
    assigned: int = 0
    wrong: int = 0
    candidates: int = 0
    listed: int = 0
    reached: int = 0
    statuses: Counter[Status] = field(default_factory=Counter)
    sure: dict[str, list[tuple[float, bool]]] = field(default_factory=lambda: defaultdict(list))
    errors: list[tuple[str, str, str, str]] = field(default_factory=list)
    by_done: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))

    def add(self, text: Text, wanted: str, match: Match) -> None:
        """Count one answer."""
        self.n += 1
        self.statuses[match.status] += 1
        found = match.status is Status.ASSIGNED
        right = found and match.grid == wanted
        among = any(one.grid == wanted for one in match.candidates)
        self.assigned += found
        self.wrong += found and not right
        self.reached += right or (among and not found)
        if match.status is Status.CANDIDATES:
            self.candidates += 1
            self.listed += among
        if found:
            self.sure[str(match.band)].append((match.confidence, right))
            if not right:
                self.errors.append((text.text, wanted, match.grid, match.explanation))
        for one in text.done or {"nothing"}:
            self.by_done[one][0] += 1
            self.by_done[one][1] += found
            self.by_done[one][2] += found and not right

    @property
    def assigned_share(self) -> float:
        """Share of the texts that got a grid."""
        return self.assigned / self.n

    @property
    def wrong_share(self) -> float:
        """Share of the assigned that got another grid than that of the row."""
        return self.wrong / max(1, self.assigned)

    @property
    def listed_share(self) -> float:
        """Share of the texts with candidates that have the truth among them."""
        return self.listed / max(1, self.candidates)


def ask(
    matcher: Matcher,
    table: pa.Table,
    rows: Sequence[int] | np.ndarray,
    levels: Iterable[str],
    seed: int,
) -> dict[str, Score]:
    """Ask for rows at each level and count what becomes of them."""
    scores = {level: Score() for level in levels}
    taken = table.select([*NAMING, "grid"]).take(pa.array(np.asarray(rows, np.int64))).to_pylist()
    rng = Random(seed)
    for words in taken:
        for level, score in scores.items():
            text = perturb(words, level, rng)
            score.add(text, words["grid"], matcher.assign(Query(text.text)))
    return scores
