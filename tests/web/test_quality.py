"""The certificate and its map over HTTP."""

from __future__ import annotations

import datetime as dt

import pytest

from app.grids.boundary_set import BoundarySet
from app.grids.importer import import_boundaries
from app.web import create_app
from app.web.settings import Settings
from tests.grids.defects import write_defects


@pytest.fixture(scope="module")
def dirty(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dirty")
    spec = BoundarySet.read(write_defects(folder, ["gap", "same_name"]))
    import_boundaries(spec, dt.date(2026, 5, 1)).write(folder / "city")
    app = create_app(Settings(city=folder / "city", var=folder / "var"))
    with app.test_client() as client:
        yield client


def test_the_certificate_is_the_one_that_the_folder_carries(dirty):
    found = dirty.get("/api/cities/demo/quality")
    assert found.status_code == 200
    assert found.json == dirty.get("/api/certificate").json
    assert [one["id"] for one in found.json["levels"]] == ["town", "village", "dedicated"]


def test_the_map_opens_in_the_language_asked_for_and_may_do_nothing_here(dirty):
    page = dirty.get("/api/cities/demo/quality.html?lang=en")
    assert page.mimetype == "text/html"
    assert '<html lang="en">' in page.text
    assert '"kind":"gaps"' in page.text
    assert page.headers["Content-Security-Policy"].startswith("sandbox allow-scripts;")
    etag = page.headers["ETag"]
    again = dirty.get("/api/cities/demo/quality.html?lang=en", headers={"If-None-Match": etag})
    assert again.status_code == 304
    assert '<html lang="zh-CN">' in dirty.get("/api/cities/demo/quality.html").text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/cities/other/quality", 404),
        ("/api/cities/other/quality.html", 404),
        ("/api/cities/demo/quality.html?lang=fr", 400),
    ],
)
def test_another_city_or_language_is_refused(dirty, path, status):
    found = dirty.get(path)
    assert found.status_code == status
    assert found.json["error"]["message"]


def test_a_city_without_a_certificate_says_so(client):
    assert client.get("/api/cities/demo/quality").status_code == 404
    assert client.get("/api/cities/demo/quality.html").status_code == 404
    # So the page leads to none.
    assert client.get("/api/city").json["certificate"] is False


def test_a_city_with_one_says_so(dirty):
    assert dirty.get("/api/city").json["certificate"] is True
