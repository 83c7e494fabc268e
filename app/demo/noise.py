"""Smooth random fields and curves: what makes drawn nature look grown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Field:
    """A raster over a rectangle, read with bilinear interpolation.

    Attributes
    ----------
    x0, y0 : float
        Centre of cell (0, 0), metres.
    cell_m : float
        Cell size in metres.
    values : ndarray of float64, shape (ny, nx)
        One value per cell; row 0 is the southernmost.
    """

    x0: float
    y0: float
    cell_m: float
    values: Floats

    def sample(self, xy: Floats) -> Floats:
        """Return the value at each point of `xy` (ndarray, shape (n, 2), metres)."""
        rows = (xy[:, 1] - self.y0) / self.cell_m
        cols = (xy[:, 0] - self.x0) / self.cell_m
        sampled: Floats = ndimage.map_coordinates(
            self.values, np.stack([rows, cols]), order=1, mode="nearest"
        )
        return sampled

    def centres(self) -> Floats:
        """Return the cell centres, row by row (ndarray, shape (ny * nx, 2), metres)."""
        ny, nx = self.values.shape
        x, y = np.meshgrid(
            self.x0 + self.cell_m * np.arange(nx), self.y0 + self.cell_m * np.arange(ny)
        )
        return np.column_stack([x.ravel(), y.ravel()])


def empty_field(bounds: tuple[float, float, float, float], cell_m: float) -> Field:
    """Return a field of zeros that covers `bounds` (min x, min y, max x, max y in metres)."""
    x0, y0, x1, y1 = bounds
    shape = (int(np.ceil((y1 - y0) / cell_m)) + 1, int(np.ceil((x1 - x0) / cell_m)) + 1)
    return Field(x0, y0, cell_m, np.zeros(shape))


def noise_field(
    rng: np.random.Generator,
    bounds: tuple[float, float, float, float],
    cell_m: float,
    wavelengths_m: tuple[float, ...],
) -> Field:
    """Return smooth noise of mean 0 and standard deviation 1.

    Parameters
    ----------
    rng
        Where the randomness comes from.
    bounds
        Min x, min y, max x, max y in metres.
    cell_m
        Cell of the raster.
    wavelengths_m
        One octave per wavelength; the amplitude falls with the square root of the wavelength.
    """
    field = empty_field(bounds, cell_m)
    total = np.zeros_like(field.values)
    for wavelength in wavelengths_m:
        octave = ndimage.gaussian_filter(
            rng.standard_normal(field.values.shape), wavelength / cell_m / 4.0, mode="wrap"
        )
        total += octave / octave.std() * np.sqrt(wavelength / wavelengths_m[0])
    return Field(field.x0, field.y0, cell_m, (total - total.mean()) / total.std())


def noise_curve(rng: np.random.Generator, n: int, wavelength: float) -> Floats:
    """Return smooth noise of standard deviation 1 along a curve (ndarray, shape (n,)).

    `wavelength` counts samples.
    """
    pad = int(wavelength) + 1
    raw = ndimage.gaussian_filter1d(rng.standard_normal(n + 2 * pad), wavelength / 4.0)
    curve: Floats = (raw / max(raw.std(), 1e-12))[pad : pad + n]
    return curve


def resample(xy: Floats, step_m: float) -> Floats:
    """Return points at about equal distances along a polyline, both ends kept."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    n = max(round(float(along[-1]) / step_m), 1) + 1
    at = np.linspace(0.0, along[-1], n)
    return np.column_stack([np.interp(at, along, xy[:, k]) for k in (0, 1)])


def smooth_path(xy: Floats, step_m: float, sigma_m: float) -> Floats:
    """Return a polyline resampled and low-pass filtered with its ends held."""
    path = resample(xy, step_m)
    if len(path) < 4:  # noqa: PLR2004 - nothing to smooth between two ends
        return path
    # Odd reflection about the ends keeps them where they are.
    return np.asarray(
        path[:1] + _odd_filter(path - path[:1], sigma_m / step_m),
        dtype=np.float64,
    )


def _odd_filter(path: Floats, sigma: float) -> Floats:
    n = len(path)
    pad = min(n - 1, int(4 * sigma) + 1)
    head = 2 * path[0] - path[pad:0:-1]
    tail = 2 * path[-1] - path[-2 : -pad - 2 : -1]
    padded = np.concatenate([head, path, tail])
    smoothed = ndimage.gaussian_filter1d(padded, sigma, axis=0, mode="nearest")[pad : pad + n]
    smoothed[0], smoothed[-1] = path[0], path[-1]
    filtered: Floats = smoothed
    return filtered


def catmull_rom(control: Floats, step_m: float) -> Floats:
    """Return a centripetal-like smooth curve through control points, sampled every `step_m`."""
    points = np.concatenate(
        [2 * control[:1] - control[1:2], control, 2 * control[-1:] - control[-2:-1]]
    )
    pieces = []
    for i in range(1, len(points) - 2):
        p0, p1, p2, p3 = points[i - 1 : i + 3]
        n = max(int(np.hypot(*(p2 - p1)) / step_m), 2)
        t = np.linspace(0.0, 1.0, n, endpoint=False)[:, None]
        pieces.append(
            0.5
            * (
                2 * p1
                + (p2 - p0) * t
                + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
                + (3 * p1 - p0 - 3 * p2 + p3) * t**3
            )
        )
    return resample(np.concatenate([*pieces, points[-2:-1]]), step_m)


def normals(path: Floats) -> Floats:
    """Return unit normals (to the left) of a polyline, one per point, shape (n, 2)."""
    tangent = np.gradient(path, axis=0)
    tangent /= np.maximum(np.hypot(tangent[:, 0], tangent[:, 1]), 1e-9)[:, None]
    return np.column_stack([-tangent[:, 1], tangent[:, 0]])
