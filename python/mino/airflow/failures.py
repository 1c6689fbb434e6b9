"""Errors of the engine as Airflow understands them: which of them another try may mend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mino import InputError, MinoError
from mino.airflow.versions import AirflowException, AirflowFailException

__all__ = ["told_to_airflow"]


@contextmanager
def told_to_airflow() -> Iterator[None]:
    """What makes no sense fails for good; whatever else went wrong is tried again."""
    try:
        yield
    except InputError as error:
        raise AirflowFailException(str(error)) from error
    except MinoError as error:
        raise AirflowException(str(error)) from error
