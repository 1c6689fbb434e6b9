"""What the page of a run shows, as plain values."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from mino import Client

__all__ = ["run_view", "screenshot"]

MOST_FAILURES = 50
OPEN = ("queued", "running")


def run_view(client: Client, run_id: str) -> dict[str, Any]:
    """Record, progress, accuracy by field, failures, and failed tasks with their pictures."""
    run_id = str(UUID(run_id))
    shown = client.show(run_id)
    if shown["kind"] != "run":
        raise ValueError(f"{run_id} is no run")
    progress = client.status(run_id)[0]
    result = shown["result"]
    return {
        "run": shown["run"],
        "is_open": shown["run"]["status"] in OPEN,
        "progress": progress,
        "done": sum(progress["totals"][name] for name in ("completed", "failed", "skipped")),
        "fields": result["summary"]["fields"] if result else [],
        "accuracy": result["summary"]["accuracy"] if result else None,
        "tables": result["tables"] if result else [],
        "failures": progress["failures"]["groups"],
        "failed_tasks": _failed_tasks(client, run_id) if result else [],
    }


def _failed_tasks(client: Client, run_id: str) -> list[dict[str, Any]]:
    query = f"""
        select t.task_id, t.row_id, t.site_url, t.failure_category, t.failure_reason, t.blocked_reason, t.attempt_count,
               coalesce(cardinality(a.screenshots), 0) as pictures
        from tasks t left join attempts a on a.run_id = t.run_id and a.attempt_id = t.last_attempt_id
        where t.run_id = '{run_id}' and t.status = 'failed' order by t.row_id limit {MOST_FAILURES}"""
    return client.sql(query).to_pylist()


def screenshot(client: Client, run_id: str, task_id: str) -> bytes | None:
    """The last picture of a task's last attempt, as WebP; None where there is none."""
    run_id, task_id = str(UUID(run_id)), str(UUID(task_id))
    query = f"""
        select a.screenshots from tasks t join attempts a on a.run_id = t.run_id and a.attempt_id = t.last_attempt_id
        where t.run_id = '{run_id}' and t.task_id = '{task_id}'"""
    pictures = [picture for row in client.sql(query).to_pylist() for picture in row["screenshots"] or []]
    if not pictures:
        return None
    path = str(pictures[-1]["path"])
    # Only what this very run kept: the table says where that is, and its writer may have been wrong.
    return client.artifact(path) if path.startswith(f"artifacts/{client.org}/{run_id}/") else None
