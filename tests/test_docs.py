"""The README's examples do what the README says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from app.tables import open_table
from app.web import create_app
from app.web.settings import Settings
from tests.tables.test_text import rows_of

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def run(words: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, cwd=cwd, capture_output=True, text=True, check=False, encoding="utf-8"
    )


def test_the_python_example_runs() -> None:
    (example,) = blocks("python")
    done = run([sys.executable, "-W", "error", "-c", example], ROOT)
    assert done.returncode == 0, done.stderr
    status, code, _, neighbour = done.stdout.split()
    assert status == "inside"
    assert re.fullmatch(r"510185\d{6}-\d\d-\d\d", code)
    assert re.fullmatch(r"510185\d{6}-\d\d-\d\d", neighbour)


@pytest.mark.slow
@pytest.mark.parametrize("line", [b.strip() for b in blocks("sh") if "scripts." in b])
def test_the_script_examples_run(line: str, tmp_path: Path) -> None:
    words = shlex.split(line)
    assert words[0] == ".venv/bin/python"
    words[0] = sys.executable
    for option in {"-o", "--report", "--map"} & set(words):
        target = tmp_path / words[words.index(option) + 1]
        words[words.index(option) + 1] = str(target)
    done = run(words, ROOT)
    # The example points hold two unusable rows on purpose: exit code 1 says so.
    wanted = 1 if "locate_points" in line else 0
    assert done.returncode == wanted, done.stderr
    if "locate_points" in line or "addresses" in line:
        rows = Path(words[words.index("-o") + 1]).read_text(encoding="utf-8-sig").splitlines()
        assert len(rows) == len((ROOT / words[3]).read_text("utf-8").splitlines())
    for option in {"--report", "--map"} & set(words):
        assert Path(words[words.index(option) + 1]).stat().st_size


def test_the_call_of_the_api_is_one_that_the_server_answers(jianyang_folder: Path) -> None:

    (line,) = [block.strip() for block in blocks("sh") if block.startswith("curl")]
    url = shlex.split(line)[1].removeprefix("http://127.0.0.1:5000")
    answer = create_app(Settings(city=jianyang_folder)).test_client().get(url)
    assert answer.status_code == 200
    assert answer.json["status"] == "inside"


@pytest.mark.slow
def test_the_examples_of_incident_files_run(tmp_path: Path) -> None:
    page = (ROOT / "docs/incidents-files.md").read_text(encoding="utf-8")
    bring, hand_out = re.findall(r"```sh\n(.*?)```", page, flags=re.DOTALL)
    url = f"sqlite:///{tmp_path / 'weige.db'}"

    def ran(line: str, *more: str) -> list[list[str]]:
        words = [sys.executable, *shlex.split(line)[1:], "--database-url", url, *more]
        target = tmp_path / words[words.index("-o") + 1]
        words[words.index("-o") + 1] = str(target)
        done = run(words, ROOT)
        # One row of the example says a kind of request that the mapping does not know.
        assert done.returncode == (1 if "import" in line else 0), done.stderr
        table = open_table(target)
        return [list(table.columns), *rows_of(table)]

    header, *rows = ran(bring)
    place = header.index("import_status")
    assert [row[place] for row in rows] == ["new", "new", "new", "new", "unusable", "known"]
    ran(bring, "--commit")
    header, *closed = ran(hand_out)
    assert [row[header.index("external_id")] for row in closed] == ["RX-0001"]


def test_every_file_that_the_docs_link_to_exists() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("**/*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_changelog_is_in_its_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert text.startswith("# Changelog")
    assert "## [Unreleased]" in text or re.search(r"## \[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", text)
