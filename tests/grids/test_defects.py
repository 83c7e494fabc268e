"""Each defect of tests.grids.defects is found, named and counted; all at once, all of them are."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest

from app.grids.boundary_set import BoundarySet
from app.grids.importer import import_boundaries
from tests.grids.defects import DEFECTS, write_defects


def certificate(folder, names):
    spec = BoundarySet.read(write_defects(folder, names))
    return import_boundaries(spec, dt.date(2026, 5, 1)).certificate


def counted(done, what):
    return {
        (level.id, kind): count
        for level in done.levels
        for kind, count in getattr(level, what).items()
        if count
    }


@pytest.mark.parametrize("name", DEFECTS)
def test_each_defect_is_found_and_nothing_else(tmp_path, name):
    done = certificate(tmp_path, [name])
    assert counted(done, "defects") == DEFECTS[name].defects
    assert counted(done, "warnings") == DEFECTS[name].warnings
    assert done.ok == (not DEFECTS[name].defects)


def test_without_a_defect_there_is_none(tmp_path):
    done = certificate(tmp_path, [])
    assert done.ok
    assert not counted(done, "warnings")


def test_all_at_once_each_is_found_as_if_alone(tmp_path):
    done = certificate(tmp_path, DEFECTS)
    wanted: Counter[tuple[str, str]] = Counter()
    for one in DEFECTS.values():
        wanted.update(one.defects)
    # The missing one and the one that has another's code make up the count of no other.
    found = Counter(counted(done, "defects"))
    assert found == wanted
