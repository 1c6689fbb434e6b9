"""Carries out a campaign inside a step of Dagster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from signal import SIGINT
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetExecutionContext,
    AssetKey,
    AssetRecordsFilter,
    DagsterExecutionInterruptedError,
    DagsterRunStatus,
    Failure,
    MaterializeResult,
)
from dagster import TimeWindowPartitionsDefinition as TimeWindows

from mino import Client, InputError, RunFailed, RunReport, UnreachableError
from mino.dagster.campaign import MinoCampaign, campaign_of
from mino.dagster.checks import check_results
from mino.dagster.metadata import RUN_ID, run_metadata
from mino.dagster.parent import stopped_with_parent
from mino.dagster.partitions import is_of_dataset_versions
from mino.dagster.reattach import run_id_of
from mino.dagster.records import runs_materialized
from mino.dagster.signals import first_signal_only
from mino.workflow import ProgressLog, run_or_go_on

__all__ = ["execute"]

_LOOKED_AT = 1000
"""Materializations among which one of a run is looked for."""


def execute(
    client: Client, context: AssetExecutionContext, settings: Mapping[str, Any]
) -> Iterator[MaterializeResult[Any] | AssetCheckResult]:
    """Runs the campaign of the selected asset, or only judges its last run where nothing but checks is selected."""
    key, campaign = campaign_of(context.assets_def)
    with _failures_of_dagster():
        if context.selected_asset_keys:
            if _is_canceling(context):
                # The executor within one process goes on to the next step after one that says Failure.
                raise Failure("Dagster was asked to terminate this run: nothing is begun", allow_retries=False)
            run_id = run_id_of(context, key)
            if not _is_there(client, run_id):
                _bring_up_to_date(client, context, campaign)
            settings = {**settings, **_of_partition(context)}
            _complete(client, context, _run(client, context, campaign, run_id, **settings))
            yield MaterializeResult(asset_key=key, metadata=run_metadata(client, run_id))
        else:
            run_id = _last_run(context, key)
        for result in check_results(client, context.selected_asset_check_keys, campaign, run_id):
            if not result.passed and result.severity is AssetCheckSeverity.ERROR:
                context.log.warning(f"check {result.check_name} is missed; {_anew(run_id)}")
            yield result


def _of_partition(context: AssetExecutionContext) -> dict[str, Any]:
    """The settings that a partition stands for."""
    if not is_of_dataset_versions(context.assets_def.partitions_def):
        return {}
    if not context.partition_key.isdecimal():
        raise Failure(f"`{context.partition_key}` is no version of a dataset: they are numbers", allow_retries=False)
    return {"dataset_version": int(context.partition_key)}


def _is_there(client: Client, run_id: str) -> bool:
    """Whether the run was begun: it goes on as it was planned, whatever has changed since."""
    try:
        client.show(run_id)
    except InputError:
        return False
    return True


def _bring_up_to_date(client: Client, context: AssetExecutionContext, campaign: MinoCampaign) -> None:
    """Makes the store say what the campaign's file says."""
    partitions = context.assets_def.partitions_def
    if isinstance(partitions, TimeWindows) and context.partition_time_window.end < datetime.now().astimezone():
        context.log.warning(
            f"partition {context.partition_key} is over: what the sites say now is what is kept under it"
        )
    if campaign.file is not None:
        for note in client.apply(campaign.file, why=f"Dagster run {context.run.run_id}")["notes"]:
            context.log.info(note)


def _run(
    client: Client, context: AssetExecutionContext, campaign: MinoCampaign, run_id: str, **settings: Any
) -> RunReport:
    with stopped_with_parent() as lost, ProgressLog(context.log) as progress, first_signal_only() as came:
        try:
            return run_or_go_on(client, campaign.name, run_id, on_progress=progress, **settings)
        except (DagsterExecutionInterruptedError, KeyboardInterrupt):
            why = "the process that started this step is gone" if lost.is_set() else "Dagster was asked to terminate it"
            kept = "what is done is kept, and re-executing from failure goes on with it"
            said = f"run {run_id} is stopped, {why}: {kept}"
            context.log.warning(said)
            if not lost.is_set() and _is_asked_to_end(context, came) and _has_retry_policy(context):
                # Dagster makes a retry of an interrupt where there is a policy: nobody could end the step then.
                raise Failure(said, metadata={RUN_ID: run_id}, allow_retries=False) from None
            raise


def _is_asked_to_end(context: AssetExecutionContext, came: list[int]) -> bool:
    """Whether somebody wants the end of the Dagster run: in a terminal, or by its terminate. Another SIGTERM is that of
    a machine that takes the process away, and a retry is right then."""
    return SIGINT in came or _is_canceling(context)


def _is_canceling(context: AssetExecutionContext) -> bool:
    run = context.instance.get_run_by_id(context.run.run_id)
    return run is not None and run.status is DagsterRunStatus.CANCELING


def _has_retry_policy(context: AssetExecutionContext) -> bool:
    return context.op_execution_context.get_step_execution_context().op_retry_policy is not None


def _anew(run_id: str) -> str:
    """What helps where a run is complete, and not what it should be."""
    return f"re-executing reports run {run_id} again: materialize the asset anew to visit the sites anew"


def _complete(client: Client, context: AssetExecutionContext, report: RunReport) -> None:
    """Raises Failure for a run that is not what its asset should be."""
    told = {RUN_ID: report.run_id}
    if report.status != "completed":
        shown = client.show(report.run_id)
        reason = shown["run"]["reason"] if shown["kind"] == "run" else None
        # A person's decision is not to be undone by a retry policy; re-executing the Dagster run goes on.
        raise Failure(f"run {report.run_id} is {report.status}: {reason}", metadata=told, allow_retries=False)
    summary = report.summary
    if summary is not None and summary["tasks"] and not summary["completed"]:
        failures = ", ".join(f"{count} {reason}" for reason, count in summary["failures"].items())
        raise Failure(
            f"run {report.run_id} completed none of its {summary['tasks']} tasks: {failures}; {_anew(report.run_id)}",
            metadata=told,
            allow_retries=False,
        )
    context.log.info(f"run {report.run_id} is complete")


def _last_run(context: AssetExecutionContext, key: AssetKey) -> str:
    """The run of the newest materialization that is of one, in the partition where there is one: a person can report
    others by hand."""
    partitions = [context.partition_key] if context.has_partition_key else None
    wanted = AssetRecordsFilter(asset_key=key, asset_partitions=partitions)
    for run_id in islice(runs_materialized(context.instance, wanted), _LOOKED_AT):
        if run_id is not None:
            return run_id
    raise Failure(
        f"{key.to_user_string()} was never materialized by a run of Mino: there is nothing to check",
        allow_retries=False,
    )


@contextmanager
def _failures_of_dagster() -> Iterator[None]:
    """Tells Dagster whether trying again may help."""
    try:
        yield
    except InputError as error:
        raise Failure(str(error), allow_retries=False) from error
    except (RunFailed, UnreachableError) as error:
        raise Failure(str(error), allow_retries=True) from error
