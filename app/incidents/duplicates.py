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
from app.geo.measure import distance_m
from app.incidents.incident import Incident, Query
from app.incidents.ledger import Ledger
from app.incidents.lifecycle import OPEN, Status
from app.incidents.near import box_around
from app.incidents.policy import Policy

# More than this at one place are not read by anybody.
MAX_OFFERED = 20
_STATUSES = tuple(one for one in Status if one in OPEN)


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
    ledger, policy
        Where incidents are, and how near is near.
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
    """
    rule = policy.hazard(hazard)
    window = timedelta(hours=rule.duplicate_hours)
    query = Query(
        statuses=_STATUSES,
        hazards=same_kinds(policy, hazard),
        bbox=box_around(lon, lat, rule.duplicate_m),
        since=at - window,
        # `until` is half-open; a moment more lets the end of the window in.
        until=at + window + timedelta(microseconds=1),
        limit=1_000,
    )
    near = []
    for one in ledger.find(actor, query).incidents:
        if one.number == but or one.lon is None or one.lat is None:
            continue
        metres = float(distance_m(lon, lat, one.lon, one.lat))
        if metres <= rule.duplicate_m:
            hours = abs((one.occurred_at - at).total_seconds()) / 3600
            near.append(Duplicate(one, metres, hours))
    return tuple(sorted(near, key=lambda one: (one.distance_m, one.incident.id))[:MAX_OFFERED])
