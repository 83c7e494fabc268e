"""Replacing an earlier edition of a city: what may be replaced, and what is kept."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from app.errors import BadFileError
from app.grids.manifest import MANIFEST_NAME, Manifest
from app.grids.store import (
    DERIVED,
    EDITIONS_FOLDER,
    EDITIONS_NAME,
    SCRATCH_SUFFIX,
    read_manifest,
    refuse_foreign_folder,
    verify,
)

# Built again from the city whenever it is missing; and its other editions, which stay.
_NOT_LISTED = frozenset({DERIVED, EDITIONS_FOLDER, EDITIONS_NAME})


def refuse_other_city(folder: Path, ident: str) -> Manifest | None:
    """Return the manifest of the earlier edition of city `ident` in `folder`, if there is one.

    Raises
    ------
    BadFileError
        If `folder` holds another city, or something that is not a city.
    """
    refuse_foreign_folder(folder)
    if not (folder / MANIFEST_NAME).is_file():
        return None
    earlier = read_manifest(folder)
    if earlier.id != ident:
        raise BadFileError(
            f"{folder} holds the city {earlier.id!r} ({earlier.name}), not {ident!r}",
            "Name another folder, or remove that one first.",
            message_zh=f"{folder} 里是城市 {earlier.id!r}（{earlier.name}），不是 {ident!r}",
            hint_zh="请换一个目录，或先删除它。",
        )
    return earlier


def refuse_loss(folder: Path) -> None:
    """Refuse to replace a city folder that holds files of which its manifest knows nothing.

    Raises
    ------
    BadFileError
        Naming them: nobody but their owner can tell whether they may go.
    CityError
        If the manifest is not usable.
    """
    found = unlisted(folder)
    if found:
        raise BadFileError(
            f"{folder} holds what {MANIFEST_NAME} does not list and an import would remove: "
            f"{', '.join(found)}",
            "Move it out of the folder first.",
            message_zh=f"{folder} 中有 {MANIFEST_NAME} 未列出、导入会删除的内容："
            f"{'、'.join(found)}",
            hint_zh="请先将其移出该目录。",
        )


def unlisted(folder: Path) -> list[str]:
    """Return what a city folder holds besides the files of its manifest, derived ones, editions."""
    if not (folder / MANIFEST_NAME).is_file():
        return []
    known = {MANIFEST_NAME, *read_manifest(folder).files, *_NOT_LISTED}
    return sorted(
        one.name
        for one in folder.iterdir()
        # A killed activation may have left a file beside the one that it was to replace.
        if one.name not in known and not one.match(f"{EDITIONS_NAME}.*{SCRATCH_SUFFIX}")
    )


def with_kept(
    folder: Path, manifest: Manifest, other: Path | None = None
) -> tuple[Manifest, dict[str, Path]]:
    """Take over what an earlier edition in `folder` has and an import does not write.

    Those are reference tables (staff), base layers and areas outside.

    Parameters
    ----------
    folder
        Where the import goes.
    manifest
        What it writes.
    other
        Folder of another edition, to take them from if there is none in `folder`.

    Returns
    -------
    Manifest
        `manifest` with their names.
    dict of str to Path
        The files that they are, by name: taken over as they are, byte for byte.

    Raises
    ------
    BadFileError
        As `refuse_other_city` and `refuse_loss`.
    CityError
        If the earlier edition is damaged.
    """
    earlier = refuse_other_city(folder, manifest.id)
    if earlier is not None:
        refuse_loss(folder)
    elif other is not None:
        folder, earlier = other, refuse_other_city(other, manifest.id)
    if earlier is None:
        return manifest, {}
    verify(folder, earlier)
    own = set(manifest.files)
    whole = dataclasses.replace(
        manifest,
        bases=tuple(base for base in earlier.bases if base.file not in own),
        outside_file="" if earlier.outside_file in own else earlier.outside_file,
        tables={
            **{name: file for name, file in earlier.tables.items() if file not in own},
            **manifest.tables,
        },
    )
    return whole, {name: folder / name for name in whole.files if name not in own}
