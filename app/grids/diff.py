"""What another edition of the boundaries changes, grid by grid.

A grid goes on as the one that has its code and at least half of the ground of either; else as the
one that shares at least half of its ground with it, both ways. A new grid that lies for the most
part in one of before splits it; one of before that lies for the most part in another and goes on
nowhere merges into it. What goes on is kept, renamed, put under another parent, recoded or redrawn;
nothing is guessed from names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import shapely

from app.errors import BadInputError
from app.geo.measure import metres_per_degree
from app.geo.plane import Plane
from app.grids.city import City, Layer
from app.grids.lineage import Floats, Lineage, Rows, coarser, lineage_of
from app.grids.manifest import Level, Manifest, Overlay
from app.grids.shared_ground import NOISE_M, SharedGround, shared_ground

_HALF = 0.5
HOUSEHOLDS = "households"


class Kind(StrEnum):
    """What became of a grid; the first that holds, from below: a split grid may be redrawn, too."""

    KEPT = "kept"
    RENAMED = "renamed"
    REPARENTED = "reparented"
    RECODED = "recoded"
    REDRAWN = "redrawn"
    SPLIT = "split"
    MERGED = "merged"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one grid of before, or where one of after comes from that is new.

    Attributes
    ----------
    level : str
        Id of its level or overlay.
    kind : Kind
    before, after : int
        Its row before, and the row of the grid as which it goes on; -1 for none.
    into : tuple of int
        Rows of after into which it was split, the one as which it goes on among them.
    origins : tuple of int
        Rows of before from which the grid comes as which it goes on, itself among them; of one
        only if it was not merged.
    renamed, reparented, recoded, redrawn : bool
        What else is true of the grid as which it goes on; reparented: its parent is not the grid as
        which the parent of before goes on.
    share_kept : float
        The part of its area that the grid still has as which it goes on; NaN where there is none.
    hausdorff_m : float
        How far its border lies from that one's at most, metres; NaN where there is none.
    """

    level: str
    kind: Kind
    before: int
    after: int
    into: tuple[int, ...] = ()
    origins: tuple[int, ...] = ()
    renamed: bool = False
    reparented: bool = False
    recoded: bool = False
    redrawn: bool = False
    share_kept: float = float("nan")
    hausdorff_m: float = float("nan")


@dataclass(frozen=True, slots=True)
class LayerDiff:
    """What changes in one level or overlay.

    Attributes
    ----------
    part : Level or Overlay
        As after says of it.
    before, after : Layer
    changes : tuple of Change
        One for each grid of before in its order, then one for each that is new.
    lineage : Lineage
    successor : ndarray of int64, shape (n,)
        For each grid of before the row as which it goes on, -1 for none.
    """

    part: Level | Overlay
    before: Layer
    after: Layer
    changes: tuple[Change, ...]
    lineage: Lineage
    successor: Rows

    @property
    def counts(self) -> dict[Kind, int]:
        """How many grids there are of each kind; those of which there is none, too."""
        found = Counter(one.kind for one in self.changes)
        return {kind: found[kind] for kind in Kind}

    @property
    def changed(self) -> tuple[Change, ...]:
        """All that is not kept."""
        return tuple(one for one in self.changes if one.kind is not Kind.KEPT)

    @property
    def households(self) -> tuple[float, float]:
        """Households that go to another grid, and all; NaN where they are not known."""
        moves = self.lineage.after != self.successor[self.lineage.before]
        lives = self.lineage.households
        return float(lives[moves].sum()), float(lives.sum())


@dataclass(frozen=True, slots=True)
class CityDiff:
    """What another edition changes in all levels.

    Attributes
    ----------
    before, after : Manifest
    layers : tuple of LayerDiff
        Levels that both have, coarse to fine, then overlays.
    only_before, only_after : tuple of str
        Ids of levels and overlays that one edition has alone.
    """

    before: Manifest
    after: Manifest
    layers: tuple[LayerDiff, ...]
    only_before: tuple[str, ...] = field(default=())
    only_after: tuple[str, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes at all."""
        return not (self.only_before or self.only_after or any(one.changed for one in self.layers))

    def layer(self, ident: str) -> LayerDiff:
        """Return what changes in a level or overlay; raises KeyError."""
        return next(one for one in self.layers if one.part.id == ident)


def diff_cities(
    before: City,
    after: City,
    points: tuple[Rows, Rows, Floats] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> CityDiff:
    """Return what changes from one edition to another.

    Parameters
    ----------
    before, after
        Two editions of one city.
    points
        Where people live, by grids of the finest level, see `app.grids.lineage.lineage_of`.
    tell
        Called with what is being done, for progress.

    Raises
    ------
    BadInputError
        If they are not of one city.
    """
    if before.manifest.id != after.manifest.id:
        raise BadInputError(
            f"{before.manifest.id!r} and {after.manifest.id!r} are two cities",
            "Compare two editions of one city.",
            message_zh=f"{before.manifest.id!r} 与 {after.manifest.id!r} 是两个城市",
            hint_zh="请比较同一城市的两个版本。",
        )
    plane = Plane(after.manifest.metric_crs)
    all_after: tuple[Level | Overlay, ...] = (*after.levels, *after.overlays)
    all_before: tuple[Level | Overlay, ...] = (*before.levels, *before.overlays)
    parts = [one for one in all_after if one.id in {other.id for other in all_before}]
    finest = before.levels[-1].id if before.levels[-1].id == after.levels[-1].id else ""
    grounds: dict[str, SharedGround] = {}
    lineages: dict[str, Lineage] = {}
    # The finest level first: how its households move says how those above it do.
    for part in sorted(parts, key=lambda one: one.id != finest):
        tell(part.name)
        old, new = before.layer(part.id), after.layer(part.id)
        ground = grounds[part.id] = shared_ground(old.geometry, new.geometry, plane)
        lineage = lineage_of(ground, _households(old), points if part.id == finest else None)
        if part.id != finest and finest and isinstance(part, Level):
            above = _ancestors(before, part.id), _ancestors(after, part.id)
            lineage = coarser(lineage, lineages[finest], *above)
        lineages[part.id] = lineage
    layers: dict[str, LayerDiff] = {}
    for part in parts:
        old, new = before.layer(part.id), after.layer(part.id)
        over = before.above(part)
        # Parents can be compared if both editions have them in one and the same level.
        parents = layers.get(over) if over == after.above(part) else None
        layers[part.id] = _compare(part, old, new, grounds[part.id], lineages[part.id], parents)
    kept = {one.id for one in parts}
    return CityDiff(
        before.manifest,
        after.manifest,
        tuple(layers[one.id] for one in parts),
        tuple(one.id for one in all_before if one.id not in kept),
        tuple(one.id for one in all_after if one.id not in kept),
    )


def _households(layer: Layer) -> Floats | None:
    if HOUSEHOLDS not in layer.frame.columns:
        return None
    found: Floats = layer.frame[HOUSEHOLDS].to_numpy(dtype=np.float64, na_value=np.nan)
    return found


def _ancestors(city: City, level: str) -> Rows:
    """Return for each grid of the finest level the row of the one of a coarser level, or -1."""
    rows = np.arange(len(city.finest))
    for one in reversed(city.levels):
        if one.id == level:
            break
        parent = city.layer(one.id).parent_row
        rows = np.where(rows >= 0, parent[np.maximum(rows, 0)], -1)
    return rows.astype(np.int64)


def _compare(
    part: Level | Overlay,
    old: Layer,
    new: Layer,
    ground: SharedGround,
    lineage: Lineage,
    parents: LayerDiff | None,
) -> LayerDiff:
    successor = _successors(old, new, ground)
    into, origins = _extra(successor, ground)
    moved = _reparented(old, new, successor, parents)
    changes = [
        *_of_before(part.id, old, new, ground, successor, moved, into, origins),
        *_of_new(part.id, len(new), successor, into, origins),
    ]
    return LayerDiff(part, old, new, tuple(changes), lineage, successor)


def _successors(old: Layer, new: Layer, ground: SharedGround) -> Rows:
    """Return the grid as which each one goes on, -1 for none; no two go on as the same."""
    share_old = ground.area_m2 / ground.area_before_m2[ground.before]
    share_new = ground.area_m2 / ground.area_after_m2[ground.after]
    successor = np.full(len(old), -1, dtype=np.int64)
    same_code = old.codes[ground.before] == new.codes[ground.after]
    by_code = same_code & ((share_old >= _HALF) | (share_new >= _HALF))
    successor[ground.before[by_code]] = ground.after[by_code]
    taken = np.zeros(len(new), dtype=bool)
    taken[ground.after[by_code]] = True
    free = (successor[ground.before] < 0) & ~taken[ground.after]
    # Both at least half: but for overlaps and exact halves there is one at most.
    candidates = np.flatnonzero(free & (share_old >= _HALF) & (share_new >= _HALF))
    for at in candidates[np.argsort(-ground.area_m2[candidates], kind="stable")]:
        one, other = ground.before[at], ground.after[at]
        if successor[one] < 0 and not taken[other]:
            successor[one], taken[other] = other, True
    return successor


def _reparented(
    old: Layer, new: Layer, successor: Rows, parents: LayerDiff | None
) -> npt.NDArray[np.bool_]:
    """Tell which grids go on under a parent that is not the one as which theirs goes on."""
    if parents is None:
        return np.zeros(len(old), dtype=bool)
    was = old.parent_row.astype(np.int64)
    expected = np.where(was >= 0, np.append(parents.successor, -1)[was], -1)
    found = np.append(new.parent_row, -1)[successor].astype(np.int64)
    # Of a parent that goes on nowhere nothing can be expected.
    known = (successor >= 0) & ((expected >= 0) | (was < 0))
    return np.asarray(known & (found != expected))


def _extra(
    successor: Rows, ground: SharedGround
) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Return the new grids that split one of before, and those of before that merge into one."""
    into: dict[int, list[int]] = {}
    origins: dict[int, list[int]] = {}
    goes_on = np.zeros(len(ground.area_after_m2), dtype=bool)
    goes_on[successor[successor >= 0]] = True
    share_old = ground.area_m2 / ground.area_before_m2[ground.before]
    share_new = ground.area_m2 / ground.area_after_m2[ground.after]
    order = np.argsort(-ground.area_m2, kind="stable")
    seen: set[int] = set()
    for at in order[(share_new[order] >= _HALF) & ~goes_on[ground.after[order]]]:
        one, other = int(ground.before[at]), int(ground.after[at])
        if other not in seen:
            seen.add(other)
            into.setdefault(one, []).append(other)
    lost: set[int] = set()
    for at in order[(share_old[order] >= _HALF) & (successor[ground.before[order]] < 0)]:
        one, other = int(ground.before[at]), int(ground.after[at])
        if one not in lost:
            lost.add(one)
            origins.setdefault(other, []).append(one)
    return into, origins


def _of_before(
    level: str,
    old: Layer,
    new: Layer,
    ground: SharedGround,
    successor: Rows,
    moved: npt.NDArray[np.bool_],
    into: dict[int, list[int]],
    origins: dict[int, list[int]],
) -> Iterator[Change]:
    """Yield what became of each grid of before."""
    pieces = {
        (int(one), int(other)): float(area)
        for one, other, area in zip(ground.before, ground.after, ground.area_m2, strict=True)
        if successor[one] == other
    }
    own = {int(row): one for one, row in enumerate(successor) if row >= 0}
    absorbed = {one: row for row, found in origins.items() for one in found}
    for one, row in enumerate(successor.tolist()):
        if row < 0:
            target = absorbed.get(one, -1)
            split = tuple(sorted(into.get(one, [])))
            if target in split:
                # All of it lies in one new grid and more does: as good as a merge.
                split = tuple(other for other in split if other != target)
            kind = Kind.MERGED if target >= 0 else Kind.SPLIT if split else Kind.REMOVED
            merged = _merged(target, own, origins) if target >= 0 else ()
            yield Change(level, kind, one, target, split, merged)
            continue
        hausdorff_m = 0.0
        if ground.twin[one] != row:
            hausdorff_m = _hausdorff_m(old.geometry[one], new.geometry[row])
        renamed = bool(old.names[one] != new.names[row])
        recoded = bool(old.codes[one] != new.codes[row])
        redrawn = hausdorff_m > NOISE_M
        split = tuple(sorted([row, *into[one]])) if one in into else ()
        merged = _merged(row, own, origins) if row in origins else ()
        kind = Kind.KEPT
        for true, other in (
            (renamed, Kind.RENAMED), (bool(moved[one]), Kind.REPARENTED),
            (recoded, Kind.RECODED), (redrawn, Kind.REDRAWN),
            (bool(merged), Kind.MERGED), (bool(split), Kind.SPLIT),
        ):  # fmt: skip
            kind = other if true else kind
        share = 1.0 if not redrawn else pieces[one, row] / float(ground.area_before_m2[one])
        yield Change(
            level, kind, one, row, split, merged,
            renamed, bool(moved[one]), recoded, redrawn, min(share, 1.0), hausdorff_m,
        )  # fmt: skip


def _merged(row: int, own: dict[int, int], origins: dict[int, list[int]]) -> tuple[int, ...]:
    before = [own[row]] if row in own else []
    return tuple(sorted([*before, *origins.get(row, [])]))


def _of_new(
    level: str,
    count: int,
    successor: Rows,
    into: dict[int, list[int]],
    origins: dict[int, list[int]],
) -> Iterator[Change]:
    """Yield the grids of after that come from none of before."""
    known = {int(row) for row in successor if row >= 0}
    known.update(row for found in into.values() for row in found)
    known.update(origins)
    for row in range(count):
        if row not in known:
            yield Change(level, Kind.ADDED, -1, row)


def _hausdorff_m(one: shapely.Geometry, other: shapely.Geometry) -> float:
    """Return how far the borders of two shapes in degrees lie apart at most, corner by corner."""
    scale = np.array(metres_per_degree((one.bounds[1] + one.bounds[3]) / 2)).ravel()
    flat = shapely.transform(
        [shapely.boundary(one), shapely.boundary(other)], lambda xy: xy * scale
    )
    return float(shapely.hausdorff_distance(*flat))
