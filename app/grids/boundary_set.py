"""SPEC.toml: which files hold the boundaries of a city, level by level (docs/import.md)."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from app.errors import BadFileError
from app.geo.vector_table import Place, place_of
from app.grids.findings import SLIVER_M2
from app.grids.manifest import AllowedGap, gap_faults, part_faults, size_faults

_ID = re.compile(r"[a-z][a-z0-9_]{0,31}")
_KINDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    dt.date: "a day such as 2026-01-31",
    tuple: "text, or a list of texts",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSpec:
    """Where one level comes from.

    Attributes
    ----------
    id, name : str
        ASCII id and shown name of the level.
    source : tuple of str
        The files, relative to SPEC.toml, or tables of a database
        (app.geo.database_table.DatabaseTable); several are read one below the other.
    code_field, name_field : str
        Its columns with the code and the name of each grid.
    parent_field : str
        Its column with the code of the grid one level up; empty to find the parent by geometry.
    households_field : str
        Its column with the number of households; empty if there is none.
    layer : str
        Which layer of the file; may be empty if it has one.
    encoding, crs : str
        Override what the file declares; empty to follow the file.
    datum : str
        ``wgs84``, ``gcj02`` or ``bd09``.
    expected : int or None
        How many grids the authority says there are.
    code_pattern : str
        Regular expression that every code has to match; empty for any.
    households_min, households_max : int or None
        How many households a grid is recommended to have.
    origin, licence : str
        Where the file came from and under which terms; recorded in city.toml.
    """

    id: str
    name: str
    source: tuple[str, ...]
    code_field: str
    name_field: str
    parent_field: str = ""
    households_field: str = ""
    layer: str = ""
    encoding: str = ""
    crs: str = ""
    datum: str = "wgs84"
    expected: int | None = None
    code_pattern: str = ""
    households_min: int | None = None
    households_max: int | None = None
    origin: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlaySpec(LayerSpec):
    """Where one overlay comes from.

    Attributes
    ----------
    parent_level : str
        Id of the level in whose grids it lies; empty to find it by geometry.
    """

    parent_level: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceSpec:
    """Lines or polygons along which borders run and that are known to lie well, such as roads.

    Attributes
    ----------
    name : str
        What to call it.
    source, layer, crs, datum
        As of a `LayerSpec`.
    """

    name: str
    source: tuple[str, ...]
    layer: str = ""
    crs: str = ""
    datum: str = "wgs84"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundarySet:
    """What SPEC.toml says.

    Attributes
    ----------
    id, name : str
        ASCII id and shown name of the city.
    metric_crs : str
        Projected CRS for areas; empty to choose it from the extent.
    generation : str
        Edition of the boundaries; empty to use the day from which they hold.
    valid_from : date or None
        That day; None for the day of the import.
    synthetic : str
        Statement of what is not real; empty for real data.
    sliver_m2 : float
        Below which area in m² ground is called a sliver.
    levels : tuple of LayerSpec
        Coarse to fine.
    overlays : tuple of OverlaySpec
        In the order in which they are to be shown.
    reference : ReferenceSpec or None
        What to hold the levels against; never taken over.
    allowed_gaps : tuple of AllowedGap
        Gaps that are no defect.
    folder : Path
        Folder of SPEC.toml, to which sources are relative.
    """

    id: str
    name: str
    metric_crs: str = ""
    generation: str = ""
    valid_from: dt.date | None = None
    synthetic: str = ""
    sliver_m2: float = SLIVER_M2
    levels: tuple[LayerSpec, ...]
    overlays: tuple[OverlaySpec, ...] = ()
    reference: ReferenceSpec | None = None
    allowed_gaps: tuple[AllowedGap, ...] = ()
    folder: Path = Path()

    def places(self, part: LayerSpec | ReferenceSpec) -> list[Place]:
        """Return the files and tables of a level, an overlay or the reference.

        Raises
        ------
        BadInputError
            If one is the URL of a database and not a usable one.
        """
        return [place_of(source, self.folder) for source in part.source]

    @classmethod
    def read(cls, path: Path) -> BoundarySet:
        """Read SPEC.toml.

        Raises
        ------
        BadFileError
            If it is missing, no TOML in UTF-8, or not a boundary set; every fault is named.
        """
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except OSError as error:
            raise BadFileError(
                f"{path} cannot be read: {error.strerror}", message_zh=f"无法读取 {path}"
            ) from error
        except UnicodeDecodeError as error:
            raise BadFileError(
                f"{path} is not UTF-8 text: {error}",
                "Save it as UTF-8.",
                message_zh=f"{path} 不是 UTF-8 文本",
                hint_zh="请另存为 UTF-8 编码。",
            ) from error
        try:
            raw = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise BadFileError(
                f"{path} is not TOML: {error}",
                "docs/import.md shows the form.",
                message_zh=f"{path} 不是有效的 TOML：{error}",
                hint_zh="格式见 docs/import.md。",
            ) from error
        return cls.from_dict(raw, path)

    @classmethod
    def from_dict(cls, raw: dict[str, Any], path: Path) -> BoundarySet:
        """Build a boundary set from parsed TOML; see `read`."""
        faults: list[str] = []
        beside = {"levels", "overlays", "reference", "allowed_gaps"}
        _known_keys(raw, {"city", *beside}, "the file", faults)
        own = {one.name: one for one in fields(cls)}
        city_fields = [own[name] for name in own if name not in {*beside, "folder"}]
        head = _table(raw.get("city"), city_fields, "[city]", faults)
        levels = _sourced(raw, "levels", LayerSpec, faults)
        overlays = _sourced(raw, "overlays", OverlaySpec, faults)
        gaps = [AllowedGap(**one) for one in _tables(raw, "allowed_gaps", AllowedGap, faults)]
        reference = _reference(raw, faults)
        if not levels and not faults:
            faults.append("there is no [[levels]] entry")
        if not faults:
            done = cls(
                **head,
                levels=levels,
                overlays=overlays,
                reference=reference,
                allowed_gaps=tuple(gaps),
                folder=path.parent,
            )
            faults = _contradictions(done)
            if not faults:
                return done
        raise BadFileError(
            f"{path} is not a usable boundary set: " + "; ".join(faults),
            "docs/import.md lists the keys.",
            message_zh=f"{path} 不是可用的边界定义：" + "；".join(faults),
            hint_zh="可用的键见 docs/import.md。",
        )


def _contradictions(spec: BoundarySet) -> list[str]:
    faults = []
    ids = [part.id for part in (*spec.levels, *spec.overlays)]
    faults += [
        f"id {one!r} is not of the form {_ID.pattern}"
        for one in (spec.id, *ids)
        if not _ID.fullmatch(one)
    ]
    faults += [
        f"id {one!r} is used twice among levels and overlays"
        for one in sorted({one for one in ids if ids.count(one) > 1})
    ]
    if spec.levels[0].parent_field:
        faults.append(
            f"level {spec.levels[0].id!r} is the coarsest and has no parents, but it has "
            f"parent_field = {spec.levels[0].parent_field!r}"
        )
    level_ids = [level.id for level in spec.levels]
    faults += [
        f"overlay {overlay.id!r} has parent_level = {overlay.parent_level!r}, allowed are "
        f"{level_ids}"
        for overlay in spec.overlays
        if overlay.parent_level and overlay.parent_level not in level_ids
    ]
    faults += [
        f"{part.id!r} names the source {one!r} twice"
        for part in (*spec.levels, *spec.overlays)
        for one in sorted({one for one in part.source if part.source.count(one) > 1})
    ]
    faults += [
        f"{part.id!r} has expected = {part.expected}, which is no count"
        for part in (*spec.levels, *spec.overlays)
        if part.expected is not None and part.expected < 0
    ]
    faults += [
        f"{part.id!r} has {one}"
        for part in (*spec.levels, *spec.overlays)
        for one in part_faults(part.code_pattern, part.households_min, part.households_max)
    ]
    faults += [
        f"the allowed gap {gap.name!r} has level = {gap.level!r}, allowed are {level_ids}"
        for gap in spec.allowed_gaps
        if gap.level and gap.level not in level_ids
    ]
    return faults + gap_faults(spec.allowed_gaps) + size_faults(spec.sliver_m2)


_Spec = TypeVar("_Spec", bound=LayerSpec)


def _sourced(
    raw: dict[str, Any], title: str, kind: type[_Spec], faults: list[str]
) -> tuple[_Spec, ...]:
    return tuple(kind(**_with_sources(one)) for one in _tables(raw, title, kind, faults))


def _tables(raw: dict[str, Any], title: str, kind: type, faults: list[str]) -> list[dict[str, Any]]:
    """Return the tables of a list of the TOML that fit the fields of a dataclass."""
    entries = raw.get(title, [])
    if not isinstance(entries, list):
        faults.append(f"{title} is not a list of tables: write [[{title}]]")
        return []
    done = []
    for place, entry in enumerate(entries, start=1):
        before = len(faults)
        ident = entry.get("id") if isinstance(entry, dict) else None
        where = f"[[{title}]] {ident!r}" if isinstance(ident, str) else f"[[{title}]] no. {place}"
        values = _table(entry, list(fields(kind)), where, faults)
        if len(faults) == before:
            done.append(values)
    return done


def _reference(raw: dict[str, Any], faults: list[str]) -> ReferenceSpec | None:
    if "reference" not in raw:
        return None
    before = len(faults)
    values = _table(raw["reference"], list(fields(ReferenceSpec)), "[reference]", faults)
    return ReferenceSpec(**_with_sources(values)) if len(faults) == before else None


def _with_sources(values: dict[str, Any]) -> dict[str, Any]:
    source = values["source"]
    return {**values, "source": (source,) if isinstance(source, str) else tuple(source)}


def _table(raw: object, allowed: list[Field[Any]], where: str, faults: list[str]) -> dict[str, Any]:
    """Check one table of the TOML against the fields of a dataclass."""
    if not isinstance(raw, dict):
        faults.append(f"there is no table {where}")
        return {}
    _known_keys(raw, {one.name for one in allowed}, where, faults)
    for one in allowed:
        if one.name not in raw:
            if one.default is MISSING:
                faults.append(f"{where} lacks the key {one.name!r}")
            continue
        value = raw[one.name]
        kind = _kind(one)
        # TOML's true is no number, and a date with a time no day; Python takes them for both.
        if not _is_of(value, kind):
            faults.append(f"{where} has {one.name} = {value!r}, which is not {_KINDS[kind]}")
        elif one.default is MISSING and not value:
            faults.append(f"{where} has an empty {one.name}")
    return raw


def _is_of(value: object, kind: type) -> bool:
    """Tell whether a value of TOML is of a kind; one text stands for a list of one."""
    if kind is float:
        return type(value) in {int, float}
    if kind is not tuple:
        return type(value) is kind
    entries = value if isinstance(value, list) else [value]
    return all(isinstance(entry, str) and (entry or entry is value) for entry in entries)


def _kind(one: Field[Any]) -> type:
    annotation = str(one.type)
    if "date" in annotation:
        return dt.date
    if annotation.startswith("tuple"):
        return tuple
    if annotation == "float":
        return float
    return int if annotation.startswith("int") else str


def _known_keys(raw: dict[str, Any], allowed: set[str], where: str, faults: list[str]) -> None:
    faults += [
        f"{where} has an unknown key {key!r}, allowed are {sorted(allowed)}"
        for key in raw
        if key not in allowed
    ]
