"""DAGs of the tests: a run with failures, seen by all and hidden from a guest; two runs in one DAG; a store that goes
away; a hostile one."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, task

from mino.airflow import MinoRunOperator
from mino.airflow.run_ids import own_run_id

for name, connection in (("pages", "mino_default"), ("pages_hidden", "mino_acme")):
    with DAG(name, schedule=None):
        MinoRunOperator(task_id="contacts", campaign="campaigns/sheriff-contacts.yaml", mino_conn_id=connection)

with DAG("two_runs", schedule=None):
    MinoRunOperator.partial(task_id="run", fetch="http").expand(
        campaign=["campaigns/small-0.yaml", "campaigns/small-1.yaml"]
    )

with DAG("moved", schedule=None):
    MinoRunOperator(task_id="run", campaign="campaigns/small-0.yaml", fetch="http", mino_conn_id="mino_moved")

with DAG("no_runs", schedule=None):

    @task
    def nothing() -> None:
        """Has nothing to do with Mino."""

    nothing()

with DAG("forged_hidden", schedule=None):

    @task(multiple_outputs=True)
    def forge(ti: Any = None, dag_run: Any = None) -> dict[str, object]:
        """Another program's message under the same key, and markup where a name is expected."""
        run = own_run_id(dag_run.run_after, ti.dag_id, ti.task_id, ti.run_id, ti.map_index)
        return {
            "mino_run": {"run_id": run, "campaign": "<script>alert(1)</script>", "org": "acme", "conn_id": "mino_acme"}
        }

    forge()
