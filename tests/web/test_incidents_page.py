"""docs/incidents.md says what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path

from app.incidents.lifecycle import TRANSITIONS
from app.web import create_app
from app.web.settings import Settings

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "incidents.md").read_text(encoding="utf-8")


def test_the_table_of_moves_is_that_of_the_code() -> None:
    wanted = [
        f"| {step.move} | {step.name_zh} | {', '.join(map(str, step.sources))} | "
        f"{step.target or ''} | {step.permission} | {'wanted ' if step.note else ''}|"
        for step in TRANSITIONS.values()
    ]
    assert [line for line in PAGE.splitlines() if line.startswith("| ") and "操作" not in line] == (
        wanted
    )


def test_the_examples_are_answered_as_the_page_says(jianyang_folder: Path, tmp_path: Path) -> None:
    client = create_app(Settings(city=jianyang_folder, var=tmp_path)).test_client()
    examples = re.findall(r"```http\n(.*?)\n```", PAGE, flags=re.DOTALL)
    assert len(examples) > 10
    number = ""
    for example in examples:
        head, _, rest = example.partition("\n")
        method, url = head.split(" ")
        body, _, status = rest.strip().rpartition("\n\n")
        more = {"json": json.loads(body)} if body else {}
        answer = client.open(url.replace("{number}", number), method=method, **more)
        assert answer.status_code == int(status), (head, answer.text)
        number = number or answer.json["incident"]["number"]
