import builtins
from collections.abc import Callable
from os import PathLike
from typing import Any, Literal, final, overload

from mino.errors import InputError as InputError
from mino.errors import MinoError as MinoError
from mino.errors import RunBusy as RunBusy
from mino.errors import RunFailed as RunFailed
from mino.errors import UnreachableError as UnreachableError
from mino.types import (
    Applied,
    Calibration,
    Campaign,
    Dataset,
    Inventory,
    Quality,
    QualityRule,
    Run,
    RunEvent,
    Share,
    Shown,
    Summary,
    Verified,
)

__version__: str

def connect(url: str | PathLike[str], org: str = "default") -> Client:
    """Opens a store: a folder, or file://, s3://, gs://, az://, memory://. Credentials come from the environment.

    Raises InputError for what is no store, UnreachableError for one that does not answer.
    """

@final
class Client:
    """One organization's part of a store. Its methods are the commands of `mino`."""

    @property
    def url(self) -> str:
        """The store, as shown to people."""
    @property
    def org(self) -> str:
        """Whose part of it."""
    def apply(self, path: str | PathLike[str], why: str | None = None) -> Applied:
        """Makes the store say what a campaign file says: dataset, instructions, campaign. Twice changes nothing.

        Gives the campaign, the dataset's columns and what they were taken for, what changed, and notes.
        """
    def run(
        self,
        campaign: str | None = None,
        *,
        sample: str = "all",
        seed: int = 0,
        instructions: str | None = None,
        dataset_version: int | None = None,
        run_type: Literal["test", "production"] | None = None,
        concurrency: int | None = None,
        max_retries: int | None = None,
        timeout: float | str | None = None,
        screenshots: Literal["on_failure", "always", "never"] | None = None,
        fetch: Literal["auto", "http", "browser"] | None = None,
        archive: bool | None = None,
        allow_addresses: list[str] | None = None,
        browser: str | None = None,
        resume: str | None = None,
        run_id: str | None = None,
        shard: str | None = None,
        on_progress: Callable[[RunEvent], object] | Callable[[dict[str, Any]], object] | None = None,
    ) -> RunReport:
        """Visits the sites of a campaign, extracts its fields, publishes the tables.

        resume: instead of a campaign, a run to go on with (its id, first letters, or `latest`): it does what was not
        flushed; of the other settings only concurrency, browser and shard count then. shard: `i/n`, the part of the run
        that this process does; whoever is last finalizes. run_id: a UUID, for processes that begin one run together.

        sample: all, first:N, random:N (by seed), rows:ID,ID. instructions, dataset_version: of the campaign; those in
        force unless set. timeout: of one attempt, seconds or a text as "45s".
        allow_addresses: networks that are not public and may be reached all the same, as "10.1.0.0/16", beside the
        campaign's; those of MINO_ALLOW_ADDRESSES (with commas between) unless set.
        browser: a path or a DevTools address; MINO_BROWSER or the fastest one installed unless set. on_progress: called
        with every event of the run, in order, in this thread; the run waits for it. What it raises stops the run, keeps
        what is done, and is raised again. A run of which no task was completed is a report, not an exception.
        """
    def replay(
        self,
        run: str = "latest",
        *,
        instructions: str | None = None,
        concurrency: int | None = None,
        on_progress: Callable[[RunEvent], object] | Callable[[dict[str, Any]], object] | None = None,
    ) -> RunReport:
        """Extracts again from the pages that a run kept (`archive=True`), without any traffic: a run of its own.

        instructions: version of the campaign's instructions; those of the run unless given.
        """
    def plan(
        self,
        campaign: str,
        *,
        sample: str = "all",
        seed: int = 0,
        instructions: str | None = None,
        dataset_version: int | None = None,
        run_type: Literal["test", "production"] | None = None,
        concurrency: int | None = None,
        max_retries: int | None = None,
        timeout: float | str | None = None,
        screenshots: Literal["on_failure", "always", "never"] | None = None,
        fetch: Literal["auto", "http", "browser"] | None = None,
        archive: bool | None = None,
        allow_addresses: list[str] | None = None,
        run_id: str | None = None,
    ) -> str:
        """Freezes the list of tasks and gives the run's id; `run(resume=ID)` does it, in one process or by shards.

        Settings are those of `run`. A run that exists stays as it is, whatever is asked for.
        """
    def quality(self, run: str = "latest", rules: list[QualityRule] | None = None) -> list[Quality]:
        """What a finished run has of quality rules: of these, else of its campaign's own. Nothing is raised for a rule
        that is not kept: look at `passed` and `severity`."""
    def finalize(self, run: str = "latest") -> RunReport:
        """Publishes the tables of a run that nobody works on any more; tasks that were not done are skipped."""
    def pause(self, run: str | None = None, *, reason: str | None = None) -> dict[str, Any]:
        """Begins no further pages, on whatever machines the run works. run: the only open one unless given."""
    def resume(self, run: str | None = None, *, reason: str | None = None) -> dict[str, Any]:
        """Lifts a pause. To go on with a run whose process is gone: `run(resume=RUN)`."""
    def stop(self, run: str | None = None, *, now: bool = False, reason: str | None = None) -> dict[str, Any]:
        """Ends a run with what is done; now: pages under way are given up."""
    def set(self, run: str | None = None, *, concurrency: int, reason: str | None = None) -> dict[str, Any]:
        """Pages that each worker has open at once, from now on."""
    def skip(self, task: str, run: str | None = None, *, reason: str | None = None) -> dict[str, Any]:
        """Does not try a task, or not again. task: its row, its address, or its id."""
    def retry(self, task: str, run: str | None = None, *, reason: str | None = None) -> dict[str, Any]:
        """Tries a task once more, however it ended."""
    def review(self, task: str, run: str | None = None, *, reason: str | None = None) -> dict[str, Any]:
        """Marks a task for a person to look at: `needs_review` in the tables."""
    def status(self, run: str | None = None) -> builtins.list[dict[str, Any]]:
        """How a run goes, or all open ones: progress, rate, health, what is stuck, failures, alerts."""
    def calibrate(self, campaign: str, *, instructions: str | None = None) -> Calibration:
        """Fits confidences to the known answers of earlier runs; the next run applies it."""
    def sql(self, query: str) -> Rows:
        """Rows of a read-only query over attempts, tasks, fields, results, campaigns, datasets, instructions, runs."""
    @overload
    def list(self, what: None = None) -> Inventory:
        """Campaigns, datasets and runs, or only these."""
    @overload
    def list(self, what: Literal["campaigns"]) -> builtins.list[Campaign]: ...
    @overload
    def list(self, what: Literal["datasets"]) -> builtins.list[tuple[int, Dataset]]: ...
    @overload
    def list(self, what: Literal["runs"]) -> builtins.list[Run]: ...
    def show(self, name: str = "latest") -> Shown:
        """One campaign, dataset or run, by name, first letters of its id, or `latest`."""
    def artifact(self, path: str) -> bytes:
        """A file that a run kept beside its rows, by the `path` that `attempts.screenshots` says: a picture as WebP.

        Raises InputError for a path that is none of this organization's, and where nothing is."""
    def verify(self, run: str = "latest") -> Verified:
        """Compares the published tables of a run with its checksums: `ok`, and `tables` with a `fault` where one is."""

@final
class Rows:
    """Rows of a query as Arrow record batches. Anything that speaks the Arrow PyCapsule interface takes them without a
    copy, as often as it likes: pyarrow.table(rows), polars.DataFrame(rows), duckdb.sql("from rows")."""

    @property
    def schema(self) -> Schema:
        """Names and types of the columns."""
    @property
    def column_names(self) -> list[str]: ...
    @property
    def num_rows(self) -> int: ...
    def head(self, n: int = 10) -> Rows:
        """The first `n` of them, without a copy."""
    def to_pyarrow(self) -> Any:
        """A pyarrow.Table over the same memory; needs pyarrow."""
    def to_pylist(self) -> list[dict[str, Any]]:
        """Plain dictionaries, for few rows."""
    def __len__(self) -> int: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def __arrow_c_schema__(self) -> object: ...

@final
class Schema:
    """Names and types of columns; pyarrow.schema(schema) and polars.Schema(schema) take it."""

    @property
    def names(self) -> list[str]: ...
    @property
    def types(self) -> dict[str, str]:
        """Arrow's types by column, as texts."""
    def __len__(self) -> int: ...
    def __arrow_c_schema__(self) -> object: ...

@final
class RunReport:
    """A finished run."""

    @property
    def run_id(self) -> str: ...
    @property
    def campaign(self) -> str: ...
    @property
    def status(self) -> Literal["completed", "stopped", "failed", "running"]:
        """`running`: this part is done, others are not."""
    @property
    def accuracy(self) -> Share | None:
        """Over all cells with ground truth: value, n, lower and upper bound (95 %, Wilson); None without any."""
    @property
    def summary(self) -> Summary | None:
        """None before the run is finalized: other shards are not done.

        tasks, completed, failed, skipped, attempts, failures by reason, accuracy, and fields."""
