"""A task that fails when a run is not good enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mino import Client, InputError
from mino.airflow.assets import publish
from mino.airflow.base_operator import MinoOperator, figures_of
from mino.airflow.failures import told_to_airflow
from mino.airflow.links import MinoRunLink
from mino.airflow.quality import check_quality
from mino.airflow.settings import given, number

if TYPE_CHECKING:
    from airflow.sdk import Context

__all__ = ["MinoQualityCheckOperator"]


class MinoQualityCheckOperator(MinoOperator):
    """Checks quality rules against a run that is done; those of severity `error` fail the task for good, and so does
    having nothing to check.

    run: a run's id, its first letters or `latest`; or campaign: its newest run that is done. rules: dictionaries with
    `check` (accuracy, completeness, calibration, freshness, failures), `field`, `at_least` or `at_most`, and `severity`
    (error, warn). min_accuracy: a rule about the lower bound of the accuracy (95 %). Without either, the campaign's own
    rules are checked.

    An asset of the run's campaign in `outlets` is told after the checks, with the run in few figures. Gives how many
    rules there are, and which were missed.
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
        if (run is None) == (campaign is None):
            raise ValueError("what is to be checked: say either `run` (an id, or `latest`) or `campaign`")
        self.run = run
        self.campaign = campaign
        self.rules = rules
        self.min_accuracy = min_accuracy

    def execute(self, context: Context) -> dict[str, Any]:
        """Checks, tells the log about each rule, and then the outlets about the run."""
        with told_to_airflow():
            client = self.hook.get_conn()
            figures = figures_of(client, self._named(client))
            run_id = figures["run_id"]
            self._announce(context, client, run_id, figures["campaign"])
            if self.outlets:
                # An event tells of a run that is complete.
                self._check_status(client, figures)
            bound, rules = number("min_accuracy", self.min_accuracy), given(self.rules)
            quality = rules if rules is not None else bound is None
            checks = check_quality(client, run_id, quality=quality, min_accuracy=bound)
            publish(self.outlets, context["outlet_events"], figures)
            missed = [check["text"][:200] for check in checks if not check["passed"]]
            return {"run_id": run_id, "rules": len(checks), "missed": missed[:10]}

    def _named(self, client: Client) -> str:
        """The run that is meant."""
        run, campaign = given(self.run), given(self.campaign)
        if run is not None:
            return str(run)
        if campaign is None:
            raise InputError("neither `run` nor `campaign` names anything: look at the template or task it comes from")
        for known in client.list("runs"):
            if known["campaign"] == campaign and known["completed_at"]:
                return known["run_id"]
        raise InputError(f"campaign {campaign} has no run that is done")
