"""Quality rules as asset checks."""

# No `from __future__ import annotations` here: Dagster reads the annotations of assets.

import json
from collections.abc import Callable
from typing import Any

import pytest
from conftest import WriteCampaign
from dagster import (
    AssetCheckEvaluation,
    AssetCheckKey,
    AssetCheckSeverity,
    AssetKey,
    AssetMaterialization,
    AssetSelection,
    DagsterInstance,
    ExecuteInProcessResult,
    asset,
)

import mino
from mino.dagster import MinoCampaign, build_mino_assets

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
    write_campaign: WriteCampaign, run: Run, capfd: pytest.CaptureFixture[str]
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
    [made] = result.asset_materializations_for_node("shops")
    advice = f"check failures is missed; re-executing reports run {made.metadata['mino/run_id'].value} again"
    assert advice in capfd.readouterr().err


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


def test_what_was_reported_by_hand_hides_no_run(
    write_campaign: WriteCampaign, run: Run, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mino.dagster.records._PAGE", 2)
    [shops] = build_mino_assets([write_campaign(["shop/1"], more=QUALITY)])
    assert run(shops).success
    for _ in range(3):
        instance.report_runless_asset_event(AssetMaterialization("shops"))
    only = AssetSelection.checks(AssetCheckKey(AssetKey("shops"), "freshness"))
    assert run(shops, selection=only).success


@pytest.mark.parametrize("rule", [{"at_least": 0.9}, "accuracy"])
def test_rules_that_say_nothing(write_campaign: WriteCampaign, rule: Any) -> None:
    with pytest.raises(ValueError, match="`quality` of the campaign file .*/shops.yaml has .*does not say its `check`"):
        build_mino_assets([write_campaign(["shop/1"], more=f"quality: [{json.dumps(rule)}]")])
    with pytest.raises(ValueError, match="quality rule of campaign shops does not say what to `check`"):
        build_mino_assets([MinoCampaign("shops", quality=(rule,))])
