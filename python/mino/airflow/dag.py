"""A DAG for each campaign, made of the campaign itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import yaml
from airflow.sdk import DAG, BaseHook, BaseOperator, get_parsing_context

from mino.airflow.base_operator import CAMPAIGN_FILES
from mino.airflow.hook import DEFAULT_CONNECTION, Place
from mino.airflow.quality_operator import MinoQualityCheckOperator
from mino.airflow.run_operator import MinoRunOperator
from mino.airflow.sharded_run import MinoShardedRun
from mino.airflow.versions import CronTriggerTimetable

__all__ = ["MinoDag"]

STORE_SECONDS = 30
# The engine is not started in a process that parses DAGs: Airflow forks those.
LIST_CAMPAIGNS = """
import json, sys, mino
print(json.dumps(mino.connect(sys.argv[1], sys.argv[2]).list("campaigns")))
"""


class MinoDag(DAG):
    """A DAG that runs one campaign by the campaign's own cron and time zone, then checks its quality rules.

    campaign: a campaign file (relative to the DAG's file), which is applied before each run; or a document of the
    store, as `from_store` reads it. shards: share each run among so many mapped tasks. run_args: further arguments of
    MinoRunOperator, or of MinoShardedRun. Everything else is of DAG; its id (in which `{campaign}` stands for the
    name) is the campaign's name, one run at a time, unless set.

    Tasks are `run` and, where the campaign has quality rules, `quality`; `published` is the task
    that ends the run, for tasks that come after.
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
        kwargs.setdefault("description", declared.get("purpose"))
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
                run: Any = self.published.output
                MinoQualityCheckOperator(task_id="quality", run=run["run_id"], **store)

    @classmethod
    def from_folder(cls, folder: str | Path, **kwargs: Any) -> list[MinoDag]:
        """A DAG for each campaign file of a folder (relative to the DAG's file)."""
        path = _file_of_caller().parent / folder
        files = sorted(file for file in path.iterdir() if file.suffix in CAMPAIGN_FILES)
        wanted = [file for file in files if _is_wanted(_dag_id(_read(file)["campaign"], kwargs))]
        return [cls(file, **kwargs) for file in wanted]

    @classmethod
    def from_store(
        cls, mino_conn_id: str = DEFAULT_CONNECTION, *, org: str | None = None, **kwargs: Any
    ) -> list[MinoDag]:
        """A DAG for each active campaign of a store.

        The store is asked whenever the file is parsed, in a process of its own; campaign files beside the DAGs are
        quicker, and say in the history of the repository what changed. Raises RuntimeError when the store does not
        answer.
        """
        place = Place.of(BaseHook.get_connection(mino_conn_id), org)
        asked = [sys.executable, "-c", LIST_CAMPAIGNS, place.store, place.org]
        done = subprocess.run(asked, capture_output=True, text=True, timeout=STORE_SECONDS, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"the campaigns of {mino_conn_id}: {done.stderr.strip().splitlines()[-1]}")
        campaigns = [found for found in json.loads(done.stdout) if found["status"] == "active"]
        wanted = [found for found in campaigns if _is_wanted(_dag_id(found["campaign"], kwargs))]
        return [cls(found, mino_conn_id=mino_conn_id, org=org, **kwargs) for found in wanted]


def _dag_id(campaign: str, kwargs: dict[str, Any]) -> str:
    return str(kwargs.get("dag_id", "{campaign}")).format(campaign=campaign)


def _is_wanted(dag_id: str) -> bool:
    """A worker needs only the DAG that it runs."""
    return get_parsing_context().dag_id in (None, dag_id)


def _read(file: Path) -> dict[str, Any]:
    declared = yaml.safe_load(file.read_text(encoding="utf-8"))
    if not isinstance(declared, dict) or "campaign" not in declared:
        raise ValueError(f"{file} is no campaign file: it does not say `campaign: NAME`")
    return declared


def _timetable(schedule: Any) -> CronTriggerTimetable | None:
    if not schedule:
        return None
    return CronTriggerTimetable(schedule["cron"], timezone=schedule.get("timezone", "UTC"))


def _file_of_caller() -> Path:
    """The file that asked for a DAG."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return Path(frame.f_code.co_filename if frame is not None else __file__)
