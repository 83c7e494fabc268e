"""Static files are compressed for who takes them so, and sent once."""

from __future__ import annotations

import gzip

from apiflask import APIFlask
from flask.testing import FlaskClient

from app.maps.packed import PackedFiles, packed_folder
from app.web.settings import ROOT

GZIP = {"Accept-Encoding": "gzip, br"}
MODULE = "/static/js/main.mjs"


def test_a_module_is_compressed_and_the_same(client: FlaskClient) -> None:
    whole = (ROOT / "static" / "js" / "main.mjs").read_bytes()
    for _ in range(2):  # made, then kept
        with client.get(MODULE, headers=GZIP) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            assert answer.mimetype == "text/javascript"
            assert "Accept-Encoding" in answer.headers["Vary"]
            assert len(answer.data) == int(answer.headers["Content-Length"]) < len(whole) / 2
            assert gzip.decompress(answer.data) == whole
    tag = answer.headers["ETag"]
    with client.get(MODULE, headers=GZIP | {"If-None-Match": tag}) as again:
        assert again.status_code == 304
        assert not again.data
    with client.get(MODULE) as plain:
        assert "Content-Encoding" not in plain.headers
        assert plain.data == whole
        assert plain.headers["ETag"] != tag
    with client.get(MODULE, headers={"Accept-Encoding": "gzip;q=0"}) as refused:
        assert refused.data == whole
    with client.get(MODULE, headers=GZIP | {"Range": "bytes=0-9"}) as part:
        assert part.data in (whole[:10], gzip.compress(whole, 9, mtime=0))


def test_libraries_are_kept_by_their_versions_and_modules_are_asked_for(
    client: FlaskClient,
) -> None:
    vendor = ROOT / "static" / "vendor"
    library = next(vendor.glob("maplibre-gl-*/maplibre-gl.mjs"))
    path = f"/static/vendor/{library.relative_to(vendor).as_posix()}"
    with client.get(path, headers=GZIP) as first:
        tag = first.headers["ETag"]
    with client.get(path, headers=GZIP | {"If-None-Match": tag}) as again:
        assert again.status_code == 304
    for answer in (first, again):
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for other in (MODULE, "/static/vendor/none-1.0/none.js"):
        with client.get(other) as answer:
            assert "immutable" not in answer.headers.get("Cache-Control", "")


def test_answers_of_the_api_and_small_files_are_left_alone(client: FlaskClient) -> None:
    assert "Content-Encoding" not in client.get("/api/city", headers=GZIP).headers
    with client.get("/static/css/plain.css", headers=GZIP) as answer:
        packed = "Content-Encoding" in answer.headers
        body = gzip.decompress(answer.data) if packed else answer.data
        assert packed == (len(body) >= 1_000)


def test_another_process_finds_it_compressed(app: APIFlask, client: FlaskClient) -> None:
    whole = (ROOT / "static" / "js" / "main.mjs").read_bytes()
    packed = PackedFiles(packed_folder(app.extensions["weige"].settings.var))
    with client.get(MODULE, headers=GZIP) as answer:
        assert packed.path(whole).read_bytes() == answer.data
        assert answer.headers["ETag"] == f'"{packed.path(whole).stem}-gzip"'
