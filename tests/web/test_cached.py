"""The cache of answers: kept by key, bounded in bytes, the least used gone first."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.web.cached import AnswerCache


def maker(made: list[str], name: str, size: int = 10) -> Callable[[], bytes]:
    def make() -> bytes:
        made.append(name)
        return name.encode() * size

    return make


def test_an_answer_is_made_once() -> None:
    cache, made = AnswerCache(), list[str]()
    first = cache.get("a", maker(made, "a"))
    assert cache.get("a", maker(made, "a")) is first
    assert made == ["a"]
    assert cache.get("b", maker(made, "b")).etag != first.etag


def test_the_same_content_has_the_same_etag() -> None:
    one, other = AnswerCache(), AnswerCache()
    assert one.get("k", lambda: b"x").etag == other.get("another", lambda: b"x").etag


def test_what_was_not_asked_for_longest_makes_room() -> None:
    cache, made = AnswerCache(max_bytes=25), list[str]()
    for name in ("a", "b", "a", "c", "a", "b"):
        cache.get(name, maker(made, name))
    # c took the place of b, not of a.
    assert made == ["a", "b", "c", "b"]


def test_what_is_too_large_is_made_each_time_and_pushes_nothing_out() -> None:
    cache, made = AnswerCache(max_bytes=25), list[str]()
    cache.get("a", maker(made, "a"))
    for _ in range(2):
        cache.get("x", maker(made, "x", 30))
    cache.get("a", maker(made, "a"))
    assert made == ["a", "x", "x"]


def test_what_fails_is_not_kept() -> None:
    cache = AnswerCache()
    with pytest.raises(ZeroDivisionError):
        cache.get("a", lambda: 1 // 0 * b"")
    assert cache.get("a", lambda: b"fine").body == b"fine"
