"""What orchestrators rely on: forks, runs that a retry finds again, quality rules, the engine's log."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from uuid import UUID

import pytest

import mino
from mino.workflow import ProgressLog, run_id_for, run_or_go_on


def test_forked_children_use_the_engine_of_their_parent(s3: str, campaign: Callable[..., Path], tmp_path: Path) -> None:
    client = mino.connect(f"{s3}/forks")
    client.apply(campaign([f"shop/{n}" for n in range(3)]))
    assert client.run("shops", fetch="http").status == "completed"
    children = []
    for number in range(4):
        pid = os.fork()
        if pid == 0:
            # Whatever goes wrong here must not go on as a second pytest.
            try:
                report = client.run("shops", fetch="http")
                told = f"{report.status} {len(client.sql('select * from campaigns'))}"
            except BaseException as error:
                told = repr(error)
            (tmp_path / f"{number}").write_text(told)
            os._exit(0)
        children.append(pid)
    assert client.show("shops")["kind"] == "campaign", "the parent goes on beside its children"
    for pid in children:
        os.waitpid(pid, 0)
    assert [(tmp_path / f"{number}").read_text() for number in range(4)] == ["completed 1"] * 4
    assert client.sql("select count(distinct run_id) n from tasks").to_pylist() == [{"n": 5}]


def test_whoever_asks_again_gets_the_same_run(client: mino.Client, campaign: Callable[..., Path]) -> None:
    at = datetime(2026, 3, 1, 6, tzinfo=timezone.utc)
    ids = [run_id_for(at, "dag", "task", "scheduled", str(n)) for n in range(50)]
    assert len({*ids}) == 50 and run_id_for(at.replace(tzinfo=None), "dag", "task", "scheduled", "7") == ids[7]
    assert all(UUID(run_id).version == 7 and UUID(run_id).variant == UUID(ids[0]).variant for run_id in ids)
    assert run_id_for(datetime(2026, 3, 1, 7, tzinfo=timezone.utc), "a") > max(ids)

    client.apply(campaign([f"shop/{n}" for n in range(3)]))
    first = run_or_go_on(client, "shops", ids[0], fetch="http", sample="first:2")
    again = run_or_go_on(client, "shops", ids[0], fetch="http", sample="first:2")
    assert first.run_id == again.run_id == ids[0] and first.summary == again.summary
    assert client.sql("select count(*) n from attempts").to_pylist() == [{"n": 2}]
    # Nobody gets another campaign's answers for its own.
    client.apply(campaign(["shop/9"], name="others"))
    with pytest.raises(mino.InputError, match="is one of shops, and others is to be run"):
        run_or_go_on(client, "others", ids[0], fetch="http")


def test_a_plan_takes_the_settings_of_a_run(client: mino.Client, campaign: Callable[..., Path]) -> None:
    client.apply(campaign(["shop/1", "shop/2"]))
    run_id = client.plan("shops", fetch="http", max_retries=0, timeout="9s", sample="first:1", archive=True)
    shown = client.show(run_id)
    assert shown["kind"] == "run"
    settings = shown["run"]["settings"]
    assert (settings["fetch"], settings["max_retries"], settings["timeout"], settings["archive"]) == (
        "http",
        0,
        "9s",
        True,
    )
    with pytest.raises(TypeError, match="there is no setting `retries`"):
        client.plan("shops", retries=1)  # type: ignore[call-arg]


def test_a_run_takes_the_versions_that_are_asked_for(
    client: mino.Client, campaign: Callable[..., Path], tmp_path: Path
) -> None:
    client.apply(campaign(["shop/1"]))
    file = campaign(["shop/1", "shop/2"])
    file.write_text(
        file.read_text().replace("  prompt: The product's price.", '  version: "1.1"\n  prompt: Its price.')
    )
    client.apply(file)
    assert client.run("shops", fetch="http", instructions="1.0", dataset_version=1).status == "completed"
    assert client.run("shops", fetch="http").status == "completed"
    newest, oldest = client.list("runs")
    assert (oldest["instructions_version"], oldest["dataset_version"], oldest["tasks"]) == ("1.0", 1, 1)
    assert (newest["instructions_version"], newest["dataset_version"], newest["tasks"]) == ("1.1", 2, 2)
    with pytest.raises(mino.InputError, match=r"no instructions 1\.2; did you mean 1\.[01]\?"):
        client.plan("shops", instructions="1.2")
    with pytest.raises(mino.InputError, match=r"dataset shops has no version 3 \(there are 1 to 2\)"):
        client.plan("shops", dataset_version=3)


def test_rules_are_asked_of_a_run(client: mino.Client, campaign: Callable[..., Path]) -> None:
    client.apply(campaign([f"shop/{n}" for n in range(3)]))
    run_id = client.plan("shops", fetch="http")
    with pytest.raises(mino.InputError, match="its quality is known when it is finished"):
        client.quality(run_id)
    client.run(resume=run_id)
    assert client.quality() == []
    kept, missed = client.quality(
        run_id,
        [
            {"check": "completeness", "field": "price", "at_least": 1},
            {"check": "accuracy", "at_least": 0.9, "severity": "warn"},
        ],
    )
    assert (kept["passed"], kept["value"], kept["n"], kept["severity"]) == (True, 1.0, 3, "error")
    # All three are right, and three are too few to be sure.
    assert not missed["passed"] and missed["value"] is not None and 0.4 < missed["value"] < 0.5
    with pytest.raises(mino.InputError, match="`accuracy` takes at_least"):
        client.quality(run_id, [{"check": "accuracy"}])


def test_a_log_hears_of_progress(
    client: mino.Client, campaign: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    client.apply(campaign([f"shop/{n}" for n in range(4)]))
    log = logging.getLogger("test.progress")
    with caplog.at_level(logging.INFO), ProgressLog(log, every=0.01) as progress:
        client.run("shops", fetch="http", on_progress=progress)
    assert progress.completed == 4 and progress.run_id is not None
    said = [record.getMessage() for record in caplog.records if record.name == "test.progress"]
    begun = said.index(f"run {progress.run_id} of shops: 4 tasks")
    ended = next(
        at for at, line in enumerate(said) if line.startswith("completed: 4 of 4 tasks done, 0 of them failed, ")
    )
    assert {*said[:begun]} <= {"the run has not begun yet"}
    assert any("tasks done" in line for line in said[begun:ended]), "it tells between, too"


def test_a_log_says_what_stopped_a_run_even_where_it_arose_in_it(
    client: mino.Client, campaign: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    class TimedOut(BaseException):
        """What an orchestrator's signal handler raises."""

    client.apply(campaign(["shop/1", "shop/2"]))
    with caplog.at_level(logging.WARNING), pytest.raises(TimedOut), ProgressLog(logging.getLogger("test")) as progress:

        def on_progress(event: mino.types.RunEvent) -> None:
            if event["event"] == "task_finished":
                raise TimedOut("the task's time is up")
            progress(event)

        client.run("shops", fetch="http", on_progress=on_progress, concurrency=1)
    said = [record.getMessage() for record in caplog.records if record.name == "test"]
    assert said == ["stopping: the task's time is up"]
    # Where it arose elsewhere the run itself tells, and nothing twice.
    caplog.clear()
    with pytest.raises(mino.RunFailed), ProgressLog(logging.getLogger("test")):
        raise mino.RunFailed("none of its tasks")
    assert not [record for record in caplog.records if record.name == "test"]
