"""The component: scaffolding, YAML, what it makes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import WriteCampaign
from dagster import (
    AssetKey,
    AssetsDefinition,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    Definitions,
    ScheduleDefinition,
    materialize,
)
from dagster.components.core.package_entry import discover_entry_point_package_objects
from dagster.components.testing.utils import DefsFolderSandbox, create_defs_folder_sandbox
from dagster_shared.serdes.objects.package_entry import EnvRegistryKey

import mino
from mino.dagster import MinoCampaign, MinoCampaignComponent, MinoResource

TYPE = "mino.dagster.MinoCampaignComponent"


@pytest.fixture
def sandbox() -> Iterator[DefsFolderSandbox]:
    with create_defs_folder_sandbox() as made:
        yield made


def _load(sandbox: DefsFolderSandbox, folder: Path, **attributes: Any) -> Definitions:
    (folder / "defs.yaml").write_text(yaml.safe_dump({"type": TYPE, "attributes": attributes}))
    with sandbox.load_component_and_build_defs(defs_path=folder) as (component, defs):
        assert isinstance(component, MinoCampaignComponent)
        return defs


@contextmanager
def _told(text: str) -> Iterator[None]:
    """Dagster wraps what is wrong with a component."""
    with pytest.raises(Exception) as raised:
        yield
    said: list[str] = []
    error: BaseException | None = raised.value
    while error is not None:
        said.append(str(error))
        error = error.__cause__ or error.__context__
    assert text in "\n".join(said)


def _asset(defs: Definitions) -> AssetsDefinition:
    [found] = defs.assets or []
    assert isinstance(found, AssetsDefinition)
    return found


def test_the_component_is_registered() -> None:
    assert EnvRegistryKey("mino.dagster", "MinoCampaignComponent") in discover_entry_point_package_objects()


def test_what_is_scaffolded_loads_and_can_be_applied(
    sandbox: DefsFolderSandbox, client: mino.Client, tmp_path: Path
) -> None:
    folder = sandbox.scaffold_component(component_cls=MinoCampaignComponent, defs_path="County_Sheriffs")
    with sandbox.load_component_and_build_defs(defs_path=folder) as (_, defs):
        assert _asset(defs).key == AssetKey("county_sheriffs")
    assert client.apply(folder / "campaign.yaml")["campaign"]["campaign"] == "county-sheriffs"


def test_a_scaffolded_name_is_taken_and_files_stay(sandbox: DefsFolderSandbox) -> None:
    folder = sandbox.defs_folder_path / "prices"
    folder.mkdir(parents=True)
    (folder / "sites.csv").write_text("mine")
    sandbox.scaffold_component(
        component_cls=MinoCampaignComponent, defs_path="prices", scaffold_params={"name": "shop-prices"}
    )
    assert MinoCampaign.from_file(folder / "campaign.yaml").name == "shop-prices"
    assert (folder / "sites.csv").read_text() == "mine"


def test_attributes_become_definitions(
    sandbox: DefsFolderSandbox, write_campaign: WriteCampaign, store: str, client: mino.Client
) -> None:
    write_campaign(["shop/1", "shop/2"], more='schedule: {cron: "0 6 * * *"}')
    folder = sandbox.scaffold_component(component_cls=MinoCampaignComponent)
    for name in ("shops.yaml", "shops.csv"):
        (folder / name).write_text((Path(store).parent / name).read_text())
    defs = _load(
        sandbox,
        folder,
        campaign="shops.yaml",
        settings={"sample": "first:1"},
        partitions={"by": "run_date", "start": "2026-01-01"},
        automation="running",
        quality=[{"check": "failures", "at_most": 0.5}, {"check": "accuracy", "field": "title", "at_least": 0.2}],
        retries={"max_retries": 2, "delay": 1},
        translation={"group_name": "shops", "tags": {"of": "{{ campaign.name }}"}},
    )
    shops = _asset(defs)
    [spec] = shops.specs
    assert (spec.group_name, spec.tags["of"]) == ("shops", "shops")
    assert {each.name for each in shops.check_keys} == {"failures", "accuracy_title"}
    assert shops.op.retry_policy is not None and shops.op.retry_policy.max_retries == 2
    [schedule] = defs.schedules or []
    assert isinstance(schedule, ScheduleDefinition) and schedule.name == "shops_schedule"
    assert schedule.default_status is DefaultScheduleStatus.RUNNING

    resources = {"mino": MinoResource(store=store)}
    done = materialize([shops], resources=resources, partition_key="2026-01-02", selection=[shops.key])
    assert done.success
    [found] = client.list("runs")
    assert found["sample"] == "first:1"


def test_versions_of_the_dataset_have_a_sensor(sandbox: DefsFolderSandbox) -> None:
    folder = sandbox.scaffold_component(component_cls=MinoCampaignComponent)
    defs = _load(sandbox, folder, campaign="shops-in-the-store", partitions={"by": "dataset_version"}, resource="other")
    [sensor] = defs.sensors or []
    assert sensor.name == "shops_in_the_store_dataset"
    assert sensor.default_status is DefaultSensorStatus.STOPPED
    assert sensor.required_resource_keys == {"other"}
    assert _load(sandbox, folder, campaign="shops", automation="none").sensors in (None, [])


def test_runs_that_others_made_have_a_sensor(sandbox: DefsFolderSandbox) -> None:
    folder = sandbox.scaffold_component(component_cls=MinoCampaignComponent)
    defs = _load(sandbox, folder, campaign="shops-in-the-store", other_runs="running", resource="other")
    [sensor] = defs.sensors or []
    assert (sensor.name, sensor.default_status) == ("shops_in_the_store_runs", DefaultSensorStatus.RUNNING)
    assert sensor.required_resource_keys == {"other"}
    versions = {"by": "dataset_version"}
    both = _load(sandbox, folder, campaign="shops", partitions=versions, other_runs="stopped").sensors
    assert sorted(each.name for each in both or []) == ["shops_dataset", "shops_runs"]


def test_mistakes_are_told(sandbox: DefsFolderSandbox) -> None:
    folder = sandbox.scaffold_component(component_cls=MinoCampaignComponent)
    with _told("name smaple: use sample, seed"):
        _load(sandbox, folder, campaign="campaign.yaml", settings={"smaple": "all"})
    with _told("has no schedule"):
        _load(sandbox, folder, campaign="campaign.yaml", partitions={"by": "run_date", "start": "2026-01-01"})
    with _told("does not say what to `check`"):
        _load(sandbox, folder, campaign="campaign.yaml", quality=[{"at_least": 0.9}])
    with _told("campgain"):
        _load(sandbox, folder, campgain="campaign.yaml")
