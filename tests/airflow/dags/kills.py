"""DAGs of the tests: tasks that are killed while their run is under way."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG

from mino.airflow import MinoRunOperator, MinoShardedRun

RETRY = {"retries": 3, "retry_delay": timedelta(seconds=1)}

with DAG("killed", schedule=None, default_args=RETRY):
    MinoRunOperator(task_id="run", campaign="campaigns/slow.yaml")

with DAG("timed_out", schedule=None, default_args={**RETRY, "retries": 20}):
    MinoRunOperator(task_id="run", campaign="campaigns/slow.yaml", execution_timeout=timedelta(seconds=4))

with DAG("marked", schedule=None):
    MinoRunOperator(task_id="run", campaign="campaigns/slow.yaml")

with DAG("deferred", schedule=None):
    MinoRunOperator(task_id="run", campaign="campaigns/slow.yaml", deferrable=True, poll_interval=0.5)

with DAG("deferred_for_too_long", schedule=None):
    MinoRunOperator(
        task_id="run",
        campaign="campaigns/slow.yaml",
        deferrable=True,
        poll_interval=0.5,
        execution_timeout=timedelta(seconds=5),
    )

with DAG("shard_killed", schedule=None, default_args=RETRY):
    MinoShardedRun("work", campaign="campaigns/slow.yaml", shards=2, concurrency=1)

with DAG("shard_marked", schedule=None):
    MinoShardedRun("work", campaign="campaigns/slow.yaml", shards=2, concurrency=1)

with DAG("crowd", schedule=None, default_args=RETRY):
    MinoRunOperator.partial(task_id="run", fetch="http").expand(
        campaign=[f"campaigns/small-{number}.yaml" for number in range(20)]
    )
