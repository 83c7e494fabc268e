"""A layer is read as geopandas reads it, or refused with the reason."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pytest
from geopandas.testing import assert_geodataframe_equal

from app.errors import CityError
from app.grids import City
from app.grids.layer_file import read_layer


@pytest.mark.parametrize("name", ["micro", "towns", "dedicated", "outside", "water"])
def test_it_reads_what_geopandas_reads(jianyang_folder: Path, name: str) -> None:
    path = jianyang_folder / f"{name}.parquet"
    wanted, found = gpd.read_parquet(path), read_layer(path)
    assert_geodataframe_equal(found, wanted)
    assert found.columns.tolist() == wanted.columns.tolist()


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4544", "OGC:CRS84", None])
def test_another_crs_is_refused(board: City, tmp_path: Path, crs: str | None) -> None:
    frame = read_layer(board.folder / "cell.parquet").set_crs(crs, allow_override=True)
    frame.to_parquet(tmp_path / "cell.parquet")
    with pytest.raises(CityError, match="a city folder holds EPSG:4326"):
        read_layer(tmp_path / "cell.parquet")


def test_what_is_no_geoparquet_is_refused(board: City, tmp_path: Path) -> None:
    path = tmp_path / "cell.parquet"
    pd.DataFrame({"code": ["A1"]}).to_parquet(path)
    with pytest.raises(CityError, match=r"cell\.parquet is not a GeoParquet file: .*geo"):
        read_layer(path)
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(CityError, match="is not a GeoParquet file"):
        read_layer(path)
    table = pq.read_table(board.folder / "cell.parquet")
    broken = table.set_column(
        table.schema.get_field_index("geometry"), "geometry", [[b"\x01"] * table.num_rows]
    )
    pq.write_table(broken, path)
    with pytest.raises(CityError, match="holds a geometry that cannot be read"):
        read_layer(path)
    meta = table.schema.metadata
    told = {**meta, b"geo": meta[b"geo"].replace(b'"WKB"', b'"point"')}
    pq.write_table(table.replace_schema_metadata(told), path)
    with pytest.raises(CityError, match="encoded as 'point', not as WKB"):
        read_layer(path)
