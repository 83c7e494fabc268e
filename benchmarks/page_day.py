"""A day at the page: eight hours of what happens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, CDPSession, Page

from app.accounts import Actor, Role
from app.incidents.desk import Desk
from app.incidents.incident import Draft
from app.incidents.lifecycle import Move
from app.incidents.policy import DEFAULT_POLICY, Policy
from app.locate import Locator
from app.store import Database
from benchmarks.browsing import served, watched

# Eight hours of one event a second.
EVENTS = 8 * 3600
# So often a second something happens while that is played, and so many first ones are not measured:
# a page that has just been opened takes memory that it keeps.
RATE = 300.0
WARM = 3_000
SEED = 20261128
_HAZARDS = ("gas.leak", "fire.building", "drowning", "geological.landslide", "other")
_COURSE = (Move.FILE, Move.DISPATCH, Move.ACCEPT, Move.REPORT_BACK, Move.VERIFY, Move.CLOSE)
# So many are under way at once.
_UNDER_WAY = 200
_MB = 1e6


@dataclass(frozen=True, slots=True)
class Day:
    """What eight hours of events did to the page.

    Attributes
    ----------
    events : int
        How many came to the page.
    lasted_s : float
        In which time.
    looks : int
        How often list, counts and map were looked at anew.
    heap_mb : tuple of float
        Heap of the page after garbage was collected, before and after.
    process_mb : tuple of float
        Memory of the page's process with its worker, before and after.
    nodes : tuple of int
        Elements and texts that the page holds, before and after.
    """

    events: int
    lasted_s: float
    looks: int
    heap_mb: tuple[float, float]
    process_mb: tuple[float, float]
    nodes: tuple[int, int]

    @property
    def events_measured(self) -> int:
        """How many came between the two measurements."""
        return self.events - WARM


class Crowd:
    """Places as crowded as people are: near the middle of micro-grids taken at random."""

    def __init__(self, locator: Locator) -> None:
        self._rng = np.random.default_rng(SEED)
        middle = locator.city.finest.frame.representative_point()
        self._middle = np.column_stack([middle.x, middle.y])

    def draft(self, ident: int) -> Draft:
        """Return what is reported of the incident of a number."""
        at = self._middle[self._rng.integers(len(self._middle))] + self._rng.normal(0, 3e-4, 2)
        return Draft(
            hazard=_HAZARDS[ident % len(_HAZARDS)],
            title=f"隐患 {ident}（合成）",
            severity=int(self._rng.choice([1, 2, 3, 4], p=(0.42, 0.40, 0.15, 0.03))),
            lon=float(at[0]),
            lat=float(at[1]),
            external_source="weige-benchmark",
            external_id=str(ident),
            synthetic=True,
        )


def eight_hours(browser: Browser, city: Path, var: Path) -> Day:
    """Return what 28,800 events do to a page that lists and maps them.

    They are made by the desk over the server's database, some hundred times as fast as in a day,
    and come to the page by the change feed.
    """
    locator = Locator.open(city)
    database = Database(f"sqlite:///{var / 'weige.db'}")
    database.upgrade()
    desk = Desk(database, locator, Policy.read(DEFAULT_POLICY))
    made = [0]
    ending = threading.Event()
    with served(city, var) as origin:
        context, page = watched(browser)
        session = context.new_cdp_session(page)
        looks = [0]
        page.on("request", lambda one: _count(looks, "/incidents/live" in one.url))
        page.goto(f"{origin}/#tab=incidents")
        page.wait_for_selector("#feed-state[data-state=live]")
        maker = threading.Thread(target=_happen, args=(desk, Crowd(locator), made, ending))
        maker.start()
        try:
            _wait(page, lambda: made[0] >= WARM)
            before = _memory(session)
            begun, looked = time.perf_counter(), looks[0]
            _wait(page, lambda: made[0] >= EVENTS)
            lasted_s = time.perf_counter() - begun
        finally:
            ending.set()
            maker.join()
        page.wait_for_timeout(3_000)
        after = _memory(session)
        context.close()
    database.close()
    return Day(
        events=made[0],
        lasted_s=lasted_s,
        looks=looks[0] - looked,
        heap_mb=(before[0], after[0]),
        process_mb=(before[1], after[1]),
        nodes=(int(before[2]), int(after[2])),
    )


def _count(looks: list[int], is_look: bool) -> None:
    looks[0] += is_look


def _wait(page: Page, done: Callable[[], bool]) -> None:
    begun = time.perf_counter()
    while not done():
        if time.perf_counter() - begun > EVENTS / RATE * 4:
            raise RuntimeError("events take too long to make")
        page.wait_for_timeout(100)


def _happen(desk: Desk, crowd: Crowd, made: list[int], ending: threading.Event) -> None:
    """Report incidents and lead each through its course, so that some are always under way."""
    actor = Actor.of(None, "演示调度员", Role.ADMIN)
    under_way: list[tuple[str, int, int]] = []
    begun, ident = time.perf_counter(), 0
    while made[0] < EVENTS and not ending.is_set():
        ahead_s = made[0] / RATE - (time.perf_counter() - begun)
        if ahead_s > 0:
            time.sleep(ahead_s)
        if len(under_way) < _UNDER_WAY:
            ident += 1
            incident, _ = desk.report(actor, crowd.draft(ident))
            under_way.append((incident.number, incident.version, 0))
        else:
            number, version, at = under_way.pop(0)
            incident = desk.move(actor, number, _COURSE[at], version, "已处置（合成）")
            if at + 1 < len(_COURSE):
                under_way.append((number, incident.version, at + 1))
        made[0] += 1


def _memory(session: CDPSession) -> tuple[float, float, float]:
    """Return heap of the page and memory of its process, MB, and how many nodes it holds."""
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
        time.sleep(0.3)
    heap = session.send("Runtime.getHeapUsage")["usedSize"] / _MB
    session.send("Performance.enable")
    told = session.send("Performance.getMetrics")["metrics"]
    nodes = next(one["value"] for one in told if one["name"] == "Nodes")
    return heap, _renderer_mb(), nodes


def _renderer_mb() -> float:
    """Return the memory of the largest renderer of this process's browser, MB."""
    found = [0.0]
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"--type=renderer" not in (folder / "cmdline").read_bytes():
                continue
            status = (folder / "status").read_text(encoding="utf-8")
        except OSError:  # it has ended meanwhile
            continue
        lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        found.append(float(lines["RssAnon"].split()[0]) * 1024 / _MB)
    return max(found)
