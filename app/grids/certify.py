"""Checking the boundaries of a city.

The same certificate comes from an import (before anything is written) and from a city folder:
what only the source files can tell (`Intake`) is recorded in the folder as certificate.json, the
rest is measured anew each time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from app.errors import CityError
from app.geo.plane import Plane, Shapes
from app.grids.attributes import malformed, same_names, sizes
from app.grids.certificate import (
    CERTIFICATE_FORMAT,
    CERTIFICATE_TABLE,
    Certificate,
    LevelCertificate,
)
from app.grids.city import City
from app.grids.coverage import Fit, Tiling, fit, gaps, islands, overlaps, unmatched_borders
from app.grids.findings import (
    Gap,
    IdleGap,
    Intake,
    Invalid,
    Malformed,
    Orphan,
    Patch,
    Prefix,
)
from app.grids.manifest import AllowedGap, Level, Manifest, Overlay
from app.grids.plain import intake_of

Texts = npt.NDArray[np.object_]
Rows = npt.NDArray[np.int64]

_Patch = TypeVar("_Patch", bound=Patch)

# How many codes that break the prefix rule are named.
_EXAMPLES = 10


def certify(
    manifest: Manifest,
    frames: Mapping[str, gpd.GeoDataFrame],
    intakes: Mapping[str, Intake] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Certificate:
    """Check the boundaries of a city.

    Parameters
    ----------
    manifest
        What the city says of itself.
    frames
        By level or overlay id: columns code, name, parent, geometry in degrees, ordered by code.
    intakes
        By id, what the import met; empty for none.
    tell
        Called with what is being done, for progress.
    """
    intakes = intakes or {}
    plane = Plane(manifest.metric_crs)
    tilings: dict[str, Tiling] = {}
    done = []
    met: set[AllowedGap] = set()
    above_id = ""
    parts: tuple[Level | Overlay, ...] = (*manifest.levels, *manifest.overlays)
    for part in parts:
        tell(part.name)
        if isinstance(part, Overlay):
            above_id = part.parent_level
        allowed = [gap for gap in manifest.allowed_gaps if gap.level in {"", part.id}]
        check = _Check(
            part, frames[part.id], above_id, intakes.get(part.id), allowed, manifest.sliver_m2
        )
        tilings[part.id] = check.tiling
        done.append(check.run(tilings.get(above_id), plane))
        met |= check.met
        above_id = part.id
    idle = _idle(manifest, met, tilings)
    return Certificate(
        city_id=manifest.id,
        city_name=manifest.name,
        generation=manifest.generation,
        valid_from=manifest.valid_from.isoformat(),
        metric_crs=manifest.metric_crs,
        levels=tuple(replace(one, idle_gaps=tuple(idle.get(one.id, ()))) for one in done),
        sliver_m2=manifest.sliver_m2,
    )


def _idle(
    manifest: Manifest, met: set[AllowedGap], tilings: Mapping[str, Tiling]
) -> dict[str, list[IdleGap]]:
    """Return the allowed gaps that no level has, by level; of every level: by the finest."""
    found: dict[str, list[IdleGap]] = {}
    for gap in manifest.allowed_gaps:
        if gap in met:
            continue
        level = gap.level or manifest.levels[-1].id
        tiling = tilings[level]
        there = shapely.intersects(tiling.shapes, shapely.Point(gap.lon, gap.lat))
        codes = sorted(map(str, tiling.codes[there]))
        code = codes[0] if codes else ""
        found.setdefault(level, []).append(
            IdleGap(name=gap.name, lon=gap.lon, lat=gap.lat, code=code)
        )
    return found


def certify_city(city: City, tell: Callable[[str], None] = lambda _: None) -> Certificate:
    """Check a city folder; what its import met comes from its certificate.json.

    Raises
    ------
    CityError
        If certificate.json is not what an import writes.
    """
    parts: tuple[Level | Overlay, ...] = (*city.levels, *city.overlays)
    frames = {part.id: city.frame(part.id) for part in parts}
    return certify(city.manifest, frames, recorded_intakes(city), tell)


def recorded_intakes(city: City) -> dict[str, Intake]:
    """Return by level id what the import recorded in the folder; empty if it recorded nothing.

    Raises
    ------
    CityError
        If certificate.json is not what an import writes.
    """
    name = city.manifest.tables.get(CERTIFICATE_TABLE)
    if name is None:
        return {}
    path = city.folder / name
    try:
        recorded = json.loads(path.read_text(encoding="utf-8"))
        if recorded["format"] != CERTIFICATE_FORMAT:
            raise CityError(
                f"{path} has format {recorded['format']!r}, this version reads "
                f"{CERTIFICATE_FORMAT}",
                "Import the city again.",
            )
        return {
            level["id"]: intake_of(level["intake"])
            for level in recorded["levels"]
            if level["intake"] is not None
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CityError(
            f"{path} is not a certificate: {error!r}", "Import the city again."
        ) from error


class _Check:
    """The check of one level or overlay."""

    def __init__(
        self,
        part: Level | Overlay,
        frame: gpd.GeoDataFrame,
        above_id: str,
        intake: Intake | None,
        allowed: Sequence[AllowedGap],
        sliver_m2: float,
    ) -> None:
        self.frame = frame
        self.sliver_m2 = sliver_m2
        self.allowed = allowed
        self.met: set[AllowedGap] = set()
        self.part = part
        self.above_id = above_id
        self.intake = intake
        self.codes: Texts = frame["code"].to_numpy(dtype=object)
        self.parents: Texts = frame["parent"].to_numpy(dtype=object)
        shapes: Shapes = np.array(frame.geometry.array, dtype=object)
        valid = shapely.is_valid(shapes)
        bad = np.flatnonzero(~valid)
        self.invalid = tuple(
            Invalid(code=str(code), reason=str(reason))
            for code, reason in zip(
                self.codes[bad], shapely.is_valid_reason(shapes[bad]), strict=True
            )
        )
        # Measured is what a repair would make of them; the check changes nothing.
        shapes[bad] = shapely.make_valid(shapes[bad], method="structure", keep_collapsed=False)
        self.tiling = Tiling.of(self.codes, shapes)

    def run(self, above: Tiling | None, plane: Plane) -> LevelCertificate:
        """Measure everything; `above` is the level of the parents."""
        is_overlay = isinstance(self.part, Overlay)
        parent_row = self._parent_rows(above)
        shared, thin = overlaps(self.tiling, plane)
        open_: list[Gap] = []
        fitted = Fit([], [], [], 0)
        if not is_overlay:
            open_, thin_gaps, met = gaps(self.tiling, above, plane, self.allowed)
            thin += thin_gaps
            self.met = {self.allowed[place] for place in met}
        if above is not None:
            fitted = fit(
                self.codes, self.tiling.shapes, parent_row, above, plane, tiles=not is_overlay
            )
        return LevelCertificate(
            id=self.part.id,
            name=self.part.name,
            parent_level=self.above_id,
            is_overlay=is_overlay,
            expected=self.part.expected,
            found=len(self.codes),
            area_km2=float(plane.area_m2([self.tiling.union])[0]) / 1e6,
            households_min=self.part.households_min,
            households_max=self.part.households_max,
            malformed=self._malformed(),
            islands=self._told_apart(islands(self.codes, self.tiling.shapes, plane)),
            same_names=tuple(same_names(self.codes, self._names(), self.parents)),
            sizes=tuple(sizes(self.codes, self.frame, self.part)),
            invalid=self.invalid,
            orphans=self._orphans(parent_row) if above is not None else (),
            overlaps=self._told_apart(shared),
            gaps=self._told_apart(open_),
            spills=self._told_apart(fitted.spills),
            mismatches=tuple(fitted.mismatches),
            scraps=tuple(fitted.scraps),
            unmatched=None if is_overlay else unmatched_borders(self.tiling, plane),
            prefix=self._prefix(parent_row, above) if above is not None else None,
            roundings=thin + fitted.roundings,
            intake=self.intake,
        )

    def _told_apart(self, patches: Sequence[_Patch]) -> tuple[_Patch, ...]:
        """Return patches of which it is told which are slivers."""
        return tuple(replace(one, sliver=one.area_m2 < self.sliver_m2) for one in patches)

    def _malformed(self) -> tuple[Malformed, ...]:
        """Return the codes that cannot be right: as they are, and as the file had them."""
        found = malformed(self.codes, self.part.code_pattern, self._invented())
        padded = self.intake.padded if self.intake else ()
        written = (Malformed(code=one.code, reason=one.reason, row=one.row) for one in padded)
        return (*found, *written)

    def _names(self) -> Texts:
        names: Texts = self.frame["name"].fillna("").to_numpy(dtype=object)
        return names

    def _invented(self) -> set[str]:
        """Return the codes that the import gave to grids that had none, or one of another's."""
        if self.intake is None:
            return set()
        given = {one.code for one in self.intake.empty_codes}
        return given.union(*(one.codes[1:] for one in self.intake.duplicates))

    def _parent_rows(self, above: Tiling | None) -> Rows:
        if above is None:
            return np.full(len(self.codes), -1, dtype=np.int64)
        row_of = {code: row for row, code in enumerate(above.codes)}
        return np.array([row_of.get(parent, -1) for parent in self.parents], dtype=np.int64)

    def _orphans(self, parent_row: Rows) -> tuple[Orphan, ...]:
        declared = self.intake.undeclared if self.intake else {}
        return tuple(
            Orphan(
                code=str(self.codes[row]),
                declared=declared.get(str(self.codes[row]), str(self.parents[row])),
            )
            for row in np.flatnonzero(parent_row < 0)
        )

    def _prefix(self, parent_row: Rows, above: Tiling) -> Prefix:
        with_parent = np.flatnonzero(parent_row >= 0)
        breaking = [
            str(self.codes[row])
            for row in with_parent
            if not self.codes[row].startswith(above.codes[parent_row[row]])
        ]
        return Prefix(
            follow=len(with_parent) - len(breaking),
            break_=len(breaking),
            examples=tuple(breaking[:_EXAMPLES]),
        )
