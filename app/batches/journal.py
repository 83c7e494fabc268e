"""The finished parts of a long run, kept beside its output so that a killed run can be continued.

A journal is one file: a line that names the format, a line of JSON that says of which run it is,
then the parts, each with its length and digest. A part that was cut short is not there.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from app.errors import BadFileError, BadInputError

FORMAT = b"weige journal 1\n"
_LENGTH = struct.Struct("<Q")
_DIGEST = hashlib.sha256().digest_size
# The line that says of which run it is; longer is damage.
_MAX_HEAD = 1 << 20


class Journal:
    """The parts of one run; a context manager that holds the file for this process alone.

    Parameters
    ----------
    path
        Where it is kept.
    key
        What the parts depend on, such as ``{"input": digest, "options": …}``: a journal under
        another key is of another run.
    resume
        Whether to go on where an earlier run under this key was ended; otherwise what it left is
        thrown away.

    Attributes
    ----------
    finished : int
        How many parts there are.
    found : bool
        Whether there was an earlier journal.

    Raises
    ------
    BadInputError
        When the context is entered: if another run writes there now, or if `resume` and the
        journal is of another run. The message says in what they differ.
    BadFileError
        If it cannot be written, or is none.
    """

    def __init__(self, path: Path, key: Mapping[str, str], *, resume: bool) -> None:
        self.path = path
        self._key = dict(key)
        self._resume = resume
        self._file: BinaryIO | None = None
        self._earlier = 0
        self.finished = 0
        self.found = False

    def __enter__(self) -> Self:
        """Open it, and find what is finished."""
        try:
            file = self._file = self._opened()
            try:
                self._lock(file)
                self.found = bool(file.seek(0, 2))
                if not (self._is_own(file) and self._resume and self._count(file)):
                    self._begin(file)
                self._earlier = self.finished
            except BaseException:
                file.close()
                raise
        except OSError as error:
            raise BadFileError(f"{self.path} cannot be written: {error.strerror}") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the file for a later run; `discard` removes it."""
        if self._file is not None:
            self._file.close()

    def append(self, part: bytes) -> None:
        """Add the next finished part."""
        file = self._of()
        file.seek(0, 2)
        file.write(_LENGTH.pack(len(part)) + hashlib.sha256(part).digest() + part)
        file.flush()
        self.finished += 1

    def parts(self) -> Iterator[bytes]:
        """Yield the parts that were finished when it was opened, in their order."""
        file = self._of()
        file.seek(0)
        file.readline()
        file.readline(_MAX_HEAD)
        place = file.tell()
        for _ in range(self._earlier):
            # Others may be added in the meantime.
            file.seek(place)
            part = _next_part(file)
            if part is None:
                raise BadFileError(f"{self.path} was changed while it was read")
            place = file.tell()
            yield part

    def discard(self) -> None:
        """Remove it: the run is done, or cannot be."""
        self.path.unlink(missing_ok=True)

    def _of(self) -> BinaryIO:
        if self._file is None:
            raise ValueError("a Journal is used inside its context only")
        return self._file

    def _opened(self) -> BinaryIO:
        if self.path.is_dir():
            raise BadFileError(f"{self.path} is a folder", "Move it away.")
        self.path.touch()
        return self.path.open("r+b")

    def _lock(self, file: BinaryIO) -> None:
        """Hold the file; the system lets it go when this process ends, however it ends."""
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BadInputError(
                f"another run holds {self.path}: it writes the same output",
                "Wait for it, stop it, or name another output.",
                message_zh=f"另一次运行正占用 {self.path}：输出相同",
                hint_zh="请等它结束、将其停止，或另取输出文件名。",
            ) from error

    def _is_own(self, file: BinaryIO) -> bool:
        """Tell whether there is the head of a journal; what is anything else is left alone."""
        file.seek(0)
        first = file.read(len(FORMAT))
        if not FORMAT.startswith(first):
            raise BadFileError(
                f"{self.path} is not a journal of an earlier run",
                "Move it away, or name another output.",
                message_zh=f"{self.path} 不是先前运行的日志",
                hint_zh="请移走该文件，或另取输出文件名。",
            )
        return first == FORMAT

    def _count(self, file: BinaryIO) -> bool:
        """Count the parts of an earlier run, and cut off what is not whole; False if none is."""
        line = file.readline(_MAX_HEAD)
        if not line.endswith(b"\n"):
            return False
        self._refuse_other(json.loads(line))
        place = file.tell()
        while _next_part(file) is not None:
            place = file.tell()
            self.finished += 1
        file.truncate(place)
        return True

    def _begin(self, file: BinaryIO) -> None:
        file.truncate(0)
        file.seek(0)
        file.write(FORMAT + json.dumps(self._key).encode() + b"\n")
        file.flush()

    def _refuse_other(self, found: Mapping[str, str]) -> None:
        names = [*self._key, *(name for name in found if name not in self._key)]
        others = [name for name in names if found.get(name) != self._key.get(name)]
        if not others:
            return
        told = "; ".join(
            f"{name} was {found.get(name, 'not given')}, is {self._key.get(name, 'not given')}"
            for name in others
        )
        raise BadInputError(
            f"{self.path} is the journal of another run: {told}",
            "Run with what it was begun with, or leave --resume out to begin afresh.",
            message_zh=f"{self.path} 是另一次运行的日志：{told}",
            hint_zh="请用当时的输入和选项运行，或去掉 --resume 重新开始。",
        )


def _next_part(file: BinaryIO) -> bytes | None:
    """Read a part; None where none is left, or none that is whole."""
    head = file.read(_LENGTH.size + _DIGEST)
    if len(head) < _LENGTH.size + _DIGEST:
        return None
    (length,) = _LENGTH.unpack_from(head)
    # A length that is damage must not be asked of the memory.
    here = file.tell()
    if length > file.seek(0, 2) - here:
        return None
    file.seek(here)
    part = file.read(length)
    return part if hashlib.sha256(part).digest() == head[_LENGTH.size :] else None
