"""A real `dagster dev`, asked and ordered by GraphQL."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

T = TypeVar("T")

LAUNCH = """mutation ($selector: JobOrPipelineSelector!, $config: RunConfigData!, $tags: [ExecutionTag!]!) {
  launchRun(executionParams: {selector: $selector, runConfigData: $config, executionMetadata: {tags: $tags}}) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}"""

AGAIN = """mutation ($run: String!, $strategy: ReexecutionStrategy!) {
  launchRunReexecution(reexecutionParams: {parentRunId: $run, strategy: $strategy}) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  }
}"""

TERMINATE = """mutation ($run: String!) {
  terminateRun(runId: $run, terminatePolicy: SAFE_TERMINATE) { __typename }
}"""

RUNS = "{ runsOrError { ... on Runs { results { runId status rootRunId parentRunId } } } }"

EVENTS = """query ($run: ID!) {
  logsForRun(runId: $run) { ... on EventConnection { events {
    __typename ... on MessageEvent { message level stepKey }
    ... on StepWorkerStartedEvent { metadataEntries { label ... on TextMetadataEntry { text } } }
    ... on MaterializationEvent { assetKey { path } partition metadataEntries {
      label ... on IntMetadataEntry { intValue } ... on TextMetadataEntry { text } ... on UrlMetadataEntry { url }
      ... on MarkdownMetadataEntry { mdStr } ... on TableSchemaMetadataEntry { schema { columns { name type } } }
    } }
    ... on AssetCheckEvaluationEvent { evaluation { checkName success severity description } }
  } } }
}"""


def until(
    what: str, found: Callable[[], T | None], seconds: float = 180, instead: Callable[[], object] = lambda: ""
) -> T:
    """Asks until there is an answer; the bound is only for a test that would wait for ever."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = found()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds} s; instead {instead()}")


def _parent(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


class Dev:
    """Webserver, daemon and code servers, with all their processes marked by a variable in their environment."""

    def __init__(self, home: Path, workspace: str, environment: dict[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.mark = f"MINO_TEST_MARK={uuid4()}"
        (home / "workspace.yaml").write_text(workspace)
        name, value = self.mark.split("=")
        self._log = (home / "dev.log").open("w")
        self._process = subprocess.Popen(
            [Path(sys.executable).with_name("dagster"), "dev", "-w", "workspace.yaml", "-p", str(self.port)],
            cwd=home,
            env={**os.environ, **environment, "DAGSTER_HOME": str(home), name: value},
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.home = home

    def wait_until_up(self) -> None:
        """Until all code locations are loaded."""
        query = "{ workspaceOrError { ... on Workspace { locationEntries { name loadStatus } } } }"

        def loaded() -> bool:
            assert self._process.poll() is None, (self.home / "dev.log").read_text()
            try:
                entries = self.ask(query)["workspaceOrError"]["locationEntries"]
            except (urllib.error.URLError, ConnectionError):
                return False
            return bool(entries) and all(entry["loadStatus"] == "LOADED" for entry in entries)

        until("dagster dev is up", loaded)

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql", body, {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request) as answer:
                said = json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error
        assert "errors" not in said, said["errors"]
        return said["data"]

    def launch(
        self, location: str, assets: list[str], *, in_process: bool = False, config: Any = None, **tags: str
    ) -> str:
        """Materializes assets and gives the id of the run. tags: those of Dagster, without its prefix."""
        selector = {
            "repositoryLocationName": location,
            "repositoryName": "__repository__",
            "pipelineName": "__ASSET_JOB",
            "assetSelection": [{"path": [each]} for each in assets],
        }
        executor = {"execution": {"config": {"in_process": {}}}} if in_process else {}
        marks = [{"key": f"dagster/{key}", "value": value} for key, value in tags.items()]
        said = self.ask(LAUNCH, selector=selector, config={**executor, **(config or {})}, tags=marks)["launchRun"]
        assert said["__typename"] == "LaunchRunSuccess", said
        return said["run"]["runId"]

    def launch_again(self, run: str, strategy: str = "FROM_FAILURE") -> str:
        """Re-executes a run from its failure, or all of it."""
        said = self.ask(AGAIN, run=run, strategy=strategy)["launchRunReexecution"]
        assert said["__typename"] == "LaunchRunSuccess", said
        return said["run"]["runId"]

    def terminate(self, run: str) -> None:
        assert self.ask(TERMINATE, run=run)["terminateRun"]["__typename"] == "TerminateRunSuccess"

    def runs(self) -> list[dict[str, Any]]:
        return self.ask(RUNS)["runsOrError"]["results"]

    def status(self, run: str) -> str:
        [found] = [each["status"] for each in self.runs() if each["runId"] == run]
        return found

    def finished(self, run: str) -> str:
        """Waits for the end of a run, and gives its status."""
        ends = ("SUCCESS", "FAILURE", "CANCELED")
        return until(f"the end of {run}", lambda: (status := self.status(run)) in ends and status)

    def events(self, run: str) -> list[dict[str, Any]]:
        return self.ask(EVENTS, run=run)["logsForRun"]["events"]

    def worker(self, run: str) -> int | None:
        """The process of a run, as its log tells it."""
        for event in self.events(run):
            if "Executing steps using multiprocess executor: parent process (pid: " in event.get("message", ""):
                return int(event["message"].rpartition("pid: ")[2].rstrip(")"))
        return None

    def step(self, run: str) -> int | None:
        """The process of the only step of a run, as its log tells it."""
        for event in self.events(run):
            if event["__typename"] == "StepWorkerStartedEvent":
                [pid] = [entry["text"] for entry in event["metadataEntries"] if entry["label"] == "pid"]
                return int(pid)
        return None

    def leftovers(self) -> dict[int, str]:
        """Processes of runs: all that are marked, but webserver, daemon, code servers and their resource trackers."""
        return {
            pid: name
            for pid, name in self._marked().items()
            if pid not in self._own and not ("resource_tracker" in name and _parent(pid) in self._own)
        }

    def expect_nothing_left(self) -> None:
        """Waits until the processes of runs are gone."""
        until("no process of a run", lambda: not self.leftovers(), instead=self.leftovers)

    def settle(self) -> None:
        """What runs without any run is none of a run."""
        self._own = set(self._marked())

    def _marked(self) -> dict[int, str]:
        found: dict[int, str] = {}
        for folder in Path("/proc").iterdir():
            if not folder.name.isdecimal():
                continue
            try:
                if self.mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                    found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue
        return found

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        # Whatever a failed test left behind is of this Dagster, by its mark.
        for pid in self._marked():
            # A process that ends by itself meanwhile needs no signal.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._log.close()
