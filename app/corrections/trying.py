"""What a correction would do: checked, with all that it replaces and touches."""

from __future__ import annotations

from collections.abc import Sequence

from app.accounts import Actor
from app.addresses.match import Query
from app.addresses.matcher import Matcher
from app.corrections.check_alias import check_alias
from app.corrections.check_place import check_place
from app.corrections.correction import Before, Content, Draft, Kind, Touched, Trial
from app.corrections.fields import MAX_NOTE, check_field, without_private
from app.corrections.in_effect import InEffect
from app.corrections.standing import Ground, Standing


def try_out(
    ground: Ground, actor: Actor, draft: Draft, matcher: Matcher, in_effect: InEffect
) -> Trial:
    """Return what a correction would do.

    Parameters
    ----------
    ground
        The city and the tables of its gazetteer.
    actor
        Who makes it; limited to its area.
    draft
        What is to be corrected.
    matcher
        Of the gazetteer as it stands.
    in_effect
        The corrections that hold now.

    Raises
    ------
    BadInputError
        If it is no correction that an import would take; says why.
    ForbiddenError
        If it has to do with more than the actor's area.
    """
    standing = Standing(matcher, in_effect.points)
    note = check_field("note", draft.note.strip(), MAX_NOTE)
    text = without_private(draft.text)
    before = _ask(matcher, draft.text)
    if draft.kind is Kind.PLACE:
        place = check_place(ground, standing, draft)
        content = Content(Kind.PLACE, text, note, place.words, place.point, None)
        grids = [place.point.grid, *(one.grid for one in place.replaced if one.grid)]
        filled, replaced, touched = place.filled, place.replaced, place.touched
    else:
        named = check_alias(standing, draft)
        content = Content(Kind.ALIAS, text, note, {}, None, named.alias)
        grids, filled, replaced, touched = list(named.grids), (), (), named.touched
    seen, whole = ground.chains(grids)
    actor.require_area(whole)
    if actor.area is not None:
        _refuse_touching_others(ground, actor, standing, touched)
    replaces = in_effect.same_as(content)
    return Trial(content, filled, before, replaced, replaces, touched, seen, whole)


def _refuse_touching_others(
    ground: Ground, actor: Actor, standing: Standing, touched: Sequence[Touched]
) -> None:
    """Refuse to change how names of other areas are read."""
    for one in touched:
        if one.how == "new":
            continue
        for kind, places in standing.gazetteer.places.items():
            if str(kind) != one.kind or not len(places):
                continue
            for ident in standing.named(kind, one.name, one.town):
                actor.require_area(ground.chains(standing.grids_of(kind, ident))[1])


def _ask(matcher: Matcher, text: str) -> Before:
    """Return how an address is answered now."""
    if not text.strip():
        return Before("", "", matcher.gazetteer.version)
    found = matcher.assign(Query(text))
    return Before(str(found.status), found.grid, matcher.gazetteer.version)
