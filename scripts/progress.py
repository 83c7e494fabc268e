"""How far a long run is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from scripts.console import say

# Where stderr is no terminal, a log should neither be silent for long nor fill up.
LINE_EVERY_S = 10.0


class RowProgress:
    """Tells on stderr how many rows are done, of how many, and how fast; a context manager.

    Parameters
    ----------
    what
        What is done with the rows, one word.
    total
        How many rows there are, None where that is not known.
    """

    def __init__(self, what: str, total: int | None) -> None:
        self._what = what
        self._total = total
        self._rows = 0
        self._begun = self._told = time.monotonic()
        self._bar: Progress | None = None
        if sys.stderr.isatty():
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
            )
            self._task = self._bar.add_task(what, total=total, rate="")

    def __enter__(self) -> Self:
        """Start."""
        self._begun = self._told = time.monotonic()
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, with a last line where all went well."""
        if self._bar is not None:
            self._bar.stop()
        elif kind is None:
            self._say()

    def advance(self, rows: int) -> None:
        """Note that so many more rows are done."""
        self._rows += rows
        if self._bar is not None:
            self._bar.update(self._task, completed=self._rows, rate=self._rate())
        elif time.monotonic() - self._told >= LINE_EVERY_S:
            self._say()

    def finish(self) -> None:
        """Note that all rows are done; what was not known of their number is known now."""
        self._total = self._rows
        if self._bar is not None:
            self._bar.update(self._task, total=self._rows, description="writing")

    def _say(self) -> None:
        self._told = time.monotonic()
        of = "" if self._total is None else f"/{self._total}"
        say(f"{self._what} {self._rows}{of} rows, {self._rate()}")

    def _rate(self) -> str:
        seconds = max(time.monotonic() - self._begun, 1e-3)
        return f"{self._rows / seconds:,.0f} rows/s, {seconds:.0f} s"
