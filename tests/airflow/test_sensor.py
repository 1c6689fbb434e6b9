"""What a sensor says of a run that will not be complete: the same in a worker slot and in the triggerer."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from airflow.sdk.exceptions import (
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
    TaskDeferred,
)
from test_gates import Store, Task

import mino
from mino.airflow import MinoRunOperator, MinoRunSensor
from mino.airflow.hook import Place


def sensor(store: Any, **arguments: Any) -> MinoRunSensor:
    made = MinoRunSensor(task_id="wait", run="r1", poke_interval=0, **arguments)
    place = Place("/store", "default", None, None)
    made._hook = type("Hook", (), {"get_conn": lambda self: store, "place": place})()  # type: ignore[assignment]
    return made


def ended(made: MinoRunSensor) -> type[BaseException] | None:
    """How a task ends that looks at a run that is closed, in whatever way it waits."""
    context: Any = {"ti": Task()}
    try:
        if made.deferrable:
            made.resume_execution("execute_complete", {"event": {"run_id": "r1", "status": "stopped"}}, context)
        else:
            made.execute(context)
    except Exception as error:
        return type(error)
    return None


@pytest.mark.parametrize("status", ["stopped", "failed"])
@pytest.mark.parametrize("deferrable", [False, True])
def test_a_run_that_was_stopped_or_failed_is_not_waited_for_again(status: str, deferrable: bool) -> None:
    assert ended(sensor(Store(status=status), deferrable=deferrable)) is AirflowFailException
    assert ended(sensor(Store(status=status), deferrable=deferrable, soft_fail=True)) is AirflowSkipException
    # Closed already when the task begins.
    with pytest.raises(AirflowSkipException):
        sensor(Store(status=status), deferrable=deferrable, soft_fail=True).execute({"ti": Task()})  # type: ignore[typeddict-item]


def test_a_run_that_takes_too_long_is_a_timeout_in_both_modes() -> None:
    late = {"event": {"run_id": "r1", "status": "timeout", "error": "too late"}}
    context: Any = {"ti": Task()}
    with pytest.raises(AirflowSensorTimeout, match="too late"):
        sensor(Store(), deferrable=True).resume_execution("execute_complete", late, context)
    with pytest.raises(AirflowSkipException):
        sensor(Store(), deferrable=True, soft_fail=True).resume_execution("execute_complete", late, context)
    with pytest.raises(AirflowSensorTimeout):
        sensor(Store(status="running"), timeout=0).execute(context)


class Down(Store):
    """A store that does not answer the first time."""

    asked = 0

    def show(self, name: str) -> dict[str, Any]:
        self.asked += 1
        if self.asked == 1:
            raise mino.UnreachableError("no answer")
        return super().show(name)


def test_a_store_that_does_not_answer_is_asked_again() -> None:
    context: Any = {"ti": Task()}
    assert sensor(Down()).execute(context)["status"] == "completed"
    with pytest.raises(TaskDeferred):
        sensor(Down(), deferrable=True).execute(context)


def test_a_run_that_came_to_nothing_is_not_waited_for() -> None:
    made = sensor(Store())
    made.run = "None"
    with pytest.raises(AirflowFailException, match="`run` names nothing"):
        made.execute({"ti": Task()})  # type: ignore[typeddict-item]


def test_a_deferred_run_that_was_stopped_is_not_tried_again() -> None:
    operator = MinoRunOperator(task_id="run", campaign="prices", deferrable=True)
    operator._hook = sensor(Store(status="stopped"))._hook
    with pytest.raises(AirflowFailException, match="was stopped: enough"):
        operator.execute_complete({"ti": Task()}, {"run_id": "r1", "status": "stopped"})  # type: ignore[typeddict-item]


def test_only_who_waits_for_others_is_deferred_by_the_clusters_default() -> None:
    looked = """
from mino.airflow import MinoRunOperator, MinoRunSensor
print(MinoRunOperator(task_id="a", campaign="b").deferrable, MinoRunSensor(task_id="c", run="d").deferrable)
"""
    env = {**os.environ, "AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE": "True"}
    assert subprocess.check_output([sys.executable, "-c", looked], env=env, text=True).split()[-2:] == ["False", "True"]
