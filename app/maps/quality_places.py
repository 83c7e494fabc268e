"""The places of a certificate or a repair: each finding with its ground, to be drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from app.geo.plane import Plane, polygons_of
from app.grids import City
from app.grids.mend import Mended

Rows = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]

# In this order on the page: what is wrong by shape, then by code; what is only worth a look.
DEFECTS = (
    "misplaced", "invalid", "overlaps", "gaps", "spills", "scraps",
    "orphans", "malformed", "duplicates", "empty_codes", "repaired", "unusable", "count",
)  # fmt: skip
WARNINGS = ("islands", "allowed_gaps", "idle_gaps", "same_names", "sizes")
# Facts of a patch that the page tells.
_FACTS = frozenset(
    {"area_m2", "width_m", "parts", "kind", "share", "parent", "mostly_in", "allowed", "sliver"}
)
# Grids within this of a change, in degrees (0.1 mm), are beside it.
_BESIDE_DEG = 1e-9
# A point of a certificate lies no farther than this from the ground that it names, in degrees.
_ROUNDED_DEG = 1e-6
# A gap of which the ground cannot be found again is drawn as a disc of its area.
_DEGREES_PER_METRE = 1e-5
# A point that nothing is drawn at is shown as a disc this large.
_DISC_M = 30.0


@dataclass(frozen=True, slots=True)
class Place:
    """A finding as the page shows it.

    Attributes
    ----------
    level : str
        Id of the level or overlay.
    kind : str
        Of `DEFECTS`, `WARNINGS`, or of a change.
    group : str
        ``defect`` or ``warning``; ``done`` or ``left`` of a repair.
    codes : tuple of str
        Grids that it is about.
    facts : dict
        What is said of it: area_m2, width_m, reason, parent, share, ….
    lon, lat : float or None
        A point in it; None for what lies nowhere.
    ground : Geometry or None
        What is wrong, in degrees.
    before, after : ndarray of object
        Grids around it, in degrees; `after` only of a repair.
    """

    level: str
    kind: str
    group: str
    codes: tuple[str, ...]
    facts: dict[str, Any]
    lon: float | None = None
    lat: float | None = None
    ground: shapely.Geometry | None = None
    before: Shapes = field(default_factory=lambda: np.zeros(0, dtype=object))
    after: Shapes = field(default_factory=lambda: np.zeros(0, dtype=object))


def places_of(city: City, certificate: Mapping[str, Any]) -> list[Place]:
    """Return every finding of a certificate, defects first, level by level.

    Parameters
    ----------
    city
        The city that it is of.
    certificate
        As `Certificate.to_dict` has it; one of an earlier version may lack kinds.
    """
    levels = [_Level(city, raw) for raw in certificate["levels"]]
    found = [one for level in levels for one in level.defects()]
    return [*found, *(one for level in levels for one in level.warnings())]


class _Level:
    """The findings of one level."""

    def __init__(self, city: City, raw: Mapping[str, Any]) -> None:
        self.city = city
        self.raw = raw
        self.id: str = raw["id"]
        self.layer = city.layer(self.id)
        self.above = city.layer(raw["parent_level"]) if raw["parent_level"] else None
        self._plane = Plane(city.manifest.metric_crs)

    def defects(self) -> Iterator[Place]:
        """Yield what is wrong."""
        for kind in DEFECTS:
            yield from getattr(self, f"_{kind}")()

    def warnings(self) -> Iterator[Place]:
        """Yield what is worth a look."""
        yield from self._patches("islands", "islands", "warning")
        yield from self._gaps(allowed=True)
        for one in self.raw.get("idle_gaps", ()):
            codes = [one["code"]] if one["code"] else []
            at = (one["lon"], one["lat"])
            ground = shapely.Point(at).buffer(_DISC_M * _DEGREES_PER_METRE)
            yield self._place("idle_gaps", "warning", codes, {"allowed": one["name"]}, ground, at)
        for one in self.raw.get("same_names", ()):
            yield self._of_grids("same_names", one["codes"], "warning", name=one["name"])
        for one in self.raw.get("sizes", ()):
            facts = {key: self.raw.get(f"households_{key}") for key in ("min", "max")}
            facts["households"] = one["households"]
            yield self._of_grids("sizes", [one["code"]], "warning", **facts)

    def _misplaced(self) -> Iterator[Place]:
        for reason in self._met("misplaced"):
            yield self._place("misplaced", "defect", [], {"reason": reason}, None)

    def _invalid(self) -> Iterator[Place]:
        return self._coded("invalid", "reason")

    def _malformed(self) -> Iterator[Place]:
        for one in self.raw.get("malformed", ()):
            # A certificate of an earlier version does not have it.
            facts = {"reason": one["reason"]}
            if one.get("row") is not None:
                facts["rows"] = [one["row"]]
            yield self._of_grids("malformed", [one["code"]], **facts)

    def _orphans(self) -> Iterator[Place]:
        return self._coded("orphans", "declared")

    def _coded(self, kind: str, fact: str) -> Iterator[Place]:
        for one in self.raw.get(kind, ()):
            yield self._of_grids(kind, [one["code"]], **{fact: one[fact]})

    def _overlaps(self) -> Iterator[Place]:
        return self._patches("overlaps", "overlaps", "defect")

    def _spills(self) -> Iterator[Place]:
        return self._patches("spills", "spills", "defect")

    def _scraps(self) -> Iterator[Place]:
        for one in self.raw["scraps"]:
            above = self.above or self.layer
            row = above.row_of.get(one["code"])
            shape = None if row is None else above.geometry[row]
            yield self._place("scraps", "defect", [one["code"]], {"area_m2": one["area_m2"]}, shape)

    def _patches(self, kind: str, key: str, group: str) -> Iterator[Place]:
        for one in self.raw.get(key, ()):
            codes = one.get("codes") or [one["code"]]
            rows = self._rows(codes)
            facts = {name: one[name] for name in one if name in _FACTS}
            yield self._place(
                kind, group, codes, facts, self._ground(key, one, rows), (one["lon"], one["lat"])
            )

    def _ground(self, key: str, one: Mapping[str, Any], rows: Rows) -> shapely.Geometry | None:
        shapes = self.layer.geometry
        if not len(rows):
            return None
        if key == "overlaps" and len(rows) > 1:
            return _valid_apart(shapely.intersection, shapes[rows[0]], shapes[rows[1]])
        if key == "spills" and self.above is not None:
            parent = self.above.row_of.get(one["parent"])
            if parent is not None:
                above = self.above.geometry[parent]
                return _valid_apart(shapely.difference, shapes[rows[0]], above)
        if key == "islands":
            parts = shapely.get_parts(shapes[rows[0]])
            order = np.argsort(shapely.area(parts))[:-1]
            return shapely.MultiPolygon(list(parts[order]))
        return None

    def _gaps(self, allowed: bool = False) -> Iterator[Place]:
        for one in self.raw["gaps"]:
            if bool(one.get("allowed")) != allowed:
                continue
            kind, group = ("allowed_gaps", "warning") if allowed else ("gaps", "defect")
            facts = {name: one[name] for name in one if name in _FACTS}
            point = shapely.Point(one["lon"], one["lat"])
            ground = self._gap(point, self._rows(one["codes"]), one["area_m2"])
            if ground is None:
                wide = (one["area_m2"] / np.pi) ** 0.5 * _DEGREES_PER_METRE
                ground = point.buffer(wide)
            yield self._place(kind, group, one["codes"], facts, ground, (one["lon"], one["lat"]))

    def _gap(self, point: shapely.Point, beside: Rows, area_m2: float) -> shapely.Geometry | None:
        """Return the open ground around a point: what the grids beside it leave open."""
        shapes = shapely.make_valid(self.layer.geometry[beside])
        taken = shapely.union_all(shapes)
        if self.above is None:
            parts = shapely.get_parts(taken)
            holes = shapely.get_parts(
                shapely.difference(shapely.polygons(shapely.get_exterior_ring(parts)), taken)
            )
        else:
            box = shapely.box(*shapely.total_bounds(np.append(shapes, point)))
            near = shapely.STRtree(self.above.geometry).query(box, predicate="intersects")
            above = shapely.union_all(shapely.make_valid(self.above.geometry[near]))
            holes = shapely.get_parts(shapely.difference(above, taken))
        # The point was rounded on its way, and a sliver may be thinner than that.
        near = holes[shapely.dwithin(holes, point, _ROUNDED_DEG)]
        off = np.abs(self._plane.area_m2(near) - area_m2)
        return near[int(np.argmin(off))] if len(near) and off.min() < 0.1 * area_m2 else None

    def _duplicates(self) -> Iterator[Place]:
        for one in self._met("duplicates"):
            yield self._of_grids("duplicates", one["codes"], code=one["code"], rows=one["rows"])

    def _empty_codes(self) -> Iterator[Place]:
        for one in self._met("empty_codes"):
            yield self._of_grids("empty_codes", [one["code"]], rows=[one["row"]])

    def _repaired(self) -> Iterator[Place]:
        for one in self._met("repaired"):
            facts = {"reason": one["reason"], "rows": [one["row"]]}
            yield self._of_grids(
                "repaired", [one["code"]], change_m2=one["area_change_m2"], **facts
            )

    def _unusable(self) -> Iterator[Place]:
        for one in self._met("unusable"):
            yield self._of_grids("unusable", [one["code"]], reason=one["reason"], rows=[one["row"]])

    def _count(self) -> Iterator[Place]:
        expected, found = self.raw["expected"], self.raw["found"]
        if expected is not None and expected != found:
            yield self._place("count", "defect", [], {"expected": expected, "found": found}, None)

    def _met(self, kind: str) -> Sequence[Any]:
        intake = self.raw.get("intake") or {}
        found: Sequence[Any] = intake.get(kind, ())
        return found

    def _rows(self, codes: Sequence[str]) -> Rows:
        known = [self.layer.row_of[code] for code in codes if code in self.layer.row_of]
        return np.array(known, dtype=np.int64)

    def _of_grids(
        self, kind: str, codes: Sequence[str], group: str = "defect", **facts: object
    ) -> Place:
        rows = self._rows(codes)
        shape = (
            shapely.union_all(shapely.make_valid(self.layer.geometry[rows])) if len(rows) else None
        )
        return self._place(kind, group, codes, facts, shape)

    def _place(
        self,
        kind: str,
        group: str,
        codes: Sequence[str],
        facts: dict[str, Any],
        ground: shapely.Geometry | None,
        at: tuple[float, float] | None = None,
    ) -> Place:
        if at is None and ground is not None and not shapely.is_empty(ground):
            inside = shapely.point_on_surface(ground)
            at = (float(inside.x), float(inside.y))
        lon, lat = at or (None, None)
        around = self.layer.geometry[self._rows(codes)]
        return Place(self.id, kind, group, tuple(codes), facts, lon, lat, ground, around)


def _valid_apart(
    combine: Callable[..., shapely.Geometry], one: shapely.Geometry, other: shapely.Geometry
) -> shapely.Geometry:
    polygons, _ = polygons_of([combine(shapely.make_valid(one), shapely.make_valid(other))])
    return shapely.MultiPolygon(list(polygons))


def places_of_repair(mended: Mended) -> list[Place]:
    """Return every change of a repair, then what was left, level by level."""
    found = []
    new = {
        ident: np.asarray(frame.geometry.array, dtype=object)
        for ident, frame in mended.frames.items()
    }
    trees = {ident: shapely.STRtree(mended.city.layer(ident).geometry) for ident in new}
    for group, changes in (("done", mended.done), ("left", mended.left)):
        for one in changes:
            layer = mended.city.layer(one.level)
            near = trees[one.level].query(one.shape, predicate="dwithin", distance=_BESIDE_DEG)
            rows = np.unique(near)
            facts: dict[str, Any] = {"area_m2": one.area_m2, "width_m": one.width_m}
            facts |= {"from": list(one.taken_from), "to": one.given_to, "note": one.note}
            after = new[one.level][rows] if group == "done" else np.zeros(0, dtype=object)
            found.append(
                Place(
                    one.level,
                    one.kind.value,
                    group,
                    one.codes,
                    facts,
                    one.lon,
                    one.lat,
                    one.shape,
                    layer.geometry[rows],
                    after,
                )
            )
    return found
