"""What static/ promises: vendored files as published, one palette, two complete languages."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from scripts.palette_css import palette_css
from scripts.vendor_static import MANIFEST_NAME, PACKAGES, SUPPLIED_LICENCES, VENDOR, sha256_of

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
TEMPLATES = ROOT / "app" / "web" / "templates"
OWN = sorted(
    path
    for path in [*STATIC.rglob("*"), *TEMPLATES.glob("*.html")]
    if path.is_file() and VENDOR not in path.parents and path.suffix != ".partial"
)
MODULES = [path for path in OWN if path.suffix == ".mjs"]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def manifest() -> list[dict]:
    return json.loads((VENDOR / MANIFEST_NAME).read_text(encoding="utf-8"))["packages"]


def test_vendored_files_are_those_of_the_manifest() -> None:
    recorded = {file: digest for entry in manifest() for file, digest in entry["files"].items()}
    found = {
        path.relative_to(VENDOR).as_posix(): sha256_of(path)
        for path in VENDOR.rglob("*")
        if path.is_file() and path.parent != VENDOR and path.parent.name != SUPPLIED_LICENCES
    }
    assert found == recorded


def test_manifest_has_the_packages_of_the_script_with_licences() -> None:
    assert [(entry["package"], entry["version"]) for entry in manifest()] == [
        (package.name, package.version) for package in PACKAGES
    ]
    for entry in manifest():
        folder = VENDOR / f"{entry['package']}-{entry['version']}"
        assert entry["licence"] in {"BSD-3-Clause", "BSD-2-Clause", "MIT"}
        licence = (folder / "LICENSE.txt").read_text(encoding="utf-8")
        assert "Redistribution and use" in licence or "Permission is hereby granted" in licence
        third_party = (folder / "THIRD-PARTY.txt").read_text(encoding="utf-8")
        assert len(third_party) > 1000 or "depends on no other package" in third_party


def test_the_page_loads_the_vendored_versions() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in OWN if path.suffix != ".svg")
    used = set(re.findall(r"vendor/([\w.-]+/[\w.-]+)", text))
    assert used
    assert all((VENDOR / file).is_file() for file in used)


def test_palette_css_is_written_from_the_palette() -> None:
    palette = (STATIC / "palette.json").read_text(encoding="utf-8")
    assert (STATIC / "css" / "palette.css").read_text(encoding="utf-8") == palette_css(palette)


def test_one_sided_palette_is_refused() -> None:
    palette = json.loads((STATIC / "palette.json").read_text(encoding="utf-8"))
    del palette["themes"]["dark"]["ui"]["accent"]
    with pytest.raises(ValueError, match="--accent"):
        palette_css(json.dumps(palette))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2, 1.4.3)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read(theme: str) -> None:
    colours = json.loads((STATIC / "palette.json").read_text(encoding="utf-8"))["themes"][theme]
    ui, on_map = colours["ui"], colours["map"]
    pairs = [(ui[text], ui["surface"]) for text in ("text", "text-soft", "text-faint", "accent")]
    pairs += [(ui[tone], ui[f"{tone}-soft"]) for tone in ("good", "warn", "bad")]
    pairs += [(ui["accent-ink"], ui["accent"])]
    pairs += [(on_map[f"label-{one}"], on_map["land"]) for one in ("coarse", "fine")]
    pairs += [(on_map["overlay-label"], on_map["land"])]
    pairs += [(on_map["outside-label"], on_map["outside"])]
    assert [(a, b, round(contrast(a, b), 2)) for a, b in pairs if contrast(a, b) < 4.5] == []


def test_languages_have_the_same_words() -> None:
    zh, en = (
        json.loads((STATIC / "i18n" / f"{lang}.json").read_text(encoding="utf-8"))
        for lang in ("zh", "en")
    )
    assert zh.keys() == en.keys()
    for key in zh:
        assert set(re.findall(r"\{\w+\}", zh[key])) == set(re.findall(r"\{\w+\}", en[key])), key


def test_words_in_use_are_in_the_dictionaries_and_the_other_way_round() -> None:
    words = json.loads((STATIC / "i18n" / "zh.json").read_text(encoding="utf-8"))
    text = "".join(path.read_text(encoding="utf-8") for path in [*MODULES, *TEMPLATES.glob("*")])
    named = set(re.findall(r'(?:\bt\(|data-i18n(?:-\w+)?=|group\()"([\w.]+)"', text))
    assert named - words.keys() == set()
    # Put together at run time.
    made = ("role.", "status.", "property.", "kind.", "search.datum_note.", "suggest.kind.",
            "suggest.why.", "address.status.", "address.level.", "address.advice.",
            "address.band.", "correct.kind.", "correct.field.", "correct.how.",
                "correct.state.", "topic.kind.", "topic.measure.", "topic.meaning.", "topic.state.",
                "topic.sign.", "lost.", "topic.title.", "topic.note.", "pen.", "join.",
                "layers.group")  # fmt: skip
    unused = {key for key in words if f'"{key}"' not in text and not key.startswith(made)}
    assert unused == set()


HAN = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
# A string or a regular expression, in which // begins no comment; or a comment.
SCRIPT = re.compile(
    r"""("(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|/(?![*/ ])(?:\\.|\[(?:\\.|[^\]\n])*\]|[^/\\\n])+/)"""
    r"|(/\*.*?\*/|//[^\n]*)",
    re.DOTALL,
)
# What is read or written in Chinese whatever the language of the page.
CHINESE = {
    "parse.mjs": "coordinates as people type them",
    "rules.mjs": "the sign of a hazard",
    "proposal.mjs": "what of a reason says nothing",
    "strokes.mjs": "where a line may break",
    "views.mjs": "signs that an address may not have",
    "rail.mjs": "the button to Chinese, and the name of the product",
    "home.mjs": "the button to Chinese",
    "labels.mjs": "where a name may break",
    "address.mjs": "bands as the API has them",
    "filters.mjs": "an indent",
    "report.mjs": "an indent",
    "form.mjs": "an indent",
}


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_modules_say_nothing_that_is_not_in_the_dictionaries(path: Path) -> None:
    code = SCRIPT.sub(lambda found: found[1] or "", path.read_text(encoding="utf-8"))
    said = [line.strip() for line in code.splitlines() if HAN.search(line)]
    assert bool(said) == (path.name in CHINESE), said


class Untranslated(HTMLParser):
    """Chinese of a page that its dictionaries do not hold."""

    VOID = frozenset({"meta", "link", "input", "path", "circle", "rect", "use"})
    # Filled by their modules in the language of the page.
    FILLED = frozenset({"search-text", "synthetic-text"})

    def __init__(self, words: dict[str, str]) -> None:
        super().__init__()
        self.words = words
        self.open: list[dict[str, str | None]] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        for attribute, key in (
            ("aria-label", "label"),
            ("placeholder", "placeholder"),
            ("title", "title"),
        ):
            text = given.get(attribute) or ""
            named = given.get(f"data-i18n-{key}") or ""
            if HAN.search(text) and given.get("id") not in self.FILLED:
                self._check(text, named)
        if tag not in self.VOID:
            self.open.append(given)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        holder = self.open[-1] if self.open else {}
        isolated = holder.get("aria-hidden") or holder.get("id") in self.FILLED
        if HAN.search(data) and not isolated:
            self._check(data.strip(), holder.get("data-i18n") or "")

    def _check(self, text: str, key: str) -> None:
        if self.words.get(key) != text:
            self.found.append(f"{key or 'no key'}: {text}")


def test_the_page_says_nothing_that_is_not_in_the_dictionaries() -> None:
    words = json.loads((STATIC / "i18n" / "zh.json").read_text(encoding="utf-8"))
    for page in ("index.html", "mode.html"):
        text = (TEMPLATES / page).read_text(encoding="utf-8")
        parser = Untranslated(words)
        # What the server fills in is data, or a word of `role.`; who has no script is told in both.
        parser.feed(
            re.sub(r"{[{%].*?[%}]}|· 微格|<noscript>.*?</noscript>", "", text, flags=re.DOTALL)
        )
        assert parser.found == [], page


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=name)
def test_pages_without_dictionaries_have_both_languages(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if "data-i18n" in text:
        return
    both = re.sub(r"""(["'])[^"']*\1 if zh else (["'])[^"']*\2""", "", text)
    left = set(re.findall(r"[\u4e00-\u9fff]+", both))
    assert left <= {"微", "微格"}, "the name of the product apart"


@pytest.mark.parametrize("path", OWN, ids=name)
def test_own_files_name_no_other_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    hosts = set(re.findall(r"(?:https?:)?//([a-z0-9-]+\.[a-z0-9.-]+)", text))
    assert hosts <= {"www.w3.org"}  # the name of the SVG namespace, never fetched


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=name)
def test_templates_have_nothing_inline(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=|<style|\son\w+\s*=|javascript:", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_modules_stay_small_and_never_parse_markup(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 300
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text)
    assert text.startswith("/**"), "a module says what it owns"
