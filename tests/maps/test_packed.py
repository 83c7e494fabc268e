"""Compressed files of the page: kept by what they hold, made anew where they are damaged."""

from __future__ import annotations

import gzip
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.maps.packed import LEAST_BYTES, PackedFiles, pack_static, packed_folder

LONG = "一行脚本\n".encode() * LEAST_BYTES


@pytest.fixture
def static(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "js").mkdir(parents=True)
    (folder / "js" / "a.mjs").write_bytes(LONG)
    (folder / "words.json").write_bytes(b"[" + b" " * LEAST_BYTES + b"]")
    (folder / "small.css").write_bytes(b"p{}")
    (folder / "picture.png").write_bytes(LONG)
    return folder


def test_what_is_worth_it_is_compressed_once_and_forgotten_with_its_file(
    static: Path, tmp_path: Path
) -> None:
    var = tmp_path / "var"
    before, after = pack_static(var, static)
    assert before == len(LONG) + LEAST_BYTES + 2
    made = {path: path.stat().st_mtime_ns for path in packed_folder(var).iterdir()}
    assert len(made) == 2
    assert after == sum(path.stat().st_size for path in made)
    assert {gzip.decompress(path.read_bytes()) for path in made} >= {LONG}
    assert pack_static(var, static) == (before, after)
    assert {path: path.stat().st_mtime_ns for path in packed_folder(var).iterdir()} == made
    (static / "js" / "a.mjs").write_bytes(LONG + b"changed")
    pack_static(var, static)
    assert PackedFiles(packed_folder(var)).path(LONG).exists() is False
    assert len(list(packed_folder(var).iterdir())) == 2


@pytest.mark.parametrize(
    "damage",
    [b"", b"no gzip", gzip.compress(LONG, mtime=0)[:-9], gzip.compress(b"other", mtime=0)],
    ids=["empty", "no gzip", "cut off", "of another text"],
)
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    packed = PackedFiles(tmp_path)
    packed.path(LONG).write_bytes(damage)
    found = packed.get(LONG)
    assert gzip.decompress(found.body) == LONG
    assert packed.path(LONG).read_bytes() == found.body


def test_many_threads_make_it_once_and_whole(tmp_path: Path) -> None:
    packed = PackedFiles(tmp_path / "new")
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: packed.get(LONG), range(32)))
    assert len(found) == 1
    assert [path.name for path in packed.folder.iterdir()] == [f"{found.pop().content_hash}.gz"]


def test_a_folder_that_takes_nothing_costs_no_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_bytes(b"")
    found = PackedFiles(tmp_path / "file" / "below").get(LONG)
    assert gzip.decompress(found.body) == LONG
    assert "cannot be kept" in caplog.text
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
