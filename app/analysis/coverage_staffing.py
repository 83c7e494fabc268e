"""Staffing: which grids have somebody on duty, for how many households, and who the team is."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import numpy.typing as npt

from app.analysis.coverage_levels import Counted, tables
from app.analysis.coverage_table import Coverage, Form, Kind, Measure
from app.analysis.ground import Ground
from app.analysis.terms import Words, notes, synthetic_note
from app.grids.reference import Team
from app.incidents.assign import Duty

Floats = npt.NDArray[np.float64]

_SHARE = Words("share", "占比")
# Columns of the staff table that have a name of their own; any other is shown as it is called.
_QUALITIES = {
    "college": Words("With a college degree or more", "大专及以上学历"),
    "under_30": Words("Under 30", "30 岁以下"),
    "party_member": Words("Party members", "党员"),
    "group_leader": Words("Village-group leaders", "村民小组组长"),
}


def staffing(ground: Ground, team: Team, duty: Duty, at: datetime | None = None) -> Coverage:
    """Return how a city is staffed.

    Parameters
    ----------
    ground
        Of the city.
    team
        What the staff table says of people beside role and phone.
    duty
        Who is on duty; with nobody absent it is who is on the staff table.
    at
        The instant of which `duty` is, if absences are heeded.

    Notes
    -----
    A level or overlay for which the staff table names nobody at all is an office, not a vacancy
    (as in app.incidents.assign), and does not count.
    """
    offices = [part for part in _parts(ground) if duty.is_office(part)]
    manifest = ground.city.manifest
    said = [
        synthetic_note(manifest.synthetic),
        _offices_note(ground, offices),
        None if at is None else Words(
            f"Without who is off duty at {at.isoformat()}.", f"已扣除 {at.isoformat()} 缺岗人员。"
        ),
    ]  # fmt: skip
    counted = [
        _led(ground, duty, offices),
        _households_led(ground, duty, offices),
        _households_each(ground, duty),
        *_qualities(ground, team),
    ]
    total, levels = tables(ground, counted)
    return Coverage(
        kind=Kind.STAFFING,
        area=None,
        total=total,
        levels=levels,
        settings={} if at is None else {"at": at.isoformat()},
        as_of=None,
        notes=notes(*said),
        generation=manifest.generation,
        city_name=manifest.name,
        synthetic=manifest.synthetic,
    )


def _parts(ground: Ground) -> tuple[str, ...]:
    return (*ground.levels, *(overlay.id for overlay in ground.city.overlays))


def _offices_note(ground: Ground, offices: list[str]) -> Words | None:
    if not offices:
        return None
    names = [ground.city.layer(part).part.name for part in offices]
    return Words(
        f"The staff table names nobody for {', '.join(names)}: offices, which are not counted.",
        f"人员表未列出{'、'.join(names)}的人员，视为本级值班，不计入。",
    )


class _Tally:
    """Counts by level; what is counted in a dedicated grid counts in the one in which it lies."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.counts: dict[str, Floats] = {}

    def add(self, part: str, values: Floats) -> None:
        """Count a value for each grid of a level or overlay."""
        layer = self._ground.city.layer(part)
        if part in self._ground.levels:
            self._at(part)[:] += values
            return
        level = self._ground.city.manifest.overlays[
            [overlay.id for overlay in self._ground.city.overlays].index(part)
        ].parent_level
        held = layer.parent_row >= 0
        total = self._at(level)
        total += np.bincount(layer.parent_row[held], values[held], minlength=len(total))

    def _at(self, level: str) -> Floats:
        return self.counts.setdefault(level, np.zeros(len(self._ground.layer(level))))


def _on_duty(ground: Ground, duty: Duty, part: str) -> Floats:
    """Return how many are on duty for each grid of a level or overlay."""
    codes = ground.city.layer(part).codes
    return np.array([len(duty.on_duty(str(code))) for code in codes], dtype=np.float64)


def _led(ground: Ground, duty: Duty, offices: list[str]) -> Counted:
    led, grids = _Tally(ground), _Tally(ground)
    for part in _parts(ground):
        if part not in offices:
            led.add(part, (_on_duty(ground, duty, part) > 0).astype(np.float64))
            grids.add(part, np.ones(len(ground.city.layer(part))))
    measure = Measure(
        "led",
        Words("Grids with somebody on duty", "有人负责的网格占比"),
        Form.SHARE,
        _SHARE,
        Words("grids with somebody on duty", "有人负责的网格数"),
        Words("grids, of this level and below", "网格数（本级及以下）"),
    )
    return Counted(measure, led.counts, grids.counts)


def _households_led(ground: Ground, duty: Duty, offices: list[str]) -> Counted:
    finest = ground.levels[-1]
    households = ground.households(finest)
    if households is None:
        households = np.full(len(ground.layer(finest)), np.nan)
    led = _on_duty(ground, duty, finest) > 0
    if finest in offices:
        households, led = np.full(len(led), np.nan), np.ones(len(led), dtype=bool)
    name = ground.name(finest)
    measure = Measure(
        "households_led",
        Words(f"Households in a {name} with somebody on duty", f"有人负责的{name}内户数占比"),
        Form.SHARE,
        _SHARE,
        Words(f"households in a {name} with somebody on duty", f"有人负责的{name}内户数"),
        Words("households", "户数"),
    )
    return Counted(
        measure, {finest: np.where(led, households, 0.0)}, {finest: households.astype(np.float64)}
    )


def _households_each(ground: Ground, duty: Duty) -> Counted:
    finest = ground.levels[-1]
    households = ground.households(finest)
    if households is None:
        households = np.full(len(ground.layer(finest)), np.nan)
    people = _Tally(ground)
    for part in _parts(ground):
        people.add(part, _on_duty(ground, duty, part))
    measure = Measure(
        "households_per_worker",
        Words("Households per person on duty", "每名在岗人员负责户数"),
        Form.RATIO,
        Words("households per person", "户/人"),
        Words("households", "户数"),
        Words("people on duty, of this level and below", "在岗人员（本级及以下）"),
    )
    return Counted(measure, {finest: households}, people.counts)


def _qualities(ground: Ground, team: Team) -> list[Counted]:
    """Count who of the team has which quality; who is not known to have it or not is left out."""
    places = {part: ground.city.layer(part).row_of for part in _parts(ground)}
    where = [
        next(((part, rows[code]) for part, rows in places.items() if code in rows), None)
        for code in team.codes
    ]
    found = []
    for at, quality in enumerate(team.qualities):
        name = _QUALITIES.get(quality, Words(quality, quality))
        having, known = _Tally(ground), _Tally(ground)
        for part, rows in places.items():
            own = np.array(
                [(one, place[1]) for one, place in enumerate(where) if place and place[0] == part],
                dtype=np.int64,
            ).reshape(-1, 2)
            has = team.has[own[:, 0], at]
            for tally, counts in ((having, has == 1), (known, has >= 0)):
                tally.add(part, np.bincount(own[counts, 1], minlength=len(rows)).astype(np.float64))
        measure = Measure(
            f"team_{quality}",
            Words(f"Team: {name.en[0].lower()}{name.en[1:]}", f"队伍：{name.zh}占比"),
            Form.SHARE,
            _SHARE,
            Words(f"people: {name.en[0].lower()}{name.en[1:]}", f"{name.zh}人数"),
            Words("people of the grid team, of this level and below", "网格队伍人数（本级及以下）"),
            personal=True,
        )
        found.append(Counted(measure, having.counts, known.counts))
    return found
