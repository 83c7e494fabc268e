"""The errors that Weige raises on purpose.

Every error that a user may meet derives from `WeigeError`. Its message quotes the bad value and
names what is allowed; its hint says what to do next. Doors (scripts, HTTP) only translate: a
script prints the two lines and exits with 2, the web maps the class to a status (app.web.errors).
"""

from __future__ import annotations


class WeigeError(Exception):
    """Base of every error that is meant for a user.

    Parameters
    ----------
    message
        What is wrong, quoting the bad value and what is allowed.
    hint
        What the user can do about it; empty when the message already says so.
    message_zh
        The same as `message` in Chinese; `message` stands in when it is empty.
    hint_zh
        The same as `hint` in Chinese; `hint` stands in when it is empty.
    """

    code = "error"

    def __init__(
        self, message: str, hint: str = "", *, message_zh: str = "", hint_zh: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.message_zh = message_zh or message
        self.hint_zh = hint_zh or hint


class BadInputError(WeigeError):
    """A value given by the caller is not usable."""

    code = "bad_input"


class BadCoordinateError(BadInputError):
    """A coordinate is not a number, not on Earth, or plainly swapped."""

    code = "bad_coordinate"


class BadFileError(WeigeError):
    """A file cannot be read, or is not what it should be."""

    code = "bad_file"


class CityError(BadFileError):
    """A city folder does not hold what its manifest says."""

    code = "bad_city"


class NotFoundError(WeigeError):
    """What was asked for does not exist."""

    code = "not_found"


class TooLargeError(BadInputError):
    """A request asks for more than one call may carry."""

    code = "too_large"


class NotSignedInError(WeigeError):
    """Nobody known asks: no session, no valid token, or a name and password that do not fit."""

    code = "not_signed_in"


class ForbiddenError(WeigeError):
    """The account may not do this, or not here."""

    code = "forbidden"


class ConflictError(WeigeError):
    """What was to be changed has changed, or does not allow this change now.

    Attributes
    ----------
    details : dict
        What a program needs to go on, such as the present version; plain values of JSON.
    """

    code = "conflict"

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        message_zh: str = "",
        hint_zh: str = "",
        details: dict[str, object] | None = None,
    ) -> None:
        super().__init__(message, hint, message_zh=message_zh, hint_zh=hint_zh)
        self.details = details or {}


class TooManyError(WeigeError):
    """The caller asks too often.

    Parameters
    ----------
    retry_after_s
        In how many seconds it may ask again.
    """

    code = "too_many"

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        message_zh: str = "",
        hint_zh: str = "",
        retry_after_s: int,
    ) -> None:
        super().__init__(message, hint, message_zh=message_zh, hint_zh=hint_zh)
        self.retry_after_s = retry_after_s


class UnavailableError(WeigeError):
    """A service that is needed cannot serve now; nothing was changed."""

    code = "unavailable"
