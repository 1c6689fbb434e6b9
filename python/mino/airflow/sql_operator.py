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
SHOWN_CHARACTERS = 200
FIRST_ROWS = 10


def first_rows(rows: Rows, most: int = FIRST_ROWS) -> list[dict[str, Any]]:
    """The first rows as plain values, each shortened, and no more than fit in a small XCom."""
    first: list[dict[str, Any]] = []
    size = 0
    for row in rows.to_pylist()[:most]:
        plain = {name: _plain(value) for name, value in row.items()}
        size += len(json.dumps(plain))
        if size > XCOM_BYTES:
            break
        first.append(plain)
    return first


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


class MinoSqlOperator(MinoOperator):
    """A read-only query over attempts, tasks, fields, results, campaigns, datasets, instructions, runs.

    sql: the query, or a file that ends with `.sql`. check: the task fails when rows come back, and shows the first of
    them: a query says what must not be. retry_on_failure: whether a check that failed is tried again.

    Gives `rows` (their number), `columns` and `first` (a few rows, shortened): to hand on data, read the store's
    Parquet.
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
        return {"rows": len(rows), "columns": rows.column_names[:50], "first": first}
