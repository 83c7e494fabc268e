import datetime as dt

import pytest

from app.errors import BadFileError
from app.grids.boundary_set import BoundarySet
from app.grids.manifest import AllowedGap

WHOLE = r"""
[city]
id = "demo"
name = "示例市"
metric_crs = "EPSG:4544"
generation = "2026a"
valid_from = 2026-01-31
synthetic = "测试数据"
[[levels]]
id = "town"
name = "镇街"
source = "towns.geojson"
code_field = "TOWNCODE"
name_field = "TOWNNAME"
expected = 22
origin = "民政局"
licence = "内部"
[[levels]]
id = "village"
name = "村"
source = "villages.shp"
code_field = "VCODE"
name_field = "VNAME"
parent_field = "TOWNCODE"
households_field = "HU"
layer = "villages"
encoding = "gb18030"
crs = "EPSG:4490"
datum = "gcj02"
code_pattern = '\d{12}'
households_min = 300
households_max = 500
[[overlays]]
id = "dedicated"
name = "专属网格"
source = "campus.gpkg"
code_field = "id"
name_field = "name"
parent_level = "village"
[[allowed_gaps]]
name = "湖"
lon = 104
lat = 30.4
level = "village"
"""

LEVEL = """
[[levels]]
id = "town"
name = "镇街"
source = "towns.geojson"
code_field = "TOWNCODE"
name_field = "TOWNNAME"
"""
CITY = """
[city]
id = "demo"
name = "示例市"
"""


def read(tmp_path, text):
    path = tmp_path / "SPEC.toml"
    path.write_text(text, encoding="utf-8")
    return BoundarySet.read(path)


def test_everything_that_a_spec_can_say_is_read(tmp_path):
    spec = read(tmp_path, WHOLE)
    assert (spec.id, spec.name, spec.metric_crs) == ("demo", "示例市", "EPSG:4544")
    assert (spec.generation, spec.valid_from) == ("2026a", dt.date(2026, 1, 31))
    assert spec.synthetic == "测试数据"
    assert spec.folder == tmp_path
    town, village = spec.levels
    assert (town.id, town.expected, town.parent_field) == ("town", 22, "")
    assert (town.origin, town.licence) == ("民政局", "内部")
    assert (village.layer, village.encoding, village.crs) == ("villages", "gb18030", "EPSG:4490")
    assert (village.datum, village.households_field) == ("gcj02", "HU")
    assert (village.code_pattern, village.households_min, village.households_max) == (
        r"\d{12}",
        300,
        500,
    )
    assert spec.allowed_gaps == (AllowedGap("湖", 104, 30.4, "village"),)
    assert spec.overlays[0].parent_level == "village"


def test_what_may_be_left_out_has_a_default(tmp_path):
    spec = read(tmp_path, CITY + LEVEL)
    assert (spec.metric_crs, spec.generation, spec.valid_from, spec.overlays) == ("", "", None, ())
    town = spec.levels[0]
    assert (town.layer, town.encoding, town.crs, town.expected) == ("", "", "", None)
    assert town.datum == "wgs84"


def test_a_byte_order_mark_is_no_harm(tmp_path):
    assert read(tmp_path, "\ufeff" + CITY + LEVEL).id == "demo"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (CITY, ["no [[levels]] entry"]),
        (LEVEL, ["no table [city]"]),
        (CITY + "sliver_m2 = -1.0" + LEVEL, ["sliver_m2 = -1.0, allowed is a number"]),
        (CITY + "area = 7" + LEVEL, ["[city] has an unknown key 'area'", "'metric_crs'"]),
        (CITY + LEVEL + 'parent = "X"', ["[[levels]] 'town' has an unknown key 'parent'"]),
        (CITY + LEVEL + 'parent = "X"', ["'parent_field'", "'code_field'"]),
        (CITY + LEVEL + '[[level]]\nid = "x"', ["the file has an unknown key 'level'", "'levels'"]),
        (CITY + LEVEL + '[[levels]]\nname = "村"', ["[[levels]] no. 2 lacks the key 'id'"]),
        (
            CITY + LEVEL + '[[levels]]\nid = "v"',
            ["[[levels]] 'v' lacks the key 'name'", "'source'"],
        ),
        (CITY + LEVEL + "expected = true", ["expected = True, which is not a whole number"]),
        (CITY + LEVEL + 'expected = "22"', ["expected = '22', which is not a whole number"]),
        (CITY + LEVEL + "expected = -1", ["expected = -1, which is no count"]),
        (CITY + LEVEL + "code_pattern = '['", ["'town' has code_pattern = '['", "no regular"]),
        (CITY + LEVEL + "households_min = 9\nhouseholds_max = 8", ["which is no range"]),
        (CITY + LEVEL + "[[allowed_gaps]]\nname = 'x'", ["[[allowed_gaps]] no. 1 lacks the key"]),
        (
            CITY + LEVEL + "[[allowed_gaps]]\nname = 'x'\nlon = '1'\nlat = 2.0\nlevel = 'y'",
            ["lon = '1', which is not a number"],
        ),
        (
            CITY + LEVEL + "[[allowed_gaps]]\nname = 'x'\nlon = 1.0\nlat = 2.0\nlevel = 'y'",
            ["the allowed gap 'x' has level = 'y'"],
        ),
        (
            CITY + LEVEL + "[[allowed_gaps]]\nname = 'x'\nlon = 200.0\nlat = 30.0",
            ["the allowed gap 'x' has lon = 200.0, lat = 30.0, allowed are -180 to 180"],
        ),
        (CITY + LEVEL + "layer = 3", ["layer = 3, which is not text"]),
        (CITY + 'valid_from = "2026-01-01"' + LEVEL, ["valid_from = '2026-01-01'", "a day"]),
        (CITY + LEVEL + 'parent_field = "X"', ["'town' is the coarsest", "'X'"]),
        (CITY + LEVEL + LEVEL, ["'town' is used twice"]),
        (CITY.replace("demo", "Demo-1") + LEVEL, ["'Demo-1'"]),
        (CITY.replace("示例市", "") + LEVEL, ["[city] has an empty name"]),
        ('levels = "towns"\n' + CITY, ["levels is not a list of tables"]),
        (WHOLE.replace('parent_level = "village"', 'parent_level = "city"'), ["'city'", "'town'"]),
    ],
)
def test_what_cannot_be_is_named_with_what_can(tmp_path, text, says):
    with pytest.raises(BadFileError) as caught:
        read(tmp_path, text)
    for part in says:
        assert part in caught.value.message
    assert "SPEC.toml" in caught.value.message_zh
    assert "docs/import.md" in caught.value.hint_zh


def test_every_fault_is_named_at_once(tmp_path):
    with pytest.raises(BadFileError) as caught:
        read(tmp_path, CITY + 'colour = "red"' + LEVEL + "layer = 3\nexpected = 1.5")
    assert caught.value.message.count(";") == 2


def test_what_is_no_toml_or_no_text_or_not_there_is_refused(tmp_path):
    with pytest.raises(BadFileError, match="is not TOML"):
        read(tmp_path, "[city\nid = ")
    path = tmp_path / "gbk.toml"
    path.write_bytes(CITY.encode("gbk"))
    with pytest.raises(BadFileError, match="is not UTF-8"):
        BoundarySet.read(path)
    with pytest.raises(BadFileError, match=r"none\.toml cannot be read"):
        BoundarySet.read(tmp_path / "none.toml")
    with pytest.raises(BadFileError, match="cannot be read"):
        BoundarySet.read(tmp_path)
