"""Complete runs in a store that this Dagster did not make, or died before it could report them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from dagster import AssetRecordsFilter, AssetsDefinition, DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter
from dagster import TimeWindowPartitionsDefinition as TimeWindows

from mino import Client
from mino.dagster.campaign import campaign_of
from mino.dagster.partitions import is_of_dataset_versions
from mino.dagster.reattach import derived_run_id, first_run_of
from mino.dagster.records import runs_materialized

__all__ = ["Cursor", "runs_elsewhere"]

Cursor = dict[str, list[str]]
"""By campaign, when the first and the last of the runs that were seen were completed."""

_OVERLAP = timedelta(hours=1)
"""Machines' clocks differ, so runs that ended a little before the newest one are looked at again."""

_UNDER_WAY = [
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


def runs_elsewhere(
    client: Client,
    instance: DagsterInstance,
    assets: Sequence[AssetsDefinition],
    run_types: Sequence[str],
    cursor: Cursor,
) -> Iterator[tuple[AssetsDefinition, str, str | None]]:
    """Assets, with runs of them that Dagster does not know of, and their partitions; the oldest of an asset first.

    The cursor always says how far it got: whoever stops begins there the next time.
    """
    campaigns = sorted({campaign_of(asset)[1].name for asset in assets})
    complete = _complete(client, campaigns, run_types, cursor)
    # In this order: a step that is under way no more has reported its run before it ended.
    under_way = _under_way(instance) if complete else []
    for asset in assets:
        key, campaign = campaign_of(asset)
        runs = complete.get(campaign.name)
        if not runs:
            continue
        since = _time(runs[0]["completed_at"]) - _OVERLAP
        known = set(runs_materialized(instance, AssetRecordsFilter(key, after_timestamp=since.timestamp())))
        ours = {_run_of(instance, asset, run) for run in under_way if _selects(run, asset)}
        for run in runs:
            if run["run_id"] in ours:
                continue
            first, last = cursor.get(campaign.name, [run["completed_at"]] * 2)
            cursor[campaign.name] = [first, max(last, run["completed_at"])]
            partition = _partition(asset, run)
            if run["run_id"] not in known and not _is_before_all(asset, partition):
                yield asset, run["run_id"], partition


def _complete(
    client: Client, campaigns: Sequence[str], run_types: Sequence[str], cursor: Cursor
) -> dict[str, list[dict[str, Any]]]:
    """Complete runs of campaigns, the oldest first: all that are later than the first one that was seen, and not much
    older than the last; where none was seen the newest only. A run that completed none of its tasks is a failure."""
    of_types = ", ".join(f"'{each}'" for each in run_types)
    wanted = " or ".join(_wanted(name, cursor.get(name)) for name in campaigns)
    rows: list[dict[str, Any]] = client.sql(
        "select campaign, run_id, completed_at, started_at, dataset_version from runs "
        f"where status = 'completed' and completed > 0 and run_type in ({of_types}) and ({wanted}) "
        "order by completed_at"
    ).to_pylist()
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["campaign"]].append(row)
    return {name: runs if name in cursor else runs[-1:] for name, runs in found.items()}


def _wanted(campaign: str, seen: list[str] | None) -> str:
    if seen is None:
        return f"campaign = '{campaign}'"
    first, last = (_time(each) for each in seen)
    after = max(first, last - _OVERLAP).isoformat()
    return f"(campaign = '{campaign}' and completed_at > timestamp '{after}')"


def _under_way(instance: DagsterInstance) -> list[DagsterRun]:
    """Dagster runs that may still report a run themselves."""
    return [record.dagster_run for record in instance.get_run_records(RunsFilter(statuses=_UNDER_WAY))]


def _selects(run: DagsterRun, asset: AssetsDefinition) -> bool:
    """Whether a Dagster run materializes an asset; one without a selection may."""
    return run.asset_selection is None or asset.key in run.asset_selection


def _run_of(instance: DagsterInstance, asset: AssetsDefinition, run: DagsterRun) -> str | None:
    root, partition = first_run_of(instance, run), run.tags.get("dagster/partition")
    try:
        return derived_run_id(instance, asset.key, root, partition, asset.partitions_def)
    except ValueError:
        # Its partition is one of another asset.
        return None


def _partition(asset: AssetsDefinition, run: dict[str, Any]) -> str | None:
    partitions = asset.partitions_def
    if isinstance(partitions, TimeWindows):
        return partitions.get_partition_key_for_timestamp(_time(run["started_at"]).timestamp())
    return str(run["dataset_version"]) if is_of_dataset_versions(partitions) else None


def _is_before_all(asset: AssetsDefinition, partition: str | None) -> bool:
    partitions = asset.partitions_def
    return isinstance(partitions, TimeWindows) and partition is not None and not partitions.has_partition_key(partition)


def _time(text: str) -> datetime:
    """A time of the store; Python 3.10 does not read its `Z`."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
