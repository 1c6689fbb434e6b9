"""What a materialization says of its run: references and small tables, never data."""

from __future__ import annotations

from typing import Any

from dagster import (
    MetadataValue,
    PathMetadataValue,
    TableColumn,
    TableSchema,
    TableSchemaMetadataValue,
    UrlMetadataValue,
    serialize_value,
)

from mino import Client
from mino.dagster.plot import confidence_plot
from mino.types import FieldSummary, ShownRun

__all__ = ["LIMIT", "RUN_ID", "run_metadata"]

RUN_ID = "mino/run_id"

LIMIT = 4000
"""Bytes that the metadata of one materialization may take, whatever the size of its run."""

_ROWS = 12


def run_metadata(client: Client, run_id: str) -> dict[str, Any]:
    """Metadata of a finished run: rows, where they are, accuracy, confidence, and as much of the schema as fits."""
    shown = client.show(run_id)
    if shown["kind"] != "run" or shown["result"] is None:
        raise ValueError(f"run {run_id} is not finished")
    summary = shown["result"]["summary"]
    [results] = [table for table in shown["result"]["tables"] if table["table"] == "results"]
    metadata: dict[str, Any] = {
        "dagster/row_count": MetadataValue.int(results["rows"]),
        "mino/results": _place(f"{client.url.rstrip('/')}/{results['path']}"),
        RUN_ID: MetadataValue.text(run_id),
        "mino/completed": MetadataValue.int(summary["completed"]),
        "mino/failed": MetadataValue.int(summary["failed"]),
        "mino/fields": MetadataValue.md(_table(summary["fields"])),
    }
    if summary["accuracy"] is not None:
        metadata["mino/accuracy"] = MetadataValue.float(summary["accuracy"]["value"])
        metadata["mino/accuracy_lower"] = MetadataValue.float(summary["accuracy"]["lower"])
    plot = confidence_plot(client, run_id)
    if plot is not None:
        metadata["mino/confidence"] = MetadataValue.md(f"![confidence]({plot})")
    metadata["dagster/column_schema"] = _schema(client, shown, LIMIT - len(serialize_value(metadata)))
    return metadata


def _place(url: str) -> PathMetadataValue | UrlMetadataValue:
    return MetadataValue.path(url.removeprefix("file://")) if url.startswith("file://") else MetadataValue.url(url)


def _table(fields: list[FieldSummary]) -> str:
    lines = ["| field | found | confidence | accuracy (95 %) | n |", "| - | - | - | - | - |"]
    for each in fields[:_ROWS]:
        share = each["accuracy"]
        accuracy = f"{share['value']:.3f} ({share['lower']:.3f} to {share['upper']:.3f})" if share else ""
        confidence = "" if each["confidence"] is None else f"{each['confidence']:.2f}"
        n = share["n"] if share else ""
        lines.append(f"| {each['field']} | {each['found']}/{each['of']} | {confidence} | {accuracy} | {n} |")
    if len(fields) > _ROWS:
        lines.append(f"\n{len(fields) - _ROWS} more in the table `fields`")
    return "\n".join(lines)


def _schema(client: Client, shown: ShownRun, room: int) -> TableSchemaMetadataValue:
    """The columns of the results: all where they fit in so many bytes, else keys and values as far as they fit."""
    run = shown["run"]
    types = client.sql(f'select * from results."{run["campaign"]}" limit 0').schema.types
    told = {each["name"]: each.get("description") for each in run["instructions"]["fields"]}
    columns = [TableColumn(name=name, type=kind, description=told.get(name)) for name, kind in types.items()]
    if _size(columns) > room:
        keys = ("row_id", "site_url")
        columns = [each for each in columns if each.name in keys or each.name.removesuffix("__currency") in told]
    while columns and _size(columns) > room:
        columns.pop()
    return MetadataValue.table_schema(TableSchema(columns))


def _size(columns: list[TableColumn]) -> int:
    return len(serialize_value({"dagster/column_schema": MetadataValue.table_schema(TableSchema(columns))}))
