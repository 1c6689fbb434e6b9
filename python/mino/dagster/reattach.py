"""Which run of Mino belongs to a run of Dagster, so that whoever comes later finds it."""

from __future__ import annotations

from datetime import datetime

from dagster import (
    AssetExecutionContext,
    AssetKey,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    Failure,
    PartitionsDefinition,
)
from dagster import TimeWindowPartitionsDefinition as TimeWindows

from mino.workflow import run_id_for

__all__ = ["derived_run_id", "first_run_of", "run_id_of"]


def run_id_of(context: AssetExecutionContext, asset: AssetKey) -> str:
    """The run that this execution begins or goes on with.

    It follows from the asset, the partition and the first of the Dagster runs that were re-executed from each other
    until one succeeded: the same for retries, re-executions from failure and processes that take over; another for a
    new materialization, and for one that re-executes what had succeeded.
    """
    if context.has_partition_key_range and context.partition_key_range.start != context.partition_key_range.end:
        raise Failure(
            "one run visits the sites once: materialize each partition by a run of its own "
            "(without BackfillPolicy.single_run)",
            allow_retries=False,
        )
    partition = context.partition_key if context.has_partition_key else None
    root = first_run_of(context.instance, context.run)
    found = derived_run_id(context.instance, asset, root, partition, context.assets_def.partitions_def)
    if found is None:
        raise Failure(
            f"run {root}, which this one re-executes, was deleted: materialize the asset anew", allow_retries=False
        )
    return found


def first_run_of(instance: DagsterInstance, run: DagsterRun) -> str:
    """The Dagster run that began what this one goes on with.

    Who re-executes a run that succeeded wants its work done once more: what is told by `root_run_id` would be the old.
    """
    while run.parent_run_id is not None:
        parent = instance.get_run_by_id(run.parent_run_id)
        if parent is None:
            # It was deleted, and nobody can tell whether it succeeded: what fails is executed again more often.
            return run.root_run_id or run.parent_run_id
        if parent.status is DagsterRunStatus.SUCCESS:
            return run.run_id
        run = parent
    return run.run_id


def derived_run_id(
    instance: DagsterInstance,
    asset: AssetKey,
    root_run_id: str,
    partition: str | None,
    partitions: PartitionsDefinition[str] | None,
) -> str | None:
    """The run of an asset in a Dagster run that goes on with no other. None where Dagster does not know that run."""
    at = _start_of(partition, partitions)
    if at is None:
        record = instance.get_run_record_by_id(root_run_id)
        if record is None:
            return None
        at = record.create_timestamp
    return run_id_for(at, asset.to_user_string(), root_run_id, partition or "")


def _start_of(partition: str | None, partitions: PartitionsDefinition[str] | None) -> datetime | None:
    if partition is None or not isinstance(partitions, TimeWindows):
        return None
    return partitions.time_window_for_partition_key(partition).start
