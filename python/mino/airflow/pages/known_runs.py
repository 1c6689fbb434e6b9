"""Which runs the tasks of Airflow worked on, as their XComs tell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from airflow.models.connection import Connection
from airflow.models.xcom import XComModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from mino import Client, connect
from mino.airflow.hook import Place
from mino.airflow.links import RUN_KEY

__all__ = ["KnownRun", "client_of", "runs_of_dags", "runs_of_dag_run"]

MOST_ENTRIES = 500


@dataclass(frozen=True)
class KnownRun:
    """A run, and the task that works on it."""

    dag_id: str
    dag_run_id: str
    task_id: str
    map_index: int
    run_id: str
    campaign: str
    org: str
    conn_id: str


def runs_of_dag_run(
    session: Session, dag_id: str, dag_run_id: str, task_id: str | None = None, map_index: int | None = None
) -> list[KnownRun]:
    """The runs of one DAG run, or of one of its tasks; a run that many tasks share once, with the first of them."""
    query = select(XComModel).where(
        XComModel.key == RUN_KEY, XComModel.dag_id == dag_id, XComModel.run_id == dag_run_id
    )
    if task_id is not None:
        query = query.where(XComModel.task_id == task_id)
    if map_index is not None:
        query = query.where(XComModel.map_index == map_index)
    entries = session.scalars(query.order_by(XComModel.task_id, XComModel.map_index).limit(MOST_ENTRIES))
    return _different(_known(entry) for entry in entries)


def runs_of_dags(session: Session, dag_ids: set[str]) -> list[KnownRun]:
    """The newest run of each campaign that these DAGs work on."""
    query = select(XComModel).where(XComModel.key == RUN_KEY, XComModel.dag_id.in_(dag_ids))
    entries = session.scalars(query.order_by(XComModel.timestamp.desc()).limit(MOST_ENTRIES))
    newest: dict[tuple[str, str, str], KnownRun] = {}
    for known in (_known(entry) for entry in entries):
        if known is not None:
            newest.setdefault((known.conn_id, known.org, known.campaign), known)
    return list(newest.values())


@lru_cache(maxsize=32)
def _connected(store: str, org: str) -> Client:
    return connect(store, org)


def client_of(known: KnownRun) -> tuple[Client, Place]:
    """The store of a run. Raises mino.MinoError or ValueError when it cannot be opened."""
    place = Place.of(Connection.get_connection_from_secrets(known.conn_id), known.org)
    return _connected(place.store, place.org), place


def _known(entry: Any) -> KnownRun | None:
    """What an entry says; None for one that another program wrote under this key."""
    told = XComModel.deserialize_value(entry)
    names = ("run_id", "campaign", "org", "conn_id")
    if not isinstance(told, dict) or not all(isinstance(told.get(name), str) for name in names):
        return None
    return KnownRun(entry.dag_id, entry.run_id, entry.task_id, entry.map_index, **{name: told[name] for name in names})


def _different(runs: Any) -> list[KnownRun]:
    first: dict[tuple[str, str], KnownRun] = {}
    for known in runs:
        if known is not None:
            first.setdefault((known.conn_id, known.run_id), known)
    return list(first.values())
