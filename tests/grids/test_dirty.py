"""Every file of tests.grids.dirty gives the same eight villages, and its one defect is told."""

import datetime as dt

import pytest
import shapely

from app.errors import BadFileError
from app.grids.boundary_set import BoundarySet
from app.grids.importer import import_boundaries
from tests.grids.boundaries import TOWN, VILLAGE, villages, write_files, write_spec
from tests.grids.dirty import DIRTY

# The defect, and what is told of it: a beginning of a note, the reason of a repair, or nothing
# where reading it well is all there is to do.
TOLD = {
    "no_cpg": ["gb18030, it fits, UTF-8 does not"],
    "wrong_cpg": ["gb18030, it fits, UTF-8 does not"],
    "zipped": ["gb18030, .cpg"],
    "cut_fields": ["field '社区全称文字' is taken to be '社区全称文', its name cut at 10 bytes"],
    "foreign_crs": ["EPSG:4544"],
    "workbook": ["XLSX with WKT"],
    "heights": ["heights (Z) of 8 shapes were dropped"],
    "collection": ["GeometryCollection of 1 Point, 1 Polygon: reduced to its polygons"],
    "gcj02": ["probably these boundaries are in gcj02"],
    "bd09": ["probably these boundaries are in bd09"],
    "two_layers": ["今年"],
    "flatgeobuf": ["FlatGeobuf"],
}
ASTRAY = ("gcj02", "bd09")


def read(folder, names):
    """Import the towns with the files of these defects as several files of the villages."""
    write_files(folder)
    for name in names:
        DIRTY[name].make(folder / DIRTY[name].file)
    stated = DIRTY[names[0]].spec if len(names) == 1 else {}
    entry = {**VILLAGE, "source": [DIRTY[name].file for name in names], **stated}
    return import_boundaries(BoundarySet.read(write_spec(folder, TOWN, entry)), dt.date(2026, 5, 1))


def told(done):
    intake = done.certificate.levels[1].intake
    source = intake.source
    return "\n".join(
        [
            *source.notes,
            *intake.misplaced,
            *(one.reason for one in intake.repaired),
            *(source.driver, source.layer, source.encoding, source.declared_crs),
        ]
    )


@pytest.mark.parametrize("name", TOLD)
def test_each_defect_is_read_through_and_told(tmp_path, name):
    done = read(tmp_path, [name])
    frame = done.frames["village"]
    whole = villages().sort_values("VCODE")
    assert frame["code"].tolist() == whole["VCODE"].tolist()
    assert frame["name"].tolist() == whole["VNAME"].tolist()
    found = told(done)
    assert all(words in found for words in TOLD[name])
    others = {words for other, several in TOLD.items() if other in ASTRAY for words in several}
    assert not [words for words in others - {*TOLD[name]} if words in found]
    if name not in ASTRAY:
        off = shapely.hausdorff_distance(frame.geometry.to_numpy(), whole.geometry.to_numpy())
        assert off.max() < 2e-7


def test_swapped_axes_are_refused(tmp_path):
    with pytest.raises(BadFileError) as caught:
        read(tmp_path, ["swapped"])
    assert "swapped" in caught.value.hint


def test_all_at_once_every_file_has_its_say_and_no_row_is_lost(tmp_path):
    names = ["no_cpg", "wrong_cpg", "zipped", "foreign_crs", "heights", "collection", "flatgeobuf"]
    done = read(tmp_path, names)
    intake = done.certificate.levels[1].intake
    assert intake.source.rows == 8 * len(names)
    # The same eight villages from every file: each code is claimed by each of them.
    assert len(intake.duplicates) == 8
    assert {len(one.rows) for one in intake.duplicates} == {len(names)}
    found = told(done)
    assert "heights.gpkg: heights (Z) of 8 shapes were dropped" in found
    assert TOLD["collection"][0] in found
    assert "EPSG:4544" in found


def test_every_defect_has_an_expectation():
    assert {*TOLD, "swapped"} == {*DIRTY}
