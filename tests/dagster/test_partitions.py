"""One partition a run date, or one a version of the dataset; schedules and the sensor that fill them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from conftest import WriteCampaign
from dagster import (
    AssetsDefinition,
    DagsterInstance,
    Definitions,
    ExecuteInProcessResult,
    RunRequest,
    build_schedule_context,
    build_sensor_context,
)

import mino
from mino.dagster import (
    MinoCampaign,
    MinoResource,
    build_mino_assets,
    build_mino_dataset_sensor,
    build_mino_schedule,
    dataset_versions,
    run_dates,
)

Run = Callable[..., ExecuteInProcessResult]
BERLIN = ZoneInfo("Europe/Berlin")
WEEKDAYS = 'schedule: {cron: "0 6 * * 1-5", timezone: Europe/Berlin}'


def _tick(asset: AssetsDefinition, at: datetime) -> RunRequest:
    schedule = build_mino_schedule(asset)
    defs = Definitions(assets=[asset], schedules=[schedule], resources={"mino": MinoResource(store="s")})
    context = build_schedule_context(scheduled_execution_time=at, repository_def=defs.get_repository_def())
    [request] = schedule.evaluate_tick(context).run_requests or []
    return request


def test_a_schedule_is_the_campaigns_own(write_campaign: WriteCampaign) -> None:
    [shops] = build_mino_assets([write_campaign(["shop/1"], more=WEEKDAYS)])
    schedule = build_mino_schedule(shops)
    assert (schedule.name, schedule.cron_schedule) == ("shops_schedule", "0 6 * * 1-5")
    assert schedule.execution_timezone == "Europe/Berlin"
    # The hour in which clocks are put back: a tick that is evaluated again asks for the same run.
    at = datetime(2026, 10, 26, 6, tzinfo=BERLIN)
    assert _tick(shops, at).run_key == _tick(shops, at).run_key == "2026-10-26T06:00:00+01:00"


def test_a_campaign_without_schedule_says_so(write_campaign: WriteCampaign) -> None:
    [shops] = build_mino_assets([write_campaign(["shop/1"])])
    with pytest.raises(ValueError, match="campaign shops has no schedule: add `schedule:"):
        build_mino_schedule(shops)


def test_run_dates_follow_the_schedule_in_its_time_zone(write_campaign: WriteCampaign) -> None:
    campaign = MinoCampaign.of(write_campaign(["shop/1"], more=WEEKDAYS))
    partitions = run_dates(campaign, "2026-10-22")
    # Thursday, Friday, and the Monday after clocks were put back; its partition is there when its hour has come.
    before = datetime(2026, 10, 26, 5, 59, tzinfo=BERLIN)
    after = datetime(2026, 10, 26, 6, tzinfo=BERLIN)
    assert partitions.get_partition_keys(before) == ["2026-10-22", "2026-10-23"]
    assert partitions.get_partition_keys(after) == ["2026-10-22", "2026-10-23", "2026-10-26"]

    [shops] = build_mino_assets([campaign], partitions_def=partitions)
    assert _tick(shops, after).partition_key == "2026-10-26"


def test_dates_with_several_runs_have_the_hour(write_campaign: WriteCampaign) -> None:
    campaign = MinoCampaign.of(write_campaign(["shop/1"], more='schedule: {cron: "0 */6 * * *"}'))
    keys = run_dates(campaign, "2026-01-01-00:00").get_partition_keys(datetime(2026, 1, 1, 7, tzinfo=ZoneInfo("UTC")))
    assert keys == ["2026-01-01-00:00", "2026-01-01-06:00"]


def test_a_partition_is_a_run_at_its_time(
    write_campaign: WriteCampaign, run: Run, client: mino.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    campaign = MinoCampaign.of(write_campaign(["shop/1"], more=WEEKDAYS))
    [shops] = build_mino_assets([campaign], partitions_def=run_dates(campaign, "2026-01-01"))
    result = run(shops, partition_key="2026-01-06")
    [made] = result.asset_materializations_for_node("shops")
    assert made.partition == "2026-01-06"
    run_id = made.metadata["mino/run_id"].value
    began = datetime(2026, 1, 6, 6, tzinfo=BERLIN).timestamp()
    assert int(str(run_id).replace("-", "")[:12], 16) / 1000 == began
    assert "partition 2026-01-06 is over: what the sites say now is what is kept under it" in capfd.readouterr().err


def _looks(asset: AssetsDefinition, instance: DagsterInstance, store: str) -> Callable[[], Any]:
    """Evaluates the sensor of an asset's dataset, and adds the partitions that it asks for."""
    sensor = build_mino_dataset_sensor(asset)

    def look() -> Any:
        resources = {"mino": MinoResource(store=store)}
        defs = Definitions(assets=[asset], sensors=[sensor], resources=resources)
        with build_sensor_context(
            instance, sensor_name=sensor.name, definitions=defs, resources=resources, instance_ref=instance.get_ref()
        ) as context:
            found = sensor.evaluate_tick(context)
        for request in found.dynamic_partitions_requests or []:
            instance.add_dynamic_partitions(request.partitions_def_name, request.partition_keys)
        return found

    return look


def test_the_sensor_runs_each_version_of_a_dataset_once(
    write_campaign: WriteCampaign, run: Run, client: mino.Client, store: str, tmp_path: Path
) -> None:
    instance = DagsterInstance.local_temp(str(tmp_path))
    campaign = MinoCampaign.of(write_campaign(["shop/1"]))
    [shops] = build_mino_assets([campaign], partitions_def=dataset_versions(campaign))
    look = _looks(shops, instance, store)

    assert [(each.run_key, each.partition_key) for each in look().run_requests or []] == [("shops/1", "1")]
    # Until that run is there the same is asked for, and Dagster begins it once.
    assert [each.run_key for each in look().run_requests or []] == ["shops/1"]
    assert run(shops, partition_key="1", instance=instance).success
    assert look().skip_message == "version 1 of shops is materialized"

    with (tmp_path / "shops.csv").open("a") as rows:
        rows.write((tmp_path / "shops.csv").read_text().splitlines()[1].replace("/1,", "/2,") + "\n")
    assert [each.partition_key for each in look().run_requests or []] == ["2"]
    assert run(shops, partition_key="2", instance=instance).success
    assert [each["dataset_version"] for each in client.list("runs")] == [2, 1]

    # An older version can be run again.
    assert run(shops, partition_key="1", instance=instance).success
    assert [each["dataset_version"] for each in client.list("runs")] == [1, 2, 1]


def test_the_sensor_leaves_out_no_version(
    write_campaign: WriteCampaign,
    run: Run,
    client: mino.Client,
    store: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    instance = DagsterInstance.local_temp(str(tmp_path))
    file = write_campaign(["shop/1"])
    campaign = MinoCampaign.of(file)
    [shops] = build_mino_assets([campaign], partitions_def=dataset_versions(campaign))
    look = _looks(shops, instance, store)

    def add_rows(numbers: range) -> None:
        row = (tmp_path / "shops.csv").read_text().splitlines()[1]
        for number in numbers:
            with (tmp_path / "shops.csv").open("a") as rows:
                rows.write(row.replace("/1,", f"/{number},") + "\n")
            client.apply(file)

    def asked() -> list[str]:
        return [each.partition_key for each in look().run_requests or []]

    client.apply(file)
    add_rows(range(2, 4))
    # Nobody wants the versions of years when a sensor is turned on.
    assert asked() == ["3"]
    assert run(shops, partition_key="3", instance=instance).success
    # The shell applies the file as well, and more than once between two ticks.
    add_rows(range(4, 8))
    monkeypatch.setattr("mino.dagster.sensors._AT_ONCE", 3)
    assert asked() == ["4", "5", "6"]
    assert asked() == ["6", "7"]


def test_partitions_of_the_wrong_kind_are_refused(write_campaign: WriteCampaign) -> None:
    campaign = MinoCampaign.of(write_campaign(["shop/1"], more=WEEKDAYS))
    [by_version] = build_mino_assets([campaign], partitions_def=dataset_versions(campaign))
    with pytest.raises(ValueError, match="not partitioned by dates"):
        build_mino_schedule(by_version)
    [by_date] = build_mino_assets([campaign], partitions_def=run_dates(campaign, "2026-01-01"))
    with pytest.raises(ValueError, match="not partitioned by dataset_versions"):
        build_mino_dataset_sensor(by_date)
