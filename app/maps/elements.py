"""The parts of an exported map as elements of folium: frame, shapes, layers, panel, page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import folium
from branca.element import Figure, MacroElement
from folium.elements import JSCSSMixin
from folium.map import Layer
from folium.template import Template
from markupsafe import escape

from app.maps.inline import LEAFLET, LEAFLET_CSS
from app.maps.legend import Legend

PAGE = Path(__file__).with_name("page.html")
# Panes and their order; Leaflet's own popups lie at 700.
PANES = {
    "wx-ground": 200,
    "wx-theme": 300,
    "wx-base": 350,
    "wx-borders": 400,
    "wx-overlay": 420,
    "wx-chosen": 440,
    "wx-names": 450,
    "wx-signs": 460,
}


# Branca reads what an element wrote as a template once more: a name with braces in it, or encoded
# shapes, would be taken for an expression. JSON itself never has these two characters in a row.
_TEMPLATE_MARK = re.compile(r"\{(?=[{%#])")


def as_script(value: object) -> str:
    """Return a value as JSON that may stand in a script, and that no template reads."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return _TEMPLATE_MARK.sub(r"\\u007b", text)


def as_markup(text: object) -> str:
    """Return text that may stand in markup, and that no template reads."""
    return str(escape(text)).replace("{", "&#123;")


class Sheet(Figure):
    """The page: in the language of its words, and held to what it brings with it.

    Parameters
    ----------
    title
        Of the window.
    lang
        Such as ``zh-CN``.
    image_hosts
        From which images may be loaded: none, or those of a basemap that was asked for.
    """

    _template = Template(
        "<!DOCTYPE html>\n"
        '<html lang="{{ this.lang }}">\n'
        "<head>\n"
        "<title>{{ this.title|e }}</title>\n"
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
        "img-src data: blob:{% for host in this.image_hosts %} {{ host|e }}{% endfor %}; "
        "base-uri 'none'; form-action 'none'\">\n"
        '<meta name="referrer" content="no-referrer">\n'
        "{{ this.header.render(**kwargs) }}\n"
        "</head>\n"
        "<body>\n"
        "{{ this.html.render(**kwargs) }}\n"
        "<script>\n"
        "{{ this.script.render(**kwargs) }}\n"
        "</script>\n"
        "</body>\n"
        "</html>\n"
    )

    def __init__(self, title: str, lang: str, image_hosts: tuple[str, ...] = ()) -> None:
        super().__init__(title=title)
        self.lang = lang
        self.image_hosts = image_hosts


class _Quoting:
    """What templates call, so that values stay values."""

    js = staticmethod(as_script)
    text = staticmethod(as_markup)


class Frame(folium.Map):
    """A folium map that wants Leaflet and nothing else: no jQuery, no Bootstrap, no fonts."""

    default_js = [("leaflet", LEAFLET)]  # noqa: RUF012 - folium declares them so
    default_css = [  # noqa: RUF012
        ("leaflet_css", LEAFLET_CSS),
        ("wx_palette", "static/css/palette.css"),
        ("wx_css", "static/export/export.css"),
    ]


class Shapes(_Quoting, JSCSSMixin):
    """The shapes that all layers draw; `app.maps.shapes` has their form."""

    default_js = [  # noqa: RUF012
        (f"wx_{name}", f"static/export/{name}.js")
        for name in ("core", "shapes", "ground", "layers", "panel", "ask", "time")
    ]
    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = new weige.Shapes({{ this.js(this.data) }});\n"
        "{% endmacro %}"
    )

    def __init__(self, data: dict[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Shapes"
        self._id = "of_city"
        self.data = data


class Drawn(_Quoting, Layer):
    """A layer that draws the shared shapes.

    Parameters
    ----------
    kind
        The class that draws it (static/export).
    shapes
        What it draws.
    options
        Of that class; ``pane`` among them.
    name, group
        In the panel, and under which heading.
    alone
        Whether it is shown in place of others of its kind.
    legend
        None if it needs none.
    control, show
        Whether it is in the panel, and on at first.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = new weige.{{ this.kind }}("
        "{{ this.shapes.get_name() }}, {{ this.js(this.options) }});\n"
        "{% endmacro %}"
    )

    def __init__(
        self,
        kind: str,
        shapes: Shapes,
        options: dict[str, Any],
        *,
        ident: str,
        name: str = "",
        group: str = "",
        alone: bool = False,
        legend: Legend | None = None,
        control: bool = True,
        show: bool = True,
    ) -> None:
        super().__init__(name=name or ident, overlay=not alone, control=control, show=show)
        self._name = "Drawn"
        self._id = ident
        self.kind = kind
        self.shapes = shapes
        self.options = options
        self.group = group
        self.alone = alone
        self.legend = legend


class Opening(_Quoting, MacroElement):
    """The place with which the map opens, beside title and panel."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        # The time bar takes room.
        "{% if this.timed %}document.body.classList.add('wx-timed');\n{% endif %}"
        "weige.fit({{ this._parent.get_name() }}, L.latLngBounds({{ this.js(this.bounds) }}), {}, "
        "{{ this.shapes }}.arcs, {{ this.shapes }}.coarsest.rings);\n"
        "{% endmacro %}"
    )

    def __init__(
        self, bounds: tuple[float, float, float, float], shapes: Shapes, *, timed: bool
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Opening"
        self._id = "view"
        self.shapes = shapes.get_name()
        self.timed = timed
        west, south, east, north = bounds
        self.bounds = [[south, west], [north, east]]


class LayerPanel(_Quoting, folium.LayerControl):
    """Folium's layer control as a panel: groups, and the legend of what is on."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = new weige.Panel({{ this._parent.get_name() }}, [\n"
        "{% for one in this.entries %}"
        "{layer: {{ one.get_name() }}, group: {{ this.js(one.group) }}, "
        "title: {{ this.js(one.layer_name) }}, alone: {{ this.js(one.alone) }}, "
        "legend: {{ this.js(this.legend_of(one)) }}},\n"
        "{% endfor %}"
        "], {{ this.js(this.words) }});\n"
        "{% endmacro %}"
    )

    def __init__(self, words: dict[str, str]) -> None:
        super().__init__()
        self._id = "panel"
        self.words = words

    @property
    def entries(self) -> list[Drawn]:
        """The layers in the panel, in order."""
        if self._parent is None:
            return []
        children = self._parent._children.values()  # noqa: SLF001 - as folium's own
        return [one for one in children if isinstance(one, Drawn) and one.control]

    @staticmethod
    def legend_of(layer: Drawn) -> dict[str, Any] | None:
        """Return the legend of a layer as the page reads it."""
        return layer.legend.as_json() if layer.legend else None


class Page(_Quoting, MacroElement):
    """Title, search, panel, time bar and the strip that says what the data is.

    Parameters
    ----------
    told
        Texts: title, lines (a list), source, generation, synthetic, notes (a list), made.
    words
        Of `app.maps.words`.
    """

    _template = Template(PAGE.read_text(encoding="utf-8"))

    def __init__(self, told: dict[str, Any], words: dict[str, str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Page"
        self._id = "page"
        self.told = told
        self.words = words


class Start(_Quoting, MacroElement):
    """The last lines: clicks, search, time and printing are wired; then the page is ready."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "{% set map = this._parent.get_name() %}"
        "L.control.zoom({position: 'bottomleft', zoomInTitle: {{ this.js(this.words.zoom_in) }}, "
        "zoomOutTitle: {{ this.js(this.words.zoom_out) }}}).addTo({{ map }});\n"
        "L.control.scale({imperial: false, position: 'bottomleft'}).addTo({{ map }});\n"
        "weige.asking = new weige.Asking({{ map }}, {{ this.shapes }}, {{ this.panel }}, "
        "{{ this.js(this.words) }}, {{ this.js(this.colours) }});\n"
        "weige.search({{ this.shapes }}, weige.asking, {{ this.js(this.words) }});\n"
        "weige.timeBar({{ map }}, {{ this.panel }}, {{ this.js(this.words) }});\n"
        "weige.printing({{ map }});\n"
        "weige.map = {{ map }};\n"
        "document.getElementById('wx-failed').remove();\n"
        "document.body.dataset.ready = 'true';\n"
        "{% endmacro %}"
    )

    def __init__(
        self, shapes: Shapes, panel: LayerPanel, words: dict[str, str], colours: dict[str, str]
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Start"
        self._id = "of_page"
        self.shapes = shapes.get_name()
        self.panel = panel.get_name()
        self.words = words
        self.colours = colours
