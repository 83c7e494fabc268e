"""A folium map in one file: everything in it, or an error that names what is not there."""

from __future__ import annotations

import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser

import branca.colormap
import folium
import pytest
from branca.element import CssLink, Figure, JavascriptLink
from folium.plugins import HeatMap

from app.maps import inline
from app.maps.elements import Frame, as_markup, as_script
from app.maps.inline import MissingAssetError, asset_path, render_offline
from app.maps.palette import STATIC


class Loads(HTMLParser):
    """What a page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        wanted = {"src", "href", "srcset", "data", "poster", "action"}
        self.found += [f"{tag} {name}={value}" for name, value in attributes if name in wanted]


def loads(page: str) -> list[str]:
    parser = Loads()
    parser.feed(page)
    return parser.found


def test_a_frame_loads_nothing() -> None:
    page = render_offline(Frame(location=(30.4, 104.5), tiles=None))
    assert loads(page) == []
    assert "Leaflet 1.9.4" in page
    assert "Redistribution and use" in page, "the licence goes with the library"
    assert "data:image/png;base64," in page
    assert "sourceMappingURL" not in page


def test_what_folium_itself_wants_is_refused_by_name() -> None:
    with pytest.raises(MissingAssetError, match=r"jquery") as caught:
        render_offline(folium.Map(tiles=None))
    assert "vendor_static" in caught.value.hint
    assert "static/" in caught.value.message_zh


def test_every_way_to_a_link_is_found() -> None:
    """Plugins, and the scripts that a colour map brings by itself."""
    frame = Frame(tiles=None)
    HeatMap([[30.4, 104.5]]).add_to(frame)
    with pytest.raises(MissingAssetError, match="heat"):
        render_offline(frame)
    frame = Frame(tiles=None)
    branca.colormap.linear.viridis.add_to(frame)
    with pytest.raises(MissingAssetError, match="d3"):
        render_offline(frame)


def test_leaflet_of_folium_is_stood_in_for() -> None:
    for url in inline.STAND_INS:
        assert asset_path(url).is_file()


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a.js",
        "static/export/none.js",
        "static/../README.md",
        "static/../../etc/passwd",
        "static/export",
        "export/core.js",
        "/etc/passwd",
        "//example.org/x.js",
    ],
)
def test_what_is_not_in_static_is_missing(url: str) -> None:
    with pytest.raises(MissingAssetError, match=re.escape(repr(url))):
        asset_path(url)


def put(monkeypatch: pytest.MonkeyPatch, tmp_path, name: str, text: str) -> str:
    (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(inline, "STATIC", tmp_path.resolve())
    return f"static/{name}"


def test_a_script_cannot_end_itself(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    url = put(monkeypatch, tmp_path, "a.js", 'var a = "</script><!--</SCRIPT >";')
    figure = Figure()
    figure.header.add_child(JavascriptLink(url))
    page = render_offline(figure)
    assert 'var a = "<\\/script><\\!--<\\/SCRIPT >";' in page
    assert page.count("</script>") == 2, "its own end, and that of the figure's script"


def test_images_of_a_style_are_written_into_it(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    (tmp_path / "x.png").write_bytes(b"\x89PNG")
    url = put(
        monkeypatch,
        tmp_path,
        "a.css",
        "a{b:url( 'x.png?v=1' )} c{d:url(#default)} e{f:url(data:,x)}",
    )
    figure = Figure()
    figure.header.add_child(CssLink(url))
    page = render_offline(figure)
    assert "a{b:url(data:image/png;base64," + base64.b64encode(b"\x89PNG").decode() + ")}" in page
    assert "url(#default)" in page
    assert "url(data:,x)" in page


@pytest.mark.parametrize(
    "text",
    [
        "a{b:url(https://example.org/x.png)}",
        "a{b:url(//example.org/x.png)}",
        "a{b:url(none.png)}",
        "a{b:url(../../x.png)}",
        "@import 'b.css';",
        "a{} </style>",
    ],
)
def test_a_style_that_wants_more_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path, text: str
) -> None:
    url = put(monkeypatch, tmp_path, "a.css", text)
    figure = Figure()
    figure.header.add_child(CssLink(url))
    with pytest.raises(MissingAssetError):
        render_offline(figure)


def test_many_at_once_beside_ordinary_maps() -> None:
    """Nothing of branca is changed meanwhile: ordinary maps go on linking, ours never do."""
    before = (JavascriptLink._template, CssLink._template)

    def offline(_: int) -> list[str]:
        return loads(render_offline(Frame(location=(30.4, 104.5), tiles=None)))

    def ordinary(_: int) -> int:
        return len(loads(folium.Map(tiles=None).get_root().render()))

    with ThreadPoolExecutor(4) as pool:
        ours = pool.map(offline, range(12))
        others = pool.map(ordinary, range(12))
        assert all(one == [] for one in ours)
        assert len(set(others)) == 1
    assert (JavascriptLink._template, CssLink._template) == before
    assert len(loads(folium.Map(tiles=None).get_root().render())) >= 8


@pytest.mark.parametrize(
    "text", ["{{ 7*7 }}", "{% raw %}", "{# x #}", "</script>", "<!--", "a\u2028b", "{{{%", "{"]
)
def test_values_are_never_read_as_templates_or_markup(text: str) -> None:
    written = as_script({"a": [text]})
    assert json.loads(written) == {"a": [text]}
    assert not re.search(r"\{[{%#]|</|<!--|\u2028", written)
    assert not re.search(r"\{|<", as_markup(text))


def test_static_is_the_folder_of_the_page() -> None:
    assert (STATIC / "palette.json").is_file()
