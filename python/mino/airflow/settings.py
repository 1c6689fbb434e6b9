"""The settings of a run as an operator has them: templates render to texts, the engine wants numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mino.airflow.versions import AirflowFailException

__all__ = ["SETTINGS", "given", "number", "of_run", "rules_of"]


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


def given(value: Any) -> Any:
    """A value; None for a text that says nothing, as a template leaves it that found nothing."""
    return None if isinstance(value, str) and value.strip() in ("", "None") else value


def number(name: str, value: Any) -> float | None:
    """A number, or a text that is one; None for none."""
    if given(value) is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        raise AirflowFailException(f"{name} `{value}` is no number") from None


def rules_of(value: Any) -> bool | list[Any]:
    """Quality rules that are wanted: these, the campaign's own (True), or none (False)."""
    if value is None or isinstance(value, bool):
        return bool(value)
    try:
        return _yes(value) if isinstance(value, str) else [dict(rule) for rule in value]
    except (KeyError, TypeError, ValueError):
        raise AirflowFailException(
            f"quality rules `{value}` make no sense: say true, false, or a list of dictionaries; a template makes one "
            "where the DAG says render_template_as_native_obj=True"
        ) from None


def of_run(source: Any, *names: str) -> dict[str, Any]:
    """Those settings that are set, of an operator's attributes or a dictionary: all, or only these."""
    settings = {}
    for name in names or SETTINGS:
        value = given(source.get(name) if isinstance(source, dict) else getattr(source, name, None))
        if value is None:
            continue
        try:
            settings[name] = SETTINGS[name](value)
        except (KeyError, TypeError, ValueError):
            raise AirflowFailException(f"{name} `{value}` makes no sense") from None
    return settings
