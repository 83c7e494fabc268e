"""The chessboard city as ground for figures."""

from __future__ import annotations

import pytest

from app.analysis.ground import Ground
from app.grids import City
from app.locate import Locator


@pytest.fixture(scope="session")
def locator(board: City) -> Locator:
    return Locator(board)


@pytest.fixture(scope="session")
def ground(board: City) -> Ground:
    return Ground(board)
