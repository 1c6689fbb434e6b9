"""Each file of `dags/airflow` runs to success over the example sites, with a real browser."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from conftest import CRON
from deployment import Airflow, until

import mino


def small(xcoms: dict[str, Any]) -> bool:
    return len(json.dumps(xcoms)) < 4096


def test_daily_price_monitor(airflow: Airflow, client: mino.Client) -> None:
    dag = "daily_price_monitor"
    dag_run = airflow.trigger(dag)
    airflow.wait(dag, dag_run)
    told = airflow.xcoms(dag, dag_run, "run")
    figures = told["return_value"]
    assert (figures["campaign"], figures["status"], figures["tasks"]) == ("attraction-prices", "completed", 21)
    assert client.verify(figures["run_id"])["ok"]
    assert small(told)

    # By the campaign's own cron and time zone.
    known = airflow.get(f"dags/{dag}/details")
    assert (known["timetable_summary"], known["timezone"]) == (CRON, "UTC")
    following = until("the next run", lambda: airflow.get(f"dags/{dag}/details")["next_dagrun_run_after"])
    assert datetime.fromisoformat(following.replace("Z", "+00:00")).astimezone(ZoneInfo("Europe/Berlin")).hour == 5

    # Progress and what went wrong are in the task's own log, none of it as an error.
    log = airflow.log(dag, dag_run, "run")
    assert f"info run {figures['run_id']} of attraction-prices: 21 tasks" in log
    assert "info completed: 21 of 21 tasks done" in log
    assert not [line for line in log.splitlines() if line.startswith(("error", "critical"))]

    # The link leads to the page of the run.
    link = airflow.get(f"dags/{dag}/dagRuns/{dag_run}/taskInstances/run/links")["extra_links"]
    page = airflow.client().get(link["Mino run"])
    assert page.status_code == 200 and figures["run_id"] in page.text


def test_test_then_production_and_what_follows(airflow: Airflow, client: mino.Client) -> None:
    dag = "test_then_production"
    dag_run = airflow.trigger(dag)
    airflow.wait(dag, dag_run)
    test = airflow.xcoms(dag, dag_run, "test")["return_value"]
    production = airflow.xcoms(dag, dag_run, "production")["return_value"]
    assert (test["run_type"], test["tasks"]) == ("test", 10)
    assert (production["run_type"], production["tasks"]) == ("production", 18)
    assert airflow.xcoms(dag, dag_run, "gate")["return_value"] == {"run_id": test["run_id"], "rules": 1, "missed": []}

    # One event, of the production run, with its figures.
    events = airflow.asset_events(dag)
    assert [event["extra"] for event in events] == [production]
    assert production["accuracy_lower"] < production["accuracy"] < production["accuracy_upper"]

    # It began the DAG that reads the Parquet.
    after = "read_with_duckdb"
    begun = until("the DAG that follows", lambda: airflow.get(f"dags/{after}/dagRuns")["dag_runs"])[0]["dag_run_id"]
    airflow.wait(after, begun)
    read = airflow.xcoms(after, begun, "cheapest")["return_value"]
    assert read == {"run_id": production["run_id"], "venues": 5}


def test_a_gate_that_is_missed_lets_nothing_through(airflow: Airflow) -> None:
    dag = "test_then_production"
    body = {"logical_date": None, "conf": {"sample": "first:3", "min_accuracy": 0.99}}
    begun = airflow.client().post(f"/api/v2/dags/{dag}/dagRuns", json=body).raise_for_status()
    dag_run = begun.json()["dag_run_id"]
    airflow.wait(dag, dag_run, "failed")
    states = {task["task_id"]: task["state"] for task in airflow.tasks(dag, dag_run)}
    assert states == {"apply": "success", "test": "success", "gate": "failed", "production": "upstream_failed"}


def test_sharded_run(airflow: Airflow, client: mino.Client) -> None:
    dag = "sharded_run"
    dag_run = airflow.trigger(dag)
    airflow.wait(dag, dag_run)
    shards = [task for task in airflow.tasks(dag, dag_run) if task["task_id"] == "contacts.shard"]
    assert sorted(task["rendered_map_index"] for task in shards) == ["1/4", "2/4", "3/4", "4/4"]
    told = airflow.xcoms(dag, dag_run, "contacts.finalize")
    assert small(told)
    run_id = told["return_value"]["run_id"]
    assert run_id == airflow.xcoms(dag, dag_run, "contacts.plan")["return_value"]
    workers = client.sql(f"select count(distinct worker) as n from attempts where run_id = '{run_id}'").to_pylist()
    assert workers == [{"n": 4}]

    # The same results as in one piece.
    whole = client.run("sheriff-contacts").run_id

    def results(run: str) -> list[dict[str, Any]]:
        query = f"select row_id, status, field, value, match from fields where run_id = '{run}' order by row_id, field"
        return client.sql(query.replace("status, ", "")).to_pylist()

    assert results(run_id) == results(whole)
    events = airflow.asset_events(dag)
    assert [(event["uri"], event["extra"]["run_id"]) for event in events] == [
        ("mino://default/sheriff-contacts", run_id)
    ]


def test_messages_of_a_large_run_are_small(airflow: Airflow) -> None:
    dag_run = airflow.trigger("large")
    airflow.wait("large", dag_run)
    tasks = airflow.tasks("large", dag_run)
    told = [airflow.xcoms("large", dag_run, task["task_id"], task["map_index"]) for task in tasks]
    assert len(told) == 6 and all(small(one) for one in told)
    events = airflow.asset_events("large")
    assert [event["extra"]["tasks"] for event in events] == [5000] and small(events[0]["extra"])
    page = airflow.client().get(f"/mino/dags/large/runs/{dag_run}").text
    assert "4980" in page and len(page) < 100_000


def test_lineage_names_what_was_read_and_written(airflow: Airflow) -> None:
    dag = "daily_price_monitor"
    run_id = airflow.get(f"dags/{dag}/dagRuns")["dag_runs"][0]["dag_run_id"]
    figures = airflow.xcoms(dag, run_id, "run")["return_value"]
    told = [json.loads(line) for line in airflow.lineage.read_text().splitlines()]
    (event,) = [e for e in told if e["eventType"] == "COMPLETE" and e["job"]["name"] == f"{dag}.run"]
    assert [read["name"].rsplit("/", 2)[-2:] for read in event["inputs"]] == [["attraction-prices", "v1.parquet"]]
    columns = {field["name"]: field["type"] for field in event["inputs"][0]["facets"]["schema"]["fields"]}
    assert columns["url"] == "url"
    tables = {written["name"].split("/tables/")[1].split("/")[0]: written for written in event["outputs"]}
    assert set(tables) == {"attempts", "tasks", "fields", "results"}
    assert tables["results"]["outputFacets"]["outputStatistics"]["rowCount"] == figures["tasks"]
    assert "price__confidence" in {field["name"] for field in tables["results"]["facets"]["schema"]["fields"]}
