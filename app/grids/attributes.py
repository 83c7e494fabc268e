"""What can be wrong with a grid whatever its shape: its code, its name, its households."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.grids.findings import Malformed, SameName, Size
from app.grids.manifest import Level, Overlay

Texts = npt.NDArray[np.object_]

# What a spreadsheet makes of a long number.
_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+\d+")
_DECIMAL = re.compile(r"\d{4,}\.0+")


def malformed(codes: Texts, pattern: str | None, invented: Collection[str]) -> list[Malformed]:
    """Return codes that cannot be right, or do not match the pattern that is stated.

    Parameters
    ----------
    codes : ndarray of object, shape (n,)
        Codes of a level.
    pattern
        Regular expression for the whole code; None or "" for any.
    invented
        Codes that the import gave: they are told of elsewhere.
    """
    wanted = re.compile(pattern) if pattern else None
    found = []
    for code in map(str, codes):
        if code in invented:
            continue
        reason = _fault(code)
        if not reason and wanted is not None and not wanted.fullmatch(code):
            reason = f"does not match {pattern}"
        if reason:
            found.append(Malformed(code=code, reason=reason))
    return found


def _fault(code: str) -> str:
    if code.isascii() and code.isalnum():
        return ""
    unseen = any(unicodedata.category(one) in {"Cc", "Cf", "Co", "Cn"} for one in code)
    tests = (
        (any(one.isspace() for one in code), "has white space in it"),
        (unseen, "has a character in it that cannot be seen"),
        (unicodedata.normalize("NFKC", code) != code, "has full-width or alike characters in it"),
        (_SCIENTIFIC.fullmatch(code), "is a rounded number: a spreadsheet has lost its digits"),
        (_DECIMAL.fullmatch(code), "is a number with decimals"),
    )
    return next((reason for found, reason in tests if found), "")


def same_names(codes: Texts, names: Texts, parents: Texts) -> list[SameName]:
    """Return names that several grids of one parent have, by name; empty ones are not asked."""
    counts = Counter(zip(parents, names, strict=True))
    twice = {key for key, count in counts.items() if count > 1 and key[1]}
    if not twice:
        return []
    members: dict[tuple[str, str], list[str]] = {}
    for code, key in zip(codes, zip(parents, names, strict=True), strict=True):
        if key in twice:
            members.setdefault(key, []).append(str(code))
    return [
        SameName(name=str(name), parent=str(parent), codes=tuple(held))
        for (parent, name), held in sorted(members.items())
    ]


def sizes(codes: Texts, frame: pd.DataFrame, part: Level | Overlay) -> list[Size]:
    """Return grids with fewer or more households than recommended, by code.

    Where the number is not known, or nothing is recommended, nothing is found.
    """
    low, high = part.households_min, part.households_max
    if "households" not in frame.columns or (low is None and high is None):
        return []
    counts = frame["households"].to_numpy(dtype=np.float64, na_value=np.nan)
    small = counts < (-np.inf if low is None else low)
    large = counts > (np.inf if high is None else high)
    return [
        Size(code=str(codes[row]), households=int(counts[row]))
        for row in np.flatnonzero(small | large)
    ]
