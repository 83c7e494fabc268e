"""Kept views: what somebody looks at, by name; of one account, and shown to no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.accounts.actor import Actor
from app.accounts.tables import account, kept_view
from app.errors import BadInputError, ConflictError, ForbiddenError, NotFoundError
from app.store import Database, utc_now

MAX_NAME = 60
MAX_ADDRESS = 2_000
MOST = 40


@dataclass(frozen=True, slots=True)
class KeptView:
    """One view.

    Attributes
    ----------
    name : str
        What its account calls it.
    address : str
        The part of the page's address behind the path: ``#z=13.20&c=104.54720,30.39010``.
    kept_at : datetime
        When it was kept, or kept anew, UTC.
    """

    name: str
    address: str
    kept_at: datetime


class KeptViews:
    """The kept views of one database; every call is about those of the actor's own account.

    Parameters
    ----------
    database
        Where they are kept.
    clock
        What time it is.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

    def all(self, by: Actor) -> list[KeptView]:
        """Return the views of the actor's account, those kept last first.

        Raises
        ------
        ForbiddenError
            If the actor has no account.
        """
        owner = _owner(by)
        asked = (
            sa.select(kept_view.c.name, kept_view.c.address, kept_view.c.kept_at)
            .where(kept_view.c.account_id == owner)
            .order_by(kept_view.c.kept_at.desc(), kept_view.c.name)
        )
        with self._database.read() as connection:
            return [KeptView(*row) for row in connection.execute(asked)]

    def keep(self, by: Actor, name: str, address: str) -> KeptView:
        """Keep a view; one of the same name is replaced.

        Parameters
        ----------
        by
            Whose account it is.
        name
            1 to `MAX_NAME` printable characters without a slash; spaces around it are dropped.
        address
            Begins with ``#``; at most `MAX_ADDRESS` printable characters, no spaces.

        Raises
        ------
        BadInputError
            If name or address are not such.
        ConflictError
            If it would be one more than `MOST`.
        ForbiddenError
            If the actor has no account.
        """
        owner = _owner(by)
        made = KeptView(_check_name(name), _check_address(address), self._clock())

        def work(connection: Connection) -> None:
            # One after the other, or two at once would make one too many on PostgreSQL.
            connection.execute(
                sa.select(account.c.id).where(account.c.id == owner).with_for_update()
            )
            mine = kept_view.c.account_id == owner
            connection.execute(sa.delete(kept_view).where(mine, kept_view.c.name == made.name))
            there = connection.scalar(sa.select(sa.func.count()).select_from(kept_view).where(mine))
            if there is not None and there >= MOST:
                raise _full(made.name)
            connection.execute(
                sa.insert(kept_view).values(
                    account_id=owner, name=made.name, address=made.address, kept_at=made.kept_at
                )
            )

        self._database.write(work)
        return made

    def drop(self, by: Actor, name: str) -> None:
        """Forget a view.

        Raises
        ------
        NotFoundError
            If the actor's account has none of this name.
        ForbiddenError
            If the actor has no account.
        """
        owner, plain = _owner(by), name.strip()
        which = sa.delete(kept_view).where(
            kept_view.c.account_id == owner, kept_view.c.name == plain
        )
        # What no view can be called is not asked for: PostgreSQL takes no NUL in a text.
        if not plain.isprintable() or not self._database.write(
            lambda connection: connection.execute(which).rowcount
        ):
            raise NotFoundError(
                f"your account keeps no view called {name!r:.80}",
                "GET /api/views lists those that it keeps.",
                message_zh=f"本账号没有名为 {name!r:.80} 的视图",
                hint_zh="可用 GET /api/views 查看已保存的视图。",
            )


def _owner(by: Actor) -> int:
    if by.id is None:
        raise ForbiddenError(
            f"{by.label!r} has no account to keep views for",
            "The demo has no accounts: its page keeps views in the browser.",
            message_zh=f"“{by.label}”没有账号，无法保存视图",
            hint_zh="演示模式没有账号，视图保存在浏览器中。",
        )
    return by.id


def _check_name(name: str) -> str:
    plain = name.strip()
    if (
        not plain
        or len(plain) > MAX_NAME
        or not plain.isprintable()
        or "/" in plain
        or plain in {".", ".."}
    ):
        raise BadInputError(
            f"the name of the view is {name!r:.80}, allowed are 1 to {MAX_NAME} printable "
            "characters without '/'",
            "For example 雨夜巡查.",
            message_zh=f"视图名称为 {name!r:.80}，应为 1 至 {MAX_NAME} 个可见字符，不含“/”",
            hint_zh="例如 雨夜巡查。",
        )
    return plain


def _check_address(address: str) -> str:
    usable = address.isprintable() and " " not in address
    if not address.startswith("#") or len(address) > MAX_ADDRESS or not usable:
        raise BadInputError(
            f"the address of the view is {address!r:.80} ({len(address)} characters), allowed are "
            f"'#' and what the page writes behind it, at most {MAX_ADDRESS} printable characters "
            "without spaces",
            "For example #z=13.20&c=104.54720,30.39010.",
            message_zh=f"视图地址为 {address!r:.80}（{len(address)} 个字符），应以“#”开头，"
            f"至多 {MAX_ADDRESS} 个可见字符，不含空格",
            hint_zh="例如 #z=13.20&c=104.54720,30.39010。",
        )
    return address


def _full(name: str) -> ConflictError:
    return ConflictError(
        f"your account keeps {MOST} views, which is the most allowed; {name!r} was not kept",
        "Drop one that is not needed, or give the new one the name of one that is to go.",
        message_zh=f"本账号已保存 {MOST} 个视图，达到上限；{name!r} 未保存",
        hint_zh="请先删除不需要的视图，或用旧视图的名称覆盖它。",
    )
