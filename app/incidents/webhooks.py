"""Webhooks: other systems that are told of every event; who they are and how far each has come.

Each webhook has a cursor, the number of the feed up to which it was told or has no interest. One
process at a time delivers (app.incidents.lease); a cursor is moved only by who holds the lease,
so an event may come twice after a fault, and never not at all. What cannot be delivered goes to a
list of its own and is kept there.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.accounts import Actor, Permission, Role
from app.accounts.tables import account
from app.errors import BadInputError, ForbiddenError, NotFoundError
from app.incidents.incident import Event
from app.incidents.lease import NAME as LEASE
from app.incidents.policy import Policy
from app.incidents.tables import event
from app.incidents.webhook_hosts import WebhookHosts
from app.incidents.webhook_tables import (
    DeadLetter,
    Webhook,
    dead_letter,
    lease,
    to_webhook,
    webhook,
)
from app.store import Database, utc_now

MAX_WEBHOOKS = 50

# Whoever may manage webhooks now; who made one may have been more once.
_MANAGERS = [str(one) for one in Role if Permission.MANAGE in one.permissions]
_OUTSIDE = WebhookHosts()


class Webhooks:
    """The webhooks of a database.

    Parameters
    ----------
    database
        Where they are kept.
    policy
        Names the hazards.
    hosts
        Where events may be sent.
    """

    def __init__(self, database: Database, policy: Policy, hosts: WebhookHosts = _OUTSIDE) -> None:
        self._database = database
        self._policy = policy
        self.hosts = hosts

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
        self.hosts.check(url)
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
            return to_webhook(connection.execute(made).one())

        return self._database.write(work)

    def all(self, actor: Actor) -> tuple[Webhook, ...]:
        """Return the webhooks that an actor manages."""
        actor.require(Permission.MANAGE)
        asked = sa.select(webhook).order_by(webhook.c.id)
        if actor.area is not None:
            asked = asked.where(webhook.c.area == actor.area)
        with self._database.read() as connection:
            return tuple(to_webhook(row) for row in connection.execute(asked))

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
        """Change `url`, `hazards` or `active` of a webhook; raises like `add` and `get`.

        From then on it is told for whoever changed it, also if who made it may not any more.
        """
        self.get(actor, ident)
        if "url" in values:
            self.hosts.check(values["url"])
        if "hazards" in values:
            values["hazards"] = self._checked(values["hazards"])
        # Whoever repairs it does not want to wait for the next attempt.
        values |= {"attempts": 0, "next_at": None, "created_by": actor.id}
        changed = sa.update(webhook).where(webhook.c.id == ident).values(values).returning(webhook)
        return self._database.write(lambda made: to_webhook(made.execute(changed).one()))

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
        asked = sa.select(webhook).where(*_told()).order_by(webhook.c.id)
        with self._database.read() as connection:
            return tuple(to_webhook(row) for row in connection.execute(asked))

    def current(self, ident: int) -> Webhook | None:
        """Return a webhook as it is now, None if it is not to be told."""
        asked = sa.select(webhook).where(webhook.c.id == ident, *_told())
        with self._database.read() as connection:
            row = connection.execute(asked).first()
        return to_webhook(row) if row else None

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
        """Move a cursor on; False if the lease is another's or the cursor was moved."""
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
        held = sa.exists().where(lease.c.name == LEASE, lease.c.holder == holder)
        # Also of one that was switched off meanwhile: what was sent was sent.
        same = (webhook.c.id == one.id, webhook.c.cursor == one.cursor)
        moved = sa.update(webhook).where(*same, held).values(values)

        def work(connection: Connection) -> bool:
            if connection.execute(moved).rowcount != 1:
                return False
            if letter is not None:
                connection.execute(sa.insert(dead_letter).values(letter))
            return True

        return self._database.write(work)


def _told() -> tuple[sa.ColumnElement[bool], ...]:
    """Return which webhooks are told: switched on, and managed by somebody who still may.

    What an account may see it must not be told by its webhook once it is switched off, has another
    role or another area. One that a script made belongs to no account.
    """
    manager = sa.exists().where(
        account.c.id == webhook.c.created_by,
        account.c.active,
        account.c.role.in_(_MANAGERS),
        sa.or_(account.c.area.is_(None), account.c.area == webhook.c.area),
    )
    return webhook.c.active, sa.or_(webhook.c.created_by.is_(None), manager)
