"""124 pages of 124 real sites."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.dataset
import pytest
import real_pages
from conftest import SHARED

import mino

pytestmark = pytest.mark.skipif(not (SHARED / "recipes").exists(), reason="needs ../shared/data/recipes")

BARS = {
    "title": 0.92,
    "ratings": 0.95,
    "cuisine": 0.93,
    "category": 0.86,
    "yields": 0.83,
    "total_time": 0.80,
    "author": 0.80,
    "ingredients": 0.80,
    "canonical_url": 0.90,
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("recipes")
    with real_pages.serve(SHARED, "recipes", folder) as campaign:
        real_pages.run(folder / "store", campaign)
        yield folder / "store"


def test_every_task_ends_in_a_state_with_its_category(store: Path) -> None:
    client = mino.connect(store)
    ended = client.sql("select status, failure_category from tasks").to_pylist()
    assert len(ended) == 124
    assert all(task["status"] in ("completed", "failed") for task in ended)
    assert all((task["status"] == "failed") == (task["failure_category"] is not None) for task in ended)


def test_every_reader_counts_the_same(store: Path) -> None:
    client = mino.connect(store)
    for table in ["attempts", "tasks", "results", "fields"]:
        with_arrow = pyarrow.dataset.dataset(store / "tables" / table, partitioning="hive").count_rows()
        files = f"{store}/tables/{table}/**/*.parquet"
        with_duckdb = duckdb.sql(f"select count(*) from read_parquet('{files}', hive_partitioning = true)").fetchall()[
            0
        ][0]
        with_mino = client.sql(f"select count(*) n from {table}").to_pylist()[0]["n"]
        assert with_arrow == with_duckdb == with_mino >= 124
    assert client.verify()["ok"]


def test_accuracy_reaches_its_bars(store: Path) -> None:
    client = mino.connect(store)
    rows = client.sql("select field, accuracy(match) a from fields group by field").to_pylist()
    measured = {row["field"]: row["a"] for row in rows}
    missed = {field: measured[field] for field, bar in BARS.items() if measured[field] < bar}
    assert not missed
