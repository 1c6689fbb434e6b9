"""Which run a task works on, told by the task alone."""

from __future__ import annotations

from datetime import datetime

from mino.workflow import run_id_for

__all__ = ["own_run_id"]


def own_run_id(
    run_after: datetime, dag_id: str, task_id: str, dag_run_id: str, map_index: int | None, run_key: str = ""
) -> str:
    """The run of a task: every try of it derives the same, and no other task of any DAG does.

    run_key: makes it another run of the same task.
    """
    return run_id_for(run_after, dag_id, task_id, dag_run_id, str(map_index), *([run_key] if run_key else []))
