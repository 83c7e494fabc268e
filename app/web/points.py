"""One point of a request, in WGS-84."""

from __future__ import annotations

from app.errors import BadCoordinateError
from app.geo.coordinates import check_lonlat
from app.geo.datum import to_wgs84
from app.grids import City


def as_wgs84(lon: float, lat: float, datum: str, city: City) -> tuple[float, float]:
    """Return a point in WGS-84.

    Parameters
    ----------
    lon, lat
        Degrees in `datum`.
    datum
        ``wgs84`` (``cgcs2000``), ``gcj02`` or ``bd09``.
    city
        Whose extent tells whether lon and lat are swapped.

    Raises
    ------
    BadCoordinateError
        If it is no point on Earth, or plainly swapped; a fault that only converting shows is told
        as such.
    """
    check_lonlat(lon, lat, city.bounds)
    x, y = to_wgs84([lon], [lat], datum)
    lon, lat = float(x[0]), float(y[0])
    try:
        check_lonlat(lon, lat, city.bounds)
    except BadCoordinateError as error:
        raise BadCoordinateError(
            f"as {datum}: {error.message}",
            error.hint,
            message_zh=f"按 {datum} 换算后：{error.message_zh}",
            hint_zh=error.hint_zh,
        ) from None
    return lon, lat
