"""Runs that were made elsewhere become materializations, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from conftest import WriteCampaign
from dagster import (
    AssetCheckEvaluation,
    AssetCheckKey,
    AssetKey,
    AssetMaterialization,
    AssetsDefinition,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    Definitions,
    ExecuteInProcessResult,
    JobDefinition,
    SensorDefinition,
    build_sensor_context,
    define_asset_job,
)
from dagster._core.loader import LoadingContextForTest

import mino
from mino.dagster import (
    MinoCampaign,
    MinoResource,
    build_mino_assets,
    build_mino_run_sensor,
    dataset_versions,
    run_dates,
)
from mino.dagster.reattach import derived_run_id, first_run_of

Run = Callable[..., ExecuteInProcessResult]


class Daemon:
    """What Dagster's daemon does with a sensor: keeps its cursor, stores its events and partitions."""

    def __init__(self, sensor: SensorDefinition, instance: DagsterInstance, store: str) -> None:
        self.sensor = sensor
        self.instance = instance
        self.store = store
        self.cursor: str | None = None
        self.checks: list[AssetCheckEvaluation] = []

    def tick(self) -> list[AssetMaterialization]:
        resources = {"mino": MinoResource(store=self.store)}
        with build_sensor_context(instance=self.instance, cursor=self.cursor, resources=resources) as context:
            found = self.sensor.evaluate_tick(context)
        self.cursor = found.cursor
        for request in found.dynamic_partitions_requests or []:
            self.instance.add_dynamic_partitions(request.partitions_def_name, request.partition_keys)
        for event in found.asset_events:
            self.instance.report_runless_asset_event(event)
        self.checks = [event for event in found.asset_events if isinstance(event, AssetCheckEvaluation)]
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


def test_a_sensor_of_nothing_says_so() -> None:
    with pytest.raises(ValueError, match="name the assets whose runs are to be reported"):
        build_mino_run_sensor([])


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


def test_checks_are_reported_with_the_run(
    write_campaign: WriteCampaign, client: mino.Client, instance: DagsterInstance, store: str
) -> None:
    rules = "quality: [{check: failures, at_most: 0.1}, {check: completeness, at_least: 0.4, severity: warn}]"
    file = write_campaign(["shop/1", "gone/2"], more=rules)
    daemon = Daemon(build_mino_run_sensor(build_mino_assets([file])), instance, store)
    client.apply(file)
    run_id = client.run("shops").run_id
    assert _run_ids(daemon.tick()) == [run_id]
    said = [(each.check_name, each.passed, each.blocking, each.metadata["mino/run_id"].value) for each in daemon.checks]
    assert said == [("failures", False, True, run_id), ("completeness", True, False, run_id)]

    # They are checks of what was just reported, to Dagster's pages and to automation conditions.
    key = AssetCheckKey(AssetKey("shops"), "failures")
    record = instance.event_log_storage.get_latest_asset_check_execution_by_key([key])[key]
    assert asyncio.run(record.targets_latest_materialization(LoadingContextForTest(instance)))


def test_a_run_that_completed_nothing_is_none_to_report(
    write_campaign: WriteCampaign, run: Run, client: mino.Client, instance: DagsterInstance, store: str
) -> None:
    [shops] = build_mino_assets([write_campaign(["gone/1"])])
    daemon = Daemon(build_mino_run_sensor([shops]), instance, store)
    assert not run(shops).success
    assert [each["status"] for each in client.list("runs")] == ["completed"]
    assert daemon.tick() == []


def test_a_run_that_cannot_be_read_is_passed_over(
    write_campaign: WriteCampaign,
    client: mino.Client,
    instance: DagsterInstance,
    store: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    file = write_campaign(["shop/1"])
    daemon = Daemon(build_mino_run_sensor(build_mino_assets([file])), instance, store)
    client.apply(file)
    client.run("shops")
    assert len(daemon.tick()) == 1
    broken, good = client.run("shops").run_id, client.run("shops").run_id

    def metadata(client: mino.Client, run_id: str) -> dict[str, Any]:
        if run_id == broken:
            raise ValueError("its manifest is of a later version")
        return {"mino/run_id": run_id}

    monkeypatch.setattr("mino.dagster.sensors.run_metadata", metadata)
    assert _run_ids(daemon.tick()) == [good]
    said = f"run {broken} of shops cannot be read, it is not reported: its manifest is of a later version"
    assert said in capfd.readouterr().err


def test_a_tick_ends_before_dagster_ends_it(
    write_campaign: WriteCampaign,
    client: mino.Client,
    instance: DagsterInstance,
    store: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = write_campaign(["shop/1"])
    daemon = Daemon(build_mino_run_sensor(build_mino_assets([file])), instance, store)
    client.apply(file)
    client.run("shops")
    daemon.tick()
    expected = [client.run("shops").run_id, client.run("shops").run_id]
    monkeypatch.setattr("mino.dagster.sensors._SECONDS", 0)
    assert [_run_ids(daemon.tick()), _run_ids(daemon.tick()), daemon.tick()] == [expected[:1], expected[1:], []]


class Counting:
    """A client that counts the queries of runs."""

    def __init__(self, client: mino.Client) -> None:
        self._client = client
        self.queries = 0

    def sql(self, query: str) -> mino.Rows:
        self.queries += " from runs " in query
        return self._client.sql(query)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def test_a_tick_asks_for_the_runs_of_all_assets_at_once(
    write_campaign: WriteCampaign,
    client: mino.Client,
    instance: DagsterInstance,
    store: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = [write_campaign(["shop/1"], name=name) for name in ("one", "two", "three")]
    for file in files:
        client.apply(file)
    counting = Counting(client)
    monkeypatch.setattr(MinoResource, "client", lambda self: counting)
    daemon = Daemon(build_mino_run_sensor(build_mino_assets(files)), instance, store)
    expected = [client.run("one").run_id, client.run("three").run_id]
    assert _run_ids(daemon.tick()) == expected
    assert counting.queries == 1


def test_all_materializations_of_the_time_are_known(
    write_campaign: WriteCampaign,
    run: Run,
    client: mino.Client,
    instance: DagsterInstance,
    store: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [shops] = build_mino_assets([write_campaign(["shop/1"])])
    assert run(shops).success
    for _ in range(5):
        instance.report_runless_asset_event(AssetMaterialization("shops"))
    monkeypatch.setattr("mino.dagster.records._PAGE", 2)
    assert Daemon(build_mino_run_sensor([shops]), instance, store).tick() == []


def test_only_dagster_runs_of_the_asset_can_report_it(
    write_campaign: WriteCampaign, client: mino.Client, instance: DagsterInstance, store: str
) -> None:
    files = {name: write_campaign(["shop/1"], name=name) for name in ("shops", "others")}
    shops, others = build_mino_assets(list(files.values()))
    job = _job(shops, others)
    under_way = instance.create_run_for_job(
        job, status=DagsterRunStatus.STARTED, asset_selection=frozenset([others.key])
    )
    client.apply(files["shops"])
    run_id = derived_run_id(instance, shops.key, under_way.run_id, None, None)
    client.run("shops", run_id=run_id)
    assert _run_ids(Daemon(build_mino_run_sensor([shops]), instance, store).tick()) == [run_id]


def test_executing_again_what_succeeded_is_another_run(
    write_campaign: WriteCampaign, client: mino.Client, instance: DagsterInstance, store: str
) -> None:
    file = write_campaign(["shop/1"])
    [shops] = build_mino_assets([file])
    job = _job(shops)

    def execute(status: DagsterRunStatus, parent: DagsterRun | None = None) -> DagsterRun:
        root = None if parent is None else parent.root_run_id or parent.run_id
        above = None if parent is None else parent.run_id
        return instance.create_run_for_job(job, status=status, root_run_id=root, parent_run_id=above)

    failed = execute(DagsterRunStatus.FAILURE)
    mended = execute(DagsterRunStatus.SUCCESS, failed)
    anew = execute(DagsterRunStatus.FAILURE, mended)
    under_way = execute(DagsterRunStatus.STARTED, anew)
    assert first_run_of(instance, mended) == failed.run_id
    # The whole of what succeeded is done once more, and from its failure that one is gone on with.
    assert first_run_of(instance, anew) == anew.run_id
    assert first_run_of(instance, under_way) == anew.run_id

    client.apply(file)
    client.run("shops", run_id=derived_run_id(instance, shops.key, anew.run_id, None, None))
    assert Daemon(build_mino_run_sensor([shops]), instance, store).tick() == [], "its step is about to report it"


def _job(*assets: AssetsDefinition) -> JobDefinition:
    defs = Definitions(
        assets=assets, jobs=[define_asset_job("all", assets)], resources={"mino": MinoResource(store="s")}
    )
    return defs.resolve_job_def("all")
