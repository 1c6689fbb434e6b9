"""Schedules from campaigns."""

from __future__ import annotations

from collections.abc import Iterator

from dagster import (
    AssetsDefinition,
    DefaultScheduleStatus,
    RunRequest,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    schedule,
)
from dagster import TimeWindowPartitionsDefinition as TimeWindows

from mino.dagster.campaign import campaign_of

__all__ = ["build_mino_schedule"]


def build_mino_schedule(
    asset: AssetsDefinition,
    *,
    name: str | None = None,
    default_status: DefaultScheduleStatus = DefaultScheduleStatus.STOPPED,
) -> ScheduleDefinition:
    """Materializes a campaign's asset on the campaign's own cron, in its own time zone.

    An asset that is partitioned by `run_dates` gets the partition of the date. A tick that is evaluated again asks for
    the same run. name: `<campaign>_schedule` unless set.
    Raises ValueError for a campaign without a schedule, and for partitions that are not dates.
    """
    _, campaign = campaign_of(asset)
    partitions = asset.partitions_def
    if partitions is not None and not isinstance(partitions, TimeWindows):
        raise ValueError(f"{campaign.name} is not partitioned by dates: a schedule cannot tell which partition to take")

    def ticks(context: ScheduleEvaluationContext) -> Iterator[RunRequest]:
        at = context.scheduled_execution_time
        partition = None if partitions is None else partitions.get_partition_key_for_timestamp(at.timestamp())
        yield RunRequest(run_key=at.isoformat(), partition_key=partition, tags={"mino/campaign": campaign.name})

    return schedule(
        name=name or f"{campaign.identifier}_schedule",
        cron_schedule=campaign.cron,
        execution_timezone=campaign.timezone,
        target=asset,
        default_status=default_status,
        description=f"Runs the campaign {campaign.name} as its file says.",
    )(ticks)
