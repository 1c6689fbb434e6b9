"""What Dagster has kept of runs of Mino."""

from __future__ import annotations

from collections.abc import Iterator

from dagster import AssetRecordsFilter, DagsterInstance

from mino.dagster.metadata import RUN_ID

__all__ = ["runs_materialized"]

_PAGE = 100
"""Materializations that are read at once: well within what Dagster allows."""


def runs_materialized(instance: DagsterInstance, wanted: AssetRecordsFilter) -> Iterator[str | None]:
    """The runs that materializations are of, the newest first; None for one that says of none, as one made by hand."""
    cursor = None
    while True:
        page = instance.fetch_materializations(wanted, limit=_PAGE, cursor=cursor)
        for record in page.records:
            made = record.asset_materialization
            yield None if made is None or RUN_ID not in made.metadata else str(made.metadata[RUN_ID].value)
        if not page.has_more:
            return
        cursor = page.cursor
