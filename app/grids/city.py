"""A city opened from its folder: levels, overlays, and who is above and below whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from app.errors import CityError, NotFoundError
from app.grids.certificate import CERTIFICATE_TABLE
from app.grids.editions import edition_folder
from app.grids.layer_file import read_layer
from app.grids.manifest import Level, Manifest, Overlay
from app.grids.store import read_manifest, verify

STAFF_TABLE = "staff"
REQUIRED_COLUMNS = ("code", "name", "parent", "geometry")


@dataclass(frozen=True, slots=True)
class Grid:
    """One grid as people speak of it.

    Attributes
    ----------
    part : Level or Overlay
        Where it belongs.
    code, name, parent : str
        Its own code and name, and its parent's code ("" on top).
    row : int
        Its row in the frame of its level or overlay.
    """

    part: Level | Overlay
    code: str
    name: str
    parent: str
    row: int


@dataclass(frozen=True, slots=True)
class Staff:
    """One person on duty, by role; never a name."""

    role: str
    label: str
    phone: str


class Layer:
    """The grids of one level or overlay, ordered by code.

    Attributes
    ----------
    part : Level or Overlay
        What the manifest says of it.
    frame : GeoDataFrame
        Columns code, name, parent, geometry and whatever else the folder holds.
    codes, names, parents : ndarray of object, shape (n,)
        Columns of the frame as text.
    geometry : ndarray of object, shape (n,)
        Polygons in lon, lat degrees.
    parent_row : ndarray of int32, shape (n,)
        Row of the parent in its layer, -1 where there is none.
    """

    def __init__(self, part: Level | Overlay, frame: gpd.GeoDataFrame, above: Layer | None) -> None:
        _check_frame(part, frame)
        self.part = part
        self.frame = frame
        self.codes: npt.NDArray[np.object_] = frame["code"].to_numpy(dtype=object)
        self.names: npt.NDArray[np.object_] = frame["name"].to_numpy(dtype=object)
        self.parents: npt.NDArray[np.object_] = frame["parent"].to_numpy(dtype=object)
        self.geometry: npt.NDArray[np.object_] = np.asarray(frame.geometry.array, dtype=object)
        self.row_of: dict[str, int] = {code: row for row, code in enumerate(self.codes)}
        self.parent_row: npt.NDArray[np.int32] = self._find_parents(above)

    def __len__(self) -> int:
        """Return how many grids there are."""
        return len(self.codes)

    def _find_parents(self, above: Layer | None) -> npt.NDArray[np.int32]:
        rows = np.full(len(self), -1, dtype=np.int32)
        if above is None:
            return rows
        unknown = []
        for row, parent in enumerate(self.parents):
            if parent == "":
                continue
            found = above.row_of.get(parent)
            if found is None:
                unknown.append(f"{self.codes[row]} → {parent}")
            else:
                rows[row] = found
        if unknown:
            raise CityError(
                f"{self.part.file}: {len(unknown)} grids name a parent that {above.part.file} does "
                f"not hold, first {unknown[:3]}",
                "Import the city again: the importer records such grids as orphans.",
            )
        return rows

    @cached_property
    def children_rows(self) -> dict[int, npt.NDArray[np.int32]]:
        """Rows of this layer by row of the parent."""
        order = np.argsort(self.parent_row, kind="stable").astype(np.int32)
        parents, starts = np.unique(self.parent_row[order], return_index=True)
        parts = np.split(order, starts[1:])
        return {int(p): rows for p, rows in zip(parents, parts, strict=True) if p >= 0}


def _check_frame(part: Level | Overlay, frame: gpd.GeoDataFrame) -> None:
    missing = [name for name in REQUIRED_COLUMNS if name not in frame.columns]
    if missing:
        raise CityError(
            f"{part.file} lacks the columns {missing}; it has {list(frame.columns)}",
            "A level holds code, name, parent and geometry.",
        )
    codes = frame["code"]
    if codes.isna().any() or (codes == "").any():
        raise CityError(f"{part.file} has {int((codes == '').sum())} grids without a code")
    if not codes.is_unique:
        twice = sorted(set(codes[codes.duplicated()]))
        raise CityError(f"{part.file} has codes twice: {twice[:5]}")
    if not codes.is_monotonic_increasing:
        raise CityError(f"{part.file} is not ordered by code", "Build the city folder again.")
    if frame.geometry.isna().any() or frame.geometry.is_empty.any():
        raise CityError(f"{part.file} has grids without a shape")


class City:
    """One jurisdiction with its levels, overlays and reference tables.

    Use `City.open`; the constructor takes what has been read already.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest
        self._layers: dict[str, Layer] = {}
        above: Layer | None = None
        for level in manifest.levels:
            above = Layer(level, read_layer(folder / level.file), above)
            self._layers[level.id] = above
        for overlay in manifest.overlays:
            parent = self._layers[overlay.parent_level]
            self._layers[overlay.id] = Layer(overlay, read_layer(folder / overlay.file), parent)
        self._outside = _read_outside(folder, manifest)
        self._staff = _read_staff(folder, manifest)
        self._certificate = _read_certificate(folder, manifest)

    @classmethod
    def open(cls, folder: str | Path, on: date | None = None) -> City:
        """Open a city folder and check it cheaply: digests, CRS, codes, parents.

        Parameters
        ----------
        folder
            Folder with city.toml. Of one with several editions of the boundaries the one is opened
            that holds (app.grids.editions); the folder of an edition opens that one.
        on
            The day on which it is to hold; None is today.

        Raises
        ------
        CityError
            If a file is missing, changed, or does not hold what the manifest says.
        NoEditionError
            If no edition holds on that day.
        """
        return cls.at(edition_folder(Path(folder), on))

    @classmethod
    def at(cls, folder: Path) -> City:
        """Open the edition that lies in this very folder, whichever answers; raises like `open`."""
        manifest = read_manifest(folder)
        verify(folder, manifest)
        city = cls(folder, manifest)
        if read_manifest(folder) != manifest:
            raise CityError(
                f"{folder} was replaced while it was opened",
                "Open it again.",
                message_zh=f"{folder} 在打开过程中被替换",
                hint_zh="请重新打开。",
            )
        return city

    @classmethod
    def same(cls, folder: Path, manifest: Manifest) -> City:
        """Open an edition for a part of a run that began with it elsewhere.

        Parameters
        ----------
        folder : Path
            Where the edition lies for the process that began.
        manifest : Manifest
            Its manifest there.

        Raises
        ------
        CityError
            If there is no city at that path here, or another one.
        """
        city = cls.at(folder)
        if city.manifest != manifest:
            here, there = city.manifest.content_hash, manifest.content_hash
            raise CityError(
                f"a worker finds another city at {folder}: content {here}, not {there}",
                "Give every machine the same city folder under the same path.",
                message_zh=f"工作进程在 {folder} 找到的是另一个城市：内容 {here}，应为 {there}",
                hint_zh="请在每台机器的同一路径放置相同的城市文件夹。",
            )
        return city

    @property
    def levels(self) -> tuple[Level, ...]:
        """Levels of the tiling, coarse to fine."""
        return self.manifest.levels

    @property
    def overlays(self) -> tuple[Overlay, ...]:
        """Overlays in the manifest's order."""
        return self.manifest.overlays

    @property
    def finest(self) -> Layer:
        """The finest level."""
        return self._layers[self.levels[-1].id]

    def layer(self, ident: str) -> Layer:
        """Return the layer of a level or an overlay.

        Raises
        ------
        NotFoundError
            If there is no such level; the message lists those there are.
        """
        try:
            return self._layers[ident]
        except KeyError:
            known = list(self._layers)
            raise NotFoundError(
                f"{self.manifest.name} has no level {ident!r}; it has {known}",
                message_zh=f"{self.manifest.name} 没有层级 {ident!r}；可用的有 {known}",
            ) from None

    def frame(self, ident: str) -> gpd.GeoDataFrame:
        """Return the table of a level or an overlay, ordered by code."""
        return self.layer(ident).frame

    def find(self, code: str, part: str = "") -> Grid:
        """Return a grid by its code.

        Parameters
        ----------
        code
            The code; where two levels use the same one, the coarsest is meant.
        part
            Id of the level or overlay to look in; empty for all.

        Raises
        ------
        NotFoundError
            If no grid has this code.
        """
        for layer in [self.layer(part)] if part else self._layers.values():
            row = layer.row_of.get(code)
            if row is not None:
                return Grid(layer.part, code, layer.names[row], layer.parents[row], row)
        raise NotFoundError(
            f"no grid of {self.manifest.name} has the code {code!r}",
            "Codes are written in full, e.g. " + repr(str(self.finest.codes[0])) + ".",
            message_zh=f"{self.manifest.name} 没有编码为 {code!r} 的网格",
            hint_zh="请输入完整编码，例如 " + repr(str(self.finest.codes[0])) + "。",
        )

    def chain(self, grid: Grid) -> tuple[Grid, ...]:
        """Return the grids above `grid`, coarse to fine, and `grid` itself last."""
        above: list[Grid] = [grid]
        while above[0].parent:
            top = above[0]
            if isinstance(top.part, Overlay):
                over = top.part.parent_level
            else:
                over = self.levels[self.levels.index(top.part) - 1].id
            above.insert(0, self.find(top.parent, over))
        return tuple(above)

    def children(self, grid: Grid) -> tuple[Grid, ...]:
        """Return the grids of the next finer level in `grid`, then overlays, each by code."""
        found: list[Grid] = []
        for ident, over in self._parent_levels.items():
            if over != grid.part.id:
                continue
            layer = self._layers[ident]
            rows = layer.children_rows.get(grid.row, ())
            found += [
                Grid(layer.part, layer.codes[row], layer.names[row], grid.code, int(row))
                for row in rows
            ]
        return tuple(found)

    def above(self, part: Level | Overlay) -> str:
        """Return the id of the level above a level or overlay, "" on top."""
        return self._parent_levels.get(part.id, "")

    @cached_property
    def _parent_levels(self) -> dict[str, str]:
        """Id of the level above, by id of level or overlay."""
        ids = [level.id for level in self.levels]
        pairs = dict(zip(ids[1:], ids[:-1], strict=True))
        return pairs | {overlay.id: overlay.parent_level for overlay in self.overlays}

    def name_of(self, code: str, part: str = "") -> str:
        """Return the name of the grid with this code; raises NotFoundError like `find`."""
        return self.find(code, part).name

    def properties(self, grid: Grid) -> dict[str, Any]:
        """Return all that the folder knows of a grid but its shape, parent and name."""
        row = self.layer(grid.part.id).frame.iloc[grid.row]
        known = {key: row[key] for key in row.index if key not in REQUIRED_COLUMNS}
        return {k: v.item() if isinstance(v, np.generic) else v for k, v in known.items()}

    @property
    def outside(self) -> gpd.GeoDataFrame:
        """Areas near by that others govern: columns code, name, governed_by, geometry."""
        return self._outside

    @property
    def certificate(self) -> str:
        """What the check of the boundaries found, as JSON; empty if none is recorded."""
        return self._certificate

    def base(self, ident: str) -> gpd.GeoDataFrame:
        """Return a base layer (water, roads).

        Raises
        ------
        NotFoundError
            If the manifest names no such layer.
        """
        for layer in self.manifest.bases:
            if layer.id == ident:
                verify(self.folder, self.manifest, (layer.file,))
                return read_layer(self.folder / layer.file)
        raise NotFoundError(
            f"{self.manifest.name} has no base layer {ident!r}; it has "
            f"{[layer.id for layer in self.manifest.bases]}"
        )

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """Extent of the top level and the outside areas: min lon, min lat, max lon, max lat."""
        frames = [self.frame(self.levels[0].id), self.outside]
        boxes = np.array([frame.total_bounds for frame in frames if len(frame)])
        low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))

    def staff_of(self, code: str) -> tuple[Staff, ...]:
        """Return who is on duty for a grid; empty when the table names nobody."""
        return self._staff.get(code, ())


def _read_outside(folder: Path, manifest: Manifest) -> gpd.GeoDataFrame:
    columns = ("code", "name", "governed_by")
    if not manifest.outside_file:
        empty: dict[str, list[str]] = {name: [] for name in columns}
        return gpd.GeoDataFrame(empty, geometry=[], crs="EPSG:4326")
    frame = read_layer(folder / manifest.outside_file)
    _require(manifest.outside_file, columns, frame.columns)
    return frame


def _read_staff(folder: Path, manifest: Manifest) -> dict[str, tuple[Staff, ...]]:
    """Return who is on duty, by code of the grid."""
    file = manifest.tables.get(STAFF_TABLE)
    if file is None:
        return {}
    try:
        table = pd.read_parquet(folder / file)
    except (OSError, ValueError) as error:
        raise CityError(f"{file} is not a Parquet table: {error}") from error
    columns = ("code", "role", "label", "phone")
    _require(file, columns, table.columns)
    found: dict[str, tuple[Staff, ...]] = {}
    for code, role, label, phone in zip(*(table[name] for name in columns), strict=True):
        found[code] = (*found.get(code, ()), Staff(role, label, phone))
    return found


def _read_certificate(folder: Path, manifest: Manifest) -> str:
    file = manifest.tables.get(CERTIFICATE_TABLE)
    return (folder / file).read_text(encoding="utf-8") if file else ""


def _require(file: str, columns: tuple[str, ...], found: Iterable[str]) -> None:
    missing = [name for name in columns if name not in set(found)]
    if missing:
        raise CityError(f"{file} lacks the columns {missing}; it has {list(found)}")
