"""What differs between versions of Airflow, told apart in this one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk import CronTriggerTimetable, ResumableJobMixin, conf
    from airflow.sdk.bases.decorator import determine_kwargs
    from airflow.sdk.exceptions import (
        AirflowException,
        AirflowFailException,
        AirflowNotFoundException,
        AirflowSensorTimeout,
    )
else:
    try:
        from airflow.sdk.exceptions import (
            AirflowException,
            AirflowFailException,
            AirflowNotFoundException,
            AirflowSensorTimeout,
        )
    except ImportError:  # before 3.2
        from airflow.exceptions import (
            AirflowException,
            AirflowFailException,
            AirflowNotFoundException,
            AirflowSensorTimeout,
        )

    try:
        from airflow.sdk import CronTriggerTimetable, conf
        from airflow.sdk.bases.decorator import determine_kwargs
    except ImportError:  # before 3.2
        from airflow.configuration import conf
        from airflow.timetables.trigger import CronTriggerTimetable
        from airflow.utils.operator_helpers import determine_kwargs

    try:
        from airflow.sdk import ResumableJobMixin
    except ImportError:  # before 3.3

        class ResumableJobMixin:
            """Without a store of task states: the operator finds its run by itself, by an id that every try derives."""

            def __init__(self, *, durable: bool = True, **kwargs: Any) -> None:
                super().__init__(**kwargs)
                self.durable = durable

            def execute_resumable(self, context: Any) -> Any:
                """Submits the job, waits for it, gives its result."""
                job = self.submit_job(context)
                self.poll_until_complete(job, context)
                return self.get_job_result(job, context)


__all__ = [
    "AirflowException",
    "AirflowFailException",
    "AirflowNotFoundException",
    "AirflowSensorTimeout",
    "CronTriggerTimetable",
    "ResumableJobMixin",
    "conf",
    "determine_kwargs",
]
