"""Classes: every figure in exactly one, the schemes of mapclassify, clear errors."""

from __future__ import annotations

import mapclassify
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analysis.classes import MAX_K, MIN_K, SCHEMES, classify, steps_below
from app.errors import BadInputError

FIGURES = st.lists(st.floats(0, 1e6, allow_subnormal=False), min_size=1, max_size=60)


@settings(deadline=None)
@given(values=FIGURES, scheme=st.sampled_from(SCHEMES), k=st.integers(MIN_K, MAX_K))
def test_every_figure_is_in_the_class_whose_edges_hold_it(
    values: list[float], scheme: str, k: int
) -> None:
    found = classify(values, scheme, k)
    given_ = np.array(values)
    place = found.place(given_)
    # Steps are what they are, and may hold nothing.
    assert found.k <= (k if scheme == "steps" else min(k, len(set(values))))
    assert place.min() >= 0
    assert place.max() < found.k
    low, high = np.array(found.edges)[place], np.array(found.edges)[place + 1]
    assert ((given_ > low) | ((place == 0) & (given_ >= low))).all()
    assert (given_ <= high).all()
    assert np.bincount(place, minlength=found.k).tolist() == list(found.counts)
    assert (found.note is None) == (found.k == k)


@pytest.mark.parametrize(
    ("scheme", "maker"),
    [
        ("quantiles", mapclassify.Quantiles),
        ("equal_interval", mapclassify.EqualInterval),
        ("fisher_jenks", mapclassify.FisherJenks),
    ],
)
def test_the_schemes_are_those_of_mapclassify(scheme: str, maker: type) -> None:
    values = np.random.default_rng(1).gamma(2, 3, 400)
    found = classify(values, scheme, 5)
    np.testing.assert_allclose(found.edges[1:], maker(values, k=5).bins)
    assert found.place(values).tolist() == maker(values, k=5).yb.tolist()


def test_fewer_figures_than_classes_is_said() -> None:
    found = classify([3.0, 3.0, 7.0], "quantiles", 5)
    assert found.k == 2
    assert found.note is not None
    assert "only 2 figures differ" in found.note.en
    assert "2" in found.note.zh
    one = classify([4.0] * 9, "fisher_jenks", 3)
    assert (one.edges, one.counts) == ((4.0, 4.0), (9,))
    assert one.place([4.0, np.nan]).tolist() == [0, -1]


def test_nothing_to_class() -> None:
    found = classify([np.nan, np.nan], "quantiles", 5)
    assert (found.k, found.edges, found.counts) == (0, (), ())
    assert found.place([1.0]).tolist() == [-1]


def test_of_very_many_a_sample_is_classed_and_all_are_in() -> None:
    values = np.random.default_rng(2).gamma(2, 3, 9_000)
    found = classify(values, "fisher_jenks", 5)
    assert found.k == 5
    assert sum(found.counts) == 9_000
    assert (found.edges[0], found.edges[-1]) == (values.min(), values.max())
    shuffled = np.random.default_rng(3).permutation(values)
    assert classify(shuffled, "fisher_jenks", 5) == found


def test_steps_are_numbers_that_people_read() -> None:
    assert steps_below(3.7, 5) == (0.1, 0.2, 0.5, 1.0, 2.0)
    assert steps_below(2.0, 2) == (0.5, 1.0)
    assert steps_below(1_000_001, 3) == (200_000.0, 500_000.0, 1_000_000.0)
    assert steps_below(0.0, 3) == ()
    assert classify([1.0, 3.0, 30.0], "steps", 3).edges == (1.0, 10.0, 20.0, 30.0)


@pytest.mark.parametrize("k", [MIN_K - 1, MAX_K + 1, 0, -3])
def test_a_number_of_classes_that_cannot_be_told_apart_is_refused(k: int) -> None:
    with pytest.raises(BadInputError, match=f"k is {k}") as caught:
        classify([1.0, 2.0], "quantiles", k)
    assert str(MAX_K) in caught.value.message_zh


def test_a_scheme_that_is_none_is_refused() -> None:
    with pytest.raises(BadInputError, match="jenks'") as caught:
        classify([1.0], "jenks")
    assert "fisher_jenks" in caught.value.message
    with pytest.raises(BadInputError, match="from 0"):
        classify([-1.0, 1.0], "steps")
