"""How far an incident counts around itself, by default, for each hazard.

The bandwidth is the standard deviation of the kernel. It is a statement about the hazard, not
about the sample: rules that derive it from the spread of the points (Scott, Silverman) would take
a city of many centres for one hill and smooth over kilometres, and would change with every month.
So it is a table, and every map says which row was used.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.analysis.terms import Words

MIN_M, MAX_M = 50.0, 20_000.0


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """A bandwidth and why it is taken.

    Attributes
    ----------
    metres : float
    reason : Words
    """

    metres: float
    reason: Words


_DEFAULTS = {
    "gas": Bandwidth(
        300.0,
        Words("gas: a block, the reach of a street main", "燃气：约一个街区"),
    ),
    "fire": Bandwidth(
        500.0,
        Words("fire: what a micro fire station covers", "火灾：微型消防站的范围"),
    ),
    "fire.wildland": Bandwidth(1_000.0, Words("wildland fire: a hillside", "林野火灾：一面山坡")),
    "geological": Bandwidth(
        1_000.0, Words("geological: a slope and what lies below it", "地质灾害：一处斜坡及其下方")
    ),
    "drowning": Bandwidth(
        500.0, Words("drowning: a reach of the water that one walks", "溺水：步行可达的一段水岸")
    ),
}
_OTHERS = Bandwidth(500.0, Words("several hazards: a neighbourhood", "多种类别：一片邻里"))


def default_bandwidth(hazard: str) -> Bandwidth:
    """Return the bandwidth of a hazard, of what it is a kind of, or the one for all.

    Parameters
    ----------
    hazard
        Id such as ``gas.leak``; "" for all hazards.
    """
    while hazard:
        if hazard in _DEFAULTS:
            return _DEFAULTS[hazard]
        hazard = hazard.rpartition(".")[0]
    return _OTHERS
