"""What Airflow is told about this provider. Nothing of Airflow is imported: every command of Airflow reads it."""

from __future__ import annotations

from typing import Any

__all__ = ["get_provider_info"]


def get_provider_info() -> dict[str, Any]:
    """The provider's description, as `airflow/provider_info.schema.json` wants it."""
    name = "Mino"
    return {
        "package-name": "mino",
        "name": name,
        "description": "Named fields from thousands of web sites, with known accuracy, as Parquet and SQL.",
        "integrations": [{"integration-name": name, "tags": ["service"]}],
        "operators": [
            {
                "integration-name": name,
                "python-modules": [
                    "mino.airflow.run_operator",
                    "mino.airflow.sharded_run",
                    "mino.airflow.apply_operator",
                    "mino.airflow.sql_operator",
                    "mino.airflow.quality_operator",
                ],
            }
        ],
        "sensors": [{"integration-name": name, "python-modules": ["mino.airflow.sensor"]}],
        "hooks": [{"integration-name": name, "python-modules": ["mino.airflow.hook"]}],
        "triggers": [{"integration-name": name, "python-modules": ["mino.airflow.trigger"]}],
        "connection-types": [
            {
                "connection-type": "mino",
                "hook-class-name": "mino.airflow.hook.MinoHook",
                "hook-name": name,
                "conn-fields": {
                    "browser": {
                        "label": "Browser",
                        "schema": {"type": ["string", "null"]},
                        "description": "A browser's path on the workers, or the address of a running one; "
                        "the fastest one installed unless set",
                    },
                    "model": {
                        "label": "Model",
                        "schema": {"type": ["string", "null"]},
                        "description": "The address of an OpenAI-compatible API. No resolver of this version asks a "
                        "model: leave it empty",
                    },
                },
                "ui-field-behaviour": {
                    "hidden-fields": ["login", "password", "port"],
                    "relabeling": {"host": "Store", "schema": "Organization"},
                    "placeholders": {"host": "s3://bucket/mino, or a folder that all workers see", "schema": "default"},
                },
            }
        ],
        "extra-links": ["mino.airflow.links.MinoRunLink"],
        "task-decorators": [{"name": "mino", "class-name": "mino.airflow.decorator.mino_task"}],
        "asset-uris": [{"schemes": ["mino"], "handler": "mino.airflow.assets.sanitize_uri"}],
    }
