"""How fast a gazetteer opens, and what it takes: synthetic rows on the chessboard of the tests.

    python -m benchmarks.gazetteer [ROWS]

Prints seconds to bring rows in, to build and to open the index (best of five, in processes of
their own), and the memory of a process that opened it and its names.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from app.addresses.update import Options, prepare
from tests.cities import chessboard

_OPEN = """
import re, sys, time
from pathlib import Path
from app.addresses.gazetteer import Gazetteer
from app.grids import City
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024
city = City.open(sys.argv[1])
base = peak()
start = time.perf_counter()
gazetteer = Gazetteer.open(city)
names = gazetteer.names
took = time.perf_counter() - start
print(took, len(names), base, peak())
"""


def rows(n: int) -> pd.DataFrame:
    """Return n doors: 2,000 roads in 40 towns, a tenth of the rows in 12,000 estates."""
    rng = np.random.default_rng(7)
    town = rng.integers(0, 40, n)
    road = town * 50 + rng.integers(0, 50, n)
    number = rng.integers(1, 400, n)
    in_estate = rng.integers(0, 10, n) == 0
    estate = town * 300 + rng.integers(0, 300, n)
    return pd.DataFrame(
        {
            "镇街": [f"第{one}街道" for one in town],
            "道路": [f"道{one}路" for one in road],
            "巷": [f"{one}巷" if one > 0 else "" for one in rng.integers(-60, 60, n)],
            "门牌号": [f"{one}号" for one in number],
            "附号": [str(one) if one > 0 else "" for one in rng.integers(-8, 4, n)],
            "小区": [f"园{e}小区" if own else "" for e, own in zip(estate, in_estate, strict=True)],
            "楼栋": [f"{b}栋" if own else "" for b, own in zip(number % 9, in_estate, strict=True)],
            "名称": [f"店{one}号店" if one < n // 10 else "" for one in rng.permutation(n)],
            "经度": 104.5 + (road % 40) * 0.001 + number * 1e-6,
            "纬度": 30.4 + (road // 40) * 0.0004 + number * 1e-6,
        }
    )


def main(n: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        city = Path(folder) / "city"
        chessboard(city)
        file = Path(folder) / "points.parquet"
        rows(n).to_parquet(file)
        start = time.perf_counter()
        update = prepare(city, [file], Options())
        prepared = time.perf_counter() - start
        update.write()
        print(f"rows {update.merged.table.num_rows:,}: brought in and checked in {prepared:.1f} s")
        derived = next((city / ".derived").glob("gazetteer-*"))
        print(f"index {derived.stat().st_size / 1e6:.0f} MB")
        best = min(
            (
                subprocess.run(  # noqa: S603 - this very program
                    [sys.executable, "-c", _OPEN, str(city)],
                    capture_output=True,
                    text=True,
                    check=True,
                ).stdout.split()
                for _ in range(5)
            ),
            key=lambda words: float(words[0]),
        )
        print(f"opens in {float(best[0]):.3f} s with {int(best[1]):,} names; ", end="")
        print(f"memory {best[3]} MB, {best[2]} MB of it before opening")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500_000)
