"""What came of a run, in figures."""

from __future__ import annotations

from typing import TypedDict

__all__ = ["FieldSummary", "Share", "Summary"]


class Share(TypedDict):
    """A share with what it rests on."""

    value: float
    n: int
    lower: float
    upper: float


class FieldSummary(TypedDict):
    """What came of one field. In `accuracy` the cells of failed tasks count as missing."""

    field: str
    found: int
    of: int
    confidence: float | None
    accuracy: Share | None
    accuracy_completed: Share | None


class Summary(TypedDict):
    """What came of a run. `failures` are tasks by the reason of their failure."""

    tasks: int
    completed: int
    failed: int
    skipped: int
    attempts: int
    failures: dict[str, int]
    accuracy: Share | None
    fields: list[FieldSummary]
