"""Features: a page of them, and how they are written as GeoJSON."""

from __future__ import annotations

import json
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

import numpy as np
import shapely

from app.open.box import Box
from app.open.references import Reference
from app.open.span import Span

DEFAULT_LIMIT, MAX_LIMIT = 100, 10_000
KeyT = TypeVar("KeyT", str, tuple[int, str])


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which features of a collection are asked for.

    Attributes
    ----------
    reference : Reference
        The CRS in which they go out.
    box : Box or None
    span : Span or None
    hazard : str
        Id; "" for all.
    generation : str
        Edition of the boundaries; "" for that of today.
    limit : int
        How many at most.
    after, before : str
        Only those that come after, or before, the one of this key; "" from the beginning on.
    """

    reference: Reference
    box: Box | None = None
    span: Span | None = None
    hazard: str = ""
    generation: str = ""
    limit: int = DEFAULT_LIMIT
    after: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature.

    Attributes
    ----------
    id : str
        Unlike any other of its collection.
    shape : shapely.Geometry or None
        In lon, lat degrees.
    properties : dict
    """

    id: str
    shape: shapely.Geometry | None
    properties: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FeaturePage:
    """Some of the features that are asked for.

    Attributes
    ----------
    features : tuple of Feature
    matched : int
        How many there are on all pages.
    before, after : str
        Key before which the page before ends, and after which the next one begins; "" where there
        is none.
    """

    features: tuple[Feature, ...] = field(default=())
    matched: int = 0
    before: str = ""
    after: str = ""


def page_of_keys(
    keys: Sequence[KeyT], after: KeyT | None, before: KeyT | None, limit: int
) -> tuple[range, KeyT | None, KeyT | None]:
    """Return which of some sorted keys a page shows, and the keys at which others go on.

    A page goes on after a key, not after so many features: what comes or goes elsewhere meanwhile
    moves nothing.
    """
    if before is not None:
        stop = bisect_left(keys, before)
        start = max(0, stop - limit)
    else:
        start = 0 if after is None else bisect_right(keys, after)
        stop = min(len(keys), start + limit)
    first = keys[start] if 0 < start < len(keys) else None
    last = keys[stop - 1] if 0 < stop < len(keys) else None
    return range(start, stop), first, last


def feature_texts(features: Iterable[Feature], reference: Reference) -> list[str]:
    """Return features as GeoJSON, each a text of its own.

    Rings follow the right-hand rule of RFC 7946, and numbers are written so that they are read
    back as the same ones, bit for bit.
    """
    features = tuple(features)
    shapes = np.array([one.shape for one in features] + [None], dtype=object)[:-1]
    turned = reference.out(np.asarray(shapely.orient_polygons(shapes)))
    found = zip(features, shapely.to_geojson(turned), strict=True)
    return [_text(one, shape or "null") for one, shape in found]


def _text(one: Feature, geometry: str) -> str:
    ident = json.dumps(one.id, ensure_ascii=False)
    properties = json.dumps(one.properties, ensure_ascii=False, default=_plain)
    head = f'{{"type":"Feature","id":{ident},"geometry":{geometry}'
    return f'{head},"properties":{properties}}}'


def plain_values(values: dict[str, Any]) -> dict[str, Any]:
    """Return values as JSON knows them; a number that is none becomes null."""
    plain = {str(k): v.item() if isinstance(v, np.generic) else v for k, v in values.items()}
    lost = {k for k, v in plain.items() if isinstance(v, float) and not math.isfinite(v)}
    return {key: None if key in lost else value for key, value in plain.items()}


def _plain(value: object) -> str:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    raise TypeError(type(value).__name__)
