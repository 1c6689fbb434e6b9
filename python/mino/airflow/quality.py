"""Quality rules at the end of a task."""

from __future__ import annotations

import logging
from typing import Any

from mino import Client
from mino.airflow.settings import number, rules_of
from mino.airflow.versions import AirflowFailException
from mino.types import Quality

__all__ = ["check_quality"]

log = logging.getLogger("mino")


def check_quality(
    client: Client,
    run_id: str,
    *,
    quality: bool | str | list[dict[str, Any]] | None = True,
    min_accuracy: float | str | None = None,
) -> list[Quality]:
    """Checks rules, or the campaign's own (True); False for none. min_accuracy: a rule about the accuracy's lower
    bound.

    Tells the log about each. Raises AirflowFailException for those of severity `error` that are missed, as another try
    would measure the same run; and where a check was asked for and there is none: a gate that checks nothing is closed.
    """
    checks: list[Quality] = []
    bound = number("min_accuracy", min_accuracy)
    if bound is not None:
        checks += client.quality(run_id, [{"check": "accuracy", "at_least": bound}])
    rules = rules_of(quality)
    if rules is not False:
        checks += client.quality(run_id, None if rules is True else rules)
    if not checks and (rules is not False or min_accuracy is not None):
        raise AirflowFailException(
            f"there is nothing to check of run {run_id}: give rules or `min_accuracy`, which a template may have left "
            "empty, or add `quality:` rules to the campaign"
        )
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
