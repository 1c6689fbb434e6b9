"""What the operators share: the connection, which run a task works on, and how its work is ended."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk import BaseOperator

from mino import Client, RunReport
from mino.airflow.hook import DEFAULT_CONNECTION, MinoHook
from mino.airflow.links import RUN_KEY
from mino.airflow.run_ids import own_run_id
from mino.airflow.settings import given
from mino.airflow.supervision import Supervision
from mino.airflow.versions import AirflowException, AirflowFailException
from mino.workflow import MODEL_IS_NOT_ASKED, ProgressLog, run_or_go_on

if TYPE_CHECKING:
    from airflow.sdk import Context

__all__ = ["MinoOperator", "figures_of"]

CAMPAIGN_FILES = (".yaml", ".yml")


def figures_of(client: Client, run_id: str) -> dict[str, Any]:
    """A run in few figures: `run_id, campaign, org, status, tasks, completed, failed, skipped, attempts`, and where
    known answers exist `accuracy, accuracy_lower, accuracy_upper, accuracy_cells`."""
    shown = client.show(run_id)
    if shown["kind"] != "run":
        raise AirflowFailException(f"`{run_id}` is no run")
    run: dict[str, Any] = {**shown["run"]}
    names = ["run_id", "campaign", "run_type", "status", "tasks", "completed", "failed", "skipped", "attempts"]
    shares = ["accuracy", "accuracy_lower", "accuracy_upper", "accuracy_cells"]
    figures = {name: run.get(name) for name in names} | {"org": client.org}
    return figures | {name: run[name] for name in shares if run.get(name) is not None}


class MinoOperator(BaseOperator):
    """An operator with a connection of type `mino`.

    mino_conn_id: the connection. org: whose part of the store, instead of the connection's organization.
    """

    template_fields: Sequence[str] = ("mino_conn_id", "org")
    ui_color = "#e6eef2"
    run_key: str = ""

    def __init__(self, *, mino_conn_id: str = DEFAULT_CONNECTION, org: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mino_conn_id = mino_conn_id
        self.org = org
        self._hook: MinoHook | None = None
        self._supervision: Supervision | None = None

    @property
    def hook(self) -> MinoHook:
        """The hook of this task."""
        if self._hook is None:
            self._hook = MinoHook(self.mino_conn_id, org=self.org)
        return self._hook

    def on_kill(self) -> None:
        """Airflow ends the task: its run stops with what is done, in less than the five seconds until SIGKILL."""
        if self._supervision is not None:
            self._supervision.end("the task was ended by Airflow")

    def _applied(self, client: Client, campaign: str) -> str:
        """The name of a campaign; a file, told by its ending, is applied first. Relative paths begin at the DAG's
        file."""
        if not campaign.endswith(CAMPAIGN_FILES):
            return campaign
        applied = client.apply(self._folder() / campaign, why=f"Airflow task {self.task_id}")
        for note in applied["notes"]:
            self.log.info("%s", note)
        return applied["campaign"]["campaign"]

    def _folder(self) -> Path:
        """Where relative paths begin."""
        return Path(self.dag.folder)

    def _own_run_id(self, context: Context) -> str:
        """The run that every try of this task works on."""
        ti = context["ti"]
        run_after = context["dag_run"].run_after
        return own_run_id(run_after, ti.dag_id, ti.task_id, ti.run_id, ti.map_index, self._own_run_key())

    def _own_run_key(self) -> str:
        key = given(self.run_key)
        return "" if key is None else str(key)

    def _announce(self, context: Context, client: Client, run_id: str, campaign: str) -> None:
        """Tells links and pages which run it is, before anything is done."""
        run = {"run_id": run_id, "campaign": campaign, "org": client.org, "conn_id": self.mino_conn_id}
        if key := self._own_run_key():
            # The pages show only runs that a task of the DAG run derives.
            run["run_key"] = key
        context["ti"].xcom_push(key=RUN_KEY, value=run)
        # For `operator.output["run_id"]`.
        context["ti"].xcom_push(key="run_id", value=run_id)

    def _campaign_of(self, run_id: str) -> str:
        """Whose a run is."""
        return str(figures_of(self.hook.get_conn(), run_id)["campaign"])

    def _work(self, client: Client, campaign: str, run_id: str, shard: str | None = None, **settings: Any) -> RunReport:
        """Does a run or a shard of it, with its progress in the task's log. Raises when it was ended before it was
        done."""
        if self.hook.model:
            self.log.warning(MODEL_IS_NOT_ASKED)
        with (
            Supervision(client, run_id, shard=shard) as self._supervision,
            ProgressLog(logging.getLogger("mino")) as progress,
        ):
            report = run_or_go_on(
                client, campaign, run_id, shard=shard, browser=self.hook.browser, on_progress=progress, **settings
            )
        if report.status == "stopped":
            if self._supervision.orphaned is not None:
                raise AirflowException(self._supervision.orphaned)
            self._fail_stopped(client, run_id)
        return report

    def _fail_stopped(self, client: Client, run_id: str) -> NoReturn:
        """Whoever stopped a run does not want the next try to begin it again."""
        shown = client.show(run_id)
        reason = (shown["run"]["reason"] if shown["kind"] == "run" else None) or "nobody said why"
        raise AirflowFailException(f"run {run_id} was stopped: {reason}")

    def _check_status(self, client: Client, figures: dict[str, Any]) -> None:
        """Raises for a run that is not complete."""
        run_id, status = figures["run_id"], figures["status"]
        if status == "completed":
            return
        if status == "stopped":
            self._fail_stopped(client, run_id)
        if status == "failed":
            raise AirflowFailException(
                f"run {run_id} failed: none of its {figures['tasks']} tasks was completed; look at its page for the "
                f"reasons, then `mino retry` its tasks, or begin another DAG run"
            )
        raise AirflowException(f"run {run_id} is {status}")
