"""Settings of the server, from environment variables that begin with WEIGE_."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from app.errors import BadInputError
from app.incidents.policy import DEFAULT_POLICY

ROOT = Path(__file__).resolve().parent.parent.parent
PREFIX = "WEIGE_"
DEMO, PRODUCTION = ENVS = ("demo", "production")
MIN_KEY_BYTES = 32


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
    max_addresses : int
        Addresses that one ``POST /api/addresses/assign`` may carry (``WEIGE_MAX_ADDRESSES``).
    database_url : str
        Where incidents are kept (``WEIGE_DATABASE_URL``): ``sqlite:///file`` or ``postgresql://…``;
        empty is ``weige.db`` in `var`.
    policy : Path
        How incidents are handled (``WEIGE_POLICY``).
    webhook_hosts : str
        Names of hosts, separated by commas, to which webhooks may lead (``WEIGE_WEBHOOK_HOSTS``);
        empty for any but this machine, see app.incidents.webhook_hosts.
    max_listeners : int
        Streams that one process of the server may hold (``WEIGE_MAX_LISTENERS``); each needs a
        thread, see gunicorn.conf.py.
    env : str
        ``demo``, signed in to by everybody on this machine and reached by nobody else, or
        ``production`` (``WEIGE_ENV``).
    secret_key : str
        Signs sessions (``WEIGE_SECRET_KEY``), at least 32 bytes in production; the demo makes one
        for each start. With another one everybody has to sign in again.
    proxies : int
        How many proxies stand in front and say who asks, in ``X-Forwarded-For`` and
        ``X-Forwarded-Proto`` (``WEIGE_PROXIES``). More than there are, and anybody may say it.
    basemaps : str
        File that names maps of others to lie under the city's own (``WEIGE_BASEMAPS``), see
        app.maps.basemaps; empty for none, and then no browser asks another host.
    writes_per_minute : int
        How many changes one account may make in a minute, in each worker process
        (``WEIGE_WRITES_PER_MINUTE``).
    """

    city: Path = ROOT / "geodata" / "jianyang"
    var: Path = ROOT / "var"
    tolerance_m: float = 25.0
    max_points: int = 10_000
    max_bulk_points: int = 5_000_000
    max_bulk_bytes: int = 64 * 1024 * 1024
    max_features: int = 10_000
    max_addresses: int = 1_000
    database_url: str = field(default="", repr=False)
    policy: Path = DEFAULT_POLICY
    webhook_hosts: str = ""
    max_listeners: int = 128
    env: str = DEMO
    secret_key: str = field(default="", repr=False)
    proxies: int = 0
    basemaps: str = ""
    writes_per_minute: int = 600

    def __post_init__(self) -> None:
        """Refuse what no start may go on with.

        Raises
        ------
        BadInputError
            If `env` is neither of its values, or a count is negative.
        """
        if self.env not in ENVS:
            raise BadInputError(f"WEIGE_ENV is {self.env!r}, allowed are {', '.join(ENVS)}")
        if self.proxies < 0:
            raise BadInputError(f"WEIGE_PROXIES is {self.proxies}, allowed are 0 and more")
        if self.writes_per_minute < 1:
            raise BadInputError(
                f"WEIGE_WRITES_PER_MINUTE is {self.writes_per_minute}, allowed are 1 and more"
            )

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings.

        Raises
        ------
        BadInputError
            If a variable cannot be read as its type, or no setting has its name.
        """
        known = {one.name: one.type for one in fields(cls)}
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
        return {"Path": Path, "float": float, "int": int, "str": str}[kind](text)
    except ValueError:
        raise BadInputError(f"{variable} is {text!r}, allowed is a {kind}") from None
