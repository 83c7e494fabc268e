"""Shapefiles with parts missing, and in .zip files under names in any character set."""

import struct

import geopandas as gpd
import pyogrio
import pytest
import shapely

from app.errors import BadFileError
from app.geo.shapefile import opened
from app.geo.vector import read_vector
from tests.zips import pack

BOXES = [shapely.box(104.5 + x, 30.4, 104.6 + x, 30.5) for x in (0.0, 0.1, 0.2)]
NAMES = ["射洪坝街道", "禾丰镇", "云龙镇"]
SHAPES = [BOXES[0], None, shapely.MultiPolygon([BOXES[1], BOXES[2]])]


@pytest.fixture
def shapefile(tmp_path):
    """Write three towns, one of them without a shape, and return the .shp."""
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "村社.shp"
    frame = gpd.GeoDataFrame({"CODE": list("abc"), "NAME": NAMES}, geometry=SHAPES, crs=4490)
    pyogrio.write_dataframe(frame, path, encoding="GBK")
    return path


def parts(shapefile, *without):
    return [one for one in sorted(shapefile.parent.iterdir()) if one.suffix not in without]


def check(path, **options):
    table = read_vector(path, ["CODE", "NAME"], **options)
    assert table.columns["NAME"].tolist() == NAMES
    assert table.layer == "村社"
    for got, wanted in zip(table.geometry, SHAPES, strict=True):
        assert (got is None) == (wanted is None)
        assert got is None or got.equals(wanted)
    return table


# --- names in a .zip --------------------------------------------------------------------------


@pytest.mark.parametrize("codec", ["gbk", "big5"])
@pytest.mark.parametrize("folder", ["", "简阳数据"])
def test_names_that_nothing_is_said_of_are_read_as_meant_and_told(
    tmp_path, shapefile, codec, folder
):
    folder = folder if codec == "gbk" else folder and "臺灣資料"
    path = pack(tmp_path / "a.zip", parts(shapefile), codec, folder)
    told = "gb18030" if codec == "gbk" else "cp950"
    assert check(path).notes == (
        f"the .zip does not say what the names of its files are in; read as {told}",
    )
    check(path, layer="村社")


def test_names_in_utf_8_are_read_whether_it_is_said_or_not(tmp_path, shapefile):
    for codec in ("utf-8", ""):
        assert check(pack(tmp_path / "a.zip", parts(shapefile), codec)).notes == ()


def test_a_character_whose_second_byte_is_a_backslash_is_no_folder(tmp_path, shapefile):
    # 乗 is 81 5C in GBK.
    assert "乗".encode("gbk")[1:] == b"\\"
    renamed = [one.rename(one.with_stem("乗村")) for one in parts(shapefile)]
    table = read_vector(pack(tmp_path / "a.zip", renamed, "gbk"), ["CODE"])
    assert table.layer == "乗村"


def test_folders_with_backslashes_are_folders(tmp_path, shapefile):
    packed = pack(tmp_path / "a.zip", parts(shapefile), folder="data").read_bytes()
    (tmp_path / "a.zip").write_bytes(packed.replace(b"data/", b"data\\"))
    check(tmp_path / "a.zip")


def test_a_zip_of_something_else_is_left_to_ogr(tmp_path):
    (tmp_path / "村.geojson").write_text(gpd.GeoSeries([BOXES[0]], crs=4326).to_json())
    path = pack(tmp_path / "a.zip", [tmp_path / "村.geojson"])
    assert len(read_vector(path, [])) == 1


def test_what_cannot_be_unpacked_is_refused(tmp_path, shapefile):
    packed = bytearray(pack(tmp_path / "a.zip", parts(shapefile)).read_bytes())
    secret = packed[:]
    for mark, flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = secret.index(mark)
        secret[at + flags] |= 1
    (tmp_path / "a.zip").write_bytes(secret)
    with pytest.raises(BadFileError, match=r"a\.zip cannot be unpacked: .*encrypted"):
        read_vector(tmp_path / "a.zip", ["CODE"])
    at = packed.index("禾丰镇".encode("gbk"))
    packed[at] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(packed)
    with pytest.raises(BadFileError, match=r"a\.zip cannot be unpacked: Bad CRC"):
        read_vector(tmp_path / "a.zip", ["CODE"])


# --- parts that are missing -------------------------------------------------------------------


@pytest.mark.parametrize("zipped", [True, False])
def test_a_missing_shx_is_made_anew_where_it_is_read_and_told(tmp_path, shapefile, zipped):
    whole = shapefile.with_suffix(".shx")
    path = pack(tmp_path / "a.zip", parts(shapefile, ".shx")) if zipped else shapefile
    whole.unlink()
    before = {one: one.read_bytes() for one in shapefile.parent.iterdir()}
    assert check(path).notes == ("村社.shx is missing: it was made anew from 村社.shp",)
    assert {one: one.read_bytes() for one in shapefile.parent.iterdir()} == before


def test_the_shx_made_anew_is_the_one_that_gdal_writes(shapefile, tmp_path):
    wanted = shapefile.with_suffix(".shx").read_bytes()
    path = pack(tmp_path / "a.zip", parts(shapefile, ".shx"))
    with opened(path) as source:
        assert source.shapefile("村社").with_suffix(".shx").read_bytes() == wanted
        unpacked = source.content
    assert not unpacked.exists()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda shp, _: shp.write_bytes(shp.read_bytes()[:-8]),
        lambda shp, _: shp.write_bytes(shp.read_bytes() + bytes(8)),
        # Records are numbered from 1.
        lambda shp, _: shp.write_bytes(
            shp.read_bytes()[:100] + struct.pack(">i", 2) + shp.read_bytes()[104:]
        ),
        lambda shp, _: shp.write_bytes(shp.read_bytes()[:50]),
        lambda _, dbf: dbf.write_bytes(
            dbf.read_bytes()[:4] + struct.pack("<I", 4) + dbf.read_bytes()[8:]
        ),
    ],
)
def test_a_missing_shx_is_not_guessed(tmp_path, shapefile, spoil):
    spoil(shapefile, shapefile.with_suffix(".dbf"))
    path = pack(tmp_path / "a.zip", parts(shapefile, ".shx"))
    with pytest.raises(BadFileError, match=r"村社\.shx is missing in .*a\.zip, and cannot") as one:
        read_vector(path, ["CODE"])
    assert "hand over 村社.shx" in one.value.hint
    assert "缺少 村社.shx" in one.value.message_zh


@pytest.mark.parametrize("zipped", [True, False])
def test_a_missing_dbf_is_named_with_what_to_do(tmp_path, shapefile, zipped):
    path = pack(tmp_path / "a.zip", parts(shapefile, ".dbf")) if zipped else shapefile
    shapefile.with_suffix(".dbf").unlink()
    where = "in" if zipped else "beside"
    with pytest.raises(BadFileError, match=rf"^村社\.dbf is missing {where} .*: it holds") as one:
        read_vector(path, ["CODE"])
    assert one.value.hint == ("Pack" if zipped else "Put") + " 村社.dbf " + (
        "with 村社.shp." if zipped else "beside 村社.shp."
    )
    assert "缺少 村社.dbf" in one.value.message_zh
    # Shapes alone, the lines of a reference, need none.
    assert len(read_vector(path, [])) == 3


def test_a_missing_prj_is_asked_for(tmp_path, shapefile):
    path = pack(tmp_path / "a.zip", parts(shapefile, ".prj"))
    with pytest.raises(BadFileError, match="declares no CRS"):
        read_vector(path, ["CODE"])
    check(path, crs="EPSG:4490")
