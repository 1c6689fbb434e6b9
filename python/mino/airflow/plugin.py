"""The plugin: a page of a run as a tab on DAG runs and tasks, and a page of campaigns in the navigation."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin

from mino.airflow.links import URL_PREFIX

__all__ = ["MinoPlugin"]


class _BuiltWhenAsked:
    """The pages as an ASGI application that is built at its first request: only the API server ever has one, while
    every process of Airflow loads its plugins."""

    def __init__(self) -> None:
        self._app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._app is None:
            from mino.airflow.pages.app import build_app

            self._app = build_app()
        await self._app(scope, receive, send)


_PREFIX = urlsplit(conf.get("api", "base_url", fallback="/")).path.rstrip("/") + URL_PREFIX


class MinoPlugin(AirflowPlugin):
    """Runs and campaigns inside Airflow's own pages, behind Airflow's own authorization."""

    name = "mino"
    fastapi_apps = [{"app": _BuiltWhenAsked(), "url_prefix": URL_PREFIX, "name": "Mino"}]
    external_views = [
        {
            "name": "Mino run",
            "href": f"{_PREFIX}/dags/{{DAG_ID}}/runs/{{RUN_ID}}",
            "destination": "dag_run",
            "url_route": "mino-dag-run",
        },
        {
            "name": "Mino run",
            "href": f"{_PREFIX}/dags/{{DAG_ID}}/runs/{{RUN_ID}}/tasks/{{TASK_ID}}/{{MAP_INDEX}}",
            "destination": "task_instance",
            "url_route": "mino-task",
        },
        {
            "name": "Mino campaigns",
            "href": f"{_PREFIX}/campaigns",
            "destination": "nav",
            "category": "browse",
            "url_route": "mino-campaigns",
        },
    ]
