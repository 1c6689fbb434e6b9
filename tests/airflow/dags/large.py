"""DAGs of the tests: a run of 5,000 tasks."""

from __future__ import annotations

from airflow.sdk import DAG

from mino.airflow import MinoShardedRun

with DAG("large", schedule=None):
    MinoShardedRun("work", campaign="campaigns/large.yaml", shards=4, fetch="http", concurrency=16)
