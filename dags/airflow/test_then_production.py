"""A sample first; everything only when the sample is right often enough.

The gate asks the lower bound of the accuracy (95 %): twenty right answers of twenty say more than three of three, and
a sample that is too small to tell does not pass. What passes runs in full and tells the campaign's asset; a test does
not.
"""

from __future__ import annotations

from airflow.sdk import DAG, Param

from mino.airflow import MinoApplyOperator, MinoQualityCheckOperator, MinoRunOperator, mino_asset

CAMPAIGN = "fitness-venues"
ORG = "default"  # the organization of the connection

with DAG(
    "test_then_production",
    schedule=None,
    tags=["mino"],
    params={
        "sample": Param("random:10", type="string", description="rows of the test"),
        "min_accuracy": Param(0.5, type="number", description="what the lower bound of the accuracy must reach"),
    },
):
    apply = MinoApplyOperator(task_id="apply", path=f"campaigns/{CAMPAIGN}.yaml")  # beside this file
    test = MinoRunOperator(task_id="test", campaign=CAMPAIGN, sample="{{ params.sample }}", run_type="test")
    gate = MinoQualityCheckOperator(task_id="gate", run=test.output["run_id"], min_accuracy="{{ params.min_accuracy }}")
    production = MinoRunOperator(
        task_id="production", campaign=CAMPAIGN, run_type="production", outlets=[mino_asset(CAMPAIGN, org=ORG)]
    )
    apply >> test >> gate >> production
