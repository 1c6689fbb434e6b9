"""Sensors that look at a store: for runs that were made elsewhere, and for new versions of datasets."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

from dagster import (
    AddDynamicPartitionsRequest,
    AssetCheckEvaluation,
    AssetMaterialization,
    AssetsDefinition,
    DefaultSensorStatus,
    DynamicPartitionsDefinition,
    RunRequest,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    sensor,
)

from mino import Client, UnreachableError
from mino.dagster.campaign import campaign_of
from mino.dagster.checks import check_evaluations
from mino.dagster.elsewhere import Cursor, runs_elsewhere
from mino.dagster.metadata import run_metadata
from mino.dagster.partitions import is_of_dataset_versions

__all__ = ["build_mino_dataset_sensor", "build_mino_run_sensor"]

_AT_ONCE = 20
"""Runs that one tick reports, and versions that one tick asks for."""

_SECONDS = 30.0
"""Of a tick's minute, those in which another run is begun to be reported: each costs a few reads of the store, and of a
tick that takes too long nothing is kept."""


def build_mino_run_sensor(
    assets: Sequence[AssetsDefinition],
    *,
    name: str = "mino_runs",
    resource_key: str = "mino",
    run_types: Sequence[str] = ("production",),
    minimum_interval_seconds: int = 60,
    default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
) -> SensorDefinition:
    """Reports complete runs that the shell, Airflow or another Dagster made, as materializations of the assets, and
    what the checks say of them.

    What this Dagster materialized or is about to is left out, and what began before the first date of partitions; so is
    a run that completed none of its tasks. On its first tick it takes the newest run of each campaign only. An asset
    with run dates gets the partition in which the run began, one with dataset versions the run's version. A run that
    cannot be read is passed over, and the log of the tick says so. run_types: `production`, `test`. Raises ValueError
    without assets.
    """
    if not assets:
        raise ValueError("name the assets whose runs are to be reported: build_mino_run_sensor([contacts])")

    def look(context: SensorEvaluationContext) -> SensorResult:
        until = time.monotonic() + _SECONDS
        client = getattr(context.resources, resource_key).client()
        cursor: Cursor = json.loads(context.cursor or "{}")
        events: list[AssetMaterialization | AssetCheckEvaluation] = []
        versions: list[AddDynamicPartitionsRequest] = []
        looked_at = 0
        for asset, run_id, partition in runs_elsewhere(client, context.instance, assets, run_types, cursor):
            told = _told(client, context, asset, run_id, partition)
            events += told
            if told and partition is not None and isinstance(asset.partitions_def, DynamicPartitionsDefinition):
                versions.append(asset.partitions_def.build_add_request([partition]))
            looked_at += 1
            if looked_at == _AT_ONCE or time.monotonic() > until:
                break
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
    It begins with the version that is in force when it is turned on, and leaves out none after that. Dagster begins one
    run for each version: one that failed is not asked for again, re-execute it. name: `<campaign>_dataset` unless set.
    Raises ValueError for an asset with other partitions.
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
        dataset, current = shown["campaign"]["dataset"], int(shown["campaign"]["dataset_version"])
        known = context.instance.get_dynamic_partitions(partitions.name or "")
        # The newest one that is known is asked for until it is there: a partition is added before its run is submitted,
        # and that may fail. Dagster begins one run for each key.
        first = min(current, max((int(each) for each in known if each.isdecimal()), default=current))
        there = context.instance.get_materialized_partitions(asset.key)
        wanted = [str(each) for each in range(first, current + 1) if str(each) not in there][:_AT_ONCE]
        if not wanted:
            return SkipReason(f"version {current} of {dataset} is materialized")
        return SensorResult(
            run_requests=[RunRequest(run_key=f"{dataset}/{each}", partition_key=each) for each in wanted],
            dynamic_partitions_requests=[partitions.build_add_request(wanted)],
        )

    return sensor(
        name=name or f"{campaign.identifier}_dataset",
        minimum_interval_seconds=minimum_interval_seconds,
        required_resource_keys={resource_key},
        target=asset,
        default_status=default_status,
        description=f"New versions of the dataset of {campaign.name}.",
    )(look)


def _told(
    client: Client, context: SensorEvaluationContext, asset: AssetsDefinition, run_id: str, partition: str | None
) -> list[AssetMaterialization | AssetCheckEvaluation]:
    """What is to be said of a run: nothing, or its materialization alone, where it cannot be read as a whole.

    Raises UnreachableError: what the store does not answer now it does the next time.
    """
    key, campaign = campaign_of(asset)
    events: list[AssetMaterialization | AssetCheckEvaluation] = []
    try:
        events.append(AssetMaterialization(key, metadata=run_metadata(client, run_id), partition=partition))
        events += check_evaluations(client, asset, campaign, run_id)
    except UnreachableError:
        raise
    except Exception as error:
        what = "its checks are not judged" if events else "it is not reported"
        context.log.error(f"run {run_id} of {campaign.name} cannot be read, {what}: {error}")
    return events
