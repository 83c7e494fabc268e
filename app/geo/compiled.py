"""`compiled` and `inlined`: numba's decorator as Weige uses it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit
from numba.core.caching import FunctionCache

F = TypeVar("F", bound=Callable[..., Any])

log = logging.getLogger(__name__)


class _PackageCache(FunctionCache):
    """numba's cache on disk, which also knows what a function takes from other modules.

    numba looks at the source of the function alone. Constants and inlined parts of other modules
    are frozen into the machine code: had only those changed, old code would run over new data.
    They may come from the function's own package and from app.geo.
    """

    def _index_key(self, signature: Any, codegen: Any) -> Any:  # noqa: ANN401
        sources = digest_of(Path(self._py_func.__code__.co_filename).parent)
        own = super()._index_key(signature, codegen)  # type: ignore[no-untyped-call]
        return (*own, sources, digest_of(Path(__file__).parent))

    def load_overload(self, signature: Any, target: Any) -> Any:  # noqa: ANN401
        try:
            return super().load_overload(signature, target)  # type: ignore[no-untyped-call]
        except Exception as error:  # a damaged file fails in many ways
            log.warning("compiled code cannot be read and is made anew: %s", error)
            return None

    def save_overload(self, signature: Any, data: Any) -> None:  # noqa: ANN401
        try:
            super().save_overload(signature, data)  # type: ignore[no-untyped-call]
        except Exception as error:  # a full disk; a damaged list of what is kept
            log.warning("compiled code is not kept: %s", error)


@cache
def digest_of(package: Path) -> str:
    """Return a digest of all sources of a package."""
    found = hashlib.sha256()
    for path in sorted(package.glob("*.py")):
        found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def compiled(function: F) -> F:
    """Compile a loop over arrays: without the GIL, dividing as numpy does, kept on disk.

    The machine code is kept beside the source (or where NUMBA_CACHE_DIR says), so that the next
    process starts at once; where nothing can be written it is compiled anew in each process.
    """
    made: Any = njit(nogil=True, error_model="numpy")(function)
    try:
        made._cache = _PackageCache(function)  # type: ignore[no-untyped-call]  # noqa: SLF001
    except RuntimeError:  # numba found no place for it
        log.info("there is no place to keep the compiled code of %s", function.__name__)
    return cast("F", made)


def inlined(function: F) -> F:
    """Make a part of compiled loops that is copied into each of them.

    Handing arrays to a function costs some twenty registers; in the innermost loops that is more
    than the work itself.
    """
    return cast("F", njit(nogil=True, error_model="numpy", inline="always")(function))
