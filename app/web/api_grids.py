"""GET /api/grids, /api/grids/<code> and /api/grid-names: the grids themselves."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import shapely
from apiflask import APIBlueprint

from app.errors import TooLargeError
from app.grids import City, Layer
from app.web.auth import current_actor
from app.web.reading import Bounds, parse_bbox, takes
from app.web.schemas import FeaturesOut, GridOut, GridQuery, GridsQuery
from app.web.schemas_grids import GridNamesOut, GridNamesQuery, NamedGridOut
from app.web.service import chain_ref, service

bp = APIBlueprint("grids", __name__, tag="Grids")

GEOJSON = "application/geo+json"


@bp.get("/api/grids/<path:code>")
@takes(bp, GridQuery, "query")
@bp.output(GridOut)
@bp.doc(responses={404: "No grid has this code"})
def get_grid(code: str, query_data: GridQuery) -> GridOut:
    """Return one grid: properties, parents, children, staff and shape."""
    now = service().on(query_data.on)
    grid = now.city.find(code, query_data.level)
    shape = now.city.layer(grid.part.id).geometry[grid.row]
    chain = now.city.chain(grid)
    return GridOut(
        **chain_ref(grid).model_dump(),
        properties=_plain(now.city.properties(grid)),
        chain=[chain_ref(one) for one in chain],
        children=[chain_ref(one) for one in now.city.children(grid)],
        staff=now.staff(current_actor(), code),
        bounds=[float(edge) for edge in shape.bounds],
        geometry=json.loads(shapely.to_geojson(shape)),
        generation=now.city.manifest.generation,
        synthetic=now.city.manifest.synthetic,
    )


@bp.get("/api/grids")
@takes(bp, GridsQuery, "query")
@bp.output(FeaturesOut, content_type=GEOJSON)
@bp.doc(responses={404: "There is no such level", 413: "More grids than one call may carry"})
def get_grids(query_data: GridsQuery) -> tuple[FeaturesOut, int, dict[str, str]]:
    """Return the grids of one level that meet a box, all of them or an error, as GeoJSON."""
    now = service().on(query_data.on)
    layer = now.city.layer(query_data.level)
    box = parse_bbox(query_data.bbox) if query_data.bbox else None
    rows = _rows_meeting(layer, box)
    limit = now.settings.max_features
    if len(rows) > limit:
        raise TooLargeError(
            f"{len(rows)} grids of level {query_data.level!r} meet the box, one call returns at "
            f"most {limit}",
            "Ask for a smaller bbox or a coarser level.",
            message_zh=f"范围内有 {len(rows)} 个网格，单次最多返回 {limit} 个",
            hint_zh="请缩小范围，或选择更粗的层级。",
        )
    answer = FeaturesOut(
        type="FeatureCollection",
        features=_features(now.city, layer, rows),
        synthetic=now.city.manifest.synthetic,
    )
    return answer, 200, {"Content-Type": GEOJSON}


@bp.get("/api/grid-names")
@takes(bp, GridNamesQuery, "query")
@bp.output(GridNamesOut)
def get_grid_names(query_data: GridNamesQuery) -> GridNamesOut:
    """Say which grids a part of a name or code may mean, while it is typed."""
    now = service()
    found = now.names.find(query_data.q, query_data.limit)
    return GridNamesOut(
        grids=[
            NamedGridOut(
                **chain_ref(one.grid).model_dump(),
                within=" › ".join(above.name for above in now.city.chain(one.grid)[:-1]),
                by="code" if one.by_code else "name",
                match=[one.start, one.stop],
            )
            for one in found
        ]
    )


def _rows_meeting(layer: Layer, box: Bounds | None) -> list[int]:
    if box is None:
        return list(range(len(layer)))
    return sorted(layer.frame.sindex.query(shapely.box(*box), predicate="intersects").tolist())


def _features(city: City, layer: Layer, rows: list[int]) -> list[dict[str, Any]]:
    others = [name for name in layer.frame.columns if name != "geometry"]
    records = layer.frame.iloc[rows][others].to_dict("records")
    shapes = shapely.to_geojson(layer.geometry[rows])
    level = {"level": layer.part.id, "generation": city.manifest.generation}
    return [
        {
            "type": "Feature",
            "id": record["code"],
            "geometry": json.loads(shape),
            "properties": _plain(record) | level,
        }
        for record, shape in zip(records, shapes, strict=True)
    ]


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return values as JSON knows them; a missing one becomes null."""
    plain = {str(k): v.item() if isinstance(v, np.generic) else v for k, v in values.items()}
    return {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in plain.items()}
