"""The link from a task to the page of its run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.sdk import BaseOperatorLink

from mino.airflow.versions import conf

if TYPE_CHECKING:
    from airflow.sdk.types import TaskInstanceKey

__all__ = ["RUN_KEY", "URL_PREFIX", "MinoRunLink", "page_url"]

RUN_KEY = "mino_run"
"""XCom in which a task says which run it works on: `run_id`, `campaign`, `org`, `conn_id`."""

URL_PREFIX = "/mino"


def page_url(dag_id: str, dag_run_id: str, task_id: str, map_index: int) -> str:
    """The address of the page of a task's run, below that of Airflow."""
    parts = ("dags", dag_id, "runs", dag_run_id, "tasks", task_id, map_index)
    return "/".join([URL_PREFIX, *(quote(str(part), safe="~:+-._") for part in parts)])


class MinoRunLink(BaseOperatorLink):
    """Health, progress, accuracy and failures of the run that a task does."""

    name = "Mino run"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        """The address of the page; empty while the task has not begun a run."""
        from airflow.sdk.execution_time.xcom import XCom

        if not XCom.get_value(key=RUN_KEY, ti_key=ti_key):
            return ""
        base: str = conf.get("api", "base_url", fallback="/")
        return base.rstrip("/") + page_url(ti_key.dag_id, ti_key.run_id, ti_key.task_id, ti_key.map_index)
