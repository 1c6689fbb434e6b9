"""Assets: what a campaign's runs publish, as `mino://organization/campaign`."""

from __future__ import annotations

from typing import Any
from urllib.parse import SplitResult

from airflow.sdk import Asset, AssetAlias

__all__ = ["ANY_RUN", "mino_asset", "publish", "sanitize_uri"]

ANY_RUN = AssetAlias("mino")
"""Outlet of every run. Which asset it stands for follows from the connection's organization, so it is told when it
runs."""


def mino_asset(campaign: str, org: str = "default", **kwargs: Any) -> Asset:
    """The tables of a campaign: an event comes with every production run, with the run's id and figures in its extra.

    Schedule a DAG on it, or name it in `outlets` so that Airflow knows it before the first run.
    """
    uri = f"mino://{org}/{campaign}"
    return Asset(name=uri, uri=uri, group="mino", **kwargs)


def sanitize_uri(uri: SplitResult) -> SplitResult:
    """Checks that an asset's address names an organization and a campaign, and nothing else."""
    if not uri.netloc or not uri.path.strip("/") or "/" in uri.path.strip("/"):
        raise ValueError("an asset of Mino is mino://organization/campaign")
    return uri._replace(path="/" + uri.path.strip("/"), query="", fragment="")


def publish(outlets: list[Any], events: Any, figures: dict[str, Any]) -> None:
    """Tells the asset of a campaign about a production run. Where no outlet names the asset, ANY_RUN stands for it."""
    asset = mino_asset(figures["campaign"], figures["org"])
    own = next((outlet for outlet in outlets if isinstance(outlet, Asset) and outlet.uri == asset.uri), None)
    if own is not None:
        events[own].extra.update(figures)
    elif ANY_RUN in outlets and figures["run_type"] == "production":
        events[ANY_RUN].add(asset, extra=figures)
