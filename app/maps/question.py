"""What an exported map or a report is made from: a part of a city, its incidents, a period."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from app.analysis.classes import DEFAULT_K
from app.analysis.coverage_table import Coverage, Kind
from app.analysis.ground import Area, Ground
from app.analysis.heat import HeatOptions
from app.analysis.period import Period
from app.analysis.rates import counts_of
from app.analysis.selection import IncidentSet, kinds_of
from app.analysis.suppression import suppressed
from app.analysis.terms import Words
from app.incidents.policy import Policy
from app.maps.palette import Palette, read_palette
from app.maps.scope import Scope
from app.maps.words import words_in

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Question:
    """What is shown.

    Attributes
    ----------
    scope : Scope
    ground : Ground
        Of the same city.
    policy : Policy
        Names the hazards.
    incidents : IncidentSet
        All that are known, of any time.
    period : Period
    suppress : int
        Counts below it, but for 0, are not shown; 0 shows all.
    language : str
        ``zh`` or ``en``.
    window_months : int
        How many months a step of the time bar takes in.
    heat : HeatOptions
        Bandwidth, weights of severity and decay of heat; its `suppress` is the question's.
    scheme : str
        How classes are made, see `app.analysis.classes`; "" for quantiles, and for steps of 20 %
        where figures are shares.
    k : int
        How many classes.
    coverage : dict
        Coverage of the whole city by kind, once reckoned: the same for every part of it.
    """

    scope: Scope
    ground: Ground
    policy: Policy
    incidents: IncidentSet
    period: Period
    suppress: int
    language: str = "zh"
    window_months: int = 1
    heat: HeatOptions = HeatOptions()  # noqa: RUF009 - frozen
    scheme: str = ""
    k: int = DEFAULT_K
    coverage: dict[Kind, Coverage] = field(default_factory=dict, repr=False)

    @cached_property
    def area(self) -> Area | None:
        """The area, None for the whole city."""
        grid = self.scope.area
        return None if grid is None else Area(grid.part.id, grid.row, grid.code, grid.name)

    @cached_property
    def palette(self) -> Palette:
        """Colours."""
        return read_palette()

    @cached_property
    def words(self) -> dict[str, str]:
        """Words of the language."""
        return words_in(self.language, self.suppress)

    @property
    def shown_levels(self) -> list[str]:
        """Levels whose shapes are shown, coarse to fine."""
        return [one.id for one in self.scope.city.levels if self.scope.shows(one.id)]

    def say(self, words: Words) -> str:
        """Return words in the language of the map."""
        return words.zh if self.language == "zh" else words.en

    def hazard_name(self, hazard: str) -> str:
        """Return what a hazard is called; raises BadInputError if there is none."""
        if not hazard:
            return self.words["all_hazards"]
        found = self.policy.hazard(hazard)
        return found.name if self.language == "zh" else found.name_en

    def ramp(self, hazard: str) -> str:
        """Return the name of the ramp of a hazard."""
        return hazard.partition(".")[0] or "all"

    def select(self, hazard: str, period: Period | None = None) -> IncidentSet:
        """Return the incidents of a hazard within period and area."""
        return self.incidents.select(
            self.ground,
            period=period or self.period,
            hazards=kinds_of(self.policy, hazard),
            area=self.area,
        )

    def counts(self, hazard: str, period: Period | None = None) -> dict[str, tuple[Rows, Mask]]:
        """Return the counts of a hazard for each level shown, and which of them are held back.

        What one level holds back, another must not give away: below a grid that is held back all
        grids are that have any, and of its sisters at least one more (see
        `app.analysis.suppression`). Rows are those of `Scope.rows`.
        """
        chosen = self.select(hazard, period)
        found: dict[str, tuple[Rows, Mask]] = {}
        hidden: Mask | None = None
        above = ""
        for level in self.shown_levels:
            layer = self.ground.layer(level)
            count = counts_of(chosen, self.ground, level)
            family = layer.parent_row if above else np.zeros(len(layer), dtype=np.int32)
            held = np.zeros(len(layer), dtype=np.bool_)
            if self.suppress:
                held = suppressed(count, family, self.suppress)
                if hidden is not None:
                    orphan = layer.parent_row < 0
                    held |= hidden[layer.parent_row] & ~orphan & (count > 0)
            rows = self.scope.rows[level]
            found[level] = (count[rows], held[rows])
            hidden, above = held, level
        return found

    def period_text(self, period: Period | None = None) -> str:
        """Return a period as people write it: whole days, both ends included."""
        period = period or self.period
        first = period.since.astimezone(period.zone)
        last = (period.until - _MOMENT).astimezone(period.zone)
        begins = first.day == 1
        ends = period.until.astimezone(period.zone).day == 1
        form = "%Y-%m" if begins and ends else "%Y-%m-%d"
        one, other = first.strftime(form), last.strftime(form)
        return one if one == other else f"{one} – {other}"


_MOMENT = np.timedelta64(1, "us").astype(object)
