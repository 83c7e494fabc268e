"""Every file of tests.grids.dirty gives the same eight villages, and its one defect is told."""

import datetime as dt

import pytest
import shapely
import sqlalchemy as sa

from app.errors import BadFileError
from app.grids.boundary_set import BoundarySet
from app.grids.importer import import_boundaries
from tests.grids.boundaries import TOWN, VILLAGE, villages, write_files, write_spec
from tests.grids.dirty import DIRTY, write_postgis

# The defect, and what is told of it: a beginning of a note, the reason of a repair, or nothing
# where reading it well is all there is to do.
TOLD = {
    "no_cpg": ["gb18030, it fits, UTF-8 does not"],
    "wrong_cpg": ["gb18030, it fits, UTF-8 does not"],
    "zipped": ["gb18030, .cpg"],
    "zipped_in_gbk": [
        "the .zip does not say what the names of its files are in; read as gb18030",
        "村社边界",
    ],
    "zipped_no_shx": ["no_shx.shx is missing: it was made anew from no_shx.shp"],
    "no_shx": ["bare.shx is missing: it was made anew from bare.shp"],
    "big5": ["big5, stated"],
    "kml": ["KML", "EPSG:4326"],
    "topojson": ["TopoJSON"],
    "two_files": [
        "rows are counted through the files: 1 to 4 of east.shp, 5 to 8 of west.gpkg",
        "ESRI Shapefile; GPKG",
        "gb18030, .cpg; utf-8, as the format has it",
        "EPSG:4544; EPSG:4326",
    ],
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
# What is refused, with what is said of it and what to do.
REFUSED = {
    "swapped": ("no lon, lat degrees", "swapped: write lon first"),
    "big5_unsaid": ("can be read as GB18030", 'encoding = "big5"'),
    "topojson_no_crs": ("declares no CRS", "State it: crs ="),
    "zipped_no_dbf": ("no_dbf.dbf is missing in ", "Pack no_dbf.dbf with no_dbf.shp."),
}


def read(folder, names):
    """Import the towns with the files of these defects as several files of the villages."""
    write_files(folder)
    for name in names:
        DIRTY[name].make(folder / DIRTY[name].file)
    stated = DIRTY[names[0]].spec if len(names) == 1 else {}
    files = [file for name in names for file in (DIRTY[name].file, *DIRTY[name].beside)]
    entry = {**VILLAGE, "source": files, **stated}
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
    defects = {kind: n for kind, n in done.certificate.levels[1].defects.items() if n}
    if name in ASTRAY:
        assert defects["misplaced"] == 1
    else:
        assert defects == ({"repaired": 1} if name == "collection" else {})
        off = shapely.hausdorff_distance(frame.geometry.to_numpy(), whole.geometry.to_numpy())
        assert off.max() < 2e-7


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_what_to_do(tmp_path, name):
    said, hint = REFUSED[name]
    with pytest.raises(BadFileError) as caught:
        read(tmp_path, [name])
    assert said in caught.value.message
    assert hint in caught.value.hint


def test_a_table_of_postgis_is_read_through_and_told(tmp_path, postgres):
    with postgres.database() as url:
        try:
            table = write_postgis(url)
        except sa.exc.DBAPIError as error:
            if "extension" not in str(error):
                raise
            pytest.skip("PostGIS is not installed (apt: postgresql-postgis)")
        write_files(tmp_path)
        entry = {**VILLAGE, "source": f"{url}?table={table}&geometry=shape"}
        spec = BoundarySet.read(write_spec(tmp_path, TOWN, entry))
        done = import_boundaries(spec, dt.date(2026, 5, 1))
    assert done.certificate.ok
    whole = villages().sort_values("VCODE")
    frame = done.frames["village"]
    assert frame["name"].tolist() == whole["VNAME"].tolist()
    assert shapely.equals(frame.geometry.to_numpy(), whole.geometry.to_numpy()).all()
    source = done.certificate.levels[1].intake.source
    assert (source.driver, source.declared_crs) == ("PostGIS", "EPSG:4490")
    assert source.notes == ("heights (Z) of 8 shapes were dropped",)


def test_all_at_once_every_file_has_its_say_and_no_row_is_lost(tmp_path):
    names = [
        "no_cpg", "wrong_cpg", "zipped", "zipped_in_gbk", "no_shx", "foreign_crs", "heights",
        "collection", "flatgeobuf",
    ]  # fmt: skip
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
    assert {*TOLD, *REFUSED} == {*DIRTY}
