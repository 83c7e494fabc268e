"""`compiled` and `inlined`: numba's decorator as Weige uses it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile a loop over arrays: without the GIL, dividing as numpy does, kept on disk.

    The machine code is kept beside the source (or where NUMBA_CACHE_DIR says), so that the next
    process starts at once; where nothing can be written it is compiled anew in each process.
    """
    try:
        return cast("F", njit(nogil=True, error_model="numpy", cache=True)(function))
    except RuntimeError:  # numba found no place for its cache
        return cast("F", njit(nogil=True, error_model="numpy")(function))


def inlined(function: F) -> F:
    """Make a part of compiled loops that is copied into each of them.

    Handing arrays to a function costs some twenty registers; in the innermost loops that is more
    than the work itself.
    """
    return cast("F", njit(nogil=True, error_model="numpy", inline="always")(function))
