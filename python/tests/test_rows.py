"""Rows of a query as Arrow, for whoever speaks it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import duckdb
import polars
import pyarrow
import pytest

import mino

if TYPE_CHECKING:
    from sites import Write

pytest_plugins = ["sites"]

QUERY = "select row_id, field, value, number, confidence from fields order by row_id, field"


@pytest.fixture
def rows(shops: mino.Client, write: Write) -> mino.Rows:
    shops.apply(write("shop/1", "shop/2"))
    shops.run("shops")
    return shops.sql(QUERY)


def test_every_reader_sees_the_same_as_often_as_it_likes(rows: mino.Rows) -> None:
    for _ in range(2):
        table = pyarrow.table(rows)
        assert table.num_rows == len(rows) == rows.num_rows == 4
        assert table.to_pylist() == rows.to_pylist() == rows.to_pyarrow().to_pylist()
        assert polars.DataFrame(rows).to_dicts() == table.to_pylist()
        # What polars makes of every stream that is not pyarrow's own.
        assert polars.from_arrow(rows).to_list() == table.to_pylist()
        assert duckdb.sql("from rows").to_arrow_table().to_pylist() == table.to_pylist()


def test_nothing_is_copied(rows: mino.Rows) -> None:
    def addresses(table: pyarrow.Table) -> list[int]:
        chunks = [chunk for column in table.columns for chunk in column.chunks]
        return [buffer.address for chunk in chunks for buffer in chunk.buffers() if buffer is not None]

    first, second = pyarrow.table(rows), pyarrow.table(rows)
    assert addresses(first) == addresses(second) != []


def test_what_was_handed_over_outlives_the_rows(shops: mino.Client) -> None:
    rows = shops.sql("select 'kept' as word")
    table = pyarrow.table(rows)
    del rows
    assert table.to_pylist() == [{"word": "kept"}]


def test_a_schema_by_itself(rows: mino.Rows) -> None:
    schema = rows.schema
    assert schema.names == rows.column_names == ["row_id", "field", "value", "number", "confidence"]
    assert len(schema) == 5 and schema.types["number"] == "Float64"
    assert pyarrow.schema(schema) == pyarrow.schema(rows) == pyarrow.table(rows).schema
    assert "number Float64" in repr(schema) and "4 rows" in repr(rows)


def test_a_reader_may_ask_for_other_types(shops: mino.Client) -> None:
    rows = shops.sql("select 'a' as letter, cast(1 as bigint) as number")
    wanted = pyarrow.schema([("letter", pyarrow.large_string()), ("number", pyarrow.float64())])
    assert pyarrow.table(rows, schema=wanted).schema == wanted


def test_rows_that_are_none(shops: mino.Client) -> None:
    rows = shops.sql("select * from tasks")
    assert pyarrow.table(rows).num_rows == 0 and polars.DataFrame(rows).height == 0
    assert pyarrow.table(rows).schema.names == rows.column_names
    assert rows.to_pylist() == []


def test_the_package_needs_no_reader() -> None:
    hidden = (
        "import sys; sys.modules['pyarrow'] = None; import mino\nrows = mino.connect('memory://').sql('select 1 a')\n"
    )
    script = hidden + "assert rows.to_pylist() == [{'a': 1}]\ntry: rows.to_pyarrow()\nexcept ImportError: print('none')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "none\n", done.stderr
