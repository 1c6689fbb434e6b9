"""Stores that refuse, are slow, lose answers, or go away: nothing is lost."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from faults import Faults, between

import mino

LONG = os.environ.get("MINO_CHAOS") == "long"


def whole(client: mino.Client, run: str, tasks: int) -> None:
    assert client.verify(run)["ok"]
    counted = client.sql(
        "select count(*) tasks, count(distinct task_id) ids, sum(case when status = 'completed' then 1 else 0 end) done"
        f" from tasks where run_id = '{run}'"
    ).to_pylist()
    assert counted == [{"tasks": tasks, "ids": tasks, "done": tasks}]
    attempts = client.sql(f"select count(*) n, count(distinct attempt_id) ids from attempts where run_id = '{run}'")
    assert attempts.to_pylist() == [{"n": tasks, "ids": tasks}]


def test_a_run_completes_over_a_store_with_faults(
    s3: str, campaign: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = 500 if LONG else 40
    faults = Faults(0.2, seed=7)
    with between(os.environ["AWS_ENDPOINT_URL"], faults) as way:
        monkeypatch.setenv("AWS_ENDPOINT_URL", way)
        client = mino.connect(f"{s3}/faults")
        client.apply(campaign([f"shop/{number}" for number in range(tasks)]))
        report = client.run("shops", fetch="http", concurrency=8)
        faults.share = 0.0
        whole(client, report.run_id, tasks)
    wrong = sum(count for kind, count in faults.seen.items() if kind != "fine")
    print(f"{tasks} tasks, {sum(faults.seen.values())} requests, {wrong} went wrong: {dict(faults.seen)}")
    assert wrong > 5 and all(faults.seen[kind] for kind in ("error", "slow_down"))


def test_a_query_over_a_store_that_went_away_can_be_asked_again(
    s3: str, campaign: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = Faults(0.0, seed=1)

    def kind_of_failure(query: str) -> type[Exception] | None:
        try:
            client.sql(query)
        except mino.MinoError as error:
            return type(error)
        return None

    with between(os.environ["AWS_ENDPOINT_URL"], faults) as way, ThreadPoolExecutor() as pool:
        monkeypatch.setenv("AWS_ENDPOINT_URL", way)
        client = mino.connect(f"{s3}/gone")
        client.apply(campaign(["shop/1"]))
        client.run("shops", fetch="http")
        queries = ["select * from tasks", "select * from campaigns", 'select * from results."shops"']
        assert [*map(kind_of_failure, queries)] == [None] * 3
        faults.away = True
        # An orchestrator tries again what is unreachable, and nothing that makes no sense.
        assert [*pool.map(kind_of_failure, queries)] == [mino.UnreachableError] * 3


def test_a_store_that_goes_away_pauses_the_run(
    s3: str, campaign: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tasks = 40
    faults = Faults(0.0, seed=1)
    monkeypatch.setenv("MINO_SPOOL", str(tmp_path / "spool"))
    events: list[str] = []
    kept: list[int] = []

    def told(event: mino.types.RunEvent) -> None:
        events.append(event["event"])
        if event["event"] == "flushed" and not faults.away and "store_fault" not in events:
            faults.away = True
        if event["event"] == "store_fault":
            kept.append(len(list((tmp_path / "spool").rglob("*.parquet"))))
            threading.Timer(1.0, setattr, (faults, "away", False)).start()

    with between(os.environ["AWS_ENDPOINT_URL"], faults) as way:
        monkeypatch.setenv("AWS_ENDPOINT_URL", way)
        client = mino.connect(f"{s3}/away")
        client.apply(campaign([f"slow/{number}" for number in range(tasks)], run="concurrency: 2, fetch: http"))
        report = client.run("shops", on_progress=told)
        whole(client, report.run_id, tasks)
    assert kept and kept[0] > 0, "finished attempts wait on the disk"
    assert events.index("store_fault") < events.index("store_back")
    assert not list((tmp_path / "spool").rglob("*.parquet")), "and go when they are in the store"
