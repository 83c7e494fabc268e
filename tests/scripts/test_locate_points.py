"""The command line that locates rows: one row out for every row in, whatever comes."""

from __future__ import annotations

import csv
import io
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from app.geo.datum import from_wgs84
from app.grids import City
from app.tables import TableWriter, open_table
from scripts.locate_points import app
from tests.cities import chessboard
from tests.tables.test_text import cells as csv_cells
from tests.tables.test_text import rows_of

ROOT = Path(__file__).resolve().parents[2]
OWN = [
    "status",
    "town_code",
    "town_name",
    "cell_code",
    "cell_name",
    "campus_code",
    "border_m",
    "alternatives",
    "reason",
    "data_note",
]
POINTS = [
    ["编号", "经度", "纬度", "备注"],
    ["001", "104.505", "30.405", "甲"],
    ["002", "104.535", "30.415", 'a,b\n"c"'],
    ["003", "104.545", "30.405", ""],
]
CODES = ["A1", "B4", ""]


def csv_text(rows):
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue()


@pytest.fixture
def run(board):
    def invoke(*arguments):
        return CliRunner().invoke(app, [*map(str, arguments), "--city", str(board.folder)])

    return invoke


def read(path):
    """Return header and rows as texts; a sheet's blank and Parquet's null are empty text."""
    table = open_table(path)
    return list(table.columns), [
        ["" if cell is None else cell for cell in row] for row in rows_of(table)
    ]


@pytest.mark.parametrize("kind", ["csv", "tsv", "xlsx", "parquet"])
@pytest.mark.parametrize("source", ["csv", "xlsx", "parquet"])
def test_every_format_to_every_other(run, tmp_path, source, kind):
    schema = pa.schema([pa.field(name, pa.string()) for name in POINTS[0]])
    with TableWriter(tmp_path / f"in.{source}", schema) as out:
        out.write([list(column) for column in zip(*POINTS[1:], strict=True)])
    result = run(tmp_path / f"in.{source}", "-o", tmp_path / f"out.{kind}")
    assert result.exit_code == 0, result.stderr
    header, rows = read(tmp_path / f"out.{kind}")
    assert header == POINTS[0] + OWN
    assert [row[:4] for row in rows] == POINTS[1:]
    assert [row[header.index("cell_code")] for row in rows] == CODES
    assert [row[header.index("status")] for row in rows] == ["inside", "inside", "outside"]
    assert rows[2][header.index("reason")] == "outside: 邻镇 is governed by 新区"
    assert result.stdout == ""
    assert "3 rows (inside 2, outside 1)" in result.stderr
    assert {row[header.index("data_note")] for row in rows} == {"演示数据 synthetic"}
    assert result.stderr.splitlines()[-1] == "示例市: 测试数据 test data"
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted({f"in.{source}", f"out.{kind}"})


def test_numbers_of_a_sheet_and_of_parquet_are_located_and_stay_numbers(run, tmp_path):
    names, types = ["id", "lon", "lat"], [pa.int64(), pa.float64(), pa.float64()]
    schema = pa.schema(list(map(pa.field, names, types)))
    for kind in ("xlsx", "parquet"):
        with TableWriter(tmp_path / f"in.{kind}", schema) as out:
            out.write([[7, 8], [104.505, 104.535], [30.405, 30.415]])
        for target in ("xlsx", "parquet"):
            assert run(tmp_path / f"in.{kind}", "-o", tmp_path / f"out.{target}").exit_code == 0
            table = open_table(tmp_path / f"out.{target}")
            assert [row[:3] for row in rows_of(table)] == [
                [7, 104.505, 30.405],
                [8, 104.535, 30.415],
            ]
            assert table.schema.types[:3] == types
            assert table.schema.field("border_m").type == pa.float64()
            assert rows_of(table)[0][table.index("cell_code")] == "A1"


BAD_ROWS = """lon,lat,note
104.505,30.405,good
abc,30.4,not a number
,30.4,empty
nan,30.4,NaN
104.5,inf,inf
200,30.4,range
30.4,104.5,swapped
104.5

104.505,30.405,a,b
104.535,30.415,good
"""


def test_bad_rows_are_told_and_stop_nothing(run, tmp_path):
    (tmp_path / "in.csv").write_text(BAD_ROWS, encoding="utf-8")
    result = run(tmp_path / "in.csv", "-o", tmp_path / "out.csv")
    assert result.exit_code == 1
    assert "11 rows (unusable 9, inside 2)" in result.stderr
    header, rows = read(tmp_path / "out.csv")
    told = [(row[header.index("status")], row[header.index("reason")]) for row in rows]
    assert told == [
        ("inside", ""),
        ("unusable", "lon is not a number: 'abc'"),
        ("unusable", "lon is empty"),
        ("unusable", "lon is not a number: 'nan'"),
        ("unusable", "lat is not a number: 'inf'"),
        ("unusable", "lon 200.0 is out of range, allowed is -180 to 180 degrees"),
        ("unusable", "swapped? lon 30.4, lat 104.5"),
        ("unusable", "line 9 has 1 cell, the header has 3"),
        ("unusable", "line 10 is empty"),
        ("unusable", "line 11 has 4 cells, the header has 3; surplus 'b'"),
        ("inside", ""),
    ]
    assert [row[2] for row in rows][-2:] == ["a", "good"]


def test_gbk_in_and_a_declared_datum(run, tmp_path):
    lon, lat = from_wgs84(104.505, 30.405, "gcj02")
    (tmp_path / "in.csv").write_bytes(f"名称,经度,纬度\n简城,{lon},{lat}\n".encode("gbk"))
    assert run(tmp_path / "in.csv", "-o", tmp_path / "out.csv", "--datum", "gcj02").exit_code == 0
    header, [row] = read(tmp_path / "out.csv")
    assert row[:3] == ["简城", str(lon), str(lat)]
    assert row[header.index("cell_code")] == "A1"
    assert (tmp_path / "out.csv").read_bytes().startswith("\ufeff名称".encode())


def test_accuracy_and_tolerance_reach_the_locator(run, tmp_path):
    (tmp_path / "in.csv").write_text("lon,lat\n104.509,30.405\n104.4999,30.405\n", encoding="utf-8")
    run(
        tmp_path / "in.csv", "-o", tmp_path / "out.csv", "--accuracy-m", "100", "--tolerance-m", "5"
    )
    header, rows = read(tmp_path / "out.csv")
    assert [row[header.index("alternatives")] for row in rows] == ["A2(96.1m)", "A1(9.6m)"]
    assert [row[header.index("status")] for row in rows] == ["inside", "outside"]
    run(tmp_path / "in.csv", "-o", tmp_path / "out.csv")
    header, rows = read(tmp_path / "out.csv")
    assert [row[header.index("alternatives")] for row in rows] == ["", ""]
    assert [row[header.index("status")] for row in rows] == ["inside", "nearest"]


def test_an_output_as_the_next_input_needs_a_prefix(run, tmp_path):
    (tmp_path / "in.csv").write_text("lon,lat\n104.505,30.405\n", encoding="utf-8")
    assert run(tmp_path / "in.csv", "-o", tmp_path / "1.csv").exit_code == 0
    again = run(tmp_path / "1.csv", "-o", tmp_path / "2.csv")
    assert again.exit_code == 2
    assert f"would be appended: {', '.join(OWN)}" in again.stderr
    assert not (tmp_path / "2.csv").exists()
    assert run(tmp_path / "1.csv", "-o", tmp_path / "2.csv", "--prefix", "w_").exit_code == 0
    header, _ = read(tmp_path / "2.csv")
    assert header == ["lon", "lat", *OWN, *(f"w_{name}" for name in OWN)]


def test_a_header_alone_gives_a_header_alone(run, tmp_path):
    (tmp_path / "in.csv").write_text("lon,lat\n", encoding="utf-8")
    result = run(tmp_path / "in.csv", "-o", tmp_path / "out.csv")
    assert result.exit_code == 0
    assert read(tmp_path / "out.csv") == (["lon", "lat", *OWN], [])
    assert "0 rows (none)" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "content", "message"),
    [
        (["in.csv", "-o", "out.csv"], "x,y\n1,2\n", "its header has 'x', 'y'"),
        (["in.csv", "-o", "out.csv"], "", "is empty"),
        (["in.csv", "-o", "out.csv"], "lon,lng,lat\n", "'lon', 'lng'"),
        (["in.csv", "-o", "out.csv", "--lon", "东经"], "lon,lat\n", "no column '东经'"),
        (["in.csv", "-o", "out.csv", "--datum", "wgs"], "lon,lat\n", "datum 'wgs' is not known"),
        (["in.csv", "-o", "out.csv", "--accuracy-m", "-1"], "lon,lat\n", "accuracy_m is -1"),
        (["in.csv", "-o", "out.csv", "--sheet", "zz"], "lon,lat\n", "in.csv is not an XLSX"),
        (["in.csv", "-o", "out.csv", "--encoding", "x"], "lon,lat\n", "encoding 'x' is not known"),
        (["in.csv", "-o", "out.txt"], "lon,lat\n", "allowed are .csv, .tsv, .xlsx, .parquet"),
        (["in.csv", "-o", "none/out.csv"], "lon,lat\n", "there is no folder"),
        (["in.csv", "-o", "in.csv"], "lon,lat\n104.5,30.4\n", "is the input itself"),
        (["other.csv", "-o", "out.csv"], "lon,lat\n", "does not exist"),
        # What only shows once rows have been written.
        (["in.csv", "-o", "out.csv"], 'lon,lat\n104.5,30.4\n"104.5\n', "line 3 is never closed"),
        (["in.csv", "-o", "out.parquet"], "lon,lat,a,a\n", "several columns of one name"),
    ],
)  # fmt: skip
def test_what_is_unusable_exits_2_and_writes_nothing(
    run, tmp_path, monkeypatch, arguments, content, message
):
    monkeypatch.chdir(tmp_path)
    Path("in.csv").write_text(content, encoding="utf-8")
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.startswith("error: ") or "\nerror: " in result.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["in.csv"]
    assert Path("in.csv").read_text(encoding="utf-8") == content


def test_a_city_that_is_none_exits_2(tmp_path):
    (tmp_path / "in.csv").write_text("lon,lat\n", encoding="utf-8")
    result = CliRunner().invoke(
        app,
        [
            str(tmp_path / "in.csv"),
            "-o",
            str(tmp_path / "out.csv"),
            "--city",
            str(tmp_path / "none"),
        ],
    )
    assert result.exit_code == 2
    assert "error: " in result.stderr
    assert not (tmp_path / "out.csv").exists()


def test_a_city_that_is_real_is_not_called_synthetic(tmp_path):
    chessboard(tmp_path / "city")
    manifest = tmp_path / "city" / "city.toml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace("测试数据 test data", ""), encoding="utf-8")
    (tmp_path / "in.csv").write_text("lon,lat\n104.505,30.405\n", encoding="utf-8")
    names = [str(tmp_path / name) for name in ("in.csv", "out.csv", "city")]
    result = CliRunner().invoke(app, [names[0], "-o", names[1], "--city", names[2]])
    assert result.exit_code == 0
    assert read(tmp_path / "out.csv")[0] == ["lon", "lat", *OWN[:-1]]
    assert result.stderr.splitlines()[-1].endswith("1 rows (inside 1)")


def test_a_failing_run_keeps_the_older_output(run, tmp_path):
    (tmp_path / "in.csv").write_text('lon,lat\n104.5,30.4\n"', encoding="utf-8")
    (tmp_path / "out.csv").write_text("older", encoding="utf-8")
    assert run(tmp_path / "in.csv", "-o", tmp_path / "out.csv").exit_code == 2
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "older"
    assert not list(tmp_path.glob("*.partial"))


coordinates = st.sampled_from(["104.505", "104.51", "30.405", "abc", "", "nan", "1e999", "-200"])


@st.composite
def point_files(draw):
    """Return a header and rows: two columns of coordinates among others of any text."""
    names = draw(st.lists(csv_cells, max_size=3).filter(lambda n: not {"x", "y", *OWN} & set(n)))
    rows = [
        [*draw(st.tuples(coordinates, coordinates)), *(draw(csv_cells) for _ in names)]
        for _ in range(draw(st.integers(0, 5)))
    ]
    order = draw(st.permutations(range(len(names) + 2)))
    return [[row[place] for place in order] for row in [["x", "y", *names], *rows]]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None
)
@given(rows=point_files(), encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]))
def test_any_table_keeps_its_cells_and_its_rows(run, tmp_path, rows, encoding):
    with (tmp_path / "in.csv").open("w", encoding=encoding, newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    result = run(
        tmp_path / "in.csv", "-o", tmp_path / "out.csv", "--lon", "x", "--lat", "y",
        "--encoding", encoding,
    )  # fmt: skip
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *found = list(csv.reader(file))
    width = len(rows[0])
    assert header == rows[0] + OWN
    assert [row[:width] for row in found] == rows[1:]
    bad = [row for row in found if row[header.index("status")] == "unusable"]
    assert result.exit_code == (1 if bad else 0)
    assert all(row[header.index("reason")] for row in bad)


# ---- as a process --------------------------------------------------------------------------------


def command(*arguments):
    return [sys.executable, "-m", "scripts.locate_points", *map(str, arguments)]


def test_as_a_module_with_progress_on_stderr(board, tmp_path):
    (tmp_path / "in.csv").write_text("lon,lat\n104.505,30.405\nx,1\n", encoding="utf-8")
    done = subprocess.run(
        command(tmp_path / "in.csv", "--city", board.folder, "-o", tmp_path / "out.csv"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "2/2" in done.stderr
    assert len(read(tmp_path / "out.csv")[1]) == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_run_leaves_neither_output_nor_partial(board, tmp_path, number):
    source = tmp_path / "in.csv"
    source.write_text("lon,lat\n" + "104.505,30.405\n" * 400_000, encoding="utf-8")
    with subprocess.Popen(
        command(source, "--city", board.folder, "-o", tmp_path / "out.csv"),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("*.partial")) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert list(tmp_path.glob("*.partial")), "it never began to write"
        running.send_signal(number)
        _, told = running.communicate(timeout=60)
    assert running.returncode == 128 + number
    assert "stopped, nothing was written" in told
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("datum", ["wgs84", "gcj02"])
def test_a_point_in_each_grid_of_the_demo_city_gets_that_grid(jianyang_folder, tmp_path, datum):
    city = City.open(jianyang_folder)
    points = city.finest.frame.representative_point()
    lon, lat = from_wgs84(points.x, points.y, datum)
    rows = zip(city.finest.codes, lon.tolist(), lat.tolist(), strict=True)
    (tmp_path / "in.csv").write_text(csv_text([["编码", "经度", "纬度"], *rows]), encoding="utf-8")
    result = CliRunner().invoke(
        app,
        [
            *(str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.parquet")),
            *("--city", str(jianyang_folder), "--datum", datum),
        ],
    )
    assert result.exit_code == 0, result.stderr
    found = pq.read_table(tmp_path / "out.parquet").to_pydict()
    assert set(found["status"]) == {"inside"}
    assert found["编码"] == found["micro_code"] == city.finest.codes.tolist()
    assert found["ordinary_code"] == city.finest.parents.tolist()
    for finer, coarser in pairwise(("micro", "ordinary", "general", "town")):
        pairs = zip(found[f"{finer}_code"], found[f"{coarser}_code"], strict=True)
        assert all(code.startswith(above) for code, above in pairs)
