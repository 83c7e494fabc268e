"""A map of what is wrong with boundaries, or of what a repair changed: one page, no network.

Each finding is a numbered place. The city is drawn coarsely; around each place the borders are
kept as they are, to the millimetre, so that a sliver can be looked at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.geo.plane import Plane
from app.grids import City, Level, Overlay
from app.grids.mend import Mended
from app.maps.quality_places import Place, places_of, places_of_repair
from app.maps.quality_words import KINDS, WORDS

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_PALETTE = Path(__file__).resolve().parents[2] / "static" / "palette.json"

Shapes = npt.NDArray[np.object_]
Points = npt.NDArray[np.float64]

# More places than that are not drawn; the page says so, the JSON has all.
MOST_PLACES = 2_000
# Levels with more grids than that are not drawn as a whole: it would be ink all over.
_MOST_GRIDS = 20_000
# How finely the city is drawn, and the surroundings of a place, in metres.
_COARSE_M, _FINE_M = 2.0, 0.001
# Around a place is shown this much at least, and this many times its own extent.
_LEAST_REACH_M, _REACH = 4.0, 1.5
# A whole grid is shown less finely than a sliver: a thousandth of its extent, but not below.
_OF_EXTENT = 1e-4


def quality_page(city: City, certificate: Mapping[str, Any], language: str = "zh") -> str:
    """Return the map of a certificate.

    Parameters
    ----------
    city
        The city that it is of.
    certificate
        As `Certificate.to_dict` has it, or the JSON of the folder.
    language
        In which the page opens; it speaks both.
    """
    levels = [
        {
            "id": one["id"],
            "name": one["name"],
            "found": one["found"],
            "expected": one["expected"],
            "defects": sum(one["defects"].values()),
            "warnings": sum(one.get("warnings", {}).values()),
        }
        for one in certificate["levels"]
    ]
    return _page(city, "certificate", places_of(city, certificate), levels, language)


def repair_page(mended: Mended, language: str = "zh") -> str:
    """Return the map of a repair, each change with its borders before and after."""
    after = {one.id: one for one in mended.after.levels}
    levels = [
        {
            "id": one.id,
            "name": one.name,
            "found": one.found,
            "expected": one.expected,
            "defects": sum(one.defects.values()),
            "left": sum(after[one.id].defects.values()),
        }
        for one in mended.before.levels
    ]
    return _page(mended.city, "repair", places_of_repair(mended), levels, language)


def _page(
    city: City, what: str, places: Sequence[Place], levels: list[dict[str, Any]], language: str
) -> str:
    drawing = _Drawing(city)
    manifest = city.manifest
    zh, _, en = manifest.synthetic.partition(" / ")
    data = {
        "what": what,
        "language": language,
        "city": manifest.name,
        "generation": manifest.generation,
        "validFrom": manifest.valid_from.isoformat(),
        "content": manifest.content_hash,
        "synthetic": {"zh": zh, "en": en or zh},
        "levels": levels,
        "land": drawing.land(),
        "base": drawing.base(),
        "places": [drawing.place(one) for one in places[:MOST_PLACES]],
        "more": max(0, len(places) - MOST_PLACES),
        "words": WORDS,
        "kinds": KINDS,
    }
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    palette = json.loads(_PALETTE.read_text(encoding="utf-8"))
    return environment.get_template("quality_map.html").render(
        language=language,
        title=f"{manifest.name} · {WORDS[what][language]}",
        themes=palette["themes"],
        fonts=", ".join(f'"{one}"' if " " in one else one for one in palette["type"]["sans"]),
        style=_file("quality_map.css"),
        script=_file("quality_map.js"),
        # Within a script element these would be read as markup.
        data=text.replace("<", "\\u003c"),
    )


@cache
def _file(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


class _Drawing:
    """Brings shapes into the plane of the page: metres east and north of the city's middle."""

    def __init__(self, city: City) -> None:
        self.city = city
        plane = Plane(city.manifest.metric_crs)
        west, south, east, north = city.bounds
        middle = plane.to_metres(np.array([[(west + east) / 2, (south + north) / 2]]))[0]
        self._plane, self._middle = plane, middle

    def _flat(self, shapes: Shapes) -> Shapes:
        def move(lonlat: Points) -> Points:
            return np.asarray(self._plane.to_metres(lonlat) - self._middle)

        return np.asarray(shapely.transform(shapes, move), dtype=object)

    def land(self) -> list[Any]:
        """Return the outer rings of the coarsest level."""
        shapes = self._flat(self.city.layer(self.city.levels[0].id).geometry)
        land = shapely.union_all(shapely.make_valid(shapes))
        return _lines(shapely.boundary(shapely.simplify(land, _COARSE_M)), 1.0)

    def base(self) -> list[dict[str, Any]]:
        """Return the borders of levels, coarse to fine, then those of overlays."""
        found = []
        parts: list[Level | Overlay] = [*self.city.levels, *self.city.overlays]
        for part in parts:
            layer = self.city.layer(part.id)
            if len(layer) > _MOST_GRIDS:
                continue
            shapes = self._flat(layer.geometry)
            lines = shapely.line_merge(
                shapely.union_all(shapely.boundary(shapely.simplify(shapes, _COARSE_M / 2)))
                if isinstance(part, Overlay) or not shapely.coverage_is_valid(shapes)
                else shapely.union_all(
                    shapely.boundary(shapely.coverage_simplify(shapes, _COARSE_M))
                )
            )
            found.append(
                {
                    "id": part.id,
                    "name": part.name,
                    "overlay": isinstance(part, Overlay),
                    "lines": _lines(lines, 1.0),
                }
            )
        return found

    def place(self, place: Place) -> dict[str, Any]:
        """Return a place with its ground, and borders cut to its surroundings."""
        layer = self.city.layer(place.level)
        names = [layer.names[layer.row_of[code]] for code in place.codes if code in layer.row_of]
        told: dict[str, Any] = {
            "level": place.level,
            "kind": place.kind,
            "group": place.group,
            "codes": list(place.codes),
            "names": [str(name) for name in names],
            "facts": place.facts,
        }
        if place.lon is None or place.lat is None:
            return told
        at = self._plane.to_metres(np.array([[place.lon, place.lat]]))[0] - self._middle
        told |= {
            "lon": round(place.lon, 7),
            "lat": round(place.lat, 7),
            "at": [round(float(one), 3) for one in at],
        }
        ground = place.ground if place.ground is not None else shapely.Point(place.lon, place.lat)
        flat = self._flat(np.array([ground], dtype=object))[0]
        box = shapely.bounds(flat)
        if np.isnan(box).any():
            box = np.array([*at, *at])
        reach = max(_LEAST_REACH_M, _REACH * max(box[2] - box[0], box[3] - box[1]))
        window = (box[0] - reach, box[1] - reach, box[2] + reach, box[3] + reach)
        fine = max(_FINE_M, _OF_EXTENT * reach)
        told |= {
            "box": [round(float(one), 2) for one in box],
            "ground": _lines(shapely.boundary(shapely.simplify(flat, fine / 2)), fine),
            "before": self._around(place.before, window, fine),
        }
        if len(place.after):
            told["after"] = self._around(place.after, window, fine)
        return told

    def _around(
        self, shapes: Shapes, window: tuple[float, float, float, float], fine: float
    ) -> list[Any]:
        borders = shapely.clip_by_rect(shapely.boundary(self._flat(shapes)), *window)
        return _lines(shapely.GeometryCollection(list(borders)), fine)


def _lines(shape: shapely.Geometry | None, step: float) -> list[Any]:
    """Return the step, then each line as whole steps: the first point, then differences."""
    parts = np.array([shape], dtype=object)
    while np.any(shapely.get_type_id(parts) > shapely.GeometryType.POLYGON):
        parts = shapely.get_parts(parts)
    found: list[Any] = [step]
    for part in parts:
        if part is None or part.geom_type not in {"LineString", "LinearRing"} or part.is_empty:
            continue
        xy = np.round(shapely.get_coordinates(part) / step).astype(np.int64)
        found.append(np.diff(xy, axis=0, prepend=0).ravel().tolist())
    return found
