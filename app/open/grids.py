"""Grids of a level or overlay as features, and what the incidents add up to in each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from app.analysis.grid_figures import Measure
from app.analysis.ground import Area, Ground
from app.analysis.period import Period
from app.analysis.rates import Stats, stats
from app.analysis.selection import IncidentSet
from app.analysis.terms import State
from app.errors import NotFoundError
from app.grids import City, Layer
from app.open.features import Feature, FeaturePage, Wanted, page_of_keys, plain_values

Rows = npt.NDArray[np.int64]


def grid_page(city: City, ident: str, wanted: Wanted) -> FeaturePage:
    """Return a page of the grids of a level or overlay, by code.

    Parameters
    ----------
    city
        The edition.
    ident
        Id of the level or overlay.
    wanted
        Which of them; that the edition holds then is for the caller to see.
    """
    layer = city.layer(ident)
    rows, before, after, matched = _rows_of_page(layer, np.arange(len(layer)), wanted)
    return FeaturePage(tuple(_grids(city, layer, rows)), matched, before, after)


def grid_feature(city: City, ident: str, code: str) -> Feature:
    """Return one grid.

    Raises
    ------
    NotFoundError
        If no grid of this level or overlay has the code.
    """
    grid = city.find(code, ident)
    return next(iter(_grids(city, city.layer(ident), [grid.row])))


def _rows_of_page(layer: Layer, rows: Rows, wanted: Wanted) -> tuple[Rows, str, str, int]:
    """Return which of some rows of a layer a page shows, the keys beside it, and how many match."""
    if wanted.box is not None:
        met = wanted.box.rows_meeting(layer.geometry, layer.frame.sindex)
        rows = np.intersect1d(rows, met)
    keys = layer.codes[rows].tolist()
    shown, before, after = page_of_keys(keys, wanted)
    return rows[shown.start : shown.stop], before, after, len(keys)


def _grids(city: City, layer: Layer, rows: Iterable[int]) -> Iterable[Feature]:
    places = list(rows)
    others = [name for name in layer.frame.columns if name != "geometry"]
    manifest = city.manifest
    edition: dict[str, Any] = {
        "level": layer.part.id,
        "generation": manifest.generation,
        "valid_from": manifest.valid_from.isoformat(),
    }
    records = layer.frame[others].iloc[places].to_dict("records")
    for row, record in zip(places, records, strict=True):
        yield Feature(str(record["code"]), layer.geometry[row], plain_values(record) | edition)


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
    """

    def __init__(
        self,
        incidents: IncidentSet,
        ground: Ground,
        period: Period,
        hazard: str,
        hazards: tuple[str, ...],
        area: Area | None,
    ) -> None:
        self._incidents = incidents.select(ground, period=period, hazards=hazards, area=area)
        self._ground = ground
        self._period = period
        self._hazard = hazard
        self._area = area

    def page(self, level: str, wanted: Wanted) -> FeaturePage:
        """Return a page of the grids of a level, by code."""
        layer = self._ground.layer(level)
        rows = np.flatnonzero(self._ground.within(level, self._area))
        shown, before, after, matched = _rows_of_page(layer, rows, wanted)
        return FeaturePage(tuple(self._features(level, shown)), matched, before, after)

    def feature(self, level: str, code: str) -> Feature:
        """Return one grid.

        Raises
        ------
        NotFoundError
            If no grid of this level has the code, or none that is within the area.
        """
        row = self._ground.city.find(code, level).row
        if not self._ground.within(level, self._area)[row]:
            raise NotFoundError(
                f"{code!r:.80} does not lie in {self._area and self._area.code}",
                message_zh=f"{code!r:.80} 不在 {self._area and self._area.code} 内",
            )
        return next(iter(self._features(level, np.array([row]))))

    def _features(self, level: str, rows: Rows) -> Iterable[Feature]:
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
            yield Feature(str(layer.codes[row]), layer.geometry[row], plain_values(found) | about)

    def _stats(self, level: str, measure: Measure) -> Stats:
        return stats(
            self._incidents, self._ground, self._period, level, measure,
            hazard=self._hazard, area=self._area,
        )  # fmt: skip
