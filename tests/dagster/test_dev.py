"""A real `dagster dev` over the example sites: the project of `dags/dagster`, and what is killed."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from conftest import ROOT, Examples, Site, campaign_file
from dev import Dev, until

import mino

SHOPS = """
from dagster import Definitions, RetryPolicy
from mino.dagster import MinoResource, build_mino_assets

defs = Definitions(
    assets=[*build_mino_assets({files}), *build_mino_assets({retried}, retry_policy=RetryPolicy(max_retries=1))],
    resources={{"mino": MinoResource(store={store!r})}},
)
"""

SETTINGS = """
nux: {enabled: false}
telemetry: {enabled: false}
# No queue that is looked at every few seconds.
run_coordinator: {module: dagster._core.run_coordinator, class: DefaultRunCoordinator}
"""

PAGES = 80

# The bar for what is terminated; beside other tests only what hangs is found.
SECONDS = 5 if os.environ.get("MINO_CHAOS") == "long" else 60

# Twelve hours away: its time does not come while the tests run.
CRON = f"0 {(datetime.now(ZoneInfo('Europe/Berlin')).hour + 12) % 24} * * *"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("lake"))


@pytest.fixture(scope="module")
def client(store: str) -> mino.Client:
    return mino.connect(store)


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory, store: str, examples: Examples, site: Site) -> Iterator[Dev]:
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(ROOT / "dags/dagster", home / "project")
    shutil.copy(home / "project/dagster.yaml", home)
    with (home / "dagster.yaml").open("a") as settings:
        settings.write(SETTINGS)
    sites = home / "project/src/prices/defs/attraction_prices/attractions.csv"
    sites.write_text(sites.read_text().replace(":8790/", f":{examples.port}/"))
    campaign = sites.with_name("campaign.yaml")
    campaign.write_text(campaign.read_text().replace("0 6 * * *", CRON))
    pages = [f"slow/{number}" for number in range(PAGES)]

    def files(*names: str) -> list[str]:
        return [str(campaign_file(home / name, site, pages, name, "", "timeout: 60s")) for name in names]

    plain, retried = files("terminated", "worker-killed", "step-killed"), files("retried", "browser")
    (home / "shops.py").write_text(SHOPS.format(files=plain, retried=retried, store=store))
    workspace = """load_from:
  - python_module: {module_name: prices.definitions, working_directory: project/src, location_name: prices}
  - python_file: {relative_path: shops.py, location_name: shops}
"""
    started = Dev(home, workspace, {"MINO_STORE": store})
    try:
        started.wait_until_up()
        started.settle()
        yield started
    finally:
        started.stop()


def test_the_project_runs_to_success(dev: Dev, client: mino.Client) -> None:
    run = dev.launch("prices", ["attraction_prices"], partition="2026-11-02")
    assert dev.finished(run) == "SUCCESS", dev.events(run)
    events = dev.events(run)
    [made] = [event for event in events if event["__typename"] == "MaterializationEvent"]
    assert (made["assetKey"]["path"], made["partition"]) == (["attraction_prices"], "2026-11-02")
    told = {entry["label"]: entry for entry in made["metadataEntries"]}
    [found] = [each for each in client.list("runs") if each["campaign"] == "attraction-prices"]
    assert told["mino/run_id"]["text"] == found["run_id"]
    assert told["dagster/row_count"]["intValue"] == 8
    assert "| price | 8/8 |" in told["mino/fields"]["mdStr"]
    columns = [column["name"] for column in told["dagster/column_schema"]["schema"]["columns"]]
    assert columns[:4] == ["row_id", "site_url", "name", "price"]

    lines = [event["message"] for event in events if event["__typename"] == "LogMessageEvent"]
    assert f"run {found['run_id']} of attraction-prices: 8 tasks" in lines
    assert any(line.startswith("completed: 8 of 8 tasks done, 0 of them failed") for line in lines)

    checks = {
        event["evaluation"]["checkName"]: event["evaluation"]["success"]
        for event in events
        if event["__typename"] == "AssetCheckEvaluationEvent"
    }
    assert checks == {"accuracy_price": True, "completeness": True, "failures": True, "freshness": True}

    # Somebody who executes again what succeeded wants today's prices.
    again = dev.launch_again(run, "ALL_STEPS")
    assert dev.finished(again) == "SUCCESS", dev.events(again)
    anew = [each["run_id"] for each in client.list("runs") if each["campaign"] == "attraction-prices"]
    assert len(anew) == 2 and found["run_id"] in anew

    downstream = dev.launch("prices", ["cheapest_ticket"])
    assert dev.finished(downstream) == "SUCCESS", dev.events(downstream)
    [report] = [event for event in dev.events(downstream) if event["__typename"] == "MaterializationEvent"]
    told = {entry["label"]: entry for entry in report["metadataEntries"]}
    assert "| EUR | Führung durch den Salzturm | 14.50 |" in told["cheapest"]["mdStr"]


def test_the_schedule_of_the_project_is_on(dev: Dev) -> None:
    query = """{ schedulesOrError(repositorySelector: {
      repositoryLocationName: "prices", repositoryName: "__repository__"
    }) { ... on Schedules { results { name cronSchedule executionTimezone scheduleState { status } } } } }"""
    assert dev.ask(query)["schedulesOrError"]["results"] == [
        {
            "name": "attraction_prices_schedule",
            "cronSchedule": CRON,
            "executionTimezone": "Europe/Berlin",
            "scheduleState": {"status": "RUNNING"},
        }
    ]


def _working(dev: Dev, client: mino.Client, campaign: str, run: str) -> str:
    """Waits until a few pages of a run are done and in the store, and gives its id."""

    def found() -> str | None:
        assert dev.status(run) in ("NOT_STARTED", "QUEUED", "STARTING", "STARTED"), dev.events(run)
        for each in client.list("runs"):
            if each["campaign"] == campaign and client.status(each["run_id"])[0]["totals"]["completed"] >= 6:
                return each["run_id"]
        return None

    run_id = until(f"pages of {campaign}", found)
    # What is looked for after a kill can be found before it.
    assert any("chrom" in name for name in dev.leftovers().values())
    return run_id


def _successes(client: mino.Client, run_id: str) -> set[tuple[str, str]]:
    """Attempts that succeeded, with when they began: one that is made again began later."""
    query = f"select attempt_id, started_at from attempts where run_id = '{run_id}' and status = 'success'"
    return {(each["attempt_id"], each["started_at"]) for each in client.sql(query).to_pylist()}


def _expect_one_run_without_loss(client: mino.Client, campaign: str, run_id: str) -> None:
    """One run, each task of it done once, and nothing that was done before is done again."""
    assert [each["run_id"] for each in client.list("runs") if each["campaign"] == campaign] == [run_id]
    [totals] = client.sql(
        "select count(*) as tasks, count(distinct row_id) as rows, "
        "sum(case when status = 'completed' then 1 else 0 end) as completed "
        f"from tasks where run_id = '{run_id}'"
    ).to_pylist()
    assert totals == {"tasks": PAGES, "rows": PAGES, "completed": PAGES}
    doubled = client.sql(
        f"select task_id from attempts where run_id = '{run_id}' and status = 'success' "
        "group by task_id having count(*) <> 1"
    ).to_pylist()
    assert doubled == []
    assert client.verify(run_id)["ok"]


@pytest.mark.parametrize(
    ("campaign", "in_process"),
    [("terminated", False), ("retried", False), ("browser", True)],
    ids=["multiprocess", "multiprocess with a retry policy", "in_process with a retry policy"],
)
def test_terminate_stops_the_run_and_executing_it_again_finishes_it(
    dev: Dev, client: mino.Client, campaign: str, in_process: bool
) -> None:
    run = dev.launch("shops", [campaign], in_process=in_process)
    run_id = _working(dev, client, campaign, run)
    began = time.monotonic()
    dev.terminate(run)
    assert dev.finished(run) == "CANCELED"
    dev.expect_nothing_left()
    took = time.monotonic() - began
    print(f"terminated, and nothing left, in {took:.1f} s")
    assert took < SECONDS

    stopped = client.show(run_id)
    assert stopped["kind"] == "run" and stopped["run"]["status"] == "stopped"
    done = _successes(client, run_id)
    assert 6 <= len(done) < PAGES
    said = [event["message"] for event in dev.events(run) if event["__typename"] == "LogMessageEvent"]
    assert any(f"run {run_id} is stopped, Dagster was asked to terminate it" in line for line in said)

    again = dev.launch_again(run)
    assert dev.finished(again) == "SUCCESS", dev.events(again)
    _expect_one_run_without_loss(client, campaign, run_id)
    assert done <= _successes(client, run_id)


def test_a_killed_run_worker_leaves_nothing_and_its_retry_finishes_the_run(dev: Dev, client: mino.Client) -> None:
    run = dev.launch("shops", ["worker_killed"])
    run_id = _working(dev, client, "worker-killed", run)
    worker = until("the worker's process", lambda: dev.worker(run))
    os.kill(worker, signal.SIGKILL)
    # The step is an orphan now, which nobody can terminate: it ends by itself, with its browser.
    dev.expect_nothing_left()
    assert dev.finished(run) == "FAILURE"
    # The status of the run may be that of the retry by now.
    said = [event["message"] for event in dev.events(run) if event["__typename"] == "LogMessageEvent"]
    assert any(f"run {run_id} is stopped, the process that started this step is gone" in line for line in said), said

    # The daemon's own retry, as dags/dagster/dagster.yaml asks for.
    retry = until("a retry", lambda: next((each for each in dev.runs() if each["parentRunId"] == run), None))
    assert dev.finished(retry["runId"]) == "SUCCESS", dev.events(retry["runId"])
    _expect_one_run_without_loss(client, "worker-killed", run_id)


def test_a_killed_step_leaves_nothing_and_its_retry_finishes_the_run(dev: Dev, client: mino.Client) -> None:
    run = dev.launch("shops", ["step_killed"])
    run_id = _working(dev, client, "step-killed", run)
    step = until("the step's process", lambda: dev.step(run))
    os.kill(step, signal.SIGKILL)
    assert dev.finished(run) == "FAILURE"
    retry = until("a retry", lambda: next((each for each in dev.runs() if each["parentRunId"] == run), None))
    assert dev.finished(retry["runId"]) == "SUCCESS", dev.events(retry["runId"])
    dev.expect_nothing_left()
    _expect_one_run_without_loss(client, "step-killed", run_id)


def test_nothing_is_left(dev: Dev) -> None:
    dev.expect_nothing_left()
    assert {each["status"] for each in dev.runs()} == {"SUCCESS", "FAILURE", "CANCELED"}
