"""Partitions of a campaign's asset: one a run date, or one a version of the dataset."""

from __future__ import annotations

from datetime import datetime

from dagster import DynamicPartitionsDefinition, PartitionsDefinition, TimeWindowPartitionsDefinition

from mino.dagster.campaign import MinoCampaign

__all__ = ["dataset_versions", "is_of_dataset_versions", "run_dates"]

_VERSIONS = "mino_versions_of_"


def run_dates(campaign: MinoCampaign, start: datetime | str) -> TimeWindowPartitionsDefinition:
    """A partition for every date of the campaign's own schedule, from `start` on, in the schedule's time zone.

    A partition is there as soon as its date has come. Sites show what they show today: a partition that is over can be
    materialized, and holds today's values then.
    Raises ValueError for a campaign without a schedule.
    """
    fields = campaign.cron.split()
    if len(fields) != 5:
        raise ValueError(
            f"the cron of {campaign.name}, `{campaign.cron}`, has not five fields: write it as `0 6 * * *`"
        )
    minute, hour, *_ = fields
    once_a_day = minute.isdecimal() and hour.isdecimal()
    return TimeWindowPartitionsDefinition(
        cron_schedule=campaign.cron,
        timezone=campaign.timezone,
        start=start,
        # A start that is a text has the form of a date or of a time, as the keys have.
        fmt="%Y-%m-%d" if once_a_day else "%Y-%m-%d-%H:%M",
        end_offset=1,
    )


def dataset_versions(campaign: MinoCampaign) -> DynamicPartitionsDefinition:
    """A partition for every version of the campaign's dataset; `build_mino_dataset_sensor` adds them."""
    return DynamicPartitionsDefinition(name=_VERSIONS + campaign.identifier)


def is_of_dataset_versions(partitions: PartitionsDefinition[str] | None) -> bool:
    """Whether partitions are those of `dataset_versions`."""
    return isinstance(partitions, DynamicPartitionsDefinition) and (partitions.name or "").startswith(_VERSIONS)
