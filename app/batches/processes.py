"""Parts worked on in processes that are forked from this one, and share what it holds."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.connection import wait
from typing import Any, TypeVar

from app.errors import WeigeError

P = TypeVar("P")
R = TypeVar("R")

# Parts that wait for each process, so that none idles while results travel.
_WAITING = 1


class WorkerError(WeigeError):
    """A process that worked on parts ended before its time."""

    code = "worker"


def in_processes(
    work: Callable[[P], R], parts: Iterable[P], processes: int
) -> Generator[R, None, None]:
    """Yield what `work` makes of each part, in the order of the parts.

    Parameters
    ----------
    work
        Called in each process with one part at a time. It is not pickled: the processes have it
        from the fork, with all that it holds. Nothing of it may need a thread of this process.
        What it raises is raised here, at the place of its part, and ends the work.
    parts
        Can be pickled, as the results can; taken one by one, only so many ahead that no process
        idles.
    processes
        How many, at least one.

    Raises
    ------
    WorkerError
        If a process is ended from outside, as the system does where memory runs out.

    Notes
    -----
    A process ends by itself when this one is gone, whatever ended it. Signals of the terminal are
    left to this one.
    """
    coming = iter(parts)
    running: deque[Future[R]] = deque()
    pool = ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("fork"),
        initializer=_begin,
        initargs=(work,),
    )
    # What is there already is left alone by the collector: it would write to it, and what is
    # written to is shared no longer.
    gc.collect()
    gc.freeze()
    try:
        for part in islice(coming, processes * (1 + _WAITING)):
            running.append(pool.submit(_work, part))
        while running:
            result = running.popleft().result()
            for part in islice(coming, 1):
                running.append(pool.submit(_work, part))
            yield result
            del result
    except BrokenProcessPool as error:
        raise WorkerError(
            "a worker process was ended from outside",
            "Is there too little memory? Fewer --workers need less.",
            message_zh="一个工作进程被外部终止",
            hint_zh="是否内存不足？减少 --workers 可降低占用。",
        ) from error
    finally:
        gc.unfreeze()
        pool.shutdown(cancel_futures=True)


# What a worker process does with parts; set in it once, when it begins.
_OWN: list[Callable[[Any], Any]] = []


def _begin(work: Callable[[Any], Any]) -> None:
    """Run in a new process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _OWN[:] = [work]
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _work(part: Any) -> Any:  # noqa: ANN401 - whatever travels
    """Run in a process: work on one part."""
    return _OWN[0](part)
