"""What became of the demo incidents: who moved them when, along the life cycle."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

# When each move was made (UTC), none where it was not. `failed_at` is a failed verification
# between two rounds, `returned_at` the second feedback.
STEPS = (
    "reported_at",
    "settled_at",
    "filed_at",
    "rejected_at",
    "dispatched_at",
    "accepted_at",
    "escalated_at",
    "feedback_at",
    "failed_at",
    "returned_at",
    "verified_at",
    "closed_at",
)
COURSE_COLUMNS = ("outcome", *STEPS, "merged_into")
# Of what is not rectified after a verification: how it ended.
_SHARES = {"settled": 0.88, "rejected": 0.12}
# So many of the last ones are still open, at different points of their life.
_OPEN = ("reported", "filed", "dispatched", "handling", "feedback", "verified")
_OPEN_EACH = 9
# Shares of the rectified: sent up a level, failed at the first verification.
_ESCALATED, _FAILED = 0.07, 0.09


def run_course(frame: pd.DataFrame, rng: np.random.Generator, rectified: int) -> pd.DataFrame:
    """Return what became of each incident.

    Parameters
    ----------
    frame
        The incidents, oldest first, with external_id, occurred_at, severity, and echo_of: the
        external_id of the earlier incident of which one is a second report, or None.
    rng
        Where the randomness comes from.
    rectified
        How many are closed after a verification.

    Returns
    -------
    DataFrame
        The columns `COURSE_COLUMNS`; `outcome` is rectified, settled, rejected, merged or open,
        `merged_into` the external_id of the earlier incident.
    """
    n = len(frame)
    outcome = rng.choice(list(_SHARES), size=n, p=list(_SHARES.values())).astype(object)
    still_open = np.arange(n - len(_OPEN) * _OPEN_EACH, n)
    row_of = {ident: row for row, ident in enumerate(frame["external_id"])}
    echoes = [
        (row, row_of[first])
        for row, first in enumerate(frame["echo_of"])
        if first is not None and row < still_open[0]
    ]
    taken = np.array([row for pair in echoes for row in pair], dtype=np.int64)
    # Grave ones go through the whole life cycle more often; so do those reported twice.
    earlier = np.setdiff1d(np.arange(still_open[0]), taken)
    weight = np.array([1.0, 2.0, 4.0, 8.0])[frame["severity"].to_numpy()[earlier] - 1]
    firsts = sorted({first for _, first in echoes})
    more = rectified - len(firsts)
    outcome[firsts] = "rectified"
    outcome[rng.choice(earlier, size=more, replace=False, p=weight / weight.sum())] = "rectified"
    outcome[[row for row, _ in echoes]] = "merged"
    outcome[still_open] = "open"
    steps = {name: np.full(n, np.nan) for name in STEPS}
    steps["reported_at"] = rng.exponential(0.4, size=n)
    stage = np.full(n, "", dtype=object)
    stage[still_open] = rng.permutation(np.repeat(_OPEN, _OPEN_EACH))
    for row in range(n):
        _walk(steps, row, str(outcome[row]), str(stage[row]), rng)
    _merge_while_open(frame, steps, echoes)
    merged_into = np.full(n, None, dtype=object)
    for row, first in echoes:
        merged_into[row] = frame["external_id"].iloc[first]
    course = pd.DataFrame({"outcome": outcome})
    for name, hours in steps.items():
        whole = np.round(hours * 60.0)
        course[name] = frame["occurred_at"] + pd.to_timedelta(whole, unit="min")
    course["merged_into"] = merged_into
    return course


def _merge_while_open(
    frame: pd.DataFrame, steps: dict[str, Floats], echoes: list[tuple[int, int]]
) -> None:
    """Close the first report of two not before the second is merged into it."""
    hours = (frame["occurred_at"] - frame["occurred_at"].iloc[0]).dt.total_seconds() / 3600.0
    for row, first in echoes:
        merged = hours[row] + steps["closed_at"][row] - hours[first]
        steps["closed_at"][first] = max(steps["closed_at"][first], merged + 1.0)


def _plan(outcome: str, stage: str, rng: np.random.Generator) -> list[tuple[str, float]]:
    """Return the moves of an incident that ends so, with the mean hours before each."""
    if outcome == "settled":
        return [("settled_at", 1.5)]
    if outcome == "rejected":
        return [("filed_at", 1.2), ("rejected_at", 2.0)]
    if outcome == "merged":
        return [("filed_at", 1.2), ("closed_at", 2.0)]
    plan = [("filed_at", 1.2), ("dispatched_at", 1.0), ("accepted_at", 5.0)]
    if outcome == "rectified" and rng.random() < _ESCALATED:
        plan.append(("escalated_at", 10.0))
    plan.append(("feedback_at", 26.0))
    if outcome == "rectified" and rng.random() < _FAILED:
        plan += [("failed_at", 8.0), ("returned_at", 20.0)]
    plan += [("verified_at", 10.0), ("closed_at", 4.0)]
    if outcome == "open":
        return plan[: _OPEN.index(stage)]
    return plan


def _walk(
    steps: dict[str, Floats], row: int, outcome: str, stage: str, rng: np.random.Generator
) -> None:
    """Fill in when the moves of one incident were made, hours after it happened."""
    at = float(steps["reported_at"][row])
    for name, mean_h in _plan(outcome, stage, rng):
        at += max(float(rng.exponential(mean_h)), 0.05)
        steps[name][row] = at
