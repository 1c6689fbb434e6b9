"""Quality rules at the end of a task."""

from __future__ import annotations

import logging
from typing import Any, cast

from mino import Client
from mino.airflow.settings import number
from mino.airflow.versions import AirflowFailException
from mino.types import Quality, QualityRule

__all__ = ["check_quality"]

log = logging.getLogger("mino")


def check_quality(
    client: Client,
    run_id: str,
    *,
    quality: bool | list[dict[str, Any]] = True,
    min_accuracy: float | str | None = None,
) -> list[Quality]:
    """Checks rules, or the campaign's own (True); False for none. min_accuracy: a rule about the accuracy's lower
    bound.

    Tells the log about each. Raises AirflowFailException for those of severity `error` that are missed: another try
    would measure the same run.
    """
    checks: list[Quality] = []
    bound = number("min_accuracy", min_accuracy)
    if bound is not None:
        checks += client.quality(run_id, [{"check": "accuracy", "at_least": bound}])
    if quality:
        checks += client.quality(run_id, None if quality is True else cast(list[QualityRule], quality))
    missed = []
    for check in checks:
        if check["passed"]:
            log.info("passed: %s", check["text"])
        elif check["severity"] == "warn":
            log.warning("missed: %s", check["text"])
        else:
            log.error("missed: %s", check["text"])
            missed.append(check["text"])
    if missed:
        raise AirflowFailException(f"run {run_id} misses {len(missed)} of {len(checks)} rules: " + "; ".join(missed))
    return checks
