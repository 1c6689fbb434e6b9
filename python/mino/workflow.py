"""What a task of an orchestrator needs beside a client: a run that a retry finds again, and progress in its log."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone
from types import TracebackType
from typing import Any
from uuid import UUID

from mino import Client, InputError, RunReport
from mino.types import RunEvent

__all__ = ["MODEL_IS_NOT_ASKED", "ProgressLog", "run_id_for", "run_or_go_on"]

MODEL_IS_NOT_ASKED = "a model is named, and no resolver of this version asks one: runs go without it"
"""Told to whoever names one. Which is left out: its address may hold a secret."""


def run_id_for(at: datetime, *key: str) -> str:
    """The run of a piece of work, told by its key: whoever asks again, on any machine, gets the same.

    A UUIDv7 (RFC 9562) whose time is `at` (without a time zone: UTC) and whose other bits are a hash of the key, so
    that runs sort by their time.
    """
    at = at if at.tzinfo else at.replace(tzinfo=timezone.utc)  # noqa: UP017 (Python 3.10)
    milliseconds = int(at.timestamp() * 1000) & (2**48 - 1)
    digest = int.from_bytes(hashlib.sha256("\0".join(key).encode()).digest()[:10], "big")
    bits = milliseconds << 80 | 0x7 << 76 | (digest >> 64 & 0xFFF) << 64 | 0b10 << 62 | digest & (2**62 - 1)
    return str(UUID(int=bits))


def run_or_go_on(
    client: Client,
    campaign: str,
    run_id: str,
    *,
    shard: str | None = None,
    concurrency: int | None = None,
    browser: str | None = None,
    on_progress: Callable[[RunEvent], object] | None = None,
    **settings: Any,
) -> RunReport:
    """Runs a campaign under a given id, or goes on with that run where it exists: never a second one.

    A run that was stopped or lost its process does what is not in the store yet; one that is complete is only reported.
    `settings` are those of `Client.run`; a run that exists keeps its own. Raises InputError for another campaign's.
    """
    work: dict[str, Any] = {"concurrency": concurrency, "browser": browser, "on_progress": on_progress}
    try:
        shown = client.show(run_id)
    except InputError:
        return client.run(campaign, run_id=run_id, shard=shard, **work, **settings)
    if shown["kind"] != "run":
        raise InputError(f"`{run_id}` is a {shown['kind']}: a run needs an id of its own")
    whose = shown["run"]["campaign"]
    if whose != campaign:
        raise InputError(f"run {run_id} is one of {whose}, and {campaign} is to be run: give it another id")
    return client.run(resume=run_id, shard=shard, **work)


class ProgressLog:
    """Tells a log how a run goes: use it as a context around `Client.run`, and as its `on_progress`.

    A line at least every `every` seconds, whether or not something happened; what is out of the ordinary at once.
    """

    def __init__(self, log: logging.Logger, *, every: float = 10.0) -> None:
        self._log = log
        self._every = every
        self._begun = time.monotonic()
        self._over = threading.Event()
        self._teller = threading.Thread(target=self._tell, name="mino-progress", daemon=True)
        self.run_id: str | None = None
        self.tasks = 0
        self.completed = 0
        self.failed = 0
        self.skipped = 0
        self._stopping = False

    def __enter__(self) -> ProgressLog:
        self._teller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._teller.join()
        # What a signal's handler raised within this very log kept later events from it.
        if error is not None and not isinstance(error, Exception) and not self._stopping:
            self._log.warning("stopping: %s", str(error) or type(error).__name__)

    def __call__(self, event: RunEvent) -> None:
        """Takes in an event of the run."""
        match event["event"]:
            case "planned":
                self._log.info("run %s of %s: %d tasks", event["run_id"], event["campaign"], event["tasks"])
                # Last: from then on its progress is told, by a thread of its own.
                self.run_id = event["run_id"]
            case "started":
                # A process may do several shards, or one again for a retry that was ordered.
                self.tasks = self.completed + self.failed + self.skipped + event["tasks"]
                self._log.info("%d tasks to do, up to %d pages at once", event["tasks"], event["concurrency"])
            case "task_finished":
                count = event["status"]
                setattr(self, count, getattr(self, count) + 1)
            case "attempt_finished" if event["status"] != "success":
                again = "" if event["retry_in_ms"] is None else ", is tried again"
                self._log.info("%s: %s (%s)%s", event["url"], event["status"], event["reason"], again)
            case "paused":
                self._log.warning("paused by %s: %s", event["by"], event["reason"])
            case "resumed":
                self._log.info("resumed by %s", event["by"])
            case "concurrency_set":
                self._log.info("%d pages at once instead of %d: %s", event["to"], event["from"], event["why"])
            case "host_waiting":
                self._log.info("%s is left alone for %.0f s: %s", event["host"], event["wait_ms"] / 1e3, event["why"])
            case "store_fault":
                self._log.warning("the store takes nothing: %s", event["reason"])
            case "store_back":
                self._log.info("the store is back")
            case "lease_lost":
                self._log.error("another worker has this shard now: %s", event["to"])
            case "alert":
                self._log.warning("%s", event["text"])
            case "stopping":
                self._stopping = True
                self._log.warning("stopping: %s", event["reason"])
            case "shard_finished" if event["of"] > 1:
                self._log.info("shard %d/%d is done: %s", event["shard"], event["of"], self.line())
            case "shard_released" if event["of"] > 1:
                self._log.warning("shard %d/%d is given back: %s", event["shard"], event["of"], self.line())
            case "finalized":
                self._log.info("%s: %s", event["status"], self.line())

    def line(self) -> str:
        """How it goes, in one line."""
        if self.run_id is None:
            return "the run has not begun yet"
        done = self.completed + self.failed + self.skipped
        rate = done / max(time.monotonic() - self._begun, 1e-9)
        left = f", {(self.tasks - done) / rate:.0f} s left" if done and done < self.tasks else ""
        return f"{done} of {self.tasks} tasks done, {self.failed} of them failed, {rate:.1f} a second{left}"

    def _tell(self) -> None:
        while not self._over.wait(self._every):
            self._log.info("%s", self.line())
