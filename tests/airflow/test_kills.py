"""Whatever ends a task: nothing is left of it, no second run begins, nothing is lost or done twice, and a retry
finishes the same run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime

import psutil
import pytest
from airflow.triggers.base import BaseTrigger
from deployment import Airflow, until

import mino

PAGES = 60

# The bar for what is told to end; beside other tests only what hangs is found.
SECONDS = 5 if os.environ.get("MINO_CHAOS") == "long" else 60


class Kill:
    """A DAG run whose task is to be killed."""

    def __init__(self, airflow: Airflow, client: mino.Client, dag: str, task: str = "run") -> None:
        self.airflow = airflow
        self.client = client
        self.dag = dag
        self.task_id = task
        self.before = self.runs()
        self.dag_run = airflow.trigger(dag)
        self.run_id = ""

    def runs(self) -> set[str]:
        return {run["run_id"] for run in self.client.list("runs")}

    def task(self, map_index: int = -1) -> dict:
        return self.airflow.task(self.dag, self.dag_run, self.task_id, map_index)

    def until_planned(self, map_index: int = -1) -> None:
        told = until(
            "a run", lambda: self.airflow.xcoms(self.dag, self.dag_run, self.task_id, map_index).get("mino_run")
        )
        self.run_id = told["run_id"]

    def until_under_way(self, done: int = 6) -> None:
        """Waits until some pages are done, and a browser works."""
        until("pages", lambda: self.known() and self.done() >= done)
        assert self.done() < PAGES
        assert self.airflow.browsers()

    def known(self) -> bool:
        try:
            return self.client.show(self.run_id)["kind"] == "run"
        except mino.InputError:
            return False

    def done(self) -> int:
        return int(self.client.status(self.run_id)[0]["totals"]["completed"])

    def until_state(self, *states: str, map_index: int = -1) -> dict:
        return until(f"{states}", lambda: (t := self.task(map_index))["state"] in states and t)

    def check_nothing_is_left(self) -> None:
        until("browsers to end", lambda: not self.airflow.browsers())

    def check_finished(self, tries: int, seconds: float = 180.0) -> None:
        """The run is complete, it is the only one, and every page was counted once."""
        self.airflow.wait(self.dag, self.dag_run, seconds=seconds)
        assert self.task()["try_number"] >= tries
        self.check_counts()

    def check_counts(self) -> None:
        self.check_nothing_is_left()
        assert self.runs() - self.before == {self.run_id}
        run = self.client.show(self.run_id)["run"]
        assert (run["status"], run["tasks"], run["completed"]) == ("completed", PAGES, PAGES)
        counted = self.client.sql(f"""
            select count(*) as successes, count(distinct task_id) as tasks, count(distinct attempt_id) as attempts
            from attempts where run_id = '{self.run_id}' and status = 'success'""").to_pylist()
        assert counted == [{"successes": PAGES, "tasks": PAGES, "attempts": PAGES}]
        assert self.client.verify(self.run_id)["ok"]

    def events(self, attempt: int) -> list[tuple[datetime | None, str]]:
        return self.airflow.events(self.dag, self.dag_run, self.task_id, attempt=attempt)

    def log(self, attempt: int) -> str:
        return self.airflow.log(self.dag, self.dag_run, self.task_id, attempt=attempt)


def has_ended(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture(autouse=True)
def nothing_is_left(airflow: Airflow) -> Iterator[None]:
    yield
    until("browsers to end", lambda: not airflow.browsers())


def test_execution_timeout(airflow: Airflow, client: mino.Client) -> None:
    kill = Kill(airflow, client, "timed_out")
    kill.until_planned()
    kill.check_finished(tries=2, seconds=600)
    tries = kill.task()["try_number"]
    log = ""
    for attempt in range(1, tries):
        told = kill.events(attempt)
        began = next(at for at, event in told if event == "error Process timed out")
        assert began and told[-1][0]
        took = (told[-1][0] - began).total_seconds()
        print(f"timed out, and everything flushed, in {took:.1f} s")
        assert took < SECONDS
        log += kill.log(attempt)
    # What Airflow raised is the reason that the run keeps until it is opened again.
    assert "warning stopping: AirflowTaskTimeout" in log


def test_marked_failed_while_it_runs(airflow: Airflow, client: mino.Client) -> None:
    kill = Kill(airflow, client, "marked")
    kill.until_planned()
    kill.until_under_way()
    page = airflow.client().get(f"/mino/dags/{kill.dag}/runs/{kill.dag_run}")
    assert page.status_code == 200 and ">running<" in page.text and 'http-equiv="refresh"' in page.text
    pid = kill.task()["pid"]
    airflow.patch_task(kill.dag, kill.dag_run, "run", "failed")
    until("the task's process to end", lambda: not psutil.pid_exists(pid))
    kill.check_nothing_is_left()
    run = client.show(kill.run_id)["run"]
    assert run["status"] == "stopped" and "the task was ended by Airflow" in run["reason"]
    assert 0 < run["completed"] < PAGES
    log = kill.log(1)
    assert "the task was ended by Airflow" in log and "SIGKILL" not in log and "escalating" not in log
    airflow.clear(kill.dag, kill.dag_run)
    kill.check_finished(tries=2)


def worker(airflow: Airflow, run_id: str) -> subprocess.Popen[bytes]:
    """Another machine, which does what the task waits for."""
    work = "import sys, mino; mino.connect(sys.argv[1]).run(resume=sys.argv[2])"
    return subprocess.Popen([sys.executable, "-c", work, str(airflow.store), run_id], env=airflow.env)


@pytest.mark.skipif(not hasattr(BaseTrigger, "on_kill"), reason="this Airflow does not tell its triggers")
def test_marked_failed_while_deferred(airflow: Airflow, client: mino.Client) -> None:
    kill = Kill(airflow, client, "deferred")
    kill.until_state("deferred")
    kill.until_planned()
    with worker(airflow, kill.run_id) as process:
        kill.until_under_way()
        airflow.patch_task(kill.dag, kill.dag_run, "run", "failed")
        process.wait(120)
    kill.check_nothing_is_left()
    run = client.show(kill.run_id)["run"]
    assert run["status"] == "stopped" and "while it waited" in run["reason"]
    airflow.clear(kill.dag, kill.dag_run)
    kill.until_state("deferred")
    with worker(airflow, kill.run_id) as process:
        process.wait(120)
    kill.check_finished(tries=2)


def test_out_of_time_while_deferred(airflow: Airflow, client: mino.Client) -> None:
    kill = Kill(airflow, client, "deferred_for_too_long")
    kill.until_state("deferred")
    kill.until_planned()
    # Nobody came: the run is closed with its task.
    kill.until_state("failed")
    assert f"run {kill.run_id} was not done in the time that its task has" in kill.log(1)
    run = client.show(kill.run_id)["run"]
    assert (run["status"], run["completed"]) == ("stopped", 0) and "in the time that its task has" in run["reason"]


def test_triggerer_restarted_while_deferred(airflow: Airflow, client: mino.Client) -> None:
    kill = Kill(airflow, client, "deferred")
    kill.until_state("deferred")
    kill.until_planned()
    with worker(airflow, kill.run_id) as process:
        kill.until_under_way()
        airflow.kill_one("triggerer")
        airflow.start_one("triggerer")
        process.wait(120)
    kill.check_finished(tries=1)


def test_sigkill_of_the_task(airflow: Airflow, client: mino.Client) -> None:
    kill = Kill(airflow, client, "killed")
    kill.until_planned()
    kill.until_under_way()
    browsers = set(airflow.browsers())
    os.kill(kill.task()["pid"], signal.SIGKILL)
    # Those of its next try may be there by then.
    until("its browsers to end", lambda: not browsers & set(airflow.browsers()))
    kill.check_finished(tries=2)


def test_sigkill_of_the_supervisor(airflow: Airflow, client: mino.Client) -> None:
    kill = Kill(airflow, client, "killed")
    kill.until_planned()
    kill.until_under_way()
    task = psutil.Process(kill.task()["pid"])
    supervisor = task.parent()
    assert supervisor is not None
    supervisor.kill()
    # The orphan sees that it is one, and ends its run.
    until("the orphan to end", lambda: has_ended(task))
    kill.check_nothing_is_left()
    run = client.show(kill.run_id)["run"]
    assert run["status"] == "stopped" and "supervisor is gone" in run["reason"]
    kill.check_finished(tries=2)


def test_scheduler_restarted(airflow: Airflow, client: mino.Client) -> None:
    kill = Kill(airflow, client, "killed")
    kill.until_planned()
    kill.until_under_way()
    airflow.kill_one("scheduler")
    airflow.start_one("scheduler")
    kill.check_finished(tries=1)


def test_sigkill_of_one_shard(airflow: Airflow, client: mino.Client) -> None:
    kill = Kill(airflow, client, "shard_killed", "work.shard")
    kill.until_planned(map_index=0)
    kill.until_under_way()
    other = kill.task(1)
    os.kill(kill.task(0)["pid"], signal.SIGKILL)
    airflow.wait(kill.dag, kill.dag_run)
    kill.check_counts()
    assert kill.task(0)["try_number"] == 2 and kill.task(1)["try_number"] == other["try_number"] == 1


def test_sigkill_of_the_supervisor_of_one_shard(airflow: Airflow, client: mino.Client) -> None:
    kill = Kill(airflow, client, "shard_killed", "work.shard")
    kill.until_planned(map_index=0)
    kill.until_under_way()
    task = psutil.Process(kill.task(0)["pid"])
    supervisor = task.parent()
    assert supervisor is not None
    supervisor.kill()
    # The orphan gives back its part of the run, which is not done yet.
    until("the orphan to end", lambda: has_ended(task))
    assert kill.done() < PAGES
    airflow.wait(kill.dag, kill.dag_run)
    kill.check_counts()
    assert kill.task(0)["try_number"] == 2 and kill.task(1)["try_number"] == 1


def test_one_shard_marked_failed(airflow: Airflow, client: mino.Client) -> None:
    kill = Kill(airflow, client, "shard_marked", "work.shard")
    kill.until_planned(map_index=0)
    kill.until_under_way()
    pid = kill.task(0)["pid"]
    airflow.patch_task(kill.dag, kill.dag_run, "work.shard/0", "failed")
    until("the task's process to end", lambda: not psutil.pid_exists(pid))
    # The other shard goes on; the run stays open for whoever does the rest.
    kill.until_state("success", map_index=1)
    assert client.show(kill.run_id)["run"]["status"] == "running"
    airflow.clear(kill.dag, kill.dag_run)
    airflow.wait(kill.dag, kill.dag_run)
    kill.check_counts()
    assert kill.task(1)["try_number"] == 1


def test_twenty_tasks_at_once(airflow: Airflow, client: mino.Client) -> None:
    dag_run = airflow.trigger("crowd")
    airflow.wait("crowd", dag_run)
    tasks = airflow.tasks("crowd", dag_run)
    assert len(tasks) == 20 and all(task["try_number"] == 1 for task in tasks)
    runs = [run for run in client.list("runs") if run["campaign"].startswith("small-")]
    done = {run["campaign"]: run["completed"] for run in runs if run["campaign"] != "small-folder"}
    assert done == {f"small-{number}": 3 for number in range(20)}
    events = airflow.asset_events("crowd")
    assert sorted(event["uri"] for event in events) == sorted(f"mino://default/{name}" for name in done)
