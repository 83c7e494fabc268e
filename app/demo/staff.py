"""The people on duty: roles and numbers, never names."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

ROLES = {
    "general": "总网格长",
    "ordinary": "一般网格员",
    "micro": "微网格长",
    "dedicated": "专属网格长",
}
# Shares of Jianyang's grid team as published in mid-2023.
SHARES = {"college": 0.504, "under_30": 0.61, "party_member": 0.735, "group_leader": 0.84}
# How much likelier each level is to have each quality (added to a uniform draw).
_LEANING = {
    "college": {"general": 0.5, "ordinary": 0.6, "micro": 0.0, "dedicated": 0.4},
    "under_30": {"general": -0.4, "ordinary": 0.4, "micro": 0.0, "dedicated": 0.2},
    "party_member": {"general": 1.0, "ordinary": 0.3, "micro": 0.0, "dedicated": 0.1},
    "group_leader": {"general": -0.5, "ordinary": 0.0, "micro": 0.6, "dedicated": -0.6},
}


def make_staff(codes: dict[str, list[str]], rng: np.random.Generator) -> pd.DataFrame:
    """Return one leader per grid.

    The numbers begin with 000, which no Chinese number does: they cannot reach anyone.

    Parameters
    ----------
    codes
        Codes by level, levels as in `ROLES`.
    rng
        Where the randomness comes from.

    Returns
    -------
    DataFrame
        Columns code, level, role, label, phone, college, under_30, party_member, group_leader.
    """
    level = np.concatenate([np.full(len(found), name) for name, found in codes.items()])
    code = np.concatenate([np.asarray(found, dtype=object) for found in codes.values()])
    role = np.array([ROLES[name] for name in level], dtype=object)
    number = rng.permutation(len(code)) + 1
    frame = pd.DataFrame(
        {
            "code": code,
            "level": level.astype(object),
            "role": role,
            "label": [f"{r} {c}" for r, c in zip(role, code, strict=True)],
            "phone": [f"000-{k // 10000:04d}-{k % 10000:04d}" for k in number],
        }
    )
    for column, share in SHARES.items():
        frame[column] = _chosen(share, level, _LEANING[column], rng)
    return frame


def _chosen(
    share: float, level: npt.NDArray[np.str_], leaning: dict[str, float], rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Return who has a quality: exactly the rounded share of all."""
    score = rng.random(len(level)) + np.array([leaning[name] for name in level])
    chosen = np.zeros(len(level), dtype=bool)
    chosen[np.argsort(-score, kind="stable")[: round(share * len(level))]] = True
    return chosen
