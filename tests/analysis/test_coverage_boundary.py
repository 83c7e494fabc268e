"""Boundaries as coverage: the certificate's findings, by grid and by level."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from app.analysis.coverage import CoverageOf
from app.analysis.coverage_table import worst_gaps
from app.analysis.terms import State
from app.grids import City
from app.grids.certify import certify_city
from app.grids.store import write_city
from tests.cities import chessboard, layer, make_city, square


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Town A with A1 and A2 that overlap by a tenth, and a hole where A3 should be; B is whole."""
    towns = layer([("A", "", square(0, 0, 2, 2)), ("B", "", square(2, 0, 2, 2))])
    cells = layer(
        [
            ("A1", "A", square(0, 0, 1.1, 1)),
            ("A2", "A", square(1, 0)),
            ("A4", "A", square(1, 1)),
            ("B1", "B", square(2, 0, 2, 2)),
        ]
    )
    return make_city(tmp_path_factory.mktemp("dirty") / "city", {"town": towns, "cell": cells})


def test_findings_are_those_of_the_certificate(dirty: City) -> None:
    found = CoverageOf(dirty).boundary()
    whole = certify_city(dirty)
    for level, own in zip(found.findings, whole.levels, strict=True):
        assert (level.level, level.expected, level.found) == (own.id, own.expected, own.found)
        assert level.defects == own.defects
        assert level.gap_m2 == pytest.approx(sum(one.area_m2 for one in own.gaps))
        assert level.overlap_m2 == pytest.approx(sum(one.area_m2 for one in own.overlaps))
    assert found.total.column("findings").part[0] == sum(
        sum(one.defects.values()) for one in whole.levels
    )
    assert found.total.column("findings").part[0] == 2
    assert "checked anew" in found.notes[-1].en


def test_every_grid_that_a_finding_names_has_it(dirty: City) -> None:
    cell = CoverageOf(dirty).boundary().level("cell")
    # The gap touches A1 and A4, and A2 in a corner; the overlap is of A1 and A2.
    found = dict(zip(cell.codes, cell.column("findings").part, strict=True))
    assert found == {"A1": 2, "A2": 2, "A4": 1, "B1": 0}
    shared = dict(zip(cell.codes, cell.column("overlap_m2").part, strict=True))
    assert shared["A1"] == shared["A2"] > 0 == shared["A4"]
    assert set(cell.column("children").states) == {State.NO_DATA}


def test_what_the_children_leave_open_is_a_gap_of_the_parent(dirty: City) -> None:
    town = CoverageOf(dirty).boundary().level("town")
    column = town.column("children")
    assert column.value[0] == pytest.approx(0.75, abs=1e-3)
    assert column.value[1] == 1
    gaps = worst_gaps(town)["children"]
    assert [one.code for one in gaps] == ["A"]
    assert gaps[0].affected == pytest.approx(column.whole[0] / 4, rel=1e-2)


def test_a_recorded_certificate_is_taken_if_it_is_of_this_edition(
    dirty: City, tmp_path: Path
) -> None:
    certificate = certify_city(dirty).to_json()
    manifest = dataclasses.replace(dirty.manifest, tables={"certificate": "certificate.json"})
    frames = {level.file: dirty.frame(level.id) for level in dirty.levels}
    for name, edition, anew in (("same", "1", False), ("other", "2", True)):
        text = certificate.replace('"generation": "1"', f'"generation": "{edition}"')
        write_city(tmp_path / name, manifest, {**frames, "certificate.json": text})
        found = CoverageOf(City.open(tmp_path / name)).boundary()
        assert any("anew" in note.en for note in found.notes) is anew
        assert found.total.column("findings").part[0] == 2


def test_a_clean_city_is_covered_whole(tmp_path: Path, jianyang_folder: Path) -> None:
    for city in (chessboard(tmp_path / "board"), City.open(jianyang_folder)):
        found = CoverageOf(city).boundary()
        assert found.total.column("findings").part[0] == 0
        assert found.total.column("children").value[0] == pytest.approx(1, abs=1e-6)
        for table in found.levels[:-1]:
            assert np.allclose(table.column("children").value, 1)
            assert worst_gaps(table)["children"] == ()
    assert {one.level: (one.expected, one.found) for one in found.findings} == {
        "town": (22, 22), "general": (291, 291), "ordinary": (886, 886), "micro": (4951, 4951),
        "dedicated": (580, 580),
    }  # fmt: skip
