"""A database that a script reads and does not change."""

from __future__ import annotations

from app.errors import ConflictError
from app.store import Database


def open_as_it_is(url: str, hint: str, hint_zh: str) -> Database:
    """Open a database whose tables have the form of this program; none is brought to it.

    Parameters
    ----------
    url
        The database, as `Database` takes it.
    hint, hint_zh
        What else may be done than to bring the tables up to date; goes on after a comma.

    Raises
    ------
    ConflictError
        If the tables are older or newer.
    UnavailableError
        If the database cannot be reached.
    """
    database = Database(url)
    newest = False
    try:
        newest = database.is_newest()
    finally:
        if not newest:
            database.close()
    if not newest:
        raise ConflictError(
            "the tables of the database are not in the form of this program, and a command that "
            "only reads does not change them",
            f"Start the server of this program once, which brings them up to date, {hint}.",
            message_zh="数据库的表结构与本程序不一致；只读取的命令不作改动",
            hint_zh=f"请先启动一次本程序的服务器（会更新表结构），{hint_zh}。",
        )
    return database
