"""What ends a step: its run stops once, keeps what is done, and is not retried where somebody wants the end."""

# No `from __future__ import annotations` here: Dagster reads the annotations of assets.

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from conftest import WriteCampaign
from dagster import AssetExecutionContext, DagsterInstance, ExecuteInProcessResult, RetryPolicy

import mino
from mino.dagster import MinoResource, mino_assets
from mino.dagster.signals import first_signal_only
from mino.types import RunEvent

Run = Callable[..., ExecuteInProcessResult]


@pytest.fixture
def heard() -> Iterator[list[int]]:
    """Signals that came to the handlers which were there before, as those of Dagster would be."""
    numbers: list[int] = []
    both = (signal.SIGINT, signal.SIGTERM)
    before = {each: signal.signal(each, lambda number, frame: numbers.append(number)) for each in both}
    yield numbers
    for each, handler in before.items():
        signal.signal(each, handler)


def test_only_the_first_signal_is_passed_on(heard: list[int]) -> None:
    with first_signal_only() as came:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
            signal.raise_signal(number)
        assert came == [signal.SIGTERM]
    assert heard == [signal.SIGTERM]
    signal.raise_signal(signal.SIGINT)
    assert heard == [signal.SIGTERM, signal.SIGINT], "the handlers are restored"


def test_what_the_system_does_with_a_signal_stays_with_it() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with first_signal_only():
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)


def test_threads_have_no_signals() -> None:
    failed: list[BaseException] = []

    def enter() -> None:
        try:
            with first_signal_only() as came:
                assert came == []
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert failed == []


def _kills(
    at: int, number: int, before: Callable[[], object] = lambda: None, again: bool = False
) -> Callable[..., None]:
    """Listens to a run, and after some tasks sends this process a signal, or one after the other until it has ended."""
    done: list[str] = []

    def kill() -> None:
        before()
        during = signal.getsignal(number)
        os.kill(os.getpid(), number)
        time.sleep(0.05)
        while again and signal.getsignal(number) is during:
            os.kill(os.getpid(), number)
            time.sleep(0.05)

    def hear(self: object, event: RunEvent) -> None:
        if event["event"] == "task_finished":
            done.append(event["task_id"])
            if len(done) == at:
                threading.Thread(target=kill).start()

    return hear


def test_a_second_signal_does_not_break_off_the_first(
    write_campaign: WriteCampaign, run: Run, client: mino.Client, heard: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Closing a browser takes its time, in which the second comes.
    @mino_assets(campaign=write_campaign([f"slow/{number}" for number in range(80)], run="fetch: browser"))
    def shops(context: AssetExecutionContext, mino: MinoResource):
        yield from mino.run(context)

    monkeypatch.setattr("mino.workflow.ProgressLog.__call__", _kills(6, signal.SIGINT, again=True))
    assert not run(shops).success
    [found] = client.list("runs")
    assert found["status"] == "stopped" and 6 <= found["completed"] < 80
    [tasks] = client.sql("select count(*) as done from tasks where status = 'completed'").to_pylist()
    assert tasks["done"] == found["completed"]
    assert client.verify(found["run_id"])["ok"]


def test_no_run_is_begun_after_a_terminate(
    write_campaign: WriteCampaign, run: Run, client: mino.Client, instance: DagsterInstance
) -> None:
    @mino_assets(campaign=write_campaign(["shop/1"]), retry_policy=RetryPolicy(max_retries=1))
    def shops(context: AssetExecutionContext, mino: MinoResource):
        # As the step before this one was ended, by an executor that goes on within its process.
        instance.report_run_canceling(context.run)
        yield from mino.run(context)

    assert not run(shops).success
    assert client.list("runs") == []


@pytest.mark.parametrize(
    ("number", "canceling", "tries"),
    [(signal.SIGINT, False, 1), (signal.SIGTERM, True, 1), (signal.SIGTERM, False, 2)],
    ids=["terminal", "terminate", "machine"],
)
def test_a_retry_policy_does_not_outlast_a_terminate(
    write_campaign: WriteCampaign,
    run: Run,
    client: mino.Client,
    instance: DagsterInstance,
    heard: list[int],
    number: int,
    canceling: bool,
    tries: int,
) -> None:
    tried: list[int] = []

    @mino_assets(
        campaign=write_campaign([f"slow/{number}" for number in range(24)]), retry_policy=RetryPolicy(max_retries=1)
    )
    def shops(context: AssetExecutionContext, mino: MinoResource):
        tried.append(context.retry_number)
        asked = (lambda: instance.report_run_canceling(context.run)) if canceling else (lambda: None)
        with pytest.MonkeyPatch.context() as patched:
            if not context.retry_number:
                patched.setattr("mino.workflow.ProgressLog.__call__", _kills(3, number, asked))
            yield from mino.run(context)

    result = run(shops)
    assert (result.success, len(tried)) == (tries == 2, tries)
    [found] = client.list("runs")
    assert found["status"] == ("completed" if tries == 2 else "stopped")
    if canceling:
        ended = instance.get_run_by_id(result.run_id)
        assert ended is not None and ended.status.value == "CANCELED"
