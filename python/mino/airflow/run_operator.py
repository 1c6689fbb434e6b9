"""A run of a campaign as a task that survives whatever happens to it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mino import Client, InputError
from mino.airflow.assets import ANY_RUN, publish
from mino.airflow.base_operator import MinoOperator, figures_of
from mino.airflow.failures import told_to_airflow
from mino.airflow.lineage import lineage_of, nothing
from mino.airflow.links import MinoRunLink
from mino.airflow.quality import check_quality
from mino.airflow.settings import SETTINGS, of_run
from mino.airflow.trigger import MinoRunTrigger
from mino.airflow.versions import AirflowException, ResumableJobMixin

if TYPE_CHECKING:
    from airflow.sdk import Context

__all__ = ["MinoRunOperator"]


class MinoRunOperator(ResumableJobMixin, MinoOperator):
    """Runs a campaign, publishes its tables, and tells its asset `mino://organization/campaign`.

    The run's id follows from DAG run, task and map index: whatever ended a try, the next one goes on with the same
    run and does exactly what is not in the store yet. A second run begins with another DAG run, never with a retry or
    a clear.

    campaign: its name in the store, or a campaign file (`.yaml`, `.yml`; relative to the DAG's file), which is
    applied first. instructions, dataset_version: versions of it; those in force unless set. sample, seed, run_type,
    concurrency, max_retries, timeout (of one attempt), screenshots, fetch, archive, allow_addresses: as of
    `mino.Client.run`; the campaign's own unless set.

    min_accuracy: fails for good when the lower bound of the accuracy (95 %) is below this share. quality: rules to
    check after the run, or True for the campaign's own; what is missed with severity `error` fails the task for good.

    run_key: makes it another run of the same DAG run, task and map index, as long as it is another text: for doing a
    date again, and for two Airflows that share an organization of a store. Every try has to say the same.

    deferrable: the task freezes the list of what is to be done and then waits without a worker slot, while others do
    it: `mino run --resume RUN` on any machine that sees the store, or `--shard i/n` on several. `[operators]
    default_deferrable` does not say so. execution_timeout holds for the wait too. poll_interval: seconds between looks
    at the run.

    Gives the run in few figures: `run_id, campaign, org, status, tasks, completed, failed, skipped, attempts`,
    `accuracy` with `accuracy_lower`, `accuracy_upper` and `accuracy_cells` where answers are known.
    """

    template_fields: Sequence[str] = (
        *MinoOperator.template_fields,
        "campaign",
        *SETTINGS,
        "min_accuracy",
        "quality",
        "run_key",
    )
    operator_extra_links = (MinoRunLink(),)
    external_id_key = "mino_run_id"

    def __init__(
        self,
        *,
        campaign: str,
        sample: str = "all",
        seed: int | str = 0,
        instructions: str | None = None,
        dataset_version: int | str | None = None,
        run_type: str | None = None,
        concurrency: int | str | None = None,
        max_retries: int | str | None = None,
        timeout: float | str | None = None,
        screenshots: str | None = None,
        fetch: str | None = None,
        archive: bool | str | None = None,
        allow_addresses: list[str] | None = None,
        min_accuracy: float | str | None = None,
        quality: bool | str | list[dict[str, Any]] = False,
        run_key: str = "",
        # Not Airflow's default_deferrable: who only waits needs somebody outside of Airflow who does the work.
        deferrable: bool = False,
        poll_interval: float = 10.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.campaign = campaign
        self.sample = sample
        self.seed = seed
        self.instructions = instructions
        self.dataset_version = dataset_version
        self.run_type = run_type
        self.concurrency = concurrency
        self.max_retries = max_retries
        self.timeout = timeout
        self.screenshots = screenshots
        self.fetch = fetch
        self.archive = archive
        self.allow_addresses = allow_addresses
        self.min_accuracy = min_accuracy
        self.quality = quality
        self.run_key = run_key
        self.deferrable = deferrable
        self.poll_interval = poll_interval
        self.outlets = [*self.outlets, ANY_RUN]
        self._lineage: Any = None

    def execute(self, context: Context) -> dict[str, Any]:
        """Does the run, or waits for it where it is deferrable."""
        with told_to_airflow():
            if self.deferrable:
                self._defer(context)
            self.execute_resumable(context)
            return self._conclude(context, self._own_run_id(context))

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """After the wait: the run is closed, or it took too long."""
        with told_to_airflow():
            if event.get("error"):
                raise AirflowException(event["error"])
            return self._conclude(context, event["run_id"])

    def submit_job(self, context: Context) -> str:
        """The run's id. The engine plans it when the work begins, so that no run without a worker is left behind."""
        return self._own_run_id(context)

    def get_job_status(self, external_id: Any, context: Context) -> str:
        """Where the run stands; `unknown` when it was not planned, `replaced` when there is another `run_key` now."""
        if external_id != self._own_run_id(context):
            return "replaced"
        return str(self._record(self.hook.get_conn(), external_id).get("status", "unknown"))

    def is_job_active(self, status: str) -> bool:
        """Whether there is a run to go on with: one that was stopped or failed is, too."""
        return status in ("queued", "running", "stopped", "failed")

    def is_job_succeeded(self, status: str) -> bool:
        """Whether everything is done."""
        return status == "completed"

    def poll_until_complete(self, external_id: Any, context: Context) -> None:
        """Does what is to be done of the run."""
        client = self.hook.get_conn()
        campaign = self._applied(client, self.campaign)
        self._announce(context, client, external_id, campaign)
        self._work(client, campaign, external_id, **of_run(self))

    def get_job_result(self, external_id: Any, context: Context) -> str:
        """The run's id."""
        return str(external_id)

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Dataset and tables of the run. Gathered before, because OpenLineage asks from a process of its own."""
        return self._lineage or nothing()

    def _record(self, client: Client, run_id: str) -> dict[str, Any]:
        """What the store says of the run; nothing when it was not planned."""
        try:
            shown = client.show(run_id)
        except InputError:
            return {}
        return {**shown["run"]} if shown["kind"] == "run" else {}

    def _defer(self, context: Context) -> None:
        """Freezes the run's list of tasks and waits. Comes back only for a run that is complete already."""
        client, run_id = self.hook.get_conn(), self._own_run_id(context)
        campaign = self._applied(client, self.campaign)
        client.plan(campaign, run_id=run_id, **of_run(self))
        self._announce(context, client, run_id, campaign)
        record = self._record(client, run_id)
        if record["status"] == "completed":
            return
        self.log.info("waiting for `mino run --resume %s`", run_id)
        trigger = MinoRunTrigger(
            run_id=run_id,
            mino_conn_id=self.mino_conn_id,
            org=self.org,
            poll_interval=self.poll_interval,
            deadline=time.time() + self.execution_timeout.total_seconds() if self.execution_timeout else None,
            stop_on_kill=True,
            closed_before=record["completed_at"],
        )
        self.defer(trigger=trigger, method_name="execute_complete")

    def _conclude(self, context: Context, run_id: str) -> dict[str, Any]:
        """Tells everybody what came of the run, then whether it is good enough."""
        client = self.hook.get_conn()
        figures = figures_of(client, run_id)
        self._announce(context, client, run_id, figures["campaign"])
        self._check_status(client, figures)
        check_quality(client, run_id, quality=self.quality, min_accuracy=self.min_accuracy)
        publish(self.outlets, context["outlet_events"], figures)
        self._lineage = lineage_of(client, run_id)
        return figures
