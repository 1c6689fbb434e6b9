"""The example's asset downstream runs by itself: after good prices, and not after prices whose checks failed."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import dagster as dg
import pytest
from conftest import ROOT

from mino.dagster import MinoCampaign, MinoResource, build_mino_assets, run_dates

PRICES = dg.AssetKey("attraction_prices")


@pytest.fixture(scope="module")
def cheapest() -> ModuleType:
    path = ROOT / "dags/dagster/src/prices/defs/cheapest.py"
    spec = importlib.util.spec_from_file_location("cheapest", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Automation:
    """What Dagster's automation sensor asks for, after what was reported since it last looked."""

    def __init__(self, instance: dg.DagsterInstance, defs: dg.Definitions) -> None:
        self._instance = instance
        self._defs = defs
        self._cursor = None

    def report(self, partition: str, passed: bool) -> None:
        self._instance.report_runless_asset_event(dg.AssetMaterialization(PRICES, partition=partition))
        said = dg.AssetCheckEvaluation(asset_key=PRICES, check_name="failures", passed=passed, blocking=True)
        self._instance.report_runless_asset_event(said)

    def requests(self) -> int:
        found = dg.evaluate_automation_conditions(self._defs, self._instance, cursor=self._cursor)
        self._cursor = found.cursor
        return found.total_requested


def test_new_prices_with_good_checks_run_it(instance: dg.DagsterInstance, cheapest: ModuleType) -> None:
    rules = ({"check": "failures", "at_most": 0.2},)
    campaign = MinoCampaign("attraction-prices", quality=rules, schedule={"cron": "0 6 * * *"})
    prices = build_mino_assets([campaign], partitions_def=run_dates(campaign, "2026-01-01"))
    resources = {"mino": MinoResource(store="s")}
    automation = Automation(instance, dg.Definitions([*prices, cheapest.cheapest_ticket], resources=resources))
    assert automation.requests() == 0
    automation.report("2026-01-05", passed=True)
    assert automation.requests() == 1, "other dates may be missing"
    assert automation.requests() == 0
    automation.report("2026-01-06", passed=False)
    assert automation.requests() == 0
    automation.report("2026-01-07", passed=True)
    assert automation.requests() == 1
