"""Which runs the tasks of Airflow work on: what their XComs tell, as far as Airflow's own tables prove it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from airflow.models.dagrun import DagRun
from airflow.models.xcom import XComModel
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mino.airflow.links import RUN_KEY
from mino.airflow.run_ids import own_run_id

__all__ = ["KnownRun", "runs_of_dag_run", "runs_of_dags"]

MOST_ENTRIES = 500
MOST_OF_DAGS = 2000
NEWEST_OF_A_TASK = 10
TASK = (XComModel.dag_id, XComModel.task_id, XComModel.map_index)
TOLD = (*TASK, XComModel.run_id, XComModel.value, XComModel.timestamp, DagRun.run_after)


@dataclass(frozen=True)
class KnownRun:
    """A run, and the task that tells of it. `derived`: the run that this task itself would begin."""

    dag_id: str
    dag_run_id: str
    task_id: str
    map_index: int
    run_id: str
    campaign: str
    org: str
    conn_id: str
    derived: str


def runs_of_dag_run(
    session: Session, dag_id: str, dag_run_id: str, task_id: str | None = None, map_index: int | None = None
) -> list[KnownRun]:
    """The runs of one DAG run, or of one of its tasks; a run that many tasks share once, with the first of them.

    Who may write XComs could name any run there. So only those count that a task of this very DAG run derives: their
    ids are hashes of the names of both. Tasks that look at a run of another DAG run (a sensor, a check) show nothing.
    The session is over then: what follows asks stores, which take their time.
    """
    here = (XComModel.dag_id == dag_id, XComModel.run_id == dag_run_id)
    # What is not mapped comes first: it plans for the many that are.
    everything = _told(session, *here)
    wanted = everything
    if task_id is not None:
        task = (XComModel.task_id == task_id, *([] if map_index is None else [XComModel.map_index == map_index]))
        wanted = _told(session, *here, *task)
    session.close()
    derived = {known.derived for known in [*everything, *wanted]}
    return _different(known for known in wanted if known.run_id in derived)


def runs_of_dags(session: Session, dag_ids: set[str]) -> list[KnownRun]:
    """The newest run of each campaign that these DAGs work on, as the tasks that derive the runs tell. The session is
    over then."""
    nth = func.row_number().over(partition_by=TASK, order_by=XComModel.timestamp.desc()).label("nth")
    mine = _of_dag_runs(select(*TOLD, nth).where(XComModel.dag_id.in_(dag_ids))).subquery()
    query = select(mine).where(mine.c.nth <= NEWEST_OF_A_TASK)
    # A run of very many tasks takes the room of none else: first come those that are not mapped, with the plans.
    entries = session.execute(query.order_by(mine.c.nth, mine.c.map_index).limit(MOST_OF_DAGS)).all()
    session.close()
    newest: dict[tuple[str, str, str], KnownRun] = {}
    for entry in sorted(entries, key=lambda entry: entry.timestamp, reverse=True):
        known = _known(entry)
        if known is not None and known.run_id == known.derived:
            newest.setdefault((known.conn_id, known.org, known.campaign), known)
    return list(newest.values())


def _told(session: Session, *where: Any) -> list[KnownRun]:
    query = _of_dag_runs(select(*TOLD).where(*where))
    entries = session.execute(query.order_by(XComModel.map_index, XComModel.task_id).limit(MOST_ENTRIES)).all()
    return [known for known in (_known(entry) for entry in entries) if known is not None]


def _of_dag_runs(query: Any) -> Any:
    return query.join(DagRun, DagRun.id == XComModel.dag_run_id).where(XComModel.key == RUN_KEY)


def _known(entry: Any) -> KnownRun | None:
    """What an entry says; None for one that another program wrote under this key."""
    told = XComModel.deserialize_value(entry)
    if not isinstance(told, dict):
        return None
    said: dict[str, Any] = {name: told.get(name) for name in ("run_id", "campaign", "org", "conn_id")}
    key = told.get("run_key", "")
    if not all(isinstance(text, str) and text.isprintable() for text in (key, *said.values())):
        return None
    derived = own_run_id(entry.run_after, entry.dag_id, entry.task_id, entry.run_id, entry.map_index, key)
    return KnownRun(entry.dag_id, entry.run_id, entry.task_id, entry.map_index, **said, derived=derived)


def _different(runs: Iterable[KnownRun]) -> list[KnownRun]:
    first: dict[tuple[str, str], KnownRun] = {}
    for known in runs:
        first.setdefault((known.conn_id, known.run_id), known)
    return list(first.values())
