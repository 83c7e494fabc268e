"""POST /api/locate in Arrow and Parquet."""

from __future__ import annotations

import http.client
import io
import struct
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from app.errors import TooLargeError
from app.grids import City
from app.locate import Locator
from app.locate.arrow import FIELDS, locate_arrow
from app.web import create_app
from app.web.columnar import COLUMNAR, FILE, PARQUET, STREAM, read_columns
from app.web.reading import JSON
from app.web.settings import Settings
from tests.web.serving import ROOT, serving

POINTS = pa.table(
    {
        "lon": [104.505, 104.51, None, 30.403, 104.541],
        "lat": [30.403, 30.405, 30.403, 104.505, 30.403],
    }
)


def packed(table: pa.Table, form: str, compression: str | None = None) -> bytes:
    sink = io.BytesIO()
    if form == PARQUET:
        pq.write_table(table, sink, compression=compression or "none")
        return sink.getvalue()
    create = pa.ipc.new_stream if form == STREAM else pa.ipc.new_file
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with create(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return sink.getvalue()


def unpacked(answer: TestResponse) -> pa.Table:
    assert answer.status_code == 200, answer.text
    data = io.BytesIO(answer.data)
    if answer.content_type == PARQUET:
        return pq.read_table(data)
    opened = pa.ipc.open_stream if answer.content_type == STREAM else pa.ipc.open_file
    return opened(data).read_all()


def post(
    client: FlaskClient, data: bytes, form: str = STREAM, query: str = "", **headers: str
) -> Any:
    return client.post(f"/api/locate{query}", data=data, content_type=form, headers=headers)


@pytest.mark.parametrize("form", COLUMNAR)
@pytest.mark.parametrize("compression", [None, "zstd"])
def test_a_table_answers_row_by_row_in_its_own_form(
    client: FlaskClient, form: str, compression: str | None
) -> None:
    answer = post(client, packed(POINTS, form, compression), form)
    assert answer.content_type == form
    found = unpacked(answer)
    assert found.column_names == ["code", "status", "reason"]
    assert found["code"].to_pylist() == ["A1", "A1", None, None, None]
    assert found["status"].to_pylist() == [
        "inside", "on_border", "unusable", "unusable", "outside",
    ]  # fmt: skip
    assert [bool(one) for one in found["reason"].to_pylist()] == [False, False, True, True, False]
    assert found.schema.field("code").type == pa.dictionary(pa.int32(), pa.string())
    assert found.schema.metadata[b"weige.synthetic"].decode() == "测试数据 test data"


ROW = st.tuples(
    st.one_of(st.none(), st.floats(104.49, 104.57), st.sampled_from([104.51, 30.4, float("nan")])),
    st.one_of(st.none(), st.floats(30.39, 30.43), st.sampled_from([30.41, 104.5, 91.5])),
)


@settings(max_examples=12, deadline=None)
@given(st.lists(ROW, max_size=5), st.floats(0, 500), st.sampled_from(["wgs84", "gcj02"]))
def test_the_answer_does_not_depend_on_what_carries_question_and_answer(
    app: APIFlask, rows: list[tuple[float | None, float | None]], accuracy: float, datum: str
) -> None:
    client = app.test_client()
    table = pa.table(
        {
            "lon": pa.array([row[0] for row in rows], pa.float64(), from_pandas=False),
            "lat": pa.array([row[1] for row in rows], pa.float64(), from_pandas=False),
            "accuracy_m": pa.array([accuracy] * len(rows), pa.float64()),
        }
    )
    everything = ",".join(FIELDS)
    wanted = locate_arrow(
        app.extensions["weige"].locator, table, datum=datum, fields=FIELDS
    ).to_pylist()
    query = f"?fields={everything}&datum={datum}"
    for form, accept in zip(COLUMNAR, (PARQUET, STREAM, FILE), strict=True):
        found = unpacked(post(client, packed(table, form), form, query, Accept=accept))
        assert found.to_pylist() == wanted
    body = {
        "points": [{"lon": row[0], "lat": row[1]} for row in rows],
        "accuracy_m": accuracy,
        "datum": datum,
    }
    url = f"/api/locate?fields={everything}"
    found = unpacked(client.post(url, json=body, headers={"Accept": STREAM}))
    assert found.to_pylist() == wanted
    plain = client.post("/api/locate", json=body).json
    packed_in = post(client, packed(table, FILE), FILE, f"?datum={datum}", Accept=JSON).json
    assert packed_in == plain
    for result, row in zip(plain["results"], wanted, strict=True):
        assert result["codes"].get("cell") == row["code"]
        assert result["status"] == row["status"]
        assert result["reason"] == (row["reason"] or "")
        assert result["border_m"] == row["border_m"]
        assert result["alternatives"] == row["alternatives"]
        assert result["overlays"].get("campus", []) == row["campus_codes"]


@pytest.mark.parametrize(
    ("form", "accept", "answered"),
    [
        (JSON, "", JSON),
        (JSON, "*/*", JSON),
        (JSON, f"{PARQUET}, */*;q=0.1", PARQUET),
        (STREAM, "", STREAM),
        (PARQUET, "", PARQUET),
        (PARQUET, "*/*", STREAM),
        (FILE, "application/*", STREAM),
        (FILE, f"text/html, {FILE};q=0.9, {STREAM};q=0.2", FILE),
        (STREAM, JSON, JSON),
    ],
)
def test_the_answer_comes_as_the_caller_accepts_it(
    client: FlaskClient, form: str, accept: str, answered: str
) -> None:
    data = b'{"points": []}' if form == JSON else packed(POINTS, form)
    headers = {"Accept": accept} if accept else {}
    answer = post(client, data, form, **headers)
    assert (answer.status_code, answer.content_type) == (200, answered)


def test_an_empty_table_with_the_right_columns_answers_with_no_rows(client: FlaskClient) -> None:
    for form in COLUMNAR:
        found = unpacked(post(client, packed(POINTS.slice(0, 0), form), form))
        assert (found.num_rows, found.column_names) == (0, ["code", "status", "reason"])


def test_reasons_come_in_the_callers_language(client: FlaskClient) -> None:
    query = "?fields=status,reason"
    answer = post(client, packed(POINTS, STREAM), STREAM, query, **{"Accept-Language": "zh"})
    reasons = unpacked(answer)["reason"].to_pylist()
    assert reasons[0] is None
    assert "边界" in reasons[1]
    assert reasons[2] == "经度 为 None，应为数"


STREAMED, FILED, PARQUETED = (packed(POINTS, form) for form in COLUMNAR)
NESTED = packed(pa.table({"lon": [[1.0]], "lat": [[1.0]]}), PARQUET)
CODED = packed(pa.table({"lon": pa.array([1.0]).dictionary_encode(), "lat": [1.0]}), STREAM)
BAD = [
    (STREAM, b"", "", {}, 400, "the body is empty, allowed is an Arrow stream"),
    (FILE, b"", "", {}, 400, "the body is empty, allowed is an Arrow file"),
    (PARQUET, b"", "", {}, 400, "the body is empty, allowed is a Parquet file"),
    (STREAM, b"junk" * 100, "", {}, 400, "not an Arrow stream"),
    (FILE, b"junk" * 100, "", {}, 400, "not an Arrow file"),
    (PARQUET, b"junk" * 100, "", {}, 400, "not a Parquet file"),
    (STREAM, FILED, "", {}, 400, "not an Arrow stream"),
    (FILE, STREAMED, "", {}, 400, "not an Arrow file"),
    (PARQUET, STREAMED, "", {}, 400, "not a Parquet file"),
    (STREAM, STREAMED[:-40], "", {}, 400, "not an Arrow stream"),
    (STREAM, STREAMED + b"more", "", {}, 400, "bytes follow"),
    (FILE, FILED[:-1], "", {}, 400, "not an Arrow file"),
    (PARQUET, PARQUETED[:-1], "", {}, 400, "not a Parquet file"),
    (PARQUET, NESTED, "", {}, 400, "type 'list<"),
    (STREAM, CODED, "", {}, 400, "type 'dictionary<"),
    (STREAM, packed(pa.table({}), STREAM), "", {}, 400, "no column 'lon'; it has none"),
    (STREAM, packed(pa.table({"x": [1]}), STREAM), "", {}, 400, "no column 'lon'; it has 'x'"),
    (STREAM, STREAMED, "?fields=code,colour", {}, 400, "'colour'"),
    (STREAM, STREAMED, "?fields=", {}, 400, "field '' is not known"),
    (STREAM, STREAMED, "?datum=utm", {}, 400, "datum is 'utm'"),
    (STREAM, STREAMED, "?accuracy_m=5", {}, 400, "accuracy_m is not known"),
    (STREAM, STREAMED, "?fields=code", {"Accept": JSON}, 400, "always has all fields"),
    (JSON, b'{"points": []}', "?fields=code", {}, 400, "always has all fields"),
    (JSON, b'{"points": []}', "?datum=bd09", {}, 400, "in the query"),
    (STREAM, STREAMED, "", {"Accept": "text/csv"}, 406, f"'text/csv', allowed are {STREAM}"),
    (JSON, b'{"points": []}', "", {"Accept": "text/html"}, 406, "'text/html'"),
    ("application/vnd.apache.arrow", STREAMED, "", {}, 415, STREAM),
    ("text/csv", b"lon,lat", "", {}, 415, PARQUET),
    (STREAM, STREAMED, "", {"Content-Encoding": "gzip"}, 415, "'gzip'"),
    (STREAM, b"x" * 2_000_000, "", {}, 413, "2000000 bytes"),
    (STREAM, packed(pa.concat_tables([POINTS] * 21), STREAM), "", {}, 413, "105 points"),
    (FILE, packed(pa.concat_tables([POINTS] * 21), FILE), "", {}, 413, "105 points"),
    (PARQUET, packed(pa.concat_tables([POINTS] * 21), PARQUET), "", {}, 413, "105 points"),
    (STREAM, packed(pa.concat_tables([POINTS] * 2), STREAM), "", {"Accept": JSON}, 413,
     "10 points"),
]  # fmt: skip


@pytest.fixture(scope="module")
def small(app: APIFlask) -> APIFlask:
    """Return the application with small limits for columns."""
    city = app.extensions["weige"].settings.city
    return create_app(
        Settings(city=city, max_points=5, max_bulk_points=100, max_bulk_bytes=1_000_000)
    )


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("form", "data", "query", "headers", "status", "words"), BAD)
def test_what_is_wrong_is_said_in_the_one_shape(
    small: APIFlask,
    form: str,
    data: bytes,
    query: str,
    headers: dict[str, str],
    status: int,
    words: str,
    language: str,
) -> None:
    answer = post(
        small.test_client(), data, form, query, **headers, **{"Accept-Language": language}
    )
    assert answer.status_code == status, answer.text
    assert list(answer.json) == ["error"]
    error = answer.json["error"]
    assert set(error) == {"code", "message", "hint"}
    if language == "en":
        assert words in error["message"]
    else:
        assert any("\u4e00" <= char <= "\u9fff" for char in error["message"])
        for word in (" is ", "should", "allowed", "Expect"):
            assert word not in error["message"]


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(COLUMNAR),
    st.sampled_from([None, "zstd"]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=4),
    st.floats(0.5, 1),
)
def test_a_damaged_body_is_never_a_fault_of_the_server(
    app: APIFlask,
    form: str,
    compression: str | None,
    flips: list[tuple[float, int]],
    kept: float,
) -> None:
    """Bytes changed and the end cut off: an answer with a row for every row, or a clear no."""
    data = bytearray(packed(POINTS, form, compression))
    for place, byte in flips:
        data[int(place * len(data))] = byte
    answer = post(app.test_client(), bytes(data[: int(kept * len(data))]), form)
    assert answer.status_code in {200, 400, 413}
    if answer.status_code == 200:
        unpacked(answer).validate(full=True)
    else:
        assert answer.json["error"]["message"]


@pytest.mark.parametrize("form", [STREAM, FILE])
def test_a_compressed_buffer_that_states_another_size_is_refused_unopened(
    client: FlaskClient, form: str
) -> None:
    """An honest table of 100,000 zeros is small; the same bytes must not pass as 100 GB."""
    zeros = pa.table({"lon": np.zeros(100_000), "lat": np.zeros(100_000)})
    data = packed(zeros, form, "zstd")
    assert len(data) < 10_000
    honest = struct.pack("<q", 800_000)
    assert honest in data
    answer = post(client, data.replace(honest, struct.pack("<q", 100 << 30)), form)
    assert answer.status_code == 400
    assert "states 107374182400 bytes for 100000 rows" in answer.json["error"]["message"]


def test_a_page_of_parquet_that_states_another_size_is_refused_unopened() -> None:
    """The footer of the file is honest, the head of one page is not."""
    zeros = pa.table({"lon": np.zeros(200_000), "lat": np.zeros(200_000)})
    sink = io.BytesIO()
    one = {"data_page_size": 1 << 26, "max_rows_per_page": 200_000}
    pq.write_table(zeros, sink, compression="gzip", use_dictionary=False, **one)
    data = sink.getvalue()
    assert read_columns(data, PARQUET, 200_000).equals(zeros)
    # The head begins with the kind of the page; the size that it expands to comes second.
    place = data.index(bytes([0x15, 0x00, 0x15])) + 3
    end = next(i for i in range(place, place + 9) if data[i] < 128) + 1
    # What needs no more bytes than the honest size leaves the rest of the file where it was.
    bomb = _varint(2 * 134_000_000)
    assert len(bomb) == end - place
    with pytest.raises(TooLargeError, match="expands to 134000000"):
        read_columns(data[:place] + bomb + data[end:], PARQUET, 200_000)


def _varint(value: int) -> bytes:
    found = b""
    while value > 127:
        found += bytes([value & 127 | 128])
        value >>= 7
    return found + bytes([value])


def test_both_forms_are_in_the_openapi_document(client: FlaskClient) -> None:
    post_spec = client.get("/api/openapi.json").json["paths"]["/api/locate"]["post"]
    assert list(post_spec["requestBody"]["content"]) == [JSON, *COLUMNAR]
    assert list(post_spec["responses"]["200"]["content"]) == [JSON, *COLUMNAR]
    assert {"400", "406", "413", "415"} <= set(post_spec["responses"])
    assert {one["name"] for one in post_spec["parameters"]} == {"datum", "fields", "on"}


@pytest.mark.slow
def test_large_bodies_at_once_are_all_answered_right(jianyang_folder: Any) -> None:
    """Four different bodies of 200,000 points at once, at the two workers of `make run`."""
    locator = Locator(City.open(jianyang_folder))
    west, south, east, north = locator.city.layer("town").frame.total_bounds
    tables = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        lon, lat = rng.uniform(west, east, 200_000), rng.uniform(south, north, 200_000)
        lon[seed::1000] = np.nan
        tables.append(pa.table({"lon": lon, "lat": lat}))

    with serving(ROOT / "geodata" / "jianyang") as server:

        def ask(table: pa.Table) -> pa.Table:
            body = packed(table, STREAM)
            line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
            with closing(line):
                line.request("POST", "/api/locate", body, {"Content-Type": STREAM})
                answer = line.getresponse()
                assert answer.status == 200
                return pa.ipc.open_stream(answer.read()).read_all()

        with ThreadPoolExecutor(len(tables)) as pool:
            answers = list(pool.map(ask, tables))
    for table, answer in zip(tables, answers, strict=True):
        wanted = locate_arrow(locator, table)
        assert answer["code"].cast(pa.string()).equals(wanted["code"].cast(pa.string()))
        assert answer["status"].cast(pa.string()).equals(wanted["status"].cast(pa.string()))
        assert answer["reason"].equals(wanted["reason"])
        assert pa.compute.sum(answer["reason"].is_valid()).as_py() == 200
