import json
import shutil
import zipfile

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from app.errors import BadFileError, BadInputError
from app.geo.datum import from_wgs84
from app.geo.vector import read_vector
from app.geo.vector_table import join_tables

NAMES = ["射洪坝街道", "堃镕镇", "三星镇"]  # 堃 and 镕 are in GBK, not in GB2312
BOXES = [shapely.box(104.5 + i / 10, 30.4, 104.6 + i / 10, 30.5) for i in range(3)]


def frame(**more):
    return gpd.GeoDataFrame(
        {"CODE": ["510185001", "510185002", "510185100"], "NAME": NAMES, **more},
        geometry=BOXES,
        crs="EPSG:4326",
    )


def check(path, columns=("CODE", "NAME"), *, within=1e-9, **options):
    table = read_vector(path, columns, **options)
    assert table.columns[columns[0]].tolist() == ["510185001", "510185002", "510185100"]
    assert table.columns[columns[1]].tolist() == NAMES
    assert not table.faults
    for got, wanted in zip(table.geometry, BOXES, strict=True):
        assert shapely.hausdorff_distance(got, wanted) <= within
    return table


@pytest.mark.parametrize(
    ("name", "driver"),
    [
        ("a.geojson", "GeoJSON"),
        ("a.geojsonl", "GeoJSONSeq"),
        ("a.gpkg", "GPKG"),
        ("a.shp", "ESRI Shapefile"),
        ("a.gml", "GML"),
        ("a.gdb", "OpenFileGDB"),
        ("a.json", "TopoJSON"),
    ],
)
def test_the_formats_in_use_are_read(tmp_path, name, driver):
    path = tmp_path / name
    if driver == "TopoJSON":
        path.write_text(json.dumps(_topology()), encoding="utf-8")
        options = {"crs": "EPSG:4326"}
    else:
        options = {"encoding": "utf-8"} if driver == "ESRI Shapefile" else {}
        pyogrio.write_dataframe(frame(), path, driver=driver, **options)
        options = {}
    table = check(path, within=2e-7, **options)
    assert table.driver == driver
    assert table.crs == "EPSG:4326"


def test_kml_flatgeobuf_and_sqlite_are_read(tmp_path):
    frame().to_file(tmp_path / "a.kml", driver="KML")  # which calls the column Name itself
    check(tmp_path / "a.kml", ("CODE", "Name"))
    frame().to_file(tmp_path / "a.fgb", driver="FlatGeobuf", SPATIAL_INDEX="NO")
    check(tmp_path / "a.fgb")
    frame().to_file(tmp_path / "a.sqlite", driver="SQLite", LAUNDER="NO")
    check(tmp_path / "a.sqlite")


def test_kmz_is_read_with_the_data_of_its_placemarks(tmp_path):
    pyogrio.write_dataframe(frame(), tmp_path / "a.kmz", driver="LIBKML")
    table = check(tmp_path / "a.kmz", ("CODE", "Name"))
    assert table.driver == "LIBKML"
    assert table.crs == "EPSG:4326"


def _topology():
    arcs = [np.round(shapely.get_coordinates(box), 6).tolist() for box in BOXES]
    shapes = [
        {"type": "Polygon", "arcs": [[i]], "properties": {"CODE": code, "NAME": name}}
        for i, (code, name) in enumerate(zip(frame()["CODE"], NAMES, strict=True))
    ]
    towns = {"type": "GeometryCollection", "geometries": shapes}
    return {"type": "Topology", "arcs": arcs, "objects": {"towns": towns}}


def test_mapinfo_in_gbk_is_read(tmp_path):
    path = tmp_path / "a.tab"
    pyogrio.write_dataframe(frame(), path, driver="MapInfo File", encoding="CP936")
    assert check(path, within=1e-6).encoding.startswith("gb18030, ")
    assert check(path, within=1e-6, encoding="gbk").encoding == "gb18030, stated"


def test_csv_with_wkt_needs_its_crs_stated(tmp_path):
    path = tmp_path / "a.csv"
    rows = [
        f'"{box.wkt}",{code},{name}'
        for box, code, name in zip(BOXES, frame()["CODE"], NAMES, strict=False)
    ]
    path.write_text("\n".join(["WKT,CODE,NAME", *rows]), encoding="utf-8")
    with pytest.raises(BadFileError, match="declares no CRS") as caught:
        read_vector(path, ["CODE"])
    assert "state it" in caught.value.hint.lower()
    assert "crs" in caught.value.hint_zh
    check(path, crs="EPSG:4490")


# --- character sets ---------------------------------------------------------------------------


@pytest.mark.parametrize("cpg", ["GBK", "936", None, "UTF-8", "OEM"])
@pytest.mark.parametrize("ldid", [0x00, 0x57, 0x4D])
def test_a_gbk_shapefile_is_read_whatever_it_says_of_itself(tmp_path, cpg, ldid):
    path = tmp_path / "towns.shp"
    pyogrio.write_dataframe(frame(), path, encoding="GBK")
    _declare(path, cpg, ldid)
    table = check(path)
    assert table.encoding.startswith("gb18030, ")


@pytest.mark.parametrize("cpg", ["UTF-8", None])
def test_a_utf8_shapefile_is_read_and_names_cut_within_a_character_too(tmp_path, cpg):
    path = tmp_path / "towns.shp"
    renamed = frame().rename(columns={"NAME": "行政村名称"})
    with pytest.warns(RuntimeWarning):  # that the name is cut
        pyogrio.write_dataframe(renamed, path, encoding="UTF-8")
    _declare(path, cpg, 0)
    table = check(path, ("CODE", "行政村"))
    assert table.encoding.startswith("utf-8, ")


def test_gbk_field_names_are_found(tmp_path):
    path = tmp_path / "towns.shp"
    pyogrio.write_dataframe(
        frame().rename(columns={"CODE": "编码", "NAME": "行政村名称"}), path, encoding="GBK"
    )
    _declare(path, None, 0)
    check(path, ("编码", "行政村名称"))


def test_a_stated_encoding_overrides_and_must_fit(tmp_path):
    path = tmp_path / "towns.shp"
    pyogrio.write_dataframe(frame(), path, encoding="GBK")
    _declare(path, "ISO-8859-1", 0x57)
    assert read_vector(path, ["NAME"]).columns["NAME"][0] != NAMES[0]
    assert check(path, encoding="gbk").encoding == "gb18030, stated"
    with pytest.raises(BadFileError, match="not in utf-8"):
        read_vector(path, ["NAME"], encoding="utf-8")
    with pytest.raises(BadFileError, match="'klingon' is not known"):
        read_vector(path, ["NAME"], encoding="klingon")


def test_text_that_is_in_none_of_the_character_sets_is_refused(tmp_path):
    path = tmp_path / "towns.shp"
    pyogrio.write_dataframe(frame(), path, encoding="GBK")
    table = (tmp_path / "towns.dbf").read_bytes().replace(NAMES[0].encode("gbk"), b"\xff" * 10)
    (tmp_path / "towns.dbf").write_bytes(table)
    with pytest.raises(BadFileError, match=r"the text of .* is not in"):
        read_vector(path, ["NAME"])


TAIWANESE = ["中正區", "大安區", "萬華區"]


def test_text_in_big5_that_says_nothing_of_itself_is_asked_about(tmp_path):
    path = tmp_path / "towns.shp"
    plain = frame()
    plain["NAME"] = TAIWANESE
    pyogrio.write_dataframe(plain, path, encoding="CP950")
    _declare(path, None, 0)
    with pytest.raises(BadFileError, match=r"as GB18030 .* and as Big5 .'中正區'") as caught:
        read_vector(path, ["NAME"])
    assert 'encoding = "big5"' in caught.value.hint
    for encoding in ("big5", "950"):
        table = read_vector(path, ["NAME"], encoding=encoding)
        assert table.columns["NAME"].tolist() == TAIWANESE
    _declare(path, "BIG5", 0)
    assert read_vector(path, ["NAME"]).encoding == "big5, .cpg"


def test_suffixes_in_capitals_are_found(tmp_path):
    path = tmp_path / "towns.shp"
    plain = frame()
    plain["NAME"] = ["三星鎮", "禾豐鎮", "雲龍鎮"]
    pyogrio.write_dataframe(plain, path, encoding="Big5")
    (tmp_path / "towns.cpg").rename(tmp_path / "towns.CPG")
    (tmp_path / "towns.CPG").write_text("Big5")
    assert read_vector(path, ["NAME"]).columns["NAME"].tolist() == plain["NAME"].tolist()


def test_a_zipped_shapefile_is_read(tmp_path):
    (tmp_path / "in").mkdir()
    pyogrio.write_dataframe(frame(), tmp_path / "in" / "towns.shp", encoding="GBK")
    _declare(tmp_path / "in" / "towns.shp", None, 0x4D)
    path = tmp_path / "towns.zip"
    shutil.make_archive(str(path.with_suffix("")), "zip", tmp_path / "in")
    assert check(path).encoding == "gb18030, LDID"


def test_a_zipped_folder_of_a_shapefile_is_read(tmp_path):
    (tmp_path / "in" / "data").mkdir(parents=True)
    pyogrio.write_dataframe(frame(), tmp_path / "in" / "data" / "towns.shp", encoding="GBK")
    _declare(tmp_path / "in" / "data" / "towns.shp", None, 0x4D)
    path = tmp_path / "towns.zip"
    shutil.make_archive(str(path.with_suffix("")), "zip", tmp_path / "in")
    assert check(path).encoding == "gb18030, LDID"
    shutil.copytree(tmp_path / "in" / "data", tmp_path / "in" / "more")
    shutil.make_archive(str(path.with_suffix("")), "zip", tmp_path / "in")
    with pytest.raises(BadFileError, match=r"several folders: \['data', 'more'\]"):
        check(path)


def test_of_several_shapefiles_in_a_zip_each_has_its_own_character_set(tmp_path):
    (tmp_path / "in").mkdir()
    pyogrio.write_dataframe(frame(), tmp_path / "in" / "a.shp", encoding="UTF-8")
    pyogrio.write_dataframe(frame(), tmp_path / "in" / "b.shp", encoding="GBK")
    path = tmp_path / "towns.zip"
    shutil.make_archive(str(path.with_suffix("")), "zip", tmp_path / "in")
    assert check(path, layer="a").encoding == "utf-8, .cpg"
    assert check(path, layer="b").encoding == "gb18030, .cpg"
    with pytest.raises(BadFileError, match="several layers"):
        read_vector(path, ["CODE"])


def test_geojson_in_gbk_is_read_when_it_is_stated_and_refused_otherwise(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_bytes(frame().to_json(ensure_ascii=False).encode("gb18030"))
    with pytest.raises(BadFileError) as caught:
        read_vector(path, ["CODE", "NAME"])
    assert "encoding" in caught.value.hint
    check(path, encoding="gb18030")


def _declare(path, cpg, ldid):
    if cpg is None:
        path.with_suffix(".cpg").unlink()
    else:
        path.with_suffix(".cpg").write_text(cpg)
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[29] = ldid
    path.with_suffix(".dbf").write_bytes(table)


# --- fields -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "name", "kept"),
    [
        ("GBK", "行政村名称全称", "行政村名称"),
        ("UTF-8", "行政村名称全称", "行政村"),
        ("GBK", "VILLAGE_NAME", "VILLAGE_NA"),
    ],
)
def test_a_field_is_found_under_the_ten_bytes_that_a_shapefile_keeps(
    tmp_path, encoding, name, kept
):
    path = tmp_path / "towns.shp"
    with pytest.warns(RuntimeWarning):  # that the name is cut
        pyogrio.write_dataframe(frame().rename(columns={"NAME": name}), path, encoding=encoding)
    table = check(path, ("CODE", name))
    assert table.notes == (f"field {name!r} is taken to be {kept!r}, its name cut at 10 bytes",)


def test_a_cut_name_that_two_fields_share_is_asked_about(tmp_path):
    path = tmp_path / "towns.shp"
    both = frame(VILLAGE_NAME_OLD=NAMES).rename(columns={"NAME": "VILLAGE_NAME"})
    with pytest.warns(RuntimeWarning):
        pyogrio.write_dataframe(both, path, encoding="GBK")
    with pytest.raises(
        BadFileError, match=r"'VILLAGE_NA', which may be 'VILLAGE_NAME'.*'VILLAGE__1'"
    ):
        read_vector(path, ["CODE", "VILLAGE_NAME"])
    check(path, ("CODE", "VILLAGE_NA"))


# --- coordinates ------------------------------------------------------------------------------


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4544", "EPSG:4523", "EPSG:32648", "EPSG:3857"])
def test_the_declared_crs_is_honoured(tmp_path, crs):
    path = tmp_path / "a.gpkg"
    frame().to_crs(crs).to_file(path)
    table = check(path)
    assert table.crs == table.declared_crs == crs
    assert not table.notes


def test_axis_order_of_a_file_in_4490_is_lon_lat(tmp_path):
    path = tmp_path / "a.gml"
    frame().set_crs("EPSG:4490", allow_override=True).to_file(path, driver="GML")
    check(path)


@pytest.mark.parametrize(
    ("name", "crs"),
    [
        ("urn:ogc:def:crs:EPSG::4544", "EPSG:4544"),
        ("EPSG:4544", "EPSG:4544"),
        ("urn:ogc:def:crs:EPSG::4490", "EPSG:4490"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"),
    ],
)
def test_the_foreign_crs_member_of_a_geojson_is_honoured_with_lon_first(tmp_path, name, crs):
    path = tmp_path / "a.geojson"
    document = json.loads(frame().to_crs(crs).to_json(drop_id=True))
    document["crs"] = {"type": "name", "properties": {"name": name}}
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    table = check(path)
    assert table.declared_crs in {crs, "OGC:CRS84"}


@pytest.mark.parametrize("at_the_end", [False, True])
@pytest.mark.parametrize(
    ("member", "says"),
    [
        ({"type": "name", "properties": {"name": "urn:x:XYZ::1"}}, "'urn:x:XYZ::1', which is not"),
        (None, "declares no CRS"),
    ],
)
def test_a_crs_member_that_nobody_knows_is_not_taken_for_wgs84(tmp_path, member, says, at_the_end):
    path = tmp_path / "a.geojson"
    document = json.loads(frame(crs=["x", "y", "z"]).to_json(drop_id=True))
    document.pop("crs", None)
    document = {**document, "crs": member} if at_the_end else {"crs": member, **document}
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(BadFileError, match=says):
        read_vector(path, ["CODE"])
    check(path, crs="EPSG:4490")


def test_a_wrong_declaration_is_overridden_and_told(tmp_path):
    path = tmp_path / "a.shp"
    wrong = frame().to_crs("EPSG:4544").set_crs("EPSG:4545", allow_override=True)
    wrong.to_file(path, encoding="utf-8")
    table = check(path, crs="EPSG:4544")
    assert table.crs == "EPSG:4544"
    assert len(table.notes) == 1
    assert "EPSG:4545" in table.notes[0]


def test_metres_declared_as_degrees_are_refused(tmp_path):
    path = tmp_path / "a.gpkg"
    frame().to_crs("EPSG:4544").set_crs("EPSG:4326", allow_override=True).to_file(path)
    with pytest.raises(BadFileError, match=r"EPSG:4326.* no lon, lat") as caught:
        read_vector(path, ["CODE"])
    assert "EPSG:4544" in caught.value.hint


def test_degrees_declared_as_metres_are_refused(tmp_path):
    path = tmp_path / "a.gpkg"
    frame().to_file(path)
    with pytest.raises(BadFileError, match=r"EPSG:4544 .*are degrees") as caught:
        read_vector(path, ["CODE"], crs="EPSG:4544")
    assert "EPSG:4490" in caught.value.hint


def test_swapped_longitude_and_latitude_are_refused_with_the_reason(tmp_path):
    path = tmp_path / "a.gpkg"
    swapped = frame()
    swapped.geometry = shapely.transform(swapped.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    swapped.to_file(path)
    with pytest.raises(BadFileError) as caught:
        read_vector(path, ["CODE"])
    assert "swapped" in caught.value.hint
    assert "颠倒" in caught.value.hint_zh


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857"])
def test_a_stated_datum_is_converted_after_the_crs(tmp_path, datum, crs):
    path = tmp_path / "a.gpkg"
    moved = frame()
    moved.geometry = shapely.transform(
        moved.geometry.to_numpy(),
        lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], datum)),
    )
    moved.to_crs(crs).to_file(path)
    assert check(path, within=1e-8, datum=datum).datum == datum


def test_a_datum_without_a_known_way_to_wgs84_is_told(tmp_path):
    path = tmp_path / "a.gpkg"
    frame().set_crs("EPSG:4610", allow_override=True).to_file(path)  # Xian 1980
    table = check(path)
    assert len(table.notes) == 1
    assert "EPSG:4610" in table.notes[0]


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"crs": "EPSG:0"}, BadFileError, "'EPSG:0' is not known"),
        ({"datum": "bj54"}, BadInputError, "'bj54'"),
        ({"layer": "roads"}, BadFileError, r"no layer 'roads'; it has \['a'\]"),
    ],
)
def test_options_that_cannot_be_are_quoted(tmp_path, options, error, match):
    path = tmp_path / "a.gpkg"
    frame().to_file(path)
    with pytest.raises(error, match=match):
        read_vector(path, ["CODE"], **options)


# --- shapes and values ------------------------------------------------------------------------


def test_rows_keep_their_order_and_shapes_of_every_kind_come_through(tmp_path):
    path = tmp_path / "a.geojson"
    shapes = [
        shapely.force_3d(BOXES[0], 480.0),
        shapely.Point(104.5, 30.4),
        None,
        shapely.Polygon(),
        shapely.GeometryCollection([BOXES[1], shapely.Point(104.5, 30.4)]),
        shapely.MultiPolygon(BOXES),
    ]
    mixed = gpd.GeoDataFrame({"CODE": list("abcdef")}, geometry=shapes, crs="EPSG:4326")
    pyogrio.write_dataframe(mixed, path, driver="GeoJSON")
    table = read_vector(path, ["CODE"])
    assert table.columns["CODE"].tolist() == list("abcdef")
    assert [None if one is None else one.geom_type for one in table.geometry] == [
        "Polygon",
        "Point",
        None,
        "Polygon",
        "GeometryCollection",
        "MultiPolygon",
    ]
    assert not shapely.has_z(table.geometry).any()
    assert table.geometry[0].equals(BOXES[0])


def test_measures_are_dropped_like_heights(tmp_path):
    path = tmp_path / "a.csv"
    ring = "104 30 {0},105 30 {0},105 31 {0},104 30 {0}"
    rows = [f'"POLYGON M(({ring.format(7)}))",1', f'"POLYGON ZM(({ring.format("5 7")}))",2']
    path.write_text("\n".join(["WKT,CODE", *rows]))
    table = read_vector(path, ["CODE"], crs="EPSG:4490")
    assert [shape.wkt[:9] for shape in table.geometry] == ["POLYGON (", "POLYGON ("]


def test_curves_become_straight_pieces(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('WKT,CODE\n"CURVEPOLYGON(CIRCULARSTRING(0 0,1 1,2 0,1 -1,0 0))",1\n')
    table = read_vector(path, ["CODE"], crs="EPSG:4326")
    assert table.geometry[0].area == pytest.approx(np.pi, rel=1e-2)


def test_a_ring_that_is_not_closed_is_closed_and_told(tmp_path):
    path = tmp_path / "a.geojson"
    ring = [[104.5, 30.4], [104.6, 30.4], [104.6, 30.5], [104.5, 30.5]]
    path.write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "properties": {"CODE": "1"},
                        "geometry": {"type": "Polygon", "coordinates": [ring]},
                    }
                ],
            }
        )
    )
    table = read_vector(path, ["CODE"])
    assert table.faults == {0: "ring is not closed"}
    assert "Non closed ring" in table.notes[0]
    assert table.geometry[0].equals(BOXES[0])


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([510185001001, 510185001002, 3], ["510185001001", "510185001002", "3"]),
        ([510185001001.0, None, 1.5], ["510185001001", "", "1.5"]),
        ([" 7 ", "\u30007", None], ["7", "7", ""]),
        ([True, False, True], ["True", "False", "True"]),
    ],
)
def test_columns_come_as_plain_text(tmp_path, values, texts):
    path = tmp_path / "a.gpkg"
    frame(V=values).to_file(path)
    assert read_vector(path, ["V"]).columns["V"].tolist() == texts


def test_long_integers_beside_nulls_keep_every_digit(tmp_path):
    path = tmp_path / "a.geojson"
    data = json.loads(frame().to_json())
    for feature, value in zip(data["features"], [510185001001020301, None, 7], strict=True):
        feature["properties"]["V"] = value
    path.write_text(json.dumps(data))
    assert read_vector(path, ["V"]).columns["V"].tolist() == ["510185001001020301", "", "7"]


def test_long_codes_kept_as_floating_point_are_refused(tmp_path):
    path = tmp_path / "a.gpkg"
    frame(V=[5.1018500100102e17, 1.0, 2.0]).to_file(path)
    with pytest.raises(BadFileError, match=r"'V' of .*510185001001020"):
        read_vector(path, ["V"])


def test_white_space_around_text_is_left_out_and_kept_in_mind_by_row(tmp_path):
    path = tmp_path / "a.gpkg"
    frame(V=["a", " b", "c\t"]).to_file(path)
    table = read_vector(path, ["V", "CODE"])
    assert table.columns["V"].tolist() == ["a", "b", "c"]
    assert table.padded == {"V": {1: " b", 2: "c\t"}, "CODE": {}}
    assert join_tables([table, table]).padded["V"] == {1: " b", 2: "c\t", 4: " b", 5: "c\t"}


def test_a_day_comes_in_iso_form(tmp_path):
    path = tmp_path / "a.gpkg"
    frame(V=np.array(["2024-06-01", "NaT", "2024-06-02"], dtype="datetime64[ms]")).to_file(path)
    assert [text[:10] for text in read_vector(path, ["V"]).columns["V"]] == [
        "2024-06-01",
        "",
        "2024-06-02",
    ]


# --- unusable files ---------------------------------------------------------------------------


def test_a_file_with_several_layers_needs_one_named(tmp_path):
    path = tmp_path / "a.gpkg"
    frame().to_file(path, layer="towns")
    frame().to_crs("EPSG:4544").to_file(path, layer="villages")
    with pytest.raises(BadFileError, match=r"several layers: \['towns', 'villages'\]"):
        read_vector(path, ["CODE"])
    assert check(path, layer="villages").crs == "EPSG:4544"


def test_an_unknown_field_is_refused_and_the_fields_are_listed(tmp_path):
    for name in ("a.gpkg", "a.shp"):
        path = tmp_path / name
        frame().to_file(path, encoding="utf-8") if name == "a.shp" else frame().to_file(path)
        with pytest.raises(BadFileError, match=r"no field 'VCODE'; it has \['CODE', 'NAME'\]"):
            read_vector(path, ["VCODE"])


def test_missing_and_broken_files_are_refused(tmp_path):
    with pytest.raises(BadFileError, match=r"none\.shp does not exist"):
        read_vector(tmp_path / "none.shp", ["CODE"])
    broken = tmp_path / "a.geojson"
    broken.write_text('{"type": "FeatureCollection", "features": [{"type":')
    with pytest.raises(BadFileError, match="cannot be read"):
        read_vector(broken, ["CODE"])
    for name in ("a.shp", "a.shx"):
        (tmp_path / name).write_bytes(b"\x00\x00\x27\x0a")
    with pytest.raises(BadFileError, match="cannot be read"):
        read_vector(tmp_path / "a.shp", ["CODE"])
    table = tmp_path / "a.csv"
    table.write_text("CODE,NAME\n1,a\n")
    with pytest.raises(BadFileError, match="no layer with shapes"):
        read_vector(table, ["CODE"])


@pytest.mark.parametrize(
    ("name", "hint"),
    [("a.gpkg", "damaged"), ("a.zip", "no shapefile in the .zip"), ("folder", "It is a folder")],
)
def test_a_file_that_is_none_is_not_blamed_on_its_text(tmp_path, name, hint):
    path = tmp_path / name
    if name == "a.zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("letter.txt", "hello")
    elif name == "folder":
        path.mkdir()
        (path / "letter.txt").write_text("hello")
    else:
        path.write_text("hello")
    with pytest.raises(BadFileError, match="cannot be read as a vector file") as caught:
        read_vector(path, ["CODE"])
    assert hint in caught.value.hint
    assert "encoding" not in caught.value.hint
    assert "/vsi" not in caught.value.message
