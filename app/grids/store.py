"""How a city folder is written and read: GeoParquet files, their digests, one atomic swap."""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import fcntl
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from app.errors import BadFileError, CityError, ConflictError
from app.grids.layer_file import CRS
from app.grids.manifest import MANIFEST_NAME, Manifest

# Where what is built from a city is kept in its folder; it is built again whenever it is missing.
DERIVED = ".derived"
# Further editions of the boundaries, and the file that says which are in force; see
# app.grids.editions.
EDITIONS_FOLDER, EDITIONS_NAME = "generations", "generations.toml"
SCRATCH_SUFFIX = ".partial"
_SWAP_TRIES = 20


def digest(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal text."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_city(
    folder: Path, manifest: Manifest, files: Mapping[str, pd.DataFrame | str | Path]
) -> Manifest:
    """Write a city folder whole, or leave what was there untouched.

    Everything is written to a sibling folder first, which then changes places with `folder` in
    one step, so a killed run leaves either the old city or the new one. Of several runs at once
    the last to finish wins; none disturbs another.

    Parameters
    ----------
    folder
        Where the city goes. If it exists it must be a city folder or empty.
    manifest
        What city.toml is to say; its `sha256` is filled in here.
    files
        Content by file name: a GeoDataFrame in lon, lat degrees (EPSG:4326), a plain table,
        text, or the path of a file to be copied. The names must be exactly those that the manifest
        lists.

    Returns
    -------
    Manifest
        The manifest as written, with digests.

    Raises
    ------
    CityError
        If the names differ from the manifest's or a frame has another CRS.
    BadFileError
        If `folder` holds something that is not a city.
    ConflictError
        If it holds several editions, of which this would be the end.
    """
    if set(files) != set(manifest.files):
        raise CityError(
            f"the files {sorted(files)} are not those of the manifest {sorted(manifest.files)}",
            "Name every file once in the manifest.",
        )
    refuse_foreign_folder(folder)
    refuse_editions(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _remove_scratch_of_dead(folder)
    fresh = _scratch_beside(folder)
    fresh.mkdir()
    try:
        for name, content in files.items():
            _write(fresh / name, content)
        sealed = dataclasses.replace(
            manifest, sha256={name: digest(fresh / name) for name in sorted(files)}
        )
        (fresh / MANIFEST_NAME).write_text(sealed.to_toml(), encoding="utf-8")
        with exclusive(folder):
            refuse_editions(folder)
            _swap(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return sealed


def replace_tables(folder: Path, manifest: Manifest, tables: Mapping[str, pa.Table]) -> Manifest:
    """Put reference tables into a city folder, and leave all else in it as it is.

    The folder is replaced in one step as in `write_city`: files that stay are linked, not copied,
    where the disk allows it. What is derived from the city is left behind.

    Parameters
    ----------
    folder
        A city folder.
    manifest
        What its city.toml says; that of another edition is refused.
    tables
        By name of the table; the file is the name with ``.parquet`` if the manifest has none.

    Returns
    -------
    Manifest
        With the digests of the new files.

    Raises
    ------
    CityError
        If the folder was replaced since the manifest was read, or is damaged.
    """
    named = {name: manifest.tables.get(name, f"{name}.parquet") for name in tables}
    changed = dataclasses.replace(manifest, tables={**manifest.tables, **named})
    with exclusive(folder):
        return _replace_tables(folder, manifest, changed, named, tables)


def _replace_tables(
    folder: Path,
    manifest: Manifest,
    changed: Manifest,
    named: Mapping[str, str],
    tables: Mapping[str, pa.Table],
) -> Manifest:
    _remove_scratch_of_dead(folder)
    fresh = _scratch_beside(folder)
    fresh.mkdir()
    try:
        stay = [name for name in manifest.files if name not in set(named.values())]
        verify(folder, manifest, stay)
        for one in folder.iterdir():
            if one.name not in {MANIFEST_NAME, DERIVED, *named.values()}:
                _take_along(one, fresh / one.name)
        for name, table in tables.items():
            pq.write_table(table, fresh / named[name], compression="zstd")
        digests = {**manifest.sha256, **{file: digest(fresh / file) for file in named.values()}}
        sealed = dataclasses.replace(changed, sha256=dict(sorted(digests.items())))
        (fresh / MANIFEST_NAME).write_text(sealed.to_toml(), encoding="utf-8")
        if read_manifest(folder) != manifest:
            raise CityError(
                f"{folder} was replaced by another run meanwhile; nothing was written",
                "Start again.",
                message_zh=f"{folder} 期间已被另一次运行替换；未写入任何内容",
                hint_zh="请重新运行。",
            )
        _swap(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return sealed


def _take_along(source: Path, target: Path) -> None:
    """Link a file, or copy it where that is not possible; so all files of a folder."""
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, copy_function=_link)
    else:
        _link(source, target)


def _link(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _scratch_beside(folder: Path) -> Path:
    """Return a new name beside `folder` by which it is known who writes there."""
    return folder.with_name(f"{folder.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}{SCRATCH_SUFFIX}")


def root_of(folder: Path) -> Path:
    """Return the city folder of which a folder is an edition, or the folder itself."""
    root = folder.parent.parent
    is_edition = folder.parent.name == EDITIONS_FOLDER and (root / MANIFEST_NAME).is_file()
    return root if is_edition else folder


@contextlib.contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Let nobody else change a city folder or an edition of it; a killed process holds nothing.

    The lock is on the folder itself, so whoever waited for one that was replaced takes the new one.
    """
    root = root_of(folder)
    while True:
        try:
            held = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            yield
            return
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            if root.exists() and os.path.samestat(os.fstat(held), root.stat()):
                yield
                return
        finally:
            os.close(held)


def refuse_editions(folder: Path) -> None:
    """Refuse to replace a city folder that holds several editions by a single one.

    Raises
    ------
    ConflictError
        If it does.
    """
    if not any((folder / EDITIONS_FOLDER).glob(f"*/{MANIFEST_NAME}")):
        return
    raise ConflictError(
        f"{folder} holds several editions of the boundaries; to write it anew would remove them",
        "Import another edition with --generation NAME, or move the folder away.",
        message_zh=f"{folder} 含有多个网格版本；重新写入会将其删除",
        hint_zh="请用 --generation NAME 另行导入一个版本，或先移走该目录。",
    )


def refuse_foreign_folder(folder: Path) -> None:
    """Raise BadFileError if writing a city to `folder` would destroy something else."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise BadFileError(f"{folder} is a file, not a folder", "Name a folder for the city.")
    if any(folder.iterdir()) and not (folder / MANIFEST_NAME).is_file():
        raise BadFileError(
            f"{folder} is not empty and holds no {MANIFEST_NAME}: it is not a city folder",
            "Name a new folder, or one that holds a city to replace.",
        )


def _write(path: Path, content: pd.DataFrame | str | Path) -> None:
    if isinstance(content, str):
        path.write_text(content, encoding="utf-8")
    elif isinstance(content, Path):
        shutil.copyfile(content, path)
    elif isinstance(content, gpd.GeoDataFrame):
        if content.crs is None or content.crs.to_epsg() != 4326:  # noqa: PLR2004 - an EPSG number
            raise CityError(f"{path.name} is in {content.crs}, a city folder holds {CRS}")
        content.to_parquet(path, index=False, compression="zstd", schema_version="1.1.0")
    else:
        content.to_parquet(path, index=False, compression="zstd")


def _swap(fresh: Path, folder: Path) -> None:
    """Put `fresh` where `folder` is, leaving the old content, if any, where `fresh` was."""
    for _ in range(_SWAP_TRIES):
        with contextlib.suppress(OSError):
            # Works if there is nothing, or an empty folder.
            fresh.rename(folder)
            return
        if _exchange(fresh, folder):
            return
    raise BadFileError(
        f"{folder} cannot be replaced by what was written beside it",
        "Name a folder on a local disk that supports exchanging two folders, or a new folder.",
    )


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places in one step; say whether it worked.

    Linux has renameat2 with RENAME_EXCHANGE for it (since 3.15); elsewhere there is no way that a
    killed run could not break, so nothing is done.
    """
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    at_cwd, exchange = -100, 2
    return bool(renameat2(at_cwd, os.fsencode(one), at_cwd, os.fsencode(other), exchange) == 0)


def _remove_scratch_of_dead(folder: Path) -> None:
    """Remove what killed runs left beside a folder or a file."""
    for left in folder.parent.glob(f"{folder.name}.*{SCRATCH_SUFFIX}"):
        pid = left.name.removeprefix(f"{folder.name}.").partition(".")[0]
        if pid.isdecimal() and not Path(f"/proc/{pid}").exists():
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file beside its place and rename it there, so that nobody sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_scratch_of_dead(path)
    partial = path.with_name(f"{path.name}.{os.getpid()}{SCRATCH_SUFFIX}")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read_manifest(folder: Path) -> Manifest:
    """Read city.toml of a folder.

    Raises
    ------
    CityError
        If there is none, or it is not usable.
    """
    path = folder / MANIFEST_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise CityError(
            f"{folder} is not a city folder: it holds no {MANIFEST_NAME}",
            "Name a folder such as geodata/jianyang.",
            message_zh=f"{folder} 不是城市目录：缺少 {MANIFEST_NAME}",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise CityError(f"{path} cannot be read: {error}") from error
    return Manifest.from_toml(text, str(path))


def verify(folder: Path, manifest: Manifest, names: Iterable[str] = ()) -> None:
    """Compare files of the folder with their digests: those named, or all.

    Raises
    ------
    CityError
        Naming each file that is missing, changed or not listed with a digest.
    """
    faults = []
    for name in names or manifest.files:
        path = folder / name
        wanted = manifest.sha256.get(name)
        if not path.is_file():
            faults.append(f"{name} is missing")
        elif wanted is None:
            faults.append(f"{name} has no sha256 in {MANIFEST_NAME}")
        elif (found := digest(path)) != wanted:
            faults.append(f"{name} has sha256 {found[:12]}…, the manifest says {wanted[:12]}…")
    if faults:
        raise CityError(
            f"{folder} is damaged: " + "; ".join(faults),
            "Restore the folder, or build it again.",
            message_zh=f"{folder} 已损坏：" + "；".join(faults),
        )
