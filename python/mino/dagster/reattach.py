"""Which run of Mino belongs to a run of Dagster, so that whoever comes later finds it."""

from __future__ import annotations

from datetime import datetime

from dagster import AssetExecutionContext, AssetKey, DagsterInstance, Failure, PartitionsDefinition
from dagster import TimeWindowPartitionsDefinition as TimeWindows

from mino.workflow import run_id_for

__all__ = ["derived_run_id", "run_id_of"]


def run_id_of(context: AssetExecutionContext, asset: AssetKey) -> str:
    """The run that this execution begins or goes on with.

    It follows from the asset, the partition and the first of the Dagster runs that were re-executed from each other:
    the same for retries, re-executions from failure and processes that take over; another for a new materialization.
    """
    if context.has_partition_key_range and context.partition_key_range.start != context.partition_key_range.end:
        raise Failure(
            "one run visits the sites once: materialize each partition by a run of its own "
            "(without BackfillPolicy.single_run)",
            allow_retries=False,
        )
    partition = context.partition_key if context.has_partition_key else None
    root = context.run.root_run_id or context.run.run_id
    found = derived_run_id(context.instance, asset, root, partition, context.assets_def.partitions_def)
    if found is None:
        raise Failure(
            f"run {root}, which this one re-executes, was deleted: materialize the asset anew", allow_retries=False
        )
    return found


def derived_run_id(
    instance: DagsterInstance,
    asset: AssetKey,
    root_run_id: str,
    partition: str | None,
    partitions: PartitionsDefinition[str] | None,
) -> str | None:
    """The run of an asset in a Dagster run that re-executes no other. None where Dagster does not know that run."""
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
