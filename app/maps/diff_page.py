"""Two editions of the boundaries side by side: one page that opens anywhere without a network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from app.analysis.moved import Moved, totals
from app.geo.measure import metres_per_degree
from app.grids.city import Layer
from app.grids.diff import Change, Kind, LayerDiff
from app.maps.compact import encode
from app.maps.diff_words import diff_words
from app.maps.palette import STATIC
from app.maps.simplify import Shapes, label_points, mercator
from app.maps.topology import WORLD_BITS, cut_into_arcs, world_steps
from app.maps.words import HTML_LANG

TEMPLATE = Path(__file__).with_name("templates") / "diff.html"
# With more grids, those that are kept are drawn only where something near them changes.
MAX_CONTEXT = 8_000
_NEAR_DEG = 0.01
# In this order changes are listed.
_ORDER = (
    Kind.SPLIT, Kind.MERGED, Kind.REDRAWN, Kind.ADDED, Kind.REMOVED, Kind.RECODED, Kind.REPARENTED,
    Kind.RENAMED,
)  # fmt: skip


def diff_page(moved: Moved, language: str = "zh", incidents: tuple[int, int] | None = None) -> str:
    """Return what changes between two editions as an HTML page.

    Parameters
    ----------
    moved
        What changes, and for whom.
    language
        ``zh`` or ``en``.
    incidents
        How many open incidents get another grid, and how many there are; None if nobody asked.
    """
    words = diff_words(language)
    diff = moved.diff
    after = diff.after
    zh, _, en = after.synthetic.partition(" / ")
    levels = [_level(one) for one in diff.layers if one.changed]
    data = {
        "levels": levels,
        "words": words,
        "kinds": [kind.value for kind in _ORDER],
        "metres": _metres_per_step(diff.layers[0].after),
    }
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    holds = [
        words["holds"].format(name=one.generation, day=one.valid_from.isoformat())
        for one in (diff.before, diff.after)
    ]
    return template.render(
        lang=HTML_LANG[language],
        title=words["title"].format(city=after.name),
        before=holds[0],
        after=holds[1],
        synthetic=zh if language == "zh" else en or zh,
        words=words,
        tiles=_tiles(moved, words, incidents),
        levels=levels,
        palette_css=_own("css/palette.css"),
        css=_own("export/diff.css"),
        script=_own("export/diff.js"),
        # Nothing in it can end the script element.
        data=Markup(json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")),  # noqa: S704
    )


def _own(name: str) -> Markup:
    return Markup((STATIC / name).read_text(encoding="utf-8"))  # noqa: S704 - files of this project


def _tiles(
    moved: Moved, words: dict[str, str], incidents: tuple[int, int] | None
) -> list[dict[str, str]]:
    """Return the figures on top: what, how many, of how many."""
    finest = moved.diff.layer(moved.diff.after.levels[-1].id)
    told = totals(moved)
    known = [
        (words["tile_grids"].format(level=finest.part.name), len(finest.changed),
         len(finest.before), ""),
        (words["tile_households"], *_rounded(finest.households), ""),
        (words["tile_doors"], told["doors_moved"], told["doors"],
         words["tile_recoded"].format(n=f"{told['doors_recoded']:,}")
         if told["doors_recoded"] else ""),
        (words["tile_posts"], told["posts_changed"], told["posts"], ""),
        (words["tile_incidents"], *(incidents or (None, None)), ""),
    ]  # fmt: skip
    return [
        {
            "name": name,
            "value": f"{count:,}",
            "of": words["tile_of"].format(n=f"{whole:,}"),
            "more": more,
        }
        for name, count, whole, more in known
        if count is not None and whole
    ]


def _rounded(pair: tuple[float, float]) -> tuple[int | None, int | None]:
    return (None, None) if np.isnan(pair[1]) else (round(pair[0]), round(pair[1]))


def _metres_per_step(layer: Layer) -> float:
    """Return the metres of one step of the world, east, in the middle of a city."""
    south, north = layer.frame.total_bounds[[1, 3]]
    east = float(np.ravel(metres_per_degree(float(south + north) / 2))[0])
    return float(east * 360 / 2**WORLD_BITS)


def _level(layer: LayerDiff) -> dict[str, Any]:
    """Return a level as the page reads it: arcs, what they bound, and the changes."""
    rows = np.array(sorted({one.before for one in layer.changed if one.before >= 0}), dtype=int)
    new = sorted({row for one in layer.changed for row in (*one.into, one.after) if row >= 0})
    fresh = np.array(new, dtype=int)
    context, near_only = _context(layer, rows, fresh)
    groups = [layer.before.geometry[context], layer.before.geometry[rows],
              layer.after.geometry[fresh]]  # fmt: skip
    cut = cut_into_arcs([mercator(one) if len(one) else one for one in groups])
    kept = {arc if arc >= 0 else ~arc for rings in cut.shapes[0] for ring in rings
            for arc in ring}  # fmt: skip
    place = {int(row): at for at, row in enumerate(rows)}
    place_new = {int(row): at for at, row in enumerate(fresh)}
    return {
        "id": layer.part.id,
        "name": layer.part.name,
        "counts": {kind.value: count for kind, count in layer.counts.items()},
        "near_only": near_only,
        "lines": encode(cut.arcs).as_json(),
        "context": sorted(kept),
        "before": _grids(layer.before, rows, cut.shapes[1]),
        "after": _grids(layer.after, fresh, cut.shapes[2]),
        "changes": [_entry(layer, group, place, place_new) for group in _groups(layer)],
    }


def _context(layer: LayerDiff, rows: Any, fresh: Any) -> tuple[Any, bool]:  # noqa: ANN401
    """Return which of the grids that are kept are drawn, and whether that is not all of them."""
    kept = np.setdiff1d(np.arange(len(layer.before)), rows)
    if len(kept) <= MAX_CONTEXT:
        return kept, False
    changed: Shapes = np.append(layer.before.geometry[rows], layer.after.geometry[fresh])
    boxes = shapely.bounds(changed) + np.array([-1, -1, 1, 1]) * _NEAR_DEG
    tree = shapely.STRtree(layer.before.geometry[kept])
    return kept[np.unique(tree.query(shapely.box(*boxes.T))[1])], True


def _grids(layer: Layer, rows: Any, rings: Sequence[Any]) -> list[dict[str, Any]]:  # noqa: ANN401
    if not len(rows):
        return []
    # Where the name stands: in the middle of the largest circle that fits in.
    points = world_steps(shapely.get_coordinates(label_points(layer.geometry[rows]))).tolist()
    return [
        {"c": str(layer.codes[row]), "n": str(layer.names[row]), "p": point, "r": found}
        for row, point, found in zip(rows, points, rings, strict=True)
    ]


def _groups(layer: LayerDiff) -> list[list[Change]]:
    """Return changes in the order in which they are listed; what merges into one is one entry."""
    found: dict[tuple[str, int, int], list[Change]] = {}
    for one in layer.changed:
        merged = one.kind is Kind.MERGED
        found.setdefault((one.kind, -1 if merged else one.before, one.after), []).append(one)
    return sorted(found.values(), key=lambda group: _ORDER.index(group[0].kind))


def _entry(
    layer: LayerDiff, group: list[Change], place: dict[int, int], place_new: dict[int, int]
) -> dict[str, Any]:
    first = next((one for one in group if not np.isnan(one.share_kept)), group[0])
    rows = [one.before for one in group if one.before >= 0]
    new = sorted({row for one in group for row in (*one.into, one.after) if row >= 0})
    lineage = layer.lineage
    goes = []
    for row in rows:
        low, high = np.searchsorted(lineage.before, [row, row + 1])
        for at in range(low, high):
            lives = float(lineage.households[at])
            goes.append(
                [
                    str(layer.before.codes[row]),
                    str(layer.after.codes[lineage.after[at]]) if lineage.after[at] >= 0 else "",
                    round(100 * float(lineage.share[at]), 1),
                    None if np.isnan(lives) else round(lives),
                ]
            )
    return {
        "k": first.kind.value,
        "b": [place[row] for row in rows],
        "a": [place_new[row] for row in new],
        "s": None if np.isnan(first.share_kept) else round(100 * first.share_kept, 1),
        "h": None if np.isnan(first.hausdorff_m) else round(first.hausdorff_m, 1),
        "t": [
            true for true in ("renamed", "reparented", "recoded", "redrawn") if getattr(first, true)
        ],
        "l": goes,
    }
