"""Waits for a run without a worker slot."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from mino import Client, InputError, MinoError, UnreachableError, connect
from mino.airflow.hook import DEFAULT_CONNECTION, MinoHook, Place

__all__ = ["MinoRunTrigger"]

CLOSED = ("completed", "stopped", "failed")


class MinoRunTrigger(BaseTrigger):
    """Fires when a run is closed: `run_id`, `status`, and `error` when it took too long.

    deadline: when to give up, in seconds since 1970; the run is stopped then where `stop_on_kill` says so.
    stop_on_kill: the run ends with its task, when somebody marks that as failed or clears it (Airflow 3.3 tells
    triggers; earlier versions do not). closed_before: an end of the run that is known already, and is not waited for.
    """

    def __init__(
        self,
        *,
        run_id: str,
        mino_conn_id: str = DEFAULT_CONNECTION,
        org: str | None = None,
        poll_interval: float = 10.0,
        deadline: float | None = None,
        stop_on_kill: bool = False,
        closed_before: str | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.run_id = run_id
        self.mino_conn_id = mino_conn_id
        self.org = org
        self.poll_interval = poll_interval
        self.deadline = deadline
        self.stop_on_kill = stop_on_kill
        self.closed_before = closed_before
        self._client: Client | None = None

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """How another triggerer makes it again."""
        names = ("run_id", "mino_conn_id", "org", "poll_interval", "deadline", "stop_on_kill", "closed_before")
        return f"{MinoRunTrigger.__module__}.MinoRunTrigger", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Looks at the run until it is closed. A store that does not answer is asked again."""
        while True:
            try:
                status, completed_at = await self._look()
            except UnreachableError as error:
                self.log.warning("%s", error)
            else:
                if status in CLOSED and completed_at != self.closed_before:
                    yield _event(run_id=self.run_id, status=status)
                    return
            if self.deadline is not None and time.time() > self.deadline:
                late = f"run {self.run_id} was not done in the time that its task has"
                if self.stop_on_kill:
                    await self._stop(late)
                yield _event(run_id=self.run_id, status="timeout", error=late)
                return
            await asyncio.sleep(self.poll_interval)

    async def on_kill(self) -> None:
        """The task was ended by a person: so is its run."""
        if self.stop_on_kill:
            await self._stop("the task was ended by Airflow while it waited")

    async def _connected(self) -> Client:
        if self._client is None:
            connection = await MinoHook.aget_connection(self.mino_conn_id)
            place = Place.of(connection, self.org)
            self._client = await asyncio.to_thread(connect, place.store, place.org)
        return self._client

    async def _look(self) -> tuple[str | None, str | None]:
        client = await self._connected()
        try:
            shown = await asyncio.to_thread(client.show, self.run_id)
        except InputError:
            return None, None
        run = shown["run"] if shown["kind"] == "run" else None
        return (run["status"], run["completed_at"]) if run else (None, None)

    async def _stop(self, reason: str) -> None:
        try:
            client = await self._connected()
            await asyncio.to_thread(client.stop, self.run_id, now=True, reason=reason)
        except InputError as error:
            # It was closed meanwhile.
            self.log.info("%s", error)
        except MinoError as error:
            self.log.warning("run %s goes on, as it could not be stopped: %s", self.run_id, error)


def _event(**payload: Any) -> TriggerEvent:
    return TriggerEvent(payload)  # type: ignore[no-untyped-call]
