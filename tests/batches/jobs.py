"""Jobs that the tests send to threads and workers."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from app.errors import BadInputError


@dataclass(frozen=True)
class Noted:
    """Notes in a folder each time that it is started; returns the part and who worked on it."""

    folder: Path
    wait_s: float = 0.0

    def __call__(self):
        with (self.folder / f"{os.getpid()}").open("a") as file:
            file.write("started\n")
        return self.work

    def work(self, part):
        time.sleep(self.wait_s)
        if part == "bad":
            raise BadInputError("part 'bad' is bad", message_zh="坏")
        if part == "worse":
            raise RuntimeError("worse")
        return part, os.getpid()


@dataclass(frozen=True)
class CannotStart:
    def __call__(self):
        raise BadInputError("cannot start here")
