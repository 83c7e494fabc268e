import datetime as dt

import pytest
import shapely
import xlsxwriter

from app.errors import BadFileError, BadInputError
from app.geo.vector import read_vector

BOXES = [shapely.box(104.5 + i / 10, 30.4, 104.6 + i / 10, 30.5) for i in range(3)]
HEADER = ("编码", "名称", "WKT")
ROWS = [
    (code, name, box.wkt)
    for code, name, box in zip(
        (510185001001, 510185001002, 510185001003), ("甲村", "乙村", "丙村"), BOXES, strict=True
    )
]


def write(path, rows, header=HEADER, **more):
    with xlsxwriter.Workbook(path) as book:
        for name, lines in {"村": [header, *rows], **more}.items():
            sheet = book.add_worksheet(name)
            for place, line in enumerate(lines):
                sheet.write_row(place, 0, line)


def test_a_sheet_with_wkt_is_read_in_the_crs_stated(tmp_path):
    path = tmp_path / "a.xlsx"
    write(path, ROWS, 说明=[("来源", "民政局")])
    with pytest.raises(BadFileError, match="declares no CRS"):
        read_vector(path, HEADER[:2])
    table = read_vector(path, HEADER[:2], crs="EPSG:4490")
    assert table.columns["编码"].tolist() == ["510185001001", "510185001002", "510185001003"]
    assert table.columns["名称"].tolist() == ["甲村", "乙村", "丙村"]
    assert shapely.equals_exact(table.geometry, BOXES).all()
    assert (table.layer, table.driver) == ("村", "XLSX with WKT")


@pytest.mark.parametrize("name", ["geometry", "Geom", "几何", " wkt "])
@pytest.mark.parametrize(
    "form", [shapely.to_wkt, lambda one: "SRID=4490;" + one.wkt, lambda one: one.wkb_hex]
)
def test_the_column_of_shapes_goes_by_several_names_and_forms(tmp_path, name, form):
    path = tmp_path / "a.xlsx"
    write(
        path,
        [(row[0], row[1], form(box)) for row, box in zip(ROWS, BOXES, strict=True)],
        header=("编码", "名称", name),
    )
    table = read_vector(path, ["编码"], crs="EPSG:4490")
    assert shapely.equals_exact(table.geometry, BOXES, 1e-6).all()


def test_every_row_comes_out_whatever_its_cells_hold(tmp_path):
    path = tmp_path / "a.xlsx"
    rows = [
        *ROWS,
        ("A-1", "", "POLYGON Z ((104 30 5, 105 30 5, 105 31 5, 104 30 5))"),
        (),
        (7, dt.date(2026, 1, 31).isoformat(), "no shape"),
        ("8", "x", "POLYGON ((104 30, 105 30"),
        ("9", "x", ""),
    ]
    write(path, rows)
    table = read_vector(path, HEADER[:2], crs="EPSG:4490")
    assert table.columns["编码"].tolist()[3:] == ["A-1", "", "7", "8", "9"]
    assert [one is None for one in table.geometry] == [False] * 4 + [True] * 4
    assert table.faults == {5: "shape cannot be read", 6: "shape cannot be read"}
    assert "heights (Z) of 1 shapes were dropped" in table.notes


def test_shapes_that_the_cell_has_cut_are_told(tmp_path):
    path = tmp_path / "a.xlsx"
    circle = shapely.Point(104, 30).buffer(1, quad_segs=600).wkt
    write(path, [*ROWS, ("x", "x", circle[:32_767])])
    table = read_vector(path, HEADER[:2], crs="EPSG:4490")
    assert table.faults == {3: "shape cannot be read"}
    assert "1 shapes fill their cell" in table.notes[0]


@pytest.mark.parametrize(
    ("build", "options", "says"),
    [
        (
            lambda p: write(p, ROWS, header=("编码", "名称", "x")),
            {},
            "no sheet with a column of sh",
        ),
        (lambda p: write(p, ROWS, 另=[HEADER]), {}, r"several sheets .*\['村', '另'\]"),
        (lambda p: write(p, ROWS), {"layer": "x"}, r"no sheet 'x'; it has \['村'\]"),
        (lambda p: write(p, ROWS, header=("编码", "编码", "WKT")), {}, "several columns .*'编码'"),
        (lambda p: write(p, ROWS, header=("编码", "geom", "WKT")), {}, "'geom', 'WKT'"),
        (lambda p: write(p, ROWS, header=("代码", "名称", "WKT")), {}, r"no field '编码'; it has"),
        (lambda p: write(p, [(110101001001001000, "", "")]), {}, "15 digits"),
        (lambda p: p.write_bytes(b"PK\x03\x04 no book"), {}, "not an XLSX workbook"),
    ],
)
def test_a_workbook_that_cannot_be_meant_is_refused(tmp_path, build, options, says):
    path = tmp_path / "a.xlsx"
    build(path)
    with pytest.raises(BadFileError, match=says):
        read_vector(path, ["编码"], crs="EPSG:4490", **options)


def test_an_encoding_is_nothing_that_a_workbook_has(tmp_path):
    path = tmp_path / "a.xlsx"
    write(path, ROWS)
    with pytest.raises(BadInputError, match="encoding = 'gbk'"):
        read_vector(path, ["编码"], crs="EPSG:4490", encoding="gbk")
