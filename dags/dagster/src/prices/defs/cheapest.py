"""What stands downstream of a campaign: it runs when new prices are there, and not when their checks fail.

The automation sensor of the code location has to be on (Automation, `default_automation_condition_sensor`).
"""

import dagster as dg
import duckdb

from mino.dagster import MinoResource

# `eager` alone waits until every date since the first partition is there, and does not look at checks.
NEW_AND_GOOD = (
    dg.AutomationCondition.eager().without(~dg.AutomationCondition.any_deps_missing())
    & dg.AutomationCondition.all_deps_blocking_checks_passed()
)


@dg.asset(deps=["attraction_prices"], group_name="prices", automation_condition=NEW_AND_GOOD)
def cheapest_ticket(mino: MinoResource) -> dg.MaterializeResult:
    """The cheapest ticket of each currency, as far as the run is sure of it."""
    rows = mino.client().sql(  # noqa: F841 (DuckDB finds it by its name)
        """
        select name, price, price__currency as currency from results."attraction-prices"
        where price__confidence >= 0.5 and run_id = (
            select run_id from runs where campaign = 'attraction-prices' and status = 'completed'
            order by completed_at desc limit 1
        )
        """
    )
    cheapest = duckdb.sql("select currency, arg_min(name, price) as name, min(price) as price from rows group by all")
    lines = ["| currency | ticket | price |", "| - | - | - |"]
    lines += [f"| {currency} | {name} | {price:.2f} |" for currency, name, price in sorted(cheapest.fetchall())]
    return dg.MaterializeResult(
        metadata={"dagster/row_count": len(lines) - 2, "cheapest": dg.MetadataValue.md("\n".join(lines))}
    )
