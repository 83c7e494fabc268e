"""Write static/css/palette.css from static/palette.json, the one place that owns the colours.

    python -m scripts.palette_css

The page needs its colours before the first script runs, so they are written out as custom
properties: ``--<name>`` for the interface, ``--map-<name>`` for what the legend shows.
"""

from __future__ import annotations

import json
from pathlib import Path

import typer

STATIC = Path(__file__).resolve().parent.parent / "static"
HEADER = "/* Written by `python -m scripts.palette_css` from palette.json; edit that. */\n"


def palette_css(palette: str) -> str:
    """Return the style sheet for the text of palette.json.

    Raises
    ------
    ValueError
        If the two themes do not name the same colours.
    """
    themes = json.loads(palette)["themes"]
    light, dark = _properties(themes["light"]), _properties(themes["dark"])
    if light.keys() != dark.keys():
        one_sided = sorted(light.keys() ^ dark.keys())
        raise ValueError(f"colours that only one theme has: {one_sided}")
    return (
        HEADER
        + _rule(":root", {"color-scheme": "light"} | light)
        + _on_screens(_rule(':root[data-theme="dark"]', {"color-scheme": "dark"} | dark))
    )


def _properties(theme: dict[str, dict[str, str]]) -> dict[str, str]:
    found = {f"--{name}": value for name, value in theme["ui"].items()}
    return found | {f"--map-{name}": value for name, value in theme["map"].items()}


def _rule(selector: str, properties: dict[str, str]) -> str:
    body = "".join(f"  {name}: {value};\n" for name, value in properties.items())
    return f"\n{selector} {{\n{body}}}\n"


def _on_screens(rule: str) -> str:
    """Wrap a rule: paper is light, whatever the theme."""
    lines = "".join(f"  {line}\n" if line else "" for line in rule.splitlines())
    return f"\n@media screen {{\n{lines}}}\n"


def main() -> None:
    """Write the style sheet."""
    target = STATIC / "css" / "palette.css"
    partial = target.with_suffix(".css.partial")
    text = (STATIC / "palette.json").read_text(encoding="utf-8")
    partial.write_text(palette_css(text), encoding="utf-8")
    partial.replace(target)


if __name__ == "__main__":
    typer.run(main)
