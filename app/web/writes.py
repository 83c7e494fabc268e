"""How often one account may write: a fixed window of a minute, counted in each worker process.

It keeps a client that runs away from filling the store; it is no lock that somebody must not get
past, so it is not worth a second write to the database with every write. With n worker processes
an account may reach n times the limit. Sign-ins are counted in the database (app.accounts.tries).
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable

from app.errors import TooManyError

WINDOW_S = 60.0


class WriteLimit:
    """Counts the writes of each account.

    Parameters
    ----------
    per_minute
        How many are allowed.
    clock
        Seconds that only go forward.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._window = -1
        self._counts: Counter[int] = Counter()

    def count(self, account_id: int) -> None:
        """Count a write.

        Raises
        ------
        TooManyError
            If there were too many in this minute.
        """
        now = self._clock()
        window = int(now // WINDOW_S)
        with self._lock:
            if window != self._window:
                self._window = window
                self._counts.clear()
            self._counts[account_id] += 1
            count = self._counts[account_id]
        if count > self._limit:
            wait_s = max(1, math.ceil((window + 1) * WINDOW_S - now))
            raise TooManyError(
                f"more than {self._limit} changes in a minute",
                f"Try again in {wait_s} s; the administrator may raise WEIGE_WRITES_PER_MINUTE.",
                message_zh=f"一分钟内的修改超过 {self._limit} 次",
                hint_zh=f"请 {wait_s} 秒后再试；管理员可调高 WEIGE_WRITES_PER_MINUTE。",
                retry_after_s=wait_s,
            )
