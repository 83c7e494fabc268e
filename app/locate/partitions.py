"""Parts of a table located: what one thread or one worker of a cluster does with a part."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from app.grids import City
from app.grids.manifest import Manifest
from app.locate.locator import Locator
from app.locate.rows import RowLocator
from app.tables import Encoder, Part
from app.tables.encoding import Encoded


@dataclass(frozen=True, slots=True)
class LocatedPart:
    """A part of a table located and ready to be written.

    Attributes
    ----------
    encoded
        What `TableWriter.write_encoded` takes: the columns of the input, then the new ones.
    rows : int
        How many rows there are.
    statuses : Counter of str
        How many of them have which status.
    """

    encoded: Encoded
    rows: int
    statuses: Counter[str]


class PartLocator:
    """Locates parts of one table; may be called in several threads at once.

    Parameters
    ----------
    rows
        Locates the rows.
    places
        Of the columns with longitude and latitude.
    encoder
        Of the output.
    """

    def __init__(self, rows: RowLocator, places: tuple[int, int], encoder: Encoder) -> None:
        self._rows = rows
        self._places = places
        self._encoder = encoder

    def __call__(self, part: Part) -> LocatedPart:
        """Locate the rows of a part."""
        batch = part.read()
        located = self._rows.locate_batch(batch, *self._places)
        encoded = self._encoder.encode([*batch.columns, *located.columns])
        return LocatedPart(encoded, len(batch), located.statuses)


@dataclass(frozen=True, slots=True)
class LocateJob:
    """All that a worker elsewhere needs to become a `PartLocator`; can be pickled.

    Attributes
    ----------
    folder : Path
        The city folder, absolute, as the worker finds it.
    manifest : Manifest
        What the city there must be.
    tolerance_m, accuracy_m : float
        As for `Locator` and `RowLocator`, metres.
    datum : str
        Of the coordinates.
    places : tuple of int
        Of the columns with longitude and latitude.
    encoder : Encoder
        Of the output.
    columns : tuple of str or None
        As for `RowLocator`.
    """

    folder: Path
    manifest: Manifest
    tolerance_m: float
    accuracy_m: float
    datum: str
    places: tuple[int, int]
    encoder: Encoder
    columns: tuple[str, ...] | None = None

    def __call__(self) -> PartLocator:
        """Open the city.

        Raises
        ------
        CityError
            If there is no city at that path here, or another one.
        """
        city = City.same(self.folder, self.manifest)
        locator = Locator(city, self.tolerance_m)
        rows = RowLocator(locator, self.datum, self.accuracy_m, self.columns)
        return PartLocator(rows, self.places, self.encoder)
