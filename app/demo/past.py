"""The demo incidents of a city folder, taken into a database as history."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from app.demo.incidents import TABLE
from app.errors import CityError
from app.grids.store import verify
from app.incidents.backfill import Past, Step, backfill
from app.incidents.incident import Draft, Source
from app.incidents.lifecycle import Move
from app.incidents.policy import Policy
from app.locate import Locator
from app.store import Database

SOURCE = "weige-demo"
_DAY = timedelta(days=1)
_LABELS = {"grid_worker": "演示网格员", "citizen": "演示市民", "dispatcher": "演示调度员"}
# Column of the table, the move, who makes it, and what is noted.
_MOVES = (
    ("settled_at", Move.SETTLE, "演示网格员", "当场处置完毕（演示）"),
    ("filed_at", Move.FILE, "演示调度员", ""),
    ("rejected_at", Move.REJECT, "演示调度员", "经核实不属实（演示）"),
    ("dispatched_at", Move.DISPATCH, "演示调度员", ""),
    ("accepted_at", Move.ACCEPT, "演示网格员", ""),
    ("escalated_at", Move.ESCALATE, "演示网格员", "需上级协调（演示）"),
    ("feedback_at", Move.REPORT_BACK, "演示网格员", "隐患已整改（演示）"),
    ("failed_at", Move.FAIL, "演示调度员", "现场核查未通过（演示）"),
    ("returned_at", Move.REPORT_BACK, "演示网格员", "已按要求重新整改（演示）"),
    ("verified_at", Move.VERIFY, "演示调度员", ""),
    ("closed_at", Move.CLOSE, "演示调度员", ""),
)


def load_demo_incidents(
    database: Database, locator: Locator, policy: Policy, now: datetime | None = None
) -> int:
    """Take the demo incidents of a city in; return how many were new, 0 where it has none.

    Parameters
    ----------
    database, locator, policy
        As for `app.incidents.backfill.backfill`.
    now
        What is open is brought up to it, so that not all of it is overdue: each by whole days, so
        that its last move lies within the day before. None leaves it where the table has it.

    Raises
    ------
    CityError
        If the city names a table of demo incidents but is not declared synthetic.
    """
    city = locator.city
    file = city.manifest.tables.get(TABLE)
    if file is None:
        return 0
    if not city.manifest.synthetic:
        raise CityError(f"{file} holds demo incidents, but {city.folder} is not synthetic")
    verify(city.folder, city.manifest, (file,))
    frame = pd.read_parquet(city.folder / file)
    pasts = []
    for row in frame.to_dict("records"):
        past = _past(row)
        is_open = row["outcome"] == "open"
        pasts.append(_brought_up(past, now) if now is not None and is_open else past)
    return backfill(database, locator, policy, pasts)


def _brought_up(past: Past, now: datetime) -> Past:
    last = past.steps[-1].at if past.steps else past.reported_at
    by = max((now - last) // _DAY, 0) * _DAY
    occurred_at = past.draft.occurred_at
    return replace(
        past,
        draft=replace(past.draft, occurred_at=occurred_at and occurred_at + by),
        reported_at=past.reported_at + by,
        steps=tuple(replace(step, at=step.at + by) for step in past.steps),
    )


def _past(row: dict[Hashable, Any]) -> Past:
    steps = []
    for column, move, actor, note in _MOVES:
        at = row[column]
        if pd.isna(at):
            continue
        if column == "closed_at" and row["outcome"] == "merged":
            into = str(row["merged_into"])
            steps.append(Step(at.to_pydatetime(), Move.MERGE, actor, "同一隐患（演示）", into))
        else:
            steps.append(Step(at.to_pydatetime(), move, actor, note))
    steps.sort(key=lambda step: step.at)
    source = Source(str(row["source"]))
    return Past(
        draft=Draft(
            hazard=str(row["hazard"]),
            title=str(row["title"]),
            severity=int(row["severity"]),
            description=str(row["description"]),
            lon=float(row["lon"]),
            lat=float(row["lat"]),
            address=str(row["address"]),
            source=source,
            occurred_at=row["occurred_at"].to_pydatetime(),
            external_source=SOURCE,
            external_id=str(row["external_id"]),
            synthetic=True,
        ),
        reported_at=row["reported_at"].to_pydatetime(),
        reported_by=_LABELS[source.value],
        steps=tuple(steps),
    )
