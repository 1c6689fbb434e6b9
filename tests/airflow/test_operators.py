"""Sensor, SQL, checks, decorator and DAGs of campaigns, in another organization than the other tests."""

from __future__ import annotations

import json

import pytest
from deployment import Airflow, until

import mino

DAG = "operators_hidden"


@pytest.fixture(scope="module")
def dag_run(airflow: Airflow) -> str:
    begun = airflow.trigger(DAG)
    airflow.wait(DAG, begun, "failed")
    return begun


def test_each_task_ends_as_it_should(airflow: Airflow, dag_run: str) -> None:
    states = {task["task_id"]: task["state"] for task in airflow.tasks(DAG, dag_run)}
    failed = {"check", "bad"}
    assert states == {task: "failed" if task in failed else "success" for task in states}, "\n".join(
        airflow.logs(DAG, dag_run)
    )


def test_the_decorated_function_said_what_to_run(airflow: Airflow, dag_run: str) -> None:
    figures = airflow.xcoms(DAG, dag_run, "contacts")["return_value"]
    assert (figures["org"], figures["campaign"], figures["tasks"]) == ("acme", "sheriff-contacts", 24)


def test_sensors_give_the_run(airflow: Airflow, dag_run: str) -> None:
    figures = airflow.xcoms(DAG, dag_run, "contacts")["return_value"]
    for sensor in ("seen", "seen_by_trigger"):
        assert airflow.xcoms(DAG, dag_run, sensor)["return_value"] == figures


def test_a_query_hands_on_a_taste(airflow: Airflow, dag_run: str) -> None:
    told = airflow.xcoms(DAG, dag_run, "failures")["return_value"]
    assert (told["rows"], told["columns"]) == (3, ["site_url", "failure_reason"])
    assert len(told["first"]) == 3


def test_a_check_shows_what_must_not_be(airflow: Airflow, dag_run: str) -> None:
    log = airflow.log(DAG, dag_run, "check")
    assert "the check found 3 rows: {" in log
    assert len([line for line in log.splitlines() if line.startswith('info {"')]) == 3


def test_rules_that_warn_do_not_fail(airflow: Airflow, dag_run: str) -> None:
    told = airflow.xcoms(DAG, dag_run, "good")["return_value"]
    assert told["rules"] == 2 and len(told["missed"]) == 1
    log = airflow.log(DAG, dag_run, "good")
    assert "info passed: " in log and "warning missed: " in log
    assert "error missed: " in airflow.log(DAG, dag_run, "bad")


def test_the_event_names_the_organization_of_the_connection(airflow: Airflow, dag_run: str) -> None:
    events = airflow.asset_events(DAG)
    assert {event["uri"] for event in events} == {"mino://acme/sheriff-contacts"}
    # A check tells an asset, too, with the same figures; one that failed does not.
    figures = airflow.xcoms(DAG, dag_run, "contacts")["return_value"]
    assert {event["source_task_id"]: event["extra"] for event in events} == {"contacts": figures, "good": figures}


def test_every_message_is_small(airflow: Airflow, dag_run: str) -> None:
    for task in airflow.tasks(DAG, dag_run):
        assert len(json.dumps(airflow.xcoms(DAG, dag_run, task["task_id"]))) < 4096


def test_a_folder_of_campaigns_is_dags(airflow: Airflow) -> None:
    name = "small-folder"
    dag_run = airflow.trigger(name)
    airflow.wait(name, dag_run)
    figures = airflow.xcoms(name, dag_run, "run")["return_value"]
    assert figures["tasks"] == 2
    # The campaign's own rules are a task after the run.
    checked = airflow.xcoms(name, dag_run, "quality")["return_value"]
    assert checked == {"run_id": figures["run_id"], "rules": 2, "missed": []}
    # Only then the asset hears of it.
    (event,) = airflow.asset_events(name)
    assert (event["source_task_id"], event["extra"]) == ("quality", figures)


def test_a_store_of_campaigns_is_dags(airflow: Airflow, dag_run: str) -> None:
    name = "sheriff-contacts_hidden"
    until("the DAG of the store", lambda: airflow.client().get(f"/api/v2/dags/{name}").status_code == 200)
    dag_run = airflow.trigger(name)
    airflow.wait(name, dag_run)
    figures = airflow.xcoms(name, dag_run, "run")["return_value"]
    assert (figures["org"], figures["tasks"]) == ("acme", 24)


def test_the_connection_is_tested_and_known(airflow: Airflow, dag_run: str) -> None:
    forms = airflow.client().get("/ui/connections/hook_meta").raise_for_status().json()
    (form,) = [form for form in forms if form["connection_type"] == "mino"]
    assert form["hook_name"] == "Mino" and {"browser", "model"} <= {*form["extra_fields"]}
    assert form["standard_fields"]["host"]["title"] == "Store"
    from mino.airflow.hook import MinoHook, Place
    from mino.workflow import MODEL_IS_NOT_ASKED

    class Connection:
        conn_id, host, schema, extra_dejson = (
            "mino",
            str(airflow.store),
            "acme",
            {"browser": None, "model": "http://127.0.0.1:8080"},
        )

    hook = MinoHook("mino")
    hook._place = Place.of(Connection())
    assert hook.model == "http://127.0.0.1:8080"
    told = f"file://{airflow.store}: 1 campaigns of acme; {MODEL_IS_NOT_ASKED}"
    assert hook.test_connection() == (True, told)
    hook = MinoHook("mino")
    hook._place = Place("s3://", "acme", None, None)
    assert not hook.test_connection()[0]


def test_the_button_that_tests_a_connection(airflow: Airflow, dag_run: str) -> None:
    def said(host: str) -> dict:
        body = {"connection_id": "new", "conn_type": "mino", "host": host, "schema": "acme"}
        return airflow.client().post("/api/v2/connections/test", json=body).raise_for_status().json()

    assert said(str(airflow.store)) == {"status": True, "message": f"file://{airflow.store}: 1 campaigns of acme"}
    nobody = said("s3://nobody/mino")
    assert not nobody["status"] and "s3://nobody/mino" in nobody["message"]


def test_a_date_is_done_again_under_another_key(airflow: Airflow) -> None:
    dag_run = airflow.trigger("again")
    airflow.wait("again", dag_run)

    def run_id() -> str:
        return str(airflow.xcoms("again", dag_run, "run")["return_value"]["run_id"])

    first = run_id()
    airflow.client().post("/api/v2/variables", json={"key": "again", "value": "2"}).raise_for_status()
    airflow.clear("again", dag_run, only_failed=False)
    airflow.wait("again", dag_run)
    assert run_id() != first
    page = airflow.client().get(f"/mino/dags/again/runs/{dag_run}").text
    assert run_id() in page and first not in page


def test_an_asset_names_organization_and_campaign() -> None:
    from mino.airflow import mino_asset

    assert mino_asset("prices", org="acme").uri == "mino://acme/prices"
    with pytest.raises(ValueError, match="organization/campaign"):
        mino_asset("prices/more")


def test_texts_of_templates_become_settings() -> None:
    from mino.airflow.settings import of_run
    from mino.airflow.versions import AirflowFailException

    given = {"concurrency": "5", "archive": "False", "allow_addresses": "10.0.0.0/8, 127.0.0.0/8", "seed": None}
    wanted = {"concurrency": 5, "archive": False, "allow_addresses": ["10.0.0.0/8", "127.0.0.0/8"]}
    assert of_run(given) == wanted
    with pytest.raises(AirflowFailException, match="concurrency `many`"):
        of_run({"concurrency": "many"})


def test_the_first_rows_of_many_are_few(client: mino.Client) -> None:
    from mino.airflow.sql_operator import first_rows

    rows = client.sql("select repeat('word ', 500) as long, value from generate_series(1, 5000)")
    assert len(rows) == 5000 and len(json.dumps(first_rows(rows))) < 3500
