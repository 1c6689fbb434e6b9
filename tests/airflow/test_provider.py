"""What Airflow is told about the provider, and what importing it does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import airflow
import jsonschema
import pytest

from mino.airflow.provider import get_provider_info

SCHEMA = json.loads((Path(airflow.__file__).parent / "provider_info.schema.json").read_text())


def test_the_description_is_valid() -> None:
    jsonschema.validate(get_provider_info(), SCHEMA)


def test_everything_that_is_named_exists() -> None:
    from importlib import import_module

    info = get_provider_info()
    modules = [m for kind in ("operators", "sensors", "hooks", "triggers") for m in info[kind][0]["python-modules"]]
    assert all(import_module(module) for module in modules)
    classes = [info["connection-types"][0]["hook-class-name"], *info["extra-links"]]
    classes += [info["task-decorators"][0]["class-name"], info["asset-uris"][0]["handler"]]
    for name in classes:
        module, attribute = name.rsplit(".", 1)
        assert getattr(import_module(module), attribute)


def test_importing_the_package_imports_no_airflow() -> None:
    looked = "import sys, mino.airflow, mino.airflow.provider; print('airflow' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", looked], text=True).strip() == "False"


def test_importing_every_part_starts_no_engine() -> None:
    """A process that Airflow forks has no threads of the engine, which a fork would not take along; and only the API
    server builds the pages."""
    looked = """
import os, sys, mino.airflow
before = len(os.listdir("/proc/self/task"))
for name in mino.airflow.__all__:
    getattr(mino.airflow, name)
import mino.airflow.plugin
print(len(os.listdir("/proc/self/task")) - before, "mino.airflow.pages.app" in sys.modules)
"""
    assert subprocess.check_output([sys.executable, "-c", looked], text=True).splitlines()[-1] == "0 False"


def test_an_unknown_name_is_told() -> None:
    import mino.airflow

    with pytest.raises(AttributeError, match="MinoRunner"):
        mino.airflow.MinoRunner  # noqa: B018
    assert "MinoRunOperator" in dir(mino.airflow)
