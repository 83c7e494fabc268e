"""The quality certificate of a city's boundaries: what is wrong with them, and where.

app.grids.certify makes it; docs/quality.md describes its JSON.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from app.grids.findings import (
    SLIVER_M2,
    Gap,
    IdleGap,
    Intake,
    Invalid,
    Island,
    Malformed,
    Mismatch,
    Orphan,
    Overlap,
    Patch,
    Prefix,
    SameName,
    Scrap,
    Size,
    Spill,
    Unmatched,
)
from app.grids.plain import plain
from app.grids.report import certificate_text

CERTIFICATE_TABLE = "certificate"
CERTIFICATE_FILE = "certificate.json"
CERTIFICATE_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelCertificate:
    """What was found in one level or overlay.

    Attributes
    ----------
    id, name : str
        As the manifest has them.
    parent_level : str
        The level of its parents; empty for the coarsest.
    is_overlay : bool
        Overlays tile nothing: of them gaps, scraps and mismatches are not asked.
    expected : int or None
        How many grids there should be, where the manifest says so.
    found : int
        How many there are.
    households_min, households_max : int or None
        How many households are recommended.
    area_km2 : float
        Ground that they cover together.
    invalid, orphans, malformed, overlaps, gaps, spills, mismatches, scraps : tuple
        See app.grids.findings; patches of ground largest first, the rest by code.
    islands, same_names, sizes, idle_gaps : tuple
        What is worth a look and no defect.
    unmatched : Unmatched or None
        Borders whose vertices do not match those across. Informative: where that opens a gap or
        an overlap, it is listed there.
    prefix : Prefix or None
        Whether codes begin with their parent's; None for the coarsest.
    roundings : int
        Patches thinner than a tenth of a millimetre, left out as rounding.
    intake : Intake or None
        What the import of the level met; None for a folder that was not imported.
    """

    id: str
    name: str
    parent_level: str
    is_overlay: bool
    expected: int | None
    found: int
    area_km2: float
    households_min: int | None = None
    households_max: int | None = None
    invalid: tuple[Invalid, ...] = ()
    orphans: tuple[Orphan, ...] = ()
    malformed: tuple[Malformed, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    gaps: tuple[Gap, ...] = ()
    spills: tuple[Spill, ...] = ()
    mismatches: tuple[Mismatch, ...] = ()
    scraps: tuple[Scrap, ...] = ()
    islands: tuple[Island, ...] = ()
    same_names: tuple[SameName, ...] = ()
    sizes: tuple[Size, ...] = ()
    idle_gaps: tuple[IdleGap, ...] = ()
    unmatched: Unmatched | None = None
    prefix: Prefix | None = None
    roundings: int = 0
    intake: Intake | None = None

    @property
    def defects(self) -> dict[str, int]:
        """How many defects of each kind there are; slivers are counted in.

        Mismatches are not counted: what makes one is a gap, an overlap or a spill already.
        """
        intake = self.intake
        return {
            "misplaced": len(intake.misplaced) if intake else 0,
            "count": int(self.expected is not None and self.expected != self.found),
            "unusable": len(intake.unusable) if intake else 0,
            "repaired": len(intake.repaired) if intake else 0,
            "duplicates": len(intake.duplicates) if intake else 0,
            "empty_codes": len(intake.empty_codes) if intake else 0,
            "invalid": len(self.invalid),
            "orphans": len(self.orphans),
            "malformed": len(self.malformed),
            "overlaps": len(self.overlaps),
            "gaps": sum(not gap.allowed for gap in self.gaps),
            "spills": len(self.spills),
            "scraps": len(self.scraps),
        }

    @property
    def warnings(self) -> dict[str, int]:
        """How much there is that is worth a look and no defect."""
        return {
            "sizes": len(self.sizes),
            "same_names": len(self.same_names),
            "islands": len(self.islands),
            "unmatched": len(self.unmatched.codes) if self.unmatched else 0,
            "prefix": self.prefix.break_ if self.prefix else 0,
            "allowed_gaps": sum(bool(gap.allowed) for gap in self.gaps),
            "idle_gaps": len(self.idle_gaps),
        }

    @property
    def slivers(self) -> dict[str, int]:
        """How many of the overlaps, gaps and spills are slivers."""
        kinds: dict[str, tuple[Patch, ...]] = {
            "overlaps": self.overlaps,
            "gaps": self.gaps,
            "spills": self.spills,
        }
        return {kind: sum(patch.sliver for patch in found) for kind, found in kinds.items()}

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not any(self.defects.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What was found in a city.

    Attributes
    ----------
    city_id, city_name, generation, valid_from, metric_crs : str
        As the manifest has them; the day in ISO form.
    levels : tuple of LevelCertificate
        Levels coarse to fine, then overlays.
    sliver_m2 : float
        Below which area ground is called a sliver, as the manifest states it.
    """

    city_id: str
    city_name: str
    generation: str
    valid_from: str
    metric_crs: str
    levels: tuple[LevelCertificate, ...]
    sliver_m2: float = SLIVER_M2

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong: no gap, overlap, orphan, duplicate, invalid shape, …."""
        return all(level.ok for level in self.levels)

    def level(self, ident: str) -> LevelCertificate:
        """Return the certificate of a level or overlay; KeyError if there is none."""
        return {level.id: level for level in self.levels}[ident]

    def to_dict(self) -> dict[str, Any]:
        """Return the certificate as docs/quality.md describes its JSON."""
        return {
            "format": CERTIFICATE_FORMAT,
            "city": {
                "id": self.city_id,
                "name": self.city_name,
                "generation": self.generation,
                "valid_from": self.valid_from,
                "metric_crs": self.metric_crs,
            },
            "ok": self.ok,
            "sliver_m2": self.sliver_m2,
            "levels": [
                {
                    **plain(level),
                    "ok": level.ok,
                    "defects": level.defects,
                    "slivers": level.slivers,
                    "warnings": level.warnings,
                }
                for level in self.levels
            ],
        }

    def to_json(self) -> str:
        """Return `to_dict` as JSON text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1) + "\n"

    def to_text(self, width: int = 140, rows: int = 10) -> str:
        """Return the certificate as tables of text, the worst `rows` of each kind listed."""
        return certificate_text(self, width, rows)
