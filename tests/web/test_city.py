"""What is served: the city, its tiles, health, documentation, headers."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from app.errors import BadInputError, CityError
from app.grids import City
from app.maps.tiles import build_tiles
from app.web import create_app
from app.web.factory import CONTENT_SECURITY_POLICY
from app.web.settings import Settings


def test_the_city_lists_its_levels_coarse_to_fine(client: FlaskClient, board: City) -> None:
    found = client.get("/api/city").json
    assert [(one["id"], one["count"]) for one in found["levels"]] == [("town", 2), ("cell", 8)]
    assert found["overlays"][0]["parent_level"] == "town"
    assert found["bounds"] == list(board.bounds)
    assert found["levels"][0]["min_zoom"] <= found["levels"][1]["min_zoom"]


def test_tiles_are_served_by_byte_range_and_may_be_kept(client: FlaskClient, app: APIFlask) -> None:
    url = client.get("/api/city").json["tiles"]
    whole = app.extensions["weige"].tiles.read_bytes()
    with client.get(url, headers={"Range": "bytes=0-6"}) as answer:
        assert answer.status_code == 206
        assert answer.data == whole[:7] == b"PMTiles"
        assert "immutable" in answer.headers["Cache-Control"]
    with client.get(url) as answer:
        assert answer.data == whole


def test_health(client: FlaskClient, board: City) -> None:
    found = client.get("/healthz").json
    assert found["status"] == "ok"
    assert found["content_hash"] == board.manifest.content_hash


def test_every_route_of_the_api_is_documented(client: FlaskClient, app: APIFlask) -> None:
    spec = client.get("/api/openapi.json").json
    pattern = r"<(?:\w+(?:\(.*?\))?:)?(\w+)>"
    rules = {re.sub(pattern, r"{\1}", rule.rule) for rule in app.url_map.iter_rules()}
    api = {rule for rule in rules if rule.startswith("/api/")}
    assert set(spec["paths"]) == (api - {"/api/docs", "/api/openapi.json"}) | {"/healthz"}
    page = client.get("/api/docs").text
    tags = [tag["name"] for tag in spec["tags"]]
    assert len(tags) == len(set(tags)), "routes of a tag would be listed twice"
    for path, methods in spec["paths"].items():
        assert path in page
        for operation in methods.values():
            assert operation["summary"] in page
            if "400" in operation["responses"]:
                schema = operation["responses"]["400"]["content"]["application/json"]["schema"]
                name = schema["$ref"].rsplit("/", 1)[1]
                assert "error" in spec["components"]["schemas"][name]["properties"]


@pytest.mark.parametrize("url", ["/", "/api/docs", "/api/city", "/nothing"])
def test_every_answer_carries_the_security_headers(client: FlaskClient, url: str) -> None:
    headers = client.get(url).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_server_does_not_start_without_a_sound_city(tmp_path: Path, board: City) -> None:
    with pytest.raises(CityError, match=r"city\.toml"):
        create_app(Settings(city=tmp_path))
    folder = Path(shutil.copytree(board.folder, tmp_path / "damaged"))
    (folder / "cell.parquet").write_bytes(b"half")
    with pytest.raises(CityError, match=r"cell\.parquet has sha256"):
        create_app(Settings(city=folder))


def test_settings_come_from_the_environment(tmp_path: Path) -> None:
    environ = {"WEIGE_CITY": str(tmp_path), "WEIGE_TOLERANCE_M": "5", "WEIGE_ENV": "production"}
    found = Settings.from_env(environ | {"PATH": "/bin"})
    assert (found.city, found.tolerance_m, found.env) == (tmp_path, 5.0, "production")


@pytest.mark.parametrize(
    ("variable", "value"),
    [("WEIGE_TOLERANCE_M", "far"), ("WEIGE_MAX_POINTS", "1.5"), ("WEIGE_ENV", "Production"),
     ("WEIGE_TOLERENCE_M", "5"), ("WEIGE_PROXIES", "-1"), ("WEIGE_WRITES_PER_MINUTE", "0")],
)  # fmt: skip
def test_a_bad_setting_is_an_error_that_names_it(variable: str, value: str) -> None:
    with pytest.raises(BadInputError, match=variable):
        Settings.from_env({variable: value})


def test_only_hosts_of_basemaps_are_let_in_and_only_to_fetch(tmp_path: Path, board: City) -> None:
    own = shutil.copy(build_tiles(board, tmp_path), tmp_path / "own.pmtiles")
    named = tmp_path / "basemaps.toml"
    named.write_text(
        '[[basemaps]]\nid = "a"\nname = "<图>"\nkind = "tiles"\ndatum = "gcj02"\n'
        'attribution = "x"\nurls = ["https://tiles.example/{z}/{x}/{y}"]\n'
        '[[basemaps]]\nid = "own"\nname = "自"\nkind = "file"\ndatum = "wgs84"\n'
        'attribution = "x"\npath = "own.pmtiles"\n',
        encoding="utf-8",
    )
    app = create_app(Settings(city=board.folder, var=tmp_path, basemaps=str(named)))
    client = app.test_client()
    answer = client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert policy == CONTENT_SECURITY_POLICY.replace(
        "connect-src 'self'", "connect-src 'self' https://tiles.example"
    )
    assert "<图>" not in answer.text
    assert "data-basemaps=" in answer.text
    with client.get("/basemaps/own.pmtiles", headers={"Range": "bytes=0-6"}) as part:
        assert part.status_code == 206
        assert part.data == b"PMTiles" == own.read_bytes()[:7]
    assert client.get("/basemaps/a.pmtiles").status_code == 404


def test_without_basemaps_no_other_host_is_let_in(client: FlaskClient) -> None:
    answer = client.get("/")
    assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert "data-basemaps" not in answer.text
