"""The events of a run, in the order in which they happen: plain dictionaries with these keys."""

from __future__ import annotations

from typing import Literal, TypedDict

from mino.summary import Summary

__all__ = [
    "Alert",
    "AttemptFinished",
    "AttemptStarted",
    "ConcurrencySet",
    "Finalized",
    "Flushed",
    "FoundValue",
    "HostWaiting",
    "LeaseLost",
    "Paused",
    "Planned",
    "Resumed",
    "RunEvent",
    "ShardFinished",
    "ShardReleased",
    "Started",
    "Stopping",
    "StoreBack",
    "StoreFault",
    "TaskFinished",
]


class Planned(TypedDict):
    """The task list is frozen."""

    event: Literal["planned"]
    run_id: str
    campaign: str
    rows: int
    tasks: int
    sample: str


class Started(TypedDict):
    """The browser is up."""

    event: Literal["started"]
    tasks: int
    concurrency: int


class AttemptStarted(TypedDict):
    """An attempt begins."""

    event: Literal["attempt_started"]
    task_id: str
    url: str
    number: int


class FoundValue(TypedDict):
    """A value that an attempt found, shortened."""

    field: str
    value: str
    confidence: float


class AttemptFinished(TypedDict):
    """An attempt has ended. Without `retry_in_ms` its task is not tried again."""

    event: Literal["attempt_finished"]
    task_id: str
    url: str
    number: int
    status: Literal["success", "failed", "timeout", "blocked", "cancelled"]
    reason: str | None
    failure_category: str | None
    blocked_reason: str | None
    host: str
    duration_ms: int
    fields: int
    values: list[FoundValue]
    confidence: float | None
    retry_in_ms: int | None


class TaskFinished(TypedDict):
    """A task has ended."""

    event: Literal["task_finished"]
    task_id: str
    row_id: str
    status: Literal["completed", "failed", "skipped"]


class Flushed(TypedDict):
    """Finished attempts are safe in the store."""

    event: Literal["flushed"]
    attempts: int


class Paused(TypedDict):
    """No new attempt begins until the run is resumed."""

    event: Literal["paused"]
    reason: str
    by: str


class Resumed(TypedDict):
    """The pause is over."""

    event: Literal["resumed"]
    by: str


ConcurrencySet = TypedDict(
    "ConcurrencySet",
    {"event": Literal["concurrency_set"], "from": int, "to": int, "limit": int, "why": str},
)
"""Another number of pages is open at once: it adapts between 1 and `limit`, which a person can set."""


class HostWaiting(TypedDict):
    """A host is left alone for a while; its tasks wait, others go on."""

    event: Literal["host_waiting"]
    host: str
    wait_ms: int
    why: str


class StoreFault(TypedDict):
    """The store takes nothing: what is done is kept on the local disk."""

    event: Literal["store_fault"]
    reason: str


class StoreBack(TypedDict):
    """The store takes what it is given again."""

    event: Literal["store_back"]


class LeaseLost(TypedDict):
    """Another worker has this shard now; nothing that this one does counts any more."""

    event: Literal["lease_lost"]
    to: str | None


class ShardFinished(TypedDict):
    """The work on a shard, from 1, has ended: every task of it has, or the run was stopped."""

    event: Literal["shard_finished"]
    shard: int
    of: int


class ShardReleased(TypedDict):
    """The worker of a shard, from 1, was asked to end; others may go on with its tasks."""

    event: Literal["shard_released"]
    shard: int
    of: int


class Alert(TypedDict):
    """Something is out of the ordinary."""

    event: Literal["alert"]
    name: str
    text: str


class Stopping(TypedDict):
    """The run was asked to stop."""

    event: Literal["stopping"]
    reason: str


class Finalized(TypedDict):
    """The tables are published."""

    event: Literal["finalized"]
    run_id: str
    status: Literal["completed", "stopped", "failed"]
    summary: Summary


RunEvent = (
    Planned
    | Started
    | AttemptStarted
    | AttemptFinished
    | TaskFinished
    | Flushed
    | Paused
    | Resumed
    | ConcurrencySet
    | HostWaiting
    | StoreFault
    | StoreBack
    | LeaseLost
    | Stopping
    | ShardFinished
    | ShardReleased
    | Alert
    | Finalized
)
