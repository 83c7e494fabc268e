"""Rows of a table matched: addresses in, the columns to append out, one row for every row.

A row without an address that can be read is told so in its explanation, and never stops others.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from app.addresses.masking import masked
from app.addresses.match import Basis, Fault, Level, Match, Query, Status
from app.addresses.matcher import Matcher, band_of
from app.addresses.table_columns import AddressColumns
from app.addresses.tally import Example, Tally
from app.grids import City
from app.locate.rows import SYNTHETIC_NOTE
from app.tables import Batch, text_of
from app.tables.formulas import neutralised

# Answers kept for addresses that come again: households of one building, offices of one tower.
REMEMBERED = 20_000
_DEGREES = 6
_NO_ADDRESS = "这一行没有地址。"
_TORN = "这一行不完整，没有读地址（{fault}）。"
# Column after column, the codes of levels come after the second.
_FIRST = ("grid_code", "grid_name")
_THEN = (
    "status", "match_level", "position_basis", "confidence", "band", "explanation", "candidates",
    "standard_address", "leftover", "gazetteer_version",
)  # fmt: skip


class _Answer(NamedTuple):
    """What is kept of a match: its cells, and what is counted."""

    row: int
    status: str
    level: str
    basis: str
    confidence: float
    band: str
    explanation: str
    candidates: str
    standard: str
    leftover: str
    town: str
    faults: tuple[Fault, ...]


class RowAssigner:
    """Assigns the rows of tables to grids.

    Parameters
    ----------
    city
        The city.
    matcher
        Of its gazetteer.
    columns
        Where the rows hold their addresses.

    Attributes
    ----------
    fields : list of pyarrow.Field
        What is appended to a row: ``grid_code`` and ``grid_name`` of the finest level,
        ``<level>_code`` for each level, coarse to fine, all of them only where the status is
        assigned; ``status``, ``match_level``, ``position_basis``, see `app.addresses.match`;
        ``confidence``, 0 to 1, and its ``band``; ``explanation``, one Chinese sentence;
        ``candidates``: JSON, at most five, each with grid, share, reason, lon, lat;
        ``standard_address``; ``leftover``; ``gazetteer_version``; and, only if the city declares
        itself synthetic, ``data_note``.
    """

    def __init__(self, city: City, matcher: Matcher, columns: AddressColumns) -> None:
        self._matcher = matcher
        self._columns = columns
        self._synthetic = bool(city.manifest.synthetic)
        finest = city.finest
        self._row_of = finest.row_of
        self._names = _texts(finest.names)
        self._codes = [_texts(codes) for codes in _chains(city)]
        top = city.layer(city.levels[0].id)
        name_of = dict(zip(top.codes.tolist(), top.names.tolist(), strict=True))
        self._town_of = [name_of.get(code, "") for code in self._codes[0].to_pylist()]
        names = [*_FIRST, *(f"{level.id}_code" for level in city.levels), *_THEN]
        names += ["data_note"] if self._synthetic else []
        self.fields = [
            pa.field(name, pa.float64() if name == "confidence" else pa.string()) for name in names
        ]
        self._answer = lru_cache(maxsize=REMEMBERED)(self._matched)

    def assign(self, batch: Batch) -> tuple[list[pa.Array], Tally]:
        """Assign the rows of a batch.

        Returns
        -------
        list of pyarrow.Array
            One for each of `fields`.
        Tally
            Of these rows.
        """
        texts, parts = self._cells(batch)
        answers: list[_Answer] = []
        tally = Tally(rows=len(batch))
        for row, (text, own) in enumerate(zip(texts, parts, strict=True)):
            fault = batch.faults.get(row)
            if fault is not None:
                answers.append(_unusable(_TORN.format(fault=fault)))
                tally.unusable += 1
            elif not text.strip() and not any(map(str.strip, own)):
                answers.append(_unusable(_NO_ADDRESS))
                tally.unusable += 1
            else:
                answers.append(self._answer(text, own))
                self._note(tally, answers[-1], text, [one for one in own if one])
        self._count(tally, answers)
        return self._arrays(answers), tally

    def _cells(self, batch: Batch) -> tuple[list[str], list[tuple[str, ...]]]:
        """Return the whole address of each row, and its parts."""
        text, parts = self._columns.text, self._columns.parts
        texts = [""] * len(batch) if text is None else list(map(text_of, batch.cells(text)))
        columns = [map(text_of, batch.cells(place)) for _, place in parts]
        if not columns:
            return texts, [()] * len(batch)
        return texts, list(zip(*columns, strict=True))

    def _matched(self, text: str, parts: tuple[str, ...]) -> _Answer:
        names = (name for name, _ in self._columns.parts)
        given = {name: part for name, part in zip(names, parts, strict=True) if part.strip()}
        match = self._matcher.assign(Query(text, given))
        row = self._row_of[match.grid] if match.grid else -1
        return _Answer(
            row=row,
            status=str(match.status),
            level=str(match.level),
            basis=str(match.basis),
            confidence=match.confidence,
            band=str(match.band),
            explanation=match.explanation,
            candidates=_candidates(match),
            standard=match.standard_address,
            leftover=match.leftover,
            town=self._town_of[row] if row >= 0 else match.parsed.get("town", ""),
            faults=match.faults,
        )

    def _note(self, tally: Tally, answer: _Answer, text: str, parts: Sequence[str]) -> None:
        """Count the faults of a row, and keep it as an example where there are too few."""
        seen = set()
        for fault in answer.faults:
            if fault.code in seen:
                continue
            seen.add(fault.code)
            if tally.wants_example(fault.code):
                whole = text if text.strip() else " ".join(parts)
                span = fault.span
                place = (span.start, span.stop) if span and text.strip() else (0, 0)
                tally.add_example(fault.code, Example(masked(whole), *place, answer.status))
        tally.faults.update(seen)

    def _count(self, tally: Tally, answers: Sequence[_Answer]) -> None:
        tally.statuses.update(one.status for one in answers)
        tally.towns.update((one.town, one.status) for one in answers)
        assigned = [one for one in answers if one.row >= 0]
        tally.levels.update(one.level for one in assigned)
        tally.confidences.update(round(one.confidence, 4) for one in assigned)
        tally.grids.update(self._codes[-1][one.row].as_py() for one in assigned)

    def _arrays(self, answers: Sequence[_Answer]) -> list[pa.Array]:
        """Return the columns; where a text is empty there is no value."""
        rows = np.array([one.row for one in answers], dtype=np.int32)
        places = pa.array(rows, mask=rows < 0)
        found = [self._codes[-1].take(places), self._names.take(places)]
        found += [codes.take(places) for codes in self._codes]
        for name in ("status", "level", "basis"):
            found.append(pa.array([getattr(one, name) for one in answers], pa.string()))
        found.append(pa.array([one.confidence for one in answers], pa.float64()))
        found.append(pa.array([one.band for one in answers], pa.string()))
        for name in ("explanation", "candidates", "standard", "leftover"):
            texts = [neutralised(getattr(one, name)) or None for one in answers]
            found.append(pa.array(texts, pa.string()))
        found.append(pa.array([self._matcher.gazetteer.version] * len(rows), pa.string()))
        if self._synthetic:
            found.append(pa.array([SYNTHETIC_NOTE] * len(rows), pa.string()))
        return found


def _texts(values: np.ndarray) -> pa.Array:
    return pa.array(values.tolist(), pa.string())


def _chains(city: City) -> list[np.ndarray]:
    """Return, for each level, the code of the grid that each finest grid lies in, None for none."""
    rows = np.arange(len(city.finest))
    found: list[np.ndarray] = []
    for level in reversed(city.levels):
        layer = city.layer(level.id)
        codes = np.array([*layer.codes, None], dtype=object)
        found.insert(0, codes[rows])
        rows = np.append(layer.parent_row, -1)[rows]
    return found


def _unusable(why: str) -> _Answer:
    none = str(Level.NONE)
    return _Answer(
        -1, str(Status.NONE), none, str(Basis.NONE), 0.0, str(band_of(0.0)), why, "", "", "", "", ()
    )  # fmt: skip


def _candidates(match: Match) -> str:
    if not match.candidates:
        return ""
    told = [
        {
            "grid": one.grid,
            "share": one.share,
            "reason": one.reason,
            "lon": round(one.lon, _DEGREES),
            "lat": round(one.lat, _DEGREES),
        }
        for one in match.candidates
    ]
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
