"""How a campaign looks in Dagster: the place to make it look otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagster import AssetCheckSpec, AssetKey, AssetSpec

from mino.dagster.campaign import MinoCampaign

__all__ = ["MinoTranslator"]


class MinoTranslator:
    """Makes the asset of a campaign and the checks of its quality rules. Override what should be otherwise."""

    def get_asset_spec(self, campaign: MinoCampaign) -> AssetSpec:
        """The asset: its key is the campaign's name with `_` for `-`, so that selections need no quotes."""
        fields = "".join(
            f"\n- `{each['name']}` ({each.get('type', 'text')})"
            + (f": {each['description']}" if each.get("description") else "")
            for each in campaign.fields
        )
        return AssetSpec(
            key=AssetKey(campaign.identifier),
            description=(campaign.purpose or f"Results of the campaign {campaign.name}") + ("\n" + fields).rstrip(),
            group_name="mino",
            code_version=campaign.instructions_version,
            kinds={"mino", "parquet"},
        )

    def get_check_spec(
        self, campaign: MinoCampaign, rule: Mapping[str, Any], *, name: str, asset: AssetKey
    ) -> AssetCheckSpec:
        """The check of a quality rule. A missed rule of severity `error` keeps what is downstream from running."""
        bound = " and ".join(
            f"{word.replace('_', ' ')} {rule[word]}" for word in ("at_least", "at_most") if word in rule
        )
        of = f" of `{rule['field']}`" if rule.get("field") else ""
        return AssetCheckSpec(
            name=name,
            asset=asset,
            description=f"{rule['check']}{of} {bound}".rstrip(),
            blocking=rule.get("severity", "error") == "error",
        )
