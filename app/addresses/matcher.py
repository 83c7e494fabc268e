"""From an address to a grid: the door of this package.

matcher = Matcher.open(City.open("geodata/jianyang"))
match = matcher.assign(Query("射洪坝街道东滨路128号附3号"))
match.grid, match.confidence, match.explanation
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import nlargest
from typing import Any, Protocol

from app.addresses.amended import open_amended
from app.addresses.amendments import NOTHING, Amendments
from app.addresses.calibration import calibration_of
from app.addresses.decide import Decider
from app.addresses.decision import Decision
from app.addresses.entry import Kind
from app.addresses.explain import Explainer, explanation, fault_sentences, used_words
from app.addresses.faults import FAULTS, starting_confidence
from app.addresses.folded import Folded, fold
from app.addresses.found import Finding
from app.addresses.gazetteer import Gazetteer
from app.addresses.home import Home
from app.addresses.match import (
    Band,
    Basis,
    Candidate,
    Fault,
    Level,
    Match,
    Query,
    Span,
    Status,
)
from app.addresses.parse import Parser
from app.addresses.parts import merge_parts
from app.addresses.reading import Reading
from app.grids import City

MAX_CANDIDATES = 5
_HIGH, _MIDDLE = 0.98, 0.90
_RANK = {
    Status.ASSIGNED: 0,
    Status.CONFLICT: 1,
    Status.CANDIDATES: 1,
    Status.OUTSIDE: 2,
    Status.AREA_ONLY: 3,
    Status.NONE: 4,
}


class Calibration(Protocol):
    """Measured accuracies of answers."""

    def confidence(self, level: Level, fault: str) -> float | None:
        """Return the accuracy of a level with a main fault, a lower bound; None: not measured."""


def band_of(confidence: float) -> Band:
    """Return the band of a confidence."""
    return Band.HIGH if confidence >= _HIGH else Band.MIDDLE if confidence >= _MIDDLE else Band.LOW


class Matcher:
    """Finds the grids of addresses by one gazetteer.

    Parameters
    ----------
    gazetteer
        Of the city.
    calibration
        Measured accuracies; without them the starting values of `app.addresses.faults` hold.
    home
        What may stand above the towns; without it nothing there is checked.

    Notes
    -----
    Answers depend on nothing but the query. What is built on first use is built by `warm`, so that
    processes that are forked afterwards share it.
    """

    def __init__(
        self,
        gazetteer: Gazetteer,
        calibration: Calibration | None = None,
        home: Home | None = None,
    ) -> None:
        self.gazetteer = gazetteer
        self.calibration = calibration
        self._home = home or Home()
        self._parser = Parser(gazetteer, self._home)
        self._decider = Decider(gazetteer)
        self._explainer = Explainer(gazetteer)
        self._confidences: dict[tuple[Level, str], float] = {}

    def __reduce__(self) -> tuple[type[Matcher], tuple[Any, ...]]:
        """Go through pickle as what it was made of; what is derived is built again there."""
        return Matcher, (self.gazetteer, self.calibration, self._home)

    @classmethod
    def open(
        cls,
        city: City,
        calibration: Calibration | None = None,
        amendments: Amendments = NOTHING,
    ) -> Matcher:
        """Return the matcher of a city.

        Parameters
        ----------
        city
            With a gazetteer.
        calibration
            By default the one in the folder of the city, if it was measured on this gazetteer.
        amendments
            Corrections to be laid over the gazetteer.

        Raises
        ------
        CityError
            See `Gazetteer.open`.
        """
        gazetteer = open_amended(city, amendments)
        calibration = calibration or calibration_of(city)
        return cls(gazetteer, calibration, Home.of(city.manifest.name))

    def warm(self) -> None:
        """Build now what is built on first use."""
        self._parser.warm()
        self._decider.warm()

    def near_names(self, key: str) -> list[str]:
        """Return the keys of names that are one edit away from a key."""
        return [self.gazetteer.names.keys[one] for one in self._parser.near_names(key)]

    def assign(self, query: Query) -> Match:
        """Return the grid of an address, or why there is none."""
        folded = fold(query.text)
        decision = self._best(folded, query)
        return self._match(folded, decision)

    def assign_many(self, queries: Iterable[Query]) -> list[Match]:
        """Return the matches of addresses, in their order."""
        return [self.assign(one) for one in queries]

    def explain(self, query: Query) -> dict[str, Any]:
        """Return how an address was read: its tokens, the hypotheses and what each leads to.

        Returns
        -------
        dict
            ``text`` (as read), ``match`` (`Match`), ``hypotheses``: for each the words, numbers,
            findings, status, level, grids with weights, faults with sentences.
        """
        folded = fold(query.text)
        hypotheses = []
        for reading in self._readings(folded, query):
            one = self._decider.decide(reading)
            hypotheses.append(
                {
                    "words": used_words(folded, reading),
                    "parsed": self._explainer.parsed(one),
                    "leftover": [folded.written(p.start, p.stop) for p in reading.leftover],
                    "status": str(one.status),
                    "level": str(one.level),
                    "grids": {
                        self._code(grid): round(weight, 4) for grid, weight in one.weights.items()
                    },
                    "findings": [self._finding(found) for found in one.findings[:20]],
                    "faults": [
                        {
                            "code": fault[0],
                            "most": FAULTS[fault[0]].most,
                            "sentence": fault_sentences(folded, [fault])[0],
                        }
                        for fault in one.faults
                    ],
                }
            )
        return {"text": folded.text, "match": self.assign(query), "hypotheses": hypotheses}

    # --- inside ----------------------------------------------------------------------------------

    def _code(self, grid: int) -> str:
        return self.gazetteer.grids[grid] if grid >= 0 else ""

    def _finding(self, found: Finding) -> dict[str, Any]:
        return {
            "what": self._explainer.reason(found),
            "rank": found.rank,
            "level": str(found.level),
            "grids": {self._code(grid): round(w, 4) for grid, w in found.grids.items()},
            "fault": found.fault,
            "detail": found.detail,
        }

    def _readings(self, folded: Folded, query: Query) -> list[Reading]:
        readings = self._parser.readings(folded)
        if query.parts:
            for one in readings:
                merge_parts(one, query.parts, self._parser)
        return readings

    def _best(self, folded: Folded, query: Query) -> Decision:
        readings = self._readings(folded, query)
        best = self._decider.decide(readings[0])
        grids = {best.grid}
        for one in readings[1:]:
            other = self._decider.decide(one)
            grids.add(other.grid)
            if _RANK[other.status] < _RANK[best.status]:
                best, other = other, best
            for grid, weight in other.weights.items():
                best.weights[grid] = best.weights.get(grid, 0.0) + weight
        grids.discard(-1)
        if len(grids) > 1:
            best.status, best.grid = Status.CANDIDATES, -1
            best.faults.append(("TEXT.ambiguous", -1, -1, ""))
        if folded.cut:
            best.faults.append(("TEXT.cut", -1, -1, ""))
        if best.status is Status.NONE and not folded.text.strip(", "):
            best.faults.append(("TEXT.empty", -1, -1, ""))
        return best

    def _confidence(self, level: Level, fault: str) -> float:
        known = self._confidences.get((level, fault))
        if known is None:
            measured = None
            if self.calibration is not None:
                measured = self.calibration.confidence(level, fault)
            known = starting_confidence(level, fault) if measured is None else measured
            self._confidences[level, fault] = known
        return known

    def _match(self, folded: Folded, decision: Decision) -> Match:
        g = self.gazetteer
        assigned = decision.status is Status.ASSIGNED
        confidence, code = 0.0, ""
        if assigned:
            code = g.grids[decision.grid]
            # As sure as the least of its faults allows, so that one more makes nothing surer.
            faults = decision.faults
            codes = {one[0] for one in faults} if faults else ("",)
            confidence = min([self._confidence(decision.level, one) for one in codes])
        lon, lat, basis = self._point(decision)
        if assigned:
            why = self._why(decision, decision.grid)
            candidates: tuple[Candidate, ...] = (Candidate(code, 1.0, why, lon or 0.0, lat or 0.0),)
        else:
            candidates = self._candidates(decision)
        return Match(
            status=decision.status,
            level=decision.level,
            basis=basis,
            grid=code,
            confidence=confidence,
            band=band_of(confidence),
            explanation=explanation(folded, decision, code, [one.grid for one in candidates]),
            candidates=candidates,
            faults=tuple(self._faults(folded, decision)) if decision.faults else (),
            standard_address=self._explainer.standard_address(decision),
            leftover=_leftover(folded, decision),
            parsed=self._explainer.parsed(decision),
            lon=lon,
            lat=lat,
        )

    def _faults(self, folded: Folded, decision: Decision) -> list[Fault]:
        found = []
        for code, start, stop, detail in decision.faults:
            span = None
            if start >= 0:
                first, last = folded.span(start, stop)
                span = Span(first, last, folded.raw[first:last])
            found.append(Fault(code, span, detail))
        return found

    def _candidates(self, decision: Decision) -> tuple[Candidate, ...]:
        if decision.status is Status.OUTSIDE:
            return ()
        weights = decision.weights
        inside = [(weight, -grid) for grid, weight in weights.items() if grid >= 0]
        if not inside:
            return ()
        whole = sum(weights.values()) or 1.0
        found = []
        for weight, minus in nlargest(MAX_CANDIDATES, inside):
            lon, lat = self._point_in(decision, -minus)
            share = round(weight / whole, 4)
            found.append(
                Candidate(self._code(-minus), share, self._why(decision, -minus), lon, lat)
            )
        return tuple(found)

    def _in(self, decision: Decision, grid: int) -> Finding | None:
        best: Finding | None = None
        for one in decision.findings:
            if grid in one.grids and (best is None or one.rank < best.rank):
                best = one
        return best

    def _why(self, decision: Decision, grid: int) -> str:
        found = self._in(decision, grid)
        return self._explainer.reason(found) if found is not None else "所写的镇街、社区或组内"

    def _point_in(self, decision: Decision, grid: int) -> tuple[float, float]:
        found = self._in(decision, grid)
        if found is not None:
            return found.lon, found.lat
        lon, lat, _ = self._point(decision)
        return lon or 0.0, lat or 0.0

    def _point(self, decision: Decision) -> tuple[float | None, float | None, Basis]:
        finding = decision.finding
        if finding is not None:
            return finding.lon, finding.lat, _BASIS[finding.basis]
        area = decision.area
        for kind, ids in (
            (Kind.GROUP, area.groups),
            (Kind.COMMUNITY, area.communities),
            (Kind.TOWN, tuple(area.towns or ())),
        ):
            if len(ids) == 1:
                places = self.gazetteer.places[kind]
                return places.lon[ids[0]], places.lat[ids[0]], Basis.CENTROID
        return None, None, Basis.NONE


def _leftover(folded: Folded, decision: Decision) -> str:
    pieces = decision.reading.leftover
    if not pieces:
        return ""
    return " ".join(folded.written(piece.start, piece.stop) for piece in pieces)


_BASIS = {str(one): one for one in Basis}
