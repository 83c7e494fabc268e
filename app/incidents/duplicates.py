"""Which open incidents may tell of the same: offered to people, never merged by itself.

The rule: another open incident of the same hazard, of a kind of it or of what it is a kind of,
whose place is no farther than the hazard's `duplicate_m` and whose time no farther than its
`duplicate_hours`. A gas leak may be what somebody else reported as gas; a leak and a faulty
appliance are two things.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.accounts import Actor
from app.incidents.incident import Incident
from app.incidents.ledger import Ledger
from app.incidents.live import Live
from app.incidents.policy import Policy

# More than this at one place are not read by anybody.
MAX_OFFERED = 20


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An open incident that may be the same.

    Attributes
    ----------
    incident : Incident
    distance_m : float
        Between the two places, metres.
    hours : float
        Between the two times at which they happened.
    """

    incident: Incident
    distance_m: float
    hours: float


def same_kinds(policy: Policy, hazard: str) -> tuple[str, ...]:
    """Return the hazards that may tell of the same: its kinds, itself, and what it is a kind of.

    Raises
    ------
    BadInputError
        If there is no such hazard.
    """
    kinds = policy.kinds(hazard)
    return tuple(one for one in policy.hazards if one in kinds or hazard.startswith(f"{one}."))


def find_duplicates(
    live: Live,
    ledger: Ledger,
    policy: Policy,
    actor: Actor,
    hazard: str,
    lon: float,
    lat: float,
    at: datetime,
    but: str = "",
) -> tuple[Duplicate, ...]:
    """Return the open incidents that may be the same, nearest first, at most `MAX_OFFERED`.

    Parameters
    ----------
    live, ledger, policy
        What is open where, what it is, and how near is near.
    actor
        Only what it may see is found.
    hazard
        Id of the hazard.
    lon, lat
        The place in WGS-84, degrees.
    at
        When it happened.
    but
        Number of the incident itself, if it is kept already.

    Raises
    ------
    BadInputError
        If there is no such hazard.
    ForbiddenError
        If the actor may not see incidents.
    """
    rule = policy.hazard(hazard)
    window = timedelta(hours=rule.duplicate_hours)
    near = [
        one
        for one in live.within(actor, lon, lat, rule.duplicate_m, same_kinds(policy, hazard))
        if abs(one.pin.occurred_at - at) <= window and one.pin.number != but
    ][:MAX_OFFERED]
    found = ledger.numbered(actor, [one.pin.number for one in near])
    return tuple(
        Duplicate(
            incident=found[one.pin.number],
            distance_m=one.distance_m,
            hours=abs((one.pin.occurred_at - at).total_seconds()) / 3600,
        )
        for one in near
        # It may have been closed between the two questions.
        if one.pin.number in found and found[one.pin.number].is_open
    )
