"""Answers about addresses as the API says them."""

from __future__ import annotations

from typing import Any

import shapely

from app.addresses.match import Candidate, Fault, Match, Query, Status
from app.addresses.suggest import Suggestion
from app.grids import City
from app.web.errors import language
from app.web.fault_words import fault_sentence
from app.web.schemas import ChainRef
from app.web.schemas_addresses import (
    AddressIn,
    AddressOut,
    CandidateOut,
    ExplainOut,
    FaultOut,
    SpanOut,
    SuggestionOut,
)
from app.web.service import chain_ref


def query_of(given: AddressIn) -> Query:
    """Return what the matcher is asked."""
    parts = {name: str(value).strip() for name, value in given.parts if str(value).strip()}
    return Query(given.text, parts)


def suggestion_out(found: Suggestion) -> SuggestionOut:
    """Return a suggestion as it is answered."""
    return SuggestionOut(
        kind=found.kind.value,
        name=found.name,
        area=found.area,
        address=found.address,
        match=list(found.match),
        alias=found.alias,
        why=found.why,  # type: ignore[arg-type]
        grid=found.grid,
        lon=found.lon,
        lat=found.lat,
    )


class AddressViews:
    """Words the answers of one request; what many of them share is looked up once.

    Parameters
    ----------
    city
        Whose grids are named.
    """

    def __init__(self, city: City) -> None:
        self._city = city
        self._chains: dict[str, list[ChainRef]] = {}

    def match(self, match: Match) -> AddressOut:
        """Return a match as it is answered."""
        chain = self._chain(match.grid) if match.grid else []
        assigned = match.status is Status.ASSIGNED
        return AddressOut(
            status=match.status.value,
            match_level=match.level.value,
            position_basis=match.basis.value,
            grid=match.grid,
            grid_name=chain[-1].name if chain else "",
            chain=chain,
            confidence=match.confidence,
            band=match.band.value,
            explanation=match.explanation,
            # An assigned grid is no question.
            candidates=[] if assigned else [self._candidate(one) for one in match.candidates],
            # Several readings may have the same one.
            faults=[_fault(one) for one in dict.fromkeys(match.faults)],
            standard_address=match.standard_address,
            leftover=match.leftover,
            parsed=match.parsed,
            lon=match.lon,
            lat=match.lat,
        )

    def explained(self, found: dict[str, Any], version: str) -> ExplainOut:
        """Return what `Matcher.explain` found as it is answered."""
        return ExplainOut(
            text=found["text"],
            match=self.match(found["match"]),
            hypotheses=found["hypotheses"],
            gazetteer_version=version,
            synthetic=self._city.manifest.synthetic,
        )

    def _chain(self, code: str) -> list[ChainRef]:
        known = self._chains.get(code)
        if known is None:
            grid = self._city.find(code, self._city.levels[-1].id)
            known = [chain_ref(one) for one in self._city.chain(grid)]
            self._chains[code] = known
        return known

    def _candidate(self, one: Candidate) -> CandidateOut:
        chain = self._chain(one.grid)
        finest = self._city.finest
        shape = finest.geometry[finest.row_of[one.grid]]
        at_point = bool(shapely.intersects_xy(shape, one.lon, one.lat))
        lon, lat = one.lon, one.lat
        if not at_point:
            inside = shapely.point_on_surface(shape)
            lon, lat = float(inside.x), float(inside.y)
        return CandidateOut(
            grid=one.grid,
            name=chain[-1].name,
            chain=chain,
            share=one.share,
            reason=one.reason,
            lon=lon,
            lat=lat,
            at_point=at_point,
        )


def _fault(one: Fault) -> FaultOut:
    span = one.span
    word = span.text if span is not None else ""
    return FaultOut(
        code=one.code,
        sentence=fault_sentence(one.code, word, one.detail, language()),
        span=SpanOut(start=span.start, stop=span.stop, text=span.text) if span else None,
        detail=one.detail,
    )
