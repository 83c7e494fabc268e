"""The shapes of an exported map: one copy of every border, whatever is drawn with it.

Layers of a map do not bring shapes of their own: they say the class of each grid of a level, in the
order in which the grids are listed here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from app.grids import Layer, Overlay
from app.maps.compact import Lines, encode
from app.maps.houses import light_bases
from app.maps.scope import Rows, Scope
from app.maps.simplify import Shapes, dissolve, label_points, simplify_coverage
from app.maps.topology import WORLD_BITS, Points, cut_into_arcs, world_steps

# Borders may leave their place by this much, in units of EPSG:3857: less than a line is wide at the
# closest zoom of an exported map.
TOLERANCE_M = 2.0
_BASE_TOLERANCE_M = 3.0


def shapes_json(scope: Scope) -> dict[str, Any]:
    """Return all shapes of a part of a city, as the page of an exported map reads them.

    Returns
    -------
    dict
        ``bits``: steps of the world are 2^bits. ``arcs``, ``arcLevels``: `Lines` and for each the
        number of the coarsest level that it divides. ``levels``, ``overlays``: id, name, codes,
        names, parents (number in the level above, -1 for none), points for names, rings of arcs.
        ``around``: what is not shown in colour, with names. ``bases``: water, roads.
    """
    city = scope.city
    shown = [level.id for level in city.levels if scope.shows(level.id)]
    topology = cut_into_arcs(_level_shapes(scope, shown))
    drawn = dict(zip(shown, topology.shapes, strict=True))
    levels = []
    above: Rows | None = None
    for level in city.levels:
        layer, rows = city.layer(level.id), scope.rows[level.id]
        levels.append(
            {
                "id": level.id,
                "name": level.name,
                "rings": drawn.get(level.id),
                **_names(scope, layer, rows, above),
                **_amounts(layer, rows),
            }
        )
        above = rows
    return {
        "bits": WORLD_BITS,
        "arcs": encode(topology.arcs).as_json(),
        "arcLevels": "".join(
            str(len(city.levels) - len(shown) + group) for group in topology.arc_group
        ),
        "levels": levels,
        "overlays": [_overlay_json(scope, overlay) for overlay in city.overlays],
        "around": _around(scope),
        "bases": [_base_json(scope, base.id, base.name) for base in light_bases(city)],
    }


def _level_shapes(scope: Scope, shown: list[str]) -> list[Shapes]:
    """Return the simplified shapes of the levels shown, coarse to fine."""
    city = scope.city
    found: list[Shapes] = []
    whole: Shapes | None = None
    for ident in reversed(shown):
        layer, rows = city.layer(ident), scope.rows[ident]
        if whole is None:
            whole = np.full(len(layer), None, dtype=object)
            whole[rows] = simplify_coverage(scope.flat(layer.geometry[rows]), TOLERANCE_M)
        else:
            whole = dissolve(whole, city.layer(shown[shown.index(ident) + 1]), layer, scope.flat)
        found.insert(0, whole[rows])
    return found


def _names(scope: Scope, layer: Layer, rows: Rows, above: Rows | None) -> dict[str, Any]:
    parents = layer.parent_row[rows]
    number = {} if above is None else {int(row): at for at, row in enumerate(above)}
    points = world_steps(shapely.get_coordinates(label_points(scope.moved(layer.geometry[rows]))))
    return {
        "codes": [str(code) for code in layer.codes[rows]],
        "names": [str(name) for name in layer.names[rows]],
        "parents": [number.get(int(row), -1) for row in parents],
        "points": encode([points]).text if len(points) else "",
    }


def _amounts(layer: Layer, rows: Rows) -> dict[str, Any]:
    """Return households and areas, where the city knows them."""
    found: dict[str, Any] = {}
    for column, decimals in (("households", 0), ("area_km2", 3)):
        if column in layer.frame.columns:
            values = layer.frame[column].to_numpy(dtype=float)[rows].round(decimals)
            found[column] = [None if np.isnan(one) else float(f"{one:g}") for one in values]
    return found


def _overlay_json(scope: Scope, overlay: Overlay) -> dict[str, Any]:
    layer, rows = scope.city.layer(overlay.id), scope.rows[overlay.id]
    shapes = shapely.simplify(scope.flat(layer.geometry[rows]), TOLERANCE_M)
    lines, rings = own_rings(shapes)
    return {
        "id": overlay.id,
        "name": overlay.name,
        "parentLevel": [level.id for level in scope.city.levels].index(overlay.parent_level),
        "lines": lines.as_json(),
        "rings": rings,
        **_names(scope, layer, rows, scope.rows[overlay.parent_level]),
    }


def _around(scope: Scope) -> dict[str, Any]:
    """Return what surrounds the part: areas that others govern, and the grids beside the area."""
    outside = scope.city.outside
    shapes = [scope.flat(np.asarray(outside.geometry.array, dtype=object))]
    names = [str(name) for name in outside["name"]]
    governed = [str(name) for name in outside["governed_by"]]
    if scope.area is not None:
        layer = scope.city.layer(scope.area.part.id)
        others = np.setdiff1d(np.arange(len(layer)), scope.rows[scope.area.part.id])
        shapes.append(scope.flat(layer.geometry[others]))
        names += [str(name) for name in layer.names[others]]
        governed += [""] * len(others)
    together = np.concatenate(shapes)
    if not len(together):
        return {"lines": Lines("", []).as_json(), "rings": [], "names": [], "governed": []}
    points = world_steps(shapely.get_coordinates(shapely.point_on_surface(together)))
    lines, rings = own_rings(simplify_coverage(together, 10 * TOLERANCE_M))
    return {
        "lines": lines.as_json(),
        "rings": rings,
        "names": names,
        "governed": governed,
        "points": encode([points]).text,
    }


def _base_json(scope: Scope, ident: str, name: str) -> dict[str, Any]:
    """Return a base layer as lines, or as rings where it has areas."""
    frame = scope.city.base(ident)
    shapes = shapely.simplify(
        scope.flat(np.asarray(frame.geometry.array, dtype=object)), _BASE_TOLERANCE_M
    )
    dimension = np.where(shapely.is_empty(shapes), -1, shapely.get_dimensions(shapes))
    areas, rings = own_rings(shapes[dimension == 2])  # noqa: PLR2004 - of a polygon
    kinds = np.full(len(frame), "", dtype=object)
    if "kind" in frame.columns:
        kinds = frame["kind"].astype(str).to_numpy(dtype=object)
    lines: dict[str, Any] = {}
    for kind in sorted(set(kinds[dimension == 1])):
        parts = shapely.get_parts(shapes[(dimension == 1) & (kinds == kind)])
        lines[kind] = encode(_points(part) for part in parts).as_json()
    return {
        "id": ident,
        "name": name,
        "areas": {"lines": areas.as_json(), "rings": rings},
        "lines": lines,
    }


def own_rings(shapes: Shapes) -> tuple[Lines, list[list[list[int]]]]:
    """Return shapes of EPSG:3857 as lines, and for each shape its rings, each a line of its own."""
    lines: list[Points] = []
    rings: list[list[list[int]]] = []
    for shape in shapes:
        own = []
        for ring in shapely.get_rings(shapely.get_parts(shape)):
            own.append([len(lines)])
            lines.append(_points(ring))
        rings.append(own)
    return encode(lines), rings


def _points(line: shapely.Geometry) -> Points:
    return world_steps(shapely.get_coordinates(line))
