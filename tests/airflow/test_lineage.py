"""Lineage is told where somebody listens, and never in the way of the run that it is about."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.providers.openlineage import conf
from test_gates import Store, Task

from mino.airflow import MinoRunOperator, run_operator
from mino.airflow.lineage import lineage_of


class Broken(Store):
    url = "s3://bucket/mino"

    def show(self, name: str) -> Any:
        raise TimeoutError("the store is slow")


@pytest.mark.parametrize(("disabled", "told"), [(False, 1), (True, 0)])
def test_a_failure_is_told_and_not_raised(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, disabled: bool, told: int
) -> None:
    monkeypatch.setattr(conf, "is_disabled", lambda: disabled)
    store: Any = Broken()
    assert lineage_of(store, "r1") is None
    assert caplog.messages == ["there is no lineage of run r1: the store is slow"] * told


def test_it_comes_after_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(run_operator, "publish", lambda *_: told.append("publish"))
    monkeypatch.setattr(run_operator, "lineage_of", lambda *_: told.append("lineage"))
    operator = MinoRunOperator(task_id="run", campaign="prices")
    operator._hook = type("Hook", (), {"get_conn": lambda self: Store()})()  # type: ignore[assignment]
    context: Any = {"ti": Task(), "outlet_events": {}}
    operator.execute_complete(context, {"run_id": "r1", "status": "completed"})
    assert told == ["publish", "lineage"]
