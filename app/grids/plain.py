"""Findings as plain data that JSON can hold, and intakes back from it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from app.grids.findings import (
    Duplicate,
    EmptyCode,
    Intake,
    Merged,
    Padded,
    ParentChoice,
    ParentFound,
    Patch,
    Repaired,
    SourceRead,
    UnusableRow,
)

# Digits behind the point: square centimetres of a millionth, and a millimetre on the ground.
_DIGITS, _DEGREE_DIGITS = 6, 8
_DEGREES = ("lon", "lat")


def plain(value: Any) -> Any:  # noqa: ANN401 - anything goes in, JSON's types come out
    """Return dataclasses as dicts and tuples as lists, with numbers rounded for reading.

    The key of a field is its name without a trailing underscore; that a patch is a sliver comes
    last.
    """
    if is_dataclass(value) and not isinstance(value, type):
        done = {}
        for one in fields(value):
            entry = getattr(value, one.name)
            if one.name in _DEGREES:
                entry = round(entry, _DEGREE_DIGITS)
            done[one.name.rstrip("_")] = plain(entry)
        if isinstance(value, Patch):
            done["sliver"] = done.pop("sliver")
        return done
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(entry) for entry in value]
    return value


def intake_of(raw: dict[str, Any]) -> Intake:
    """Return the intake of which `plain` made `raw`.

    Raises
    ------
    KeyError, TypeError
        If it is not of that form.
    """
    parents = raw["parents"]
    return Intake(
        source=SourceRead(**{**raw["source"], "notes": tuple(raw["source"]["notes"])}),
        unusable=tuple(UnusableRow(**one) for one in raw["unusable"]),
        repaired=tuple(Repaired(**one) for one in raw["repaired"]),
        duplicates=tuple(
            Duplicate(code=one["code"], rows=tuple(one["rows"]), codes=tuple(one["codes"]))
            for one in raw["duplicates"]
        ),
        empty_codes=tuple(EmptyCode(**one) for one in raw["empty_codes"]),
        merged=tuple(Merged(code=one["code"], rows=tuple(one["rows"])) for one in raw["merged"]),
        parents=None
        if parents is None
        else ParentChoice(
            **{**parents, "partly": tuple(ParentFound(**one) for one in parents["partly"])}
        ),
        undeclared=dict(raw["undeclared"]),
        # A certificate of an earlier version does not have these.
        misplaced=tuple(raw.get("misplaced", ())),
        padded=tuple(Padded(**one) for one in raw.get("padded", ())),
    )
