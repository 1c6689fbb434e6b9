"""Ends a run when its task is ended: by a signal, or because nobody supervises the task any more."""

from __future__ import annotations

import _thread
import logging
import os
import signal
import threading
from types import TracebackType

from mino import Client, MinoError
from mino.airflow.versions import AirflowException

__all__ = ["Supervision", "TaskEnded"]

log = logging.getLogger("mino")

WATCH_SECONDS = 1.0


class TaskEnded(BaseException):
    """Airflow ended the task while its run was under way. What is done is in the store.

    No Exception, as little as Airflow's own time limit is one: the signal may come while a log's handler works, which
    would swallow it.
    """


class Supervision:
    """Around a call of the engine that does a run, or one shard of it.

    What a signal's handler raises ends the call, after everything is flushed, and is the reason that the run keeps. A
    shard gives back its part alone: the other shards go on. Outside it is an AirflowException: another try goes on.
    """

    def __init__(self, client: Client, run_id: str, *, shard: str | None = None) -> None:
        self._client = client
        self._run_id = run_id
        self._shard = shard
        self._parent = os.getppid()
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="mino-supervision", daemon=True)
        self._ended = False
        self.orphaned: str | None = None

    def __enter__(self) -> Supervision:
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._watcher.join()
        if isinstance(error, TaskEnded):
            raise AirflowException(str(error)) from None

    def end(self, reason: str) -> None:
        """To be called by a signal's handler. Raises TaskEnded while the work is under way, and only once: the engine
        takes what is raised while it flushes as an order to leave that."""
        if self._over.is_set() or self._ended:
            return
        self._ended = True
        raise TaskEnded(self.orphaned or reason)

    def _watch(self) -> None:
        # A task whose supervisor was killed goes on as an orphan, while Airflow tries it again elsewhere.
        while not self._over.wait(WATCH_SECONDS):
            if os.getppid() == self._parent:
                continue
            self.orphaned = "the task's supervisor is gone"
            if self._shard is not None or not self._order(self.orphaned):
                # As if the supervisor had asked: its SIGTERM comes to `on_kill`. Airflow leaves SIGINT to the system.
                _thread.interrupt_main(signal.SIGTERM)
            return

    def _order(self, reason: str) -> bool:
        """Whether the run could be told to stop: nothing can be raised in the thread that does it."""
        try:
            self._client.stop(self._run_id, now=True, reason=reason)
        except MinoError as error:
            log.warning("the run could not be told to stop: %s", error)
            return False
        return True
