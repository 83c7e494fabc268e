"""Parts in threads: results in order, only so many ahead, errors at their place."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.batches import in_threads


@settings(deadline=None, max_examples=30)
@given(waits=st.lists(st.sampled_from([0, 0.001, 0.005]), max_size=20), threads=st.integers(1, 4))
def test_results_come_in_the_order_of_the_parts(waits, threads):
    def work(part):
        number, wait_s = part
        time.sleep(wait_s)
        return number

    assert list(in_threads(work, enumerate(waits), threads)) == list(range(len(waits)))


def test_several_threads_work_at_once():
    both = threading.Barrier(2, timeout=30)
    assert list(in_threads(lambda part: both.wait() >= 0 and part, range(2), 2)) == [0, 1]


@pytest.mark.parametrize("threads", [1, 3])
def test_only_so_many_parts_are_taken_ahead(threads):
    taken = []

    def parts():
        for number in range(50):
            taken.append(number)
            yield number

    for done, result in enumerate(in_threads(lambda part: part, parts(), threads)):
        assert result == done
        assert len(taken) <= done + 1 + threads + 1
    assert len(taken) == 50


def test_an_error_is_raised_at_the_place_of_its_part_and_ends_the_work():
    seen = []

    def work(part):
        if part == 3:
            raise KeyError("three")
        return part

    results = in_threads(work, range(1000), 2)
    with pytest.raises(KeyError, match="three"):
        seen.extend(results)
    assert seen == [0, 1, 2]


def test_an_error_of_the_source_comes_through():
    def parts():
        yield 1
        raise OSError("torn")

    with pytest.raises(OSError, match="torn"):
        list(in_threads(lambda part: part, parts(), 1))


def test_leaving_early_leaves_no_thread_behind():
    before = threading.active_count()
    results = in_threads(lambda part: part, range(1000), 4)
    assert next(results) == 0
    results.close()
    assert threading.active_count() == before
