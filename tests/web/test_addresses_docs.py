"""The examples of docs/addresses-api.md do what the page says, against a real server."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from app.web.schemas_addresses import AddressOut, BasisName, CandidateOut, LevelName, SuggestionOut
from tests.web.serving import ROOT, Server, serving

PAGE = (ROOT / "docs" / "addresses-api.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:5000"


@pytest.fixture(scope="module")
def server(jianyang_folder: Path) -> Iterator[Server]:
    with serving(jianyang_folder, "--workers", "1") as found:
        yield found


@pytest.fixture(scope="module")
def answers(server: Server) -> list[Any]:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: the examples for it are NOT tested")
    lines = re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL)
    found = []
    for line in lines:
        words = shlex.split(line.replace(ADDRESS, f"http://127.0.0.1:{server.port}"))
        done = subprocess.run(
            [*words, "--silent", "--fail-with-body"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout
        found.append(json.loads(done.stdout))
    return found


def test_the_examples_answer(answers: list[Any]) -> None:
    typed, assigned, explained = answers
    assert typed["suggestions"]
    assert all(one["name"].startswith("文塘路12") for one in typed["suggestions"])
    assert assigned["assigned"] == len(assigned["results"]) == 2
    assert len({one["grid"] for one in assigned["results"]}) == 1
    assert explained["match"]["grid"] == assigned["results"][0]["grid"]
    assert explained["hypotheses"]


def test_all_fields_and_levels_are_named(answers: list[Any]) -> None:
    for name in (*SuggestionOut.model_fields, *AddressOut.model_fields, *CandidateOut.model_fields):
        assert f"`{name}`" in PAGE, name
    for name in get_args(LevelName):
        assert re.search(rf"\b{name}\b", PAGE), name
    assert set(answers[0]["suggestions"][0]) == set(SuggestionOut.model_fields)
    assert answers[1]["results"][0]["position_basis"] in get_args(BasisName)
