"""Heat: how many incidents there are per km² and month, around every place.

A kernel density: every incident is spread over its surroundings as a normal distribution whose
standard deviation is the bandwidth, in metres of the metric CRS. The incidents are counted in
square cells (five to a bandwidth), the counts are smoothed, and the result is the same at every
zoom of a map.

What the kernel of an incident would put outside the ground, where nothing can be reported, is
given back to the ground: the weight of the incident is divided by the part of its kernel that
lies inside (the edge correction of Jones 1993, as in spatstat's ``diggle=TRUE``). So every
incident counts as one within the ground, up to its very border, and the integral of the density
over the ground and the period is the number of incidents. What that costs: along a straight
border the density of evenly spread incidents is 0.69 of what it is inside (without correction it
would be 0.5), and somewhat above it one bandwidth further in.

Silverman, B. W. (1986), Density Estimation for Statistics and Data Analysis, ch. 4 and 5.2
(binning). Jones, M. C. (1993), Simple boundary correction for kernel density estimation,
Statistics and Computing 3, 135-146.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import isfinite

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from app.analysis.bandwidths import MAX_M, MIN_M, default_bandwidth
from app.analysis.ground import Area, Ground
from app.analysis.period import Period, as_utc64
from app.analysis.raster import Frame, cells_over
from app.analysis.selection import IncidentSet
from app.analysis.terms import Words, notes, synthetic_note
from app.errors import BadInputError, TooLargeError
from app.geo.quick_plane import CHUNK
from app.incidents.policy import SEVERITIES

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

CELLS_PER_BANDWIDTH = 5
# Beyond so many standard deviations the kernel holds 6e-5 of its mass.
TRUNCATE = 4.0
# 4 M cells are 32 MB and about half a second.
MAX_CELLS = 4_000_000
# Weights of severity 1 (slight) to 4 (very grave) where they are asked for: each step counts twice
# the one before. A working value of Weige's; a map that uses it says so.
SEVERITY_WEIGHTS = (1.0, 2.0, 4.0, 8.0)
WEIGHTED = "weighted"
# The part of the largest density below which nothing is drawn where spots are suppressed.
SPOT_FLOOR = 0.01
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, slots=True)
class HeatOptions:
    """How heat is reckoned.

    Attributes
    ----------
    bandwidth_m : float or None
        Standard deviation of the kernel, metres; None for the hazard's own
        (`app.analysis.bandwidths`).
    severity_weights : tuple of four floats or None
        What an incident of severity 1 to 4 counts; None counts each once.
    half_life_days : float or None
        After so many days before the end of the period an incident counts half; None counts
        old and new alike.
    suppress : int
        Spots of fewer incidents than this are left out; 0 shows all.
    """

    bandwidth_m: float | None = None
    severity_weights: tuple[float, ...] | None = None
    half_life_days: float | None = None
    suppress: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be reckoned with.

        Raises
        ------
        BadInputError
            Naming the option and what is allowed.
        """
        bandwidth, weights = self.bandwidth_m, self.severity_weights
        if bandwidth is not None and not MIN_M <= bandwidth <= MAX_M:
            raise _bad("bandwidth_m", bandwidth, f"{MIN_M:g} to {MAX_M:g} metres")
        if weights is not None and (
            len(weights) != len(SEVERITIES)
            or not all(isfinite(one) and one >= 0 for one in weights)
            or not any(weights)
        ):
            raise _bad("severity_weights", list(weights), "four numbers from 0, not all 0")
        half = self.half_life_days
        if half is not None and not (isfinite(half) and half > 0):
            raise _bad("half_life_days", half, "a number of days above 0")
        if self.suppress < 0:
            raise _bad("suppress", self.suppress, "a whole number from 0")


def weights_named(text: str) -> tuple[float, ...] | None:
    """Return what severities count by a text: ``weighted``, four numbers by commas, or nothing.

    Raises
    ------
    BadInputError
        If it is none of these; `HeatOptions` says whether the numbers are usable.
    """
    if text in {"", WEIGHTED}:
        return SEVERITY_WEIGHTS if text else None
    try:
        return tuple(float(one) for one in text.split(","))
    except ValueError:
        allowed = f"{WEIGHTED}, or four numbers such as 1,2,4,8"
        raise _bad("severity", f"{text:.80}", allowed) from None


@dataclass(frozen=True, slots=True)
class Heat:
    """The density of incidents over a ground.

    Attributes
    ----------
    density : ndarray of float64, shape (rows, columns)
        Of each cell's part within the ground, in `unit`; south to north, west to east.
    frame : Frame
        The cells, and how much of each lies in the ground.
    unit : Words
    bandwidth_m : float
    bandwidth_reason : Words
        By which rule it was taken.
    options : HeatOptions
    hazard : str
        Id, "" for all.
    period : Period
    area : Area or None
        The ground; None for the whole city.
    generation : str
        Of the boundaries.
    count : int
        Incidents on the map.
    weight : float
        What they count together; `count` where each counts one.
    left_out : int
        Incidents of the selection without a point on the ground; they are not on the map.
    suppressed : int
        Incidents of spots too small to be shown; they are not on the map either.
    notes : tuple of Words
        What a reader has to know.
    """

    density: Floats
    frame: Frame
    unit: Words
    bandwidth_m: float
    bandwidth_reason: Words
    options: HeatOptions
    hazard: str
    period: Period
    area: Area | None
    generation: str
    count: int
    weight: float
    left_out: int
    suppressed: int = 0
    notes: tuple[Words, ...] = field(default=())

    @property
    def total(self) -> float:
        """The integral of the density over ground and period: `weight`, but for rounding."""
        inside = float((self.density * self.frame.share).sum())
        return inside * self.frame.cell_km2 * self.period.months


def heat(
    incidents: IncidentSet,
    ground: Ground,
    period: Period,
    *,
    hazard: str = "",
    area: Area | None = None,
    options: HeatOptions | None = None,
) -> Heat:
    """Return the density of incidents.

    Parameters
    ----------
    incidents
        Those of the period, hazard and area (`IncidentSet.select`), in any order.
    ground
        The city.
    period
        Of which the incidents are; the density is per month of it.
    hazard
        Id of the hazard, "" for all: by which the bandwidth is taken, if none is given.
    area
        To which grid the ground is limited; incidents elsewhere do not count into it.
    options
        How it is reckoned.

    Raises
    ------
    TooLargeError
        If the bandwidth is too small for a ground of this size.
    """
    options = options or HeatOptions()
    rule = default_bandwidth(hazard)
    bandwidth = rule.metres if options.bandwidth_m is None else options.bandwidth_m
    reason = rule.reason if options.bandwidth_m is None else Words("as asked for", "按指定值")
    frame, inside = _prepare(ground, area, bandwidth)
    cell = _cells_of(incidents, ground, frame)
    on_it = cell >= 0
    weights = _weights(incidents, period, options)
    if weights is not None:
        weights = weights[on_it]
    cells = frame.share.size
    counted = np.asarray(
        np.bincount(cell[on_it], weights, minlength=cells).reshape(frame.share.shape), np.float64
    )
    weight = float(counted.sum())
    density = _smooth(counted, inside, sigma_cells(bandwidth, frame.cell_m)) / (
        frame.cell_km2 * period.months
    )
    made = Heat(
        density=density,
        frame=frame,
        unit=_unit(options),
        bandwidth_m=bandwidth,
        bandwidth_reason=reason,
        options=options,
        hazard=hazard,
        period=period,
        area=area,
        generation=ground.city.manifest.generation,
        count=int(on_it.sum()),
        weight=weight,
        left_out=int((~on_it).sum()),
        notes=notes(synthetic_note(ground.city.manifest.synthetic), _left_out(~on_it)),
    )
    if options.suppress:
        number = np.bincount(cell[on_it], minlength=cells).reshape(frame.share.shape)
        made = suppress_spots(made, number)
    return made


def _prepare(ground: Ground, area: Area | None, bandwidth_m: float) -> tuple[Frame, Floats]:
    """Return the cells over a ground, and the part of a kernel around each that lies on it.

    Raises
    ------
    TooLargeError
        If there would be more than `MAX_CELLS`.
    """
    shape = ground.shape(area)
    cell_m = bandwidth_m / CELLS_PER_BANDWIDTH
    columns, rows, _, _ = cells_over(shape, cell_m)
    if columns * rows > MAX_CELLS:
        least = bandwidth_m * (columns * rows / MAX_CELLS) ** 0.5
        raise TooLargeError(
            f"a bandwidth of {bandwidth_m:g} m needs {columns * rows:,} cells over this ground, "
            f"allowed are {MAX_CELLS:,}",
            f"Ask for {least:.0f} m or more, or for a smaller area.",
            message_zh=f"带宽 {bandwidth_m:g} 米在此范围需 {columns * rows:,} 个单元，"
            f"上限为 {MAX_CELLS:,}",
            hint_zh=f"请将带宽设为不小于 {least:.0f} 米，或缩小区域。",
        )

    def make() -> tuple[Frame, Floats]:
        frame = Frame.over(shape, cell_m)
        return frame, _gaussian(frame.share, sigma_cells(bandwidth_m, cell_m))

    return ground.keep_some(("heat", area and (area.level, area.row), bandwidth_m), make)


def _cells_of(incidents: IncidentSet, ground: Ground, frame: Frame) -> Rows:
    """Return for each incident its cell; -1 for one without a point on the ground."""
    cell = np.full(len(incidents), -1, dtype=np.int64)
    for start in range(0, len(cell), CHUNK):
        part = slice(start, start + CHUNK)
        x, y = ground.quick_plane.to_metres(incidents.lon[part], incidents.lat[part])
        cell[part] = frame.cells(x, y)
    return cell


def suppress_spots(made: Heat, number: npt.NDArray[np.int64]) -> Heat:
    """Return a heat map without the spots that fewer incidents make than may be shown.

    A spot is a connected region where the density is above a hundredth of the largest; what lies
    below that in the whole is not drawn by the default classes anyway.

    Parameters
    ----------
    made
        The map.
    number
        Incidents in each cell, each counting one, shape of the density.
    """
    inside = made.frame.share > 0
    top = float(made.density[inside].max(initial=0.0))
    spots, found = ndimage.label((made.density > top * SPOT_FLOOR) & inside, np.ones((3, 3)))
    held = np.bincount(spots.ravel(), number.ravel(), minlength=found + 1)
    small = held < made.options.suppress
    # Below the floor the tails of shown and unshown spots cannot be told apart.
    small[0] = True
    density = np.where(small[spots], 0.0, made.density)
    gone = int(held[small].sum())
    said = Words(
        f"Spots of fewer than {made.options.suppress} incidents are not shown "
        f"({gone} incidents in all).",
        f"少于 {made.options.suppress} 起的区域不予显示（共 {gone} 起）。",
    )
    return replace(made, density=density, suppressed=gone, notes=(*made.notes, said))


def _smooth(counted: Floats, inside: Floats, sigma: float) -> Floats:
    """Spread what was counted in cells over the ground, without losing any of it."""
    held = counted > 0
    given = np.zeros_like(counted)
    given[held] = counted[held] / inside[held]
    return _gaussian(given, sigma)


def sigma_cells(bandwidth_m: float, cell_m: float) -> float:
    """Return the standard deviation to smooth counted cells by, in cells.

    To count points in cells is to spread each evenly over its cell, of variance 1/12 of a cell's
    square, which is a part of the variance that is wanted.
    """
    return float(((bandwidth_m / cell_m) ** 2 - 1 / 12) ** 0.5)


def _gaussian(values: Floats, sigma: float) -> Floats:
    return np.asarray(
        ndimage.gaussian_filter(values, sigma, mode="constant", truncate=TRUNCATE), np.float64
    )


def _weights(incidents: IncidentSet, period: Period, options: HeatOptions) -> Floats | None:
    """Return what each incident counts; None if all count one."""
    weights: Floats | None = None
    if options.severity_weights is not None:
        # Severities begin at 1.
        weights = np.array([0.0, *options.severity_weights])[incidents.severity]
    if options.half_life_days is not None:
        age_days = (as_utc64(period.until) - incidents.at) / _DAY
        decayed = np.exp2(-age_days / options.half_life_days)
        weights = decayed if weights is None else weights * decayed
    return weights


def _unit(options: HeatOptions) -> Words:
    en, zh = "incidents per km² per month", "起/平方公里·月"
    if options.severity_weights is not None:
        shown = ", ".join(f"{one:g}" for one in options.severity_weights)
        en, zh = (
            f"incidents weighted by severity ({shown}) per km² per month",
            (f"按严重程度加权（{shown}）的起/平方公里·月"),
        )
    if options.half_life_days is not None:
        half = options.half_life_days
        en, zh = f"{en}, half after {half:g} days", f"{zh}，{half:g} 天衰减一半"
    return Words(en, zh)


def _left_out(off: npt.NDArray[np.bool_]) -> Words | None:
    count = int(off.sum())
    if not count:
        return None
    return Words(
        f"{count} incidents have no point on this ground and are not on the map.",
        f"{count} 起事件在此范围内没有坐标点，未上图。",
    )


def _bad(name: str, value: object, allowed: str) -> BadInputError:
    return BadInputError(
        f"{name} is {value!r}, allowed are {allowed}",
        message_zh=f"{name} 为 {value!r}，取值应为 {allowed}",
    )
