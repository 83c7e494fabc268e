"""What a repair leaves of overlaps, gaps and spills, by the certificate of its result.

The steps tell what they looked at and left. What they had no reason to look at, such as a gap at
the rim where levels are repaired each for itself, is found in the certificate and told as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from app.geo.overlay import difference, intersection
from app.geo.plane import Plane
from app.grids.certificate import Certificate, LevelCertificate
from app.grids.coverage import Tiling, open_ground
from app.grids.findings import Patch
from app.grids.mend_changes import Change, Fit, Kind, Tolerances

_FOR_ITSELF = "with --fit none a level is not compared with its parents"
_NO_STEP = "no step of this repair takes it up"

_KINDS = (Kind.OVERLAP, Kind.GAP, Kind.SPILL)
# What is less is the rounding of many borders.
_MORE_M2 = 0.1


@dataclass(frozen=True, slots=True)
class Grown:
    """Wrong ground of a kind, of which there is more in a level after a repair than before it."""

    level: str
    kind: Kind
    before_m2: float
    after_m2: float


def untold(
    after: Certificate,
    left: Sequence[Change],
    tilings: Mapping[str, Tiling],
    plane: Plane,
    tolerances: Tolerances,
) -> list[Change]:
    """Return what the certificate of a repaired city finds and nothing that was left tells.

    Parameters
    ----------
    after
        The certificate.
    left
        What the steps of the repair left.
    tilings
        By id, every level and overlay as it is now.
    plane, tolerances
        Where to measure, and how much was allowed.
    """
    found = []
    for level in after.levels:
        tiling, above = tilings[level.id], tilings.get(level.parent_level)
        told = np.array([one.shape for one in left if _is_about(one, level)], dtype=object)
        tree = shapely.STRtree(told)
        for kind, codes, shape in _wrong(level, tiling, above, plane):
            near = told[tree.query(shape, predicate="intersects")]
            rest = difference(shape, shapely.union_all(near)) if len(near) else [shape]
            parts, _ = plane.parts(rest)
            for at, (area, width) in enumerate(zip(parts.area_m2, parts.width_m, strict=True)):
                note = tolerances.why_not(float(area), float(width)) or _why(kind, tolerances)
                found.append(
                    Change(
                        level=level.id,
                        kind=kind,
                        taken_from=codes,
                        area_m2=float(area),
                        width_m=float(width),
                        lon=float(parts.lon[at]),
                        lat=float(parts.lat[at]),
                        note=note,
                        shape=parts.polygon[at],
                    )
                )
    return found


def grown(before: Certificate, after: Certificate) -> list[Grown]:
    """Return of what kinds there is more ground after a repair than before it, by level.

    A patch that is filled, or that a parent gives up, may turn up as another kind elsewhere.
    """
    found = []
    for was, now in zip(before.levels, after.levels, strict=True):
        for kind, first, last in zip(_KINDS, _ground_m2(was), _ground_m2(now), strict=True):
            if last > first + _MORE_M2:
                found.append(Grown(now.id, kind, first, last))
    return found


def _ground_m2(level: LevelCertificate) -> tuple[float, float, float]:
    open_ = [gap for gap in level.gaps if not gap.allowed]
    kinds: tuple[Sequence[Patch], ...] = (level.overlaps, open_, level.spills)
    over, gap, out = (sum(one.area_m2 for one in found) for found in kinds)
    return over, gap, out


def _is_about(one: Change, level: LevelCertificate) -> bool:
    """Tell whether something that was left is what a level would be found wrong for."""
    return one.level == level.id or (one.level == level.parent_level and one.kind is Kind.PARENT)


def _wrong(
    level: LevelCertificate, tiling: Tiling, above: Tiling | None, plane: Plane
) -> Iterator[tuple[Kind, tuple[str, ...], shapely.Geometry]]:
    """Yield the ground of each overlap, gap and spill of a certificate, and whose it is."""
    shape_of = dict(zip(tiling.codes.tolist(), tiling.shapes, strict=True))
    for pair in level.overlaps:
        one, other = (shape_of[code] for code in pair.codes)
        yield Kind.OVERLAP, pair.codes, intersection(one, other)[0]
    gaps = {(gap.lon, gap.lat): gap.codes for gap in level.gaps if not gap.allowed}
    if gaps:
        parts, _ = plane.parts([open_ground(tiling, above)])
        for lon, lat, polygon in zip(parts.lon, parts.lat, parts.polygon, strict=True):
            if (codes := gaps.get((float(lon), float(lat)))) is not None:
                yield Kind.GAP, codes, polygon
    if above is None:
        return
    parent_of = dict(zip(above.codes.tolist(), above.shapes, strict=True))
    for out in level.spills:
        out_of = parent_of[out.parent]
        yield Kind.SPILL, (out.code,), difference(shape_of[out.code], out_of)[0]


def _why(kind: Kind, tolerances: Tolerances) -> str:
    alone = tolerances.fit is Fit.NONE and kind is not Kind.OVERLAP
    return _FOR_ITSELF if alone else _NO_STEP
