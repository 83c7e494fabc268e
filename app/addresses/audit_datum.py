"""Whether points of a source are off by a datum that was declared wrongly or not at all.

Nothing in a pair of numbers tells its datum, but many of them together do: moved by the shift of
the wrong datum they fit the grids that they name, or the same doors of other sources, far better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import numpy.typing as npt
import shapely

from app.addresses.entry import Kind
from app.addresses.findings import Finding
from app.addresses.index_rows import Rows
from app.addresses.intake import NAMING
from app.addresses.normalise import key
from app.addresses.texted import Texted, unique_rows
from app.geo import datum
from app.geo.measure import metres_per_degree
from app.grids import City

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]


def _there_and_back(lon: Floats, lat: Floats) -> datum.Pair:
    """Return points that were converted as GCJ-02 though they were BD-09."""
    return datum.bd09_to_wgs84(*datum.wgs84_to_gcj02(lon, lat))


# How points come to lie that were converted wrongly, and what brings them back.
_MISTAKES: tuple[tuple[str, str, Callable[[Floats, Floats], datum.Pair]], ...] = (
    ("gcj02 taken for wgs84", "gcj02 误作 wgs84", datum.gcj02_to_wgs84),
    ("bd09 taken for wgs84", "bd09 误作 wgs84", datum.bd09_to_wgs84),
    ("wgs84 taken for gcj02", "wgs84 误作 gcj02", datum.wgs84_to_gcj02),
    ("bd09 taken for gcj02", "bd09 误作 gcj02", _there_and_back),
    ("wgs84 taken for bd09", "wgs84 误作 bd09", datum.wgs84_to_bd09),
)
# So many points have to be in a wrong grid, and moving has to mend so many of them on balance.
_TELLING, _MENDED = 20, 0.5
_SAMPLE = 20_000
# Doors of two sources tell a shift if their middle offset fits it so well, in metres.
_FITS_M = 40.0


def datum_findings(
    city: City,
    rows: Rows,
    source: Texted,
    named: Mapping[Kind, Mapping[int, tuple[int, int]]],
    texts: Mapping[str, Texted],
) -> Iterator[Finding]:
    """Yield sources whose points are off by a datum.

    Parameters
    ----------
    city, rows
        The gazetteer.
    source : Texted
        Of each row.
    named
        Level and row of the grids that are towns and communities, by kind and id.
    texts
        Words of each row.
    """
    for code, name in enumerate(source.distinct):
        own = np.flatnonzero(source.code == code)
        if not len(own):
            continue
        found = _by_grids(city, rows, own, named) or _by_doors(rows, source, own, texts)
        if found is not None:
            (en, zh, _), why, why_zh = found
            yield Finding(
                "datum",
                len(own),
                f"points of the source {name!r} look like {en}: {why}",
                f"来源 {name!r} 的点位疑似 {zh}：{why_zh}",
                defect=True,
                examples=[name],
            )


_Verdict = tuple[tuple[str, str, Callable[[Floats, Floats], datum.Pair]], str, str]


def _by_grids(
    city: City, rows: Rows, own: Longs, named: Mapping[Kind, Mapping[int, tuple[int, int]]]
) -> _Verdict | None:
    """Compare in how many named grids the points lie, as they are and moved back."""
    claims: dict[tuple[int, int], list[Longs]] = {}
    taken = np.zeros(len(rows), bool)
    # A community tells a shift more sharply than its town.
    for kind in (Kind.COMMUNITY, Kind.TOWN):
        for place, grid in named[kind].items():
            those = own[(rows.place[kind][own] == place) & ~taken[own]]
            taken[those] = True
            claims.setdefault(grid, []).append(those)
    rng = np.random.default_rng(0)
    share = min(1.0, _SAMPLE / max(int(taken.sum()), 1))
    sampled = {
        grid: np.concatenate(those)[rng.random(sum(map(len, those))) < share]
        for grid, those in claims.items()
    }

    def wrong(move: Callable[[Floats, Floats], datum.Pair] | None) -> int:
        count = 0
        for (depth, row), those in sampled.items():
            polygon = city.layer(city.levels[depth].id).geometry[row]
            shapely.prepare(polygon)
            lon, lat = rows.lon[those], rows.lat[those]
            if move is not None:
                lon, lat = move(lon, lat)
            count += int((~shapely.intersects(polygon, shapely.points(lon, lat))).sum())
        return count

    before = wrong(None)
    if before < _TELLING:
        return None
    after = [wrong(mistake[2]) for mistake in _MISTAKES]
    best = int(np.argmin(after))
    if after[best] > (1 - _MENDED) * before:
        return None
    total = sum(map(len, sampled.values()))
    return (
        _MISTAKES[best],
        f"{before} of {total} points lie outside of the grid they name, {after[best]} if moved",
        f"{total} 个点中有 {before} 个不在所写的网格内，改正后为 {after[best]} 个",
    )


def _by_doors(
    rows: Rows, source: Texted, own: Longs, texts: Mapping[str, Texted]
) -> _Verdict | None:
    """Compare the offset from the same words in other sources with the shifts."""
    if len(np.unique(source.code)) < 2:  # noqa: PLR2004 - itself and another
        return None
    words = np.stack([texts[name].mapped(key).code for name in NAMING], axis=1).astype(np.int64)
    _, of = unique_rows(words)
    n = int(of.max()) + 1
    mine = np.zeros(len(rows), bool)
    mine[own] = True
    count = [np.bincount(of[those], minlength=n) for those in (mine, ~mine)]
    both = np.flatnonzero((count[0] > 0) & (count[1] > 0))
    if len(both) < _TELLING:
        return None
    (x, y), (to_x, to_y) = (
        [
            np.bincount(of[those], part[those], n)[both] / number[both]
            for part in (rows.lon, rows.lat)
        ]
        for those, number in ((mine, count[0]), (~mine, count[1]))
    )
    east, north = metres_per_degree(y)

    def offset(lon: Floats, lat: Floats) -> float:
        return float(np.hypot(np.median((lon - to_x) * east), np.median((lat - to_y) * north)))

    before = offset(x, y)
    after = [offset(*mistake[2](x, y)) for mistake in _MISTAKES]
    best = int(np.argmin(after))
    if before <= 2 * _FITS_M or after[best] > _FITS_M:
        return None
    return (
        _MISTAKES[best],
        f"{len(both)} lie {before:.0f} m from the same words elsewhere, {after[best]:.0f} m moved",
        f"其中 {len(both)} 条与其他来源的同名点相距 {before:.0f} 米，改正后为 {after[best]:.0f} 米",
    )
