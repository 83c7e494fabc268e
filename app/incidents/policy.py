"""How incidents are handled: hazards, deadlines, duplicates, who is asked first; from one TOML."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.errors import BadFileError, BadInputError

DEFAULT_POLICY = Path(__file__).with_name("policy.toml")
SEVERITIES = (1, 2, 3, 4)
_ENDLESS = float("inf")
# A number is written by hand, spelled on the phone and put into addresses.
_PREFIX = re.compile(r"[A-Z0-9]{1,8}")
STAGES = ("file", "handle", "verify")
FIRST_ASSIGNEES = ("level", "dedicated")
_KEYS = {
    "": {
        "number_prefix",
        "time_zone",
        "first_assignee",
        "neighbour_within_m",
        "deadline_hours",
        "duplicates",
        "hazards",
    },
    "hazards": {"id", "name", "name_en", "duplicates", "deadline_hours"},
    "duplicates": {"within_m", "within_hours"},
}


@dataclass(frozen=True, slots=True)
class Hazard:
    """One kind of incident.

    Attributes
    ----------
    id : str
        Its name in data; ``gas.leak`` is a kind of ``gas``.
    name, name_en : str
        Shown to people.
    duplicate_m, duplicate_hours : float
        Within which two open incidents may be the same.
    deadline_hours : dict of str to tuple of float
        By stage (`STAGES`), hours for severity 1 to 4.
    """

    id: str
    name: str
    name_en: str
    duplicate_m: float
    duplicate_hours: float
    deadline_hours: dict[str, tuple[float, ...]]

    @property
    def parent(self) -> str:
        """Id of the hazard of which this is a kind, "" for a domain."""
        return self.id.rpartition(".")[0]

    @property
    def domain(self) -> str:
        """Id of the hazard at the root."""
        return self.id.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole policy.

    Attributes
    ----------
    hazards : dict of str to Hazard
        By id, parents before their kinds.
    number_prefix : str
        First part of an incident's number, 1 to 8 of A to Z and 0 to 9.
    time_zone : ZoneInfo
        Whose days the numbers count.
    first_assignee : str
        ``level`` or ``dedicated``: who is proposed first where a dedicated grid covers the place.
    neighbour_within_m : float
        The neighbour is offered too where the border is nearer, metres.
    """

    hazards: dict[str, Hazard]
    number_prefix: str
    time_zone: ZoneInfo
    first_assignee: str
    neighbour_within_m: float

    @classmethod
    def read(cls, path: Path = DEFAULT_POLICY) -> Policy:
        """Read a policy file.

        Raises
        ------
        BadFileError
            If it cannot be read, or does not say what a policy says.
        """
        try:
            return _read(tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise BadFileError(f"{path}: {error}", "See app/incidents/policy.toml.") from error
        except (KeyError, TypeError, ValueError, ZoneInfoNotFoundError) as error:
            raise BadFileError(
                f"{path} is no policy: {error}", "See app/incidents/policy.toml."
            ) from error

    def hazard(self, ident: str) -> Hazard:
        """Return a hazard by id.

        Raises
        ------
        BadInputError
            If there is none; names those there are.
        """
        found = self.hazards.get(ident)
        if found is None:
            raise BadInputError(
                f"hazard is {ident!r}, allowed are {list(self.hazards)}",
                message_zh=f"类别 {ident!r} 不存在，可用：{'、'.join(self.hazards)}",
            )
        return found

    def rule(self, ident: str) -> Hazard:
        """Return the hazard by which a kept incident is handled.

        Where the policy has lost its hazard since, what it was a kind of counts, and at last
        ``other``.
        """
        while ident and ident not in self.hazards:
            ident = ident.rpartition(".")[0]
        return self.hazards[ident or "other"]

    def kinds(self, ident: str) -> tuple[str, ...]:
        """Return a hazard's id and those of all its kinds; raises like `hazard`."""
        self.hazard(ident)
        return tuple(one for one in self.hazards if one == ident or one.startswith(ident + "."))


def _read(found: dict[str, Any]) -> Policy:
    _known("", found)
    _known("duplicates", found["duplicates"])
    _check_stages(found["deadline_hours"])
    hours = {stage: _hours(found["deadline_hours"][stage]) for stage in STAGES}
    hazards: dict[str, Hazard] = {}
    for entry in found["hazards"]:
        _known("hazards", entry)
        ident = str(entry["id"])
        parent = hazards.get(ident.rpartition(".")[0])
        if ident in hazards or ("." in ident and parent is None):
            raise ValueError(f"hazard {ident!r} comes twice, or before the one it is a kind of")
        own = entry.get("deadline_hours", {})
        _check_stages(own)
        near = entry.get("duplicates", {})
        _known("duplicates", near)
        base = found["duplicates"]
        hazards[ident] = Hazard(
            id=ident,
            name=str(entry["name"]),
            name_en=str(entry["name_en"]),
            duplicate_m=_positive(
                near.get("within_m", parent.duplicate_m if parent else base["within_m"])
            ),
            duplicate_hours=_positive(
                near.get("within_hours", parent.duplicate_hours if parent else base["within_hours"])
            ),
            deadline_hours=(parent.deadline_hours if parent else hours)
            | {stage: _hours(given) for stage, given in own.items()},
        )
    if "other" not in hazards:
        raise ValueError("there is no hazard 'other'")
    if found["first_assignee"] not in FIRST_ASSIGNEES:
        raise ValueError(
            f"first_assignee is {found['first_assignee']!r}, allowed are {FIRST_ASSIGNEES}"
        )
    return Policy(
        hazards=hazards,
        number_prefix=_prefix(found["number_prefix"]),
        time_zone=ZoneInfo(found["time_zone"]),
        first_assignee=found["first_assignee"],
        neighbour_within_m=_distance(found["neighbour_within_m"]),
    )


def _known(table: str, found: dict[str, Any]) -> None:
    if unknown := set(found) - _KEYS[table]:
        raise ValueError(f"{sorted(unknown)} is not known, allowed are {sorted(_KEYS[table])}")


def _check_stages(found: dict[str, Any]) -> None:
    if unknown := set(found) - set(STAGES):
        raise ValueError(f"deadline_hours has {sorted(unknown)}, allowed are {STAGES}")


def _prefix(given: object) -> str:
    if not isinstance(given, str) or not _PREFIX.fullmatch(given):
        raise ValueError(f"number_prefix is {given!r}, allowed are 1 to 8 of A-Z and 0-9")
    return given


def _distance(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given < _ENDLESS:
        raise ValueError(f"neighbour_within_m is {given!r}, allowed is a number of metres from 0")
    return float(given)


def _positive(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given < _ENDLESS:
        raise ValueError(f"{given!r} is not a number above 0")
    return float(given)


def _hours(given: list[float]) -> tuple[float, ...]:
    hours = tuple(float(one) for one in given)
    if len(hours) != len(SEVERITIES) or not all(0 < one < _ENDLESS for one in hours):
        raise ValueError(f"{given} is not four numbers of hours above 0, for severity 1 to 4")
    return hours
