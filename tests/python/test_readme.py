"""Every command in the README is run, and every target that it names exists."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

README = (ROOT / "README.md").read_text()
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("mino ")]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("readme")
    unset = {"MINO_STORE", "MINO_ORG"}
    env = {name: value for name, value in os.environ.items() if name not in unset}
    env["PATH"] = f"{TARGET}:{env['PATH']}"
    command = [TARGET / "mino", "demo", "--serve", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            assert any(line.startswith("serving until") for line in server.stdout)
            yield folder, env
        finally:
            server.terminate()


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 5


def test_every_command_runs(demo: tuple[Path, dict[str, str]]) -> None:
    folder, env = demo
    for command in COMMANDS:
        done = subprocess.run(command, shell=True, cwd=folder, env=env, capture_output=True, text=True)
        assert done.returncode == 0 and done.stdout, f"{command}: {done.returncode} {done.stdout} {done.stderr}"


def test_every_python_example_runs(demo: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, _ = demo
    monkeypatch.chdir(folder)
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), {})


def test_every_target_exists() -> None:
    targets = set(re.findall(r"`?make ([a-z]+)", README))
    known = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert targets and all(re.search(rf"^{target} ", known, re.M) for target in targets)


def test_every_link_leads_somewhere() -> None:
    for link in re.findall(r"\]\(([^)]+)\)", README):
        assert link.startswith("https://") or (ROOT / link).exists(), link
