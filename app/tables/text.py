"""CSV: its encoding, its delimiter, its rows."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from app.errors import BadFileError, BadInputError
from app.tables.blocks import END, BadRowsError, BlockCutter, records
from app.tables.table import DEFAULT_BATCH_ROWS, PART_BYTES, Batch, Part, Table

_CHUNK = 1 << 20
_DELIMITERS = (",", "\t", ";")
_BOM = "\ufeff"
_UTF_8 = ("utf-8", "utf-8-sig")
# These take the mark at the start of a file away themselves; another one there is text.
_TAKE_MARK = ("utf-8-sig", "utf-16", "utf-32")


class CsvTable(Table):
    """A CSV file; see `app.tables.open_table`."""

    def __init__(self, path: Path, encoding: str | None, delimiter: str | None) -> None:
        if delimiter is not None and len(delimiter) != 1:
            raise BadInputError(f"delimiter {delimiter!r} is not one character")
        self.path = path
        found, lines = _scan(path)
        self.encoding = found if encoding is None else _known_encoding(encoding)
        if not self.encoding:
            raise BadFileError(
                f"{path} is neither UTF-8 nor GB18030 text",
                "Name the encoding with --encoding, or save the file as CSV UTF-8.",
                message_zh=f"{path} 既不是 UTF-8 也不是 GB18030 文本",
                hint_zh="请用 --encoding 指定编码，或另存为 CSV UTF-8。",
            )
        # Other text is brought to UTF-8 before it is cut.
        codec = codecs.lookup(self.encoding).name
        self._is_utf_8 = found in _UTF_8 and codec in _UTF_8
        self._mark = "" if codec in _TAKE_MARK else _BOM
        self.delimiter = delimiter or self._sniff()
        header = self._read_header()
        if not header:
            raise BadFileError(
                f"{path} is empty, not even a header is there",
                "The first line names the columns.",
                message_zh=f"{path} 是空文件，没有表头",
                hint_zh="第一行应为列名。",
            )
        schema = pa.schema([pa.field(name, pa.string()) for name in header])
        super().__init__(path, schema, lines - 1 if lines else None)

    def batches(self, rows: int = DEFAULT_BATCH_ROWS) -> Iterator[Batch]:
        """See `Table.batches`; cells are text, and None where a row is too short to have them."""
        for part in self.parts():
            batch = part.read()
            for start in range(0, len(batch), rows):
                yield batch.part(start, start + rows)

    def parts(self) -> Iterator[Part]:
        """See `Table.parts`; a part is a block of text that is parsed where it is read."""
        cutter = BlockCutter(
            self._body(), self._body_line, self.delimiter, len(self.schema), PART_BYTES
        )
        with self._told_of_text(), self._told_of_rows():
            yield from cutter.parts()

    def _read_header(self) -> list[str]:
        """Return the names of the columns, and note where the body begins."""
        self._body_line, self._body_start = 1, 0

        def counted() -> Iterator[str]:
            for line in self._lines():
                self._body_line += 1
                self._body_start += len(line.encode())
                yield line

        with self._told_of_rows():
            _, header = next(records(counted(), self.delimiter, header=True), (0, []))
        return header

    def _body(self) -> Iterator[bytes]:
        """Yield what follows the header, as UTF-8."""
        skip = self._body_start
        for chunk in self._chunks():
            if len(chunk) > skip:
                yield chunk[skip:]
            skip = max(0, skip - len(chunk))

    def _chunks(self) -> Iterator[bytes]:
        """Yield the file as UTF-8 without a mark at its start."""
        decoder = codecs.getincrementaldecoder(self.encoding)("strict")
        begun, chunk = False, b"\0"
        with self.path.open("rb") as file:
            while chunk:
                chunk = file.read(_CHUNK)
                if begun and self._is_utf_8:
                    yield chunk
                    continue
                text = decoder.decode(chunk, final=not chunk)
                if begun or not text:
                    yield text.encode()
                    continue
                begun = True
                yield text.removeprefix(self._mark).encode()
                if self._is_utf_8:
                    # The rest goes as it is, after the character that the chunk ends within.
                    yield decoder.getstate()[0]

    def _lines(self) -> Iterator[str]:
        with self._told_of_text(), self.path.open(encoding=self.encoding, newline="") as file:
            for count, line in enumerate(file, 1):
                yield line.removeprefix(self._mark) if count == 1 else line
        yield END

    @contextmanager
    def _told_of_text(self) -> Iterator[None]:
        """Say where the file stops being text of its encoding."""
        try:
            yield
        except UnicodeError as error:
            where = _undecodable_line(self.path, self.encoding)
            raise BadFileError(
                f"{self.path} is not {self.encoding} text, first on line {where}: {error}",
                "Name the right one with --encoding, or leave it out: UTF-8 and GBK are found out.",
                message_zh=f"{self.path} 从第 {where} 行起不是 {self.encoding} 文本",
                hint_zh="请用 --encoding 指定正确的编码，或省略：UTF-8 与 GBK 可自动识别。",
            ) from error

    @contextmanager
    def _told_of_rows(self) -> Iterator[None]:
        """Put the name of the file before what is wrong with its rows."""
        try:
            yield
        except BadRowsError as error:
            raise BadFileError(
                f"{self.path}: {error.message}",
                error.hint,
                message_zh=f"{self.path}：{error.message_zh}",
                hint_zh=error.hint_zh,
            ) from error

    def _sniff(self) -> str:
        """Return the delimiter that stands most often in the header line, outside of quotes."""
        header = next((line for line in self._lines() if line.strip("\r\n")), "")
        bare = "".join(header.split('"')[::2])
        return max(_DELIMITERS, key=bare.count)


def _known_encoding(name: str) -> str:
    try:
        codecs.lookup(name)
        "".encode(name)  # a codec of bytes (hex, zip) is no encoding
    except LookupError:
        raise BadInputError(
            f"encoding {name!r} is not known, allowed are utf-8, gb18030, gbk, big5, utf-16 and "
            "other names that Python knows",
            message_zh=f"不认识编码 {name!r}，可用 utf-8、gb18030、gbk、big5、utf-16 等",
        ) from None
    return name


def _scan(path: Path) -> tuple[str, int]:
    """Return the encoding of a text file, empty if it is none, and how many lines it has.

    A BOM says UTF-8; else what decodes strictly as UTF-8 is UTF-8, and what does not is GB18030
    (with GBK and GB2312 in it) if it decodes strictly as that. Text in GBK of more than a few
    characters is hardly ever valid UTF-8 by chance.
    """
    with path.open("rb") as file:
        if file.read(3) == codecs.BOM_UTF8:
            return "utf-8-sig", _count_lines(path)
    for encoding in ("utf-8", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        try:
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    if b"\0" in chunk:  # UTF-16, or no text at all
                        return "", 0
                    decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding, _count_lines(path)
    return "", _count_lines(path)


def _undecodable_line(path: Path, encoding: str) -> int:
    """Return the line, from 1, on which a file first is not text of the encoding.

    A text stream cannot tell: it decodes ahead of the line that it hands out.
    """
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    ends = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                ends += _line_ends(decoder.decode(chunk))
    except UnicodeDecodeError as error:
        ends += _line_ends(error.object[: error.start].decode(encoding, "replace"))
    except UnicodeError:
        pass  # it stops where a chunk begins, such as UTF-16 without its mark
    return ends + 1


def _line_ends(text: str) -> int:
    return max(text.count("\n"), text.count("\r"))


def _count_lines(path: Path) -> int:
    lines, chunk = 0, b"\n"
    with path.open("rb") as file:
        for chunk in iter(lambda: file.read(_CHUNK), b""):
            lines += chunk.count(b"\n")
    return lines + (not chunk.endswith(b"\n"))
