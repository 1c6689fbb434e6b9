"""A real Airflow in a folder: API server, scheduler, DAG processor, triggerer, LocalExecutor, SQLite."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

HERE = Path(__file__).parent
T = TypeVar("T")
MARK = "MINO_TEST_MARK"
PASSWORDS = {user: secrets.token_urlsafe(12) for user in ("admin", "guest", "reader")}


def until(what: str, look: Callable[[], T | None | bool], seconds: float = 180.0, every: float = 0.2) -> T:
    """The first thing that `look` sees; an AssertionError when there is none in time."""
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen  # type: ignore[return-value]
        assert time.monotonic() < end, f"waited {seconds:.0f} s for {what}"
        time.sleep(every)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Airflow:
    """Its processes, and its REST API."""

    def __init__(self, home: Path, store: Path) -> None:
        self.home = home
        self.store = store
        self.dags = home / "dags"
        self.dags.mkdir(parents=True)
        self.lineage = home / "lineage.jsonl"
        self.url = f"http://127.0.0.1:{free_port()}"
        self.mark = secrets.token_hex(8)
        self.env = {**os.environ, **self._settings()}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._sessions: set[int] = set()
        self._clients: dict[str, httpx.Client] = {}

    def _settings(self) -> dict[str, str]:
        (self.home / "passwords.json").write_text(json.dumps(PASSWORDS))
        connection = {"conn_type": "mino", "host": str(self.store)}
        settings = {
            "CORE__AUTH_MANAGER": "auth_manager.OneDagHidden",
            "CORE__DAGS_FOLDER": str(self.dags),
            "CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "CORE__PARALLELISM": "24",
            "CORE__TEST_CONNECTION": "Enabled",
            "CORE__MAX_ACTIVE_TASKS_PER_DAG": "24",
            "CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,guest:viewer,reader:viewer",
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.home / "passwords.json"),
            "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.home}/airflow.db?timeout=60",
            "API__HOST": "127.0.0.1",
            "API__PORT": self.url.rsplit(":", 1)[1],
            "API__BASE_URL": self.url,
            "API__SECRET_KEY": secrets.token_hex(32),
            "API_AUTH__JWT_SECRET": secrets.token_hex(64),
            "LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
            "LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
            "DAG_PROCESSOR__REFRESH_INTERVAL": "5",
            "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "5",
            "SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "2",
            "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
            "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
            "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",
            "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "10",
            "WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
            "WORKERS__EXECUTION_API_TIMEOUT": "15",
            "TRIGGERER__JOB_HEARTBEAT_SEC": "1",
            "TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "5",
            "OPENLINEAGE__TRANSPORT": json.dumps({"type": "file", "log_file_path": str(self.lineage), "append": True}),
            "OPENLINEAGE__NAMESPACE": "tests",
        }
        return {
            **{f"AIRFLOW__{name}": value for name, value in settings.items()},
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW_CONN_MINO_DEFAULT": json.dumps(connection),
            MARK: self.mark,
            "MINO_ALLOW_ADDRESSES": "127.0.0.0/8",
            # Where a bucket would be nobody answers.
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "PYTHONPATH": str(HERE),
            "NO_PROXY": "*",
        }

    def command(self, *arguments: str) -> str:
        """What an `airflow` command prints."""
        done = subprocess.run([*self._airflow, *arguments], env=self.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    _airflow = [sys.executable, "-m", "airflow"]

    def start(self) -> None:
        self.command("db", "migrate")
        # One connection is in the environment, these in Airflow's own database.
        for name, org in (("mino_acme", "acme"), ("mino_moved", "away")):
            place = ("--conn-type", "mino", "--conn-host", str(self.store), "--conn-schema", org)
            self.command("connections", "add", name, *place)
        for name in ("api-server", "scheduler", "dag-processor", "triggerer"):
            self.start_one(name)
        until("a healthy Airflow", self._is_healthy)

    def start_one(self, name: str) -> None:
        with (self.home / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [*self._airflow, name], env=self.env, stdout=log, stderr=log, start_new_session=True
            )
        self._sessions.add(self.processes[name].pid)

    def kill_one(self, name: str, with_signal: int = signal.SIGKILL) -> None:
        """Ends one of its processes alone; what it started goes on."""
        process = self.processes.pop(name)
        process.send_signal(with_signal)
        process.wait(30)

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                pass
        # What a killed scheduler left behind, too.
        for process in psutil.process_iter():
            try:
                if os.getsid(process.pid) in self._sessions:
                    process.kill()
            except (ProcessLookupError, psutil.NoSuchProcess):
                continue

    def _is_healthy(self) -> bool:
        for name, process in self.processes.items():
            assert process.poll() is None, (self.home / f"{name}.log").read_text()[-3000:]
        try:
            health = httpx.get(f"{self.url}/api/v2/monitor/health").json()
        except httpx.HTTPError:
            return False
        return all(part.get("status") == "healthy" for part in health.values() if isinstance(part, dict))

    def browsers(self) -> list[int]:
        """Processes of browsers that its tasks, or workers with its environment, started."""
        found = []
        for process in psutil.process_iter():
            try:
                is_browser = "chrom" in process.name() and process.status() != psutil.STATUS_ZOMBIE
                if is_browser and process.environ().get(MARK) == self.mark:
                    found.append(process.pid)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found

    def client(self, user: str = "admin") -> httpx.Client:
        """A logged-in user's client, whose base is Airflow's address."""
        if user not in self._clients:
            login = {"username": user, "password": PASSWORDS[user]}
            token = (
                httpx.post(f"{self.url}/auth/token", json=login, timeout=60).raise_for_status().json()["access_token"]
            )
            headers = {"Authorization": f"Bearer {token}"}
            self._clients[user] = httpx.Client(base_url=self.url, headers=headers, timeout=60)
        return self._clients[user]

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.client().get(f"/api/v2/{path}", params=params).raise_for_status().json()
        return answer

    def trigger(self, dag_id: str, **conf: Any) -> str:
        """Begins a run of a DAG, as soon as it is known. Gives the run's id."""
        path = f"/api/v2/dags/{dag_id}"
        until(f"the DAG {dag_id}", lambda: self.client().get(path).status_code == 200 or self.import_errors())
        assert not self.import_errors()
        begun = self.client().post(f"{path}/dagRuns", json={"logical_date": None, "conf": conf})
        run_id: str = begun.raise_for_status().json()["dag_run_id"]
        return run_id

    def import_errors(self) -> list[str]:
        return [error["stack_trace"] for error in self.get("importErrors")["import_errors"]]

    def wait(self, dag_id: str, run_id: str, state: str = "success", seconds: float = 180.0) -> None:
        """Waits until a run of a DAG has ended in a state."""
        path = f"dags/{dag_id}/dagRuns/{run_id}"
        ended = until(
            f"{dag_id} {run_id}",
            lambda: (seen := self.get(path)["state"]) in ("success", "failed") and seen,
            seconds,
        )
        assert ended == state, "\n".join(self.logs(dag_id, run_id))

    def asset_events(self, dag_id: str) -> list[dict[str, Any]]:
        """The events that a DAG told. Airflow fails to answer while a run that one of them began is queued."""
        ask = {"source_dag_id": dag_id, "limit": 50}
        answer = until(
            "asset events",
            lambda: (a := self.client().get("/api/v2/assets/events", params=ask)).status_code == 200 and a,
        )
        events: list[dict[str, Any]] = answer.json()["asset_events"]
        return events

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(f"dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"]
        return found

    def task(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> dict[str, Any]:
        return next(t for t in self.tasks(dag_id, run_id) if (t["task_id"], t["map_index"]) == (task_id, map_index))

    def patch_task(self, dag_id: str, run_id: str, task_id: str, state: str) -> None:
        """A person marks a task as failed, or as done."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
        self.client().patch(path, json={"new_state": state}).raise_for_status()

    def clear(self, dag_id: str, run_id: str, only_failed: bool = True) -> None:
        """A person clears what failed of a run of a DAG, or all of it.

        Once it has ended: a scheduler that is about to end it would not see that it goes on.
        """
        path = f"dags/{dag_id}/dagRuns/{run_id}"
        until(f"{dag_id} {run_id} to end", lambda: self.get(path)["state"] in ("success", "failed"))
        body = {"dry_run": False, "only_failed": only_failed, "dag_run_id": run_id, "reset_dag_runs": True}
        self.client().post(f"/api/v2/dags/{dag_id}/clearTaskInstances", json=body).raise_for_status()

    def xcoms(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> dict[str, Any]:
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries"
        entries = self.get(path, map_index=map_index)["xcom_entries"]
        return {e["key"]: self.get(f"{path}/{e['key']}", map_index=map_index)["value"] for e in entries}

    def events(
        self, dag_id: str, run_id: str, task_id: str, map_index: int = -1, attempt: int = 1
    ) -> list[tuple[datetime | None, str]]:
        """A task's log, an event as `level message`, with its time."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{attempt}"
        content = self.get(path, map_index=map_index, full_content="true")["content"]
        return [
            (
                datetime.fromisoformat(line["timestamp"].replace("Z", "+00:00")) if line.get("timestamp") else None,
                f"{line.get('level', '')} {line.get('event', '')} {line.get('error_detail') or ''}".rstrip(),
            )
            for line in content
        ]

    def log(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1, attempt: int = 1) -> str:
        """A task's log, an event a line."""
        return "\n".join(event for _, event in self.events(dag_id, run_id, task_id, map_index, attempt))

    def logs(self, dag_id: str, run_id: str) -> list[str]:
        """What every try of every task of a run says."""
        return [
            f"== {t['task_id']} {t['map_index']} try {n}: {t['state']}\n"
            + self.log(dag_id, run_id, t["task_id"], t["map_index"], n)
            for t in self.tasks(dag_id, run_id)
            for n in range(1, (t["try_number"] or 0) + 1)
        ]
