"""Points in an Arrow table located: one row of the answer for every row, in order.

What is asked for is computed and nothing else. Large tables go through in parts, so that what is
needed beside input and answer stays small, on as many threads as there are processors.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from app.errors import BadInputError, TooLargeError
from app.geo.datum import datum_named
from app.locate.arrow_in import check_columns, short, usable_rows
from app.locate.location import STATUSES, LocationTable, Ragged, Status
from app.locate.locator import Locator
from app.locate.usable import Language, Usable

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Rows32 = npt.NDArray[np.int32]

UNUSABLE = "unusable"
FIELDS = ("code", "status", "reason", "levels", "names", "overlays", "border", "alternatives")
DEFAULT_FIELDS = ("code", "status")
# Other grids that one answer may name in all: a wide accuracy over many points has no bound.
MAX_ALTERNATIVES = 10_000_000

_PART = 131_072
# With alternatives every point may bring a thousand others with it.
_WIDE_PART = 4_096
_CODES = pa.dictionary(pa.int32(), pa.string())
_STATUS_TEXTS = pa.array([*map(str, STATUSES), UNUSABLE])
_STATUS = pa.dictionary(pa.int8(), pa.string())
_OTHERS = pa.struct([pa.field("code", _CODES), pa.field("distance_m", pa.float64())])


def fields_named(names: Iterable[str]) -> tuple[str, ...]:
    """Return the fields that are meant, each once, in the order of `FIELDS`.

    Raises
    ------
    BadInputError
        If one is not known, or there is none.
    """
    asked = list(names)
    for name in asked:
        if name not in FIELDS:
            raise BadInputError(
                f"field {short(name)} is not known, allowed are {', '.join(FIELDS)}",
                "Separate several with commas: fields=code,status,levels",
                message_zh=f"不认识字段 {short(name)}，可用的有 {'、'.join(FIELDS)}",
                hint_zh="多个字段用逗号分隔：fields=code,status,levels",
            )
    if not asked:
        raise BadInputError(
            f"no field is named, allowed are {', '.join(FIELDS)}",
            message_zh=f"没有指定字段，可用的有 {'、'.join(FIELDS)}",
        )
    return tuple(name for name in FIELDS if name in asked)


def locate_arrow(
    locator: Locator,
    table: pa.Table,
    *,
    datum: str = "wgs84",
    fields: Iterable[str] = DEFAULT_FIELDS,
    language: Language = "en",
    told: Mapping[int, str] | None = None,
    threads: int = 0,
) -> pa.Table:
    """Locate the points of a table.

    Parameters
    ----------
    locator
        Of the city.
    table
        Columns ``lon`` and ``lat`` (degrees of `datum`; any integer or floating point type), and
        ``accuracy_m`` if wanted (metres, 0 to 10,000). Where a row has no usable value its
        status is ``unusable``, and its reason says why.
    datum
        Of the points, one of `app.geo.datum.DATUMS`.
    fields
        What to answer, of `FIELDS`: ``code`` of the finest level; ``status``, with the ``reason``
        of unusable rows; ``reason``, filled for every status but inside; ``levels`` and
        ``names``, as ``<level>_code`` and ``<level>_name`` coarse to fine; ``overlays``, as lists
        ``<overlay>_codes``; ``border``, as ``border_m`` and ``neighbour``; ``alternatives``, as
        lists of ``code`` and ``distance_m``, nearest first.
    language
        Of the reasons.
    told
        Why rows are unusable whatever their columns hold, by row.
    threads
        How many threads a large table may use; 0 means as many as there are processors.

    Returns
    -------
    pyarrow.Table
        As many rows in the same order; texts are dictionary-encoded. The metadata of the schema
        names city and generation and says what of the data is synthetic.

    Raises
    ------
    BadInputError
        If the columns are not those, or a datum or field is not known.
    TooLargeError
        If there are more than `MAX_ALTERNATIVES` alternatives in all.
    """
    check_columns(table.schema)
    size = _WIDE_PART if "alternatives" in (fields := fields_named(fields)) else _PART
    starts = range(0, table.num_rows, size)
    job = _Job(locator, fields, datum_named(datum), language, compact=len(starts) == 1)
    table, faults = table.combine_chunks(), told or {}

    def locate(at: int) -> pa.RecordBatch:
        own = {row - at: text for row, text in faults.items() if at <= row < at + size}
        return job.locate(table.slice(at, size), own)

    pool = ThreadPoolExecutor(min(threads or len(os.sched_getaffinity(0)), len(starts) or 1))
    try:
        return pa.Table.from_batches(list(pool.map(locate, starts)), job.schema)
    finally:
        pool.shutdown(cancel_futures=True)


class _Texts:
    """Texts of rows as a dictionary that all parts of an answer share."""

    def __init__(self, texts: npt.NDArray[np.object_], *, compact: bool) -> None:
        encoded = pa.array(texts, pa.string()).dictionary_encode()
        numbers = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        # Row -1 stands for none and picks the -1 at the end.
        self._number = np.append(numbers, -1).astype(np.int32)
        self._dictionary = encoded.dictionary
        self._compact = compact

    def of(self, rows: npt.NDArray[np.integer]) -> pa.DictionaryArray:
        """Return the text of each row; null for -1."""
        numbers = self._number[rows]
        dictionary = self._dictionary
        # A short answer need not carry the codes of a whole city.
        if self._compact and len(numbers) < len(dictionary):
            used, numbers = np.unique(numbers, return_inverse=True)
            none = int(len(used) > 0 and used[0] < 0)
            dictionary = dictionary.take(pa.array(used[none:]))
            numbers = (numbers - none).astype(np.int32)
        missing = numbers < 0
        indices = pa.array(numbers, mask=missing if missing.any() else None)
        return pa.DictionaryArray.from_arrays(indices, dictionary, safe=False)


class _Job:
    """What all parts of one table have in common."""

    def __init__(
        self,
        locator: Locator,
        fields: tuple[str, ...],
        datum: str,
        language: Language,
        *,
        compact: bool,
    ) -> None:
        city = locator.city
        self._locator, self._fields = locator, fields
        self._datum, self._language = datum, language
        self._lock, self._alternatives = threading.Lock(), 0
        self._codes = _Texts(city.finest.codes, compact=compact)
        self._levels = [
            (f"{level.id}_{kind}", depth, _Texts(texts, compact=compact))
            for depth, level in enumerate(city.levels)
            for name, kind, texts in (
                ("levels", "code", city.layer(level.id).codes),
                ("names", "name", city.layer(level.id).names),
            )
            if name in fields
        ]
        self._overlays = {
            over.id: _Texts(city.layer(over.id).codes, compact=compact)
            for over in (city.overlays if "overlays" in fields else ())
        }
        self.schema = pa.schema(
            list(self._described()),
            {
                "weige.city": city.manifest.id,
                "weige.city_name": city.manifest.name,
                "weige.generation": city.manifest.generation,
                "weige.synthetic": city.manifest.synthetic,
            },
        )

    def _described(self) -> Iterator[pa.Field]:
        if "code" in self._fields:
            yield pa.field("code", _CODES)
        if "status" in self._fields:
            yield pa.field("status", _STATUS)
        if {"status", "reason"} & {*self._fields}:
            yield pa.field("reason", pa.string())
        for name, *_ in self._levels:
            yield pa.field(name, _CODES)
        for ident in self._overlays:
            yield pa.field(f"{ident}_codes", pa.list_(_CODES))
        if "border" in self._fields:
            yield pa.field("border_m", pa.float64())
            yield pa.field("neighbour", _CODES)
        if "alternatives" in self._fields:
            yield pa.field("alternatives", pa.list_(_OTHERS))

    def locate(self, part: pa.Table, told: dict[int, str]) -> pa.RecordBatch:
        """Locate one part of the table."""
        n, fields = part.num_rows, self._fields
        found, accuracy = usable_rows(
            part, self._datum, self._locator.city.bounds, self._language, told
        )
        if fields == ("code",):
            return pa.RecordBatch.from_arrays(
                [self._codes.of(_spread(self._finest(found), found, n))], schema=self.schema
            )
        table = self._locator.locate_table(
            found.lon,
            found.lat,
            accuracy[found.place] if "alternatives" in fields else 0.0,
            border="border" in fields,
            overlays="overlays" in fields,
        )
        columns: list[pa.Array] = []
        if "code" in fields:
            columns.append(self._codes.of(_spread(table.rows[-1], found, n)))
        if "status" in fields:
            status = np.full(n, len(STATUSES), dtype=np.int8)
            status[found.place] = table.status
            columns.append(pa.DictionaryArray.from_arrays(pa.array(status), _STATUS_TEXTS))
        if {"status", "reason"} & {*fields}:
            columns.append(self._reasons(table, found, n))
        for _, depth, texts in self._levels:
            columns.append(texts.of(_spread(table.rows[depth], found, n)))
        for ident, texts in self._overlays.items():
            hits = table.overlays[ident]
            columns.append(_listed(hits, texts.of(hits.row), found, n))
        if "border" in fields:
            metres = np.full(n, np.nan)
            metres[found.place] = table.border_m
            columns.append(pa.array(metres, mask=np.isnan(metres)))
            columns.append(self._codes.of(_spread(table.neighbour, found, n)))
        if "alternatives" in fields:
            columns.append(self._others(table.alternatives, found, n))
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _finest(self, found: Usable) -> Rows32:
        """Return the grid of each point where nothing but that is asked for."""
        rows = self._locator.locate_many(found.lon, found.lat)
        missed = np.flatnonzero(rows < 0)
        table = self._locator.locate_table(
            found.lon[missed], found.lat[missed], border=False, overlays=False
        )
        rows[missed] = table.rows[-1]
        return rows

    def _reasons(self, table: LocationTable, found: Usable, n: int) -> pa.Array:
        reasons: dict[int, str] = dict(found.reasons)
        if "reason" in self._fields:
            places = found.place.tolist()
            for index, reason in explained(table, self._language):
                reasons[places[index]] = reason
        if not reasons:
            return pa.nulls(n, pa.string())
        texts: list[str | None] = [None] * n
        for place, reason in reasons.items():
            texts[place] = reason
        return pa.array(texts, pa.string())

    def _others(self, others: Ragged, found: Usable, n: int) -> pa.ListArray:
        with self._lock:
            self._alternatives += len(others.row)
            if self._alternatives > MAX_ALTERNATIVES:
                raise TooLargeError(
                    f"the points have more than {MAX_ALTERNATIVES} alternatives within their "
                    f"accuracy, allowed are {MAX_ALTERNATIVES}",
                    "Send fewer points or a smaller accuracy_m, or do not ask for alternatives.",
                    message_zh=f"在精度范围内的备选网格超过 {MAX_ALTERNATIVES} 个，"
                    f"最多允许 {MAX_ALTERNATIVES} 个",
                    hint_zh="请减少点数或精度半径，或不要请求 alternatives。",
                )
        values = pa.StructArray.from_arrays(
            [self._codes.of(others.row), pa.array(others.metres)], fields=list(_OTHERS)
        )
        return _listed(others, values, found, n)


def explained(table: LocationTable, language: Language) -> Iterator[tuple[int, str]]:
    """Yield the points that are not inside, each with its reason.

    To build a `Location` takes long beside all else, and most such points are outside, where the
    reason depends only on the area and on the grids that are named: one is built for each.
    """
    outside = table.status == STATUSES.index(Status.OUTSIDE)
    places = np.flatnonzero(outside)
    keys = np.vstack([table.outside[places], table.rows[:, places]])
    _, first, kind = np.unique(keys, axis=1, return_index=True, return_inverse=True)
    reasons = [table[int(place)].explain(language) for place in places[first]]
    for place, which in zip(places.tolist(), kind.ravel().tolist(), strict=True):
        yield place, reasons[which]
    others = np.flatnonzero(~outside & (table.status != STATUSES.index(Status.INSIDE)))
    for place in others.tolist():
        yield place, table[place].explain(language)


def _spread(rows: npt.NDArray[np.integer], found: Usable, n: int) -> npt.NDArray[np.integer]:
    """Return n rows: those of the usable points, -1 elsewhere."""
    if len(found.place) == n:
        return rows
    spread = np.full(n, -1, dtype=rows.dtype)
    spread[found.place] = rows
    return spread


def _listed(ragged: Ragged, values: pa.Array, found: Usable, n: int) -> pa.ListArray:
    """Return n lists of the values: those of the usable points, empty elsewhere."""
    counts = np.zeros(n + 1, dtype=np.int32)
    counts[found.place + 1] = np.diff(ragged.first)
    return pa.ListArray.from_arrays(pa.array(np.cumsum(counts, dtype=np.int32)), values)
