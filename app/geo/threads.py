"""Large arrays worked on in parts by all processors, for loops that let go of the GIL."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def in_threads(work: Callable[[int, int], T], n: int, worth: int, threads: int = 0) -> list[T]:
    """Run `work` over the parts of n items and return its results in order.

    Every call makes its own pool, so that it also works in a process that was forked.

    Parameters
    ----------
    work
        Takes where a part starts and where it stops.
    n
        How many items there are.
    worth
        From how many items on a second thread is worth waking.
    threads
        How many threads there may be; 0 means as many as there are processors.
    """
    threads = threads or len(os.sched_getaffinity(0))
    if n < worth or threads == 1:
        return [work(0, n)]
    # Four for each thread, so that none waits long for the last.
    parts = 4 * threads
    edges = [n * part // parts for part in range(parts + 1)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, edges[:-1], edges[1:]))
