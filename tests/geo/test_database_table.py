import pytest
import shapely
import sqlalchemy as sa

from app.errors import BadFileError, BadInputError
from app.geo.database_table import DatabaseTable
from app.geo.vector import read_vector

BOXES = [shapely.box(104.5 + i / 10, 30.4, 104.6 + i / 10, 30.5) for i in range(3)]
CODES = ["510185001", "510185002", "510185100"]
NAMES = ["射洪坝街道", "堃镕镇", "三星镇"]


@pytest.fixture(scope="module")
def plain(postgres):
    """Return a database whose tables hold shapes as bytes and as text."""
    with postgres.database() as url:
        engine = sa.create_engine(_driver(url), poolclass=sa.NullPool)
        with engine.begin() as connection:
            for name, kind, form in (
                ("as_wkb", "bytea", shapely.to_wkb),
                ("as_hex", "text", lambda one: one.wkb_hex),
                ("as_wkt", "varchar", lambda one: one.wkt),
            ):
                connection.exec_driver_sql(
                    f'CREATE TABLE {name} ("编码" numeric, "名称" text, geom {kind})'
                )
                # Against the order of the codes, which is that in which they are read.
                for row in reversed(range(3)):
                    connection.execute(
                        sa.text(f"INSERT INTO {name} VALUES (:code, :name, :shape)"),
                        {"code": int(CODES[row]), "name": NAMES[row], "shape": form(BOXES[row])},
                    )
            connection.exec_driver_sql(
                'CREATE VIEW filled AS SELECT "编码"::text::char(12) AS code, geom FROM as_wkb'
            )
            connection.exec_driver_sql("CREATE TABLE bare (a int)")
            connection.exec_driver_sql("CREATE TABLE two (code int, geom bytea, wkt text)")
        yield url


@pytest.fixture(scope="module")
def postgis(postgres):
    """Return a database with PostGIS and tables of its types."""
    with postgres.database() as url:
        engine = sa.create_engine(_driver(url), poolclass=sa.NullPool)
        with engine.connect() as connection:
            known = connection.scalar(
                sa.text("SELECT 1 FROM pg_available_extensions WHERE name = 'postgis'")
            )
        if not known:
            pytest.skip("PostGIS is not installed (apt: postgresql-postgis)")
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE EXTENSION postgis")
            connection.exec_driver_sql("CREATE SCHEMA gis")
            connection.exec_driver_sql(
                "CREATE TABLE gis.towns (code bigint, name text, shape geometry(Polygon, 4490))"
            )
            for code, name, box in zip(CODES, NAMES, BOXES, strict=True):
                connection.execute(
                    sa.text("INSERT INTO gis.towns VALUES (:c, :n, ST_GeomFromText(:w, 4490))"),
                    {"c": int(code), "n": name, "w": box.wkt},
                )
            for name, what in (
                ("in_metres", "ST_Transform(shape, 4544) AS shape"),
                ("with_z", "ST_Force3DZ(shape, 480) AS shape"),
                ("globe", "ST_Transform(shape, 4326)::geography AS shape"),
                ("undeclared", "ST_SetSRID(shape, 0) AS shape"),
                ("mixed", "ST_SetSRID(shape, (4490 + mod(code, 2))::int) AS shape"),
                ("curved", "ST_LineToCurve(ST_Buffer(shape, 0.1)) AS shape"),
            ):
                connection.exec_driver_sql(
                    f"CREATE VIEW gis.{name} AS SELECT code, name, {what} FROM gis.towns"
                )
        yield url


def test_blanks_that_fill_up_a_column_are_no_part_of_a_code(plain):
    table = read_vector(DatabaseTable.parse(f"{plain}?table=filled"), ["code"], crs="EPSG:4326")
    assert table.columns["code"].tolist() == CODES
    assert table.padded == {"code": {}}


def _driver(url):
    return url.replace("postgresql:", "postgresql+psycopg:")


def read(url, table, columns=("编码", "名称"), **options):
    return read_vector(DatabaseTable.parse(f"{url}?table={table}"), columns, **options)


@pytest.mark.parametrize("table", ["as_wkb", "as_hex", "as_wkt", "public.as_wkb"])
def test_without_postgis_shapes_are_read_from_bytes_and_text(plain, table):
    with pytest.raises(BadFileError, match="declares no CRS"):
        read(plain, table)
    found = read(plain, table, crs="EPSG:4490")
    assert found.columns["编码"].tolist() == CODES
    assert found.columns["名称"].tolist() == NAMES
    assert shapely.equals_exact(found.geometry, BOXES, 1e-9).all()
    assert found.driver == "PostgreSQL"


@pytest.mark.parametrize("table", ["gis.towns", "gis.in_metres", "gis.with_z", "gis.globe"])
def test_postgis_says_the_crs_of_its_shapes(postgis, table):
    found = read(postgis, table, ("code", "name"))
    assert found.columns["code"].tolist() == CODES
    assert found.columns["name"].tolist() == NAMES
    assert (shapely.hausdorff_distance(found.geometry, BOXES) < 1e-8).all()
    crs = {"gis.in_metres": "EPSG:4544", "gis.globe": "EPSG:4326"}.get(table, "EPSG:4490")
    assert found.declared_crs == found.crs == crs
    assert found.driver == "PostGIS"
    dropped = ("heights (Z) of 3 shapes were dropped",) if table == "gis.with_z" else ()
    assert found.notes == dropped


def test_postgis_without_an_srid_needs_the_crs_stated_and_with_several_is_refused(postgis):
    with pytest.raises(BadFileError, match="declares no CRS"):
        read(postgis, "gis.undeclared", ("code",))
    assert read(postgis, "gis.undeclared", ("code",), crs="EPSG:4490").crs == "EPSG:4490"
    with pytest.raises(BadFileError, match=r"several CRSs: SRID \[4490, 4491\]"):
        read(postgis, "gis.mixed", ("code",))


def test_curves_of_postgis_become_straight_pieces(postgis):
    found = read(postgis, "gis.curved", ("code",))
    assert {one.geom_type for one in found.geometry} == {"Polygon"}
    expected = [box.buffer(0.1, quad_segs=64) for box in BOXES]
    assert (shapely.hausdorff_distance(found.geometry, expected) < 1e-3).all()


@pytest.mark.parametrize(
    ("table", "columns", "says"),
    [
        ("none", ("a",), "does not exist"),
        ("nowhere.as_wkb", ("a",), "does not exist"),
        ("bare", ("a",), r"no such column of shapes; its columns are \['a'\]"),
        ("two", ("code",), r"the columns of shapes \['geom', 'wkt'\]"),
        ("as_wkb&geometry=x", ("编码",), "no such column of shapes"),
        ("as_wkb", ("code",), r"no field 'code'; it has \['编码', '名称'\]"),
    ],
)
def test_what_is_not_there_is_named(plain, table, columns, says):
    with pytest.raises(BadFileError, match=says):
        read(plain, table, columns, crs="EPSG:4490")
    assert len(read(plain, "two&geometry=geom", ("code",), crs="EPSG:4490")) == 0


def test_a_password_is_in_no_message():
    url = "postgresql://clerk:s3cret@127.0.0.1:1/gis?table=towns"
    place = DatabaseTable.parse(url)
    with pytest.raises(BadFileError, match="cannot be read") as caught:
        read_vector(place, ["code"])
    shown = f"{caught.value.message}{caught.value.message_zh}{place}{place!r}{place.name}"
    assert "s3cret" not in shown
    assert "127.0.0.1" in shown
    for broken in (url.partition("?")[0], url.replace(":1/", ":port/"), f"{url}&table=b"):
        with pytest.raises(BadInputError) as refused:
            DatabaseTable.parse(broken)
        assert "s3cret" not in f"{refused.value.message}{refused.value.hint}"


def test_options_of_files_are_refused(plain):
    for option in ("encoding", "layer"):
        with pytest.raises(BadInputError, match=option):
            read(plain, "as_wkb", crs="EPSG:4490", **{option: "x"})
