"""Other ways to write the name of one place that need no alias: long forms and bare names."""

from __future__ import annotations

from collections.abc import Iterator

from app.addresses.entry import Kind
from app.addresses.names import Form
from app.addresses.normalise import key

# The official long form of a suffix, and the short one, the longest first.
_LONG = {
    Kind.TOWN: (
        ("街道办事处", "街道"),
        ("街办", "街道"),
        ("镇人民政府", "镇"),
        ("乡人民政府", "乡"),
    ),
    Kind.COMMUNITY: (
        ("社区居民委员会", "社区"),
        ("社区居委会", "社区"),
        ("村民委员会", "村"),
        ("村委会", "村"),
    ),
}
# What people leave away.
_SUFFIXES = {
    Kind.TOWN: ("街道", "镇", "乡", "市", "区"),
    Kind.COMMUNITY: ("社区", "村", "里", "居"),
    Kind.ESTATE: ("小区",),
}
_SHORTEST = 2


def short_key(kind: Kind, name: str) -> str:
    """Return the key of a name with its suffix in the short form: 社区居民委员会 is 社区."""
    folded = key(name)
    for long, short in _LONG.get(kind, ()):
        if folded.endswith(long) and len(folded) > len(long):
            return folded.removesuffix(long) + short
    return folded


def variants(kind: Kind, name: str) -> Iterator[tuple[str, Form]]:
    """Yield the keys by which a name may be written, without aliases.

    Parameters
    ----------
    kind
        Of the place.
    name
        As given.

    Yields
    ------
    tuple of (str, Form)
        The name itself first; each key once.
    """
    folded = key(name)
    yield folded, Form.FULL
    short = short_key(kind, name)
    if short != folded:
        yield short, Form.FULL
    for long, suffix in _LONG.get(kind, ()):
        whole = short.removesuffix(suffix) + long
        if short.endswith(suffix) and len(short) > len(suffix) and whole != folded:
            yield whole, Form.LONG
    for suffix in _SUFFIXES.get(kind, ()):
        bare = short.removesuffix(suffix)
        if bare != short and len(bare) >= _SHORTEST:
            yield bare, Form.BARE
            return
