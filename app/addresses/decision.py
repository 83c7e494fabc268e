"""What a reading leads to, and the places in the text that its faults are about."""

from __future__ import annotations

from app.addresses.area import Area
from app.addresses.found import Finding
from app.addresses.match import Level, Status
from app.addresses.reading import Reading


class Decision:
    """What a reading leads to.

    Attributes
    ----------
    status : Status
    level : Level
    grid : int
        -1 unless assigned.
    weights : dict of int to float
        Of all grids that it may be.
    finding : Finding or None
        What decided.
    findings : list of Finding
        All that was found by the words that decided.
    area : Area
    faults : list of (code, start, stop, detail)
        Places in the folded text, -1 for none.
    used : list of (start, stop)
        Words that decided.
    """

    __slots__ = (
        "area", "faults", "finding", "findings", "grid", "level", "reading", "status", "used",
        "weights",
    )  # fmt: skip

    def __init__(self, reading: Reading, area: Area) -> None:
        self.reading = reading
        self.area = area
        self.status = Status.NONE
        self.level = Level.NONE
        self.grid = -1
        self.weights: dict[int, float] = {}
        self.finding: Finding | None = None
        self.findings: list[Finding] = []
        self.faults: list[tuple[str, int, int, str]] = []
        self.used: list[str] = []


def place_of(r: Reading, fault: str = "") -> tuple[int, int]:
    """Return where the words stand that a fault of a finding is about; -1 for nowhere."""
    if fault.startswith("BUILDING") and r.building is not None:
        return r.building.start, r.building.stop
    if fault.startswith("ESTATE") and r.estate is not None:
        return r.estate.start, r.estate.stop
    if fault.startswith("POI") and r.poi is not None:
        return r.poi.start, r.poi.stop
    if r.door is not None and r.door.start >= 0:
        return r.door.start, r.door.stop
    return (-1, -1) if r.road is None else (r.road.start, r.road.stop)
