"""The policy file says what it means, or is refused with what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import BadFileError, BadInputError
from app.incidents.policy import DEFAULT_POLICY, Policy

TEXT = DEFAULT_POLICY.read_text(encoding="utf-8")


def written(folder: Path, *changes: tuple[str, str]) -> Path:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_it_has_the_four_domains_and_other() -> None:
    policy = Policy.read()
    domains = [one.id for one in policy.hazards.values() if not one.parent]
    assert domains == ["gas", "geological", "drowning", "fire", "other"]
    for one in policy.hazards.values():
        assert one.parent in {"", *policy.hazards}
        assert one.domain in domains
        assert one.name
        assert one.name_en


def test_a_kind_has_what_its_domain_has_unless_it_says_otherwise() -> None:
    hazards = Policy.read().hazards
    gas, leak, hose = hazards["gas"], hazards["gas.leak"], hazards["gas.appliance"]
    assert hose.duplicate_m == leak.duplicate_m == gas.duplicate_m == 30.0
    assert hose.deadline_hours == gas.deadline_hours
    assert leak.deadline_hours["file"] != gas.deadline_hours["file"]
    assert leak.deadline_hours["verify"] == gas.deadline_hours["verify"]
    assert hazards["fire.wildland"].duplicate_m == 300.0
    assert hazards["other"].duplicate_m == 50.0


def test_graver_is_never_due_later() -> None:
    for one in Policy.read().hazards.values():
        for hours in one.deadline_hours.values():
            assert list(hours) == sorted(hours, reverse=True)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('first_assignee = "level"', 'first_assignee = "mayor"', "'mayor'"),
        ('time_zone = "Asia/Shanghai"', 'time_zone = "Asia/Nowhere"', "Nowhere"),
        ('id = "other"', 'id = "others"', "no hazard 'other'"),
        ('id = "gas.leak"', 'id = "gaz.leak"', "'gaz.leak'"),
        ('id = "drowning"', 'id = "gas"', "'gas' comes twice"),
        ("file = [8, 4, 1, 0.25]", "file = [8, 4, 1]", "four numbers"),
        ("file = [8, 4, 1, 0.25]", "file = [8, 4, 1, 0]", "above 0"),
        ("file = [8, 4, 1, 0.25]", "file = [8, 4, 1, inf]", "above 0"),
        ("file = [8, 4, 1, 0.25]", 'file = "soon"', "policy"),
        ("verify = [72, 24, 12, 4]", "", "verify"),
        ("within_m = 50.0", "within_m = 50.0\nwithin_km = 1", "within_km"),
        ("within_m = 50.0", "within_m = 0", "above 0"),
        ("within_hours = 72.0", 'within_hours = "long"', "'long'"),
        ("[deadline_hours]", "[deadline_hours]\nmop = [1, 1, 1, 1]", "mop"),
        ("handle = [72, 24, 4, 1] }", "mop = [72, 24, 4, 1] }", "mop"),
        ('name = "燃气泄漏"', 'nome = "燃气泄漏"', "nome"),
        ("neighbour_within_m = 30.0", "neighbor_within_m = 30.0", "neighbor_within_m"),
        ('number_prefix = "JY"', "number_prefix = ", "policy.toml"),
        ('number_prefix = "JY"', 'number_prefix = ""', "number_prefix is ''"),
        ('number_prefix = "JY"', 'number_prefix = "jy"', "number_prefix is 'jy'"),
        ('number_prefix = "JY"', 'number_prefix = "J/Y"', "1 to 8 of A-Z and 0-9"),
        ('number_prefix = "JY"', 'number_prefix = "ABCDEFGH9"', "'ABCDEFGH9'"),
        ('number_prefix = "JY"', 'number_prefix = "JY\\n"', "number_prefix is"),
        ('number_prefix = "JY"', "number_prefix = 12", "number_prefix is 12"),
        ("neighbour_within_m = 30.0", "neighbour_within_m = -1.0", "neighbour_within_m is -1.0"),
        ("neighbour_within_m = 30.0", "neighbour_within_m = inf", "neighbour_within_m is inf"),
        ("neighbour_within_m = 30.0", "neighbour_within_m = nan", "neighbour_within_m is nan"),
        ("neighbour_within_m = 30.0", "neighbour_within_m = true", "neighbour_within_m is True"),
        ("neighbour_within_m = 30.0", 'neighbour_within_m = "30"', "neighbour_within_m is '30'"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(BadFileError) as caught:
        Policy.read(written(tmp_path, (old, new)))
    assert words in caught.value.message
    assert "policy.toml" in caught.value.message


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match=r"none\.toml"):
        Policy.read(tmp_path / "none.toml")
    (tmp_path / "gbk.toml").write_bytes('name = "燃气"'.encode("gbk"))
    with pytest.raises(BadFileError, match=r"gbk\.toml"):
        Policy.read(tmp_path / "gbk.toml")


def test_hazards_are_found_with_their_kinds() -> None:
    policy = Policy.read()
    assert policy.kinds("gas") == ("gas", "gas.leak", "gas.appliance")
    assert policy.kinds("gas.leak") == ("gas.leak",)
    with pytest.raises(BadInputError, match=r"hazard is 'gas\.leek'") as caught:
        policy.kinds("gas.leek")
    assert "gas.leak" in caught.value.message_zh


@pytest.mark.parametrize(
    ("ident", "found"),
    [
        ("gas.leak", "gas.leak"),
        ("gas.pipe", "gas"),
        ("gas.leak.valve", "gas.leak"),
        ("x.y", "other"),
        ("", "other"),
    ],
)
def test_a_hazard_that_is_lost_is_handled_as_what_it_was_a_kind_of(ident: str, found: str) -> None:
    assert Policy.read().rule(ident).id == found


def test_a_prefix_and_no_neighbours_at_all_are_allowed(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        ('number_prefix = "JY"', 'number_prefix = "A1B2C3D4"'),
        ("neighbour_within_m = 30.0", "neighbour_within_m = 0"),
    )
    policy = Policy.read(path)
    assert (policy.number_prefix, policy.neighbour_within_m) == ("A1B2C3D4", 0.0)
