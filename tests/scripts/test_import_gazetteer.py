"""The command line that fills a gazetteer: reports, commits, and never leaves half a one."""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xlsxwriter
from typer.testing import CliRunner

from app.addresses.entry import COLUMNS
from app.addresses.gazetteer import Gazetteer
from app.addresses.index import TABLE, read_tables
from app.addresses.normalise import key
from app.geo.datum import wgs84_to_gcj02
from app.grids import City
from app.grids.manifest import MANIFEST_NAME
from app.grids.replace import with_kept
from app.grids.store import write_city
from scripts.import_gazetteer import app
from tests.cities import chessboard

ROOT = Path(__file__).resolve().parents[2]
HEAD = ["镇街", "道路", "门牌号", "经度", "纬度"]


def run(*arguments):
    return CliRunner().invoke(app, [str(one) for one in arguments])


@pytest.fixture
def city(tmp_path):
    chessboard(tmp_path / "city")
    return tmp_path / "city"


def rows(count=20, town="格A", road="中山路"):
    return [
        [town, road, f"{n}号", 104.501 + n * 0.0001, 30.4015 + (0.0002 if n % 2 == 0 else 0)]
        for n in range(1, count + 1)
    ]


def write(path, body, head=HEAD, encoding="utf-8"):
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([head, *body])
    return path


def content(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".derived" not in path.parts
    }


def table_of(folder):
    return read_tables(folder, City.open(folder).manifest)[TABLE].to_pandas().astype(object)


def report_of(path):
    return json.loads(path.read_text(encoding="utf-8"))


# --- what is written, and when -----------------------------------------------------------------


def test_without_commit_it_reports_and_writes_nothing(city, tmp_path):
    file = write(tmp_path / "doors.csv", rows())
    before = content(city)
    done = run(file, "--city", city, "--report", tmp_path / "r.json")
    assert done.exit_code == 0, done.stderr
    assert "No defect found." in done.stdout
    assert "nothing written; with --commit" in done.stderr
    assert content(city) == before
    report = report_of(tmp_path / "r.json")
    assert (report["rows"], report["new"], report["same"]) == (20, 20, 0)
    assert report["files"][0]["unusable"] == []


def test_with_commit_the_gazetteer_is_there(city, tmp_path):
    file = write(tmp_path / "doors.csv", rows())
    assert run(file, "--city", city, "--commit").exit_code == 0
    gazetteer = Gazetteer.open(City.open(city))
    (ref,) = gazetteer.names.find("中山路")
    (street,) = gazetteer.streets.on_road(ref.id)
    (door,) = gazetteer.doors.find(street, 7)
    assert gazetteer.doors.lon[door] == pytest.approx(104.5017)
    assert gazetteer.grids[gazetteer.doors.grid[door]] == "A1"
    assert gazetteer.doors.border_m[door] == pytest.approx(163, abs=5)
    assert set(table_of(city)["source"]) == {"doors.csv"}
    assert set(table_of(city)["basis"]) == {"survey_point"}


def test_the_same_file_twice_changes_nothing(city, tmp_path):
    file = write(tmp_path / "doors.csv", [*rows(), *rows(3)])
    run(file, "--city", city, "--commit")
    before = content(city)
    done = run(file, "--city", city, "--commit", "--report", tmp_path / "r.json")
    assert "nothing changes" in done.stderr
    assert content(city) == before
    report = report_of(tmp_path / "r.json")
    assert (report["new"], report["same"], report["duplicate"]) == (0, 20, 3)


def test_a_row_that_comes_again_elsewhere_replaces_that_of_its_source_only(city, tmp_path):
    file = write(tmp_path / "doors.csv", rows())
    other = write(tmp_path / "other.csv", rows(2))
    run(file, other, "--city", city, "--commit")
    moved = rows(1)
    moved[0][3] += 0.0005
    write(file, moved)
    run(file, "--city", city, "--commit", "--report", tmp_path / "r.json")
    report = report_of(tmp_path / "r.json")
    assert [(one["what"], one["source"]) for one in report["moved"]] == [
        ("格A 中山路 1", "doors.csv")
    ]
    assert report["moved"][0]["metres"] == pytest.approx(48, abs=1)
    assert (report["new"], report["same"], report["kept"]) == (0, 0, 21)
    first = table_of(city)[lambda table: table["number"] == "1"]
    assert dict(zip(first["source"], first["lon"].round(5), strict=True)) == {
        "doors.csv": 104.5016,
        "other.csv": 104.5011,
    }


def test_two_points_of_one_door_in_one_file_are_both_kept(city, tmp_path):
    twice = rows(2)
    twice.append([*twice[0][:3], twice[0][3] + 0.0002, twice[0][4]])
    file = write(tmp_path / "doors.csv", twice)
    for _ in range(2):
        run(file, "--city", city, "--commit")
        assert len(table_of(city)) == 3


def test_replace_starts_afresh_and_says_what_goes(city, tmp_path):
    run(write(tmp_path / "old.csv", rows()), "--city", city, "--commit", "--complete", "格A:door")
    new = write(tmp_path / "new.csv", rows(3, road="建国路"))
    run(new, "--city", city, "--commit", "--replace", "--report", tmp_path / "r.json")
    assert report_of(tmp_path / "r.json")["dropped"] == {"old.csv": 20}
    assert set(table_of(city)["road"]) == {"建国路"}
    assert Gazetteer.open(City.open(city)).complete(0, "door") is None


def test_several_imports_add_up_to_one_with_all_files(tmp_path):
    files = [write(tmp_path / f"{n}.csv", rows(5, road=f"道{n}路")) for n in range(3)]
    chessboard(tmp_path / "one")
    chessboard(tmp_path / "three")
    run(*files, "--city", tmp_path / "one", "--commit")
    for file in files:
        run(file, "--city", tmp_path / "three", "--commit")
    assert content(tmp_path / "one") == content(tmp_path / "three")


# --- formats, headers, numbers -----------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "gbk", "xlsx", "parquet"])
def test_every_format_brings_the_same(city, tmp_path, kind):
    frame = pd.DataFrame(
        {
            "Town": ["格A", "格A", None],
            "道路": ["中山路一段", "中山路一段", ""],
            "门牌号": [12, 14, None],
            "楼栋": ["", "3", 7],
            "小区": ["", "花园", "花园"],
            "备注": ["x", "y", "z"],
            "经度": [104.501, 104.502, 104.503],
            "LAT": [30.401, 30.402, 30.403],
        }
    ).astype(object)
    path = tmp_path / f"points.{kind if kind != 'gbk' else 'csv'}"
    if kind in {"csv", "gbk"}:
        frame.to_csv(path, index=False, encoding="gb18030" if kind == "gbk" else "utf-8-sig")
    elif kind == "xlsx":
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, list(frame))
            for place, row in enumerate(frame.itertuples(index=False), 1):
                sheet.write_row(place, 0, ["" if pd.isna(cell) else cell for cell in row])
    else:
        frame.assign(楼栋=["", "3", "7"], 门牌号=[12.0, 14.0, np.nan]).to_parquet(path)
    done = run(path, "--city", city, "--commit", "--source", "s")
    assert done.exit_code == 0, done.stdout
    assert "left out: 备注" in done.stdout
    table = table_of(city)
    shown = table[["town", "road", "number", "estate", "building", "kind"]]
    words = [" ".join(map(str, row)) for row in shown.to_numpy()]
    assert sorted(words) == [
        "   花园 7 building",
        "格A 中山路一段 12   door",
        "格A 中山路一段 14 花园 3 building",
    ]


NUMBERS = {
    "128號": [("128", "")],
    "１２８号": [("128", "")],
    "一百二十八号": [("128", "")],
    "一二八": [("128", "")],
    "128号附3号": [("128", "3")],
    "128附三": [("128", "3")],
    "49-2": [("49", "2")],
    "49-2號": [("49", "2")],
    "12之3": [("12", "3")],
    "12之3號": [("12", "3")],
    "12號之3": [("12", "3")],
    "128号之一": [("128", "1")],
    "12甲": [("12", "甲")],
    "臨12號": [("12", "临")],
    "12號3樓": [("12", "")],
    "12、14号": [("12", ""), ("14", "")],
    "128号-132号": [("128", ""), ("130", ""), ("132", "")],
}


def test_numbers_come_apart_into_base_and_sub_number(city, tmp_path):
    body = [["格A", f"道{place}路", text, 104.501, 30.401] for place, text in enumerate(NUMBERS)]
    assert run(write(tmp_path / "n.csv", body), "--city", city, "--commit").exit_code == 0
    table = table_of(city)
    for place, (text, wanted) in enumerate(NUMBERS.items()):
        own = table[table["road"] == f"道{place}路"]
        assert sorted(zip(own["number"], own["sub_number"], strict=True)) == sorted(wanted), text


def test_numbers_bring_lane_and_group_along(city, tmp_path):
    body = [
        ["格A", "", "中山路", "12巷3弄5之1號", "", 104.501, 30.401],
        ["格A", "大同里", "", "3鄰45號", "", 104.502, 30.401],
        ["格A", "大同里", "", "46", "附2号", 104.502, 30.4011],
    ]
    head = ["镇街", "社区", "道路", "门牌号", "附号", "经度", "纬度"]
    assert run(write(tmp_path / "n.csv", body, head), "--city", city, "--commit").exit_code == 0
    table = table_of(city)[["lane", "group", "number", "sub_number"]]
    assert sorted(map(tuple, table.to_numpy().tolist())) == [
        ("", "", "46", "2"),
        ("", "3邻", "45", ""),
        ("12巷3弄", "", "5", "1"),
    ]


def test_lanes_in_two_columns_are_one(city, tmp_path):
    head = ["鄉鎮市區", "街路段", "弄", "巷", "號", "經度", "緯度"]
    body = [["格A", "中山路一段", "3", "12", "5", 104.501, 30.401],
            ["格A", "中山路一段", "", "12巷", "7", 104.501, 30.402],
            ["格A", "中山路一段", "", "", "9", 104.501, 30.403]]  # fmt: skip
    assert run(write(tmp_path / "n.csv", body, head), "--city", city, "--commit").exit_code == 0
    assert sorted(table_of(city)["lane"]) == ["", "12巷", "12巷3弄"]


def test_other_headers_count_where_no_better_one_is(city, tmp_path):
    head = ["town", "street", "lane", "alley", "number", "lon", "lat", "x", "y"]
    body = [["格A", "中山路", "12", "3", "5", 104.501, 30.401, 324000.5, 2736000.1]]
    done = run(write(tmp_path / "n.csv", body, head), "--city", city, "--commit")
    assert done.exit_code == 0
    assert "left out: x, y" in done.stdout
    assert table_of(city)[["road", "lane", "number"]].to_numpy().tolist() == [
        ["中山路", "12巷3弄", "5"]
    ]


def test_where_there_is_no_road_its_area_is_one(city, tmp_path):
    head = ["鄉鎮市區", "村里", "地區", "街路段", "號", "經度", "緯度"]
    body = [["格A", "大同里", "頂埔", "", "5", 104.501, 30.401],
            ["格A", "大同里", "頂埔", "中山路", "7", 104.501, 30.402],
            ["格A", "大同里", "", "", "9", 104.501, 30.403]]  # fmt: skip
    done = run(write(tmp_path / "n.csv", body, head), "--city", city, "--commit")
    assert done.exit_code == 0
    assert "地區 → road" in done.stdout
    assert sorted(table_of(city)["road"]) == ["", "中山路", "頂埔"]


def test_every_header_of_the_contract_is_known(city, tmp_path):
    for column in COLUMNS:
        for header in column.headers:
            head = [header, "poi"] if column.name != "poi" else [header]
            head += ["road"] if column.name == "number" else []
            head += [name for name in ("lon", "lat") if name != column.name]
            cells = {"lon": "104.501", "lat": "30.401", "poi": "店"}
            body = [[cells.get(name, cells.get(column.name, "3号")) for name in head]]
            done = run(write(tmp_path / "h.csv", body, head), "--city", city)
            assert done.exit_code == 0, (header, done.stdout, done.stderr)
            assert "left out" not in done.stdout


# --- rows and files that are not usable --------------------------------------------------------


def test_no_row_is_lost_silently(city, tmp_path):
    good = ["格A", "中山路", "1", "104.501", "30.401"]
    bad = {
        "number 'abc' is not that of a door": [*good[:2], "abc", *good[3:]],
        "number '2026-01-02' is not that of a door": [*good[:2], "2026-01-02", *good[3:]],
        "number '3' stands alone: there is no road, lane, community, group or estate":
            ["格A", "", "3", *good[3:]],
        "names nothing: every naming column is empty": ["", "无", "", *good[3:]],
        "swapped? lon 30.401, lat 104.501": [*good[:3], "30.401", "104.501"],
        "lon is empty": [*good[:3], "", "30.401"],
        "lat is 'north', which is no number": [*good[:3], "104.501", "north"],
    }  # fmt: skip
    file = write(tmp_path / "doors.csv", [good, *bad.values()])
    done = run(file, "--city", city, "--commit", "--report", tmp_path / "r.json")
    assert done.exit_code == 1
    unusable = report_of(tmp_path / "r.json")["files"][0]["unusable"]
    assert unusable == [{"row": place, "reason": reason} for place, reason in enumerate(bad, 3)]
    assert len(table_of(city)) == 1


def test_required_columns_that_are_missing_are_named(city, tmp_path):
    file = write(tmp_path / "doors.csv", [["格A", "x", "1"]], ["镇街", "备注", "lon"])
    done = run(file, "--city", city, "--commit")
    assert done.exit_code == 2
    assert "lacks lat; its header has '镇街', '备注', 'lon'" in done.stderr
    assert "lat latitude 纬度" in done.stderr
    file = write(tmp_path / "doors.csv", [["x", "1", "2"]], ["备注", "lon", "lat"])
    assert "lacks one of town, community" in run(file, "--city", city).stderr


def test_two_columns_for_one_thing_are_refused(city, tmp_path):
    file = write(tmp_path / "d.csv", [["a", "b", "1", "2"]], ["镇街", "town", "lon", "lat"])
    done = run(file, "--city", city)
    assert done.exit_code == 2
    assert "['镇街', 'town']" in done.stderr


def test_nothing_usable_is_never_written(city, tmp_path):
    before = content(city)
    done = run(write(tmp_path / "d.csv", []), "--city", city, "--commit")
    assert done.exit_code == 2
    assert "would be empty" in done.stderr
    assert content(city) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--datum", "gps"], "gps"),
        (["--basis", "guess"], "survey_point, building_polygon, centroid"),
        (["--complete", "格A:cellar"], "community, group, road, door"),
        (["--sheet", "x"], "--sheet"),
    ],
)
def test_options_that_are_none_are_refused(city, tmp_path, arguments, said):
    file = write(tmp_path / "d.csv", rows(1))
    done = run(file, "--city", city, "--commit", *arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert not (city / "gazetteer.parquet").exists()


def test_a_folder_with_more_than_a_city_is_left_alone(city, tmp_path):
    (city / "mine.txt").write_text("x", encoding="utf-8")
    done = run(write(tmp_path / "d.csv", rows(1)), "--city", city, "--commit")
    assert done.exit_code == 2
    assert "mine.txt" in done.stderr
    assert not (city / "gazetteer.parquet").exists()


# --- datum, aliases, coverage, boundaries ------------------------------------------------------


def test_the_datum_is_that_of_the_source(city, tmp_path):
    body = rows()
    lon, lat = wgs84_to_gcj02([row[3] for row in body], [row[4] for row in body])
    shifted = [[*row[:3], x, y] for row, x, y in zip(body, lon, lat, strict=True)]
    run(write(tmp_path / "d.csv", shifted), "--city", city, "--commit", "--datum", "gcj02")
    table = table_of(city)
    order = np.argsort(table["number"].astype(int))
    for place, name in ((3, "lon"), (4, "lat")):
        found = table[name].astype(float).to_numpy()[order]
        assert np.allclose(found, [row[place] for row in body], atol=1e-9)


def test_a_forgotten_datum_is_found(city, tmp_path):
    rng = np.random.default_rng(5)
    lon, lat = wgs84_to_gcj02(104.5 + 0.02 * rng.random(500), 30.4 + 0.02 * rng.random(500))
    body = [["格A", f"道{n}路", "1", x, y] for n, (x, y) in enumerate(zip(lon, lat, strict=True))]
    done = run(write(tmp_path / "d.csv", body), "--city", city)
    assert done.exit_code == 1
    assert "gcj02 taken for wgs84" in " ".join(done.stdout.split())


def test_aliases_and_coverage_come_from_files(city, tmp_path):
    aliases = write(
        tmp_path / "a.csv",
        [
            ["老中山路", "道路", "格A", "中山路", "旧名", "否"],
            ["老街", "road", "", "中山路", "", ""],
        ],
        ["别名", "类型", "镇街", "现名", "原因", "拆分"],
    )
    complete = write(tmp_path / "c.csv", [["格A", "estate", "否"]], ["镇街", "要素", "完整"])
    file = write(tmp_path / "d.csv", rows())
    arguments = ["--aliases", aliases, "--coverage", complete, "--complete", "格A:door"]
    for _ in range(2):
        assert run(file, "--city", city, "--commit", *arguments).exit_code == 0
    gazetteer = Gazetteer.open(City.open(city))
    assert [(one.alias, one.why, one.source) for one in gazetteer.aliases] == [
        ("老中山路", "former", "a.csv"),
        ("老街", "colloquial", "a.csv"),
    ]
    assert [ref.id for ref in gazetteer.names.find("老街")] == [
        ref.id for ref in gazetteer.names.find("中山路")
    ]
    assert [gazetteer.complete(0, one) for one in ("door", "estate", "poi")] == [True, False, None]


def test_an_alias_that_is_not_usable_stops_everything(city, tmp_path):
    aliases = write(tmp_path / "a.csv", [["老街", "river", "中山路"]], ["alias", "kind", "target"])
    done = run(write(tmp_path / "d.csv", rows()), "--city", city, "--commit", "--aliases", aliases)
    assert done.exit_code == 2
    assert "a.csv, row 2: target_kind is 'river'" in done.stderr
    assert not (city / "gazetteer.parquet").exists()


def test_without_a_file_everything_is_located_again(city, tmp_path):
    run(write(tmp_path / "d.csv", rows()), "--city", city, "--commit")
    before = content(city)
    done = run("--city", city, "--commit")
    assert done.exit_code == 0
    assert content(city) == before


def test_importing_boundaries_keeps_the_gazetteer(city, tmp_path):
    """`app.grids.replace` takes the tables over; they still open."""
    run(write(tmp_path / "d.csv", rows()), "--city", city, "--commit")
    before = City.open(city)
    bare = replace(before.manifest, tables={}, outside_file="", sha256={})
    whole, kept = with_kept(city, bare)
    frames = {part.file: before.frame(part.id) for part in (*before.levels, *before.overlays)}
    write_city(city, whole, {**frames, **kept})
    assert len(Gazetteer.open(City.open(city)).doors) == 20


# --- killed ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_killed_import_leaves_the_earlier_gazetteer(city, tmp_path):
    """Killed at any moment, what the folder holds is the whole old one or the whole new one."""
    run(write(tmp_path / "old.csv", rows(50)), "--city", city, "--commit")
    old = content(city)
    new = write(tmp_path / "new.csv", rows(50, road="建国路"))
    command = [sys.executable, "-m", "scripts.import_gazetteer", str(new), "--city", str(city)]
    start = time.monotonic()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    whole = time.monotonic() - start
    seen = set()
    for share in (0.85, 1.0):
        process = subprocess.Popen(
            [*command, "--commit"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(whole * share)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        City.open(city)
        roads = tuple(sorted(set(table_of(city)["road"])))
        seen.add(roads)
        if roads == ("中山路",):
            assert content(city) == old
    assert seen <= {("中山路",), ("中山路", "建国路")}
    assert run(new, "--city", city, "--commit").exit_code == 0
    assert [one.name for one in city.parent.glob("*.partial")] == []
    assert len(Gazetteer.open(City.open(city)).doors) == 100


# --- the docs ----------------------------------------------------------------------------------


def test_the_example_of_the_docs_does_what_it_says(tmp_path):
    text = (ROOT / "docs" / "gazetteer.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```csv\n(.*?)```", text, flags=re.DOTALL)
    (tmp_path / "doors.csv").write_text(example, encoding="utf-8")
    line = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)[0]
    words = shlex.split(line)
    assert words[:3] == [".venv/bin/python", "-m", "scripts.import_gazetteer"]
    chessboard(tmp_path / "city")
    words[words.index("--city") + 1] = str(tmp_path / "city")
    done = subprocess.run(
        [sys.executable, *words[1:]],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )
    (wanted,) = re.findall(r"```text\n(.*?)```", text, flags=re.DOTALL)
    assert done.returncode == 0, done.stderr
    for expected in wanted.strip().splitlines():
        assert expected.strip() in done.stdout + done.stderr
    assert (tmp_path / "city" / MANIFEST_NAME).is_file()


def test_the_docs_list_every_column_and_header():
    text = (ROOT / "docs" / "gazetteer.md").read_text(encoding="utf-8")
    for column in COLUMNS:
        line = next(line for line in text.splitlines() if line.startswith(f"| {column.name} |"))
        for header in column.headers:
            assert header in line, (column.name, header)


def test_headers_are_compared_folded():
    assert key("門牌號") == key("门牌号")
