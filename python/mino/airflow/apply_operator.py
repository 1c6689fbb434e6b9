"""Makes the store say what campaign files say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mino.airflow.base_operator import CAMPAIGN_FILES, MinoOperator
from mino.airflow.failures import told_to_airflow
from mino.airflow.versions import AirflowFailException

if TYPE_CHECKING:
    from airflow.sdk import Context

__all__ = ["MinoApplyOperator"]


class MinoApplyOperator(MinoOperator):
    """Applies a campaign file, or all of a folder: datasets, instructions, campaigns. Twice changes nothing.

    path: relative to the DAG's file. why: kept in the store's history. Gives what changed, by campaign.
    """

    template_fields: Sequence[str] = (*MinoOperator.template_fields, "path", "why")

    def __init__(self, *, path: str, why: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.path = path
        self.why = why

    def execute(self, context: Context) -> dict[str, list[str]]:
        """Applies the files in the order of their names."""
        changed: dict[str, list[str]] = {}
        with told_to_airflow():
            client = self.hook.get_conn()
            for file in self._files():
                applied = client.apply(file, why=self.why or f"Airflow task {self.task_id}")
                name = applied["campaign"]["campaign"]
                parts = [part for part in ("campaign", "instructions", "dataset") if applied[f"{part}_changed"]]  # type: ignore[literal-required]
                self.log.info("%s: %s", name, ", ".join(f"{part} changed" for part in parts) or "as it was")
                for note in applied["notes"]:
                    self.log.info("%s", note)
                changed[name] = parts
        return changed

    def _files(self) -> list[Path]:
        path = self._folder() / self.path
        if not path.is_dir():
            return [path]
        files = sorted(file for file in path.iterdir() if file.suffix in CAMPAIGN_FILES)
        if not files:
            raise AirflowFailException(f"there is no campaign file in {path}")
        return files
