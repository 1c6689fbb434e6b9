"""Runs that were made elsewhere become materializations, once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import WriteCampaign
from dagster import (
    AssetMaterialization,
    AssetsDefinition,
    DagsterInstance,
    DagsterRunStatus,
    Definitions,
    ExecuteInProcessResult,
    JobDefinition,
    SensorDefinition,
    build_sensor_context,
    define_asset_job,
)

import mino
from mino.dagster import (
    MinoCampaign,
    MinoResource,
    build_mino_assets,
    build_mino_run_sensor,
    dataset_versions,
    run_dates,
)
from mino.dagster.reattach import derived_run_id

Run = Callable[..., ExecuteInProcessResult]


class Daemon:
    """What Dagster's daemon does with a sensor: keeps its cursor, stores its events and partitions."""

    def __init__(self, sensor: SensorDefinition, instance: DagsterInstance, store: str) -> None:
        self.sensor = sensor
        self.instance = instance
        self.store = store
        self.cursor: str | None = None

    def tick(self) -> list[AssetMaterialization]:
        resources = {"mino": MinoResource(store=self.store)}
        with build_sensor_context(instance=self.instance, cursor=self.cursor, resources=resources) as context:
            found = self.sensor.evaluate_tick(context)
        self.cursor = found.cursor
        for request in found.dynamic_partitions_requests or []:
            self.instance.add_dynamic_partitions(request.partitions_def_name, request.partition_keys)
        for event in found.asset_events:
            self.instance.report_runless_asset_event(event)
        return [event for event in found.asset_events if isinstance(event, AssetMaterialization)]


def _run_ids(events: list[AssetMaterialization]) -> list[str]:
    return [str(event.metadata["mino/run_id"].value) for event in events]


def test_runs_of_the_shell_are_reported_once(
    write_campaign: WriteCampaign, run: Run, client: mino.Client, instance: DagsterInstance, store: str
) -> None:
    file = write_campaign(["shop/1"])
    [shops] = build_mino_assets([file])
    daemon = Daemon(build_mino_run_sensor([shops]), instance, store)
    client.apply(file)
    assert daemon.tick() == []

    client.run("shops")
    newest = client.run("shops").run_id
    # Nobody wants the history of years when a sensor is turned on.
    assert _run_ids(daemon.tick()) == [newest]
    assert daemon.tick() == []

    client.run("shops", sample="first:1")
    assert daemon.tick() == [], "a test is none of production"
    more = [client.run("shops").run_id, client.run("shops").run_id]
    assert _run_ids(daemon.tick()) == more
    assert daemon.tick() == []


def test_a_tick_takes_a_few_and_the_next_goes_on(
    write_campaign: WriteCampaign,
    client: mino.Client,
    instance: DagsterInstance,
    store: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mino.dagster.sensors._AT_ONCE", 2)
    files = {name: write_campaign(["shop/1"], name=name) for name in ("one", "two")}
    daemon = Daemon(build_mino_run_sensor(build_mino_assets(list(files.values()))), instance, store)
    for name, file in files.items():
        client.apply(file)
        client.run(name)
    assert len(daemon.tick()) == 2
    expected = [client.run(name).run_id for name in ("one", "one", "one", "two")]
    assert _run_ids(daemon.tick() + daemon.tick()) == expected
    assert daemon.tick() == []


def test_runs_of_this_dagster_are_not_reported_again(
    write_campaign: WriteCampaign, run: Run, client: mino.Client, instance: DagsterInstance, store: str
) -> None:
    [shops] = build_mino_assets([write_campaign(["shop/1"])])
    daemon = Daemon(build_mino_run_sensor([shops]), instance, store)
    assert run(shops).success
    assert daemon.tick() == []


def test_a_run_that_a_step_is_about_to_report_is_left_to_it(
    write_campaign: WriteCampaign, client: mino.Client, instance: DagsterInstance, store: str
) -> None:
    file = write_campaign(["shop/1"])
    [shops] = build_mino_assets([file])
    daemon = Daemon(build_mino_run_sensor([shops]), instance, store)
    client.apply(file)
    job = _job(shops)
    under_way = instance.create_run_for_job(job, status=DagsterRunStatus.STARTED)
    run_id = derived_run_id(instance, shops.key, under_way.run_id, None, None)
    client.run("shops", run_id=run_id)
    assert daemon.tick() == []
    # It died between the end of the run and its report.
    instance.report_run_failed(under_way)
    assert _run_ids(daemon.tick()) == [run_id]


def test_events_have_the_partition_of_their_asset(
    write_campaign: WriteCampaign, client: mino.Client, instance: DagsterInstance, store: str
) -> None:
    file = write_campaign(["shop/1"], more='schedule: {cron: "0 0 * * *"}')
    campaign = MinoCampaign.of(file)
    client.apply(file)
    began = client.show(client.run("shops").run_id)["run"]["started_at"]
    dated = build_mino_assets([campaign], partitions_def=run_dates(campaign, "2026-01-01"))
    [event] = Daemon(build_mino_run_sensor(dated), instance, store).tick()
    assert event.partition == began[:10]
    with DagsterInstance.ephemeral() as later:
        not_yet = build_mino_assets([campaign], partitions_def=run_dates(campaign, "2999-01-01"))
        assert Daemon(build_mino_run_sensor(not_yet), later, store).tick() == []
    with DagsterInstance.ephemeral() as other:
        versioned = build_mino_assets([campaign], partitions_def=dataset_versions(campaign))
        [event] = Daemon(build_mino_run_sensor(versioned), other, store).tick()
        assert event.partition == "1"
        assert other.get_dynamic_partitions("mino_versions_of_shops") == ["1"]


def _job(asset: AssetsDefinition) -> JobDefinition:
    defs = Definitions(
        assets=[asset], jobs=[define_asset_job("all", [asset])], resources={"mino": MinoResource(store="s")}
    )
    return defs.resolve_job_def("all")
