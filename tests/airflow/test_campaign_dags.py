"""DAGs made of campaigns: what one campaign or an outage does not take from the others."""

from __future__ import annotations

import json
import logging
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from airflow.serialization.serialized_objects import decode_timetable, encode_timetable
from airflow.timetables.base import TimeRestriction

from mino.airflow import MinoDag, mino_asset, store_campaigns
from mino.airflow.assets import ANY_RUN
from mino.airflow.hook import Place
from mino.airflow.store_campaigns import campaigns_of

PLACE = Place("s3://secret-bucket/mino", "acme", None, None)
CAMPAIGN = {"campaign": "prices", "status": "active", "purpose": "", "schedule": None, "quality": [], "budget": None}
BAD = {
    "broken": "campaign: [",
    "nameless": "purpose: none",
    "no-cron": 'campaign: no-cron\nschedule: "0 5 * * *"',
    "nowhere": "campaign: nowhere\nschedule: {cron: '0 5 * * *', timezone: Nowhere/Atall}",
    "spaced": "campaign: not a name",
    "latin": "campaign: caf\xe9",
}


def test_a_bad_campaign_takes_no_dag_of_another(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name, text in BAD.items():
        (tmp_path / f"{name}.yaml").write_bytes(text.encode("latin-1"))
    (tmp_path / "good.yaml").write_text("campaign: good\npurpose: 5\nschedule: {cron: '0 5 * * *'}")
    with caplog.at_level(logging.ERROR, "mino"):
        assert [dag.dag_id for dag in MinoDag.from_folder(tmp_path)] == ["good"]
    assert len(caplog.messages) == len(BAD)
    assert all(any(f"{name}.yaml: " in message for message in caplog.messages) for name in BAD)
    assert any("say `schedule: {cron:" in message for message in caplog.messages)
    # What the DAG's own file does wrong is for Airflow to show.
    with pytest.raises(TypeError):
        MinoDag.from_folder(tmp_path, run_args={"no_such_argument": 1})


@pytest.mark.parametrize("shards", [1, 2])
def test_an_asset_hears_of_a_run_only_after_the_campaigns_rules(tmp_path: Path, shards: int) -> None:
    ruled = {**CAMPAIGN, "quality": [{"check": "accuracy", "at_least": 0.8}]}
    asset = mino_asset("prices")
    run_args: dict[str, Any] = {"finalize_args": {"outlets": [asset]}} if shards > 1 else {"outlets": [asset]}
    for campaign, last in ((ruled, "quality"), (CAMPAIGN, "run.finalize" if shards > 1 else "run")):
        dag = MinoDag(campaign, shards=shards, run_args=run_args)
        assert {task.task_id: task.outlets for task in dag.tasks if task.outlets} == {last: [asset, ANY_RUN]}
        assert dag.published.task_id == last


def test_the_first_run_of_a_new_dag_is_the_next_one_of_its_cron() -> None:
    now = datetime.now(timezone.utc)
    an_hour_ago = now - timedelta(hours=1)
    dag = MinoDag({**CAMPAIGN, "schedule": {"cron": f"{an_hour_ago:%M %H} * * *", "timezone": "UTC"}})
    timetable = decode_timetable(encode_timetable(dag.timetable))
    first = timetable.next_dagrun_info(
        last_automated_data_interval=None, restriction=TimeRestriction(earliest=None, latest=None, catchup=False)
    )
    assert first is not None and first.run_after > now


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    return tmp_path


def answers(monkeypatch: pytest.MonkeyPatch, code: int = 0, out: str = "", err: str = "", late: bool = False) -> None:
    """What whoever asks the store says."""

    def run(command: list[str], timeout: float, **_: Any) -> subprocess.CompletedProcess[str]:
        # Airflow gives a file 30 s.
        assert timeout < 20
        if late:
            raise subprocess.TimeoutExpired(command, timeout)
        return subprocess.CompletedProcess(command, code, out, err)

    monkeypatch.setattr(store_campaigns.subprocess, "run", run)


FAULTS: list[dict[str, Any]] = [{"code": 1, "err": "Traceback\nno route\n"}, {"code": -9}, {"late": True}]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_store_that_never_answered_is_told(home: Path, monkeypatch: pytest.MonkeyPatch, fault: dict) -> None:
    answers(monkeypatch, **fault)
    with pytest.raises(RuntimeError, match="the campaigns of mino_acme: (no route|whoever asked|the store did not)"):
        campaigns_of(PLACE, "mino_acme")


@pytest.mark.parametrize("fault", FAULTS)
def test_dags_do_not_vanish_in_an_outage(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: dict
) -> None:
    answers(monkeypatch, out=json.dumps([CAMPAIGN, {**CAMPAIGN, "campaign": "old", "status": "retired"}]))
    known = campaigns_of(PLACE, "mino_acme")
    assert [campaign["campaign"] for campaign in known] == ["prices"]
    (kept,) = (home / "mino").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "secret-bucket" not in kept.name + kept.read_text() and "budget" not in kept.read_text()

    answers(monkeypatch, **fault)
    assert campaigns_of(PLACE, "mino_acme") == known
    assert "these are the 1 that it had last" in caplog.messages[-1]
    # Those of another organization are not taken for them.
    with pytest.raises(RuntimeError):
        campaigns_of(Place(PLACE.store, "other", None, None), "mino_other")


def test_what_cannot_be_kept_is_used_all_the_same(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "mino").write_text("in the way")
    answers(monkeypatch, out=json.dumps([CAMPAIGN]))
    assert len(campaigns_of(PLACE, "mino_acme")) == 1
