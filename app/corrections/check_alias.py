"""Whether another name names exactly one place and takes nobody's name, and what it touches."""

from __future__ import annotations

from dataclasses import dataclass

from app.addresses.amendments import AmendedAlias
from app.addresses.columns import PLACE_KINDS
from app.addresses.entry import Kind
from app.addresses.names import Form
from app.addresses.normalise import key
from app.addresses.tokens import tokens
from app.corrections.check_place import touched_by
from app.corrections.correction import Draft, Touched
from app.corrections.fields import MAX_WORD, check_field
from app.corrections.standing import Standing
from app.errors import BadInputError

# Of one character nobody can tell a name from any other character of a text.
_SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Named:
    """Another name, checked.

    Attributes
    ----------
    alias : AmendedAlias
    touched : tuple of Touched
    grids : tuple of str
        Codes of the grids in which its place lies.
    """

    alias: AmendedAlias
    touched: tuple[Touched, ...]
    grids: tuple[str, ...]


def check_alias(standing: Standing, draft: Draft) -> Named:
    """Check another name of a place.

    Raises
    ------
    BadInputError
        If it is no name, names nothing or several places, is somebody else's name, or is known.
    """
    alias = _name(draft.alias.strip())
    kind, ident = _target(standing, draft)
    name, town = standing.name_of(kind, ident), standing.town_of(kind, ident)
    _refuse_taken(standing, alias, kind, ident)
    own = Touched(name, str(kind), town, "")
    touched = [
        one
        for one in touched_by(standing, alias)
        if (one.name, one.kind, one.town) != (own.name, own.kind, own.town)
    ]
    return Named(
        AmendedAlias(alias, str(kind), town, name),
        tuple(touched),
        tuple(standing.grids_of(kind, ident)),
    )


def _name(alias: str) -> str:
    check_field("alias", alias, MAX_WORD)
    folded = key(alias)
    if len(folded) < _SHORTEST:
        raise BadInputError(
            f"alias is {alias!r}, allowed are names of {_SHORTEST} characters or more",
            message_zh=f"别名为 {alias!r}，至少 {_SHORTEST} 个字",
        )
    numbers = tokens(folded, 0, len(folded))
    if numbers and numbers[0].start == 0 and numbers[-1].stop == len(folded):
        raise BadInputError(
            f"alias is {alias!r}, which is read as a number with its unit, not as a name",
            "Correct the door or the building instead.",
            message_zh=f"别名 {alias!r} 会被读作编号，不能作名称",
            hint_zh="请改正门牌或楼栋。",
        )
    return alias


def _target(standing: Standing, draft: Draft) -> tuple[Kind, int]:
    allowed = [str(kind) for kind in PLACE_KINDS]
    if draft.target_kind not in allowed:
        raise BadInputError(
            f"target_kind is {draft.target_kind!r:.40}, allowed are {', '.join(allowed)}",
            message_zh=f"target_kind 为 {draft.target_kind!r:.40}，可用：{'、'.join(allowed)}",
        )
    kind = Kind(draft.target_kind)
    target = check_field("target", draft.target.strip(), MAX_WORD)
    town = check_field("target_town", draft.target_town.strip(), MAX_WORD)
    if town and standing.town_named(town) is None:
        raise BadInputError(
            f"target_town is {town!r}, the gazetteer has {'、'.join(standing.towns[:40])}",
            message_zh=f"镇街为 {town!r}，标准地址库中有：{'、'.join(standing.towns[:40])}",
        )
    found = standing.named(kind, target, town)
    where, where_zh = (f" in {town}", f"{town}的") if town else ("", "")
    if not found:
        raise BadInputError(
            f"target is {target!r}, the gazetteer has no {kind} of this name{where}",
            "Give the name as the gazetteer has it, or correct the place itself.",
            message_zh=f"标准地址库中没有{where_zh}{target!r}（{kind}）",
            hint_zh="请填写标准地址库中的名称，或改为改正门牌、单位。",
        )
    if len(found) > 1:
        towns = [standing.town_of(kind, one) for one in found]
        raise BadInputError(
            f"target is {target!r}, which {len(found)} places are called: {', '.join(towns)}",
            "Say its town (target_town).",
            message_zh=f"{target!r} 有 {len(found)} 处：{'、'.join(towns)}",
            hint_zh="请写明所在镇街（target_town）。",
        )
    return kind, found[0]


def _refuse_taken(standing: Standing, alias: str, kind: Kind, ident: int) -> None:
    """Refuse a name that its place has already, or that another place has for its own."""
    for ref in standing.refs(alias):
        name = standing.name_of(ref.kind, ref.id)
        if (ref.kind, ref.id) == (kind, ident) and ref.form is not Form.BARE:
            raise BadInputError(
                f"{alias!r} is a name of {name} already; nothing would change",
                message_zh=f"{alias!r} 已是“{name}”的名称，无需改正",
            )
        if ref.form in {Form.FULL, Form.LONG}:
            town = standing.town_of(ref.kind, ref.id)
            raise BadInputError(
                f"{alias!r} is the name of another {ref.kind}: {town} {name}",
                "Correct the door or the place that was answered wrongly instead.",
                message_zh=f"{alias!r} 是另一处的名称：{town}{name}",
                hint_zh="请改正答错的门牌或单位本身。",
            )
        if ref.form is Form.ALIAS and standing.gazetteer.aliases[ref.alias].split:
            raise BadInputError(
                f"{alias!r} is a former name that was split over several places",
                "It can mean one of them for one address only: correct the door or the place.",
                message_zh=f"{alias!r} 是已拆分到多处的旧名",
                hint_zh="请改正具体门牌或单位。",
            )
