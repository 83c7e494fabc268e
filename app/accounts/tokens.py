"""API tokens: secrets with which other systems act as an account, with what they were given."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from app.accounts.account import Account
from app.accounts.accounts import Accounts
from app.accounts.actor import Actor, Permission, Role
from app.accounts.audit import record
from app.accounts.tables import account, token
from app.errors import BadInputError, ForbiddenError, NotFoundError, NotSignedInError, WeigeError
from app.store import Database, utc_now

log = logging.getLogger(__name__)

PREFIX = "wg_"
DEFAULT_DAYS, MAX_DAYS = 365, 1825
MAX_NAME = 64
_SECRET = re.compile(r"wg_[A-Za-z0-9_-]{43}")
# Not a write with every call.
_USE_NOTED_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Token:
    """A token, without its secret.

    Attributes
    ----------
    id : int
        Its number.
    account : str
        Name of the account as which it acts.
    name : str
        What it is for.
    scopes : frozenset of Permission
        What it was given; it may no more than the role of its account.
    created_at, expires_at : datetime
        From when to when it can be used, UTC.
    revoked_at : datetime or None
        When it was taken back.
    last_used_at : datetime or None
        When it was last used, to ten minutes.
    """

    id: int
    account: str
    name: str
    scopes: frozenset[Permission]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


class Tokens:
    """The tokens of the accounts of one database.

    Parameters
    ----------
    database
        Where they are kept.
    accounts
        Whose they are.
    clock
        What time it is.
    """

    def __init__(
        self, database: Database, accounts: Accounts, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._clock = clock

    def make(
        self,
        by: Actor,
        owner: str,
        name: str,
        scopes: Iterable[Permission],
        days: int = DEFAULT_DAYS,
    ) -> tuple[Token, str]:
        """Make a token and return it with its secret, which nobody can be told again.

        Parameters
        ----------
        by
            Who makes it; it manages the account, and gives no more than it has.
        owner
            Name of the account as which the token acts.
        name
            What it is for.
        scopes
            What it may do.
        days
            How long it can be used.

        Raises
        ------
        NotFoundError, BadInputError, ForbiddenError
            If there is no such account, a value is not usable, or `by` may not.
        """
        found = self._accounts.managed(by, owner)
        given = frozenset(scopes)
        name = _check_name(name)
        _check_scopes(by, found, given)
        if not 1 <= days <= MAX_DAYS:
            raise BadInputError(
                f"days is {days}, allowed are 1 to {MAX_DAYS}",
                message_zh=f"有效天数为 {days}，应为 1 至 {MAX_DAYS}",
            )
        secret = PREFIX + secrets.token_urlsafe(32)
        now = self._clock()

        def work(connection: Connection) -> Token:
            values = {
                "account_id": found.id,
                "name": name,
                "sha256": _digest(secret),
                "scopes": sorted(given),
                "created_at": now,
                "expires_at": now + timedelta(days=days),
            }
            added = connection.execute(sa.insert(token).values(values))
            record(connection, by, "make_token", found.name, sorted(given))
            assert added.inserted_primary_key is not None  # noqa: S101 - a table with one key
            return _token(_one(connection, added.inserted_primary_key[0]))

        return self._database.write(work), secret

    def all(self, by: Actor) -> list[Token]:
        """Return the tokens of the accounts in the area of `by`, the newest first."""
        by.require(Permission.MANAGE)
        names = {one.name for one in self._accounts.all(by)}
        with self._database.read() as connection:
            rows = connection.execute(_TOKENS.order_by(token.c.id.desc())).mappings().all()
        return [_token(row) for row in rows if row["account"] in names]

    def revoke(self, by: Actor, ident: int) -> Token:
        """Take a token back, for good.

        Raises
        ------
        NotFoundError, ForbiddenError
            If there is none, or it belongs to an account that `by` may not manage.
        """
        by.require(Permission.MANAGE)
        with self._database.read() as connection:
            owner = _token(_one(connection, ident)).account
        self._accounts.managed(by, owner)

        def work(connection: Connection) -> Token:
            mine = sa.update(token).where(token.c.id == ident, token.c.revoked_at.is_(None))
            if connection.execute(mine.values(revoked_at=self._clock())).rowcount:
                record(connection, by, "revoke_token", owner, [])
            return _token(_one(connection, ident))

        return self._database.write(work)

    def actor_of(self, secret: str, remote: str = "") -> Actor:
        """Return who acts with a secret.

        Raises
        ------
        NotSignedInError
            If it is no secret of a token that can be used now.
        """
        row = self._find(secret) if _SECRET.fullmatch(secret) else None
        now = self._clock()
        if row is None or row["revoked_at"] or row["expires_at"] <= now or not row["active"]:
            raise NotSignedInError(
                "the token is not known, is over, or was taken back",
                "Send the header Authorization: Bearer wg_… with a token that an administrator "
                "made for this system.",
                message_zh="令牌无效、已过期或已撤销",
                hint_zh="请使用管理员为本系统生成的令牌，请求头为 Authorization: Bearer wg_…。",
            )
        if row["last_used_at"] is None or now - row["last_used_at"] >= _USE_NOTED_EVERY:
            self._note_use(row["id"], now)
        scopes = frozenset(map(Permission, row["scopes"]))
        role = Role(row["role"])
        return Actor(
            row["account_id"], row["label"], role, row["area"], role.permissions & scopes, remote
        )

    def _find(self, secret: str) -> RowMapping | None:
        digest = _digest(secret)
        asked = (
            sa.select(token, account.c.label, account.c.role, account.c.area, account.c.active)
            .join(account)
            .where(token.c.sha256 == digest)
        )
        with self._database.read() as connection:
            row = connection.execute(asked).mappings().first()
        # An index compares byte by byte; what it tells by its time is of a digest, no more.
        return row if row is not None and hmac.compare_digest(row["sha256"], digest) else None

    def _note_use(self, ident: int, now: datetime) -> None:
        used = sa.update(token).where(token.c.id == ident).values(last_used_at=now)
        try:
            self._database.write(lambda connection: connection.execute(used))
        except WeigeError as error:  # a full disk must not keep readers out
            log.warning("the use of token %d was not noted: %s", ident, error.message)


_TOKENS = sa.select(token, account.c.name.label("account")).join(account)


def _one(connection: Connection, ident: int) -> RowMapping:
    row = connection.execute(_TOKENS.where(token.c.id == ident)).mappings().first()
    if row is None:
        raise NotFoundError(f"there is no token {ident}", message_zh=f"没有编号为 {ident} 的令牌")
    return row


def _token(row: RowMapping) -> Token:
    return Token(
        id=row["id"],
        account=row["account"],
        name=row["name"],
        scopes=frozenset(map(Permission, row["scopes"])),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        last_used_at=row["last_used_at"],
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _check_name(name: str) -> str:
    plain = name.strip()
    if not plain or len(plain) > MAX_NAME or not plain.isprintable():
        raise BadInputError(
            f"the name of the token is {name!r:.80}, allowed are 1 to {MAX_NAME} printable "
            "characters",
            "Name the system that uses it.",
            message_zh=f"令牌名称为 {name!r:.80}，应为 1 至 {MAX_NAME} 个可见字符",
            hint_zh="请写使用它的系统名称。",
        )
    return plain


def _check_scopes(by: Actor, owner: Account, given: frozenset[Permission]) -> None:
    allowed = owner.role.permissions
    if Permission.VIEW not in given or not given <= allowed:
        raise BadInputError(
            f"the scopes are {sorted(given)}, allowed are 'view' and what else is needed of "
            f"{sorted(allowed)}, which is what the role {owner.role} may do",
            "Every call wants 'view'.",
            message_zh=f"令牌权限为 {sorted(given)}，应含 'view'，并从“{owner.role.name_zh}”的权限 "
            f"{sorted(allowed)} 中选择",
            hint_zh="所有调用都需要 'view'。",
        )
    if not given <= by.permissions:
        raise ForbiddenError(
            f"{by.label!r} may not give {sorted(given - by.permissions)}",
            "Nobody gives more than it has.",
            message_zh=f"“{by.label}”不能授予 {sorted(given - by.permissions)}",
            hint_zh="不能授予自己没有的权限。",
        )
