"""What characters sound like: who types by sound picks one that sounds like the one meant."""

from __future__ import annotations

from functools import cache
from pathlib import Path

# Sounds that many do not tell apart, here and in most of the south.
_SAME = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ang", "an"), ("eng", "en"), ("ing", "in"))


def alike(a: str, b: str) -> bool:
    """Tell whether two characters sound the same, or nearly so.

    Parameters
    ----------
    a, b
        One character each. Of one that is in no table nothing is known: it is like none.
    """
    sounds = _sounds()
    return a in sounds and sounds[a] == sounds.get(b)


def initials() -> dict[str, str]:
    """Return the letter with which the sound of each character begins: s for 石."""
    return {character: sound[0] for character, sound in _sounds().items()}


@cache
def _sounds() -> dict[str, str]:
    lines = (Path(__file__).parent / "sounds.txt").read_text(encoding="utf-8").splitlines()
    found: dict[str, str] = {}
    for line in lines:
        if not line.startswith("#"):
            sound, characters = line.split()
            for more, less in _SAME:
                sound = sound.replace(more, less)
            found |= dict.fromkeys(characters, sound)
    return found
