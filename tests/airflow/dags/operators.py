"""DAGs of the tests: each operator once, in another organization."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, task

from mino.airflow import (
    MinoApplyOperator,
    MinoQualityCheckOperator,
    MinoRunOperator,
    MinoRunSensor,
    MinoSqlOperator,
    mino_asset,
)

ACME = {"mino_conn_id": "mino_acme"}
CHECKED = mino_asset("sheriff-contacts", org="acme")

with DAG("operators_hidden", schedule=None):
    apply = MinoApplyOperator(task_id="apply", path="campaigns/sheriff-contacts.yaml", **ACME)

    @task.mino(**ACME)
    def contacts(dag_run: Any = None) -> dict[str, Any]:
        return {
            "campaign": "sheriff-contacts",
            "sample": f"first:{dag_run.conf.get('rows', 24)}",
            "run_type": "production",
        }

    run = contacts()
    seen = MinoRunSensor(task_id="seen", run=run["run_id"], poke_interval=1, **ACME)
    seen_by_trigger = MinoRunSensor(
        task_id="seen_by_trigger", run=run["run_id"], poke_interval=1, deferrable=True, **ACME
    )
    failures = MinoSqlOperator(
        task_id="failures",
        sql="select site_url, failure_reason from tasks where status = 'failed' order by row_id",
        **ACME,
    )
    check = MinoSqlOperator(
        task_id="check", check=True, sql="select row_id, site_url from tasks where status = 'failed'", retries=0, **ACME
    )
    good = MinoQualityCheckOperator(
        task_id="good",
        run=run["run_id"],
        rules=[
            {"check": "accuracy", "at_least": 0.5},
            {"check": "failures", "at_most": 0.01, "severity": "warn"},
        ],
        outlets=[CHECKED],
        **ACME,
    )
    bad = MinoQualityCheckOperator(task_id="bad", run=run["run_id"], min_accuracy=0.99, outlets=[CHECKED], **ACME)
    apply >> run >> [seen, seen_by_trigger, failures, check, good, bad]

with DAG("again", schedule=None):
    MinoRunOperator(
        task_id="run",
        campaign="campaigns/small-1.yaml",
        sample="first:1",
        fetch="http",
        org="again",
        run_key="{{ var.value.get('again', '') }}",
    )
