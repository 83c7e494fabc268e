import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BadFileError
from app.geo.fields import NAME_BYTES, cut_name, find_fields

NAMES = st.text(st.sampled_from("村委会编码名称AB_1"), min_size=1, max_size=12)


@given(NAMES, st.sampled_from(["gb18030", "utf-8", "cp950"]))
def test_a_name_alone_is_found_whole_or_cut(name, codec):
    kept = cut_name(name, codec)
    if kept is None:
        return
    assert len(kept.encode(codec)) <= NAME_BYTES
    assert name.startswith(kept)
    found = find_fields("a.shp", [name], [kept, "OTHER"])
    assert found.names == (kept,)
    assert len(found.notes) == (kept != name)


def test_the_name_to_the_letter_goes_before_a_cut_one():
    found = find_fields("a.gpkg", ["VILLAGE_NAME"], ["VILLAGE_NA", "VILLAGE_NAME"])
    assert found.names == ("VILLAGE_NAME",)
    assert not found.notes


@pytest.mark.parametrize(
    ("wanted", "present", "says"),
    [
        (["VILLAGE_NAME", "VILLAGE_NATURE"], ["VILLAGE_NA"], "but also 'VILLAGE_NATURE'"),
        (["VILLAGE_NAME", "VILLAGE_NA"], ["VILLAGE_NA"], "but also 'VILLAGE_NA'"),
        (["行政村名称全称"], ["行政村名称", "行政村名_1"], "but also '行政村名_1'"),
        (["行政村名称"], ["行政村", "行政_1"], "but also '行政_1'"),
        (["VILLAGE_NAME"], ["VILLAGE_N"], "no field 'VILLAGE_NAME'"),
        (["village_name"], ["VILLAGE_NA"], "no field 'village_name'"),
        (["行政村名称"], ["行政村名称", "x"][1:], "no field '行政村名称'"),
    ],
)
def test_what_may_be_another_field_is_refused(wanted, present, says):
    with pytest.raises(BadFileError, match=says) as caught:
        find_fields("a.shp", wanted, present)
    assert str(present) in caught.value.message
    assert str(present) in caught.value.message_zh


def test_a_numbered_field_of_another_name_is_no_rival():
    found = find_fields("a.shp", ["VILLAGE_NAME"], ["VILLAGE_NA", "NAME_1", "VILLAG_1"])
    assert found.names == ("VILLAGE_NA",)
