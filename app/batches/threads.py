"""Parts worked on in threads of this process."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

P = TypeVar("P")
R = TypeVar("R")

# Parts that wait for a thread, so that none idles while the results before them are written.
_WAITING = 1


def in_threads(
    work: Callable[[P], R], parts: Iterable[P], threads: int = 0
) -> Generator[R, None, None]:
    """Yield what `work` makes of each part, in the order of the parts.

    Parameters
    ----------
    work
        Called in several threads at once. What it raises is raised here, at the place of its
        part, and ends the work.
    parts
        Taken one by one, in the thread of the caller; at most ``threads + 1`` are on their way.
    threads
        How many; 0 means as many as there are processors.
    """
    threads = threads or len(os.sched_getaffinity(0))
    coming = iter(parts)
    running: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for part in islice(coming, threads + _WAITING):
            running.append(pool.submit(work, part))
        while running:
            result = running.popleft().result()
            for part in islice(coming, 1):
                running.append(pool.submit(work, part))
            yield result
            del result
    finally:
        pool.shutdown(cancel_futures=True)
