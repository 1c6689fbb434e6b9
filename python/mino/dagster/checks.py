"""Asset checks made of a campaign's quality rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from dagster import (
    AssetCheckEvaluation,
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    AssetsDefinition,
)

from mino import Client
from mino.dagster.campaign import MinoCampaign
from mino.dagster.translator import MinoTranslator
from mino.types import QualityRule

__all__ = ["build_check_specs", "check_evaluations", "check_results"]


def build_check_specs(campaign: MinoCampaign, translator: MinoTranslator, asset: AssetKey) -> list[AssetCheckSpec]:
    """A check a rule. Raises ValueError for a rule that does not say what it checks."""
    return [
        translator.get_check_spec(campaign, rule, name=name, asset=asset) for name, rule in _named(campaign).items()
    ]


def check_results(
    client: Client, keys: Iterable[AssetCheckKey], campaign: MinoCampaign, run_id: str
) -> Iterator[AssetCheckResult]:
    """What the checks of these keys say of a run."""
    selected = {key.name: key for key in keys}
    rules = {name: rule for name, rule in _named(campaign).items() if name in selected}
    if not rules:
        return
    judged = client.quality(run_id, cast("list[QualityRule]", list(rules.values())))
    for name, said in zip(rules, judged, strict=True):
        metadata = {"mino/run_id": run_id, "value": said["value"], "bound": said["bound"], "n": said["n"]}
        yield AssetCheckResult(
            asset_key=selected[name].asset_key,
            check_name=name,
            passed=said["passed"],
            severity=AssetCheckSeverity.WARN if said["severity"] == "warn" else AssetCheckSeverity.ERROR,
            description=said["text"],
            metadata={key: value for key, value in metadata.items() if value is not None},
        )


def check_evaluations(
    client: Client, asset: AssetsDefinition, campaign: MinoCampaign, run_id: str
) -> Iterator[AssetCheckEvaluation]:
    """What all checks of an asset say of a run that no step of Dagster made.

    They name no materialization: what a sensor reports has no id yet. Dagster then takes the one before them.
    """
    blocking = {spec.key: spec.blocking for spec in asset.check_specs}
    for result in check_results(client, blocking, campaign, run_id):
        key = AssetCheckKey(cast("AssetKey", result.asset_key), cast("str", result.check_name))
        yield AssetCheckEvaluation(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=result.passed,
            metadata=result.metadata,
            severity=result.severity,
            description=result.description,
            blocking=blocking[key],
        )


def _named(campaign: MinoCampaign) -> dict[str, Mapping[str, Any]]:
    """The rules by the names of their checks: `accuracy`, `accuracy_phone`; a second one of a name is `accuracy_2`."""
    named: dict[str, Mapping[str, Any]] = {}
    for rule in campaign.quality:
        if not isinstance(rule, Mapping) or not isinstance(rule.get("check"), str):
            raise ValueError(f"a quality rule of campaign {campaign.name} does not say what to `check`: {rule}")
        name = f"{rule['check']}_{rule['field']}" if rule.get("field") else rule["check"]
        number = 1
        unique = name
        while unique in named:
            number += 1
            unique = f"{name}_{number}"
        named[unique] = rule
    return named
