"""Quality rules as asset checks."""

# No `from __future__ import annotations` here: Dagster reads the annotations of assets.

from collections.abc import Callable
from typing import Any

import pytest
from conftest import WriteCampaign
from dagster import (
    AssetCheckEvaluation,
    AssetCheckKey,
    AssetCheckSeverity,
    AssetKey,
    AssetSelection,
    ExecuteInProcessResult,
    asset,
)

import mino
from mino.dagster import build_mino_assets

Run = Callable[..., ExecuteInProcessResult]

QUALITY = """quality:
  - {check: accuracy, at_least: 0.2}
  - {check: accuracy, field: title, at_least: 0.99, severity: warn}
  - {check: completeness, at_least: 0.9, severity: warn}
  - {check: failures, at_most: 0.5}
  - {check: failures, at_most: 0.1, severity: warn}
  - {check: freshness, at_most: 36h}
  - {check: calibration, at_most: 0.5, severity: warn}
"""


def _evaluations(result: ExecuteInProcessResult) -> dict[str, AssetCheckEvaluation]:
    return {each.check_name: each for each in result.get_asset_check_evaluations()}


def test_each_rule_is_a_check(write_campaign: WriteCampaign) -> None:
    [shops] = build_mino_assets([write_campaign(["shop/1"], more=QUALITY)])
    specs = {spec.name: spec for spec in shops.check_specs}
    assert list(specs) == [
        "accuracy",
        "accuracy_title",
        "completeness",
        "failures",
        "failures_2",
        "freshness",
        "calibration",
    ]
    assert specs["accuracy"].blocking and not specs["accuracy_title"].blocking
    assert specs["accuracy_title"].description == "accuracy of `title` at least 0.99"
    assert specs["freshness"].description == "freshness at most 36h"


def test_rules_are_judged_with_the_run(write_campaign: WriteCampaign, run: Run, client: mino.Client) -> None:
    [shops] = build_mino_assets([write_campaign(["shop/1", "shop/2", "gone/3"], more=QUALITY)])
    result = run(shops)
    assert result.success
    found = _evaluations(result)
    passed = {name: each.passed for name, each in found.items()}
    assert passed == {
        "accuracy": True,
        "accuracy_title": False,
        "completeness": False,
        "failures": True,
        "failures_2": False,
        "freshness": True,
        "calibration": True,
    }
    assert found["accuracy_title"].severity is AssetCheckSeverity.WARN


def test_an_error_keeps_downstream_from_running(
    write_campaign: WriteCampaign, store: str, run: Run, client: mino.Client
) -> None:
    rule = "quality: [{check: failures, at_most: 0.1}]"
    [shops] = build_mino_assets([write_campaign(["shop/1", "gone/2"], more=rule)])
    ran: list[str] = []

    @asset(deps=[shops])
    def report() -> None:
        ran.append("report")

    result = run([shops, report])
    assert not result.success and ran == []
    # The values are there all the same, and the asset says which run they are of.
    assert len(result.asset_materializations_for_node("shops")) == 1


def test_checks_alone_judge_the_last_materialization(
    write_campaign: WriteCampaign, run: Run, client: mino.Client
) -> None:
    [shops] = build_mino_assets([write_campaign(["shop/1", "shop/2"], more=QUALITY)])
    only = AssetSelection.checks(AssetCheckKey(AssetKey("shops"), "freshness"))
    never = run(shops, selection=only)
    [failed] = [event for event in never.all_events if event.is_step_failure]
    assert "was never materialized" in str(failed.step_failure_data.user_failure_data)

    assert run(shops).success
    # A run that Dagster knows nothing of is not what its asset holds.
    client.run("shops")
    result = run(shops, selection=only)
    assert result.success and len(client.list("runs")) == 2
    found = _evaluations(result)
    assert list(found) == ["freshness"] and found["freshness"].passed
    [first] = [each["run_id"] for each in client.list("runs")][1:]
    assert found["freshness"].metadata["mino/run_id"].value == first


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"at_least": 0.9}, "does not say what to `check`"),
        ("accuracy", "does not say what to `check`"),
    ],
)
def test_rules_that_say_nothing(write_campaign: WriteCampaign, rule: Any, said: str) -> None:
    import json

    with pytest.raises(ValueError, match=said):
        build_mino_assets([write_campaign(["shop/1"], more=f"quality: [{json.dumps(rule)}]")])
