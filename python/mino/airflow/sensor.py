"""Waits until a run is done, whoever does it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator

from mino import Client, InputError, UnreachableError
from mino.airflow.base_operator import MinoOperator, figures_of
from mino.airflow.failures import told_to_airflow
from mino.airflow.links import MinoRunLink
from mino.airflow.settings import given
from mino.airflow.trigger import CLOSED, MinoRunTrigger
from mino.airflow.versions import AirflowFailException, AirflowSensorTimeout, conf

if TYPE_CHECKING:
    from airflow.sdk import Context

__all__ = ["MinoRunSensor"]


class MinoRunSensor(MinoOperator, BaseSensorOperator):
    """Waits until a run is complete. One that was stopped or failed fails the sensor without another try, or skips it
    with `soft_fail`. A store that does not answer is asked again.

    run: its id, which may not exist yet. deferrable: wait in the triggerer instead of in a worker slot.
    """

    template_fields: Sequence[str] = (*MinoOperator.template_fields, "run")
    operator_extra_links = (MinoRunLink(),)

    def __init__(
        self,
        *,
        run: str,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.run = run
        self.deferrable = deferrable

    def execute(self, context: Context) -> Any:
        """Waits. Gives the run in few figures."""
        with told_to_airflow():
            if given(self.run) is None:
                raise AirflowFailException("`run` names nothing: look at the template or task it comes from")
            if self.deferrable and not self._is_closed():
                trigger = MinoRunTrigger(
                    run_id=self.run,
                    mino_conn_id=self.mino_conn_id,
                    org=self.org,
                    poll_interval=self.poke_interval,
                    deadline=time.time() + self.timeout,
                )
                self.defer(trigger=trigger, method_name="execute_complete")
            super().execute(context)
            return self._conclude(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """After the wait."""
        with told_to_airflow():
            if event["status"] == "timeout":
                raise AirflowSensorTimeout(event["error"])
            return self._conclude(context)

    def poke(self, context: Context) -> bool:
        """Whether the run is complete. Raises for one that was stopped or failed, which `soft_fail` minds."""
        with told_to_airflow():
            if not self._is_closed():
                return False
            client = self.hook.get_conn()
            self._check_status(client, figures_of(client, self.run))
            return True

    def _is_closed(self) -> bool:
        try:
            return self._status(self.hook.get_conn()) in CLOSED
        except UnreachableError as error:
            self.log.warning("%s", error)
            return False

    def _status(self, client: Client) -> str | None:
        try:
            shown = client.show(self.run)
        except InputError:
            return None
        return shown["run"]["status"] if shown["kind"] == "run" else None

    def _conclude(self, context: Context) -> dict[str, Any]:
        client = self.hook.get_conn()
        figures = figures_of(client, self.run)
        self._announce(context, client, figures["run_id"], figures["campaign"])
        self._check_status(client, figures)
        return figures
