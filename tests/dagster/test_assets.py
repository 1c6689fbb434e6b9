"""Campaigns as assets: what is materialized, what a retry does, how failures look."""

# No `from __future__ import annotations` here: Dagster reads the annotations of assets.

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from conftest import Site, WriteCampaign
from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetSpec,
    EnvVar,
    ExecuteInProcessResult,
    RetryPolicy,
    RunConfig,
    asset,
    materialize,
)

import mino
from mino.dagster import MinoCampaign, MinoResource, MinoRunConfig, MinoTranslator, build_mino_assets, mino_assets

Run = Callable[..., ExecuteInProcessResult]


def test_importing_starts_nothing() -> None:
    told = "import sys, mino; assert 'dagster' not in sys.modules; import mino.dagster, threading; "
    told += "print(threading.active_count())"
    # The engine's threads are not Python's: /proc knows both.
    told += "; import os; print(len(os.listdir('/proc/self/task')))"
    said = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["1", "1"]


def test_a_campaign_file_is_an_asset(write_campaign: WriteCampaign, run: Run, client: mino.Client) -> None:
    [shops] = build_mino_assets([write_campaign(["shop/1", "shop/2"], name="corner-shops")])
    [spec] = shops.specs
    assert (spec.key, spec.group_name, spec.code_version) == (AssetKey("corner_shops"), "mino", "1.0")
    assert spec.kinds == {"mino", "parquet"}
    assert spec.description == "prices of shops\n\n- `title` (text): name of the shop\n- `price` (money)"

    result = run(shops)
    assert result.success
    [made] = result.asset_materializations_for_node("corner_shops")
    [found] = client.list("runs")
    assert made.metadata["mino/run_id"].value == found["run_id"]
    assert (found["status"], found["run_type"]) == ("completed", "production")


def test_the_decorator_leaves_the_body_to_people(write_campaign: WriteCampaign, run: Run, client: mino.Client) -> None:
    class Translator(MinoTranslator):
        def get_asset_spec(self, campaign: MinoCampaign) -> AssetSpec:
            return super().get_asset_spec(campaign).replace_attributes(key=["raw", campaign.name], group_name="prices")

    @mino_assets(campaign=write_campaign(["shop/1", "shop/2"]), translator=Translator(), name="visit_shops")
    def visit(context: AssetExecutionContext, mino: MinoResource):
        yield from mino.run(context, sample="first:1")

    assert visit.key == AssetKey(["raw", "shops"])
    assert run(visit).success
    [found] = client.list("runs")
    assert (found["sample"], found["run_type"]) == ("first:1", "test")


def test_the_launchpad_goes_before_the_settings(write_campaign: WriteCampaign, run: Run, client: mino.Client) -> None:
    [shops] = build_mino_assets([write_campaign(["shop/1", "shop/2", "shop/3"])], sample="first:1", archive=True)
    config = RunConfig(ops={"shops": MinoRunConfig(sample="rows:2,3", run_type="production")})
    assert run(shops, run_config=config).success
    [found] = client.list("runs")
    assert (found["sample"], found["run_type"], found["settings"]["archive"]) == ("rows:2,3", "production", True)


def test_credentials_are_set_only_while_the_store_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_campaign: WriteCampaign
) -> None:
    monkeypatch.setenv("LAKE", str(tmp_path / "lake"))
    monkeypatch.setenv("LAKE_KEY", "secret")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    resource = MinoResource(store=EnvVar("LAKE"), environment={"AWS_ACCESS_KEY_ID": EnvVar("LAKE_KEY")})
    seen: list[str] = []

    def connect(url: str, org: str) -> mino.Client:
        seen.append(os.environ["AWS_ACCESS_KEY_ID"])
        return mino.connect(url, org)

    monkeypatch.setattr("mino.dagster.resource.connect", connect)
    [shops] = build_mino_assets([write_campaign(["shop/1"])])
    assert materialize([shops], resources={"mino": resource}).success
    assert seen == ["secret"]
    assert "AWS_ACCESS_KEY_ID" not in os.environ
    assert (tmp_path / "lake").is_dir()


def test_a_retry_goes_on_with_the_same_run(
    write_campaign: WriteCampaign, run: Run, client: mino.Client, site: Site
) -> None:
    file = write_campaign([f"slow/{number}" for number in range(100, 112)])
    tries: list[int] = []

    @mino_assets(campaign=file, retry_policy=RetryPolicy(max_retries=1))
    def shops(context: AssetExecutionContext, mino: MinoResource):
        tries.append(context.retry_number)
        if context.retry_number:
            yield from mino.run(context)
            return
        with pytest.MonkeyPatch.context() as patched:
            # An exception in the midst of the run, as a lost connection of Dagster's database would be.
            patched.setattr("mino.workflow.ProgressLog.__call__", _fails_at_the_third_task())
            yield from mino.run(context)

    assert run(shops).success
    assert tries == [0, 1]
    [found] = client.list("runs")
    assert (found["status"], found["completed"]) == ("completed", 12)
    done = client.sql("select task_id from attempts where status = 'success'").to_pylist()
    assert len(done) == len({each["task_id"] for each in done}) == 12


def _fails_at_the_third_task() -> Callable[..., None]:
    done: list[str] = []

    def hear(self: object, event: dict[str, str]) -> None:
        if event["event"] == "task_finished":
            done.append(event["task_id"])
        if len(done) == 3:
            raise RuntimeError("the database is gone")

    return hear


def test_materializing_again_is_another_run(write_campaign: WriteCampaign, run: Run, client: mino.Client) -> None:
    [shops] = build_mino_assets([write_campaign(["shop/1"])])
    assert run(shops).success and run(shops).success
    assert len(client.list("runs")) == 2


ONCE_MORE = RetryPolicy(max_retries=1)


def _failure(result: ExecuteInProcessResult) -> tuple[str, bool]:
    """How a step failed at last, and whether it was tried again."""
    failed = [event for event in result.all_events if event.is_step_failure][-1]
    told = failed.step_failure_data.user_failure_data
    assert told is not None, failed.step_failure_data.error
    return str(told.description), any(event.is_step_up_for_retry for event in result.all_events)


def test_what_a_retry_cannot_mend_is_not_tried_again(write_campaign: WriteCampaign, run: Run, tmp_path: Path) -> None:
    [unknown] = build_mino_assets(["nothing-of-the-kind"], retry_policy=ONCE_MORE)
    said, again = _failure(run(unknown))
    assert "nothing-of-the-kind" in said and again is False

    file = write_campaign(["shop/1"])
    [wrong] = build_mino_assets([file], sample="some", retry_policy=ONCE_MORE)
    said, again = _failure(run(wrong))
    assert "`some` is not a sample" in said and again is False


def test_a_run_that_completed_nothing_is_a_failure(
    write_campaign: WriteCampaign, run: Run, client: mino.Client
) -> None:
    [shops] = build_mino_assets([write_campaign(["gone/1", "gone/2"])], retry_policy=ONCE_MORE)
    result = run(shops)
    said, again = _failure(result)
    [found] = client.list("runs")
    assert said == (
        f"run {found['run_id']} completed none of its 2 tasks: 2 page_error; re-executing reports run "
        f"{found['run_id']} again: materialize the asset anew to visit the sites anew"
    )
    assert again is False
    assert result.asset_materializations_for_node("shops") == []


def test_a_run_that_a_person_stopped_is_a_failure(write_campaign: WriteCampaign, run: Run, client: mino.Client) -> None:
    file = write_campaign([f"slow/{number}" for number in range(400)])

    @mino_assets(campaign=file, retry_policy=ONCE_MORE)
    def shops(context: AssetExecutionContext, mino: MinoResource):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("mino.workflow.ProgressLog.__call__", _stops_it(client))
            yield from mino.run(context)

    said, again = _failure(run(shops))
    assert "is stopped" in said and "enough for today" in said and again is False


def _stops_it(client: mino.Client) -> Callable[..., None]:
    def hear(self: object, event: dict[str, str]) -> None:
        if event["event"] == "started":
            Thread(target=lambda: client.stop(now=True, reason="enough for today")).start()

    return hear


def test_a_run_that_another_process_works_on_is_left_to_it(
    write_campaign: WriteCampaign, store: str, client: mino.Client, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_campaign([f"slow/{number}" for number in range(1000)])
    client.apply(file)
    run_id = client.plan("shops")
    program = f"import mino; mino.connect({store!r}).run(resume={run_id!r})"
    with subprocess.Popen([sys.executable, "-c", program]) as other:
        while not client.status(run_id)[0]["totals"]["completed"]:
            assert other.poll() is None
        monkeypatch.setattr("mino.dagster.execution.run_id_of", lambda context, asset: run_id)
        [shops] = build_mino_assets([file], retry_policy=ONCE_MORE)
        said, again = _failure(run(shops))
        other.terminate()
    assert f"works on shard 1/1 of run {run_id}" in said and again is True


def test_assets_of_others_are_told_apart(run: Run) -> None:
    @asset
    def shops(context: AssetExecutionContext, mino: MinoResource) -> None:
        list(mino.run(context))

    [failed] = [event for event in run(shops).all_events if event.is_step_failure]
    assert "shops is no asset of mino_assets" in str(failed.step_failure_data.error)


def test_files_that_are_no_campaigns(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        build_mino_assets([tmp_path / "none.yaml"])
    (tmp_path / "other.yaml").write_text("a: b")
    with pytest.raises(ValueError, match="is not a campaign file"):
        build_mino_assets([tmp_path / "other.yaml"])
    (tmp_path / "broken.yaml").write_text("a: [")
    with pytest.raises(ValueError, match="is not YAML"):
        build_mino_assets([tmp_path / "broken.yaml"])


@pytest.mark.parametrize(
    ("instead", "said"),
    [
        ("instructions: find the price", "`instructions` of .* is to be a mapping, and is 'find the price'"),
        ("instructions: {fields: {title: text}}", "`instructions.fields` of .* is to be a list"),
        ("instructions: {fields: [title]}", "`instructions.fields` of .* has 'title', which does not say its `name`"),
        ("quality: {check: accuracy}", "`quality` of .* is to be a list"),
        ("schedule: 0 6 * * *", "`schedule` of .* is to be a mapping"),
    ],
)
def test_what_is_wrong_with_a_campaign_file_names_it(tmp_path: Path, instead: str, said: str) -> None:
    file = tmp_path / "shops.yaml"
    file.write_text(f"campaign: shops\n{instead}\n")
    with pytest.raises(ValueError, match=said) as raised:
        build_mino_assets([file])
    assert str(file) in str(raised.value)


def test_a_field_without_a_type_is_text(tmp_path: Path) -> None:
    file = tmp_path / "shops.yaml"
    file.write_text("campaign: shops\ninstructions:\n  fields:\n    - {name: title}\n")
    [shops] = build_mino_assets([file])
    [spec] = shops.specs
    assert spec.description == "Results of the campaign shops\n\n- `title` (text)"


def test_definitions_from_the_store_are_asked_for(write_campaign: WriteCampaign, client: mino.Client, run: Run) -> None:
    file = write_campaign(["shop/1"], more='schedule: {cron: "0 6 * * *", timezone: Europe/Berlin}')
    client.apply(file)
    from_store, from_file = MinoCampaign.from_store(client, "shops"), MinoCampaign.from_file(file)
    assert from_store.file is None
    assert (from_store.cron, from_store.timezone) == (from_file.cron, from_file.timezone)
    assert [each["name"] for each in from_store.fields] == ["title", "price"]
    assert from_store.instructions_version == from_file.instructions_version
    [shops] = build_mino_assets([from_store])
    assert run(shops).success
