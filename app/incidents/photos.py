"""Photos of incidents: kept with them, each an event of the history."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.accounts import Actor, Permission
from app.errors import ConflictError, NotFoundError
from app.incidents.changes import change, lock
from app.incidents.images import Position, read_picture
from app.incidents.incident import Kind
from app.incidents.ledger import find_visible
from app.incidents.tables import metadata
from app.store import Database, Instant, Key, utc_now

MAX_PHOTOS = 20

photo = sa.Table(
    "photo",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("incident_id", Key, sa.ForeignKey("incident.id"), nullable=False),
    # Of the image as it is kept.
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    # JPEG, written by app.incidents.images.
    sa.Column("image", sa.LargeBinary, nullable=False),
    sa.Column("thumbnail", sa.LargeBinary, nullable=False),
    sa.Column("added_at", Instant, nullable=False),
    sa.Column("added_by", Key),
    sa.UniqueConstraint("incident_id", "sha256"),
)

_FACTS = (photo.c.id, photo.c.sha256, photo.c.width, photo.c.height, photo.c.size, photo.c.added_at)


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of an incident, without its pixels.

    Attributes
    ----------
    width, height : int
        Pixels.
    size : int
        Bytes.
    """

    id: int
    sha256: str
    width: int
    height: int
    size: int
    added_at: datetime


class Photos:
    """The photos of a database, as somebody may see them.

    Parameters
    ----------
    database
        Where they are kept.
    clock
        Returns the instant; for tests.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock
        # One picture at a time is decoded in a process, so that its memory has a bound.
        self._turn = threading.Lock()

    def add(self, actor: Actor, number: str, data: bytes) -> tuple[Photo, bool, Position | None]:
        """Keep a photo of an incident, which is an event of its history.

        Parameters
        ----------
        actor, number
            Who adds it to which incident.
        data
            A JPEG, PNG or WebP file; it is written anew, see `app.incidents.images`.

        Returns
        -------
        photo : Photo
            The new one, or the one of the same content that it has already.
        new : bool
            Whether it is new.
        position : Position or None
            Where the camera says that it was; this is all that is left of it.

        Raises
        ------
        NotFoundError
            If the actor sees no such incident.
        ForbiddenError
            If the actor may not report.
        ConflictError
            If it has as many photos as it may have.
        BadInputError, TooLargeError
            If the file is no photo, damaged, or too large.
        """
        actor.require(Permission.REPORT)
        # Who may not add a photo shall not have one decoded.
        with self._database.read() as connection:
            _check_room(number, _photos(connection, find_visible(connection, actor, number).id))
        with self._turn:
            picture = read_picture(data)

        def work(connection: Connection) -> tuple[Photo, bool]:
            lock(connection, number)
            before = find_visible(connection, actor, number)
            known = _photos(connection, before.id)
            for one in known:
                if one.sha256 == picture.sha256:
                    return one, False
            _check_room(number, known)
            now = self._clock()
            facts: dict[str, Any] = {
                "sha256": picture.sha256,
                "width": picture.width,
                "height": picture.height,
                "size": len(picture.image),
            }
            values = facts | {
                "incident_id": before.id,
                "image": picture.image,
                "thumbnail": picture.thumbnail,
                "added_at": now,
                "added_by": actor.id,
            }
            made = sa.insert(photo).values(values).returning(photo.c.id)
            ident = connection.execute(made).scalar_one()
            change(connection, actor, before, {}, now, Kind.PHOTO, data={"photo": ident} | facts)
            return Photo(id=ident, added_at=now, **facts), True

        made, new = self._database.write(work)
        return made, new, picture.position

    def of(self, actor: Actor, number: str) -> tuple[Photo, ...]:
        """Return the photos of an incident, first things first; raises NotFoundError."""
        with self._database.read() as connection:
            return _photos(connection, find_visible(connection, actor, number).id)

    def image(
        self, actor: Actor, number: str, ident: int, *, thumbnail: bool = False
    ) -> tuple[Photo, bytes]:
        """Return a photo and its JPEG, small or large.

        Raises
        ------
        NotFoundError
            If the actor sees no such incident, or it has no such photo.
        """
        content = photo.c.thumbnail if thumbnail else photo.c.image
        with self._database.read() as connection:
            found = find_visible(connection, actor, number)
            asked = sa.select(*_FACTS, content.label("content")).where(
                photo.c.incident_id == found.id, photo.c.id == ident
            )
            row = connection.execute(asked).first()
        if row is None:
            raise NotFoundError(
                f"{number} has no photo {ident}", message_zh=f"{number} 没有编号为 {ident} 的照片"
            )
        return Photo(*row[:-1]), bytes(row.content)


def _check_room(number: str, known: Sequence[Photo]) -> None:
    if len(known) >= MAX_PHOTOS:
        raise ConflictError(
            f"{number} has {len(known)} photos, allowed are {MAX_PHOTOS}",
            message_zh=f"{number} 已有 {len(known)} 张照片，最多 {MAX_PHOTOS} 张",
        )


def _photos(connection: Connection, incident_id: int) -> tuple[Photo, ...]:
    asked = sa.select(*_FACTS).where(photo.c.incident_id == incident_id).order_by(photo.c.id)
    return tuple(Photo(*row) for row in connection.execute(asked))
