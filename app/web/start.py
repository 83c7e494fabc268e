"""What must hold before the server answers: the gate between a demo and real use.

A demo signs everybody in, so nobody but this machine may reach it. In production there must be a
secret key, which signs sessions, and somebody who can manage accounts.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from app.accounts.accounts import Accounts
from app.errors import BadInputError
from app.web.settings import MIN_KEY_BYTES, PRODUCTION, Settings

_TO_DO = (
    "For real use set WEIGE_ENV=production and WEIGE_SECRET_KEY "
    "(python -c 'import secrets; print(secrets.token_urlsafe(48))'), make the first administrator "
    "(python -m scripts.manage_users add NAME --role admin), and put TLS in front; "
    "docs/accounts.md has the list."
)
_TO_DO_ZH = (
    "正式使用请设置 WEIGE_ENV=production 与 WEIGE_SECRET_KEY"
    "（python -c 'import secrets; print(secrets.token_urlsafe(48))'），创建首位管理员"
    "（python -m scripts.manage_users add 账号名 --role admin），并启用 TLS；"
    "清单见 docs/accounts.md。"
)


class NotReadyError(BadInputError):
    """The server may not start like this."""

    code = "not_ready"


def check_ready(settings: Settings, accounts: Accounts) -> None:
    """Refuse production without a secret key and an administrator.

    Raises
    ------
    NotReadyError
        If something is missing; the message names all of it.
    """
    if settings.env != PRODUCTION:
        return
    missing, missing_zh = [], []
    size = len(settings.secret_key.encode())
    if size < MIN_KEY_BYTES:
        missing.append(f"WEIGE_SECRET_KEY has {size} bytes, at least {MIN_KEY_BYTES} are needed")
        missing_zh.append(f"WEIGE_SECRET_KEY 有 {size} 字节，至少需要 {MIN_KEY_BYTES} 字节")
    if not accounts.has_admin():
        missing.append("there is no administrator")
        missing_zh.append("尚无管理员账号")
    if missing:
        raise NotReadyError(
            f"WEIGE_ENV is {PRODUCTION}, but " + ", and ".join(missing),
            _TO_DO,
            message_zh=f"WEIGE_ENV 为 {PRODUCTION}，但" + "，且".join(missing_zh),
            hint_zh=_TO_DO_ZH,
        )


def check_addresses(addresses: Iterable[object], settings: Settings) -> None:
    """Refuse a demo that others than this machine can reach.

    Parameters
    ----------
    addresses
        What is bound, as ``socket.getsockname()`` says it: (host, port, …) or the path of a
        unix socket, behind which there may be anybody.

    Raises
    ------
    NotReadyError
        If one of them is not of loopback.
    """
    if settings.env == PRODUCTION:
        return
    for address in addresses:
        host = address[0] if isinstance(address, tuple) else None
        if not isinstance(host, str) or not is_loopback(host):
            shown = host if isinstance(host, str) else f"unix:{address!s}"
            raise NotReadyError(
                f"the demo signs everybody in and serves this machine only; {shown!r} is no "
                "address of loopback, allowed are 127.0.0.1 and ::1",
                _TO_DO,
                message_zh=f"演示模式无需登录，只能在本机使用；{shown!r} 不是本机回环地址，"
                "只允许 127.0.0.1 与 ::1",
                hint_zh=_TO_DO_ZH,
            )


def is_loopback(host: str) -> bool:
    """Tell whether a host, as a name or an address, is this machine and nobody else."""
    plain = host.strip().lower().removeprefix("[").removesuffix("]")
    if plain == "localhost":
        return True
    try:
        address = ipaddress.ip_address(plain)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
