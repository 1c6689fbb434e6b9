"""Runs in a real browser: events, reports, and what a callback may do."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

import mino
from mino.types import RunEvent

if TYPE_CHECKING:
    from sites import Write

pytest_plugins = ["sites"]


def test_events_come_in_order_in_the_thread_that_called(shops: mino.Client, write: Write) -> None:
    shops.apply(write("shop/1", "shop/2", "shop/3"))
    events: list[RunEvent] = []
    threads: set[int] = set()

    def on_progress(event: RunEvent) -> None:
        events.append(event)
        threads.add(threading.get_ident())

    report = shops.run("shops", on_progress=on_progress)
    names = [event["event"] for event in events]
    assert names[:2] == ["planned", "started"] and names[-2:] == ["flushed", "finalized"]
    assert names.count("attempt_started") == names.count("task_finished") == 3
    for task in {event["task_id"] for event in events if event["event"] == "task_finished"}:
        own = [event["event"] for event in events if event.get("task_id") == task]
        assert own == ["attempt_started", "attempt_finished", "task_finished"]
    assert threads == {threading.get_ident()}
    last = events[-1]
    assert last["event"] == "finalized" and last["summary"] == report.summary and last["run_id"] == report.run_id


def test_a_report(shops: mino.Client, write: Write) -> None:
    shops.apply(write("shop/1", "shop/2", "shop/3"))
    report = shops.run("shops", sample="first:2", timeout=30, max_retries=1, concurrency=1, screenshots="never")
    assert (report.campaign, report.status) == ("shops", "completed")
    assert report.summary["tasks"] == report.summary["completed"] == 2
    assert report.accuracy is not None and report.accuracy == report.summary["accuracy"]
    assert (report.accuracy["value"], report.accuracy["n"]) == (1.0, 2)
    assert [field["field"] for field in report.summary["fields"]] == ["title", "price"]
    run = shops.list("runs")[0]
    assert (run["run_type"], run["sample"], run["settings"]["timeout"]) == ("test", "first:2", "30s")
    assert report.run_id in repr(report)


@pytest.mark.parametrize(
    ("sample", "seed", "ids"), [("rows:3,1", 0, ["1", "3"]), ("random:1", 4, None), ("first:9", 0, ["1", "2", "3"])]
)
def test_samples(shops: mino.Client, write: Write, sample: str, seed: int, ids: list[str] | None) -> None:
    shops.apply(write("shop/1", "shop/2", "shop/3"))
    taken = []
    for _ in range(2):
        run = shops.run("shops", sample=sample, seed=seed, timeout="1m")
        rows = shops.sql(f"select row_id from tasks where run_id = '{run.run_id}' order by row_id").to_pylist()
        taken.append([row["row_id"] for row in rows])
    assert taken[0] == taken[1] and (ids is None or taken[0] == ids)


def test_a_run_without_one_good_page_is_a_report(shops: mino.Client, write: Write) -> None:
    shops.apply(write("gone"))
    report = shops.run("shops")
    assert report.status == "completed"
    assert (report.summary["completed"], report.summary["failed"]) == (0, 1)
    assert report.summary["failures"] == {"page_error": 1}


@pytest.mark.parametrize("at", ["planned", "attempt_started", "task_finished", "finalized"])
def test_what_a_callback_raises_stops_the_run(shops: mino.Client, write: Write, at: str) -> None:
    shops.apply(write("shop/1", *["never"] * (at != "finalized")))
    calls: list[str] = []

    def on_progress(event: RunEvent) -> None:
        calls.append(event["event"])
        if event["event"] == at:
            raise LookupError("seen enough")

    with pytest.raises(LookupError, match="seen enough"):
        shops.run("shops", on_progress=on_progress, concurrency=1)
    assert calls[-1] == at and calls.count(at) == 1
    run = shops.list("runs")[0]
    assert run["status"] == ("completed" if at == "finalized" else "stopped") and run["completed_at"]
    completed = shops.sql("select count(*) n from tasks where status = 'completed'").to_pylist()
    assert completed == [{"n": 1 if at in ("task_finished", "finalized") else 0}]
    assert shops.verify()["ok"]


def test_a_callback_may_ask_the_store(shops: mino.Client, write: Write) -> None:
    shops.apply(write("shop/1"))
    seen: list[Any] = []

    def on_progress(event: RunEvent) -> None:
        if event["event"] == "started":
            seen.append(shops.sql("select status from runs").to_pylist())
        if event["event"] == "finalized":
            seen.append(shops.verify(event["run_id"])["ok"])

    shops.run("shops", on_progress=on_progress)
    assert seen == [[{"status": "running"}], True]


def test_a_callback_may_run_another_campaign(shops: mino.Client, write: Write) -> None:
    shops.apply(write("shop/1"))
    inner: list[mino.RunReport] = []

    def on_progress(event: RunEvent) -> None:
        if event["event"] == "task_finished":
            inner.append(shops.run("shops"))

    outer = shops.run("shops", on_progress=on_progress)
    assert [report.status for report in [outer, *inner]] == ["completed", "completed"]


def test_runs_in_threads_of_their_own(shops: mino.Client, write: Write) -> None:
    shops.apply(write("shop/1", "shop/2"))
    told: dict[int, set[int]] = {}
    reports: list[mino.RunReport] = []

    def work(number: int) -> None:
        own = told.setdefault(number, set())
        reports.append(shops.run("shops", on_progress=lambda _: own.add(threading.get_ident())))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [report.summary["completed"] for report in reports] == [2, 2]
    assert told == {number: {thread.ident} for number, thread in enumerate(threads)}


def test_python_goes_on_while_a_run_waits(shops: mino.Client, write: Write) -> None:
    shops.apply(write("never"))
    started, enough = threading.Event(), threading.Event()

    def on_progress(event: RunEvent) -> None:
        if event["event"] == "attempt_started":
            started.set()
            enough.wait()
            raise LookupError

    def work() -> None:
        with pytest.raises(LookupError):
            shops.run("shops", on_progress=on_progress)

    thread = threading.Thread(target=work)
    thread.start()
    started.wait()
    assert shops.sql("select status from runs").to_pylist() == [{"status": "running"}]
    enough.set()
    thread.join()
    assert shops.sql("select status from runs").to_pylist() == [{"status": "stopped"}]
