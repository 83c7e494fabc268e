"""Every folder of cases, every address in it."""

import pytest

from tests.addresses.case_folders import CASES, board, case_matcher, case_queries, expected

NAMES = sorted(path.name for path in CASES.iterdir() if path.is_dir())


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return board(tmp_path_factory.mktemp("board"))


@pytest.mark.parametrize("name", NAMES)
def test_addresses_become_what_the_case_says(name, city, tmp_path):
    matcher = case_matcher(city, tmp_path / "city", name)
    queries, wanted = case_queries(name), expected(name)
    assert set(queries) == set(wanted)
    for ident, want in wanted.items():
        match = matcher.assign(queries[ident])
        said = f"{name} {ident} {queries[ident].text!r}: {match}"
        assert str(match.status) == want["status"], said
        assert match.grid == want.get("grid", ""), said
        assert bool(match.confidence) == (want["status"] == "assigned"), said
        if "level" in want:
            assert str(match.level) == want["level"], said
        codes = {fault.code for fault in match.faults}
        assert codes >= set(want.get("faults", ())), said
        assert not codes & set(want.get("not_faults", ())), said
        if "candidates" in want:
            assert {one.grid for one in match.candidates} == set(want["candidates"]), said
        for text in want.get("says", ()):
            assert text in match.explanation, said
        for name_, text in want.get("parsed", {}).items():
            assert match.parsed.get(name_) == text, said
