"""DAGs of the tests: one for each campaign of a folder, and of a store."""

from __future__ import annotations

from mino.airflow import MinoDag

MinoDag.from_folder("folder", run_args={"sample": "first:2", "run_type": "production"})
MinoDag.from_store("mino_acme", dag_id="{campaign}_hidden")
