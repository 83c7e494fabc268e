"""A county that the matcher has never seen: half of its doors imported, the other half asked for.

The county is synthetic (tests/addresses/county.py); the texts are made by code that knows nothing
of how addresses are read (tests/addresses/county_texts.py).
"""

import os
import subprocess
import sys

import pytest

from app.addresses.match import Level
from app.addresses.matcher import Matcher
from app.grids import City
from tests.addresses.county import make_county
from tests.addresses.county_trial import halves, trial, write_plates

pytestmark = pytest.mark.slow
# Least share with a grid, most wrong ones among them.
BARS = {"clean": (0.99, 0.001), "short": (0.80, 0.005), "sloppy": (0.60, 0.01)}
# A grid of some thirty doors ends between most doors that are known: less can be assigned there.
FINE_BARS = {"clean": (0.99, 0.001), "short": (0.60, 0.005), "sloppy": (0.50, 0.01)}


@pytest.fixture(scope="module")
def county():
    return make_county(11, columns=2, rows=2)


@pytest.fixture(scope="module", params=["village", "group"])
def finest(request):
    return request.param


@pytest.fixture(scope="module")
def matcher(county, finest, tmp_path_factory):
    folder = tmp_path_factory.mktemp(finest)
    county.city(folder / "city", finest)
    write_plates(halves(county)[0], folder / "门牌.csv")
    command = [sys.executable, "-m", "scripts.import_gazetteer", str(folder / "门牌.csv")]
    done = subprocess.run(
        [*command, "--city", str(folder / "city"), "--commit"],
        env=os.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    # The audit finds what is wrong with some points, and says so.
    assert done.returncode in {0, 1}, done.stderr
    assert "left out: 資料日期" in done.stdout
    return Matcher.open(City.open(folder / "city"))


@pytest.mark.parametrize("level", BARS)
def test_the_other_half_gets_its_grids(county, matcher, finest, level):
    asked = halves(county)[1][::2]
    found = trial(matcher, county, asked, finest, level, seed=5)
    share, wrong = (BARS if finest == "village" else FINE_BARS)[level]
    said = [
        f"{text} {match.grid} for {right}: {match.explanation}"
        for text, match, right in found.wrong
    ]
    assert found.share >= share
    assert found.wrong_share <= wrong, said[:20]
    if level != "sloppy":
        assert found.among >= 0.95


def test_numbers_behind_the_last_known_ones_are_candidates_but_for_few(county, matcher, finest):
    asked = halves(county)[1]
    found = trial(matcher, county, asked[:3000], finest, "short", seed=6)
    assert found.at("candidates", "extrapolated") > found.at("assigned", "extrapolated")
    behind = [one for one in found.wrong if one[1].level is Level.EXTRAPOLATED]
    assert len(behind) <= max(1, 0.005 * found.at("assigned", "extrapolated"))
