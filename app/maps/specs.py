"""What a layer of an exported map is to show, as it is written on the command line."""

from __future__ import annotations

from dataclasses import dataclass

from app.analysis.grid_figures import Measure
from app.errors import BadInputError

ALL = "all"
KINDS = ("incidents", "heat", "hotspots", "trends", "rates", "coverage")
EXAMPLES = (
    "incidents, heat:fire, hotspots:all, trends:gas, rates:gas:per_household, "
    "rates:gas:per_household:smooth, rates:fire:per_km2@ordinary, coverage:staffing"
)
# How many words stand behind each kind, at most.
_MOST = {"incidents": 1, "heat": 1, "hotspots": 2, "trends": 1, "rates": 3, "coverage": 2}
SMOOTH = "smooth"


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """One layer as it was asked for.

    Attributes
    ----------
    text : str
        As it was written.
    kind : str
        Of `KINDS`.
    words : tuple of str
        What stands behind it: the hazard and the measure, or the meaning of coverage.
    level : str
        Id after ``@``; "" for the one that fits.
    """

    text: str
    kind: str
    words: tuple[str, ...]
    level: str

    @property
    def hazard(self) -> str:
        """Id of the hazard, "" for all."""
        return "" if not self.words or self.words[0] == ALL else self.words[0]

    def measure(self, default: Measure) -> Measure:
        """Return what figures are per.

        Raises
        ------
        BadInputError
            If there is no such measure; names those there are.
        """
        if len(self.words) < 2:  # noqa: PLR2004 - the hazard comes first
            return default
        try:
            return Measure(self.words[1])
        except ValueError:
            known = [str(one) for one in Measure]
            raise _bad(self.text, f"measures are {known}", f"指标有 {'、'.join(known)}") from None

    @property
    def smooth(self) -> bool:
        """Whether rates are smoothed."""
        return self.kind == "rates" and self.words[2:] == (SMOOTH,)

    @property
    def ident(self) -> str:
        """A name for scripts."""
        return "".join(one if one.isalnum() else "_" for one in self.text)


def parse_spec(text: str) -> LayerSpec:
    """Read a layer such as ``rates:gas:per_household@ordinary``.

    Raises
    ------
    BadInputError
        If it is none; says what is allowed.
    """
    body, at, level = text.strip().partition("@")
    kind, *words = body.split(":")
    if kind not in KINDS:
        raise _bad(text, f"layers are {list(KINDS)}", f"图层有 {'、'.join(KINDS)}")
    if (at and not level) or not all(words) or len(words) > _MOST[kind]:
        raise _bad(text, f"such as {EXAMPLES}", f"例如 {EXAMPLES}")
    spec = LayerSpec(text.strip(), kind, tuple(words), level)
    if kind in {"rates", "hotspots"}:
        spec.measure(Measure.COUNT)
    if kind == "rates" and words[2:] not in ([], [SMOOTH]):
        raise _bad(text, f"behind the measure may stand {SMOOTH!r}", f"指标之后只能写 {SMOOTH!r}")
    return spec


def _bad(text: str, allowed: str, allowed_zh: str) -> BadInputError:
    return BadInputError(
        f"the layer is {text!r:.80}; {allowed}",
        f"For example {EXAMPLES}.",
        message_zh=f"图层为 {text!r:.80}；{allowed_zh}",
        hint_zh=f"例如 {EXAMPLES}。",
    )
