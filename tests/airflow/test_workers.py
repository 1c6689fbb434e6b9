"""The engine in processes that Airflow forks, ends and leaves behind."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest
from conftest import write_campaign

import mino
from mino.airflow.failures import told_to_airflow
from mino.airflow.supervision import Supervision
from mino.airflow.versions import AirflowException, AirflowFailException
from mino.workflow import ProgressLog, run_id_for, run_or_go_on

FORKS = """
import os, sys, mino
store, campaign = sys.argv[1:]
client = mino.connect(store)
client.run(campaign, sample="first:1", fetch="http")
children = []
for number in range(4):
    child = os.fork()
    if child == 0:
        report = client.run(campaign, sample="first:2", fetch="http")
        os._exit(0 if report.status == "completed" else 1)
    children.append(child)
ends = [os.waitpid(child, 0)[1] for child in children]
assert ends == [0] * 4, ends
client.run(campaign, sample="first:1", fetch="http")
print(len(client.list("runs")))
"""


@pytest.fixture
def store(tmp_path: Path, slow_site: str) -> Path:
    """A store with the campaign `items`, of forty slow pages, and `many`, of four hundred."""
    for name, pages in (("items", 40), ("many", 400)):
        write_campaign(tmp_path, slow_site, name, pages=pages)
        mino.connect(tmp_path / "store").apply(tmp_path / f"{name}.yaml")
    return tmp_path / "store"


def test_the_engine_works_in_forked_children_of_a_process_that_used_it(store: Path) -> None:
    asked = [sys.executable, "-c", FORKS, str(store), "items"]
    assert subprocess.check_output(asked, text=True, timeout=120).strip() == "6"


class Told(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def begin(store: Path, run_id: str, log: logging.Logger) -> threading.Thread:
    """Does a run of `many` in another thread, as long as it takes."""

    def work() -> None:
        with ProgressLog(log, every=0.5) as progress:
            run_or_go_on(mino.connect(store), "many", run_id, fetch="http", concurrency=2, on_progress=progress)

    thread = threading.Thread(target=work)
    thread.start()
    client = mino.connect(store)
    while True:
        try:
            if client.status(run_id)[0]["totals"]["completed"]:
                return thread
        except mino.InputError:
            pass
        time.sleep(0.1)


def test_a_run_that_somebody_works_on_is_tried_again_later(store: Path) -> None:
    told, log, run_id = Told(), logging.getLogger("test"), run_id_for(datetime.now(timezone.utc), "owned")
    log.addHandler(told)
    log.setLevel(logging.INFO)
    worker = begin(store, run_id, log)
    client = mino.connect(store)
    with pytest.raises(AirflowException, match="works on") as raised, told_to_airflow():
        run_or_go_on(client, "many", run_id)
    assert not isinstance(raised.value, AirflowFailException)
    client.stop(run_id, now=True)
    worker.join(120)
    assert not worker.is_alive()
    assert client.show(run_id)["run"]["status"] == "stopped"
    # Progress comes whether or not something happened.
    assert len([line for line in told.lines if " tasks done, " in line]) >= 2


ENDED = """
import os, signal, sys, threading, mino
from mino.airflow.supervision import Supervision
from mino.airflow.versions import AirflowException
store, run_id, shard = sys.argv[1:]
client = mino.connect(store)
shard = shard or None
enough = threading.Event()
try:
    with Supervision(client, run_id, shard=shard) as supervision:
        signal.signal(signal.SIGTERM, lambda number, frame: supervision.end("for a test"))

        def insist():
            # More than one: none of them may end what the first one began.
            while not enough.wait(0.02):
                os.kill(os.getpid(), signal.SIGTERM)

        def on_progress(event):
            if event["event"] == "flushed":
                threading.Thread(target=insist).start()

        client.run("items", run_id=run_id, shard=shard, fetch="http", concurrency=2, on_progress=on_progress)
except AirflowException as ended:
    print(ended)
enough.set()
supervision.end("after it is over")
"""


@pytest.mark.parametrize(("shard", "status", "reason"), [("", "stopped", "for a test"), ("1/2", "running", None)])
def test_what_ends_a_task_ends_its_part_of_the_run(store: Path, shard: str, status: str, reason: str | None) -> None:
    run_id = run_id_for(datetime.now(timezone.utc), "ended", shard)
    asked = [sys.executable, "-c", ENDED, str(store), run_id, shard]
    assert subprocess.check_output(asked, text=True, timeout=120).strip() == "for a test"
    client = mino.connect(store)
    shown = client.show(run_id)
    assert shown["kind"] == "run" and shown["run"]["status"] == status
    assert reason is None or str(shown["run"]["reason"]).endswith(reason)
    assert client.run(resume=run_id).status == "completed"


def test_no_log_swallows_the_end_of_a_task(tmp_path: Path) -> None:
    class Logging(logging.StreamHandler):  # type: ignore[type-arg]
        """Airflow's signal comes while a line is written."""

        def format(self, record: logging.LogRecord) -> str:
            supervision.end("in the middle of a line")
            return "never"

    log = logging.getLogger("interrupted")
    log.addHandler(Logging())
    with (
        pytest.raises(AirflowException, match="in the middle of a line"),
        Supervision(mino.connect(tmp_path), "any") as supervision,
    ):
        log.warning("a line")


def test_what_makes_no_sense_is_not_tried_again(store: Path) -> None:
    with pytest.raises(AirflowFailException, match="nothing"), told_to_airflow():
        mino.connect(store).run("nothing")
