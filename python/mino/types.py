"""What the calls of a client give back, and the events of a run: plain dictionaries with these keys."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from mino.events import (
    Alert,
    AttemptFinished,
    AttemptStarted,
    ConcurrencySet,
    Finalized,
    Flushed,
    FoundValue,
    HostWaiting,
    LeaseLost,
    Paused,
    Planned,
    Resumed,
    RunEvent,
    ShardFinished,
    ShardReleased,
    Started,
    Stopping,
    StoreBack,
    StoreFault,
    TaskFinished,
)
from mino.summary import FieldSummary, Share, Summary

__all__ = [
    "Alert",
    "Applied",
    "AttemptFinished",
    "AttemptStarted",
    "Calibration",
    "Campaign",
    "Column",
    "ConcurrencySet",
    "Dataset",
    "DatasetReport",
    "FieldSummary",
    "Finalized",
    "Flushed",
    "FoundValue",
    "HostWaiting",
    "Instructions",
    "Inventory",
    "LeaseLost",
    "Paused",
    "Planned",
    "PublishedTable",
    "Quality",
    "QualityRule",
    "Reliability",
    "Result",
    "Resumed",
    "Run",
    "RunEvent",
    "RunInstructions",
    "RunSettings",
    "ShardFinished",
    "ShardReleased",
    "Share",
    "Shown",
    "ShownCampaign",
    "ShownDataset",
    "ShownRun",
    "Started",
    "Stopping",
    "StoreBack",
    "StoreFault",
    "Summary",
    "TaskFinished",
    "TypeCalibration",
    "Verified",
    "VerifiedTable",
]


class RunSettings(TypedDict):
    """How a campaign runs unless the call says otherwise."""

    concurrency: int
    max_retries: int
    timeout: str
    screenshots: Literal["on_failure", "always", "never"]
    fetch: Literal["auto", "http", "browser"]
    archive: bool


class Campaign(TypedDict):
    """A campaign as it stands."""

    campaign: str
    purpose: str | None
    status: str
    instructions_version: str
    dataset: str
    dataset_version: int
    run: RunSettings
    quality: list[QualityRule]
    schedule: Any
    alerts: list[Any]
    budget: Any


class Column(TypedDict):
    """One column of a dataset. `role` is `url`, `input`, or a dictionary from `ground_truth` to a field."""

    name: str
    type: str
    role: Literal["url", "input"] | dict[Literal["ground_truth"], str]
    filled: int


class Dataset(TypedDict):
    """One frozen version of a dataset."""

    dataset: str
    source: str
    content_sha256: str
    rows: int
    duplicates: int
    url_column: str
    key_column: str | None
    absent: str
    columns: list[Column]


class DatasetReport(TypedDict):
    """What checking a dataset brought to light. Rows are counted from 1."""

    rows: int
    duplicates: list[int]
    blank_urls: list[int]
    coverage: dict[str, float]


class Applied(TypedDict):
    """What applying a campaign file did."""

    campaign: Campaign
    campaign_changed: bool
    instructions_changed: bool
    dataset_changed: bool
    dataset: Dataset
    report: DatasetReport
    notes: list[str]


class Instructions(TypedDict):
    """One version of a campaign's instructions. Fields are as the campaign file has them."""

    campaign: str
    instructions_version: str
    status: str
    prompt: str
    fields: list[dict[str, Any]]
    follow: dict[str, Any] | None


class _RunInstructions(TypedDict):
    version: str
    prompt: str
    fields: list[dict[str, Any]]


class RunInstructions(_RunInstructions, total=False):
    """The instructions that a run was made with."""

    follow: dict[str, Any]


class _Run(TypedDict):
    run_id: str
    campaign: str
    date: str
    run_type: Literal["test", "production"]
    status: Literal["queued", "running", "completed", "stopped", "failed"]
    sample: str
    seed: int
    instructions_version: str
    dataset: str
    dataset_version: int
    settings: RunSettings
    instructions: RunInstructions
    started_at: str
    completed_at: str | None
    reason: str | None
    accuracy: float | None
    accuracy_lower: float | None
    accuracy_upper: float | None
    accuracy_cells: int | None


class Run(_Run, total=False):
    """One run. It has its counts when it is finalized."""

    tasks: int
    completed: int
    failed: int
    skipped: int
    attempts: int


class PublishedTable(TypedDict):
    """One published table of a run."""

    table: str
    path: str
    rows: int
    bytes: int
    sha256: str


class Result(TypedDict):
    """The immutable snapshot of a finished run."""

    run_id: str
    tables: list[PublishedTable]
    summary: Summary


class Inventory(TypedDict):
    """What a store holds: datasets with the number of their newest version, runs with the newest first."""

    campaigns: list[Campaign]
    datasets: list[tuple[int, Dataset]]
    runs: list[Run]


class ShownCampaign(TypedDict):
    """A campaign with the instructions in force and its dataset."""

    kind: Literal["campaign"]
    campaign: Campaign
    instructions: Instructions
    dataset: Dataset


class ShownDataset(TypedDict):
    """The newest version of a dataset."""

    kind: Literal["dataset"]
    version: int
    dataset: Dataset


class ShownRun(TypedDict):
    """A run, and what came of it when it is finished."""

    kind: Literal["run"]
    run: Run
    result: Result | None


Shown = ShownCampaign | ShownDataset | ShownRun


class _QualityRule(TypedDict):
    check: Literal["accuracy", "completeness", "calibration", "freshness", "failures"]


class QualityRule(_QualityRule, total=False):
    """What a run has to keep: accuracy (its lower bound) and completeness `at_least`, calibration, freshness (a
    duration as "36h") and failures `at_most`. Severity is `error` unless set."""

    field: str
    at_least: float
    at_most: float | str
    severity: Literal["error", "warn"]


class Quality(TypedDict):
    """What a run has of one quality rule. `value` and `bound` are shares, or seconds; None: nothing tells."""

    check: Literal["accuracy", "completeness", "calibration", "freshness", "failures"]
    field: str | None
    value: float | None
    bound: float
    n: int
    passed: bool
    severity: Literal["error", "warn"]
    text: str


class VerifiedTable(TypedDict):
    """One published table. `fault` is None when it is as it was published."""

    table: str
    path: str
    rows: int
    fault: str | None


class Verified(TypedDict):
    """A run's published tables compared with its checksums."""

    run_id: str
    ok: bool
    tables: list[VerifiedTable]


class Reliability(TypedDict):
    """How well confidences fit what came; None where a figure rests on nothing."""

    cells: int
    hosts: int
    raw_ece: float | None
    ece: float | None
    brier: float | None
    auroc: float | None
    sure_cells: int
    sure_accuracy: float | None


class TypeCalibration(Reliability):
    """Calibration of one field type."""

    calibrator: dict[str, Any] | None


class Calibration(Reliability):
    """How raw confidences become probabilities; the figures are of fits that did not see the hosts they judge."""

    version: int
    campaign: str
    instructions_version: str
    types: dict[str, TypeCalibration]
