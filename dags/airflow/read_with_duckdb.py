"""Begins whenever a production run has published, and reads its Parquet with DuckDB.

The event says which run it was: only a reference goes through Airflow, the data stay in the store.
"""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import DAG, task

from mino.airflow import MinoHook, mino_asset

VENUES = mino_asset("fitness-venues", org="default")  # the organization of the connection

with DAG("read_with_duckdb", schedule=[VENUES], tags=["mino"]):

    @task
    def cheapest(triggering_asset_events: Any = None) -> dict[str, Any]:
        """The cheapest venues of the run that began this DAG."""
        import duckdb

        run = triggering_asset_events[VENUES][-1].extra
        tables = f"{MinoHook().place.store}/tables/results/org={run['org']}/campaign={run['campaign']}"
        rows = duckdb.sql(f"""
            select name, monthly_price from read_parquet('{tables}/*/{run["run_id"]}.parquet')
            where monthly_price is not null order by monthly_price limit 5
        """).fetchall()
        for name, price in rows:
            logging.info("%s: %s a month", name, price)
        return {"run_id": run["run_id"], "venues": len(rows)}

    cheapest()
