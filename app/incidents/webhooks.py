"""Webhooks: other systems that are told of every event; who they are and how far each has come.

Each webhook has a cursor, the number of the feed up to which it was told or has no interest. One
process at a time delivers (`Lease`); a cursor is moved only by who holds the lease, so an event
may come twice after a fault, and never not at all. What cannot be delivered goes to a list of its
own and is kept there.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from app.accounts import Actor, Permission
from app.errors import BadInputError, ForbiddenError, NotFoundError
from app.incidents.incident import Event
from app.incidents.policy import Policy
from app.incidents.tables import event, metadata
from app.store import Database, Instant, Json, Key, utc_now

MAX_URL = 500
MAX_WEBHOOKS = 50
_LEASE = "webhooks"

webhook = sa.Table(
    "webhook",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    # Needed as it is to sign; shown once.
    sa.Column("secret", sa.Text, nullable=False),
    sa.Column("area", sa.String(64)),
    # Hazards with all their kinds; empty for all.
    sa.Column("hazards", Json, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("created_by", Key),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("cursor", sa.BigInteger, nullable=False),
    # How often the event after the cursor was tried, when it is tried next, and what was wrong.
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", Instant),
    sa.Column("last_error", sa.Text, nullable=False),
    sa.Column("delivered_at", Instant),
)

# What could not be delivered, kept until it is delivered after all.
dead_letter = sa.Table(
    "dead_letter",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("webhook_id", Key, sa.ForeignKey("webhook.id"), nullable=False, index=True),
    sa.Column("seq", Key, sa.ForeignKey("event.seq"), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("failed_at", Instant, nullable=False),
    # Set to have it delivered again, ahead of what is new.
    sa.Column("again", sa.Boolean, nullable=False),
)

lease = sa.Table(
    "lease",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("holder", sa.String(64), nullable=False),
    sa.Column("until", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Webhook:
    """Another system that is told of events.

    Attributes
    ----------
    area : str or None
        Code of the grid whose events it is told; None for the whole city.
    hazards : tuple of str
        Hazards, with all their kinds, of which it is told; empty for all.
    cursor : int
        Number of the feed up to which it was told.
    attempts : int
        How often the next event was tried without success.
    next_at : datetime or None
        When it is tried again.
    last_error : str
        Why the last attempt failed, "" if it did not.
    """

    id: int
    url: str
    secret: str
    area: str | None
    hazards: tuple[str, ...]
    active: bool
    created_by: int | None
    created_at: datetime
    cursor: int
    attempts: int
    next_at: datetime | None
    last_error: str
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that could not be delivered.

    Attributes
    ----------
    again : bool
        Whether it is to be delivered again.
    """

    id: int
    webhook_id: int
    seq: int
    attempts: int
    reason: str
    failed_at: datetime
    again: bool


class Webhooks:
    """The webhooks of a database.

    Parameters
    ----------
    database
        Where they are kept.
    policy
        Names the hazards.
    hosts
        Names of hosts to which events may be sent; empty for any.
    """

    def __init__(self, database: Database, policy: Policy, hosts: Sequence[str] = ()) -> None:
        self._database = database
        self._policy = policy
        self.hosts = tuple(hosts)

    def add(
        self, actor: Actor, url: str, area: str | None = None, hazards: Sequence[str] = ()
    ) -> Webhook:
        """Add a webhook; it is told of what happens from now on.

        Parameters
        ----------
        url
            Where events are sent: http or https.
        area
            Limits what it is told; an actor of an area can tell of that area only.
        hazards
            Limits what it is told.

        Raises
        ------
        BadInputError
            If the URL or a hazard is not usable, or there are too many webhooks.
        ForbiddenError
            If the actor may not manage webhooks, or not for that area.
        """
        self._require(actor, area)
        check_url(url, self.hosts)
        values = {
            "url": url,
            "secret": secrets.token_urlsafe(32),
            "area": area,
            "hazards": self._checked(hazards),
            "active": True,
            "created_by": actor.id,
            "created_at": utc_now(),
            "attempts": 0,
            "last_error": "",
        }

        def work(connection: Connection) -> Webhook:
            count = connection.execute(sa.select(sa.func.count()).select_from(webhook))
            if count.scalar_one() >= MAX_WEBHOOKS:
                raise BadInputError(f"there are {MAX_WEBHOOKS} webhooks, allowed are no more")
            head = connection.execute(sa.select(sa.func.max(event.c.seq))).scalar() or 0
            made = sa.insert(webhook).values(values | {"cursor": head}).returning(webhook)
            return _to_webhook(connection.execute(made).one())

        return self._database.write(work)

    def all(self, actor: Actor) -> tuple[Webhook, ...]:
        """Return the webhooks that an actor manages."""
        actor.require(Permission.MANAGE)
        asked = sa.select(webhook).order_by(webhook.c.id)
        if actor.area is not None:
            asked = asked.where(webhook.c.area == actor.area)
        with self._database.read() as connection:
            return tuple(_to_webhook(row) for row in connection.execute(asked))

    def get(self, actor: Actor, ident: int) -> Webhook:
        """Return one webhook.

        Raises
        ------
        NotFoundError
            If the actor manages none of this number.
        """
        found = {one.id: one for one in self.all(actor)}
        if ident not in found:
            raise NotFoundError(
                f"there is no webhook {ident}; there are {list(found)}",
                message_zh=f"没有编号为 {ident} 的 webhook",
            )
        return found[ident]

    def change(self, actor: Actor, ident: int, **values: Any) -> Webhook:  # noqa: ANN401
        """Change `url`, `hazards` or `active` of a webhook; raises like `add` and `get`."""
        self.get(actor, ident)
        if "url" in values:
            check_url(values["url"], self.hosts)
        if "hazards" in values:
            values["hazards"] = self._checked(values["hazards"])
        # Whoever repairs it does not want to wait for the next attempt.
        values |= {"attempts": 0, "next_at": None}
        changed = sa.update(webhook).where(webhook.c.id == ident).values(values).returning(webhook)
        return self._database.write(lambda made: _to_webhook(made.execute(changed).one()))

    def remove(self, actor: Actor, ident: int) -> None:
        """Remove a webhook with its dead letters; raises like `get`."""
        self.get(actor, ident)

        def work(connection: Connection) -> None:
            connection.execute(sa.delete(dead_letter).where(dead_letter.c.webhook_id == ident))
            connection.execute(sa.delete(webhook).where(webhook.c.id == ident))

        self._database.write(work)

    def dead(self, actor: Actor, ident: int, limit: int = 1_000) -> tuple[DeadLetter, ...]:
        """Return what could not be delivered, first things first; raises like `get`."""
        self.get(actor, ident)
        asked = sa.select(dead_letter).where(dead_letter.c.webhook_id == ident)
        with self._database.read() as connection:
            rows = connection.execute(asked.order_by(dead_letter.c.seq).limit(limit))
            return tuple(DeadLetter(**row) for row in rows.mappings())

    def redeliver(self, actor: Actor, ident: int, seqs: Sequence[int] = ()) -> int:
        """Have dead letters delivered again, those of some events or all; return how many."""
        self.get(actor, ident)
        chosen = [dead_letter.c.webhook_id == ident]
        if seqs:
            chosen.append(dead_letter.c.seq.in_(seqs))
        marked = sa.update(dead_letter).where(*chosen).values(again=True)
        return self._database.write(lambda made: made.execute(marked).rowcount)

    def _require(self, actor: Actor, area: str | None) -> None:
        actor.require(Permission.MANAGE)
        if actor.area is not None and area != actor.area:
            raise ForbiddenError(
                f"area is {area!r}, {actor.label!r} manages webhooks of {actor.area!r} only",
                message_zh=f"area 为 {area!r}，本账号只能管理 {actor.area!r} 的 webhook",
            )

    def _checked(self, hazards: Sequence[str]) -> list[str]:
        for one in hazards:
            self._policy.hazard(one)
        return sorted(set(hazards))

    # What follows is for who delivers.

    def active(self) -> tuple[Webhook, ...]:
        """Return the webhooks that are to be told."""
        asked = sa.select(webhook).where(webhook.c.active).order_by(webhook.c.id)
        with self._database.read() as connection:
            return tuple(_to_webhook(row) for row in connection.execute(asked))

    def current(self, ident: int) -> Webhook | None:
        """Return a webhook as it is now, None if it is not to be told."""
        asked = sa.select(webhook).where(webhook.c.id == ident, webhook.c.active)
        with self._database.read() as connection:
            row = connection.execute(asked).first()
        return _to_webhook(row) if row else None

    def wants(self, one: Webhook, told: Event) -> bool:
        """Tell whether a webhook is to be told of an event."""
        if one.area is not None and one.area not in told.codes:
            return False
        ids = one.hazards
        return not ids or any(told.hazard == of or told.hazard.startswith(f"{of}.") for of in ids)

    def waiting(self, ident: int) -> DeadLetter | None:
        """Return the first dead letter that is to be delivered again."""
        asked = (
            sa.select(dead_letter)
            .where(dead_letter.c.webhook_id == ident, dead_letter.c.again)
            .order_by(dead_letter.c.seq)
            .limit(1)
        )
        with self._database.read() as connection:
            row = connection.execute(asked).mappings().first()
        return DeadLetter(**row) if row else None

    def advance(self, holder: str, one: Webhook, cursor: int, *, delivered: bool) -> bool:
        """Move a cursor on; False if the lease is another's or the webhook was changed."""
        values: dict[str, Any] = {"cursor": cursor}
        if delivered:
            values |= {"attempts": 0, "next_at": None, "last_error": "", "delivered_at": utc_now()}
        return self._write(holder, one, values)

    def postpone(self, holder: str, one: Webhook, cursor: int, reason: str, wait_s: float) -> bool:
        """Note that the event after `cursor` failed, and when it is tried next; like `advance`."""
        values = {
            "cursor": cursor,
            "attempts": one.attempts + 1 if cursor == one.cursor else 1,
            "next_at": utc_now() + timedelta(seconds=wait_s),
            "last_error": reason,
        }
        return self._write(holder, one, values)

    def bury(self, holder: str, one: Webhook, seq: int, attempts: int, reason: str) -> bool:
        """Give an event up, and go on with the next; False like `advance`."""
        values = {"cursor": seq, "attempts": 0, "next_at": None, "last_error": reason}
        letter = {
            "webhook_id": one.id,
            "seq": seq,
            "attempts": attempts,
            "reason": reason,
            "failed_at": utc_now(),
            "again": False,
        }
        return self._write(holder, one, values, letter)

    def settle(self, letter: DeadLetter, reason: str) -> None:
        """End a second delivery: remove the letter, or keep it with why it failed again."""
        mine = dead_letter.c.id == letter.id
        done: sa.Delete | sa.Update = sa.delete(dead_letter).where(mine)
        if reason:
            values = {"again": False, "reason": reason, "attempts": letter.attempts + 1}
            done = sa.update(dead_letter).where(mine).values(values | {"failed_at": utc_now()})
        self._database.write(lambda made: made.execute(done))

    def _write(
        self,
        holder: str,
        one: Webhook,
        values: dict[str, Any],
        letter: dict[str, Any] | None = None,
    ) -> bool:
        held = sa.exists().where(lease.c.name == _LEASE, lease.c.holder == holder)
        same = (webhook.c.id == one.id, webhook.c.cursor == one.cursor, webhook.c.active)
        moved = sa.update(webhook).where(*same, held).values(values)

        def work(connection: Connection) -> bool:
            if connection.execute(moved).rowcount != 1:
                return False
            if letter is not None:
                connection.execute(sa.insert(dead_letter).values(letter))
            return True

        return self._database.write(work)


class Lease:
    """The right of one process to deliver, for a while.

    Parameters
    ----------
    database
        Where it is kept.
    holder
        Name of the process.
    lasting_s
        How long it lasts unless it is taken again, seconds.
    """

    def __init__(self, database: Database, holder: str, lasting_s: float) -> None:
        self._database = database
        self.holder = holder
        self.lasting_s = lasting_s

    def take(self) -> bool:
        """Take the right, or keep it; False if another process has it."""

        def work(connection: Connection) -> bool:
            now = _now(connection)
            until = now + timedelta(seconds=self.lasting_s)
            insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            values = {"name": _LEASE, "holder": self.holder, "until": until}
            taken = (
                insert(lease)
                .values(values)
                .on_conflict_do_update(
                    index_elements=[lease.c.name],
                    set_={"holder": self.holder, "until": until},
                    where=sa.or_(lease.c.holder == self.holder, lease.c.until < now),
                )
                .returning(lease.c.holder)
            )
            return connection.execute(taken).first() is not None

        return self._database.write(work)

    def give_up(self) -> None:
        """Let another process have it at once."""
        mine = sa.delete(lease).where(lease.c.name == _LEASE, lease.c.holder == self.holder)
        self._database.write(lambda made: made.execute(mine))


def check_url(url: str, hosts: Sequence[str] = ()) -> None:
    """Refuse an address to which nothing can or may be sent.

    Parameters
    ----------
    url
        The address.
    hosts
        Names of hosts that are allowed; empty for any.

    Raises
    ------
    BadInputError
        Naming the address and what is allowed.
    """
    wrong = ""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        wrong = f"allowed are {MAX_URL} printable ASCII characters"
    elif parts.scheme not in {"http", "https"} or not host:
        wrong = "allowed is http://host/… or https://host/…"
    elif parts.username is not None or parts.fragment:
        wrong = "allowed are neither a user name nor a fragment (#)"
    elif hosts and host not in {one.lower() for one in hosts}:
        wrong = f"allowed hosts are {list(hosts)} (WEIGE_WEBHOOK_HOSTS)"
    if wrong:
        raise BadInputError(
            f"url is {url[:80]!r}, {wrong}", message_zh=f"url 为 {url[:80]!r}，不可用（{wrong}）"
        )


def _now(connection: Connection) -> datetime:
    """Return the database's time: processes of several machines share no other clock."""
    if connection.dialect.name == "sqlite":
        return utc_now()
    now: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return now


def _to_webhook(row: sa.Row[Any]) -> Webhook:
    found = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    return Webhook(**(found | {"hazards": tuple(found["hazards"])}))
