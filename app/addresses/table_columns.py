"""Where a table holds its addresses: one column of whole ones, and columns of their parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.addresses.entry import COLUMNS
from app.errors import BadInputError
from app.tables import Table

# Names of a column, exactly, that may be left out of the command.
ADDRESS_NAMES = ("地址", "详细地址", "address")
# What may stand in a column of its own; see `app.addresses.match.Query`.
PARTS = tuple(one.name for one in COLUMNS if one.name not in {"alias", "lon", "lat"})


@dataclass(frozen=True, slots=True)
class AddressColumns:
    """Places of columns in a table.

    Attributes
    ----------
    text : int or None
        Of whole addresses.
    parts : tuple of (str, int)
        Of the parts, by name.
    """

    text: int | None
    parts: tuple[tuple[str, int], ...] = ()


def address_columns(table: Table, address: str | None, parts: Mapping[str, str]) -> AddressColumns:
    """Return where a table holds its addresses.

    Parameters
    ----------
    table
        The rows.
    address
        Name of the column of whole addresses. Without it that column is meant which is called
        exactly like one of `ADDRESS_NAMES`; where parts are given there need not be one.
    parts
        Names of columns, by the part that they hold, of `PARTS`.

    Raises
    ------
    BadInputError
        If there is no such column or several; the message quotes the header.
    """
    own = tuple((name, table.index(parts[name])) for name in PARTS if name in parts)
    if address is not None:
        return AddressColumns(table.index(address), own)
    known = [name for name in table.columns if name in ADDRESS_NAMES]
    if len(known) == 1:
        return AddressColumns(table.columns.index(known[0]), own)
    if own and not known:
        return AddressColumns(None, own)
    header = ", ".join(map(repr, table.columns))
    if known:
        names = ", ".join(map(repr, known))
        raise BadInputError(
            f"{table.path.name} has more than one column for the address: {names}",
            f'Name the one that is meant: --address "{known[0]}"',
            message_zh=f"{table.path.name} 中有多列可作地址：{names}",
            hint_zh=f'请指定其中一列，如 --address "{known[0]}"',
        )
    allowed = ", ".join(ADDRESS_NAMES)
    raise BadInputError(
        f"{table.path.name} has no column named {allowed}; its header has {header}",
        "Name the column of the address with --address, or those of its parts (--town, --road …).",
        message_zh=f"{table.path.name} 没有名为 {allowed} 的列；表头有 {header}",
        hint_zh="请用 --address 指定地址列，或用 --town、--road 等指定各部分所在的列。",
    )
