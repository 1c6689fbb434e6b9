"""A store on a real S3-speaking server: a whole run, and writers that race."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import duckdb
import pyarrow.dataset
import pyarrow.fs
import pytest

import mino


def test_a_run_lands_in_the_bucket(s3: str, campaign: Callable[..., Path]) -> None:
    client = mino.connect(f"{s3}/whole")
    client.apply(campaign([f"shop/{number}" for number in range(1, 5)]))
    first, second = client.run("shops"), client.run("shops", sample="first:2")
    assert client.verify(first.run_id)["ok"] and client.verify(second.run_id)["ok"]
    counted = client.sql("select run_id, count(*) n from tasks group by run_id order by run_id").to_pylist()
    assert counted == [
        {"run_id": first.run_id, "n": 4},
        {"run_id": second.run_id, "n": 2},
    ]

    objects = boto3.client("s3").list_objects_v2(Bucket="mino-test", Prefix="whole/tables/")["Contents"]
    keys = [entry["Key"] for entry in objects]
    assert len(keys) == 8 and all(
        key.endswith(".parquet") and "/org=default/campaign=shops/date=" in key for key in keys
    )
    # The journal of a finished run is of no more use to anybody; its result says what was published.
    body = boto3.client("s3").get_object(Bucket="mino-test", Key=keys[0])["Body"].read()
    changed = bytes([*body[:100], body[100] ^ 1, *body[101:]])
    boto3.client("s3").put_object(Bucket="mino-test", Key=keys[0], Body=changed)
    verified = [client.verify(run.run_id) for run in (first, second)]
    assert sum(table["fault"] is not None for run in verified for table in run["tables"]) == 1


def test_pictures_come_from_the_bucket(s3: str, campaign: Callable[..., Path]) -> None:
    client = mino.connect(f"{s3}/pictures", org="acme")
    client.apply(campaign(["shop/1"]))
    client.run("shops", screenshots="always")
    [row] = client.sql("select screenshots[1]['path'] as path from attempts").to_pylist()
    picture = client.artifact(row["path"])
    assert (picture[:4], picture[8:12]) == (b"RIFF", b"WEBP")
    with pytest.raises(mino.InputError, match="is not there: use a `path` of attempts.screenshots"):
        client.artifact(row["path"] + "x")
    others = [row["path"].replace("acme", "acm"), "catalog/acme/campaigns/shops/0000000001.json", "_mino/format.json"]
    for path in [*others, f"artifacts/acme/../../{others[1]}", "", "/", "artifacts/acme"]:
        with pytest.raises(mino.InputError):
            client.artifact(path)


def test_of_racing_writers_every_one_that_succeeds_is_kept(s3: str, campaign: Callable[..., Path]) -> None:
    url = f"{s3}/race"
    files = [campaign(["shop/1"], purpose="first")]
    mino.connect(url).apply(files[0])

    def write(turn: int) -> bool:
        file = files[0].with_name(f"race-{turn}.yaml")
        file.write_text(files[0].read_text().replace("purpose: first", f"purpose: writer {turn}"))
        try:
            mino.connect(url).apply(file)
        except mino.MinoError as error:
            assert "meanwhile" in str(error) or "changed" in str(error), error
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        succeeded = sum(pool.map(write, range(16)))
    prefix = "race/catalog/default/campaigns/shops/"
    objects = boto3.client("s3").list_objects_v2(Bucket="mino-test", Prefix=prefix)["Contents"]
    versions = [int(Path(entry["Key"]).stem) for entry in objects]
    assert versions == list(range(1, succeeded + 2))


def test_every_reader_counts_the_same(s3: str, campaign: Callable[..., Path]) -> None:
    client = mino.connect(f"{s3}/readers")
    client.apply(campaign([f"shop/{number}" for number in range(1, 4)]))
    client.run("shops")
    import os

    host = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://")
    files = pyarrow.fs.S3FileSystem(endpoint_override=host, scheme="http", access_key="test", secret_key="test")
    for table in ["attempts", "tasks", "results", "fields"]:
        dataset = pyarrow.dataset.dataset(f"mino-test/readers/tables/{table}", filesystem=files, partitioning="hive")
        arrow = dataset.to_table()
        with_duckdb = duckdb.sql("select count(*) from arrow").fetchall()[0][0]
        with_mino = client.sql(f"select count(*) n from {table}").to_pylist()[0]["n"]
        assert arrow.num_rows == with_duckdb == with_mino > 0
