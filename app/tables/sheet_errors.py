"""Cells of a workbook that hold an error of the spreadsheet, such as ``#DIV/0!``.

The reader of workbooks hands those out as blank cells, so that a broken formula would look like
an empty cell, and its row would lose what stood there. They are looked up in the XML of the sheet
(ECMA-376 part 1, 18.3.1.4: a cell of type ``e`` holds the text of the error).
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from html import unescape
from pathlib import Path

_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_SHEET = re.compile(rb"<(?:\w+:)?sheet\s[^>]*>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
_CELL = re.compile(
    rb"<(?:\w+:)?c\s([^>]*\bt=[\"']e[\"'][^>]*)>(.*?)</(?:\w+:)?c>",
    re.DOTALL,
)
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>(.*?)</(?:\w+:)?v>", re.DOTALL)
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def error_cells(path: Path, sheet: str) -> dict[tuple[int, int], str]:
    """Return the errors of a sheet.

    Parameters
    ----------
    path
        A workbook that can be read.
    sheet
        Name of the sheet.

    Returns
    -------
    dict of (int, int) to str
        Text of the error by row and column of the sheet, both from 0. Nothing where the workbook
        is not laid out as usual.
    """
    with zipfile.ZipFile(path) as book:
        try:
            member = _member(book.read(_WORKBOOK), book.read(_RELATIONS), sheet)
            content = book.read(member)
        except KeyError:
            return {}
    found = {}
    for attributes, inner in _CELL.findall(content):
        place = _PLACE.fullmatch(_attribute(attributes, "r"))
        value = _VALUE.search(inner)
        if place and value:
            text = unescape(value[1].decode(errors="replace"))
            found[int(place[2]) - 1, _column(place[1])] = text
    return found


def _member(workbook: bytes, relations: bytes, sheet: str) -> str:
    """Return the name of the file of a sheet inside the workbook; empty if there is none."""
    ids = {_attribute(tag, "name"): _attribute(tag, r"\w+:id") for tag in _SHEET.findall(workbook)}
    targets = {
        _attribute(tag, "Id"): _attribute(tag, "Target") for tag in _RELATION.findall(relations)
    }
    target = targets.get(ids.get(sheet, ""), "")
    return posixpath.normpath(posixpath.join("/xl", target)).removeprefix("/")


def _attribute(tag: bytes, name: str) -> str:
    found = re.search(rf"(?<![\w:]){name}=([\"'])(.*?)\1", tag.decode(errors="replace"))
    return unescape(found[2]) if found else ""


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
