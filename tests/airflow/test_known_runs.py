"""Which runs the pages know, and the stores that they ask: without an Airflow around them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from airflow.models.dagrun import DagRun
from airflow.models.xcom import XComModel
from sqlalchemy import create_engine, insert
from sqlalchemy.orm import Session

import mino
from mino.airflow.links import RUN_KEY
from mino.airflow.pages import app, stores
from mino.airflow.pages.known_runs import KnownRun, runs_of_dag_run, runs_of_dags
from mino.airflow.run_ids import own_run_id
from mino.airflow.versions import AirflowNotFoundException
from mino.workflow import run_id_for

AT = datetime(2026, 1, 1, tzinfo=timezone.utc)


class Tables:
    """The two tables of Airflow that the pages read."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.dag_runs: dict[tuple[str, str], tuple[int, datetime]] = {}

    def dag_run(self, dag: str, name: str, day: int) -> None:
        number, after = len(self.dag_runs) + 1, AT + timedelta(days=day)
        self.dag_runs[dag, name] = (number, after)
        values = {"id": number, "dag_id": dag, "run_id": name, "run_after": after, "run_type": "manual"}
        self.session.execute(insert(DagRun.__table__).values(state="success", log_template_id=1, **values))

    def run_id(self, dag: str, name: str, task: str, map_index: int = -1, key: str = "") -> str:
        return own_run_id(self.dag_runs[dag, name][1], dag, task, name, map_index, key)

    def tell(self, dag: str, name: str, task: str, run_id: str, map_index: int = -1, **told: Any) -> None:
        number, after = self.dag_runs[dag, name]
        value = {"run_id": run_id, "campaign": dag, "org": "default", "conn_id": "mino_default"} | told
        row = {"dag_run_id": number, "dag_id": dag, "run_id": name, "task_id": task, "map_index": map_index}
        self.session.execute(insert(XComModel.__table__).values(key=RUN_KEY, value=value, timestamp=after, **row))


@pytest.fixture
def tables() -> Iterator[Tables]:
    engine = create_engine("sqlite://")
    for model in (DagRun, XComModel):
        model.__table__.create(engine)
    with Session(engine) as session:
        yield Tables(session)


def committed(tables: Tables) -> Session:
    tables.session.commit()
    return tables.session


def test_the_id_of_a_run_is_as_it_was() -> None:
    key = ("dag", "task", "manual__1")
    assert own_run_id(AT, *key, -1) == run_id_for(AT, *key, "-1")
    assert own_run_id(AT, *key, -1, "again") not in (own_run_id(AT, *key, -1), own_run_id(AT, *key, -1, "once more"))


def test_a_run_of_many_shards_is_one_run(tables: Tables) -> None:
    tables.dag_run("large", "first", day=1)
    run_id = tables.run_id("large", "first", "work.plan", key="again")
    tables.tell("large", "first", "work.plan", run_id, run_key="again")
    for shard in range(600):
        tables.tell("large", "first", "work.shard", run_id, shard)
    session = committed(tables)
    assert [known.run_id for known in runs_of_dag_run(session, "large", "first")] == [run_id]
    (last,) = runs_of_dag_run(session, "large", "first", "work.shard", 599)
    assert (last.run_id, last.map_index) == (run_id, 599)
    # Nothing is held while stores are asked.
    assert not session.in_transaction()


def test_what_no_task_of_the_dag_run_derives_is_not_shown(tables: Tables) -> None:
    tables.dag_run("hidden", "secret", day=1)
    tables.dag_run("open", "seen", day=1)
    theirs = tables.run_id("hidden", "secret", "run")
    tables.tell("open", "seen", "look", theirs, org="acme")
    tables.tell("open", "seen", "key", theirs, org="acme", run_key="any")
    tables.tell("open", "seen", "broken", tables.run_id("open", "seen", "broken"), campaign="\ud800")
    tables.tell("open", "seen", "other", tables.run_id("open", "seen", "other"), run_key="\ud800")
    session = committed(tables)
    assert runs_of_dag_run(session, "open", "seen") == [] == runs_of_dag_run(session, "open", "seen", "look", -1)
    assert runs_of_dags(session, {"open"}) == []


def test_large_runs_do_not_hide_other_campaigns(tables: Tables) -> None:
    for day in range(4):
        for dag in ("large", "larger"):
            name = f"run-{day}"
            tables.dag_run(dag, name, day=10 + day)
            run_id = tables.run_id(dag, name, "work.plan")
            tables.tell(dag, name, "work.plan", run_id)
            for shard in range(250):
                tables.tell(dag, name, "work.shard", run_id, shard)
    for number in range(30):
        tables.dag_run(f"small-{number}", "old", day=1)
        tables.tell(f"small-{number}", "old", "run", tables.run_id(f"small-{number}", "old", "run"))
    dags = {dag for dag, _ in tables.dag_runs}
    known = {run.campaign: run for run in runs_of_dags(committed(tables), dags)}
    assert set(known) == dags
    assert known["large"].run_id == tables.run_id("large", "run-3", "work.plan")


def test_a_task_that_runs_many_campaigns_has_each(tables: Tables) -> None:
    for number in range(6):
        tables.dag_run("any", f"run-{number}", day=number)
        run_id = tables.run_id("any", f"run-{number}", "run")
        tables.tell("any", f"run-{number}", "run", run_id, campaign=f"campaign-{number % 3}")
    known = {run.campaign: run.dag_run_id for run in runs_of_dags(committed(tables), {"any"})}
    assert known == {"campaign-0": "run-3", "campaign-1": "run-4", "campaign-2": "run-5"}


class Connection:
    conn_id, conn_type, host, schema, extra_dejson = "mino", "mino", "/store", "", {}  # noqa: RUF012


def known_run(conn_id: str = "mino_default", org: str = "default") -> KnownRun:
    return KnownRun("dag", "run", "task", -1, "id", "prices", org, conn_id, "id")


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is looked up by a connection's id; what is an error is raised."""
    known: dict[str, Any] = {"mino_default": Connection()}

    def look_up(conn_id: str) -> Any:
        found = known.get(conn_id, AirflowNotFoundException(f"The conn_id `{conn_id}` isn't defined"))
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(stores.Connection, "get_connection_from_secrets", look_up)
    return known


def test_a_connection_that_cannot_be_read_is_a_fault_of_its_rows(connections: dict[str, Any]) -> None:
    connections["withheld"] = PermissionError("access denied")
    connections["postgres"] = type("Other", (Connection,), {"conn_type": "postgres"})()
    faults = {
        "gone": "there is no connection gone",
        "withheld": "withheld cannot be read",
        "postgres": "is not of type Mino",
    }
    for conn_id, said in faults.items():
        with pytest.raises(ValueError, match=said):
            stores.Stores().ask(known_run(conn_id), lambda client: client)


def test_a_store_that_does_not_answer_is_left_alone_for_a_while(
    connections: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def connect(store: str, org: str) -> str:
        asked.append(org)
        if org == "away":
            raise mino.UnreachableError("no route")
        return f"{store} of {org}"

    monkeypatch.setattr(stores, "_connected", connect)
    ours = stores.Stores()
    for _ in range(3):
        with pytest.raises(mino.UnreachableError, match="no route"):
            ours.ask(known_run(org="away"), lambda client: client)
        assert ours.ask(known_run(), str) == "/store of default"
    assert asked.count("away") == 1
    monkeypatch.setattr(stores, "LEFT_ALONE_SECONDS", 0.0)
    with pytest.raises(mino.UnreachableError):
        ours.ask(known_run(org="away"), lambda client: client)
    assert asked.count("away") == 2


def test_a_store_that_hangs_does_not_hold_up_the_campaigns(monkeypatch: pytest.MonkeyPatch) -> None:
    released, waited_for = threading.Event(), []

    class Slow:
        def ask(self, known: KnownRun, question: Any) -> Any:
            if known.org == "hangs":
                waited_for.append(released.wait(120))
            return {"status": "completed"}

    monkeypatch.setattr(app, "CAMPAIGNS_SECONDS", 1.0)
    rows = app._rows(Slow(), [known_run(), known_run(org="hangs"), known_run(org="later")])  # type: ignore[arg-type]
    assert not waited_for
    released.set()
    assert rows[0]["run"] == {"status": "completed"}
    assert all(row["run"] is None and "not asked yet" in row["fault"] for row in rows[1:])
