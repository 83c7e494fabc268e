import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from app.geo.plane import Plane
from app.grids.codes import resolve_codes
from tests.cities import square

PLANE = Plane("EPSG:4544")


def texts(*values):
    return np.array([*values, None], dtype=object)[:-1]


def resolve(rows):
    """Resolve rows of (code, name, parent, shape)."""
    codes, names, parents, shapes = (texts(*column) for column in zip(*rows, strict=True))
    return resolve_codes(codes, names, parents, shapes, PLANE)


def test_unique_codes_are_left_alone():
    done = resolve([("b", "", "", square(0, 0)), ("a", "", "", square(1, 0))])
    assert done.code.tolist() == ["b", "a"]
    assert done.first.tolist() == [0, 1]
    assert not done.merged
    assert not done.duplicates
    assert not done.empty


def test_an_exclave_in_a_row_of_its_own_is_one_grid_with_the_rest():
    done = resolve(
        [
            ("a", "甲", "T", square(0, 0)),
            ("b", "乙", "T", square(1, 0)),
            ("a", "甲", "T", square(3, 0)),
            ("a", "甲", "T", square(0, 1)),
        ]
    )
    assert done.code.tolist() == ["a", "b"]
    assert done.merged == {"a": [0, 2, 3]}
    assert not done.duplicates
    whole = shapely.union_all([square(0, 0), square(0, 1), square(3, 0)])
    assert done.shape[0].symmetric_difference(whole).area == 0
    assert len(done.shape[0].geoms) == 2


@pytest.mark.parametrize(
    "second",
    [
        ("a", "乙", "T", square(3, 0)),  # another name
        ("a", "甲", "U", square(3, 0)),  # another parent
        ("a", "甲", "T", square(0, 0)),  # the same ground
        ("a", "甲", "T", square(0.5, 0)),  # some of the same ground
    ],
)
def test_any_other_second_row_is_another_grid(second):
    done = resolve([("a", "甲", "T", square(0, 0)), second])
    assert done.code.tolist() == ["a", "a~2"]
    assert done.duplicates == {"a": {"a": 0, "a~2": 1}}
    assert not done.merged
    assert done.shape.tolist() == [square(0, 0), second[3]]


def test_codes_that_differ_in_white_space_are_two_grids():
    codes, names, parents = texts("a", "a"), texts("甲", "甲"), texts("T", "T")
    shapes = texts(square(0, 0), square(3, 0))
    done = resolve_codes(codes, names, parents, shapes, PLANE, texts("a", "a "))
    assert done.duplicates == {"a": {"a": 0, "a~2": 1}}
    assert not done.merged


def test_rows_without_a_name_are_not_taken_for_one_grid():
    done = resolve([("a", "", "", square(0, 0)), ("a", "", "", square(3, 0))])
    assert done.code.tolist() == ["a", "a~2"]


def test_rows_without_a_code_get_one_each():
    done = resolve([("", "甲", "", square(0, 0)), ("", "甲", "", square(3, 0))])
    assert done.code.tolist() == ["?1", "?2"]
    assert done.empty == {"?1": 0, "?2": 1}


def test_a_code_that_is_given_is_never_one_that_exists():
    done = resolve(
        [
            ("a", "1", "", square(0, 0)),
            ("a~2", "2", "", square(1, 0)),
            ("a", "3", "", square(2, 0)),
            ("?1", "4", "", square(3, 0)),
            ("", "5", "", square(4, 0)),
        ]
    )
    assert done.code.tolist() == ["a", "a~2", "a~3", "?1", "?2"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "a", "b", "a~2", "?1"]),
            st.sampled_from(["", "x", "y"]),
            st.sampled_from(["", "T"]),
            st.integers(0, 6),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_no_row_and_no_ground_is_ever_lost(rows):
    drawn = [(code, name, parent, square(place, 0)) for code, name, parent, place in rows]
    done = resolve(drawn)
    assert len(set(done.code)) == len(done.code)
    assert "" not in done.code
    in_groups = [row for group in done.merged.values() for row in group]
    alone = [
        int(row) for row, code in zip(done.first, done.code, strict=True) if code not in done.merged
    ]
    assert sorted(in_groups + alone) == list(range(len(rows)))
    assert sum(shape.area for shape in done.shape) == pytest.approx(
        sum(shape.area for *_, shape in drawn)
    )
