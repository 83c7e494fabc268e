"""Passwords: what is allowed as one, and how one is kept (argon2id)."""

from __future__ import annotations

import threading
import unicodedata
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import BadInputError

MIN_LENGTH, MAX_LENGTH = 10, 200
# A hash takes 64 MiB and a processor for a while; more at once would only take turns.
_AT_ONCE = 2


class Passwords:
    """Makes and verifies hashes, a few at a time.

    Parameters
    ----------
    hasher
        How; left out: argon2id with the second recommended option of RFC 9106, section 4.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._gate = threading.BoundedSemaphore(_AT_ONCE)

    @cached_property
    def _nobody(self) -> str:
        """What is verified for names that do not exist, so that they take as long as others."""
        return self.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """Return what is kept of a password."""
        with self._gate:
            return self._hasher.hash(_normal(password))

    def verify(self, kept: str | None, password: str) -> bool:
        """Tell whether a password is the one of which `kept` is kept.

        Parameters
        ----------
        kept
            What `hash` returned; None if there is no account: the answer is no, and takes as long.
        """
        if len(password) > MAX_LENGTH:
            password = ""
        nobody = self._nobody  # made by the first who comes, whoever that is
        try:
            with self._gate:
                self._hasher.verify(kept or nobody, _normal(password))
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None

    def is_weak(self, kept: str) -> bool:
        """Tell whether a hash was made with other parameters than those of today."""
        return self._hasher.check_needs_rehash(kept)


def check_password(password: str, name: str) -> None:
    """Refuse what is too easy to guess as the password of an account.

    Length decides, not kinds of characters (NIST SP 800-63B, 5.1.1.2).

    Raises
    ------
    BadInputError
        If it is too short or too long, repeats one or two characters, or holds the account's name.
        The password is not quoted.
    """
    why, why_zh = "", ""
    plain = _normal(password)
    if not MIN_LENGTH <= len(plain) <= MAX_LENGTH:
        why = f"has {len(plain)} characters"
        why_zh = f"有 {len(plain)} 个字符"
    elif len(set(plain)) <= 3:  # noqa: PLR2004 - 1111111111, abababab
        why, why_zh = "repeats a few characters", "只重复少数字符"
    elif name and name in plain.lower():
        why, why_zh = "holds the name of the account", "包含账号名"
    if why:
        raise BadInputError(
            f"the password {why}, allowed are {MIN_LENGTH} to {MAX_LENGTH} characters that are "
            "not easy to guess",
            "Several words that do not belong together make a good one.",
            message_zh=f"密码{why_zh}，应为 {MIN_LENGTH} 至 {MAX_LENGTH} 个不易猜到的字符",
            hint_zh="可以用几个互不相关的词组成。",
        )


def _normal(password: str) -> str:
    """Return one form of what keyboards write in several (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode()
