"""The pages, each behind Airflow's own authorization."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any
from urllib.parse import quote

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, select_autoescape

from mino import Client, MinoError
from mino.airflow.pages.known_runs import KnownRun, runs_of_dag_run, runs_of_dags
from mino.airflow.pages.run_view import run_view, screenshot
from mino.airflow.pages.stores import Stores

__all__ = ["build_app"]

log = logging.getLogger("mino")

MOST_CAMPAIGNS = 100
CAMPAIGNS_SECONDS = 10.0
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
MAY_SEE_RUNS = [Depends(requires_access_dag("GET", DagAccessEntity.RUN))]
MAY_SEE_TASKS = [Depends(requires_access_dag("GET", DagAccessEntity.TASK_INSTANCE))]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=select_autoescape(["html"])
    )
    made.filters["percent"] = _percent
    made.globals["address"] = lambda *parts: "/".join(quote(str(part), safe="~:+-._") for part in parts)
    return made


def build_app() -> FastAPI:
    """The application. Whoever may not see a DAG sees nothing of its runs: which run is meant follows from the DAG
    run alone, never from an id that the visitor gives."""
    app = FastAPI(title="Mino", docs_url=None, redoc_url=None, openapi_url=None)
    pages = _environment()
    stores = Stores()

    def page(name: str, status: int = 200, **values: Any) -> HTMLResponse:
        return HTMLResponse(pages.get_template(name).render(**values), status, HEADERS)

    def run_page(request: Request, runs: list[KnownRun]) -> HTMLResponse:
        root = request.scope.get("root_path", "")
        if not runs:
            return page("none.html")
        if len(runs) > 1:
            return page("runs.html", root=root, runs=runs)
        known = runs[0]
        try:
            view = stores.ask(known, lambda client: run_view(client, known.run_id))
        except (MinoError, ValueError, KeyError) as error:
            log.warning("the page of run %s: %s", known.run_id, error)
            return page("fault.html", 503, known=known, error=error)
        return page("run.html", root=root, known=known, **view)

    @app.get("/dags/{dag_id}/runs/{dag_run_id}", dependencies=MAY_SEE_RUNS)
    def of_dag_run(request: Request, dag_id: str, dag_run_id: str, session: SessionDep) -> HTMLResponse:
        return run_page(request, runs_of_dag_run(session, dag_id, dag_run_id))

    @app.get("/dags/{dag_id}/runs/{dag_run_id}/tasks/{task_id}/{map_index}", dependencies=MAY_SEE_TASKS)
    def of_task(
        request: Request, dag_id: str, dag_run_id: str, task_id: str, map_index: str, session: SessionDep
    ) -> HTMLResponse:
        return run_page(request, runs_of_dag_run(session, dag_id, dag_run_id, task_id, _index(map_index)))

    @app.get("/dags/{dag_id}/runs/{dag_run_id}/tasks/{task_id}/{map_index}/pictures/{site}", dependencies=MAY_SEE_TASKS)
    def picture(dag_id: str, dag_run_id: str, task_id: str, map_index: str, site: str, session: SessionDep) -> Response:
        runs = runs_of_dag_run(session, dag_id, dag_run_id, task_id, _index(map_index))
        try:
            found = stores.ask(runs[0], lambda client: screenshot(client, runs[0].run_id, site)) if runs else None
        except (MinoError, ValueError) as error:
            log.warning("the picture of %s: %s", site, error)
            found = None
        if found is None:
            raise HTTPException(404, "there is no such picture")
        return Response(found, media_type="image/webp", headers=HEADERS)

    @app.get("/campaigns", dependencies=MAY_SEE_RUNS)
    def campaigns(request: Request, user: GetUserDep, session: SessionDep) -> HTMLResponse:
        dag_ids = get_auth_manager().get_authorized_dag_ids(user=user, method="GET")
        known = sorted(runs_of_dags(session, dag_ids), key=lambda run: (run.org, run.campaign))[:MOST_CAMPAIGNS]
        return page("campaigns.html", root=request.scope.get("root_path", ""), rows=_rows(stores, known))

    return app


def _rows(stores: Stores, runs: list[KnownRun]) -> list[dict[str, Any]]:
    """What the stores say of each run, as far as they say it in time: one that hangs does not hold up the page."""
    with_stores = ThreadPoolExecutor(1)
    asked = [with_stores.submit(_row, stores, known) for known in runs]
    wait(asked, CAMPAIGNS_SECONDS)
    with_stores.shutdown(wait=False, cancel_futures=True)
    late = {"run": None, "fault": "the stores took too long to answer: not asked yet"}
    return [
        {"known": known, **(answer.result() if answer.done() and not answer.cancelled() else late)}
        for known, answer in zip(runs, asked, strict=True)
    ]


def _row(stores: Stores, known: KnownRun) -> dict[str, Any]:
    def look(client: Client) -> Any:
        shown = client.show(known.run_id)
        if shown["kind"] != "run":
            raise ValueError(f"{known.run_id} is no run")
        return shown["run"]

    try:
        return {"run": stores.ask(known, look), "fault": None}
    except (MinoError, ValueError) as error:
        log.warning("campaign %s: %s", known.campaign, error)
        return {"run": None, "fault": str(error)}


def _index(text: str) -> int | None:
    """The interface leaves `{MAP_INDEX}` as it is for a task that is not mapped."""
    try:
        return int(text)
    except ValueError:
        return None
