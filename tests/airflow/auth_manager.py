"""Airflow's simple users, of whom `guest` may not see the DAGs whose name ends with `_hidden`, and `reader` no runs."""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager


class OneDagHidden(SimpleAuthManager):
    def is_authorized_dag(self, *, method: Any, user: Any, access_entity: Any = None, details: Any = None) -> bool:
        name = details.id if details is not None else None
        if user.username == "guest" and name is not None and name.endswith("_hidden"):
            return False
        if user.username == "reader" and access_entity == DagAccessEntity.RUN:
            return False
        return super().is_authorized_dag(method=method, user=user, access_entity=access_entity, details=details)
