"""A table of a PostgreSQL database with shapes in one column: PostGIS, or bytes or text without."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.errors import BadFileError, BadInputError
from app.geo.fields import find_fields
from app.geo.raw_layer import RawLayer, column_of, is_shape_name, wkb_of

_SCHEMES = ("postgresql://", "postgres://")
_POSTGIS_TYPES = ("geometry", "geography")
# Types in which a database without PostGIS can hold shapes: WKB; WKT, or WKB in hexadecimal.
_PLAIN_TYPES = ("bytea", "text", "varchar")


def is_database_url(text: str) -> bool:
    """Tell whether a text is the URL of a database rather than the name of a file."""
    return text.startswith(_SCHEMES)


@dataclass(frozen=True, slots=True)
class DatabaseTable:
    """Where a table is; as text it names no user and no password.

    Attributes
    ----------
    url : sqlalchemy.URL
        Of the database.
    table : str
        Name of the table or view, after its schema and a dot or alone.
    geometry : str
        Name of the column of shapes; may be empty if there is one.
    """

    url: sa.URL = field(repr=False)
    table: str
    geometry: str = ""

    @classmethod
    def parse(cls, text: str) -> DatabaseTable:
        """Read ``postgresql://user@host/database?table=schema.name&geometry=column``.

        What else stands after the question mark goes to the driver (``sslmode=require``). A
        password is better left to the environment (PGPASSWORD) or to ~/.pgpass.

        Raises
        ------
        BadInputError
            If it is no such URL, or names no table.
        """
        try:
            url = sa.make_url(text)
        except (sa.exc.ArgumentError, ValueError):
            # The text may hold a password and is not quoted.
            raise _bad_url("the URL of a database cannot be read", "无法识别数据库地址") from None
        table, geometry = url.query.get("table", ""), url.query.get("geometry", "")
        if not isinstance(table, str) or not isinstance(geometry, str) or not table:
            raise _bad_url(
                f"the URL of {url.host}/{url.database} names no table, or several",
                f"{url.host}/{url.database} 的地址没有指明（唯一的）表",
            )
        plain = url.difference_update_query(["table", "geometry"])
        return cls(plain.set(drivername="postgresql+psycopg"), table, geometry)

    @property
    def name(self) -> str:
        """The table, without the database."""
        return self.table

    def __str__(self) -> str:
        """Return where it is, without user and password."""
        return f"postgresql://{self.url.host or ''}/{self.url.database or ''}?table={self.table}"

    def read(self, wanted: tuple[str, ...]) -> RawLayer:
        """Read the wanted columns and the shapes, ordered by the first of the columns.

        Nothing is written: the transaction is a read-only one.

        Parameters
        ----------
        wanted
            Names of the columns.

        Raises
        ------
        BadFileError
            If the database cannot be reached, or there is no such table, column, or single
            column of shapes, or shapes of several CRSs are in it.
        """
        engine = sa.create_engine(
            self.url, poolclass=sa.NullPool, connect_args={"connect_timeout": 10}
        )
        try:
            with engine.connect() as connection:
                reading = connection.execution_options(postgresql_readonly=True)
                return self._read(reading, wanted)
        except sa.exc.SQLAlchemyError as error:
            cause = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
            raise BadFileError(
                f"{self} cannot be read: {cause}",
                "Check host, database, user and password (PGPASSWORD or ~/.pgpass).",
                message_zh=f"无法读取 {self}：{cause}",
                hint_zh="请检查主机、数据库、用户和密码（PGPASSWORD 或 ~/.pgpass）。",
            ) from error

    def _read(self, connection: sa.Connection, wanted: tuple[str, ...]) -> RawLayer:
        schema, types = self._columns(connection)
        shape = self._shape_column(types)
        fields = find_fields(self, wanted, [name for name in types if name != shape])
        table = sa.table(self.table.rpartition(".")[2], schema=schema)
        column: sa.ColumnElement[Any] = sa.column(shape)
        crs = None
        if types[shape] in _POSTGIS_TYPES:
            # A geography is always in degrees; as a geometry it can be asked the same things.
            column = sa.cast(column, _Geometry())
            crs = self._crs(connection, table, column)
            column = sa.func.ST_AsEWKB(sa.func.ST_CurveToLine(column))
        columns = [_column(name, types) for name in fields.names]
        rows = connection.execute(
            sa.select(column.label("shape of the row"), *columns)
            .select_from(table)
            .order_by(*columns[:1])
        ).all()
        cells = list(zip(*rows, strict=True)) or [()] * (1 + len(wanted))
        values = {
            name: column_of([_plain(cell) for cell in found])
            for name, found in zip(wanted, cells[1:], strict=True)
        }
        said = "utf-8, as the database has it"
        driver = "PostGIS" if types[shape] in _POSTGIS_TYPES else "PostgreSQL"
        return RawLayer(self.table, driver, crs, wkb_of(cells[0]), values, said, fields.notes)

    def _columns(self, connection: sa.Connection) -> tuple[str, dict[str, str]]:
        """Return the schema of the table, and the type of each of its columns."""
        schema, _, name = self.table.rpartition(".")
        rows = connection.execute(
            sa.text(
                "SELECT table_schema, column_name, udt_name FROM information_schema.columns "
                "WHERE table_name = :name AND CASE WHEN :schema = '' THEN "
                "table_schema = ANY (current_schemas(false)) ELSE table_schema = :schema END "
                "ORDER BY array_position(current_schemas(false), table_schema::name), "
                "ordinal_position"
            ),
            {"name": name, "schema": schema},
        ).all()
        if not rows:
            raise BadFileError(
                f"{self} does not exist, or this user may not read it",
                "Write table=schema.name; capitals count.",
                message_zh=f"{self} 不存在，或该用户无权读取",
                hint_zh="请写作 table=模式.表名，区分大小写。",
            )
        first = rows[0].table_schema
        return first, {row.column_name: row.udt_name for row in rows if row.table_schema == first}

    def _shape_column(self, types: dict[str, str]) -> str:
        found = [name for name, kind in types.items() if kind in _POSTGIS_TYPES] or [
            name for name, kind in types.items() if kind in _PLAIN_TYPES and is_shape_name(name)
        ]
        if self.geometry:
            found = [name for name in types if name == self.geometry]
        if len(found) == 1:
            return found[0]
        what = f"the columns of shapes {found}" if found else "no such column of shapes"
        raise BadFileError(
            f"{self} has {what}; its columns are {list(types)}",
            "Say which it is: postgresql://…?table=NAME&geometry=COLUMN.",
            message_zh=f"{self} 的图形列不唯一或不存在：{found}；现有列 {list(types)}",
            hint_zh="请在地址中注明 geometry=列名。",
        )

    def _crs(
        self, connection: sa.Connection, table: sa.TableClause, shape: sa.ColumnElement[Any]
    ) -> str | None:
        srid = sa.func.ST_SRID(shape)
        found = connection.scalars(
            sa.select(srid).select_from(table).where(shape.is_not(None)).distinct()
        ).all()
        if len(found) > 1:
            raise BadFileError(
                f"{self} holds shapes of several CRSs: SRID {sorted(found)}",
                "Make a view of each, or transform them into one.",
                message_zh=f"{self} 含有多个坐标参考系：SRID {sorted(found)}",
                hint_zh="请分别建视图，或先转换为同一坐标系。",
            )
        if not found or not found[0]:
            return None
        known = connection.execute(
            sa.text("SELECT auth_name, auth_srid, srtext FROM spatial_ref_sys WHERE srid = :srid"),
            {"srid": found[0]},
        ).one_or_none()
        if known is None:
            return None
        named = known.auth_name and known.auth_srid
        return f"{known.auth_name}:{known.auth_srid}" if named else str(known.srtext)


class _Geometry(sa.types.UserDefinedType[bytes]):
    """PostGIS's type, to cast to."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return its name in SQL."""
        return "geometry"


def _column(name: str, types: dict[str, str]) -> sa.ColumnElement[Any]:
    """Return a column; of char(n) without the blanks that only fill it up."""
    column: sa.ColumnElement[Any] = sa.column(name)
    return sa.cast(column, sa.Text) if types[name] == "bpchar" else column


def _plain(cell: object) -> object:
    """Return a whole number of the type numeric as int, anything else as it is."""
    if isinstance(cell, Decimal):
        return int(cell) if cell == cell.to_integral_value() else str(cell)
    return cell


def _bad_url(message: str, message_zh: str) -> BadInputError:
    return BadInputError(
        message,
        "Write postgresql://user@host/database?table=schema.name.",
        message_zh=message_zh,
        hint_zh="写法：postgresql://用户@主机/数据库?table=模式.表名。",
    )
