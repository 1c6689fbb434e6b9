"""`@task.mino`: a function that says what to run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.bases.decorator import DecoratedOperator, TaskDecorator, task_decorator_factory
from airflow.sdk.definitions.context import context_merge

from mino.airflow.run_operator import MinoRunOperator
from mino.airflow.settings import SETTINGS
from mino.airflow.versions import AirflowFailException, determine_kwargs

if TYPE_CHECKING:
    from airflow.sdk import Context

__all__ = ["mino_task"]

RETURNED = {"campaign", "min_accuracy", "quality", "run_key", *SETTINGS}


class _MinoDecoratedOperator(DecoratedOperator, MinoRunOperator):
    """Runs the campaign that a function names: it gives a name, a campaign file, or a dictionary of arguments of
    MinoRunOperator (`campaign`, `sample`, `concurrency`, …), which go before those of the decorator."""

    template_fields: Sequence[str] = (*DecoratedOperator.template_fields, *MinoRunOperator.template_fields)
    custom_operator_name = "@task.mino"
    overwrite_rtif_after_execution = True

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.pop("multiple_outputs", None)
        super().__init__(
            python_callable=python_callable,
            op_args=op_args,
            op_kwargs=op_kwargs,
            campaign="",
            multiple_outputs=False,
            **kwargs,
        )

    def execute(self, context: Context) -> Any:
        """Asks the function, then runs."""
        context_merge(context, self.op_kwargs)
        told = self.python_callable(*self.op_args, **determine_kwargs(self.python_callable, self.op_args, context))
        arguments = {"campaign": told} if isinstance(told, str) else dict(told)
        unknown = sorted(set(arguments) - RETURNED)
        if unknown:
            raise AirflowFailException(f"@task.mino: a function cannot set {', '.join(unknown)}")
        for name, value in arguments.items():
            setattr(self, name, value)
        if not self.campaign:
            raise AirflowFailException("@task.mino: the function names no campaign")
        self.render_template_fields(context)
        return MinoRunOperator.execute(self, context)


def mino_task(python_callable: Callable[..., Any] | None = None, **kwargs: Any) -> TaskDecorator:
    """Makes a task of a function that says which campaign to run, and how."""
    return task_decorator_factory(
        python_callable=python_callable, decorated_operator_class=_MinoDecoratedOperator, **kwargs
    )
