"""Campaigns as assets of Dagster, with checks, partitions, schedules, sensors and a component.

from dagster import Definitions
from mino.dagster import MinoResource, build_mino_assets

defs = Definitions(
    assets=build_mino_assets(["campaigns/sheriff-contacts.yaml"]),
    resources={"mino": MinoResource(store="s3://bucket/mino")},
)
"""

from mino.dagster.assets import build_mino_assets, mino_assets
from mino.dagster.campaign import MinoCampaign
from mino.dagster.component import MinoCampaignComponent
from mino.dagster.config import MinoRunConfig
from mino.dagster.partitions import dataset_versions, run_dates
from mino.dagster.resource import MinoResource
from mino.dagster.schedules import build_mino_schedule
from mino.dagster.sensors import build_mino_dataset_sensor, build_mino_run_sensor
from mino.dagster.translator import MinoTranslator

__all__ = [
    "MinoCampaign",
    "MinoCampaignComponent",
    "MinoResource",
    "MinoRunConfig",
    "MinoTranslator",
    "build_mino_assets",
    "build_mino_dataset_sensor",
    "build_mino_run_sensor",
    "build_mino_schedule",
    "dataset_versions",
    "mino_assets",
    "run_dates",
]
