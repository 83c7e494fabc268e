"""Repair of the boundaries of a city: from its folder to another, every change told.

In steps, level by level: 1. invalid shapes become valid; 2. vertices that all but touch are
brought together (app.grids.mend_snap); 3. thin overlaps, gaps and spills are given to the grid that
they belong to (app.grids.mend_faces); with `Fit.REBUILD` parents are made anew from their children
(app.grids.mend_rebuild). What is above the tolerances is left and told. Codes, names and parents
are nobody's to guess and stay as they are.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.geo.plane import Plane, Shapes
from app.grids.certificate import CERTIFICATE_FILE, CERTIFICATE_TABLE, Certificate
from app.grids.certify import certify, recorded_intakes
from app.grids.city import City
from app.grids.coverage import Tiling, same_shape
from app.grids.findings import Padded, Repaired
from app.grids.manifest import Level, Manifest, Overlay
from app.grids.mend_changes import Change, Fit, Kind, Tolerances
from app.grids.mend_faces import Family, Settled, settle
from app.grids.mend_left import Grown, grown, untold
from app.grids.mend_rebuild import rebuild
from app.grids.mend_snap import snap
from app.grids.plain import plain
from app.grids.store import write_city

Rows = npt.NDArray[np.int64]

REPAIRS_TABLE = "repairs"
REPAIRS_FILE = "repairs.json"
REPAIRS_FORMAT = 1
# What one round settles may let the next see more; two or three are enough.
_ROUNDS = 12
# By less than this (0.1 mm), no borders were made to match.
_MATCHED_DEG = 1e-9


@dataclass(frozen=True, slots=True)
class Mended:
    """A city that was repaired, ready to be written.

    Attributes
    ----------
    city : City
        As it was.
    manifest : Manifest
        What the city.toml of the new folder will say.
    frames : dict of str to GeoDataFrame
        By level or overlay id, as the new folder is to hold them.
    tolerances : Tolerances
        How much was allowed.
    done, left : tuple of Change
        By level, largest first; at the end of `left` what only the certificate of the result tells.
    before, after : Certificate
        What is wrong without and with the repair.
    accepted : dict of str to tuple of Repaired and Padded
        By level, the shapes that the import had made valid, and the codes that it had taken out of
        white space: with the repair they are no defect.
    """

    city: City
    manifest: Manifest
    frames: dict[str, gpd.GeoDataFrame]
    tolerances: Tolerances
    done: tuple[Change, ...]
    left: tuple[Change, ...]
    before: Certificate
    after: Certificate
    accepted: dict[str, tuple[Repaired | Padded, ...]]

    @property
    def grown(self) -> list[Grown]:
        """Of what kinds of defects there is more ground with the repair than without it."""
        return grown(self.before, self.after)

    def to_json(self) -> str:
        """Return what was done and left, as docs/quality.md describes it."""
        limits = self.tolerances
        document = {
            "format": REPAIRS_FORMAT,
            "city": {"id": self.manifest.id, "name": self.manifest.name},
            "generation": self.manifest.generation,
            "from_content": self.city.manifest.content_hash,
            "tolerances": {
                "width_m": limits.width_m,
                "area_m2": limits.area_m2,
                "snap_m": limits.snap_m,
                "fit": limits.fit.value,
            },
            "ok": self.after.ok,
            "accepted": [
                {"level": level, "row": one.row, "code": one.code, "reason": one.reason}
                for level, rows in self.accepted.items()
                for one in rows
            ],
            "done": [one.to_dict() for one in self.done],
            "left": [one.to_dict() for one in self.left],
            "grown": plain(self.grown),
        }
        return json.dumps(document, ensure_ascii=False, indent=1) + "\n"

    def write(self, folder: Path) -> Manifest:
        """Write the new city folder, whole or not at all; see app.grids.store.write_city."""
        files: dict[str, pd.DataFrame | str | Path] = {
            name: self.city.folder / name for name in self.city.manifest.files
        }
        parts: tuple[Level | Overlay, ...] = (*self.manifest.levels, *self.manifest.overlays)
        for part in parts:
            files[part.file] = self.frames[part.id]
        files[CERTIFICATE_FILE] = self.after.to_json()
        files[REPAIRS_FILE] = self.to_json()
        return write_city(folder, self.manifest, files)


def mend(
    city: City, tolerances: Tolerances, tell: Callable[[str], None] = lambda _: None
) -> Mended:
    """Repair the boundaries of a city; nothing is written.

    Parameters
    ----------
    city
        The city.
    tolerances
        How much may be done.
    tell
        Called with what is being done, for progress.

    Raises
    ------
    CityError
        If the certificate in the folder is not one.
    """
    manifest = city.manifest
    intakes = recorded_intakes(city)
    parts: tuple[Level | Overlay, ...] = (*manifest.levels, *manifest.overlays)
    frames = {part.id: city.frame(part.id) for part in parts}
    tell("certificate")
    before = certify(manifest, frames, intakes)
    work = _Work(city, Plane(manifest.metric_crs), tolerances, tell)
    work.run()
    frames = {ident: work.frame(ident) for ident in frames}
    accepted: dict[str, tuple[Repaired | Padded, ...]] = {
        ident: (*one.repaired, *one.padded)
        for ident, one in intakes.items()
        if one.repaired or one.padded
    }
    intakes = {ident: replace(one, repaired=(), padded=()) for ident, one in intakes.items()}
    tables = {
        **manifest.tables,
        CERTIFICATE_TABLE: CERTIFICATE_FILE,
        REPAIRS_TABLE: REPAIRS_FILE,
    }
    fresh = replace(manifest, tables=tables, sha256={})
    tell("certificate")
    after = certify(fresh, frames, intakes)
    left = [*work.left, *untold(after, work.left, work.tilings, work.plane, tolerances)]
    return Mended(
        city,
        fresh,
        frames,
        tolerances,
        tuple(work.done),
        tuple(left),
        before,
        after,
        accepted,
    )


class _Work:
    """The levels of a city while they are repaired."""

    def __init__(
        self, city: City, plane: Plane, tolerances: Tolerances, tell: Callable[[str], None]
    ) -> None:
        self.city = city
        self.plane = plane
        self.tolerances = tolerances
        self.tell = tell
        self.done: list[Change] = []
        self.left: list[Change] = []
        self.tilings: dict[str, Tiling] = {}
        # As drawn, but valid: parents are made anew from these, so that what is done in several
        # rounds is not more than the tolerances.
        self._first: dict[str, Tiling] = {}
        # By level, what was made of which children last.
        self._made: dict[str, tuple[Tiling, Settled]] = {}

    def run(self) -> None:
        """Repair every level, then every overlay."""
        ids = [level.id for level in self.city.levels]
        for ident in [*ids, *(over.id for over in self.city.overlays)]:
            self._valid(ident)
        if self.tolerances.fit is Fit.REBUILD:
            for _ in range(_ROUNDS):
                # What is between two grids is judged by the rim of the city, which may have moved.
                before, self.left = list(self.tilings.values()), []
                self.done = [one for one in self.done if one.kind is not Kind.PARENT]
                self._from_below(ids)
                if all(map(operator.is_, before, self.tilings.values())):
                    break
        else:
            above = ""
            for ident in ids:
                self._settle(ident, above)
                above = ident if self.tolerances.fit is Fit.CLIP else ""
        for over in self.city.overlays:
            inside = "" if self.tolerances.fit is Fit.NONE else over.parent_level
            self._settle(over.id, inside)

    def _from_below(self, ids: list[str]) -> None:
        """Bring the finest level into order, and make each of the others from the one below."""
        # What opens between two grids to the rim of the city is theirs, not beyond it.
        self._settle(ids[-1], ids[0] if len(ids) > 1 else "", between_only=len(ids) > 1)
        for at in range(len(ids) - 2, -1, -1):
            self._rebuild(ids[at], ids[at + 1])

    def frame(self, ident: str) -> gpd.GeoDataFrame:
        """Return the table of a level with its new shapes, and their areas."""
        frame = self.city.frame(ident)
        shapes = self.tilings[ident].shapes
        old = np.asarray(frame.geometry.array, dtype=object)
        changed = np.array([one is not two for one, two in zip(old, shapes, strict=True)], bool)
        if not changed.any():
            return frame
        frame = frame.copy()
        frame.geometry = gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs)
        if "area_km2" in frame.columns:
            frame.loc[changed, "area_km2"] = self.plane.area_m2(shapes[changed]) / 1e6
        return frame

    def _valid(self, ident: str) -> None:
        """Make invalid shapes valid."""
        layer = self.city.layer(ident)
        self.tell(str(layer.part.name))
        shapes: Shapes = layer.geometry.copy()
        for row in np.flatnonzero(~shapely.is_valid(shapes)):
            made = shapely.make_valid(shapes[row], method="structure", keep_collapsed=False)
            was, now = self.plane.area_m2(np.array([shapes[row], made], dtype=object))
            point = shapely.point_on_surface(made)
            self.done.append(
                Change(
                    level=ident,
                    kind=Kind.VALID,
                    given_to=str(layer.codes[row]),
                    area_m2=float(now - was),
                    lon=float(point.x),
                    lat=float(point.y),
                    note=str(shapely.is_valid_reason(shapes[row])),
                    shape=made,
                )
            )
            shapes[row] = made
        self.tilings[ident] = Tiling.of(layer.codes, shapes)
        self._first[ident] = self.tilings[ident]

    def _settle(self, ident: str, above: str, *, between_only: bool = False) -> None:
        """Bring a level into order, within its parents if they are to be asked.

        With `between_only`, what is above says only which ground is the city's.
        """
        layer = self.city.layer(ident)
        self.tell(str(layer.part.name))
        parent_row = layer.parent_row.astype(np.int64)
        allowed = [gap for gap in self.city.manifest.allowed_gaps if gap.level in {"", ident}]
        left: list[Change] = []
        for _ in range(_ROUNDS):
            before = self.tilings[ident]
            snapped = snap(before, self.plane, self.tolerances.snap_m)
            middle = self._again(before, snapped.shapes)
            family = Family(
                middle,
                parent_row if above and not between_only else np.full(len(layer), -1, np.int64),
                self.tilings[above] if above else None,
                tiles=not isinstance(layer.part, Overlay),
                allowed=allowed,
                between_only=between_only,
            )
            settled = settle(family, self.plane, self.tolerances)
            left = settled.left
            after = self._again(middle, settled.shapes)
            # What moves nobody's ground in the end, such as a vertex that is brought to another and
            # goes back, has to match borders: or there is no end to it.
            moved = settled.done and self._moves(before, after)
            if not moved and _loose_deg(after) > _loose_deg(before) - _MATCHED_DEG:
                break
            self.done += [one.at(ident) for one in (*snapped.done, *settled.done)]
            self.tilings[ident] = after
        self.left += [one.at(ident) for one in left]

    def _rebuild(self, ident: str, below: str) -> None:
        children, now = self.tilings[below], self.tilings[ident]
        parent_row = self.city.layer(below).parent_row.astype(np.int64)
        of, made = self._made.get(ident, (None, None))
        if made is None or of is not children:
            made = rebuild(self._first[ident], children, parent_row, self.plane, self.tolerances)
            self._made[ident] = children, made
        shapes = np.array(
            [
                old if same_shape(old, new) else new
                for old, new in zip(now.shapes, made.shapes, strict=True)
            ],
            dtype=object,
        )
        self.tilings[ident] = self._again(now, shapes)
        self.done += [one.at(ident) for one in made.done]
        self.left += [one.at(ident) for one in made.left]

    def _moves(self, before: Tiling, after: Tiling) -> bool:
        """Tell whether any grid has other ground than before, but for rounding."""
        rows = [
            row
            for row, (old, new) in enumerate(zip(before.shapes, after.shapes, strict=True))
            if old is not new
        ]
        apart = shapely.symmetric_difference(before.shapes[rows], after.shapes[rows])
        return len(self.plane.parts(apart)[0]) > 0

    @staticmethod
    def _again(tiling: Tiling, shapes: Shapes) -> Tiling:
        """Return the tiling of other shapes; the same one if they are the same objects."""
        if all(one is two for one, two in zip(tiling.shapes, shapes, strict=True)):
            return tiling
        return Tiling.of(tiling.codes, shapes)


def _loose_deg(tiling: Tiling) -> float:
    """Return the length of the borders that do not match, in degrees."""
    return float(shapely.length(tiling.edges).sum())


def changed_shapes(mended: Mended) -> Mapping[str, Rows]:
    """Return by level the rows of the grids of which the shape is another than before."""
    found = {}
    for ident, frame in mended.frames.items():
        old = mended.city.layer(ident).geometry
        new = np.asarray(frame.geometry.array, dtype=object)
        found[ident] = np.flatnonzero(~shapely.equals_identical(old, new)).astype(np.int64)
    return found
