"""What the documentation shows works, and the project of `dags/dagster` is one to Dagster's own tools."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from conftest import ROOT

import mino
import mino.dagster as package

BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "python/docs/dagster.md").read_text(), re.S)


@pytest.fixture
def campaigns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "examples/campaigns", tmp_path / "campaigns")
    with (tmp_path / "campaigns/sheriff-contacts.yaml").open("a") as file:
        file.write('\nschedule: {cron: "0 6 * * 1-5", timezone: America/Chicago}\n')
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("block", BLOCKS, ids=[f"block-{number}" for number, _ in enumerate(BLOCKS, 1)])
def test_python_of_the_documentation_defines_something(campaigns: None, block: str) -> None:
    names: dict[str, Any] = {"dg": dg, "mino": mino, **{name: getattr(package, name) for name in package.__all__}}
    before = dict(names)
    # Without the `from __future__` of this file.
    exec(compile(block, "dagster.md", "exec", dont_inherit=True), names)
    made = [value for name, value in names.items() if before.get(name) is not value]
    assert any(isinstance(each, dg.Definitions | dg.AssetsDefinition) for each in made)


def test_checks_can_have_a_schedule_of_their_own(campaigns: None) -> None:
    assets = package.build_mino_assets(
        [package.MinoCampaign("sheriff-contacts", quality=({"check": "freshness", "at_most": "36h"},))]
    )
    schedule = dg.ScheduleDefinition(
        name="freshness", target=dg.AssetSelection.checks_for_assets("sheriff_contacts"), cron_schedule="0 * * * *"
    )
    defs = dg.Definitions(
        assets=assets, schedules=[schedule], resources={"mino": package.MinoResource(store=dg.EnvVar("MINO_STORE"))}
    )
    job = defs.resolve_implicit_global_asset_job_def()
    assert [key.name for key in job.asset_layer.asset_graph.asset_check_keys] == ["freshness"]


def test_the_project_is_checked_by_dg(tmp_path: Path) -> None:
    project = shutil.copytree(ROOT / "dags/dagster", tmp_path / "project")
    environment = {**os.environ, "PYTHONPATH": str(project / "src"), "MINO_STORE": str(tmp_path / "store")}
    for check in ("yaml", "defs"):
        command = [Path(sys.executable).with_name("dg"), "check", check]
        done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert not (tmp_path / "store").exists(), "definitions load without a store"
