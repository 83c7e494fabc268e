"""What the command lines share: messages on stderr, and errors without a traceback."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from types import FrameType

from app.errors import BadInputError, WeigeError

EXIT_UNUSABLE = 2
EXIT_SIGNAL = 128
EXIT_INTERRUPTED = EXIT_SIGNAL + signal.SIGINT


def say(text: str) -> None:
    """Print a message for the person at the terminal; stdout is for results."""
    print(text, file=sys.stderr, flush=True)


def speaks_chinese(environ: Mapping[str, str] = os.environ) -> bool:
    """Tell whether messages are to be in Chinese.

    The first of LC_ALL, LC_MESSAGES and LANG that is set and not empty decides (POSIX.1-2017,
    8.2): Chinese if it begins with ``zh``.
    """
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((environ[name] for name in names if environ.get(name)), "")
    return locale.lower().startswith("zh")


def say_error(error: WeigeError) -> None:
    """Print an error and its hint in the language of the terminal."""
    zh = speaks_chinese()
    say(f"错误：{error.message_zh}" if zh else f"error: {error.message}")
    if error.hint:
        say(f"提示：{error.hint_zh}" if zh else f"hint: {error.hint}")


def named_day(text: str, option: str = "--on") -> date | None:
    """Return the day that an option names, None if it is left out.

    Raises
    ------
    BadInputError
        If it is not a day.
    """
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInputError(
            f"{option} is {text!r}, allowed is a day such as 2027-01-01",
            message_zh=f"{option} 为 {text!r}，应为日期，例如 2027-01-01",
        ) from None


@contextmanager
def guarded() -> Iterator[None]:
    """Turn an error that is meant for the user into two lines on stderr and exit code 2.

    So are errors of the operating system, with the file that they concern. Ctrl-C ends with
    exit code 130, as in a shell. A reader of stdout that left is for the command line itself.
    """
    try:
        yield
    except WeigeError as error:
        say_error(error)
        raise SystemExit(EXIT_UNUSABLE) from error
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        what = error.strerror or str(error) or type(error).__name__
        message = f"{error.filename}: {what}" if error.filename is not None else what
        say_error(WeigeError(message))
        raise SystemExit(EXIT_UNUSABLE) from error
    except KeyboardInterrupt as error:
        say("已中断" if speaks_chinese() else "interrupted")
        raise SystemExit(EXIT_INTERRUPTED) from error


@contextmanager
def stopped_in_order(told: str) -> Iterator[None]:
    """Leave by the ordinary way when told to stop, so that what is half written is removed.

    Parameters
    ----------
    told
        What is said then.
    """

    def stop(number: int, _: FrameType | None) -> None:
        say(told)
        raise SystemExit(EXIT_SIGNAL + number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
