"""Prices once a day, by the campaign's own cron and time zone (`schedule:` in its file).

The run applies the campaign file first, so that a change of the file is a change of the campaign. A failed task goes
on with the same run when it is tried again. Figures of each run: the tab `Mino run`, or the events of the asset
`mino://<organization>/attraction-prices`.
"""

from __future__ import annotations

from datetime import timedelta

from mino.airflow import MinoDag, MinoSqlOperator

with MinoDag(
    "campaigns/attraction-prices.yaml",  # beside this file
    dag_id="daily_price_monitor",
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
    run_args={"execution_timeout": timedelta(hours=2)},
) as dag:
    # A query says what must not be: the task fails with the first of the rows that come back.
    no_free_tickets = MinoSqlOperator(
        task_id="no_free_tickets",
        check=True,
        sql="""
            select site_url, raw, value from fields
            where run_id = '{{ ti.xcom_pull(task_ids="run")["run_id"] }}' and field = 'price' and number <= 0
        """,
    )
    dag.published >> no_free_tickets
