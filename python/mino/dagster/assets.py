"""Campaigns as assets."""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetsDefinition,
    BackfillPolicy,
    PartitionsDefinition,
    RetryPolicy,
    multi_asset,
)

from mino.dagster.campaign import MinoCampaign
from mino.dagster.checks import build_check_specs
from mino.dagster.config import MinoRunConfig
from mino.dagster.translator import MinoTranslator

__all__ = ["build_mino_assets", "mino_assets"]


def mino_assets(
    *,
    campaign: str | PathLike[str] | MinoCampaign,
    translator: MinoTranslator | None = None,
    name: str | None = None,
    partitions_def: PartitionsDefinition[str] | None = None,
    retry_policy: RetryPolicy | None = None,
    pool: str | None = None,
    op_tags: Mapping[str, Any] | None = None,
    required_resource_keys: set[str] | None = None,
) -> Callable[[Callable[..., Any]], AssetsDefinition]:
    """Makes an asset of a campaign, with a check for each of its quality rules; the function runs it.

    One asset a campaign: a run publishes its four tables in one step, and none of them can be had without the others.
    The checks can also be run alone, they then judge the run of the last materialization.

        @mino_assets(campaign="campaigns/sheriff-contacts.yaml")
        def sheriff_contacts(context: AssetExecutionContext, mino: MinoResource):
            yield from mino.run(context)

    campaign: its file, which is applied before every run, or its name in the store, or a MinoCampaign. translator: how
    it looks in Dagster. name: of the op; the campaign's with `_` for `-` unless set. partitions_def: `run_dates(…)`,
    `dataset_versions(…)`, or any other. retry_policy: a retry goes on with the same run.
    Raises ValueError for a file that is no campaign.
    """
    campaign = MinoCampaign.of(campaign)
    translator = translator or MinoTranslator()
    spec = translator.get_asset_spec(campaign).merge_attributes(metadata=campaign.metadata())
    return multi_asset(
        name=name or campaign.identifier,
        specs=[spec],
        check_specs=build_check_specs(campaign, translator, spec.key),
        can_subset=True,
        partitions_def=partitions_def,
        backfill_policy=None if partitions_def is None else BackfillPolicy.multi_run(),
        retry_policy=retry_policy,
        pool=pool,
        op_tags=op_tags,
        required_resource_keys=required_resource_keys,
    )


def build_mino_assets(
    campaigns: Sequence[str | PathLike[str] | MinoCampaign],
    *,
    translator: MinoTranslator | None = None,
    partitions_def: PartitionsDefinition[str] | None = None,
    retry_policy: RetryPolicy | None = None,
    resource_key: str = "mino",
    pool: str | None = None,
    **settings: Any,
) -> list[AssetsDefinition]:
    """Assets, one a campaign, that run it when they are materialized; the launchpad offers the settings of a run.

    resource_key: the MinoResource that they run with. settings: those of `mino.Client.run`, as `sample`; those of the
    launchpad go before. Of the others see `mino_assets`.
    """

    def asset(campaign: str | PathLike[str] | MinoCampaign) -> AssetsDefinition:
        @mino_assets(
            campaign=campaign,
            translator=translator,
            partitions_def=partitions_def,
            retry_policy=retry_policy,
            pool=pool,
            required_resource_keys={resource_key},
        )
        def run(context: AssetExecutionContext, config: MinoRunConfig) -> Any:
            resource = getattr(context.resources, resource_key)
            yield from resource.run(context, **{**settings, **config.given()})

        return run

    return [asset(campaign) for campaign in campaigns]
