"""What a repair of boundaries did and what it left, as plain data, JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import shapely

from app.errors import BadInputError


class Fit(StrEnum):
    """How children and parents are brought together."""

    CLIP = "clip"
    """Parents stay; what sticks out of them is cut off, what is open in them is filled."""
    REBUILD = "rebuild"
    """Children stay; each parent becomes the union of its children."""
    NONE = "none"
    """Each level is repaired for itself."""


class Kind(StrEnum):
    """What was wrong where something was done or left."""

    VALID = "valid"
    SNAP = "snap"
    OVERLAP = "overlap"
    GAP = "gap"
    SPILL = "spill"
    PARENT = "parent"
    BORDER = "border"


@dataclass(frozen=True, slots=True)
class Tolerances:
    """How much a repair may do without being asked.

    Attributes
    ----------
    width_m, area_m2 : float
        A gap, an overlap or a spill is repaired if it is not wider than this on average (twice its
        area by its perimeter) and not larger; else it is left and told.
    snap_m : float
        Vertices of borders that do not match become one if they lie within this; 0 for none.
    fit : Fit
        How children and parents are brought together.

    Raises
    ------
    BadInputError
        If one is negative or no number.
    """

    width_m: float = 1.0
    area_m2: float = 1000.0
    snap_m: float = 0.01
    fit: Fit = Fit.CLIP

    def __post_init__(self) -> None:
        """Refuse what is no tolerance."""
        for name in ("width_m", "area_m2", "snap_m"):
            value = getattr(self, name)
            if not 0 <= value < float("inf"):
                raise BadInputError(
                    f"the tolerance {name} is {value}, allowed is 0 or more",
                    message_zh=f"容差 {name} 为 {value}，应为不小于 0 的数",
                )

    def bears(self, area_m2: float, width_m: float) -> bool:
        """Tell whether a patch of this size is repaired."""
        return width_m <= self.width_m and area_m2 <= self.area_m2

    def why_not(self, area_m2: float, width_m: float) -> str:
        """Say why a patch is left; "" if it is not."""
        if width_m > self.width_m:
            return f"wider than {self.width_m:g} m"
        return f"larger than {self.area_m2:g} m²" if area_m2 > self.area_m2 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that was done, or left with the reason.

    Attributes
    ----------
    level : str
        Id of the level or overlay.
    kind : Kind
        What was wrong.
    taken_from : tuple of str
        Grids that have less for it.
    given_to : str
        The grid that has more, or keeps it of several; "" for none.
    area_m2, width_m : float
        Of the ground in question; of a shape made valid, by how much its area changed.
    lon, lat : float
        A point in it, WGS-84 degrees.
    note : str
        What else is to be said; why it was left.
    shape : Geometry
        The ground, in degrees.
    """

    level: str
    kind: Kind
    taken_from: tuple[str, ...] = ()
    given_to: str = ""
    area_m2: float = 0.0
    width_m: float = 0.0
    lon: float
    lat: float
    note: str = ""
    shape: shapely.Geometry

    @property
    def codes(self) -> tuple[str, ...]:
        """The grids that it is about."""
        return (*self.taken_from, *filter(None, (self.given_to,)))

    def at(self, level: str) -> Change:
        """Return it as one of a level."""
        return replace(self, level=level)

    def to_dict(self) -> dict[str, object]:
        """Return it as docs/quality.md describes it."""
        return {
            "level": self.level,
            "kind": self.kind.value,
            "from": list(self.taken_from),
            "to": self.given_to,
            "area_m2": round(self.area_m2, 6),
            "width_m": round(self.width_m, 6),
            "lon": round(self.lon, 8),
            "lat": round(self.lat, 8),
            "note": self.note,
        }


def changes_csv(done: Sequence[Change], left: Sequence[Change]) -> str:
    """Return what was done and what was left as CSV with a byte order mark, for spreadsheets."""
    out = io.StringIO()
    columns = ("done", "level", "kind", "from", "to", "area_m2", "width_m", "lon", "lat", "note")
    writer = csv.DictWriter(out, columns, lineterminator="\r\n")
    writer.writeheader()
    for word, changes in (("yes", done), ("left", left)):
        for one in changes:
            writer.writerow({**one.to_dict(), "done": word, "from": " ".join(one.taken_from)})
    return "\ufeff" + out.getvalue()
