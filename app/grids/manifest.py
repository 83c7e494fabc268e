"""city.toml: what a city folder says of itself.

The manifest is data, never code: levels and overlays are listed, so that another city may have
county > town > village. It is read with `tomllib` and written by
`Manifest.to_toml`.
"""

from __future__ import annotations

import hashlib
import math
import re
import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import tomli_w

from app.errors import CityError
from app.grids.findings import SLIVER_M2

MANIFEST_NAME = "city.toml"
FORMAT_VERSION = 1
_ID = re.compile(r"[a-z][a-z0-9_]{0,31}")


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the tiling, coarse to fine.

    Attributes
    ----------
    id : str
        Short ASCII name used in columns and URLs, e.g. ``micro``.
    name : str
        Name shown to people, e.g. ``微网格``.
    file : str
        GeoParquet file in the city folder with the columns code, name, parent, geometry.
    expected : int or None
        How many grids the authority says there are.
    code_pattern : str or None
        Regular expression that the whole of every code has to match.
    households_min, households_max : int or None
        How many households a grid is recommended to have.
    """

    id: str
    name: str
    file: str
    expected: int | None = None
    code_pattern: str | None = None
    households_min: int | None = None
    households_max: int | None = None


@dataclass(frozen=True, slots=True)
class Overlay:
    """Grids of their own over the tiling (专属网格), each inside one grid of `parent_level`."""

    id: str
    name: str
    file: str
    parent_level: str
    expected: int | None = None
    code_pattern: str | None = None
    households_min: int | None = None
    households_max: int | None = None


@dataclass(frozen=True, slots=True)
class AllowedGap:
    """Ground that no grid has to cover: a lake, say.

    Attributes
    ----------
    name : str
        What it is.
    lon, lat : float
        A point in it, in degrees.
    level : str
        Of which level; empty for every one.
    """

    name: str
    lon: float
    lat: float
    level: str = ""


@dataclass(frozen=True, slots=True)
class BaseLayer:
    """A layer that makes the map read as a place (water, roads); not part of any answer."""

    id: str
    name: str
    file: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where data came from, under which licence, in which datum."""

    what: str
    origin: str
    licence: str
    datum: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What city.toml holds.

    Attributes
    ----------
    id, name : str
        ASCII id and shown name of the city.
    metric_crs : str
        Projected CRS for areas and buffers, e.g. ``EPSG:4544``.
    generation : str
        Edition of the boundaries.
    valid_from : date
        Day from which the edition holds.
    synthetic : str
        Statement of what is not real, shown wherever the data is shown; empty for real data.
    levels, overlays, bases, sources : tuple
        In the order in which they are to be shown; levels coarse to fine.
    allowed_gaps : tuple of AllowedGap
        Gaps between grids that are no defect.
    sliver_m2 : float
        Below which area in m² a gap, an overlap or a spill is called a sliver.
    outside_file : str
        GeoParquet with the columns code, name, governed_by, geometry of neighbouring areas that
        others govern; empty if there is none.
    tables : dict of str to str
        Reference tables by name (``staff`` → ``staff.parquet``).
    sha256 : dict of str to str
        Digest of every file in the folder but the manifest.
    """

    id: str
    name: str
    metric_crs: str
    generation: str
    valid_from: date
    levels: tuple[Level, ...]
    overlays: tuple[Overlay, ...] = ()
    bases: tuple[BaseLayer, ...] = ()
    sources: tuple[Source, ...] = ()
    allowed_gaps: tuple[AllowedGap, ...] = ()
    synthetic: str = ""
    outside_file: str = ""
    tables: dict[str, str] = field(default_factory=dict)
    sha256: dict[str, str] = field(default_factory=dict)
    sliver_m2: float = SLIVER_M2

    def __post_init__(self) -> None:
        """Refuse a manifest that no city can have.

        Raises
        ------
        CityError
            With every fault that was found, not only the first.
        """
        faults: list[str] = []
        if not self.levels:
            faults.append("there is no [[levels]] entry")
        ids = [level.id for level in self.levels] + [over.id for over in self.overlays]
        for ident in (self.id, *ids, *(base.id for base in self.bases)):
            if not _ID.fullmatch(ident):
                faults.append(f"id {ident!r} is not {_ID.pattern}")
        for ident in sorted({one for one in ids if ids.count(one) > 1}):
            faults.append(f"id {ident!r} is used twice among levels and overlays")
        for overlay in self.overlays:
            if overlay.parent_level not in {level.id for level in self.levels}:
                faults.append(
                    f"overlay {overlay.id!r} names parent_level {overlay.parent_level!r}, allowed "
                    f"are {[level.id for level in self.levels]}"
                )
        faults += _wish_faults(self)
        for name in self.files:
            if Path(name).name != name:
                faults.append(f"file {name!r} is not a plain file name inside the city folder")
        if faults:
            raise CityError(
                f"{MANIFEST_NAME} of city {self.id!r} is not usable: " + "; ".join(faults),
                "Mend the manifest, or build the city folder again.",
            )

    @property
    def files(self) -> tuple[str, ...]:
        """Every file that the manifest names, in a fixed order."""
        named = [level.file for level in self.levels]
        named += [overlay.file for overlay in self.overlays]
        named += [base.file for base in self.bases]
        if self.outside_file:
            named.append(self.outside_file)
        return (*named, *self.tables.values())

    @property
    def content_hash(self) -> str:
        """Hash over all file digests: the key of everything derived from the city."""
        lines = "\n".join(f"{name} {digest}" for name, digest in sorted(self.sha256.items()))
        return hashlib.sha256(lines.encode()).hexdigest()[:16]

    def to_toml(self) -> str:
        """Return the manifest as TOML text that `Manifest.from_toml` reads back unchanged."""
        head: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "metric_crs": self.metric_crs,
            "generation": self.generation,
            "valid_from": self.valid_from,
            "synthetic": self.synthetic,
            "outside_file": self.outside_file,
        }
        if self.sliver_m2 != SLIVER_M2:
            head["sliver_m2"] = self.sliver_m2
        document: dict[str, Any] = {"format": FORMAT_VERSION, "city": head}
        for title, parts in (
            ("levels", self.levels),
            ("overlays", self.overlays),
            ("bases", self.bases),
            ("sources", self.sources),
            ("allowed_gaps", self.allowed_gaps),
        ):
            if title == "allowed_gaps" and not parts:
                continue
            rows = [asdict(part) for part in parts]
            document[title] = [{k: v for k, v in row.items() if v is not None} for row in rows]
        document["tables"] = self.tables
        document["sha256"] = dict(sorted(self.sha256.items()))
        return tomli_w.dumps(document)

    @classmethod
    def from_toml(cls, text: str, origin: str = MANIFEST_NAME) -> Manifest:
        """Read a manifest.

        Parameters
        ----------
        text
            The content of city.toml.
        origin
            What errors call the file.

        Raises
        ------
        CityError
            If the text is not TOML, of another format, or does not fit the fields.
        """
        try:
            raw = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise CityError(f"{origin} is not TOML: {error}", "Mend the file.") from error
        if raw.get("format") != FORMAT_VERSION:
            raise CityError(
                f"{origin} has format {raw.get('format')!r}, this version reads {FORMAT_VERSION}",
                "Build the city folder again with this version.",
            )
        try:
            return cls(
                **raw["city"],
                levels=tuple(Level(**part) for part in raw.get("levels", [])),
                overlays=tuple(Overlay(**part) for part in raw.get("overlays", [])),
                bases=tuple(BaseLayer(**part) for part in raw.get("bases", [])),
                sources=tuple(Source(**part) for part in raw.get("sources", [])),
                allowed_gaps=tuple(AllowedGap(**part) for part in raw.get("allowed_gaps", [])),
                tables=dict(raw.get("tables", {})),
                sha256=dict(raw.get("sha256", {})),
            )
        except (KeyError, TypeError) as error:
            raise CityError(
                f"{origin} has a missing or unknown field: {error}",
                "docs/city-folder.md lists the fields.",
            ) from error


def part_faults(code_pattern: str | None, low: int | None, high: int | None) -> list[str]:
    """Return what is wrong with the pattern of codes and the range of households of a level."""
    faults = []
    try:
        re.compile(code_pattern or "")
    except re.error as error:
        faults.append(f"code_pattern = {code_pattern!r}, no regular expression: {error}")
    if (low or 0) < 0 or (high is not None and high < (low or 0)):
        faults.append(f"households_min = {low}, households_max = {high}, which is no range")
    return faults


def _wish_faults(manifest: Manifest) -> list[str]:
    level_ids = [level.id for level in manifest.levels]
    parts: list[Level | Overlay] = [*manifest.levels, *manifest.overlays]
    found = [
        f"{part.id!r} has {one}"
        for part in parts
        for one in part_faults(part.code_pattern, part.households_min, part.households_max)
    ]
    found += [
        f"allowed gap {gap.name!r} names level {gap.level!r}, allowed are {level_ids}"
        for gap in manifest.allowed_gaps
        if gap.level and gap.level not in level_ids
    ]
    return found + gap_faults(manifest.allowed_gaps) + size_faults(manifest.sliver_m2)


def gap_faults(gaps: Iterable[AllowedGap]) -> list[str]:
    """Return what is wrong with where gaps are said to be."""
    return [
        f"the allowed gap {gap.name!r} has lon = {gap.lon}, lat = {gap.lat}, allowed are "
        "-180 to 180 and -90 to 90: x = lon comes first"
        for gap in gaps
        if not (-180 <= gap.lon <= 180 and -90 <= gap.lat <= 90)  # noqa: PLR2004 - degrees
    ]


def size_faults(sliver_m2: object) -> list[str]:
    """Return what is wrong with the size below which ground is called a sliver."""
    number = isinstance(sliver_m2, (int, float)) and not isinstance(sliver_m2, bool)
    if number and 0 <= sliver_m2 < math.inf:  # type: ignore[operator]
        return []
    return [f"sliver_m2 = {sliver_m2!r}, allowed is a number of m² from 0 up"]
