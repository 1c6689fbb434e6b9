"""The plugin's pages: what they show, to whom, and how they look inside Airflow."""

from __future__ import annotations

import os
import re
from pathlib import Path

import httpx
import pytest
from browser import Browser
from deployment import Airflow, until

DAGS = ("pages", "pages_hidden")


@pytest.fixture(scope="module")
def dag_runs(airflow: Airflow) -> dict[str, str]:
    """A finished run of each DAG."""
    begun = {dag: airflow.trigger(dag) for dag in (*DAGS, "two_runs", "no_runs", "moved", "forged_hidden")}
    for dag, dag_run in begun.items():
        airflow.wait(dag, dag_run)
    return begun


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of the pages are kept."""
    folder = os.environ.get("MINO_ARTIFACTS")
    kept = Path(folder) if folder else tmp_path_factory.mktemp("artifacts")
    kept.mkdir(parents=True, exist_ok=True)
    return kept


def addresses(dag: str, dag_run: str) -> list[str]:
    run = f"/mino/dags/{dag}/runs/{dag_run}"
    task = f"{run}/tasks/contacts/-1"
    return [run, task, f"{run}/tasks/contacts/%7BMAP_INDEX%7D"]


def test_nobody_sees_anything_without_login(airflow: Airflow, dag_runs: dict[str, str]) -> None:
    known = [address for dag in DAGS for address in addresses(dag, dag_runs[dag])]
    site = "00000000-0000-5000-8000-000000000000"
    for address in [*known, f"{known[1]}/pictures/{site}", "/mino/campaigns"]:
        answer = httpx.get(airflow.url + address, timeout=60)
        assert answer.status_code == 401 and "sheriff" not in answer.text, address
    assert httpx.get(f"{airflow.url}/mino/openapi.json", timeout=60).status_code == 404
    forged = httpx.get(airflow.url + known[0], headers={"Authorization": "Bearer no.such.token"}, timeout=60)
    assert forged.status_code in (401, 403)


def test_who_may_see_the_dag_sees_its_run(airflow: Airflow, dag_runs: dict[str, str]) -> None:
    run_id = airflow.xcoms("pages", dag_runs["pages"], "contacts")["mino_run"]["run_id"]
    for user in ("admin", "guest"):
        for address in addresses("pages", dag_runs["pages"]):
            page = airflow.client(user).get(address)
            assert page.status_code == 200, page.text
            assert run_id in page.text and "organization default" in page.text
            assert "Accuracy by field" in page.text and "the page does not exist" in page.text


def test_who_may_not_see_the_dag_sees_nothing_of_it(airflow: Airflow, dag_runs: dict[str, str]) -> None:
    hidden = addresses("pages_hidden", dag_runs["pages_hidden"])
    pictures = re.findall(r'src="([^"]+)"', airflow.client("admin").get(hidden[1]).text)
    assert pictures
    for address in [*hidden, *pictures]:
        answer = airflow.client("guest").get(address)
        assert answer.status_code == 403 and "sheriff" not in answer.text, address
        assert airflow.client("admin").get(address).status_code == 200
    # Neither through a DAG that may be seen, whose pages know only its own runs.
    through = pictures[0].replace("pages_hidden", "pages").replace(dag_runs["pages_hidden"], dag_runs["pages"])
    assert airflow.client("guest").get(through).status_code == 404
    assert "acme" in airflow.client("admin").get("/mino/campaigns").text
    campaigns = airflow.client("guest").get("/mino/campaigns").text
    assert "sheriff-contacts" in campaigns and "acme" not in campaigns


def test_who_may_not_see_runs_sees_no_campaigns(airflow: Airflow, dag_runs: dict[str, str]) -> None:
    assert airflow.client("reader").get("/api/v2/dags").status_code == 200
    answer = airflow.client("reader").get("/mino/campaigns")
    assert answer.status_code == 403 and "sheriff" not in answer.text


def test_who_writes_messages_of_a_dag_sees_no_run_of_another(airflow: Airflow, dag_runs: dict[str, str]) -> None:
    told = airflow.xcoms("pages_hidden", dag_runs["pages_hidden"], "contacts")["mino_run"]
    task = f"dags/no_runs/dagRuns/{dag_runs['no_runs']}/taskInstances/nothing"
    message = {"key": "mino_run", "value": told}
    airflow.client().post(f"/api/v2/{task}/xcomEntries", json=message).raise_for_status()
    assert airflow.xcoms("no_runs", dag_runs["no_runs"], "nothing")["mino_run"] == told
    run = f"/mino/dags/no_runs/runs/{dag_runs['no_runs']}"
    for address in (run, f"{run}/tasks/nothing/-1", "/mino/campaigns"):
        page = airflow.client("guest").get(address)
        assert page.status_code == 200 and told["run_id"] not in page.text and "acme" not in page.text
    assert airflow.client("guest").get(f"{run}/tasks/nothing/-1/pictures/{told['run_id']}").status_code == 404


def test_pictures_are_shown(airflow: Airflow, dag_runs: dict[str, str]) -> None:
    page = airflow.client().get(addresses("pages", dag_runs["pages"])[0]).text
    pictures = re.findall(r'src="([^"]+)"', page)
    assert len(pictures) == 3
    for address in pictures:
        answer = airflow.client().get(address)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
        assert answer.content[8:12] == b"WEBP"
    nowhere = pictures[0].rsplit("/", 1)[0] + "/../../etc/passwd"
    assert airflow.client().get(nowhere).status_code == 404


def test_a_dag_with_two_runs_leads_to_each(airflow: Airflow, dag_runs: dict[str, str]) -> None:
    page = airflow.client().get(f"/mino/dags/two_runs/runs/{dag_runs['two_runs']}").text
    texts = [airflow.client().get(address).text for address in re.findall(r'href="([^"]+)"', page)]
    assert ["small-0" in texts[0], "small-1" in texts[1]] == [True, True]


def test_a_dag_without_runs_says_so(airflow: Airflow, dag_runs: dict[str, str]) -> None:
    page = airflow.client().get(f"/mino/dags/no_runs/runs/{dag_runs['no_runs']}")
    assert page.status_code == 200 and "No task here works on a run" in page.text


def test_what_another_program_wrote_is_shown_as_text(airflow: Airflow, dag_runs: dict[str, str]) -> None:
    page = airflow.client().get(f"/mino/dags/forged_hidden/runs/{dag_runs['forged_hidden']}")
    assert page.status_code == 503 and "&lt;script&gt;" in page.text and "<script>" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_a_store_or_connection_that_is_gone_is_a_fault_of_its_rows(airflow: Airflow, dag_runs: dict[str, str]) -> None:
    def row() -> str:
        page = airflow.client().get("/mino/campaigns")
        assert page.status_code == 200, page.text
        rows = page.text.split("<tr>")
        assert any("<td>default</td>" in other and 'class="completed"' in other for other in rows)
        return next(row for row in rows if "<td>away</td>" in row)

    address, connection = f"/mino/dags/moved/runs/{dag_runs['moved']}", "/api/v2/connections/mino_moved"
    assert 'class="completed"' in row() and airflow.client().get(address).status_code == 200
    bucket = {"connection_id": "mino_moved", "conn_type": "mino", "host": "s3://nobody/mino", "schema": "away"}
    airflow.client().patch(connection, json=bucket).raise_for_status()
    assert "s3://nobody/mino" in row()
    page = airflow.client().get(address)
    assert page.status_code == 503 and "s3://nobody/mino" in page.text
    airflow.client().delete(connection).raise_for_status()
    assert "there is no connection mino_moved" in row()
    page = airflow.client().get(address)
    assert page.status_code == 503 and "there is no connection mino_moved" in page.text


def test_how_it_looks_in_a_browser(airflow: Airflow, dag_runs: dict[str, str], artifacts: Path) -> None:
    dag_run = dag_runs["pages"]
    tabs = {
        "dag_run": (f"/dags/pages/runs/{dag_run}/plugin/mino-dag-run", "Accuracy by field"),
        "task": (f"/dags/pages/runs/{dag_run}/tasks/contacts/plugin/mino-task", "Accuracy by field"),
        "campaigns": ("/plugin/mino-campaigns", "The newest run of each campaign"),
    }
    with Browser() as browser:
        browser.open(airflow.url + addresses("pages", dag_run)[0])
        assert "Not authenticated" in until("an answer", browser.look)
        browser.log_in(airflow.url, airflow.client().headers["Authorization"].split()[1])
        for name, (address, text) in tabs.items():
            browser.open(airflow.url + address)
            until(f"the tab {name}", lambda text=text: text in browser.look())
            browser.picture(artifacts / f"airflow-{name}.png")
        browser.open(airflow.url + addresses("pages", dag_run)[0])
        until("the page alone", lambda: "Accuracy by field" in browser.look())
        seen = "document.images.length == 3 && [...document.images].every(i => i.complete && i.naturalWidth)"
        until("pictures", lambda: browser.evaluate(seen))
        browser.picture(artifacts / "airflow-page.png")
