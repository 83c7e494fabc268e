"""What an operator may name as a basemap, and what is refused with which words."""

from __future__ import annotations

from pathlib import Path

import pytest
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from app.errors import BadFileError
from app.maps.basemaps import TIANDITU, origins, read_basemaps

TILES = {
    "id": '"a"', "name": '"图"', "kind": '"tiles"', "datum": '"wgs84"', "attribution": '"©"',
    "urls": '["https://tiles.example/{z}/{x}/{y}.png"]',
}  # fmt: skip


def written(folder: Path, *tables: dict[str, str]) -> Path:
    path = folder / "basemaps.toml"
    parts = ["\n".join(f"{key} = {value}" for key, value in one.items()) for one in tables]
    path.write_text("".join(f"[[basemaps]]\n{part}\n" for part in parts), encoding="utf-8")
    return path


def archive(path: Path, kind: TileType, zoom: int = 3) -> Path:
    with path.open("wb") as stream:
        writer = Writer(stream)
        writer.write_tile(zxy_to_tileid(zoom, 0, 0), b"tile")
        writer.finalize(
            {
                "tile_type": kind, "tile_compression": Compression.NONE,
                "min_zoom": zoom, "max_zoom": zoom, "center_zoom": zoom,
                "min_lon_e7": 0, "min_lat_e7": 0, "max_lon_e7": 1, "max_lat_e7": 1,
                "center_lon_e7": 0, "center_lat_e7": 0,
            },
            {"vector_layers": [{"id": "water", "fields": {}}]},
        )  # fmt: skip
    return path


@pytest.mark.parametrize("layer", TIANDITU)
def test_tianditu_is_two_layers_of_eight_hosts_in_cgcs2000(tmp_path: Path, layer: str) -> None:
    told = {"id": '"t"', "name": '"天地图"', "kind": '"tianditu"', "layer": f'"{layer}"'}
    (found,) = read_basemaps(written(tmp_path, told | {"key": '"0aB9"'}))
    assert found.datum == "cgcs2000"
    assert found.imagery == (layer == "img")
    assert found.origins == tuple(f"https://t{n}.tianditu.gov.cn" for n in range(8))
    for url, name in zip(found.urls, (layer, TIANDITU[layer]), strict=True):
        assert f"/{name}_w/wmts" in url
        assert f"LAYER={name}&" in url
        assert "TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=0aB9" in url


def test_templates_in_the_words_of_wmts_are_templates(tmp_path: Path) -> None:
    url = '["https://{s}.example:8443/{TileMatrix}/{TileRow}/{TileCol}", "http://b.example/{z}/{x}/{-y}"]'
    told = TILES | {"urls": url, "subdomains": '["a", "b"]'}
    with pytest.raises(BadFileError, match="needs both"):
        read_basemaps(written(tmp_path, told))
    told["urls"] = url.replace("http://b.", "http://{s}.")
    (found,) = read_basemaps(written(tmp_path, told))
    assert found.urls[0] == "https://{s}.example:8443/{z}/{y}/{x}"
    hosts = ("https://a.example:8443", "https://b.example:8443")
    assert found.origins == (*hosts, "http://a.example", "http://b.example")


def test_hosts_are_named_once(tmp_path: Path) -> None:
    found = read_basemaps(written(tmp_path, TILES, TILES | {"id": '"b"'}))
    assert origins(found) == ("https://tiles.example",)
    assert origins(()) == ()


def test_an_archive_says_itself_what_it_holds(tmp_path: Path) -> None:
    archive(tmp_path / "p.pmtiles", TileType.PNG)
    archive(tmp_path / "v.pmtiles", TileType.MVT)
    told = {"name": '"图"', "kind": '"file"', "attribution": '"©"'}
    picture = told | {"id": '"p"', "path": '"p.pmtiles"', "datum": '"gcj02"'}
    vector = told | {"id": '"v"', "path": '"v.pmtiles"', "datum": '"wgs84"'}
    one, other = read_basemaps(written(tmp_path, picture, vector))
    assert (one.min_zoom, one.max_zoom, one.vector_layers, one.origins) == (3, 3, (), ())
    assert other.vector_layers == ("water",)
    with pytest.raises(BadFileError, match="vector tiles in gcj02"):
        read_basemaps(written(tmp_path, vector | {"datum": '"gcj02"'}))
    (tmp_path / "half.pmtiles").write_bytes(b"PMTiles\x03half")
    (tmp_path / "text.pmtiles").write_bytes(b"x" * 200)
    (tmp_path / "empty.pmtiles").write_bytes(b"")
    for name in ("half", "text", "empty", "none"):
        with pytest.raises(BadFileError, match=f"{name}.pmtiles"):
            read_basemaps(written(tmp_path, vector | {"path": f'"{name}.pmtiles"'}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"datum": '"bd09"'}, "Baidu cuts its tiles"),
        ({"datum": '"nad27"'}, "wgs84, cgcs2000, gcj02"),
        ({"kind": '"wms"'}, "tianditu, tiles, file"),
        ({"colour": '"red"'}, "'colour'"),
        ({"id": '"none"'}, "'none'"),
        ({"id": '"A b"'}, "'A b'"),
        ({"attribution": '" "'}, "attribution"),
        ({"tile_px": "300"}, "300"),
        ({"min_zoom": "9", "max_zoom": "8"}, "max_zoom is 8, allowed are 9 to 22"),
        ({"imagery": '"yes"'}, "'yes'"),
        ({"urls": "[]"}, "urls is empty"),
        ({"urls": '["https://tiles.example/{z}/{x}.png"]'}, "{z}, {x} and {y}"),
        ({"urls": '["https://tiles.example/{z}/{x}/{y}?k={key}"]'}, "{key}"),
        ({"urls": '["https://tiles.example/{z}/{x}/{y}/{s}"]'}, "{s} needs both"),
        ({"urls": '["ftp://tiles.example/{z}/{x}/{y}"]'}, "http://"),
        ({"urls": '["//tiles.example/{z}/{x}/{y}"]'}, "http://"),
        ({"urls": '["https://me:secret@tiles.example/{z}/{x}/{y}"]'}, "http://"),
        ({"urls": '["https://{z}.example/{z}/{x}/{y}"]'}, "http://"),
        # What would end one rule of the policy and begin another.
        ({"urls": '["https://tiles.example;script-src */{z}/{x}/{y}"]'}, "http://"),
        ({"urls": '["https://*/{z}/{x}/{y}"]'}, "http://"),
        ({"urls": '["https://tiles.example:x/{z}/{x}/{y}"]'}, "tiles.example:x"),
        ({"subdomains": '["a; img-src *"]'}, "a; img-src"),
    ],
)
def test_what_cannot_be_drawn_is_refused(tmp_path: Path, change: dict[str, str], said: str) -> None:
    with pytest.raises(BadFileError) as caught:
        read_basemaps(written(tmp_path, TILES | change))
    assert said in caught.value.message
    assert caught.value.message_zh != caught.value.message


def test_a_file_that_is_no_list_of_basemaps_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match="more than once"):
        read_basemaps(written(tmp_path, TILES, TILES))
    with pytest.raises(BadFileError, match=r"none\.toml"):
        read_basemaps(tmp_path / "none.toml")
    path = tmp_path / "other.toml"
    for text, said in (
        ("a = 1", "'a'"),
        ("basemaps = [1]", "1, allowed is a table"),
        ("[", "other"),
    ):
        path.write_text(text)
        with pytest.raises(BadFileError, match=said):
            read_basemaps(path)
