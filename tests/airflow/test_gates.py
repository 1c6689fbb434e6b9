"""Gates are closed where there is nothing to check, and templates that came to nothing do not open them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException

import mino
from mino.airflow import MinoQualityCheckOperator, MinoShardedRun, mino_asset
from mino.airflow.assets import ANY_RUN
from mino.airflow.quality import check_quality
from mino.airflow.sql_operator import first_rows

RUN = {"run_id": "r1", "campaign": "prices", "run_type": "production", "status": "completed", "completed_at": "now"}
OWN = [{"check": "completeness", "field": "price", "at_least": 0.5}]


class Store:
    """A store with one run, whose campaign has these rules. Every rule is kept that asks less than 0.9."""

    org = "default"

    def __init__(self, own: list[dict[str, Any]] | None = None, status: str = "completed") -> None:
        self.own = own or []
        self.run = {**RUN, "status": status}

    def show(self, name: str) -> dict[str, Any]:
        return {"kind": "run", "run": {**self.run, "run_id": name, "reason": "enough"}}

    def list(self, what: str) -> list[dict[str, Any]]:
        return [{**self.run, "run_id": "newest"}]

    def quality(self, run_id: str, rules: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
        rules = self.own if rules is None else rules
        kept = [rule["at_least"] < 0.9 for rule in rules]
        return [
            {"passed": passed, "severity": "error", "text": str(rule)} for rule, passed in zip(rules, kept, strict=True)
        ]


class Task:
    """Stands for a task instance, and for the events of its outlets."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {}
        self.events: dict[Any, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.told[key] = value

    def __getitem__(self, asset: Any) -> Any:
        return self.events.setdefault(asset, Event())


class Event:
    def __init__(self) -> None:
        self.extra: dict[str, Any] = {}


def check(store: Store, **arguments: Any) -> tuple[dict[str, Any], Task]:
    """Runs a check against a store; what was asked for is what templates gave."""
    rendered = {name: arguments.pop(name) for name in ("run", "campaign", "rules", "min_accuracy") if name in arguments}
    operator = MinoQualityCheckOperator(task_id="check", **{"run": "a template"} | arguments)
    for name, value in rendered.items():
        setattr(operator, name, value)
    operator._hook = type("Hook", (), {"get_conn": lambda self: store})()  # type: ignore[assignment]
    task = Task()
    return operator.execute({"ti": task, "outlet_events": task}), task  # type: ignore[arg-type, typeddict-item]


@pytest.mark.parametrize("nothing", [None, "", " ", "None"])
def test_a_bound_that_came_to_nothing_leaves_the_campaigns_rules(nothing: Any) -> None:
    assert check(Store(OWN), run="r1", min_accuracy=nothing)[0]["rules"] == 1
    with pytest.raises(AirflowFailException, match="nothing to check of run r1.*`quality:` rules"):
        check(Store(), run="r1", min_accuracy=nothing)


def test_no_rules_are_no_pass() -> None:
    with pytest.raises(AirflowFailException, match="nothing to check"):
        check(Store(OWN), run="r1", rules=[])
    with pytest.raises(AirflowFailException, match="make no sense"):
        check(Store(OWN), run="r1", rules="[{'check': 'accuracy'}]")
    assert check(Store(), run="r1", min_accuracy="0.5")[0] == {"run_id": "r1", "rules": 1, "missed": []}
    with pytest.raises(AirflowFailException, match="misses 1 of 1"):
        check(Store(), run="r1", min_accuracy=0.95)


@pytest.mark.parametrize("nothing", [None, "", "None"])
def test_a_run_that_came_to_nothing_is_not_the_latest_of_whatever(nothing: Any) -> None:
    with pytest.raises(AirflowFailException, match="neither `run` nor `campaign` names anything"):
        check(Store(OWN), run=nothing)
    assert check(Store(OWN), run="latest")[0]["run_id"] == "latest"
    assert check(Store(OWN), run=None, campaign="prices")[0]["run_id"] == "newest"


def test_what_is_checked_is_said() -> None:
    for arguments in ({}, {"run": "latest", "campaign": "prices"}):
        with pytest.raises(ValueError, match="either `run` .* or `campaign`"):
            MinoQualityCheckOperator(task_id="check", **arguments)


def test_texts_of_templates_say_yes_or_no() -> None:
    store: Any = Store(OWN)
    assert check_quality(store, "r1", quality="False") == check_quality(store, "r1", quality=None) == []
    assert len(check_quality(store, "r1", quality="True")) == 1
    with pytest.raises(AirflowFailException, match="make no sense"):
        check_quality(store, "r1", quality="")
    # Somebody wanted a gate at the end of a run.
    with pytest.raises(AirflowFailException, match="nothing to check"):
        check_quality(store, "r1", quality=False, min_accuracy="None")


def test_an_asset_hears_of_a_run_after_its_checks() -> None:
    asset = mino_asset("prices")
    _, task = check(Store(OWN), run="r1", outlets=[asset])
    assert task.events[asset].extra["run_id"] == "r1" and task.events[asset].extra["org"] == "default"
    with pytest.raises(AirflowFailException, match="run r1 was stopped: enough"):
        check(Store(OWN, status="stopped"), run="r1", outlets=[asset])


def test_arguments_of_one_task_go_before_those_of_all() -> None:
    asset = mino_asset("prices")
    with DAG("sharded", schedule=None) as dag:
        group = MinoShardedRun(
            "work",
            campaign="prices",
            shards=2,
            run_key="again",
            task_args={"retries": 1, "queue": "all"},
            plan_args={"queue": "plan"},
            shard_args={"retries": 5, "map_index_template": "{{ task.task_id }}"},
            finalize_args={"outlets": [asset], "trigger_rule": "all_done"},
        )
    plan, shard, last = (dag.get_task(f"work.{name}") for name in ("plan", "shard", "finalize"))
    assert (plan.retries, plan.queue, plan.run_key) == (1, "plan", "again")
    assert (shard.partial_kwargs["retries"], shard.partial_kwargs["queue"]) == (5, "all")
    assert group.finalize is last and last.outlets == [asset, ANY_RUN] and last.trigger_rule == "all_done"


def test_one_row_is_shown_however_wide(tmp_path: Path) -> None:
    import json

    client = mino.connect(tmp_path)
    many = ", ".join(f"repeat('word ', 100) as column_{number}" for number in range(40))
    (shown,) = first_rows(client.sql(f"select {many}"))
    assert len(shown) == 40 and len(json.dumps(shown)) <= 3000
    too_many = ", ".join(f"'some text' as column_with_a_long_name_{number}" for number in range(200))
    (shown,) = first_rows(client.sql(f"select {too_many} from generate_series(1, 5)"))
    assert 20 < len(shown) < 200 and len(json.dumps(shown)) <= 3000
