"""Airflow's simple users, of whom `guest` may not see the DAGs whose name ends with `_hidden`."""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager


class OneDagHidden(SimpleAuthManager):
    def is_authorized_dag(self, *, method: Any, user: Any, access_entity: Any = None, details: Any = None) -> bool:
        name = details.id if details is not None else None
        if user.username == "guest" and (name is None or name.endswith("_hidden")):
            return False
        return super().is_authorized_dag(method=method, user=user, access_entity=access_entity, details=details)
