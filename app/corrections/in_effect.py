"""The corrections that hold now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.addresses.amendments import AmendedAlias, AmendedPoint, Amendments
from app.addresses.normalise import key
from app.addresses.same_place import is_same
from app.corrections.correction import Content


@dataclass(frozen=True, slots=True)
class InEffect:
    """What the corrections in effect say, by id, in the order in which they were made.

    Attributes
    ----------
    seq : int
        Number of the newest event that they include.
    points : dict of str to AmendedPoint
    aliases : dict of str to AmendedAlias
    """

    seq: int = 0
    points: Mapping[str, AmendedPoint] = field(default_factory=dict)
    aliases: Mapping[str, AmendedAlias] = field(default_factory=dict)

    @classmethod
    def of(cls, contents: Mapping[str, Content], seq: int = 0) -> InEffect:
        """Return what the contents of corrections say."""
        points = {ident: one.amended_point for ident, one in contents.items() if one.point}
        aliases = {ident: one.alias for ident, one in contents.items() if one.alias is not None}
        return cls(seq, points, aliases)

    @property
    def amendments(self) -> Amendments:
        """What they lay over the gazetteer."""
        return Amendments(tuple(self.points.values()), tuple(self.aliases.values()))

    def same_as(self, content: Content) -> str:
        """Return the id of the correction that says something of the same thing; "" for none."""
        if content.alias is not None:
            wanted = key(content.alias.alias)
            same = [ident for ident, one in self.aliases.items() if key(one.alias) == wanted]
        else:
            words = content.words
            same = [ident for ident, one in self.points.items() if is_same(words, one.words)]
        return same[-1] if same else ""
