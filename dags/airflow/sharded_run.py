"""A large run that the workers of the executor share: Celery, Kubernetes, or the processes of one machine.

`plan` freezes the list of pages, each mapped task does its part of it, and `finalize` publishes the tables. A worker
that dies costs at most the attempts of its last two seconds: its task is tried again alone, and goes on where it was.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG

from mino.airflow import MinoShardedRun

with DAG("sharded_run", schedule=None, tags=["mino"]):
    MinoShardedRun(
        "contacts",
        campaign="campaigns/sheriff-contacts.yaml",  # beside this file
        shards=4,
        concurrency=2,  # pages that each of the four has open at once
        task_args={"retries": 3, "retry_delay": timedelta(minutes=1)},
    )
