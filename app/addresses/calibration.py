"""How right answers were when that was measured, and how sure an answer is by it.

A calibration is a table of the city folder: for each level of an answer and its main fault, how
many addresses were asked whose grid was known, and how many of the answers were right. How sure an
answer is, is the lower end of Wilson's interval about that share. `app.addresses.calibrate` makes
the table.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from math import sqrt
from pathlib import Path
from typing import NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from app.addresses.faults import ASIDE, FAULTS, starting_confidence
from app.addresses.index import version_of
from app.addresses.match import Level
from app.errors import CityError
from app.grids import City
from app.grids.manifest import Manifest
from app.grids.store import read_manifest, verify

log = logging.getLogger(__name__)
_K = TypeVar("_K", bound=Hashable)

CALIBRATION_TABLE = "gazetteer_calibration"
SCHEMA = pa.schema(
    [
        pa.field("level", pa.string()),
        pa.field("fault", pa.string()),
        pa.field("n", pa.int64()),
        pa.field("right", pa.int64()),
        pa.field("accuracy", pa.float64()),
        pa.field("lower", pa.float64()),
    ]
)
# Of fewer answers not even all right ones could be in the band 高: their lower bound is .981.
ENOUGH = 200
# Of the normal distribution: 95 % lie within.
_Z = 1.959963984540054
_META = b"weige_calibration"


def wilson(right: int, n: int) -> tuple[float, float]:
    """Return both ends of the 95 % interval about a share of right answers; (0, 1) for n = 0.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    Journal of the American Statistical Association 22 (1927), 209–212.
    """
    if n == 0:
        return 0.0, 1.0
    share, z2 = right / n, _Z * _Z
    middle = share + z2 / (2 * n)
    reach = _Z * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    whole = 1 + z2 / n
    return max(0.0, (middle - reach) / whole), min(1.0, (middle + reach) / whole)


class Cell(NamedTuple):
    """Answers of one level with one main fault: how many there were, how many were right."""

    n: int
    right: int

    @property
    def accuracy(self) -> float:
        """Share of right answers; 0 of none."""
        return self.right / self.n if self.n else 0.0

    @property
    def lower(self) -> float:
        """Lower bound of the accuracy."""
        return wilson(self.right, self.n)[0]

    @property
    def upper(self) -> float:
        """Upper bound of the accuracy."""
        return wilson(self.right, self.n)[1]


_NONE = Cell(0, 0)


def _added(cells: Iterable[tuple[_K, Cell]]) -> dict[_K, Cell]:
    """Return the sums of cells by what they are of."""
    found: dict[_K, Cell] = {}
    for of, cell in cells:
        known = found.get(of, _NONE)
        found[of] = Cell(known.n + cell.n, known.right + cell.right)
    return found


@dataclass(frozen=True, slots=True)
class Origin:
    """What a calibration was measured on.

    Attributes
    ----------
    gazetteer : str
        Version of the gazetteer.
    rules : str
        Digest of the code that answered.
    day : str
        ISO 8601.
    rows, texts : int
        How many rows were asked for, in how many texts.
    seed, folds : int
    synthetic : bool
        Whether the gazetteer is made up.
    """

    gazetteer: str
    rules: str
    day: str
    rows: int
    texts: int
    seed: int
    folds: int
    synthetic: bool


@dataclass(frozen=True)
class CalibrationTable:
    """Measured accuracies, as `app.addresses.matcher.Calibration` wants them.

    Attributes
    ----------
    cells : dict of (Level, str) to Cell
        By level and main fault, "" for none.
    origin : Origin
    """

    cells: Mapping[tuple[Level, str], Cell]
    origin: Origin

    def confidence(self, level: Level, fault: str) -> float:
        """Return how sure an answer of a level with a main fault ("" for none) is.

        The lower bound of what was measured of just those. Where they are fewer than `ENOUGH`, the
        ones that lack count as the lower bound of the fault at all levels says, or where that was
        hardly met either the starting value, but no more than the level has altogether; the result
        is no less than the lower bound of those that there are, nor more than the upper. Never more
        than the level without a fault has: what is wrong with an address makes nothing surer. A
        fault beside the grounds of an answer takes nothing away until it was measured.
        """
        plain = self.cells.get((level, ""), _NONE)
        cell = self.cells.get((level, fault), _NONE)
        found = cell.lower
        if cell.n < ENOUGH:
            everywhere = self._faults.get(fault, _NONE)
            rare = everywhere.n < ENOUGH
            like = starting_confidence(level, fault) if rare else everywhere.lower
            whole = self._levels.get(level, _NONE)
            if whole.n >= ENOUGH:
                like = whole.lower if rare and fault in ASIDE else min(like, whole.lower)
            filled = (cell.right + (ENOUGH - cell.n) * like) / ENOUGH
            found = min(max(filled, cell.lower), cell.upper)
        return min(found, plain.lower) if fault and plain.n >= ENOUGH else found

    @cached_property
    def _faults(self) -> dict[str, Cell]:
        """What was measured of each fault at all levels."""
        return _added((fault, cell) for (_, fault), cell in self.cells.items())

    @cached_property
    def _levels(self) -> dict[Level, Cell]:
        """What was measured of each level with all faults."""
        return _added((level, cell) for (level, _), cell in self.cells.items())

    def is_of(self, manifest: Manifest) -> bool:
        """Tell whether it was measured on the gazetteer that a city has now."""
        return self.origin.gazetteer == version_of(manifest)

    def to_arrow(self) -> pa.Table:
        """Return the table as it is kept in a city folder, in a fixed order."""
        rows = [
            {
                "level": str(level),
                "fault": fault,
                "n": cell.n,
                "right": cell.right,
                "accuracy": cell.accuracy,
                "lower": cell.lower,
            }
            for (level, fault), cell in sorted(self.cells.items())
        ]
        about = json.dumps(asdict(self.origin), ensure_ascii=False).encode()
        return pa.Table.from_pylist(rows, SCHEMA).replace_schema_metadata({_META: about})

    @classmethod
    def from_arrow(cls, table: pa.Table, file: str) -> CalibrationTable:
        """Read a table as `to_arrow` returns it.

        Parameters
        ----------
        table
            Of a city folder.
        file
            What errors call it.

        Raises
        ------
        CityError
            If it is not such a table.
        """
        try:
            origin = Origin(**json.loads((table.schema.metadata or {})[_META]))
            cells = {
                (Level(row["level"]), row["fault"]): Cell(row["n"], row["right"])
                for row in table.to_pylist()
            }
        except (KeyError, TypeError, ValueError) as error:
            raise CityError(
                f"{file} is not a calibration of addresses: {error!r}",
                "Measure it again: python -m scripts.calibrate_addresses --city DIR --commit.",
                message_zh=f"{file} 不是地址校准表：{error!r}",
                hint_zh="请重新校准：python -m scripts.calibrate_addresses --city DIR --commit。",
            ) from error
        # A fault that is no more cannot be the main fault of an answer.
        return cls({at: cell for at, cell in cells.items() if at[1] in {"", *FAULTS}}, origin)


def read_calibration(folder: Path, manifest: Manifest) -> CalibrationTable | None:
    """Return the calibration that a city folder holds, whatever it was measured on; None: none.

    Raises
    ------
    CityError
        If the file is damaged.
    """
    file = manifest.tables.get(CALIBRATION_TABLE)
    if file is None:
        return None
    verify(folder, manifest, (file,))
    try:
        table = pq.read_table(folder / file)
    except (OSError, pa.ArrowException) as error:
        raise CityError(f"{file} is not a Parquet table: {error}") from error
    return CalibrationTable.from_arrow(table, file)


def unused_calibration(folder: Path) -> str:
    """Return what to say of a calibration that a city folder holds and does not use; "" of none.

    An edition of the boundaries takes the calibration of the one before along. Its gazetteer stands
    in other grids, so nobody knows whether answers are as often right: it is not used.

    Raises
    ------
    CityError
        If its file is damaged.
    """
    manifest = read_manifest(folder)
    found = read_calibration(folder, manifest)
    if found is None or found.is_of(manifest):
        return ""
    return (
        "how sure addresses are was measured in other grids, and is not told by that measure until "
        f"it is taken again: python -m scripts.calibrate_addresses --city {folder} --commit"
    )


def calibration_of(city: City) -> CalibrationTable | None:
    """Return the calibration of the gazetteer that a city has now; None if there is none.

    Raises
    ------
    CityError
        If its file is damaged.
    """
    found = read_calibration(city.folder, city.manifest)
    if found is None or found.is_of(city.manifest):
        return found
    log.warning(
        "the calibration of %s was measured on another gazetteer (%s) and is not used: "
        "python -m scripts.calibrate_addresses --city DIR --commit",
        city.manifest.name,
        found.origin.gazetteer,
    )
    return None
