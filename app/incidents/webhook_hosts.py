"""Where webhooks may lead: not to the machine itself, unless somebody who runs it says so.

Whoever manages webhooks chooses where the server sends. Services of the machine itself, and those
that a cloud offers each of its machines at link-local addresses, trust whoever can reach them;
the server must not be made to reach them for others. A name is looked up for every connection,
each address is looked at, and the connection is made to an address that was.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.errors import BadInputError

MAX_URL = 500


@dataclass(frozen=True, slots=True)
class WebhookHosts:
    """Where events may be sent.

    Attributes
    ----------
    hosts : tuple of str
        Names and addresses of hosts, in lower case, that alone are allowed, wherever they are;
        empty for any that are not this machine.
    loopback : bool
        Whether this machine is allowed without being named, as in the demo.
    """

    hosts: tuple[str, ...] = ()
    loopback: bool = False

    @classmethod
    def of(cls, text: str, *, loopback: bool = False) -> WebhookHosts:
        """Return what a setting says: hosts, separated by commas."""
        hosts = (one.strip().strip("[]").lower() for one in text.split(","))
        return cls(tuple(one for one in hosts if one), loopback)

    def check(self, url: str) -> None:
        """Refuse an address to which nothing can or may be sent, as far as it tells by itself.

        Parameters
        ----------
        url
            The address.

        Raises
        ------
        BadInputError
            Naming the address and what is allowed.
        """
        wrong = ""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            parts, host, port = urlsplit(""), "", None
        if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
            wrong = f"allowed are {MAX_URL} printable ASCII characters"
        elif parts.scheme not in {"http", "https"} or not host:
            wrong = "allowed is http://host/… or https://host/…"
        elif parts.username is not None or parts.fragment:
            wrong = "allowed are neither a user name nor a fragment (#)"
        elif self.hosts and host not in self.hosts:
            wrong = f"allowed hosts are {list(self.hosts)} (WEIGE_WEBHOOK_HOSTS)"
        if wrong:
            raise BadInputError(
                f"url is {url[:80]!r}, {wrong}",
                message_zh=f"url 为 {url[:80]!r}，不可用（{wrong}）",
            )
        # Only what needs no look-up, as 127.1 and 0x7f000001; names are looked up when it is sent.
        name = host.rstrip(".")
        if name == "localhost" or name.endswith(".localhost"):
            self._allow(host, ["127.0.0.1"])
        else:
            try:
                self._allow(host, _look_up(host, port or 0, socket.AI_NUMERICHOST))
            except OSError:
                return

    def addresses(self, host: str, port: int) -> list[str]:
        """Return the addresses of a host, all of which are allowed.

        Parameters
        ----------
        host, port
            Where to.

        Raises
        ------
        BadInputError
            If one of them is not allowed.
        OSError
            If there is no such host.
        """
        found = _look_up(host, port)
        self._allow(host, found)
        return found

    def connection(
        self, scheme: str, host: str, port: int | None, timeout_s: float
    ) -> http.client.HTTPConnection:
        """Return a connection that is still to be made; `connect` raises like `addresses`."""
        made: _Line
        if scheme == "https":
            context = ssl.create_default_context()
            made = _SecureLine(host, port, timeout=timeout_s, context=context)
        else:
            made = _Line(host, port, timeout=timeout_s)
        made.hosts = self
        return made

    def _allow(self, host: str, addresses: Iterable[str]) -> None:
        if host.lower() in self.hosts:
            return
        for one in addresses:
            what = _what(one)
            if what and not (self.loopback and what[0] == _LOOPBACK[0]):
                raise BadInputError(
                    f"the host {host[:80]!r} is {what[0]} ({one}), allowed are others",
                    "Whoever runs the server can allow it by WEIGE_WEBHOOK_HOSTS.",
                    message_zh=f"主机 {host[:80]!r} 为{what[1]}（{one}），不允许",
                    hint_zh="服务器管理员可通过 WEIGE_WEBHOOK_HOSTS 允许。",
                )


class _Line(http.client.HTTPConnection):
    """A connection only to where webhooks may lead."""

    hosts: WebhookHosts

    def connect(self) -> None:
        """Connect to the first address that answers."""
        failed: OSError = OSError(f"{self.host} has no address")
        for one in self.hosts.addresses(self.host, self.port):
            try:
                self.sock = socket.create_connection((one, self.port), self.timeout)
            except OSError as error:
                failed = error
            else:
                self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return
        raise failed


class _SecureLine(http.client.HTTPSConnection, _Line):
    """The same over TLS: what HTTPSConnection connects by is `_Line`."""


_LOOPBACK = ("this machine itself", "本机地址")
_LINK_LOCAL = ("a link-local address", "链路本地地址")
_UNSPECIFIED = ("no address of a host", "未指定地址")


def _what(address: str) -> tuple[str, str] | None:
    """Return what an address is, in English and Chinese, if nothing is to be sent to it."""
    found = ipaddress.ip_address(address)
    # An address of IPv4 may be written as one of IPv6.
    found = getattr(found, "ipv4_mapped", None) or found
    if found.is_unspecified:
        return _UNSPECIFIED
    if found.is_loopback:
        return _LOOPBACK
    return _LINK_LOCAL if found.is_link_local else None


def _look_up(host: str, port: int, flags: int = 0) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except UnicodeError as error:
        # A label of the name is empty or too long.
        raise OSError(f"{host[:80]!r} is no name of a host") from error
    return [str(where[0]) for *_, where in found]
