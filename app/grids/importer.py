"""Import of real boundaries: from the files of a boundary set to a city folder.

In steps: 1. every file is read in its own character set, CRS and datum; 2. shapes become valid
polygons; 3. codes become unique; 4. parents are looked up, or found by geometry; 5. the whole is
certified; 6. it is written. Defects are recorded and never stop an import; an unusable file
does, before anything is written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.errors import BadFileError
from app.geo.plane import Plane, Shapes, choose_metric_crs
from app.geo.vector import read_vectors
from app.geo.vector_table import Place, VectorRequest, VectorTable, join_tables
from app.grids.boundary_set import BoundarySet, LayerSpec, OverlaySpec, ReferenceSpec
from app.grids.certificate import CERTIFICATE_FILE, CERTIFICATE_TABLE, Certificate
from app.grids.certify import certify
from app.grids.codes import Resolved, resolve_codes
from app.grids.findings import (
    Duplicate,
    EmptyCode,
    Intake,
    Merged,
    Padded,
    ParentChoice,
    ParentFound,
    Repaired,
    SourceRead,
    UnusableRow,
)
from app.grids.layer_file import CRS
from app.grids.manifest import Level, Manifest, Overlay, Source
from app.grids.parents import WHOLE_SHARE, holders, overlay_level, whole_shares
from app.grids.placement import (
    expected_bounds,
    notes_of_each,
    place_notes,
    reference_notes,
    shift_notes,
)
from app.grids.repair import Usable, make_usable
from app.grids.replace import with_kept
from app.grids.store import write_city

Texts = npt.NDArray[np.object_]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Imported:
    """A boundary set that was read and checked, ready to be written.

    Attributes
    ----------
    manifest : Manifest
        What city.toml will say.
    frames : dict of str to GeoDataFrame
        By level or overlay id: columns code, name, parent, households (where known), area_km2
        and geometry in degrees, ordered by code.
    certificate : Certificate
        What is wrong with them.
    """

    manifest: Manifest
    frames: dict[str, gpd.GeoDataFrame]
    certificate: Certificate

    def write(self, folder: Path, beside: Path | None = None) -> Manifest:
        """Write the city folder, whole or not at all; see app.grids.store.write_city.

        If it holds an earlier edition of the same city, what no import writes (staff and other
        tables, base layers, areas outside) is kept.

        Parameters
        ----------
        folder
            Where it goes.
        beside
            Another edition, from which those are taken if `folder` holds none yet.

        Raises
        ------
        BadFileError
            As app.grids.replace.refuse_other_city and refuse_loss.
        CityError
            If the earlier edition is damaged.
        """
        files: dict[str, pd.DataFrame | str | Path] = {
            f"{ident}.parquet": frame for ident, frame in self.frames.items()
        }
        files[CERTIFICATE_FILE] = self.certificate.to_json()
        manifest, kept = with_kept(folder, self.manifest, beside)
        return write_city(folder, manifest, {**files, **kept})


def import_boundaries(
    spec: BoundarySet, today: dt.date, tell: Callable[[str], None] = lambda _: None
) -> Imported:
    """Read and check every file of a boundary set; nothing is written.

    Parameters
    ----------
    spec
        What SPEC.toml says.
    today
        The day from which the boundaries hold if the spec does not say.
    tell
        Called with what is being done, for progress.

    Raises
    ------
    BadFileError
        If a file is missing or unusable; see app.geo.vector.read_vectors.
    BadInputError
        If a datum or the metric CRS is not usable.
    """
    parts: tuple[LayerSpec, ...] = (*spec.levels, *spec.overlays)
    wanted = [(part, place) for part in parts for place in spec.places(part)]
    read = read_vectors([_request(*one) for one in wanted], tell)
    files = {
        part.id: [table for one, table in zip(wanted, read, strict=True) if one[0] is part]
        for part in parts
    }
    tables = {ident: join_tables(several) for ident, several in files.items()}
    plane = Plane(spec.metric_crs or choose_metric_crs(_extent(tables[spec.levels[0].id])))
    expected = expected_bounds(spec.metric_crs)
    layers: dict[str, _Layer] = {}
    for part in parts:
        tell(part.name)
        layers[part.id] = _Layer(part, tables[part.id], plane)
        layers[part.id].placement = place_notes(
            tables[part.id].geometry, expected
        ) or notes_of_each(files[part.id], lambda shapes: place_notes(shapes, expected))
    for place, level in enumerate(spec.levels[1:]):
        above, below = layers[spec.levels[place].id], layers[level.id]
        below.find_parents(above)
        seen = partial(
            shift_notes,
            reference=above.shapes,
            name=above.part.name,
            plane=plane,
            stated=below.table.datum,
        )
        below.placement += seen(below.shapes) or notes_of_each(files[level.id], seen)
    if spec.reference is not None:
        tell(spec.reference.name)
        lines = _reference_lines(spec, spec.reference)
        for held in (layers[part.id] for part in spec.levels):
            held.placement += reference_notes(
                held.shapes, lines, spec.reference.name, plane, held.table.datum
            )
    for overlay in spec.overlays:
        layers[overlay.id].find_overlay_parents(overlay, [layers[one.id] for one in spec.levels])
    manifest = _manifest(spec, layers, plane, today)
    frames = {ident: layer.frame(plane) for ident, layer in layers.items()}
    intakes = {ident: layer.intake() for ident, layer in layers.items()}
    return Imported(manifest, frames, certify(manifest, frames, intakes, tell))


def _request(part: LayerSpec, place: Place) -> VectorRequest:
    wanted = [part.code_field, part.name_field, part.parent_field, part.households_field]
    return VectorRequest(
        path=place,
        columns=tuple(dict.fromkeys(name for name in wanted if name)),
        layer=part.layer,
        encoding=part.encoding,
        crs=part.crs,
        datum=part.datum,
    )


def _reference_lines(spec: BoundarySet, reference: ReferenceSpec) -> Shapes:
    read = read_vectors(
        [
            VectorRequest(
                path=place,
                columns=(),
                layer=reference.layer,
                crs=reference.crs,
                datum=reference.datum,
            )
            for place in spec.places(reference)
        ]
    )
    return join_tables(read).geometry


def _extent(table: VectorTable) -> tuple[float, float, float, float]:
    bounds = shapely.bounds(table.geometry)
    known = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(known):
        raise _no_polygon(table)
    # The middle of most, so that one row far off does not choose the plane.
    middle = np.median((known[:, :2] + known[:, 2:]) / 2, axis=0)
    return (float(middle[0]), float(middle[1]), float(middle[0]), float(middle[1]))


def _no_polygon(table: VectorTable) -> BadFileError:
    return BadFileError(
        f"{table.path} (layer {table.layer!r}) holds no polygon in its {len(table)} rows",
        "Boundaries are polygons: export them as such.",
        message_zh=f"{table.path}（图层 {table.layer!r}）的 {len(table)} 行中没有面图形",
        hint_zh="边界应为面（polygon），请按面图层导出。",
    )


class _Layer:
    """One level or overlay on its way into the city."""

    def __init__(self, part: LayerSpec, table: VectorTable, plane: Plane) -> None:
        self.part = part
        self.table = table
        self.usable: Usable = make_usable(table.geometry, table.faults, plane)
        rows = np.flatnonzero(~shapely.is_missing(self.usable.shapes))
        if not len(rows):
            raise _no_polygon(table)
        self._rows = rows
        parents = self._column(part.parent_field)
        self.resolved: Resolved = resolve_codes(
            self._column(part.code_field)[rows],
            self._column(part.name_field)[rows],
            parents[rows],
            self.usable.shapes[rows],
            plane,
            self._written()[rows],
        )
        order = np.argsort(self.resolved.code, kind="stable")
        self.codes: Texts = self.resolved.code[order]
        self.shapes: Shapes = self.resolved.shape[order]
        self._first: Rows = rows[self.resolved.first[order]]
        self.declared: Texts = parents[self._first]
        self.parents: Texts = np.full(len(self.codes), "", dtype=object)
        self.parent_level = ""
        self._choice: ParentChoice | None = None
        self.placement: list[str] = []

    def _column(self, name: str) -> Texts:
        return self.table.columns[name] if name else np.full(len(self.table), "", dtype=object)

    def _written(self) -> Texts:
        """Return the codes as the source has them, with white space around them."""
        written = self._column(self.part.code_field).copy()
        for row, text in self.table.padded.get(self.part.code_field, {}).items():
            written[row] = text
        return written

    def find_parents(self, above: _Layer, shares: dict[str, float] | None = None) -> None:
        """Set the parents: as the source names them, else by geometry."""
        self.parent_level = above.part.id
        if self.part.parent_field:
            self.parents = above.named(self.declared, self.shapes)
            whole, partly = 0, []
        else:
            held = holders(self.shapes, above.shapes)
            found = held.row >= 0
            self.parents[found] = above.codes[held.row[found]]
            is_whole = held.share >= WHOLE_SHARE
            whole = int(is_whole.sum())
            partly = [
                ParentFound(
                    code=str(self.codes[row]),
                    parent=str(self.parents[row]),
                    share=float(held.share[row]),
                )
                for row in np.flatnonzero(found & ~is_whole)
            ]
        self._choice = ParentChoice(
            method="field" if self.part.parent_field else "geometry",
            field=self.part.parent_field,
            level=above.part.id,
            whole=whole,
            partly=tuple(sorted(partly, key=lambda one: (one.share, one.code))),
            level_shares=shares or {},
        )

    def find_overlay_parents(self, spec: OverlaySpec, levels: list[_Layer]) -> None:
        """Set the parents in the level that is stated, named most often, or holds most."""
        by_id = {level.part.id: level for level in levels}
        shares: dict[str, float] = {}
        ident = spec.parent_level
        if not ident and spec.parent_field:
            named = {key: np.isin(self.declared, one.codes).sum() for key, one in by_id.items()}
            ident = max(reversed(named.items()), key=lambda entry: entry[1])[0]
        elif not ident:
            shares = whole_shares(self.shapes, {key: one.shapes for key, one in by_id.items()})
            ident = overlay_level(shares)
        self.find_parents(by_id[ident], shares)

    def named(self, declared: Texts, shapes: Shapes) -> Texts:
        """Return the grids of this layer that are meant by codes as the source has them.

        Where several grids claim the code, the one that holds most of the shape is meant; ""
        where no grid has it.
        """
        known = set(self.codes)
        out = np.array([*(code if code in known else "" for code in declared), None], object)[:-1]
        for code, claims in self.resolved.duplicates.items():
            children = np.flatnonzero(declared == code)
            rows = np.flatnonzero(np.isin(self.codes, list(claims)))
            held = holders(shapes[children], self.shapes[rows]).row
            out[children[held >= 0]] = self.codes[rows[held[held >= 0]]]
        return out

    def frame(self, plane: Plane) -> gpd.GeoDataFrame:
        """Return the table that the city folder is to hold."""
        columns: dict[str, object] = {
            "code": self.codes,
            "name": self._column(self.part.name_field)[self._first],
            "parent": self.parents,
        }
        if self.part.households_field:
            columns["households"] = self._households()[1].astype("Int64")
        columns["area_km2"] = plane.area_m2(self.shapes) / 1e6
        return gpd.GeoDataFrame(columns, geometry=self.shapes, crs=CRS)

    def intake(self) -> Intake:
        """Return what the import of this layer met; rows counted from 1."""
        codes, names = self._column(self.part.code_field), self._column(self.part.name_field)
        at = [int(row) + 1 for row in self._rows]
        resolved = self.resolved
        orphans = np.flatnonzero((self.parents == "") & (self.declared != ""))
        return Intake(
            source=SourceRead(
                file=self.table.file,
                layer=self.table.layer,
                driver=self.table.driver,
                crs=self.table.crs,
                declared_crs=self.table.declared_crs,
                datum=self.table.datum,
                encoding=self.table.encoding,
                rows=len(self.table),
                notes=(*self.table.notes, *self._notes()),
            ),
            misplaced=tuple(self.placement),
            unusable=tuple(
                UnusableRow(row=row + 1, code=codes[row], name=names[row], reason=why)
                for row, why in sorted(self.usable.unusable.items())
            ),
            repaired=tuple(
                Repaired(
                    row=row + 1,
                    code=codes[row],
                    reason=mend.reason,
                    area_before_m2=mend.area_before_m2,
                    area_change_m2=mend.area_change_m2,
                )
                for row, mend in sorted(self.usable.mended.items())
            ),
            duplicates=tuple(
                Duplicate(
                    code=code,
                    rows=tuple(at[row] for row in claims.values()),
                    codes=tuple(claims),
                )
                for code, claims in sorted(resolved.duplicates.items())
            ),
            empty_codes=tuple(
                EmptyCode(row=at[row], code=code) for code, row in resolved.empty.items()
            ),
            merged=tuple(
                Merged(code=code, rows=tuple(at[row] for row in rows))
                for code, rows in sorted(resolved.merged.items())
            ),
            parents=self._choice,
            undeclared={str(self.codes[row]): str(self.declared[row]) for row in orphans},
            padded=tuple(
                Padded(row=row + 1, code=codes[row], written=text)
                for row, text in self.table.padded.get(self.part.code_field, {}).items()
                if codes[row]
            ),
        )

    def _notes(self) -> list[str]:
        """Tell of what was not taken over and would otherwise go unseen."""
        notes = []
        if padded := self.table.padded.get(self.part.parent_field):
            row, text = next(iter(padded.items()))
            what = f"{len(padded)} values of {self.part.parent_field} have white space around them"
            notes.append(f"{what}, left out: {text!r} in row {row + 1}, …")
        if not self.part.households_field:
            return notes
        texts, counts = self._households()
        bad = texts[(texts != "") & counts.isna()]
        if bad.empty:
            return notes
        field = self.part.households_field
        what = f"{len(bad)} values of {field} are no number of households (whole, from 0 up)"
        return [*notes, f"{what}, left out: {bad.iloc[0]!r}, …"]

    def _households(self) -> tuple[pd.Series, pd.Series]:
        """Return what stands in the column of households, and the counts; NaN where it is none."""
        texts = pd.Series(self._column(self.part.households_field)[self._first])
        counts = pd.to_numeric(texts, errors="coerce")
        return texts, counts.where((counts >= 0) & (counts % 1 == 0))


def _manifest(
    spec: BoundarySet, layers: dict[str, _Layer], plane: Plane, today: dt.date
) -> Manifest:
    valid_from = spec.valid_from or today
    parts: tuple[LayerSpec, ...] = (*spec.levels, *spec.overlays)
    return Manifest(
        id=spec.id,
        name=spec.name,
        metric_crs=plane.crs,
        generation=spec.generation or valid_from.isoformat(),
        valid_from=valid_from,
        levels=tuple(
            Level(part.id, part.name, f"{part.id}.parquet", part.expected, *_wishes(part))
            for part in spec.levels
        ),
        overlays=tuple(
            Overlay(
                part.id,
                part.name,
                f"{part.id}.parquet",
                layers[part.id].parent_level,
                part.expected,
                *_wishes(part),
            )
            for part in spec.overlays
        ),
        sources=tuple(
            Source(part.name, part.origin or layers[part.id].table.file, part.licence, part.datum)
            for part in parts
        ),
        allowed_gaps=spec.allowed_gaps,
        sliver_m2=spec.sliver_m2,
        synthetic=spec.synthetic,
        tables={CERTIFICATE_TABLE: CERTIFICATE_FILE},
    )


def _wishes(part: LayerSpec) -> tuple[str | None, int | None, int | None]:
    """Return what is wanted of the codes and sizes of a level, as `Level` has it."""
    return part.code_pattern or None, part.households_min, part.households_max
