"""The command line that builds what the server needs before it starts."""

from __future__ import annotations

from typer.testing import CliRunner

from app.addresses.index import index_file
from app.locate.cell_store import index_path
from app.maps.tiles import tiles_path
from scripts.build_derived import app
from tests.addresses.gazetteers import with_gazetteer
from tests.cities import chessboard


def test_tiles_and_the_indexes_of_every_layer_are_built_once(tmp_path):
    city = chessboard(tmp_path / "city")
    arguments = ["--city", str(city.folder), "--var", str(tmp_path / "var")]
    first = CliRunner().invoke(app, arguments)
    assert first.exit_code == 0, first.stderr
    content = city.manifest.content_hash
    layers = ("town", "cell", "campus", "outside")
    made = [
        tiles_path(city, tmp_path / "var"),
        *(index_path(city.folder, one, content) for one in layers),
    ]
    before = [path.stat().st_mtime_ns for path in made]
    again = CliRunner().invoke(app, arguments)
    assert again.exit_code == 0
    assert "tiles are up to date" in again.stderr
    assert [path.stat().st_mtime_ns for path in made] == before


def test_the_gazetteer_is_ready_before_the_server_starts(tmp_path):
    rows = [{"town": "甲镇", "road": "上街", "number": 1, "lon": 104.505, "lat": 30.405}]
    city = with_gazetteer(chessboard(tmp_path / "bare"), tmp_path / "city", rows)
    arguments = ["--city", str(city.folder), "--var", str(tmp_path / "var")]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.stderr
    assert "the gazetteer is ready" in done.stderr
    assert index_file(city.folder, city.manifest).path.is_file()
