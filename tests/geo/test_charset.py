import geopandas as gpd
import pyogrio
import pytest
import shapely

from app.geo.charset import (
    Candidate,
    candidates_for,
    codec_named,
    decode_columns,
    decode_names,
    field_widths,
    reads_more_like_big5,
)


@pytest.mark.parametrize(
    ("written", "codec"),
    [
        ("UTF-8", "utf-8"),
        ("\ufeffutf8", "utf-8"),
        ("65001", "utf-8"),
        ("GBK", "gb18030"),
        ("GB2312", "gb18030"),
        ("936", "gb18030"),
        ("ANSI 936", "gb18030"),
        ("CP936", "gb18030"),
        ("Big5", "big5"),
        ("950", "cp950"),
        ("ANSI 1252", "cp1252"),
        ("ISO 88591", "iso8859-1"),
        ("ISO-8859-1", "iso8859-1"),
        ("8859_15", "iso8859-15"),
        ("OEM", None),
        ("", None),
        ("999999", None),
    ],
)
def test_character_sets_are_known_by_the_names_that_files_give_them(written, codec):
    assert codec_named(written) == codec


def _shapefile(path, encoding="gb18030"):
    frame = gpd.GeoDataFrame(
        {"code": ["1"], "名称": ["堃镕街道"]}, geometry=[shapely.box(104, 30, 105, 31)], crs=4326
    )
    pyogrio.write_dataframe(frame, path, encoding=encoding)


def test_cpg_comes_first_then_ldid_then_what_fits(tmp_path):
    path = tmp_path / "a.shp"
    _shapefile(path)
    (tmp_path / "a.cpg").write_text("950")
    table = bytearray((tmp_path / "a.dbf").read_bytes())
    table[29] = 0x4D
    (tmp_path / "a.dbf").write_bytes(table)
    assert [(one.codec, one.said_by.split(",")[0]) for one in candidates_for(path)] == [
        ("cp950", ".cpg"),
        ("gb18030", "LDID"),
        ("utf-8", "it fits"),
        ("gb18030", "it fits"),
        ("cp950", "it fits"),
    ]


@pytest.mark.parametrize("ldid", [0x00, 0x57])
def test_a_language_driver_that_names_no_code_page_is_no_candidate(tmp_path, ldid):
    path = tmp_path / "a.shp"
    _shapefile(path)
    (tmp_path / "a.cpg").unlink()
    table = bytearray((tmp_path / "a.dbf").read_bytes())
    table[29] = ldid
    (tmp_path / "a.dbf").write_bytes(table)
    assert [one.codec for one in candidates_for(path)] == ["utf-8", "gb18030", "cp950"]


def test_widths_are_those_of_the_dbf_header(tmp_path):
    path = tmp_path / "a.shp"
    frame = gpd.GeoDataFrame(
        {"code": ["123"], "n": [7]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326
    )
    pyogrio.write_dataframe(frame, path)
    assert field_widths(path)[0] == 80  # GDAL's default for text
    assert len(field_widths(path)) == 2
    assert field_widths(tmp_path / "none.shp") == []


def test_a_value_that_fills_its_field_may_be_cut_within_a_character_and_no_other():
    utf8 = Candidate("utf-8", "")
    full = "简阳市射".encode()[:10]
    done = decode_columns([[full, None]], [10], [utf8])
    assert done is not None
    assert done.columns == (["简阳市", None],)
    assert done.cut == 1
    assert decode_columns([[full]], [11], [utf8]) is None
    assert decode_columns([[b"\xff" + full]], [11], [utf8]) is None


def test_the_first_character_set_that_fits_everything_is_taken():
    tried = [Candidate("utf-8", "a"), Candidate("gb18030", "b")]
    done = decode_columns([[b"abc"], ["射洪坝街道".encode("gbk")]], [80, 80], tried)
    assert done is not None
    assert done.candidate.said_by == "b"
    assert done.columns == (["abc"], ["射洪坝街道"])
    assert decode_columns([[b"\xff\xff"]], [80], tried) is None


def test_field_names_cut_at_ten_bytes_stay_readable():
    name = "行政村名称".encode()[:10]
    assert decode_names([b"code", name], Candidate("utf-8", "")) == ["code", "行政村"]
    assert decode_names(["行政村".encode("gbk")], Candidate("utf-8", "")) is None


GBK_TEXTS = ["射洪坝街道办事处", "三星镇", "简城街道", "石桥镇", "平泉街道", "禾丰镇", "云龙镇"]
BIG5_TEXTS = ["中正區", "大安區", "萬華區", "新北市板橋區", "高雄市鳳山區", "桃園市龜山區"]


@pytest.mark.parametrize(
    ("texts", "codec", "expected"),
    [(GBK_TEXTS, "gbk", False), (BIG5_TEXTS, "cp950", True), (["A-1", "B"], "ascii", False)],
)
def test_big5_and_gbk_are_told_apart_by_their_common_characters(texts, codec, expected):
    held = [[None, *(text.encode(codec) for text in texts)]]
    read = [[None, *(value.decode("gb18030", "replace") for value in held[0][1:])]]
    assert reads_more_like_big5(held, read) is expected
