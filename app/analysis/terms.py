"""Words in both languages, and the states that a grid's figure can have."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Words:
    """What is shown to people, in both languages."""

    en: str
    zh: str


class State(StrEnum):
    """What the figure of a grid is. Each looks different on a map: none passes for another."""

    VALUE = "value"
    # Counted, and there was nothing.
    ZERO = "zero"
    # Not known: there is no denominator.
    NO_DATA = "no_data"
    # Known, and not shown: it is of fewer incidents than may be shown.
    SUPPRESSED = "suppressed"


def notes(*given: Words | None) -> tuple[Words, ...]:
    """Return the notes that there are."""
    return tuple(one for one in given if one is not None)


def synthetic_note(statement: str) -> Words | None:
    """Return the city's statement of what is not real as a note; None for real data.

    Parameters
    ----------
    statement
        As in the manifest: Chinese, and after " / " English.
    """
    if not statement:
        return None
    zh, _, en = statement.partition(" / ")
    return Words(en or zh, zh)
