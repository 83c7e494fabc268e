"""The editions of a city's boundaries: which there are, and by which one a day is answered.

The first edition lies where the city folder is, each other one, a whole city folder, in
`generations/NAME/` of it. `generations.toml` says which are in force; without it, it is the first
one alone. An edition in force holds from its `valid_from` until that of the next.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tomli_w

from app.errors import BadInputError, CityError, ConflictError, NotFoundError
from app.grids.manifest import MANIFEST_NAME, Manifest
from app.grids.store import (
    EDITIONS_FOLDER,
    EDITIONS_NAME,
    SCRATCH_SUFFIX,
    exclusive,
    read_manifest,
    write_bytes,
)

FORMAT_VERSION = 1
_NAME = re.compile(r"\w[\w.-]{0,62}\w|\w")


class NoEditionError(NotFoundError):
    """No edition of the boundaries has this name, or holds on this day."""

    code = "no_generation"


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of the boundaries of a city.

    Attributes
    ----------
    name : str
        What its manifest calls the generation.
    folder : Path
        A whole city folder.
    manifest : Manifest
        Of that folder.
    in_force : bool
        Whether it answers on its days.
    until : date or None
        The first day on which it holds no more; None while no later one is in force. Only of an
        edition in force.
    """

    name: str
    folder: Path
    manifest: Manifest
    in_force: bool = False
    until: dt.date | None = None

    @property
    def valid_from(self) -> dt.date:
        """The day from which it holds."""
        return self.manifest.valid_from

    def holds_on(self, day: dt.date) -> bool:
        """Tell whether a day is answered by it."""
        begun = self.in_force and self.valid_from <= day
        return begun and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Editions:
    """The editions of one city folder as they were when it was read.

    Attributes
    ----------
    folder : Path
        The city folder.
    all : tuple of Edition
        By the day from which they hold, then by name.
    before : tuple of tuple of str
        What was in force before each activation that can be taken back, the newest last.
    unusable : tuple of CityError
        Why folders among the editions are none; none of them is in force.
    """

    folder: Path
    all: tuple[Edition, ...]
    before: tuple[tuple[str, ...], ...] = ()
    unusable: tuple[CityError, ...] = ()

    @classmethod
    def read(cls, folder: str | Path) -> Editions:
        """Read which editions a city folder has; of their files only the manifests are read.

        Raises
        ------
        CityError
            If `generations.toml` or a manifest is not usable, or an edition in force is missing.
        """
        folder = Path(folder)
        manifest = read_manifest(folder)
        in_force, before = _read_state(folder, manifest.generation)
        found, unusable = [Edition(manifest.generation, folder, manifest)], []
        for place in _places(folder):
            try:
                found.append(_read(manifest, place))
            except CityError as error:
                # What answers on no day must not keep what does from answering.
                if place.name in in_force and place.name != manifest.generation:
                    raise
                unusable.append(error)
        found.sort(key=lambda one: (one.valid_from, one.name))
        whole = _with_intervals(found, in_force, folder)
        return cls(folder, whole, before, tuple(unusable))

    @property
    def in_force(self) -> tuple[Edition, ...]:
        """Those in force, the earliest first; there is at least one."""
        return tuple(one for one in self.all if one.in_force)

    @property
    def was(self) -> tuple[str, ...]:
        """Names of those that a way back would put in force; none if there is no way back."""
        return self.before[-1] if self.before else ()

    def named(self, name: str) -> Edition:
        """Return an edition by its name.

        Raises
        ------
        NoEditionError
            If there is none; the message lists those there are.
        """
        for one in self.all:
            if one.name == name:
                return one
        known = [one.name for one in self.all]
        city = self.all[0].manifest.name
        raise NoEditionError(
            f"{city} has no generation {name!r}; it has {known}",
            "python -m scripts.generations list DIR shows them.",
            message_zh=f"{city} 没有网格版本 {name!r}；现有 {known}",
            hint_zh="python -m scripts.generations list DIR 可列出全部版本。",
        )

    def on(self, day: dt.date) -> Edition:
        """Return the edition that holds on a day.

        Raises
        ------
        NoEditionError
            If the day lies before all of them.
        """
        for one in self.in_force:
            if one.holds_on(day):
                return one
        first = self.in_force[0]
        city = first.manifest.name
        raise NoEditionError(
            f"no edition of the boundaries of {city} holds on {day}; the first one, "
            f"{first.name!r}, holds from {first.valid_from}",
            f"Ask for {first.valid_from} or a later day, or for none: that is today.",
            message_zh=f"{city}在 {day} 没有生效的网格版本；最早的版本 {first.name!r} 自 "
            f"{first.valid_from} 起生效",
            hint_zh=f"请使用 {first.valid_from} 或之后的日期；不指定日期即为今天。",
        )

    def current(self, today: dt.date) -> Edition:
        """Return the edition that answers where no day is named: today's, or the first to come."""
        return self.on(max(today, self.in_force[0].valid_from))


def today_here() -> dt.date:
    """Return the day on this machine."""
    return dt.datetime.now(tz=dt.UTC).astimezone().date()


def edition_folder(folder: Path, on: dt.date | None = None) -> Path:
    """Return where the edition lies that answers for a day; None is today.

    Raises
    ------
    NoEditionError
        If no edition holds on the day.
    CityError
        As `Editions.read`.
    """
    if on is None and not (folder / EDITIONS_NAME).is_file():
        return folder
    editions = Editions.read(folder)
    return (editions.current(today_here()) if on is None else editions.on(on)).folder


def place_for(folder: Path, name: str) -> Path:
    """Return where an edition of this name is to be written that is not in force.

    Parameters
    ----------
    folder
        A city folder.
    name
        What it is called.

    Raises
    ------
    BadInputError
        If the name cannot be that of a folder.
    ConflictError
        If an edition of this name answers, or would after a way back, or is the first one.
    """
    if not _NAME.fullmatch(name) or name.endswith(SCRATCH_SUFFIX):
        raise BadInputError(
            f"the generation is {name!r}, allowed are letters, digits, hyphens, underscores and "
            "dots, at most 64, with a letter or a digit at either end",
            message_zh=f"网格版本名为 {name!r}；只允许文字、数字、连字符、下划线和点，"
            "最多 64 个字符，首尾须为文字或数字",
        )
    editions = Editions.read(folder)
    kept = {one.name for one in editions.in_force}.union(*editions.before)
    if name in kept or name == read_manifest(folder).generation:
        raise ConflictError(
            f"the generation {name!r} of {folder} is in force, or was and may be again",
            "Import under another name.",
            message_zh=f"{folder} 的网格版本 {name!r} 已经启用或曾经启用，不能覆盖",
            hint_zh="请以另一个版本名导入。",
        )
    return folder / EDITIONS_FOLDER / name


def activate(folder: Path, name: str) -> Editions:
    """Put an edition in force from its day on.

    Another one in force that holds from the same day gives way to it. What was in force before is
    kept for `roll_back`.

    Raises
    ------
    NoEditionError
        If there is no such edition.
    ConflictError
        If it is in force already.
    """
    with exclusive(folder):
        editions = Editions.read(folder)
        wanted = editions.named(name)
        if wanted.in_force:
            raise ConflictError(
                f"the generation {name!r} of {folder} is in force already",
                message_zh=f"{folder} 的网格版本 {name!r} 已经启用",
            )
        stay = [one for one in editions.in_force if one.valid_from != wanted.valid_from]
        chain = sorted([*stay, wanted], key=lambda one: one.valid_from)
        was = tuple(one.name for one in editions.in_force)
        _write_state(folder, [one.name for one in chain], (*editions.before, was))
        return Editions.read(folder)


def roll_back(folder: Path) -> Editions:
    """Take the last activation back.

    Raises
    ------
    ConflictError
        If there is none.
    CityError
        If an edition that was in force before is not there any more; nothing is changed then.
    """
    with exclusive(folder):
        editions = Editions.read(folder)
        if not editions.before:
            raise ConflictError(
                f"{folder}: no activation can be taken back",
                message_zh=f"{folder}：没有可以撤回的启用操作",
            )
        # What cannot be in force is found before it is written that it is.
        _with_intervals(list(editions.all), editions.before[-1], folder)
        _write_state(folder, editions.before[-1], editions.before[:-1])
        return Editions.read(folder)


def _places(folder: Path) -> list[Path]:
    """Return the folders of all editions but the first, without what a killed run left."""
    found = (folder / EDITIONS_FOLDER).glob(f"*/{MANIFEST_NAME}")
    return sorted(one.parent for one in found if not one.parent.name.endswith(SCRATCH_SUFFIX))


def _read(first: Manifest, place: Path) -> Edition:
    manifest = read_manifest(place)
    if manifest.generation == first.generation:
        raise CityError(
            f"{place} holds the generation {manifest.generation!r}, which is that of {first.id!r} "
            "itself",
            "Move it elsewhere.",
            message_zh=f"{place} 的网格版本 {manifest.generation!r} 与首个版本同名",
            hint_zh="请将其移走。",
        )
    if (manifest.id, manifest.generation) != (first.id, place.name):
        raise CityError(
            f"{place} holds the generation {manifest.generation!r} of {manifest.id!r}, not "
            f"{place.name!r} of {first.id!r}",
            "Import it again with python -m scripts.import_grids --generation.",
            message_zh=f"{place} 中是 {manifest.id!r} 的网格版本 {manifest.generation!r}，"
            f"而不是 {first.id!r} 的 {place.name!r}",
            hint_zh="请用 python -m scripts.import_grids --generation 重新导入。",
        )
    return Edition(manifest.generation, place, manifest)


def _with_intervals(
    found: list[Edition], in_force: tuple[str, ...], folder: Path
) -> tuple[Edition, ...]:
    """Return editions in their order with the days on which those in force hold."""
    chain = [one for one in found if one.name in in_force]
    missing = sorted(set(in_force) - {one.name for one in chain})
    if missing or not chain:
        raise CityError(
            f"{folder / EDITIONS_NAME} puts {missing or 'nothing'} in force; the folder has "
            f"{[one.name for one in found]}",
            "Put the edition back, or mend the file.",
            message_zh=f"{folder / EDITIONS_NAME} 启用了 {missing or '空列表'}；"
            f"目录中只有 {[one.name for one in found]}",
            hint_zh="请恢复该版本，或修正该文件。",
        )
    days = [one.valid_from for one in chain]
    if len(set(days)) < len(days):
        raise CityError(
            f"{folder / EDITIONS_NAME} puts several editions in force from the same day: "
            f"{[(one.name, str(one.valid_from)) for one in chain]}",
            "Leave one of them out of it.",
            message_zh=f"{folder / EDITIONS_NAME} 让多个版本自同一天生效："
            f"{[(one.name, str(one.valid_from)) for one in chain]}",
            hint_zh="请只保留其中之一。",
        )
    until = dict(zip([one.name for one in chain], [*days[1:], None], strict=True))
    return tuple(
        replace(one, in_force=True, until=until[one.name]) if one.name in until else one
        for one in found
    )


def _read_state(folder: Path, first: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return what is in force, and what was before each activation."""
    path = folder / EDITIONS_NAME
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return (first,), ()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CityError(f"{path} cannot be read: {error}", "Mend the file.") from error
    chain = raw.get("in_force")
    before = raw.get("before", [])
    lists = [chain, *before] if isinstance(before, list) else [None]
    if raw.get("format") != FORMAT_VERSION or not all(map(_is_names, lists)):
        raise CityError(
            f"{path} is not usable: it holds {raw}",
            f"It has format = {FORMAT_VERSION}, in_force, a list of generations, and before, a "
            "list of such lists.",
        )
    return tuple(chain or ()), tuple(tuple(one) for one in before)


def _is_names(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value)


def _write_state(
    folder: Path, in_force: list[str] | tuple[str, ...], before: tuple[tuple[str, ...], ...]
) -> None:
    """Write `generations.toml` beside its place and rename it there."""
    document = {
        "format": FORMAT_VERSION,
        "in_force": list(in_force),
        "before": [list(one) for one in before],
    }
    head = "# Which editions answer, each from its day on. Written by scripts.generations.\n"
    write_bytes(folder / EDITIONS_NAME, (head + tomli_w.dumps(document)).encode())
