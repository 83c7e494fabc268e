"""POST /api/tables: what the page shows, as a file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from app.tables import open_table
from tests.tables.test_text import rows_of

COLUMNS = [{"name": "网格"}, {"name": "起", "kind": "number"}]
ROWS: list[list[Any]] = [["510185001010", 3], ["=1+1", None]]


def table(**more: Any) -> dict[str, Any]:
    return {"columns": COLUMNS, "rows": ROWS} | more


def test_both_kinds_hold_every_row_and_no_formula(client: FlaskClient, tmp_path: Path) -> None:
    for kind in ("csv", "xlsx"):
        answer = client.post("/api/tables", json=table(format=kind))
        assert answer.status_code == 200, answer.text
        assert f".{kind}" in answer.headers["Content-Disposition"]
        assert answer.headers["Cache-Control"] == "no-store"
        path = tmp_path / f"table.{kind}"
        path.write_bytes(io.BytesIO(answer.data).read())
        read = open_table(path)
        assert list(read.columns) == ["网格", "起"]
        first, second = rows_of(read)
        assert first[0] == "510185001010"
        assert float(first[1]) == 3
        # As whoever opens it sees it: text, not a formula.
        assert second[0].lstrip("'") == "=1+1"


def test_a_table_that_is_none_is_refused(client: FlaskClient) -> None:
    for bad, said in (
        (table(rows=[["a"]]), "row 1 has 1 cells"),
        (table(rows=[["a", "b"]]), "allowed is a number"),
        (table(columns=[]), "columns"),
        (table(format="pdf"), "format"),
    ):
        answer = client.post("/api/tables", json=bad, headers={"Accept-Language": "en"})
        assert answer.status_code == 400
        assert said in answer.json["error"]["message"] + answer.json["error"]["hint"], answer.json
    empty = client.post("/api/tables", json=table(rows=[]))
    assert empty.status_code == 200
