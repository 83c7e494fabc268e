"""Settings of the server, from environment variables that begin with WEIGE_."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from app.errors import BadInputError
from app.incidents.policy import DEFAULT_POLICY

ROOT = Path(__file__).resolve().parent.parent.parent
PREFIX = "WEIGE_"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the server may be told.

    Attributes
    ----------
    city : Path
        Folder of the city (``WEIGE_CITY``).
    var : Path
        Where derived files are built (``WEIGE_VAR``).
    tolerance_m : float
        How far outside every grid a point is still given the nearest (``WEIGE_TOLERANCE_M``).
    max_points : int
        Points that one ``POST /api/locate`` may carry in JSON (``WEIGE_MAX_POINTS``).
    max_bulk_points : int
        Points that it may carry in Arrow or Parquet (``WEIGE_MAX_BULK_POINTS``).
    max_bulk_bytes : int
        Bytes that such a body may have (``WEIGE_MAX_BULK_BYTES``).
    max_features : int
        Grids that one ``GET /api/grids`` may return (``WEIGE_MAX_FEATURES``).
    staff_phones : bool
        Whether phones of people on duty are answered (``WEIGE_STAFF_PHONES``, ``1`` or ``0``).
        As long as there is no sign-in, leave it off for real data; cities that declare
        themselves synthetic always show their fictitious phones.
    database_url : str
        Where incidents are kept (``WEIGE_DATABASE_URL``): ``sqlite:///file`` or ``postgresql://…``;
        empty is ``weige.db`` in `var`.
    policy : Path
        How incidents are handled (``WEIGE_POLICY``).
    max_listeners : int
        Streams that one process of the server may hold (``WEIGE_MAX_LISTENERS``); each needs a
        thread, see gunicorn.conf.py.
    """

    city: Path = ROOT / "geodata" / "jianyang"
    var: Path = ROOT / "var"
    tolerance_m: float = 25.0
    max_points: int = 10_000
    max_bulk_points: int = 5_000_000
    max_bulk_bytes: int = 64 * 1024 * 1024
    max_features: int = 10_000
    staff_phones: bool = False
    database_url: str = ""
    policy: Path = DEFAULT_POLICY
    max_listeners: int = 128

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings.

        Raises
        ------
        BadInputError
            If a variable cannot be read as its type, or no setting has its name.
        """
        known = {field.name: field.type for field in fields(cls)}
        values: dict[str, object] = {}
        for variable, text in sorted(environ.items()):
            if not variable.startswith(PREFIX):
                continue
            name = variable.removeprefix(PREFIX).lower()
            if name not in known:
                raise BadInputError(
                    f"{variable} is not a setting; known are "
                    f"{[PREFIX + name.upper() for name in known]}"
                )
            values[name] = _read(variable, text, str(known[name]))
        return cls(**values)  # type: ignore[arg-type]


def _read(variable: str, text: str, kind: str) -> object:
    try:
        if kind == "bool":
            return {"1": True, "0": False}[text]
        return {"Path": Path, "float": float, "int": int, "str": str}[kind](text)
    except (KeyError, ValueError):
        wanted = "1 or 0" if kind == "bool" else f"a {kind}"
        raise BadInputError(f"{variable} is {text!r}, allowed is {wanted}") from None
