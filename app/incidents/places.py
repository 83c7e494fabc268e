"""Many places at once: what `app.incidents.place.find_place` says of each, or why it cannot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.errors import BadInputError
from app.geo.coordinates import check_lonlat, faults
from app.geo.datum import datum_named, to_wgs84
from app.incidents.checks import check_accuracy
from app.incidents.incident import Draft
from app.incidents.place import Place, find_place
from app.incidents.records import location_record
from app.locate import Locator


def find_places(locator: Locator, drafts: Sequence[Draft]) -> list[Place | BadInputError]:
    """Locate the places of many reports.

    Parameters
    ----------
    locator
        Of the city.
    drafts
        The reports; their datums and accuracies may differ.

    Returns
    -------
    list of Place or BadInputError
        One for each report in order: its place, or what is wrong with it.
    """
    places: list[Place | BadInputError | None] = [None] * len(drafts)
    rows: dict[str, list[int]] = {}
    for row, one in enumerate(drafts):
        try:
            if one.lon is None or one.lat is None:
                places[row] = find_place(
                    locator, one.lon, one.lat, one.datum, one.accuracy_m, one.grid
                )
            else:
                check_accuracy(one.accuracy_m)
                rows.setdefault(datum_named(one.datum), []).append(row)
        except BadInputError as error:
            places[row] = error
    for datum, group in rows.items():
        found = _locate(locator, [drafts[row] for row in group], datum)
        for row, place in zip(group, found, strict=True):
            places[row] = place
    return [one for one in places if one is not None]


def _locate(locator: Locator, drafts: list[Draft], datum: str) -> list[Place | BadInputError]:
    """Locate reports that have a point in one datum."""
    lon = np.array([one.lon for one in drafts], dtype=np.float64)
    lat = np.array([one.lat for one in drafts], dtype=np.float64)
    accuracy = np.array([one.accuracy_m for one in drafts], dtype=np.float64)
    bounds = locator.city.bounds
    bad = faults(lon, lat, bounds) != None  # noqa: E711 - of an array
    x, y = to_wgs84(np.where(bad, 0.0, lon), np.where(bad, 0.0, lat), datum)
    bad |= faults(x, y, bounds) != None  # noqa: E711
    good = np.flatnonzero(~bad)
    table = locator.locate_table(x[good], y[good], accuracy[good])
    places: list[Place | BadInputError] = [BadInputError("")] * len(drafts)
    for row in np.flatnonzero(bad).tolist():
        places[row] = _fault(locator, drafts[row], datum)
    for at, row in enumerate(good.tolist()):
        record = location_record(table[at], locator.city)
        places[row] = Place(
            float(lon[row]),
            float(lat[row]),
            datum,
            float(x[row]),
            float(y[row]),
            drafts[row].accuracy_m,
            record,
        )
    return places


def _fault(locator: Locator, draft: Draft, datum: str) -> BadInputError:
    """Return what is wrong with a point, in both languages."""
    try:
        check_lonlat(draft.lon or 0.0, draft.lat or 0.0, locator.city.bounds)
        find_place(locator, draft.lon, draft.lat, datum, draft.accuracy_m)
    except BadInputError as error:
        return error
    return BadInputError(f"lon {draft.lon}, lat {draft.lat} cannot be located as {datum}")
