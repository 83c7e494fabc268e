"""Which field of a file is meant by a name, where the file cannot hold the whole name.

A shapefile keeps ten bytes of a field's name: five hanzi in GBK, three in UTF-8. A file that was
made from a shapefile has the cut names still.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import BadFileError

# A .dbf has eleven bytes for a name, of which the last is a zero.
NAME_BYTES = 10
# The character sets in which a Chinese name may have been cut.
_CODECS = ("gb18030", "utf-8", "cp950")


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields that are meant.

    Attributes
    ----------
    names : tuple of str
        The name in the file of each field asked for, in the order asked for.
    notes : tuple of str
        Which were found under a cut name.
    """

    names: tuple[str, ...]
    notes: tuple[str, ...]


def cut_name(name: str, codec: str) -> str | None:
    """Return what a shapefile keeps of a name, without a character that the cut goes through.

    None if the character set does not have the name.
    """
    try:
        return name.encode(codec)[:NAME_BYTES].decode(codec, "ignore")
    except UnicodeEncodeError:
        return None


def find_fields(source: object, wanted: Sequence[str], present: Sequence[str]) -> Fields:
    """Find fields by name: to the letter, else by what a shapefile keeps of the name.

    Parameters
    ----------
    source
        The file, for messages.
    wanted
        Names asked for.
    present
        Names in the file.

    Raises
    ------
    BadFileError
        If a field is missing, or a cut name could be meant by several of those asked for or
        stands beside one that was numbered because it was cut to the same; the message lists
        the fields.
    """
    names, notes, missing = [], [], []
    for name in wanted:
        if name in present:
            names.append(name)
            continue
        cuts = {cut_name(name, codec) for codec in _CODECS} - {name, None, ""}
        found = [field for field in present if field in cuts]
        if len(found) != 1:
            missing.append(name)
            continue
        _refuse_ambiguous(source, name, found[0], wanted, present)
        names.append(found[0])
        notes.append(f"field {name!r} is taken to be {found[0]!r}, its name cut at 10 bytes")
    if missing:
        named = ", ".join(map(repr, missing))
        raise BadFileError(
            f"{source} has no field {named}; it has {list(present)}",
            "Names must match to the letter, or to the 10 bytes that a shapefile keeps of them.",
            message_zh=f"{source} 没有字段 {named.replace(', ', '、')}，现有 {list(present)}",
            hint_zh="字段名须完全一致，或与 shapefile 截断后的前 10 字节一致。",
        )
    return Fields(tuple(names), tuple(notes))


def _refuse_ambiguous(
    source: object, name: str, found: str, wanted: Sequence[str], present: Sequence[str]
) -> None:
    """Refuse a cut name that may stand for another field than the one that is meant."""
    meant = [
        other
        for other in wanted
        if other == found or found in {cut_name(other, codec) for codec in _CODECS}
    ]
    # Two names cut to the same are told apart by writers with a number: "NEIGHBOU_1".
    numbered = [field for field in present if _is_numbered(field, found)]
    if len(meant) == 1 and not numbered:
        return
    rivals = ", ".join(map(repr, numbered or [one for one in meant if one != name]))
    raise BadFileError(
        f"{source} has the field {found!r}, which may be {name!r} cut at 10 bytes, but also "
        f"{rivals}; it has {list(present)}",
        "Give the name as the file has it.",
        message_zh=f"{source} 的字段 {found!r} 可能是截断的 {name!r}，但与 {rivals} 无法区分；"
        f"现有 {list(present)}",
        hint_zh="请写出文件中的字段名。",
    )


def _is_numbered(field: str, cut: str) -> bool:
    """Tell whether a field is another one that was cut to the same name and then numbered."""
    stem, mark, number = field.rpartition("_")
    room = NAME_BYTES - len(mark + number)
    stems = {cut.encode(codec, "ignore")[:room].decode(codec, "ignore") for codec in _CODECS}
    return number.isdigit() and stem in stems
