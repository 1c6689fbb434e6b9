"""What a run read and wrote, as OpenLineage datasets with schema and statistics."""

from __future__ import annotations

import importlib.util
import logging
from typing import Any
from urllib.parse import urlsplit

from mino import Client

__all__ = ["lineage_of", "nothing"]


log = logging.getLogger("mino")


def lineage_of(client: Client, run_id: str) -> Any:
    """The run's dataset and its published tables; None where nobody asks for them.

    Raises nothing: a run that is done stays so, whether or not somebody hears of its tables.
    """
    try:
        return _gathered(client, run_id) if _is_wanted() else None
    except Exception as error:
        log.warning("there is no lineage of run %s: %s", run_id, error)
        return None


def _is_wanted() -> bool:
    """Whether the OpenLineage provider is installed, and told where to send what it is told."""
    try:
        if importlib.util.find_spec("airflow.providers.openlineage.extractors") is None:
            return False
    except ModuleNotFoundError:
        return False
    from airflow.providers.openlineage.conf import is_disabled

    return not is_disabled()


def _gathered(client: Client, run_id: str) -> Any:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from openlineage.client.event_v2 import Dataset
    from openlineage.client.facet_v2 import output_statistics_output_dataset, schema_dataset
    from openlineage.client.generated.base import OutputDataset

    def schema(columns: dict[str, str]) -> schema_dataset.SchemaDatasetFacet:
        fields = [schema_dataset.SchemaDatasetFacetFields(name=name, type=type) for name, type in columns.items()]
        return schema_dataset.SchemaDatasetFacet(fields=fields)

    shown = client.show(run_id)
    if shown["kind"] != "run" or shown["result"] is None:
        return None
    run, result = shown["run"], shown["result"]
    namespace, root = _place(client.url)
    dataset = f"data/{client.org}/datasets/{run['dataset']}/v{run['dataset_version']}.parquet"
    known = client.show(run["campaign"])
    columns = {c["name"]: c["type"] for c in known["dataset"]["columns"]} if known["kind"] == "campaign" else {}
    outputs = []
    for table in result["tables"]:
        name = table["table"]
        source = f'results."{run["campaign"]}"' if name == "results" else name
        statistics = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
            rowCount=table["rows"], size=table["bytes"]
        )
        facet = schema(client.sql(f"select * from {source} limit 0").schema.types)
        outputs.append(
            OutputDataset(
                namespace,
                _name(namespace, root, table["path"]),
                facets={"schema": facet},
                outputFacets={"outputStatistics": statistics},
            )
        )
    inputs = [Dataset(namespace, _name(namespace, root, dataset), facets={"schema": schema(columns)})]
    return OperatorLineage(inputs=inputs, outputs=outputs)


def _place(url: str) -> tuple[str, str]:
    """Namespace and path of a store, as OpenLineage names them: a bucket is the namespace, a folder's is `file`."""
    parts = urlsplit(url)
    if parts.scheme in ("", "file"):
        return "file", parts.path.rstrip("/")
    return f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")


def _name(namespace: str, root: str, path: str) -> str:
    """A file's name within its namespace: in a bucket it begins without a slash."""
    return f"{root}/{path}" if namespace == "file" else f"{root}/{path}".lstrip("/")


def nothing() -> Any:
    """What OpenLineage is told of a task that did not come to publish."""
    from airflow.providers.openlineage.extractors import OperatorLineage

    return OperatorLineage()
