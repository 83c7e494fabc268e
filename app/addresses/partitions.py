"""Parts of a table assigned: what one process, or one worker of a cluster, does with a part."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from app.addresses.amendments import Amendments
from app.addresses.matcher import Matcher
from app.addresses.rows import RowAssigner
from app.addresses.table_columns import AddressColumns
from app.addresses.tally import Tally
from app.grids import City
from app.grids.manifest import Manifest
from app.tables import Batch, Encoder
from app.tables.encoding import Encoded

# Rows of a part: half a second of work, so that all workers end at about the same time.
PART_ROWS = 5_000
_TALLY = b"tally"
_OPTIONS = pa.ipc.IpcWriteOptions(compression="zstd", use_threads=False)


@dataclass(frozen=True, slots=True)
class AddressPart:
    """Rows to be assigned.

    Attributes
    ----------
    batch : Batch
        The rows.
    known : bytes
        What an earlier run found for them, `AssignedPart.own`; empty if nothing is known yet.
    """

    batch: Batch
    known: bytes = b""


@dataclass(frozen=True, slots=True)
class AssignedPart:
    """A part of a table assigned and ready to be written.

    Attributes
    ----------
    encoded
        What `TableWriter.write_encoded` takes: the columns of the input, then the new ones.
    rows : int
        How many rows there are.
    tally : Tally
        Of these rows.
    own : bytes
        The new columns and the tally, to be kept for a later run.
    """

    encoded: Encoded
    rows: int
    tally: Tally
    own: bytes


class PartAssigner:
    """Assigns parts of one table; may be called in several threads at once.

    Parameters
    ----------
    rows
        Assigns the rows.
    encoder
        Of the output.
    """

    def __init__(self, rows: RowAssigner, encoder: Encoder) -> None:
        self._rows = rows
        self._encoder = encoder

    def __call__(self, part: AddressPart) -> AssignedPart:
        """Assign the rows of a part, or take what is known of them."""
        batch = part.batch
        if part.known:
            own, (columns, tally) = part.known, unpacked(part.known)
        else:
            columns, tally = self._rows.assign(batch)
            own = packed(columns, tally, pa.schema(self._rows.fields))
        encoded = self._encoder.encode([*batch.columns, *columns])
        return AssignedPart(encoded, len(batch), tally, own)


def packed(columns: list[pa.Array], tally: Tally, schema: pa.Schema) -> bytes:
    """Return columns and their tally as bytes."""
    told = schema.with_metadata({_TALLY: tally.to_json().encode()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, told, options=_OPTIONS) as writer:
        writer.write_batch(pa.record_batch(columns, schema=told))
    return bytes(sink.getvalue())


def unpacked(own: bytes) -> tuple[list[pa.Array], Tally]:
    """Return what `packed` took."""
    options = pa.ipc.IpcReadOptions(use_threads=False)
    with pa.ipc.open_stream(own, options=options) as reader:
        batch = reader.read_next_batch()
    return batch.columns, Tally.from_json(batch.schema.metadata[_TALLY].decode())


@dataclass(frozen=True, slots=True)
class AssignJob:
    """All that a worker elsewhere needs to become a `PartAssigner`; can be pickled.

    Attributes
    ----------
    folder : Path
        The city folder, absolute, as the worker finds it.
    manifest : Manifest
        What the city there must be; its gazetteer belongs to that.
    columns : AddressColumns
        Where the rows hold their addresses.
    amendments : Amendments
        Corrections laid over the gazetteer.
    encoder : Encoder
        Of the output.
    """

    folder: Path
    manifest: Manifest
    columns: AddressColumns
    amendments: Amendments
    encoder: Encoder

    def __call__(self) -> PartAssigner:
        """Open the city and its gazetteer.

        Raises
        ------
        CityError
            If there is no city at that path here, or another one.
        """
        city = City.same(self.folder, self.manifest)
        matcher = Matcher.open(city, amendments=self.amendments)
        matcher.warm()
        return PartAssigner(RowAssigner(city, matcher, self.columns), self.encoder)
