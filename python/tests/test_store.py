"""What a store holds, and errors by kind."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import mino

if TYPE_CHECKING:
    from sites import Write

pytest_plugins = ["sites"]

TABLES = ["attempts", "tasks", "fields", "results", "campaigns", "datasets", "instructions", "runs", "audit"]


@pytest.mark.parametrize("table", TABLES)
def test_an_empty_store_has_every_table(shops: mino.Client, table: str) -> None:
    rows = shops.sql(f"select * from {table}")
    assert len(rows) == rows.num_rows == 0 and rows.column_names


def test_connecting_writes_nothing(shops: mino.Client, tmp_path: Path) -> None:
    assert shops.list() == {"campaigns": [], "datasets": [], "runs": []}
    assert not (tmp_path / "store").exists()


def test_an_organization_sees_its_own_part(shops: mino.Client, store: str, write: Write) -> None:
    other = mino.connect(store, org="other")
    assert (shops.org, other.org, shops.url) == ("default", "other", other.url)
    shops.apply(write("shop/1"))
    assert len(shops.list("campaigns")) == 1 and other.list("campaigns") == []


def test_applying_twice_changes_nothing(shops: mino.Client, write: Write) -> None:
    first, second = (shops.apply(write("shop/1", "shop/2"), why="prices rose") for _ in range(2))
    assert first["campaign_changed"] and first["instructions_changed"] and first["dataset_changed"]
    assert not (second["campaign_changed"] or second["instructions_changed"] or second["dataset_changed"])
    assert first["report"] == {"rows": 2, "duplicates": [], "blank_urls": [], "coverage": {"title": 1.0}}
    assert shops.sql("select distinct why from audit").to_pylist() == [{"why": "prices rose"}]


def test_lists_and_shows_by_name(shops: mino.Client, write: Write) -> None:
    shops.apply(write("shop/1"))
    report = shops.run("shops")
    everything = shops.list()
    assert everything["campaigns"] == shops.list("campaigns")
    assert everything["datasets"] == shops.list("datasets")
    assert everything["runs"] == shops.list("runs")
    assert [run["run_id"] for run in shops.list("runs")] == [report.run_id]
    assert shops.show("shops")["kind"] == "campaign"
    shown = shops.show(report.run_id[:13])
    assert shown["kind"] == "run" and shown["result"] is not None
    assert shown["result"]["summary"] == report.summary


def test_verifying_finds_what_was_changed(shops: mino.Client, write: Write, tmp_path: Path) -> None:
    shops.apply(write("shop/1"))
    report = shops.run("shops")
    verified = shops.verify()
    assert verified["ok"] and verified["run_id"] == report.run_id
    assert {table["table"] for table in verified["tables"]} == {"attempts", "fields", "results", "tasks"}
    (tmp_path / "store" / verified["tables"][0]["path"]).write_bytes(b"no table")
    verified = shops.verify(report.run_id)
    assert not verified["ok"]
    assert [bool(table["fault"]) for table in verified["tables"]] == [True, False, False, False]


def test_names_that_there_are_not(shops: mino.Client, write: Write, tmp_path: Path) -> None:
    for call in (shops.verify, shops.show):
        with pytest.raises(mino.InputError, match="there is no"):
            call()
    shops.apply(write("shop/1"))
    for call in (shops.run, shops.show):
        with pytest.raises(mino.InputError, match="did you mean `shops`"):
            call("shop")
    with pytest.raises(mino.InputError, match="`run` is none of campaigns, datasets, runs"):
        shops.list("run")  # type: ignore[call-overload]
    with pytest.raises(mino.InputError, match="cannot read the campaign file .*none.yaml"):
        shops.apply(tmp_path / "none.yaml")


def test_a_campaign_file_with_a_mistake(shops: mino.Client, write: Write) -> None:
    file = write("shop/1")
    file.write_text(file.read_text().replace("prompt:", "promt:"))
    with pytest.raises(mino.InputError, match=r"shops.yaml, line 3: .*did you mean `prompt`"):
        shops.apply(file)


@pytest.mark.parametrize("url", ["s4://bucket", "s3://", "http://bucket"])
def test_what_is_no_store(url: str) -> None:
    with pytest.raises(mino.InputError):
        mino.connect(url)


def test_what_is_no_organization(store: str) -> None:
    with pytest.raises(mino.InputError, match="org"):
        mino.connect(store, org="../other")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select * from taks", "there is no table `taks`, did you mean `tasks`"),
        ("selct 1", "the query failed"),
        ("drop table tasks", "the query failed"),
        (" ", "the query is empty"),
    ],
)
def test_what_is_no_query(shops: mino.Client, query: str, message: str) -> None:
    with pytest.raises(mino.InputError, match=message):
        shops.sql(query)


def test_settings_that_make_no_sense(shops: mino.Client, write: Write) -> None:
    shops.apply(write("shop/1"))
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"sample": "frist:3"}, "`frist:3` is not a sample"),
        ({"sample": "rows:7"}, "no row `7`"),
        ({"run_type": "prod"}, "`prod` is none of test, production"),
        ({"screenshots": "sometimes"}, "`sometimes` is none of"),
        ({"seed": -1}, "seed -1 is out of range"),
        ({"seed": 2**64}, "seed 18446744073709551616 is out of range"),
        ({"concurrency": 0}, "concurrency 0 is out of range"),
        ({"concurrency": -1}, "concurrency -1 is out of range"),
        ({"max_retries": 2**40}, "max_retries 1099511627776 is out of range"),
        ({"timeout": -1.0}, "timeout -1: use seconds"),
        ({"timeout": float("nan")}, "timeout NaN: use seconds"),
        ({"timeout": "soon"}, "timeout `soon`: use seconds"),
    ]
    for settings, message in wrong:
        with pytest.raises(mino.InputError, match=message):
            shops.run("shops", **settings)
    with pytest.raises(TypeError, match="on_progress is not callable"):
        shops.run("shops", on_progress=3)  # type: ignore[arg-type]
    assert shops.list("runs") == []


def test_a_browser_that_is_not_there(shops: mino.Client, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    shops.apply(write("shop/1"))
    with pytest.raises(mino.UnreachableError, match="/no/browser"):
        shops.run("shops", browser="/no/browser")
    monkeypatch.setenv("MINO_BROWSER", "/no/other")
    with pytest.raises(mino.UnreachableError, match="/no/other"):
        shops.run("shops")


def test_a_store_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    settings = {"ENDPOINT_URL": f"http://127.0.0.1:{port}", "ALLOW_HTTP": "true", "ACCESS_KEY_ID": "a"}
    for name, value in settings.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-to-be-shown")
    with pytest.raises(mino.UnreachableError) as error:
        mino.connect("s3://bucket/mino")
    assert "not-to-be-shown" not in str(error.value) and "\n" not in str(error.value)


def test_exceptions_are_what_python_calls_them() -> None:
    for kind in (mino.InputError, mino.UnreachableError, mino.RunFailed):
        assert issubclass(kind, mino.MinoError)
    assert issubclass(mino.InputError, ValueError)
    assert issubclass(mino.UnreachableError, ConnectionError)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_is_told(shops: mino.Client) -> None:
    shops.sql("select 1 as one")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            shops.sql("select 1 as one")
        except RuntimeError as error:
            os.write(writing, str(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        assert "forked" in told.read()
    os.waitpid(child, 0)
