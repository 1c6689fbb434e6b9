"""Sensors that look at a store: for runs that were made elsewhere, and for new versions of datasets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from dagster import (
    AddDynamicPartitionsRequest,
    AssetKey,
    AssetMaterialization,
    AssetRecordsFilter,
    AssetsDefinition,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    DefaultSensorStatus,
    DynamicPartitionsDefinition,
    RunRequest,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    sensor,
)
from dagster import TimeWindowPartitionsDefinition as TimeWindows

from mino import Client
from mino.dagster.campaign import campaign_of
from mino.dagster.metadata import RUN_ID, run_metadata
from mino.dagster.partitions import is_of_dataset_versions
from mino.dagster.reattach import derived_run_id

__all__ = ["build_mino_dataset_sensor", "build_mino_run_sensor"]

_AT_ONCE = 20
"""Runs that one tick reports: each costs a few reads of the store, and a tick has a minute."""

_KNOWN = 200
"""Materializations of an asset that are looked at: more runs than anybody makes in the overlap below."""

_OVERLAP = timedelta(hours=1)
"""Machines' clocks differ, so runs that ended a little before the newest one are looked at again."""

_UNDER_WAY = [
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


def build_mino_run_sensor(
    assets: Sequence[AssetsDefinition],
    *,
    name: str = "mino_runs",
    resource_key: str = "mino",
    run_types: Sequence[str] = ("production",),
    minimum_interval_seconds: int = 60,
    default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
) -> SensorDefinition:
    """Reports complete runs that the shell, Airflow or another Dagster made, as materializations of the assets.

    What this Dagster materialized or is about to is left out, and what began before the first date of partitions. On
    its first tick it takes the newest run of each campaign only. An asset with run dates gets the partition in which
    the run began, one with dataset versions the run's version. run_types: `production`, `test`.
    """

    def look(context: SensorEvaluationContext) -> SensorResult:
        client = getattr(context.resources, resource_key).client()
        cursor: dict[str, list[str]] = json.loads(context.cursor or "{}")
        under_way = _under_way(context.instance)
        events: list[AssetMaterialization] = []
        versions: list[AddDynamicPartitionsRequest] = []
        for asset in assets:
            key, campaign = campaign_of(asset)
            known = _materialized(context.instance, key)
            ours = {_run_of(context.instance, asset, run) for run in under_way}
            for run in _complete(client, campaign.name, run_types, cursor.get(campaign.name)):
                if len(events) == _AT_ONCE:
                    break
                if run["run_id"] in ours:
                    continue
                first, last = cursor.get(campaign.name, [run["completed_at"]] * 2)
                cursor[campaign.name] = [first, max(last, run["completed_at"])]
                partition = _partition(asset, run)
                if run["run_id"] in known or _is_before_all(asset, partition):
                    continue
                if partition is not None and isinstance(asset.partitions_def, DynamicPartitionsDefinition):
                    versions.append(asset.partitions_def.build_add_request([partition]))
                metadata = run_metadata(client, run["run_id"])
                events.append(AssetMaterialization(key, metadata=metadata, partition=partition))
        nothing = None if events else "no complete run that is not known"
        return SensorResult(
            asset_events=events, dynamic_partitions_requests=versions, cursor=json.dumps(cursor), skip_reason=nothing
        )

    return sensor(
        name=name,
        minimum_interval_seconds=minimum_interval_seconds,
        required_resource_keys={resource_key},
        default_status=default_status,
        description="Complete runs in the store that were made elsewhere.",
    )(look)


def build_mino_dataset_sensor(
    asset: AssetsDefinition,
    *,
    name: str | None = None,
    resource_key: str = "mino",
    minimum_interval_seconds: int = 600,
    default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
) -> SensorDefinition:
    """Materializes a campaign's asset once for every version of its dataset: a partition of `dataset_versions`.

    Each tick applies the campaign's file, where it has one, so that rows which changed in its source become a version.
    name: `<campaign>_dataset` unless set. Raises ValueError for an asset with other partitions.
    """
    _, campaign = campaign_of(asset)
    partitions = asset.partitions_def
    if not isinstance(partitions, DynamicPartitionsDefinition) or not is_of_dataset_versions(partitions):
        raise ValueError(f"the asset of {campaign.name} is not partitioned by dataset_versions")

    def look(context: SensorEvaluationContext) -> SensorResult | SkipReason:
        client = getattr(context.resources, resource_key).client()
        if campaign.file is not None:
            client.apply(campaign.file, why=f"sensor {context.sensor_name}")
        shown = client.show(campaign.name)
        if shown["kind"] != "campaign":
            raise ValueError(f"`{campaign.name}` is a {shown['kind']}, not a campaign")
        dataset, version = shown["campaign"]["dataset"], str(shown["campaign"]["dataset_version"])
        if version in context.instance.get_materialized_partitions(asset.key):
            return SkipReason(f"version {version} of {dataset} is materialized")
        # Asked for until it is there: the partition is added before its run is submitted, and that may fail. Dagster
        # begins one run for each key.
        return SensorResult(
            run_requests=[RunRequest(run_key=f"{dataset}/{version}", partition_key=version)],
            dynamic_partitions_requests=[partitions.build_add_request([version])],
        )

    return sensor(
        name=name or f"{campaign.identifier}_dataset",
        minimum_interval_seconds=minimum_interval_seconds,
        required_resource_keys={resource_key},
        target=asset,
        default_status=default_status,
        description=f"New versions of the dataset of {campaign.name}.",
    )(look)


def _complete(client: Client, campaign: str, run_types: Sequence[str], seen: list[str] | None) -> list[dict[str, Any]]:
    """Complete runs of a campaign, the oldest first: all that are later than the first one that was seen, and not much
    older than the last; where none was seen the newest only."""
    of_types = ", ".join(f"'{each}'" for each in run_types)
    query = (
        "select run_id, completed_at, started_at, dataset_version from runs "
        f"where campaign = '{campaign}' and status = 'completed' and run_type in ({of_types})"
    )
    if seen is None:
        return client.sql(f"{query} order by completed_at desc limit 1").to_pylist()
    first, last = (_time(each) for each in seen)
    after = max(first, last - _OVERLAP).isoformat()
    return client.sql(f"{query} and completed_at > timestamp '{after}' order by completed_at").to_pylist()


def _materialized(instance: DagsterInstance, asset: AssetKey) -> set[str]:
    """The runs that Dagster knows of."""
    records = instance.fetch_materializations(AssetRecordsFilter(asset_key=asset), limit=_KNOWN).records
    found = (record.asset_materialization for record in records)
    return {str(each.metadata[RUN_ID].value) for each in found if each is not None and RUN_ID in each.metadata}


def _under_way(instance: DagsterInstance) -> list[DagsterRun]:
    """Dagster runs that may still report a run themselves."""
    return [record.dagster_run for record in instance.get_run_records(RunsFilter(statuses=_UNDER_WAY))]


def _run_of(instance: DagsterInstance, asset: AssetsDefinition, run: DagsterRun) -> str | None:
    root, partition = run.root_run_id or run.run_id, run.tags.get("dagster/partition")
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
