"""The stubs say what is there: to mypy, and in what calls give back."""

from __future__ import annotations

import types
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest
from mypy import api, stubtest

import mino
from mino.types import (
    Applied,
    Inventory,
    RunEvent,
    ShownCampaign,
    ShownDataset,
    ShownRun,
    Summary,
    Verified,
)

if TYPE_CHECKING:
    from sites import Write

pytest_plugins = ["sites"]

SCRIPT = """
from pathlib import Path
from typing import Any

import mino
from mino.types import RunEvent


def typed(event: RunEvent) -> None:
    if event["event"] == "finalized":
        print(event["summary"]["completed"])


def loose(event: dict[str, Any]) -> None:
    print(event["event"])


client: mino.Client = mino.connect(Path("store"), org="default")
changed: bool = client.apply("shops.yaml", why="new")["campaign_changed"]
report = client.run("shops", sample="first:10", run_type="test", timeout=30, on_progress=typed)
client.run("shops", timeout="30s", on_progress=loose)
client.run("shops", on_progress=print)
client.run("shops", on_progress=lambda event: print(event["event"]))
if report.status == "completed" and report.accuracy is not None:
    share: float = report.accuracy["lower"]
names: list[str] = client.sql("select 1 as one").schema.names
runs: list[str] = [run["run_id"] for run in client.list("runs")]
shown = client.show("shops")
if shown["kind"] == "campaign":
    prompt: str = shown["instructions"]["prompt"]
try:
    ok: bool = client.verify()["ok"]
except (mino.InputError, mino.UnreachableError, mino.RunFailed) as error:
    print(error)
"""

WRONG = """
import mino

client = mino.connect("store")
client.run("shops", run_type="prod")
client.run("shops", 3)
client.list("tasks")
client.verify()["okay"]
client.sql("select 1").rows
"""


def check(tmp_path: Path, script: str) -> tuple[str, int]:
    file = tmp_path / "script.py"
    file.write_text(script)
    out, errors, code = api.run(["--strict", "--cache-dir", str(tmp_path / "cache"), str(file)])
    assert not errors
    return out, code


def test_a_script_passes_mypy_strict(tmp_path: Path) -> None:
    assert check(tmp_path, SCRIPT) == ("Success: no issues found in 1 source file\n", 0)


def test_mypy_finds_what_is_wrong(tmp_path: Path) -> None:
    out, _ = check(tmp_path, WRONG)
    lines = {int(line.split(":")[1]) for line in out.splitlines() if ": error:" in line}
    assert lines == {5, 6, 7, 8, 9}, out


def test_the_stubs_name_what_there_is() -> None:
    assert stubtest.test_stubs(stubtest.parse_options(["mino", "--ignore-missing-stub"])) == 0


def faults(value: Any, hint: Any, where: str) -> list[str]:
    """Where a value of JSON is not of a type."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return []
    if is_typeddict(hint):
        if not isinstance(value, dict):
            return [f"{where}: {value!r} is no {hint.__name__}"]
        hints = get_type_hints(hint)
        wrong = (value.keys() - hints.keys()) | (hint.__required_keys__ - value.keys())
        below = [
            fault for key in value.keys() & hints.keys() for fault in faults(value[key], hints[key], f"{where}.{key}")
        ]
        return [f"{where}: {key} of {hint.__name__}" for key in sorted(wrong)] + below
    if origin in (Union, types.UnionType):
        each = [faults(value, option, where) for option in inner]
        return [] if any(not found for found in each) else min(each, key=len)
    if origin is Literal:
        return [] if value in inner else [f"{where}: {value!r} is none of {inner}"]
    if origin is list and isinstance(value, list):
        return [fault for item in value for fault in faults(item, inner[0], f"{where}[]")]
    if origin is tuple and isinstance(value, list) and len(value) == len(inner):
        return [fault for item, of in zip(value, inner, strict=True) for fault in faults(item, of, f"{where}()")]
    if origin is dict and isinstance(value, dict):
        keys = [fault for key in value for fault in faults(key, inner[0], f"{where} key")]
        return keys + [fault for item in value.values() for fault in faults(item, inner[1], f"{where}{{}}")]
    plain = origin is None and type(value) is (type(None) if hint is None else hint)
    return [] if plain else [f"{where}: {value!r} is no {hint}"]


def test_what_calls_give_back_has_the_keys_of_its_type(shops: mino.Client, write: Write) -> None:
    file = write("shop/1", "gone", "never")
    file.write_text(file.read_text().replace("prompt:", "follow: {depth: 1, links: [contact]}\n  prompt:"))
    given: list[tuple[Any, Any]] = [(shops.apply(file), Applied)]

    def on_progress(event: dict[str, Any]) -> None:
        given.append((event, RunEvent))
        if event["event"] == "started":
            given.append((shops.show(), ShownRun))
            given.append((shops.list(), Inventory))
        if event["event"] == "attempt_started" and event["url"].endswith("never"):
            raise LookupError

    with pytest.raises(LookupError):
        shops.run("shops", on_progress=on_progress, concurrency=1)
    report = shops.run("shops", sample="first:2", on_progress=on_progress, max_retries=1)
    seen = {value["event"] for value, hint in given if hint is RunEvent}
    assert seen >= {
        "planned",
        "started",
        "attempt_started",
        "attempt_finished",
        "task_finished",
        "flushed",
        "finalized",
    }
    given += [
        (report.summary, Summary),
        (shops.list(), Inventory),
        (shops.show(), ShownRun),
        (shops.show("shops"), ShownCampaign),
        (shops.verify(), Verified),
    ]
    named = file.with_name("named.yaml")
    named.write_text(file.read_text().replace("url: url", "url: url, name: pages").replace("shops\n", "named\n", 1))
    given += [(shops.apply(named), Applied), (shops.show("pages"), ShownDataset)]
    found = [fault for value, hint in given for fault in faults(value, hint, getattr(hint, "__name__", "RunEvent"))]
    assert not found


def test_every_event_of_the_engine_has_a_type() -> None:
    source = (Path(__file__).parents[2] / "engine" / "src" / "run" / "event.rs").read_text()
    body = source.split("pub enum RunEvent {")[1].split("\n}\n")[0]
    variants = {line.split()[0] for line in body.splitlines() if line.startswith("    ") and line[4].isupper()}
    assert variants == {option.__name__ for option in get_args(RunEvent)}
