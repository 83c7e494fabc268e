"""What the command lines share: messages on stderr, and errors without a traceback."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from app.errors import WeigeError

EXIT_UNUSABLE = 2


def say(text: str) -> None:
    """Print a message for the person at the terminal; stdout is for results."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def guarded() -> Iterator[None]:
    """Turn an error that is meant for the user into two lines on stderr and exit code 2."""
    try:
        yield
    except WeigeError as error:
        say(f"error: {error.message}")
        if error.hint:
            say(f"hint: {error.hint}")
        raise SystemExit(EXIT_UNUSABLE) from error
