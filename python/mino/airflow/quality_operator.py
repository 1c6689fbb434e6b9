"""A task that fails when a run is not good enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mino import InputError
from mino.airflow.base_operator import MinoOperator
from mino.airflow.failures import told_to_airflow
from mino.airflow.links import MinoRunLink
from mino.airflow.quality import check_quality

if TYPE_CHECKING:
    from airflow.sdk import Context

__all__ = ["MinoQualityCheckOperator"]


class MinoQualityCheckOperator(MinoOperator):
    """Checks quality rules against a run that is done; those of severity `error` fail the task for good.

    run: a run's id, its first letters or `latest`. campaign: its newest run instead. rules: dictionaries with `check`
    (accuracy, completeness, calibration, freshness, failures), `field`, `at_least` or `at_most`, and `severity`
    (error, warn); the campaign's own unless given. min_accuracy: a rule about the lower bound of the accuracy (95 %).

    Gives how many rules there are, and which were missed.
    """

    template_fields: Sequence[str] = (*MinoOperator.template_fields, "run", "campaign", "rules", "min_accuracy")
    operator_extra_links = (MinoRunLink(),)

    def __init__(
        self,
        *,
        run: str | None = None,
        campaign: str | None = None,
        rules: list[dict[str, Any]] | None = None,
        min_accuracy: float | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.run = run
        self.campaign = campaign
        self.rules = rules
        self.min_accuracy = min_accuracy

    def execute(self, context: Context) -> dict[str, Any]:
        """Checks, and tells the log about each rule."""
        with told_to_airflow():
            client = self.hook.get_conn()
            shown = client.show(self.run or self._newest())
            if shown["kind"] != "run":
                raise InputError(f"`{self.run}` is no run")
            run_id = shown["run"]["run_id"]
            self._announce(context, client, run_id, shown["run"]["campaign"])
            only_accuracy = self.rules is None and self.min_accuracy is not None
            quality: Any = self.rules if self.rules is not None else not only_accuracy
            checks = check_quality(client, run_id, quality=quality, min_accuracy=self.min_accuracy)
            missed = [check["text"][:200] for check in checks if not check["passed"]]
            return {"run_id": run_id, "rules": len(checks), "missed": missed[:10]}

    def _newest(self) -> str:
        if not self.campaign:
            return "latest"
        runs = self.hook.get_conn().list("runs")
        for run in runs:
            if run["campaign"] == self.campaign and run["completed_at"]:
                return run["run_id"]
        raise InputError(f"campaign {self.campaign} has no run that is done")
