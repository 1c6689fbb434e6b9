"""Mino in Airflow: hook, operators, sensor, decorator, assets, and DAGs made of campaigns. Needs `mino[airflow]`.

Importing this package imports neither Airflow nor the engine: a name is loaded when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mino.airflow.apply_operator import MinoApplyOperator as MinoApplyOperator
    from mino.airflow.assets import mino_asset as mino_asset
    from mino.airflow.dag import MinoDag as MinoDag
    from mino.airflow.decorator import mino_task as mino_task
    from mino.airflow.hook import MinoHook as MinoHook
    from mino.airflow.quality_operator import MinoQualityCheckOperator as MinoQualityCheckOperator
    from mino.airflow.run_operator import MinoRunOperator as MinoRunOperator
    from mino.airflow.sensor import MinoRunSensor as MinoRunSensor
    from mino.airflow.sharded_run import MinoShardedRun as MinoShardedRun
    from mino.airflow.sql_operator import MinoSqlOperator as MinoSqlOperator
    from mino.airflow.trigger import MinoRunTrigger as MinoRunTrigger

_MODULES = {
    "MinoApplyOperator": "apply_operator",
    "MinoDag": "dag",
    "MinoHook": "hook",
    "MinoQualityCheckOperator": "quality_operator",
    "MinoRunOperator": "run_operator",
    "MinoRunSensor": "sensor",
    "MinoRunTrigger": "trigger",
    "MinoShardedRun": "sharded_run",
    "MinoSqlOperator": "sql_operator",
    "mino_asset": "assets",
    "mino_task": "decorator",
}

__all__ = sorted(_MODULES)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULES])
