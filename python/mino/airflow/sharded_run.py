"""One run shared by many workers: plan → mapped shards → finalize, as a group of tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import TaskGroup, XComArg

from mino.airflow.assets import ANY_RUN, publish
from mino.airflow.base_operator import MinoOperator, figures_of
from mino.airflow.failures import told_to_airflow
from mino.airflow.lineage import lineage_of, nothing
from mino.airflow.links import MinoRunLink
from mino.airflow.quality import check_quality
from mino.airflow.settings import SETTINGS, of_run

if TYPE_CHECKING:
    from airflow.sdk import Context

__all__ = ["MinoFinalizeOperator", "MinoPlanOperator", "MinoShardOperator", "MinoShardedRun"]


class MinoPlanOperator(MinoOperator):
    """Freezes the list of what a run is to do. Gives the run's id, which every try derives alike.

    campaign: a name, or a campaign file, which is applied first. settings: those of `mino.Client.run`. run_key: as of
    MinoRunOperator.
    """

    template_fields: Sequence[str] = (*MinoOperator.template_fields, "campaign", "settings", "run_key")
    operator_extra_links = (MinoRunLink(),)

    def __init__(
        self, *, campaign: str, settings: dict[str, Any] | None = None, run_key: str = "", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.campaign = campaign
        self.settings = settings or {}
        self.run_key = run_key

    def execute(self, context: Context) -> str:
        """Plans; a run that is planned already stays as it is."""
        with told_to_airflow():
            client, run_id = self.hook.get_conn(), self._own_run_id(context)
            campaign = self._applied(client, self.campaign)
            client.plan(campaign, run_id=run_id, **of_run(self.settings))
            self._announce(context, client, run_id, campaign)
            return run_id


class MinoShardOperator(MinoOperator):
    """Does one shard of a planned run. The last of them publishes it.

    run: the run's id. shard: `i/n`. concurrency: pages that this worker has open at once; the run's own unless set.
    """

    template_fields: Sequence[str] = (*MinoOperator.template_fields, "run", "shard", "concurrency")
    operator_extra_links = (MinoRunLink(),)

    def __init__(self, *, run: str | XComArg, shard: str, concurrency: int | str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run = run
        self.shard = shard
        self.concurrency = concurrency

    def execute(self, context: Context) -> str:
        """Does the shard, or goes on with it where the last try left it. Gives where the run stands."""
        with told_to_airflow():
            client, run_id = self.hook.get_conn(), str(self.run)
            campaign = self._campaign_of(run_id)
            self._announce(context, client, run_id, campaign)
            return self._work(client, campaign, run_id, self.shard, **of_run(self, "concurrency")).status


class MinoFinalizeOperator(MinoOperator):
    """Sees to it that a run is published, and tells the campaign's asset.

    run: its id. min_accuracy, quality: as of MinoRunOperator. Gives the run in few figures.
    """

    template_fields: Sequence[str] = (*MinoOperator.template_fields, "run", "min_accuracy", "quality")
    operator_extra_links = (MinoRunLink(),)

    def __init__(
        self,
        *,
        run: str | XComArg,
        min_accuracy: float | str | None = None,
        quality: bool | str | list[dict[str, Any]] = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.run = run
        self.min_accuracy = min_accuracy
        self.quality = quality
        self.outlets = [*self.outlets, ANY_RUN]
        self._lineage: Any = None

    def execute(self, context: Context) -> dict[str, Any]:
        """Publishes what the shards did, unless the last of them has."""
        with told_to_airflow():
            client, run_id = self.hook.get_conn(), str(self.run)
            self._announce(context, client, run_id, self._campaign_of(run_id))
            client.finalize(run_id)
            figures = figures_of(client, run_id)
            self._check_status(client, figures)
            check_quality(client, run_id, quality=self.quality, min_accuracy=self.min_accuracy)
            publish(self.outlets, context["outlet_events"], figures)
            self._lineage = lineage_of(client, run_id)
            return figures

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Dataset and tables of the run."""
        return self._lineage or nothing()


class MinoShardedRun(TaskGroup):
    """A run that the workers of Airflow's executor share: a task that plans, one for each shard, one that publishes.

    campaign: a name, or a campaign file (relative to the DAG's file). shards: into how many parts; each is a mapped
    task that may run on any worker which sees the store, and is retried alone. mino_conn_id, org, min_accuracy,
    quality, run_key, and the settings of `mino.Client.run`: as of MinoRunOperator; concurrency is that of each shard.
    task_args: further arguments of all tasks, as `retries` or `pool`. plan_args, shard_args, finalize_args: of these
    alone, as `queue` or `execution_timeout` of the shards and `outlets` of the one that publishes; they go before
    task_args.

    `finalize` is the task that has published, for tasks that come after.
    """

    def __init__(
        self,
        group_id: str,
        *,
        campaign: str,
        shards: int,
        mino_conn_id: str | None = None,
        org: str | None = None,
        min_accuracy: float | str | None = None,
        quality: bool | str | list[dict[str, Any]] = False,
        run_key: str = "",
        task_args: dict[str, Any] | None = None,
        plan_args: dict[str, Any] | None = None,
        shard_args: dict[str, Any] | None = None,
        finalize_args: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if shards < 1:
            raise ValueError(f"a run has at least one shard, not {shards}")
        settings = {name: kwargs.pop(name) for name in SETTINGS if name in kwargs}
        concurrency = settings.pop("concurrency", None)
        super().__init__(group_id, **kwargs)
        every: dict[str, Any] = {**(task_args or {}), "task_group": self}
        if mino_conn_id is not None:
            every["mino_conn_id"] = mino_conn_id
        if org is not None:
            every["org"] = org
        planned = {"campaign": campaign, "settings": settings, "run_key": run_key, **every, **(plan_args or {})}
        plan = MinoPlanOperator(task_id="plan", **planned)
        each = {"concurrency": concurrency, "map_index_template": "{{ task.shard }}", **every, **(shard_args or {})}
        work = MinoShardOperator.partial(task_id="shard", run=plan.output, **each).expand(
            shard=[f"{number}/{shards}" for number in range(1, shards + 1)]
        )
        last = {"min_accuracy": min_accuracy, "quality": quality, **every, **(finalize_args or {})}
        self.finalize = MinoFinalizeOperator(task_id="finalize", run=plan.output, **last)
        plan >> work >> self.finalize
