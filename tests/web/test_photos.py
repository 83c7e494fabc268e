"""Photos over HTTP: what goes in harmless comes out harmless, to those who may see it."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask.testing import FlaskClient
from PIL import Image

from tests.incidents.pictures import HOSTILE, jpeg, position

JPEG = {"content_type": "image/jpeg"}


@pytest.fixture
def number(client: FlaskClient) -> str:
    body = {"hazard": "fire", "title": "楼道堆物", "lon": 104.505, "lat": 30.405}
    return client.post("/api/incidents", json=body).json["incident"]["number"]


def test_a_photo_goes_in_and_comes_out(client: FlaskClient, number: str) -> None:
    answer = client.post(f"/api/incidents/{number}/photos", data=jpeg(600, 400), **JPEG)
    assert answer.status_code == 201
    made = answer.json
    assert (made["width"], made["height"], made["place"]) == (600, 400, None)
    assert answer.headers["Location"] == made["image"]
    shown = client.get(made["image"])
    assert shown.mimetype == "image/jpeg"
    assert len(shown.data) == made["size"]
    assert Image.open(BytesIO(shown.data)).size == (600, 400)
    assert Image.open(BytesIO(client.get(made["thumbnail"]).data)).size == (320, 213)
    listed = client.get(f"/api/incidents/{number}/photos").json["photos"]
    assert listed == client.get(f"/api/incidents/{number}").json["photos"]
    assert [one["id"] for one in listed] == [made["id"]]
    event = client.get(f"/api/incidents/{number}/history").json["events"][-1]
    assert (event["kind"], event["data"]["photo"]) == ("photo", made["id"])


def test_a_form_carries_one_too(client: FlaskClient, number: str) -> None:
    form = {"photo": (BytesIO(jpeg()), "a.exe")}
    assert client.post(f"/api/incidents/{number}/photos", data=form).status_code == 201


@pytest.mark.parametrize("names", [(), ("picture",), ("photo", "more")])
def test_a_form_without_one_photo_is_refused(
    client: FlaskClient, number: str, names: tuple[str, ...]
) -> None:
    form = {name: (BytesIO(jpeg()), "a.jpg") for name in names}
    answer = client.post(
        f"/api/incidents/{number}/photos", data=form, content_type="multipart/form-data"
    )
    assert answer.status_code == 400
    assert "'photo'" in answer.json["error"]["message"]


def test_the_same_photo_is_kept_once(client: FlaskClient, number: str) -> None:
    first = client.post(f"/api/incidents/{number}/photos", data=jpeg(), **JPEG)
    again = client.post(f"/api/incidents/{number}/photos", data=jpeg(), **JPEG)
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json["new"], again.json["new"]) == (True, False)
    assert again.json["id"] == first.json["id"]


def test_the_position_is_an_offer_and_changes_nothing(client: FlaskClient, number: str) -> None:
    before = client.get(f"/api/incidents/{number}").json
    data = jpeg(gps=position(104.515, 30.405, GPSHPositioningError=8))
    place = client.post(f"/api/incidents/{number}/photos", data=data, **JPEG).json["place"]
    assert (place["status"], place["grid"], place["accuracy_m"]) == ("inside", "A2", 8.0)
    assert 900 < place["distance_m"] < 1000
    after = client.get(f"/api/incidents/{number}").json
    assert {key for key in before if before[key] != after[key]} == {
        "version",
        "updated_at",
        "photos",
    }


def test_a_position_that_cannot_be_located_is_not_offered(client: FlaskClient, number: str) -> None:
    # Longitude and latitude the wrong way round, as some programs write them.
    data = jpeg(gps=position(30.405, 89.0))
    answer = client.post(f"/api/incidents/{number}/photos", data=data, **JPEG)
    assert answer.status_code == 201
    assert answer.json["place"] is None or answer.json["place"]["status"] == "outside"


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("kind", ["image/jpeg", "image/png"])
def test_what_is_no_photo_leaves_nothing(
    client: FlaskClient, number: str, data: bytes, kind: str
) -> None:
    answer = client.post(f"/api/incidents/{number}/photos", data=data, content_type=kind)
    assert answer.status_code == 400
    assert client.get(f"/api/incidents/{number}/photos").json["photos"] == []
    assert client.get(f"/api/incidents/{number}").json["version"] == 1


@pytest.mark.parametrize("kind", ["image/svg+xml", "image/gif", "text/html", "image/heic"])
def test_other_types_are_refused_as_such(client: FlaskClient, number: str, kind: str) -> None:
    answer = client.post(f"/api/incidents/{number}/photos", data=jpeg(), content_type=kind)
    assert answer.status_code == 415
    assert "image/webp" in answer.json["error"]["message"]


def test_one_that_is_too_large_is_refused(client: FlaskClient, number: str) -> None:
    data = jpeg() + b"\x00" * 13_000_000
    answer = client.post(f"/api/incidents/{number}/photos", data=data, **JPEG)
    assert answer.status_code == 413


def test_its_content_is_what_counts_and_not_its_name(client: FlaskClient, number: str) -> None:
    answer = client.post(f"/api/incidents/{number}/photos", data=jpeg(kind="PNG"), **JPEG)
    assert answer.status_code == 201


def test_no_more_than_twenty(client: FlaskClient, number: str) -> None:
    for size in range(20):
        data = jpeg(20 + size, 20)
        assert client.post(f"/api/incidents/{number}/photos", data=data, **JPEG).status_code == 201
    answer = client.post(f"/api/incidents/{number}/photos", data=jpeg(90, 90), **JPEG)
    assert answer.status_code == 409
    assert "20" in answer.json["error"]["message"]


def test_a_photo_runs_nothing_and_is_asked_for_again(client: FlaskClient, number: str) -> None:
    made = client.post(f"/api/incidents/{number}/photos", data=jpeg(), **JPEG).json
    for url in made["image"], made["thumbnail"]:
        shown = client.get(url)
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert shown.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert {"private", "no-cache"} <= set(shown.headers["Cache-Control"].split(", "))
        again = client.get(url, headers={"If-None-Match": shown.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
    assert (
        client.get(made["image"]).headers["ETag"] != client.get(made["thumbnail"]).headers["ETag"]
    )


def test_a_photo_of_another_incident_is_not_found(client: FlaskClient, number: str) -> None:
    made = client.post(f"/api/incidents/{number}/photos", data=jpeg(), **JPEG).json
    body = {"hazard": "fire", "title": "另一处"}
    other = client.post("/api/incidents", json=body).json["incident"]["number"]
    assert client.get(f"/api/incidents/{other}/photos/{made['id']}").status_code == 404
    assert client.get(f"/api/incidents/{number}/photos/{made['id'] + 1}").status_code == 404
    missing = client.post("/api/incidents/JY-1/photos", data=jpeg(), **JPEG)
    assert missing.status_code == 404
