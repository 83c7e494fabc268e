"""A journal: what was appended is there again after any death, and only for the same run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.batches import Journal
from app.errors import BadFileError, BadInputError

ROOT = Path(__file__).resolve().parents[2]
KEY = {"input": "1a2b", "options": "x"}


def written(path, parts, key=None):
    with Journal(path, key or KEY, resume=False) as journal:
        for part in parts:
            journal.append(part)


def read(path):
    with Journal(path, KEY, resume=True) as journal:
        return list(journal.parts())


def test_a_new_one_is_empty_and_says_so(tmp_path):
    with Journal(tmp_path / "j", KEY, resume=True) as journal:
        assert (journal.finished, journal.found, list(journal.parts())) == (0, False, [])
    journal.discard()
    assert not list(tmp_path.iterdir())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(parts=st.lists(st.binary(max_size=40), max_size=6), data=st.data())
def test_a_file_cut_anywhere_holds_the_parts_before_the_cut(tmp_path, parts, data):
    path = tmp_path / "j"
    path.unlink(missing_ok=True)
    written(path, parts)
    whole = path.read_bytes()
    ends = [len(whole) - sum(len(one) + 40 for one in parts[k:]) for k in range(len(parts) + 1)]
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    left = sum(end <= cut for end in ends[1:])
    with Journal(path, KEY, resume=True) as journal:
        assert journal.finished == left
        known = journal.parts()
        # New parts may be added while the old ones are read.
        journal.append(b"new")
        assert list(known) == parts[:left]
    assert read(path) == [*parts[:left], b"new"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_bit_that_turned_over_loses_its_part_and_those_after_it_but_lies_about_none(
    tmp_path, place, bit
):
    path = tmp_path / "j"
    path.unlink(missing_ok=True)
    parts = [b"first" * 9, b"second" * 9, b"third" * 9]
    written(path, parts)
    whole = bytearray(path.read_bytes())
    start = whole.index(b"\n", whole.index(b"\n") + 1) + 1
    place = start + place % (len(whole) - start)
    whole[place] ^= 1 << bit
    path.write_bytes(whole)
    found = read(path)
    assert found == parts[: len(found)]
    assert len(found) < 3


def test_one_of_another_run_is_refused_in_words_and_kept(tmp_path):
    written(tmp_path / "j", [b"part"])
    with (
        pytest.raises(BadInputError, match=r"another run: input was 1a2b, is 3c4d; --town was not"),
        Journal(tmp_path / "j", {**KEY, "input": "3c4d", "--town": "镇"}, resume=True),
    ):
        pass
    assert read(tmp_path / "j") == [b"part"]


def test_without_resume_what_was_there_is_thrown_away(tmp_path):
    written(tmp_path / "j", [b"part"], {"input": "other"})
    with Journal(tmp_path / "j", KEY, resume=False) as journal:
        assert (journal.finished, journal.found) == (0, True)
    assert read(tmp_path / "j") == []


@pytest.mark.parametrize("resume", [False, True])
def test_a_file_that_is_no_journal_is_left_alone(tmp_path, resume):
    (tmp_path / "j").write_text("my notes", encoding="utf-8")
    with (
        pytest.raises(BadFileError, match="is not a journal"),
        Journal(tmp_path / "j", KEY, resume=resume),
    ):
        pass
    assert (tmp_path / "j").read_text(encoding="utf-8") == "my notes"
    with pytest.raises(BadFileError, match="is a folder"), Journal(tmp_path, KEY, resume=resume):
        pass


def test_two_runs_cannot_hold_one(tmp_path):
    # Within one process the system grants a second lock, so another one asks.
    code = (
        "import sys; from pathlib import Path; from app.batches import Journal\n"
        "with Journal(Path(sys.argv[1]), {}, resume=False): pass"
    )
    with Journal(tmp_path / "j", KEY, resume=False) as journal:
        journal.append(b"part")
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "j")],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "another run holds" in done.stderr
    assert read(tmp_path / "j") == [b"part"]
