"""Write the table of faults in docs/addresses.md from app/addresses/faults.py, which owns them.

python -m scripts.fault_table
"""

from __future__ import annotations

from pathlib import Path

import typer

from app.addresses.faults import ASIDE, FAULTS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "addresses.md"
BEGIN, END = "<!-- faults: python -m scripts.fault_table -->\n", "<!-- end of faults -->\n"


def fault_table() -> str:
    """Return the table as Markdown."""
    rows = ["| code | 说明 | at most |", "|---|---|---:|"]
    for code, kind in FAULTS.items():
        sentence = kind.sentence.replace("{word}", "…").replace("{detail}", "…")
        most = "–" if code in ASIDE else f"{kind.most:g}"
        rows.append(f"| `{code}` | {sentence} | {most} |")
    return "\n".join(rows) + "\n"


def with_faults(page: str) -> str:
    """Return a page with the table in its place.

    Raises
    ------
    ValueError
        If the page does not say where.
    """
    before, found, rest = page.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (found and ended):
        raise ValueError(f"the page lacks the lines {BEGIN!r} and {END!r}")
    return before + BEGIN + "\n" + fault_table() + "\n" + END + after


def main() -> None:
    """Write the page."""
    partial = PAGE.with_suffix(".md.partial")
    partial.write_text(with_faults(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    partial.replace(PAGE)


if __name__ == "__main__":
    typer.run(main)
