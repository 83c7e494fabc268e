"""Grids of a level or overlay as features, and what the incidents add up to in each.

The grids of all editions in force are features of one collection. The id of a grid of today's
edition is its code, that of any other has the edition behind it: ``CODE@GENERATION``; so has a code
that holds an ``@`` itself. No two grids have the same, and each leads to its grid.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from app.analysis.grid_figures import Measure
from app.analysis.ground import Area, Ground
from app.analysis.period import Period
from app.analysis.rates import Stats, stats
from app.analysis.selection import IncidentSet
from app.analysis.terms import State
from app.errors import BadInputError, NotFoundError
from app.grids import City, Layer
from app.maps.mvt import codes_of, with_figures
from app.open.features import Feature, FeaturePage, Wanted, page_of_keys, plain_values

Rows = npt.NDArray[np.int64]
# Between a code and the name of an edition.
AT = "@"
# What of the figures a tile has.
_DRAWN = ("name", "count", "per_km2", "per_1000_households")


@dataclass(frozen=True, slots=True)
class InForce:
    """An edition of the boundaries that is in force.

    Attributes
    ----------
    city : City
    until : date or None
        The first day on which it holds no more.
    today : bool
        Whether it is the one that answers where none is named.
    """

    city: City
    until: date | None
    today: bool

    @property
    def name(self) -> str:
        """What it is called."""
        return self.city.manifest.generation

    def has(self, ident: str) -> bool:
        """Tell whether it has a level or overlay."""
        manifest = self.city.manifest
        return ident in {*(x.id for x in manifest.levels), *(x.id for x in manifest.overlays)}


def feature_id(code: str, generation: str, *, today: bool) -> str:
    """Return the id of a grid of an edition; see the module."""
    return code if today and AT not in code else f"{code}{AT}{generation}"


def code_and_edition(ident: str, generations: Iterable[str]) -> tuple[str, str]:
    """Return the code and the edition that the id of a grid names; "" is the one of today."""
    for name in generations:
        if ident.endswith(AT + name):
            return ident.removesuffix(AT + name), name
    return ident, ""


def grid_page(editions: Sequence[InForce], ident: str, wanted: Wanted) -> FeaturePage:
    """Return a page of the grids of a level or overlay, by edition, then by code.

    Parameters
    ----------
    editions
        Those whose grids are asked for, in their order. Which of them the time meets that is asked
        for is for the caller to see.
    ident
        Id of the level or overlay; an edition may lack it.
    wanted
        Which of the grids.

    Raises
    ------
    BadInputError
        If a key is none.
    NotFoundError
        If the edition of a key is none of these.
    """
    known = [one for one in editions if one.has(ident)]
    found = [_rows_met(one.city.layer(ident), None, wanted) for one in known]
    keys = [
        (at, code)
        for at, (one, rows) in enumerate(zip(known, found, strict=True))
        for code in one.city.layer(ident).codes[rows].tolist()
    ]
    names = [one.name for one in known]
    place_after, place_before = (
        _place(name, getattr(wanted, name), names) for name in ("after", "before")
    )
    shown, before, after = page_of_keys(keys, place_after, place_before, wanted.limit)
    features: list[Feature] = []
    begins = 0
    for one, rows in zip(known, found, strict=True):
        of_page = rows[max(0, shown.start - begins) : max(0, shown.stop - begins)]
        features += _grids(one, one.city.layer(ident), of_page)
        begins += len(rows)
    first, last = ("" if at is None else f"{at[1]}{AT}{names[at[0]]}" for at in (before, after))
    return FeaturePage(tuple(features), len(keys), first, last)


def grid_feature(edition: InForce, ident: str, code: str) -> Feature:
    """Return one grid.

    Raises
    ------
    NotFoundError
        If no grid of this level or overlay has the code.
    """
    grid = edition.city.find(code, ident)
    return next(iter(_grids(edition, edition.city.layer(ident), [grid.row])))


def _place(name: str, text: str, generations: list[str]) -> tuple[int, str] | None:
    """Return which edition and which code a key names."""
    if not text:
        return None
    code, generation = code_and_edition(text, generations)
    if generation:
        return generations.index(generation), code
    if AT in text:
        raise NotFoundError(
            f"{name} is {text!r:.80}, which names none of the editions {generations} that are "
            "asked for",
            "Begin again with the first page: another edition may have been put in force.",
            message_zh=f"{name} 为 {text!r:.80}，不属于所请求的网格版本 {generations}",
            hint_zh="请从第一页重新开始：网格版本可能已变更。",
        )
    raise BadInputError(
        f"{name} is {text!r:.80}, allowed is what a link next or prev says",
        message_zh=f"{name} 为 {text!r:.80}，只能取自 next 或 prev 链接",
    )


def _rows_met(layer: Layer, rows: Rows | None, wanted: Wanted) -> Rows:
    """Return which rows of a layer, or which of some, lie in the box that is asked for."""
    every = np.arange(len(layer)) if rows is None else rows
    if wanted.box is None:
        return every
    return np.intersect1d(every, wanted.box.rows_meeting(layer.geometry, layer.frame.sindex))


def _grids(held: InForce, layer: Layer, rows: Iterable[int]) -> Iterable[Feature]:
    places = list(rows)
    others = [name for name in layer.frame.columns if name != "geometry"]
    last = held.until and held.until - timedelta(days=1)
    edition: dict[str, Any] = {
        "level": layer.part.id,
        "generation": held.name,
        "valid_from": held.city.manifest.valid_from.isoformat(),
        "valid_to": last and last.isoformat(),
    }
    records = layer.frame[others].iloc[places].to_dict("records")
    for row, record in zip(places, records, strict=True):
        ident = feature_id(str(record["code"]), held.name, today=held.today)
        yield Feature(ident, layer.geometry[row], plain_values(record) | edition)


class Figures:
    """Counts and rates of incidents for the grids of a level, as features.

    Parameters
    ----------
    incidents
        All that count.
    ground
        The city.
    period, hazard, hazards
        Which of them: the time, the hazard as it was named, and all that it stands for.
    area
        The ground to which the figures are limited; None is the whole city.
    today
        Whether the city is that of today's edition.
    """

    def __init__(
        self,
        incidents: IncidentSet,
        ground: Ground,
        period: Period,
        hazard: str,
        hazards: tuple[str, ...],
        area: Area | None,
        *,
        today: bool,
    ) -> None:
        self._incidents = incidents.select(ground, period=period, hazards=hazards, area=area)
        self._ground = ground
        self._period = period
        self._hazard = hazard
        self._area = area
        self._today = today

    def page(self, level: str, wanted: Wanted) -> FeaturePage:
        """Return a page of the grids of a level, by code."""
        layer = self._ground.layer(level)
        rows = _rows_met(layer, self.seen(level), wanted)
        keys = layer.codes[rows].tolist()
        shown, before, after = page_of_keys(
            keys, wanted.after or None, wanted.before or None, wanted.limit
        )
        features = tuple(self._features(level, rows[shown.start : shown.stop]))
        return FeaturePage(features, len(keys), before or "", after or "")

    def feature(self, level: str, code: str) -> Feature:
        """Return one grid.

        Raises
        ------
        NotFoundError
            If no grid of this level has the code, or none that is within the area.
        """
        row = self._ground.city.find(code, level).row
        if row not in self.seen(level):
            raise NotFoundError(
                f"{code!r:.80} does not lie in {self._area and self._area.code}",
                message_zh=f"{code!r:.80} 不在 {self._area and self._area.code} 内",
            )
        return next(iter(self._features(level, np.array([row]))))

    def tile(self, level: str, tile: bytes, name: str) -> bytes:
        """Return the figures of the grids in a vector tile, as a tile.

        Parameters
        ----------
        level
            Whose grids.
        tile
            With a layer of them.
        name
            What the layer of the figures is called.
        """
        row_of = self._ground.layer(level).row_of
        inside = [row_of[code] for code in codes_of(tile, level) if code in row_of]
        rows = np.intersect1d(self.seen(level), np.array(inside, dtype=np.int64))
        told = {
            one.properties["code"]: {key: one.properties.get(key) for key in _DRAWN}
            for one in self._features(level, rows)
        }
        return with_figures(tile, level, name, told)

    def seen(self, level: str) -> Rows:
        """Return the rows of a level that lie in the area: none if the area is a finer grid."""
        levels = list(self._ground.levels)
        if self._area is not None and levels.index(level) < levels.index(self._area.level):
            return np.empty(0, dtype=np.int64)
        return np.flatnonzero(self._ground.within(level, self._area))

    def _features(self, level: str, rows: Rows) -> Iterable[Feature]:
        if not len(rows):
            return
        count = self._stats(level, Measure.COUNT)
        rates = {"per_km2": self._stats(level, Measure.PER_KM2)}
        if self._ground.households(level) is not None:
            rates["per_1000_households"] = self._stats(level, Measure.PER_HOUSEHOLD)
        period, layer = self._period, self._ground.layer(level)
        about = {
            "hazard": self._hazard,
            "period_from": period.since.astimezone(period.zone).isoformat(),
            "period_to": period.until.astimezone(period.zone).isoformat(),
            "generation": self._ground.city.manifest.generation,
        }
        generation = about["generation"]
        for row, place in zip(rows, np.searchsorted(count.rows, rows), strict=True):
            found: dict[str, Any] = {
                "code": layer.codes[row],
                "name": layer.names[row],
                "parent": layer.parents[row],
                "level": level,
                "count": int(count.count[place]),
            }
            for name, rate in rates.items():
                known = rate.state[place] != State.NO_DATA
                found[name] = float(rate.value[place]) if known else None
            ident = feature_id(str(layer.codes[row]), generation, today=self._today)
            yield Feature(ident, layer.geometry[row], plain_values(found) | about)

    def _stats(self, level: str, measure: Measure) -> Stats:
        return stats(
            self._incidents, self._ground, self._period, level, measure,
            hazard=self._hazard, area=self._area,
        )  # fmt: skip
