"""What is said where a correction meets another, or touches what nobody has confirmed."""

from __future__ import annotations

from dataclasses import asdict

from app.corrections.correction import Correction, Trial
from app.errors import ConflictError


def unconfirmed(trial: Trial) -> ConflictError:
    """Return the error of a correction that touches other names."""
    names = "、".join(dict.fromkeys(one.name for one in trial.touched))
    return ConflictError(
        f"it touches other names: {names}",
        "Look at them (touched), then send it again with confirmed.",
        message_zh=f"会影响其他名称：{names}",
        hint_zh="请核对后再次提交并确认（confirmed）。",
        details={"touched": [asdict(one) for one in trial.touched]},
    )


def taken(earlier: Correction) -> ConflictError:
    """Return the error of a correction of what another one in effect corrects."""
    return ConflictError(
        f"{earlier.made_by!r} corrected the same at {earlier.made_at.isoformat()}",
        f"Undo that one, or say that this one replaces it: replaces {earlier.id}.",
        message_zh=f"“{earlier.made_by}”已于 {earlier.made_at.isoformat()} 改正过同一地址",
        hint_zh=f"请先撤销该改正，或注明以本次替换：replaces {earlier.id}。",
        details={
            "in_effect": earlier.id,
            "made_by": earlier.made_by,
            "made_at": earlier.made_at.isoformat(),
        },
    )


def replaces_nothing(replaces: str) -> ConflictError:
    """Return the error of a correction that replaces one that is not in effect."""
    return ConflictError(
        f"replaces is {replaces!r:.80}, which is no correction of this that is in effect",
        "Load the list again; leave replaces out if there is none.",
        message_zh=f"replaces 为 {replaces!r:.80}，并非对同一地址仍有效的改正",
        hint_zh="请刷新列表；若无，请不填 replaces。",
    )


def undone_already(found: Correction) -> ConflictError:
    """Return the error of undoing what was undone."""
    at = found.undone_at.isoformat() if found.undone_at else ""
    return ConflictError(
        f"{found.undone_by!r} undid it already, at {at}",
        "Make the correction again if it should hold after all.",
        message_zh=f"“{found.undone_by}”已于 {at} 撤销",
        hint_zh="如仍需要，请重新改正。",
        details={"undone_by": found.undone_by, "undone_at": at},
    )


def known_already(ident: str) -> ConflictError:
    """Return the error of an id that is taken."""
    return ConflictError(
        f"there is a correction {ident} already",
        "Look at it: an import brings each once.",
        message_zh=f"已有编号为 {ident} 的改正",
        hint_zh="请先查看：同一改正只导入一次。",
    )
