"""The settings of a run as an operator has them: templates render to texts, the engine wants numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mino.airflow.versions import AirflowFailException

__all__ = ["SETTINGS", "of_run", "number"]


def _yes(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    return words[str(value).strip().lower()]


def _list(value: Any) -> list[str]:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else list(value)


SETTINGS: dict[str, Callable[[Any], Any]] = {
    "sample": str,
    "seed": int,
    "instructions": str,
    "dataset_version": int,
    "run_type": str,
    "concurrency": int,
    "max_retries": int,
    "timeout": lambda value: value,
    "screenshots": str,
    "fetch": str,
    "archive": _yes,
    "allow_addresses": _list,
}
"""Settings of `mino.Client.run` by name, with what makes them of a text."""


def number(name: str, value: Any) -> float | None:
    """A number, or a text that is one; None for none."""
    if value in (None, "", "None"):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        raise AirflowFailException(f"{name} `{value}` is no number") from None


def of_run(given: Any, *names: str) -> dict[str, Any]:
    """Those settings that are set, of an operator's attributes or a dictionary: all, or only these."""
    settings = {}
    for name in names or SETTINGS:
        value = given.get(name) if isinstance(given, dict) else getattr(given, name, None)
        if value in (None, "", "None"):
            continue
        try:
            settings[name] = SETTINGS[name](value)
        except (KeyError, TypeError, ValueError):
            raise AirflowFailException(f"{name} `{value}` makes no sense") from None
    return settings
