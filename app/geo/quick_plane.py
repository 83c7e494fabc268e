"""Very many points into the plane at once: the projection as a polynomial, near enough to count.

A projection is a smooth function. Over a city it is a polynomial of low degree to a fraction of a
millimetre, and that costs a twentieth of what the projection does. It is fitted once to a lattice
of exactly projected points and compared with others between them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numpy.polynomial import chebyshev

from app.geo.plane import Plane

Floats = npt.NDArray[np.float64]
Bounds = tuple[float, float, float, float]

# How far it may be from the projection, metres.
TOLERANCE_M = 1e-3
_DEGREES = (3, 5, 7, 9)
_LATTICE, _BETWEEN = 24, 61
# The corner of the bounds itself may come out beyond 1 by rounding: so little is not beyond it.
_EDGE = 1 + 1e-9
# So many points at a time stay in the cache of a core.
CHUNK = 32_768


class QuickPlane:
    """The projection of a plane over a rectangle of degrees.

    Parameters
    ----------
    plane
        Whose projection.
    bounds
        Min lon, min lat, max lon, max lat in degrees; points beyond have no place in it.

    Attributes
    ----------
    error_m : float
        How far it was from the projection at most, on a lattice of points between the fitted
        ones; infinite where no polynomial comes near enough, and every point is projected.
    """

    def __init__(self, plane: Plane, bounds: Bounds) -> None:
        self._plane = plane
        low, high = np.array(bounds[:2]), np.array(bounds[2:])
        self._middle = (low + high) / 2
        self._half = np.maximum((high - low) / 2, 1e-9)
        self.error_m = np.inf
        self._rows: list[list[tuple[float, float]]] = []
        for degree in _DEGREES:
            self._rows = self._fit(degree)
            self.error_m = self._compare()
            if self.error_m <= TOLERANCE_M:
                return
        self._rows, self.error_m = [], np.inf

    def to_metres(self, lon: Floats, lat: Floats) -> Floats:
        """Project points.

        Parameters
        ----------
        lon, lat : ndarray of float64, shape (n,)
            Degrees; for very many, `CHUNK` at a time.

        Returns
        -------
        ndarray of float64, shape (2, n)
            x, y in metres; NaN beyond the bounds.
        """
        u = (lon - self._middle[0]) / self._half[0]
        v = (lat - self._middle[1]) / self._half[1]
        # NaN is in no rectangle.
        inside = (np.abs(u) <= _EDGE) & (np.abs(v) <= _EDGE)
        if not self._rows:
            found = np.full((2, len(u)), np.nan)
            found[:, inside] = self._plane.to_metres(np.column_stack([lon[inside], lat[inside]])).T
            return found
        if inside.all():
            return self._evaluate(u, v)
        xy = self._evaluate(np.where(inside, u, 0.0), np.where(inside, v, 0.0))
        xy[:, ~inside] = np.nan
        return xy

    def _evaluate(self, u: Floats, v: Floats) -> Floats:
        """Return the polynomial by Horner's rule in both variables."""
        found = np.zeros((2, len(u)))
        inner = np.empty(len(u))
        for axis in (0, 1):
            outer = found[axis]
            for row in reversed(self._rows):
                inner.fill(row[-1][axis])
                for coefficient in reversed(row[:-1]):
                    inner *= u
                    inner += coefficient[axis]
                outer *= v
                outer += inner
        return found

    def _fit(self, degree: int) -> list[list[tuple[float, float]]]:
        """Return coefficients by powers of v and then of u, up to a total degree."""
        u, v = self._lattice(_LATTICE)
        terms = [(i, j) for j in range(degree + 1) for i in range(degree + 1 - j)]
        # Chebyshev's polynomials, since powers are near to each other.
        both = chebyshev.chebvander2d(u, v, [degree, degree]).reshape(len(u), degree + 1, -1)
        matrix = np.stack([both[:, i, j] for i, j in terms], axis=1)
        solved, *_ = np.linalg.lstsq(matrix, self._exact(u, v), rcond=None)
        power = np.zeros((degree + 1, degree + 1, 2))
        for (i, j), values in zip(terms, solved, strict=True):
            in_u = chebyshev.cheb2poly(np.eye(degree + 1)[i])
            in_v = chebyshev.cheb2poly(np.eye(degree + 1)[j])
            part = np.multiply.outer(in_u, in_v)
            power[: part.shape[0], : part.shape[1]] += part[..., None] * values
        return [
            [(float(power[i, j, 0]), float(power[i, j, 1])) for i in range(degree + 1 - j)]
            for j in range(degree + 1)
        ]

    def _compare(self) -> float:
        u, v = self._lattice(_BETWEEN)
        return float(np.abs(self._evaluate(u, v).T - self._exact(u, v)).max())

    def _exact(self, u: Floats, v: Floats) -> Floats:
        return self._plane.to_metres(np.column_stack([u, v]) * self._half + self._middle)

    @staticmethod
    def _lattice(count: int) -> tuple[Floats, Floats]:
        line = np.cos(np.linspace(0, np.pi, count))
        u, v = np.meshgrid(line, line)
        return u.ravel(), v.ravel()
