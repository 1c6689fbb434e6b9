"""A campaign as a component: YAML instead of Python."""

# No `from __future__ import annotations` here: Dagster reads the annotations of components.

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

from dagster import (
    AssetExecutionContext,
    AssetsDefinition,
    AssetSpec,
    Component,
    ComponentLoadContext,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    Definitions,
    Model,
    PartitionsDefinition,
    Resolvable,
    RetryPolicy,
    scaffold_with,
)
from dagster.components.utils.translation import TranslationFn, TranslationFnResolver

from mino.dagster.assets import mino_assets
from mino.dagster.campaign import MinoCampaign
from mino.dagster.config import MinoRunConfig
from mino.dagster.partitions import dataset_versions, run_dates
from mino.dagster.resource import MinoResource
from mino.dagster.scaffolder import MinoCampaignScaffolder
from mino.dagster.schedules import build_mino_schedule
from mino.dagster.sensors import build_mino_dataset_sensor, build_mino_run_sensor
from mino.dagster.translator import MinoTranslator

__all__ = ["MinoCampaignComponent", "Partitions", "Retries"]

Automation = Literal["running", "stopped", "none"]


class Partitions(Model, Resolvable):
    """One partition a date of the campaign's schedule, or one a version of its dataset."""

    by: Literal["run_date", "dataset_version"]
    start: str | None = None


class Retries(Model, Resolvable):
    """How often a failed run is gone on with, and after how many seconds."""

    max_retries: int = 1
    delay: float | None = None


@scaffold_with(MinoCampaignScaffolder)
@dataclass
class MinoCampaignComponent(Component, Resolvable):
    """The asset of a campaign, its checks, and its schedule or the sensor of its dataset.

    Attributes:
        campaign: a campaign file, relative to the folder of the component, or a name in the store.
        settings: those of a run, as `sample: first:10`, where they differ from the campaign's own.
        partitions: `{by: run_date, start: "2026-01-01"}` or `{by: dataset_version}`.
        automation: whether the campaign's schedule (the sensor of its dataset where it is partitioned by versions) is
            `running` from the start, `stopped` until somebody turns it on, or `none`.
        other_runs: the same for the sensor that reports runs which the shell, Airflow or another Dagster made; `none`
            unless set.
        quality: rules instead of those of the campaign.
        retries: `{max_retries: 2, delay: 60}`; a retry goes on with the same run.
        resource: the key of the MinoResource to run with.
        translation: attributes of the asset, as `group_name`.
    """

    campaign: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    partitions: Partitions | None = None
    automation: Automation = "stopped"
    other_runs: Automation = "none"
    quality: list[dict[str, Any]] | None = None
    retries: Retries | None = None
    resource: str = "mino"
    translation: (
        Annotated[
            TranslationFn[MinoCampaign],
            TranslationFnResolver[MinoCampaign](lambda campaign: {"campaign": campaign}),
        ]
        | None
    ) = None

    def get_asset_spec(self, campaign: MinoCampaign) -> AssetSpec:
        """The asset; override it in a subclass for what `translation` cannot say."""
        spec = MinoTranslator().get_asset_spec(campaign)
        return spec if self.translation is None else self.translation(spec, campaign)

    def execute(self, context: AssetExecutionContext, mino: MinoResource, settings: Mapping[str, Any]) -> Iterator[Any]:
        """Runs the campaign; override it in a subclass to do something before or after."""
        yield from mino.run(context, **settings)

    def build_defs(self, context: ComponentLoadContext) -> Definitions:
        """Definitions of the asset, the checks and the automation. Asks no store."""
        campaign = self._campaign(context)
        asset = self._asset(campaign)
        of_versions = self.partitions is not None and self.partitions.by == "dataset_version"
        schedules, sensors = [], []
        if self.automation != "none" and of_versions:
            status = DefaultSensorStatus[self.automation.upper()]
            sensors.append(build_mino_dataset_sensor(asset, resource_key=self.resource, default_status=status))
        elif self.automation != "none" and campaign.schedule:
            schedules.append(build_mino_schedule(asset, default_status=DefaultScheduleStatus[self.automation.upper()]))
        if self.other_runs != "none":
            status = DefaultSensorStatus[self.other_runs.upper()]
            name = f"{campaign.identifier}_runs"
            sensors.append(build_mino_run_sensor([asset], name=name, resource_key=self.resource, default_status=status))
        return Definitions(assets=[asset], schedules=schedules, sensors=sensors)

    def _campaign(self, context: ComponentLoadContext) -> MinoCampaign:
        is_file = self.campaign.endswith((".yaml", ".yml"))
        campaign = MinoCampaign.of(context.path / self.campaign if is_file else self.campaign)
        return campaign if self.quality is None else replace(campaign, quality=tuple(self.quality))

    def _asset(self, campaign: MinoCampaign) -> AssetsDefinition:
        unknown = set(self.settings) - set(MinoRunConfig.model_fields)
        if unknown:
            known = ", ".join(MinoRunConfig.model_fields)
            raise ValueError(f"settings of {campaign.name} name {', '.join(sorted(unknown))}: use {known}")
        settings = MinoRunConfig(**self.settings).given()
        retries = self.retries
        retry_policy = None if retries is None else RetryPolicy(retries.max_retries, delay=retries.delay)

        @mino_assets(
            campaign=campaign,
            translator=_Translator(self),
            partitions_def=self._partitions(campaign),
            retry_policy=retry_policy,
            required_resource_keys={self.resource},
        )
        def run(context: AssetExecutionContext, config: MinoRunConfig) -> Any:
            yield from self.execute(context, getattr(context.resources, self.resource), {**settings, **config.given()})

        return run

    def _partitions(self, campaign: MinoCampaign) -> PartitionsDefinition[str] | None:
        if self.partitions is None:
            return None
        if self.partitions.by == "dataset_version":
            return dataset_versions(campaign)
        if self.partitions.start is None:
            raise ValueError(f'partitions of {campaign.name} by run_date need a `start`, as "2026-01-01"')
        return run_dates(campaign, self.partitions.start)


class _Translator(MinoTranslator):
    def __init__(self, component: MinoCampaignComponent) -> None:
        self._component = component

    def get_asset_spec(self, campaign: MinoCampaign) -> AssetSpec:
        return self._component.get_asset_spec(campaign)
