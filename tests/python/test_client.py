"""The package `mino`: errors by kind, runs with progress, Arrow out, Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import polars
import pyarrow
import pytest

import mino


def test_an_empty_store_has_tables_without_rows(client: mino.Client) -> None:
    for table in [
        "attempts",
        "tasks",
        "fields",
        "results",
        "campaigns",
        "datasets",
        "instructions",
        "runs",
    ]:
        rows = client.sql(f"select * from {table}")
        assert len(rows) == 0 and rows.column_names and rows.to_pylist() == []


def test_errors_are_of_their_kind(client: mino.Client, campaign: Callable[..., Path], tmp_path: Path) -> None:
    client.apply(campaign(["shop/1"]))
    with pytest.raises(mino.InputError, match="did you mean `shops`"):
        client.run("shop")
    with pytest.raises(ValueError, match="s4"):
        mino.connect("s4://bucket")
    with pytest.raises(mino.InputError, match="there is no table `taks`"):
        client.sql("select * from taks")
    with pytest.raises(mino.InputError, match="frist:3"):
        client.run("shops", sample="frist:3")
    with pytest.raises(mino.InputError, match="concurrency 0"):
        client.run("shops", concurrency=0)
    with pytest.raises(mino.InputError, match="timeout"):
        client.run("shops", timeout=-1.0)
    with pytest.raises(ConnectionError, match="/no/browser"):
        client.run("shops", browser="/no/browser")
    with pytest.raises(mino.MinoError, match="none.yaml"):
        client.apply(tmp_path / "none.yaml")


def test_addresses_inside_are_reached_only_where_they_are_named(
    client: mino.Client, campaign: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = campaign(["shop/1"])
    file.write_text(file.read_text().replace(", allow_addresses: [127.0.0.0/8]", ""))
    client.apply(file)
    monkeypatch.delenv("MINO_ALLOW_ADDRESSES", raising=False)
    assert client.run("shops", fetch="http").summary["failures"] == {"address_guard": 1}
    assert client.run("shops", fetch="http", allow_addresses=["127.0.0.1"]).summary["completed"] == 1
    monkeypatch.setenv("MINO_ALLOW_ADDRESSES", "10.0.0.0/8,127.0.0.0/8")
    assert client.run("shops", fetch="http").summary["completed"] == 1
    with pytest.raises(mino.InputError, match="`inside` is no network"):
        client.run("shops", allow_addresses=["inside"])


def test_a_store_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ENDPOINT_URL": "http://127.0.0.1:9",
        "ALLOW_HTTP": "true",
        "ACCESS_KEY_ID": "a",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-to-be-shown")
    with pytest.raises(mino.UnreachableError, match="refused") as error:
        mino.connect("s3://bucket/mino")
    assert "not-to-be-shown" not in str(error.value)


def test_a_run_tells_what_happens_and_gives_arrow(client: mino.Client, campaign: Callable[..., Path]) -> None:
    applied = client.apply(campaign([f"shop/{number}" for number in range(1, 6)]))
    assert applied["campaign_changed"] and applied["dataset"]["rows"] == 5
    events: list[dict[str, Any]] = []
    threads: set[int] = set()

    def on_progress(event: dict[str, Any]) -> None:
        events.append(event)
        threads.add(threading.get_ident())

    report = client.run("shops", on_progress=on_progress, screenshots="never")
    names = [event["event"] for event in events]
    assert names[:2] == ["planned", "started"] and names[-1] == "finalized"
    assert names.count("task_finished") == 5
    assert threads == {threading.get_ident()}
    assert (report.status, report.campaign, report.summary["completed"]) == (
        "completed",
        "shops",
        5,
    )
    assert report.accuracy is not None and report.accuracy["value"] == 1.0 and report.accuracy["n"] == 5

    rows = client.sql("select row_id, field, value, confidence from fields order by row_id, field")
    table = pyarrow.table(rows)
    assert table.num_rows == len(rows) == 10
    assert polars.DataFrame(rows).shape == (10, 4)
    assert duckdb.sql("select count(*), count(distinct value) from rows").fetchall() == [(10, 10)]
    assert rows.to_pylist() == table.to_pylist()
    assert [pyarrow.table(rows.head(n)) for n in (0, 3, 10, 11)] == [table.slice(0, n) for n in (0, 3, 10, 11)]
    with pytest.raises(mino.InputError, match="n -1 is out of range"):
        rows.head(-1)
    # Nothing was copied: all of them look at the same memory.
    again = pyarrow.table(rows)
    buffers = [t.column("value").chunk(0).buffers()[2].address for t in (table, again)]
    assert buffers[0] == buffers[1]
    assert client.verify()["ok"]
    assert client.show()["run"]["run_id"] == report.run_id
    assert [run["status"] for run in client.list()["runs"]] == ["completed"]


def test_what_on_progress_raises_stops_the_run(client: mino.Client, campaign: Callable[..., Path]) -> None:
    client.apply(campaign(["shop/1", "never", "shop/2"]))

    def on_progress(event: dict[str, Any]) -> None:
        if event["event"] == "task_finished":
            raise LookupError("seen enough")

    with pytest.raises(LookupError, match="seen enough"):
        client.run("shops", on_progress=on_progress, concurrency=1)
    assert client.sql("select status from runs").to_pylist() == [{"status": "stopped"}]
    assert client.sql("select count(*) n from tasks where status = 'completed'").to_pylist() == [{"n": 1}]


def test_a_run_that_somebody_works_on_is_busy(client: mino.Client, campaign: Callable[..., Path]) -> None:
    client.apply(campaign(["shop/1", "shop/2"]))
    second: list[mino.RunBusy] = []

    def on_progress(event: dict[str, Any]) -> None:
        if event["event"] == "task_finished" and not second:
            with pytest.raises(mino.RunBusy, match="works on") as busy:
                client.run(resume="latest")
            second.append(busy.value)

    assert client.run("shops", on_progress=on_progress, fetch="http").status == "completed"
    assert [isinstance(busy, mino.RunFailed) for busy in second] == [True]


CHILD = """
import sys, mino
client = mino.connect(sys.argv[1])
client.apply(sys.argv[2])
client.run("shops", concurrency=2, on_progress=lambda event: print(event["event"], flush=True))
"""


def test_ctrl_c_stops_a_run_and_keeps_what_is_done(
    client: mino.Client, campaign: Callable[..., Path], tmp_path: Path
) -> None:
    file = campaign(["shop/1", "never", "never"])
    command = [sys.executable, "-c", CHILD, str(tmp_path / "store"), str(file)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stderr is not None
    for line in child.stdout:
        if line.strip() == "task_finished":
            break
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate()
    assert "KeyboardInterrupt" in errors and child.returncode != 0
    assert client.sql("select status from runs").to_pylist() == [{"status": "stopped"}]
    statuses = client.sql("select status, count(*) n from tasks group by status order by status").to_pylist()
    assert statuses == [{"status": "completed", "n": 1}, {"status": "skipped", "n": 2}]
    assert client.verify()["ok"]


def test_other_threads_work_while_a_run_waits(client: mino.Client, campaign: Callable[..., Path]) -> None:
    client.apply(campaign(["shop/1"]))
    seen: list[int] = []
    thread = threading.Thread(target=lambda: seen.append(client.run("shops").summary["completed"]))
    thread.start()
    assert client.sql("select 1 as one").to_pylist() == [{"one": 1}]
    thread.join()
    assert seen == [1]


def test_the_stubs_say_what_is_there() -> None:
    from mypy import stubtest

    assert stubtest.test_stubs(stubtest.parse_options(["mino._mino", "--ignore-missing-stub"])) == 0
