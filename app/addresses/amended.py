"""The gazetteer of a city with corrections laid over it, its index built once and kept."""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from app.addresses.amendments import Amendments, amend
from app.addresses.entry import CORRECTIONS
from app.addresses.gazetteer import Gazetteer
from app.addresses.index import (
    ALIAS_TABLE,
    COVERAGE_TABLE,
    FORMAT_VERSION,
    TABLE,
    IndexFile,
    read_tables,
    version_of,
)
from app.addresses.index_build import Built, build
from app.addresses.mapped import load, save
from app.grids import City
from app.grids.store import DERIVED
from app.locate import Locator

log = logging.getLogger(__name__)

# Of each city so many indexes with corrections are kept; older ones are removed.
KEPT = 4
# So many names are told in the log.
_SHOWN = 10


def open_amended(city: City, amendments: Amendments, locator: Locator | None = None) -> Gazetteer:
    """Return the gazetteer of a city with corrections laid over it.

    Its version is that of the gazetteer and a hash of the corrections, so the same corrections
    are the same version wherever they come from. The index is kept beside the city; of several
    processes that want the same one, one builds it and the others map it.

    Parameters
    ----------
    city
        With a gazetteer.
    amendments
        The corrections in effect; without any this is `Gazetteer.open`.
    locator
        Of the city, if there is one already.

    Raises
    ------
    CityError
        See `Gazetteer.open`.
    """
    if not amendments:
        return Gazetteer.open(city)
    version = amended_version(city, amendments)
    file = amended_file(city, amendments)
    outside = Gazetteer.outside_of(city)
    arrays = load(*file)
    if arrays is not None:
        return _told(Gazetteer(arrays, version, outside, file))
    with _alone(file.path):
        arrays = load(*file)
        if arrays is None:
            # Refuses a gazetteer that was located in other boundaries.
            Gazetteer.open(city)
            tables = read_tables(city.folder, city.manifest)
            built = _built(locator or Locator(city), tables, amendments)
            try:
                save(file.path, built, file.content)
                _remove_older(file.path)
            except OSError as error:
                log.warning("the index with corrections is not kept: %s", error)
            arrays = load(*file) or built
    return _told(Gazetteer(arrays, version, outside, file))


def _told(gazetteer: Gazetteer) -> Gazetteer:
    """Log which names of corrections mean nothing because their places are gone."""
    gone = [
        f"{one.alias} ({', '.join(one.missing)})"
        for one in gazetteer.aliases
        if one.source == CORRECTIONS and not one.targets
    ]
    if gone:
        shown = "; ".join(gone[:_SHOWN]) + ("; …" if len(gone) > _SHOWN else "")
        log.warning("%d corrected names mean places that are gone: %s", len(gone), shown)
    return gazetteer


def amended_in_memory(
    locator: Locator, tables: Mapping[str, pa.Table], amendments: Amendments
) -> Gazetteer:
    """Return a gazetteer with corrections laid over it that is kept nowhere: to try them out.

    Parameters
    ----------
    locator
        Of the city.
    tables
        Of its gazetteer, as `app.addresses.index.read_tables` reads them.
    amendments
        The corrections.
    """
    city = locator.city
    version = amended_version(city, amendments)
    return Gazetteer(_built(locator, tables, amendments), version, Gazetteer.outside_of(city))


def _built(locator: Locator, tables: Mapping[str, pa.Table], amendments: Amendments) -> Built:
    tables = amend(locator, tables, amendments)
    return build(tables[TABLE], tables[ALIAS_TABLE], tables[COVERAGE_TABLE], locator.city)


def amended_version(city: City, amendments: Amendments) -> str:
    """Return the version of a gazetteer with corrections laid over it."""
    version = version_of(city.manifest)
    return f"{version}+{amendments.version}" if amendments else version


def amended_file(city: City, amendments: Amendments) -> IndexFile:
    """Return where the index with corrections is kept, and what it says it was built from."""
    content = city.manifest.content_hash
    version = amended_version(city, amendments)
    name = f"gazetteer-{content}-{amendments.version}-v{FORMAT_VERSION}.idx"
    return IndexFile(city.folder / DERIVED / name, f"{version}-{content}")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one process at a time build an index, if there is a place for the lock."""
    try:
        path.parent.mkdir(exist_ok=True)
        lock = path.with_name("gazetteer.lock").open("w")
    except OSError:
        yield
        return
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _remove_older(path: Path) -> None:
    """Remove indexes with corrections but for the newest; who has one mapped keeps it."""
    dated = []
    for one in path.parent.glob("gazetteer-*-*-v*.idx"):
        try:
            dated.append((one.stat().st_mtime_ns, one))
        except FileNotFoundError:
            continue
    for _, one in sorted(dated)[:-KEPT]:
        one.unlink(missing_ok=True)
