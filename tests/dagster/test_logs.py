"""What the log of a step holds: progress, and what the engine itself says."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from conftest import WriteCampaign

# A process of its own: the engine reads MINO_LOG when it starts.
PROGRAM = """
import json, sys
from dagster import DagsterInstance, materialize
from dagster._core.test_utils import instance_for_test
from mino.dagster import MinoResource, build_mino_assets

settings = {"python_logs": {"managed_python_loggers": ["mino"], "python_log_level": "DEBUG"}}
with instance_for_test(overrides=settings) as instance:
    shops = build_mino_assets([sys.argv[1]])
    run = materialize(shops, instance=instance, resources={"mino": MinoResource(store=sys.argv[2])})
    lines = [(e.level, e.user_message) for e in instance.all_logs(run.run_id) if e.step_key and not e.dagster_event]
    print(json.dumps(lines))
"""


def test_progress_and_the_engine_are_in_the_log_of_the_step(write_campaign: WriteCampaign, store: str) -> None:
    file = write_campaign(["shop/1"], run="fetch: browser")
    with file.with_suffix(".csv").open("a") as rows:
        rows.write("http://127.0.0.77:4812/,\n")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(file), store],
        env={**os.environ, "MINO_LOG": "off,mino_engine=debug"},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [(level, text) for level, text in json.loads(done.stdout.splitlines()[-1])]
    said = [text for level, text in lines if level == 20]
    assert any(text.endswith("of shops: 2 tasks") for text in said)
    assert "2 tasks to do, up to 4 pages at once" in said
    assert any(text.startswith("http://127.0.0.77:4812/: failed (") for text in said)
    assert any(text.startswith("completed: 2 of 2 tasks done, 1 of them failed") for text in said)
    assert any(text.startswith("not connected") and "127.0.0.77:4812" in text for level, text in lines if level == 10)
