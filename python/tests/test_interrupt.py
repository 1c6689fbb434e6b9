"""Ctrl-C and other signals: what is done is kept, then they are raised."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any

import pytest

import mino
from mino.types import RunEvent

if TYPE_CHECKING:
    from sites import Write

pytest_plugins = ["sites"]

RUN = """
import sys, mino
client = mino.connect(sys.argv[1])
try:
    client.run("shops", on_progress=lambda event: print(event["event"], flush=True))
except KeyboardInterrupt:
    print("interrupted", client.list("runs")[0]["status"], flush=True)
    raise
"""

QUERY = """
import sys, mino
client = mino.connect(sys.argv[1])
print("asking", flush=True)
client.sql("select count(*) from generate_series(1, 1000000000000) a where a.value % 7 = 3")
"""


def start(script: str, store: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, store]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until(child: subprocess.Popen[str], line: str) -> None:
    assert child.stdout is not None
    assert any(told.strip() == line for told in child.stdout)


def test_ctrl_c_stops_a_run_and_keeps_what_is_done(shops: mino.Client, store: str, write: Write) -> None:
    shops.apply(write("shop/1", "never", "never"))
    with start(RUN, store) as child:
        until(child, "task_finished")
        child.send_signal(signal.SIGINT)
        told, errors = child.communicate()
    assert told.splitlines()[-1] == "interrupted stopped"
    assert child.returncode == -signal.SIGINT and errors.rstrip().endswith("KeyboardInterrupt")
    assert shops.sql("select status from runs").to_pylist() == [{"status": "stopped"}]
    statuses = shops.sql("select status, count(*) n from tasks group by status order by status").to_pylist()
    assert statuses == [{"status": "completed", "n": 1}, {"status": "skipped", "n": 2}]
    assert len(shops.sql("select * from attempts where status = 'success'")) == 1
    assert shops.verify()["ok"]


def test_ctrl_c_before_the_first_page(shops: mino.Client, store: str, write: Write) -> None:
    shops.apply(write("never"))
    with start(RUN, store) as child:
        until(child, "planned")
        child.send_signal(signal.SIGINT)
        told, _ = child.communicate()
    assert told.splitlines()[-1] == "interrupted stopped"
    assert shops.verify()["ok"]


def test_ctrl_c_ends_a_query(store: str) -> None:
    with start(QUERY, store) as child:
        until(child, "asking")
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate()
    assert child.returncode == -signal.SIGINT and errors.rstrip().endswith("KeyboardInterrupt")


@pytest.fixture
def alarm() -> Iterator[None]:
    """An alarm raises TimeoutError, as orchestrators do to end a task that takes too long."""

    def ring(number: int, frame: FrameType | None) -> Any:
        raise TimeoutError("too long")

    before = signal.signal(signal.SIGALRM, ring)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_what_a_signal_raises_stops_a_run(shops: mino.Client, write: Write, alarm: None) -> None:
    shops.apply(write("never"))

    def on_progress(event: RunEvent) -> None:
        if event["event"] == "attempt_started":
            signal.setitimer(signal.ITIMER_REAL, 0.2)

    with pytest.raises(TimeoutError, match="too long"):
        shops.run("shops", on_progress=on_progress)
    assert shops.sql("select status from runs").to_pylist() == [{"status": "stopped"}]
