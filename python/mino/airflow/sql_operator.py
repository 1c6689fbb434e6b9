"""SQL over a store, and checks made of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mino import Rows
from mino.airflow.base_operator import MinoOperator
from mino.airflow.failures import told_to_airflow
from mino.airflow.versions import AirflowException, AirflowFailException

if TYPE_CHECKING:
    from airflow.sdk import Context

__all__ = ["MinoSqlOperator", "first_rows"]

# What goes through XCom is a reference and a taste, never the data.
XCOM_BYTES = 3000
NAMES_BYTES = 800
FIRST_ROWS = 10
WIDTHS = (200, 60, 15)
"""Characters that are shown of a value: fewer of them where the first row is wide."""


def first_rows(rows: Rows) -> list[dict[str, Any]]:
    """The first rows as plain values, each shortened, and no more than fit in a small XCom: the first one always, if
    need be without its last columns."""
    first: list[dict[str, Any]] = []
    left = XCOM_BYTES
    for row in rows.head(FIRST_ROWS).to_pylist():
        plain = _shortened(row, WIDTHS[0]) if first else _fitting(row)
        left -= _size(plain)
        if left < 0:
            break
        first.append(plain)
    return first


def _fitting(row: dict[str, Any]) -> dict[str, Any]:
    for width in WIDTHS:
        plain = _shortened(row, width)
        if _size(plain) <= XCOM_BYTES:
            return plain
    return dict(_few(list(plain.items()), XCOM_BYTES))


def _few(parts: list[Any], most: int) -> list[Any]:
    """The first of many parts, as many as have room."""
    few: list[Any] = []
    for part in parts:
        most -= _size(part) + 2
        if most < 0:
            break
        few.append(part)
    return few


def _size(value: Any) -> int:
    return len(json.dumps(value))


def _shortened(row: dict[str, Any], width: int) -> dict[str, Any]:
    return {name: _plain(value, width) for name, value in row.items()}


def _plain(value: Any, width: int) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= width else text[: width - 1] + "…"


class MinoSqlOperator(MinoOperator):
    """A read-only query over attempts, tasks, fields, results, campaigns, datasets, instructions, runs.

    sql: the query, or a file that ends with `.sql`. check: the task fails when rows come back, and shows the first of
    them: a query says what must not be. retry_on_failure: whether a check that failed is tried again.

    Gives `rows` (their number), `columns` (the first of very many) and `first` (a few rows, shortened): to hand on
    data, read the store's Parquet.
    """

    template_fields: Sequence[str] = (*MinoOperator.template_fields, "sql")
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers = {"sql": "sql"}

    def __init__(self, *, sql: str, check: bool = False, retry_on_failure: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sql = sql
        self.check = check
        self.retry_on_failure = retry_on_failure

    def execute(self, context: Context) -> dict[str, Any]:
        """Asks the store."""
        with told_to_airflow():
            rows = self.hook.get_conn().sql(self.sql)
            first = first_rows(rows)
        for row in first:
            self.log.info("%s", json.dumps(row, ensure_ascii=False))
        if self.check and len(rows):
            shown = "; ".join(json.dumps(row, ensure_ascii=False) for row in first[:3])
            kind = AirflowException if self.retry_on_failure else AirflowFailException
            raise kind(f"the check found {len(rows)} rows: {shown}")
        return {"rows": len(rows), "columns": _few(rows.column_names, NAMES_BYTES), "first": first}
