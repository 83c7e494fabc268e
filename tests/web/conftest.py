"""The application over the chessboard city, with tiles built."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from app.grids import City
from app.maps.tiles import build_tiles
from app.web import create_app
from app.web.settings import Settings


@pytest.fixture(scope="session")
def app(board: City, tmp_path_factory: pytest.TempPathFactory) -> APIFlask:
    var = tmp_path_factory.mktemp("var")
    build_tiles(board, var)
    return create_app(Settings(city=board.folder, var=var, max_points=5, max_features=6))


@pytest.fixture
def client(app: APIFlask) -> Iterator[FlaskClient]:
    with app.test_client() as client:
        yield client


@pytest.fixture(scope="session")
def board_folder(board: City) -> Path:
    return board.folder
