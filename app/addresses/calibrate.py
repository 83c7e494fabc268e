"""Measuring how right answers are: rows of the gazetteer are asked for, half of them unknown to it.

All rows that have an address are dealt out to folds. For each fold a gazetteer is built without a
random half of all such rows, and without some roads and estates altogether, because no gazetteer
has everything; then the rows of the fold are asked for in three styles, those that it still has and
those that it has not. In one round each row is asked for in one fold only; in more of them again,
of other gazetteers and in other words, so that what is rare is met more often.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from app.addresses.calibration import CALIBRATION_TABLE, CalibrationTable, Cell, Origin
from app.addresses.calibration_texts import STYLES, write
from app.addresses.entry import COLUMNS, COVERAGE_SCHEMA, Kind
from app.addresses.faults import main_fault
from app.addresses.gazetteer import Gazetteer
from app.addresses.home import Home
from app.addresses.index import ALIAS_TABLE, TABLE, keep_arrays, read_tables, version_of
from app.addresses.index_build import build
from app.addresses.match import Band, Level, Match, Query, Status
from app.addresses.matcher import Matcher, band_of
from app.errors import BadInputError
from app.grids import City
from app.grids.manifest import Manifest
from app.grids.store import replace_tables

Flags = npt.NDArray[np.bool_]
Tell = Callable[[str], None]

WORDS = tuple(one.name for one in COLUMNS if one.name not in {"alias", "lon", "lat"})
# Rows of these kinds have an address of their own.
_ASKED = frozenset({Kind.DOOR, Kind.BUILDING, Kind.POI})
_ENOUGH_ROWS = 50


@dataclass(frozen=True, slots=True)
class Plan:
    """How to measure.

    Attributes
    ----------
    seed : int
    folds : int
        Gazetteers that are built in a round.
    rows : int
        At most so many rows are asked for in a round.
    unknown : float
        Share of the rows with an address that a fold's gazetteer does not have.
    absent : float
        Share of the roads and estates that it does not have at all.
    rounds : int
    """

    seed: int = 1
    folds: int = 4
    rows: int = 60_000
    unknown: float = 0.5
    absent: float = 0.1
    rounds: int = 1


class Answer(NamedTuple):
    """What became of a text; equal ones are counted.

    Attributes
    ----------
    fold : int
    style : str
        One of `app.addresses.calibration_texts.STYLES`.
    known : bool
        Whether the gazetteer had the row.
    status : Status
    level : Level
    faults : tuple of str
        In alphabetical order.
    right : bool
        Whether the grid of the row was assigned.
    listed : bool
        Whether it is among the candidates.
    """

    fold: int
    style: str
    known: bool
    status: Status
    level: Level
    faults: tuple[str, ...]
    right: bool
    listed: bool

    @property
    def fault(self) -> str:
        """The main fault, "" for none."""
        return main_fault(list(self.faults))


class StyleRow(NamedTuple):
    """What became of the texts of one style, of rows that the gazetteer had, or had not."""

    style: str
    known: bool
    n: int
    assigned: int
    wrong: int
    candidates: int
    listed: int


class BandRow(NamedTuple):
    """How sure the answers of a band were on average, and how many of them were right."""

    band: Band
    n: int
    right: int
    confidence: float


@dataclass(frozen=True)
class Measurement:
    """What was asked for and what became of it.

    Attributes
    ----------
    plan : Plan
    gazetteer : str
        Version.
    rows : int
        How many were asked for.
    answers : Counter of Answer
    """

    plan: Plan
    gazetteer: str
    rows: int
    answers: Counter[Answer]

    def table(self, day: str, synthetic: bool, without: int | None = None) -> CalibrationTable:
        """Return the calibration that was measured, of all folds or without one of them."""
        n: Counter[tuple[Level, str]] = Counter()
        right: Counter[tuple[Level, str]] = Counter()
        for one, count in self.answers.items():
            if one.status is Status.ASSIGNED and one.fold != without:
                n[one.level, one.fault] += count
                right[one.level, one.fault] += count * one.right
        cells = {at: Cell(count, right[at]) for at, count in n.items()}
        texts = sum(self.answers.values())
        plan = self.plan
        return CalibrationTable(
            cells,
            Origin(
                self.gazetteer, rules_digest(), day, self.rows, texts, plan.seed, plan.folds,
                synthetic,
            ),
        )  # fmt: skip

    def styles(self) -> list[StyleRow]:
        """Return what became of the texts of each style."""
        found = []
        for style in STYLES:
            for known in (True, False):
                own = [
                    (one, count)
                    for one, count in self.answers.items()
                    if (one.style, one.known) == (style, known)
                ]
                assigned = _total(c for one, c in own if one.status is Status.ASSIGNED)
                found.append(
                    StyleRow(
                        style,
                        known,
                        _total(c for _, c in own),
                        assigned,
                        assigned - _total(c for one, c in own if one.right),
                        _total(c for one, c in own if one.status is Status.CANDIDATES),
                        _total(
                            c for one, c in own if one.listed and one.status is Status.CANDIDATES
                        ),
                    )
                )
        return found

    def bands(self) -> list[BandRow]:
        """Return how right the answers of each fold are by what the other folds tell of them."""
        n: Counter[Band] = Counter()
        right: Counter[Band] = Counter()
        sure: Counter[Band] = Counter()
        for fold in range(self.plan.folds * self.plan.rounds):
            others = self.table("", synthetic=False, without=fold)
            for one, count in self.answers.items():
                if one.fold == fold and one.status is Status.ASSIGNED:
                    of = one.faults or ("",)
                    confidence = min(others.confidence(one.level, fault) for fault in of)
                    band = band_of(confidence)
                    n[band] += count
                    right[band] += count * one.right
                    sure[band] += count * confidence  # type: ignore[assignment]
        return [
            BandRow(band, n[band], right[band], sure[band] / n[band]) for band in Band if n[band]
        ]


def _total(counts: Iterable[int]) -> int:
    return sum(counts)


def measure(city: City, plan: Plan, tell: Tell = lambda _: None) -> Measurement:
    """Ask for rows of the gazetteer of a city.

    Parameters
    ----------
    city
        With a gazetteer.
    plan
        The same plan, gazetteer and rules give the same result.
    tell
        Is told what is being done.

    Raises
    ------
    CityError
        If the city has no gazetteer, or its files are damaged.
    BadInputError
        If the plan is not usable, or there are too few rows to tell anything.
    """
    _check(plan)
    version = version_of(city.manifest)
    tables = read_tables(city.folder, city.manifest)
    table = tables[TABLE]
    kinds = table["kind"].cast(pa.string()).to_numpy(zero_copy_only=False)
    addressed = np.flatnonzero(np.isin(kinds, [str(kind) for kind in _ASKED]))
    if len(addressed) < _ENOUGH_ROWS:
        raise BadInputError(
            f"the gazetteer of {city.manifest.name} has {len(addressed)} doors, buildings and "
            f"places, calibrating needs {_ENOUGH_ROWS}",
            "Import more; until then the starting values hold.",
            message_zh=f"{city.manifest.name} 的标准地址库只有 {len(addressed)} 个门牌、楼栋、地点"
            f"，校准至少需要 {_ENOUGH_ROWS} 个",
            hint_zh="请先导入更多；在此之前使用初始值。",
        )
    rng = np.random.default_rng(plan.seed)
    answers: Counter[Answer] = Counter()
    rows, folds = 0, plan.folds * plan.rounds
    for fold in range(folds):
        nth, place = divmod(fold, plan.folds)
        if place == 0:
            asked = rng.permutation(addressed)[: plan.rows]
            rows += len(asked)
        own = np.sort(asked[place :: plan.folds])
        tell(f"fold {fold + 1} of {folds}: building a gazetteer without half of the rows")
        keep = _kept(table, addressed, plan, np.random.default_rng((plan.seed, fold)))
        matcher = without(city, tables, keep)
        tell(f"fold {fold + 1} of {folds}: asking for {len(own):,} rows in three styles")
        seed = f"{plan.seed} {nth}" if nth else str(plan.seed)
        answers.update(_asked(matcher, table, own, keep, fold, seed, city.manifest.name))
    return Measurement(plan, version, rows, answers)


def _check(plan: Plan) -> None:
    faults = []
    if not 2 <= plan.folds <= 100:  # noqa: PLR2004
        faults.append(f"folds is {plan.folds}, allowed are 2 to 100")
    if plan.rows < _ENOUGH_ROWS:
        faults.append(f"rows is {plan.rows}, at least {_ENOUGH_ROWS} are needed")
    if not 1 <= plan.rounds <= 20:  # noqa: PLR2004
        faults.append(f"rounds is {plan.rounds}, allowed are 1 to 20")
    if plan.seed < 0:
        faults.append(f"seed is {plan.seed}, allowed are whole numbers from 0")
    if faults:
        raise BadInputError("; ".join(faults), message_zh="参数不可用：" + "；".join(faults))


def _kept(
    table: pa.Table, addressed: npt.NDArray[np.int64], plan: Plan, rng: np.random.Generator
) -> Flags:
    """Return which rows a gazetteer keeps."""
    keep = np.ones(len(table), bool)
    keep[addressed] = rng.random(len(addressed)) >= plan.unknown
    for name in ("road", "estate"):
        text = table[name].cast(pa.string()).to_numpy(zero_copy_only=False)
        distinct = sorted(set(text) - {""})
        gone = [one for one, u in zip(distinct, rng.random(len(distinct)), strict=True)
                if u < plan.absent]  # fmt: skip
        keep &= ~np.isin(text, gone)
    return keep


def without(city: City, tables: dict[str, pa.Table], keep: Flags) -> Matcher:
    """Return a matcher of the rows of a gazetteer that are kept; nothing is said to be complete.

    Parameters
    ----------
    city
        Whose tables they are.
    tables
        As `app.addresses.index.read_tables` returns them.
    keep : ndarray of bool, shape (n,)
        For each row of the gazetteer.
    """
    arrays = build(
        tables[TABLE].filter(pa.array(keep)), tables[ALIAS_TABLE], COVERAGE_SCHEMA.empty_table(),
        city,
    )  # fmt: skip
    matcher = Matcher(
        Gazetteer(arrays, "", Gazetteer.outside_of(city)), None, Home.of(city.manifest.name)
    )
    matcher.warm()
    return matcher


def _asked(
    matcher: Matcher,
    table: pa.Table,
    rows: npt.NDArray[np.int64],
    keep: Flags,
    fold: int,
    seed: str,
    city: str,
) -> Counter[Answer]:
    """Ask for rows in every style and count what becomes of them."""
    found: Counter[Answer] = Counter()
    taken = table.select([*WORDS, "grid"]).take(pa.array(rows)).to_pylist()
    for row, words in zip(rows.tolist(), taken, strict=True):
        texts = write(words, Random(f"{seed} {row}"), city)  # noqa: S311 - nothing secret
        for style, text in texts.items():
            match = matcher.assign(Query(text))
            found[_answer(match, words, fold, style, bool(keep[row]))] += 1
    return found


def _answer(match: Match, words: dict[str, Any], fold: int, style: str, known: bool) -> Answer:
    truth = words["grid"] or ""
    faults = tuple(sorted({one.code for one in match.faults}))
    right = match.status is Status.ASSIGNED and match.grid == truth
    listed = any(one.grid == truth for one in match.candidates)
    return Answer(fold, style, known, match.status, match.level, faults, right, listed)


def put(city: City, table: CalibrationTable) -> Manifest:
    """Put a calibration into the folder of a city, whole or not at all; return its manifest.

    What was derived from the gazetteer is kept, because the gazetteer stays as it is.

    Raises
    ------
    CityError
        If the folder was changed meanwhile, or is damaged.
    """
    gazetteer = Gazetteer.open(city)
    manifest = replace_tables(city.folder, city.manifest, {CALIBRATION_TABLE: table.to_arrow()})
    keep_arrays(city.folder, manifest, gazetteer.arrays)
    return manifest


def rules_digest() -> str:
    """Return a digest of the code that answers, so that a calibration tells which it measured."""
    own = Path(__file__).parent
    texts = sorted(own.glob("*.py")) + sorted(own.glob("*.txt")) + sorted(own.glob("*.csv"))
    found = hashlib.sha256()
    for path in texts:
        if not path.name.startswith("calibrat"):
            found.update(path.read_bytes())
    return found.hexdigest()[:12]
