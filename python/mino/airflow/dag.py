"""A DAG for each campaign, made of the campaign itself."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import yaml
from airflow.sdk import DAG, BaseHook, BaseOperator, get_parsing_context

from mino.airflow.base_operator import CAMPAIGN_FILES
from mino.airflow.hook import DEFAULT_CONNECTION, Place
from mino.airflow.quality_operator import MinoQualityCheckOperator
from mino.airflow.run_operator import MinoRunOperator
from mino.airflow.sharded_run import MinoShardedRun
from mino.airflow.store_campaigns import campaigns_of
from mino.airflow.versions import CronTriggerTimetable

__all__ = ["MinoDag"]

T = TypeVar("T")

log = logging.getLogger("mino")


class MinoDag(DAG):
    """A DAG that runs one campaign by the campaign's own cron and time zone, then checks its quality rules.

    campaign: a campaign file (relative to the DAG's file), which is applied before each run; or a document of the
    store, as `from_store` reads it. shards: share each run among so many mapped tasks. run_args: further arguments of
    MinoRunOperator, or of MinoShardedRun. Everything else is of DAG; its id (in which `{campaign}` stands for the
    name) is the campaign's name, one run at a time, unless set.

    Tasks are `run` and, where the campaign has quality rules, `quality`. `published` is the last of them, for tasks
    that come after; it tells the campaign's asset, so that nothing begins with a run that is not good enough.
    """

    def __init__(
        self,
        campaign: str | Path | dict[str, Any],
        *,
        mino_conn_id: str = DEFAULT_CONNECTION,
        org: str | None = None,
        shards: int = 1,
        run_args: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        made_in = _file_of_caller()
        if isinstance(campaign, dict):
            declared, source = campaign, str(campaign["campaign"])
        else:
            file = made_in.parent / campaign
            declared, source = _read(file), str(file)
        name = str(declared["campaign"])
        kwargs["dag_id"] = _dag_id(name, kwargs)
        kwargs.setdefault("schedule", _timetable(declared.get("schedule")))
        kwargs.setdefault("description", str(declared.get("purpose") or "") or None)
        kwargs.setdefault("max_active_runs", 1)
        kwargs.setdefault("catchup", False)
        kwargs.setdefault("tags", ["mino"])
        super().__init__(**kwargs)
        self.fileloc = str(made_in)
        store: dict[str, Any] = {"mino_conn_id": mino_conn_id, "org": org}
        with self:
            arguments: dict[str, Any] = {"campaign": source, **store, **(run_args or {})}
            if shards > 1:
                self.published: BaseOperator = MinoShardedRun("run", shards=shards, **arguments).finalize
            else:
                self.published = MinoRunOperator(task_id="run", **arguments)
            if declared.get("quality"):
                self.published = _checked(self.published, store)

    @classmethod
    def from_folder(cls, folder: str | Path, **kwargs: Any) -> list[MinoDag]:
        """A DAG for each campaign file of a folder (relative to the DAG's file). A file that makes none is told in the
        log as an error, and the others make theirs."""
        path = _file_of_caller().parent / folder
        files = sorted(file for file in path.iterdir() if file.suffix in CAMPAIGN_FILES)

        def made(file: Path) -> MinoDag | None:
            return cls(file, **kwargs) if _is_wanted(_dag_id(_read(file)["campaign"], kwargs)) else None

        return _those_that_make_sense(files, made)

    @classmethod
    def from_store(
        cls, mino_conn_id: str = DEFAULT_CONNECTION, *, org: str | None = None, **kwargs: Any
    ) -> list[MinoDag]:
        """A DAG for each active campaign of a store. One that makes none is told in the log as an error.

        The store is asked whenever the file is parsed, in a process of its own; campaign files beside the DAGs are
        quicker, and say in the history of the repository what changed. While it does not answer, the DAGs are those of
        the campaigns that it had last, which are kept in `$AIRFLOW_HOME/mino`. Raises RuntimeError where none are.
        """
        place = Place.of(BaseHook.get_connection(mino_conn_id), org)

        def made(found: dict[str, Any]) -> MinoDag | None:
            wanted = _is_wanted(_dag_id(found["campaign"], kwargs))
            return cls(found, mino_conn_id=mino_conn_id, org=org, **kwargs) if wanted else None

        return _those_that_make_sense(campaigns_of(place, mino_conn_id), made)


def _checked(run: BaseOperator, store: dict[str, Any]) -> BaseOperator:
    """The task that checks the campaign's rules. It tells the run's outlets, which would else hear of a bad run."""
    figures: Any = run.output
    outlets, run.outlets = run.outlets, []
    return MinoQualityCheckOperator(task_id="quality", run=figures["run_id"], outlets=outlets, **store)


def _those_that_make_sense(campaigns: list[T], made: Callable[[T], MinoDag | None]) -> list[MinoDag]:
    """The DAGs that are wanted here. What one campaign does wrong takes no DAG of another; what the DAG's file does
    wrong (TypeError) is for Airflow to tell."""
    dags = []
    for campaign in campaigns:
        try:
            dag = made(campaign)
        except (OSError, ValueError) as error:
            name = campaign["campaign"] if isinstance(campaign, dict) else campaign
            log.error("there is no DAG of campaign %s: %s", name, error)
            continue
        if dag is not None:
            dags.append(dag)
    return dags


def _dag_id(campaign: str, kwargs: dict[str, Any]) -> str:
    return str(kwargs.get("dag_id", "{campaign}")).format(campaign=campaign)


def _is_wanted(dag_id: str) -> bool:
    """A worker needs only the DAG that it runs."""
    return get_parsing_context().dag_id in (None, dag_id)


def _read(file: Path) -> dict[str, Any]:
    try:
        declared = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"{file} is no YAML: {error}") from None
    if not isinstance(declared, dict) or not declared.get("campaign"):
        raise ValueError(f"{file} is no campaign file: it does not say `campaign: NAME`")
    return declared


def _timetable(schedule: Any) -> CronTriggerTimetable | None:
    if not schedule:
        return None
    if not isinstance(schedule, dict) or not isinstance(schedule.get("cron"), str):
        raise ValueError(f'`schedule: {schedule}` makes no sense: say `schedule: {{cron: "0 5 * * *", timezone: UTC}}`')
    timezone = schedule.get("timezone") or "UTC"
    try:
        ZoneInfo(timezone)
    except (LookupError, TypeError, ValueError):
        raise ValueError(f"`{timezone}` is no time zone: say one as Europe/Berlin") from None
    # With `False` Airflow makes up for a time that passed within a tenth of the interval, which is most of a day for a
    # weekly cron. Some minutes it takes itself until it has seen that a time has come.
    return CronTriggerTimetable(schedule["cron"], timezone=timezone, run_immediately=timedelta(minutes=5))


def _file_of_caller() -> Path:
    """The file that asked for a DAG."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return Path(frame.f_code.co_filename if frame is not None else __file__)
