"""What a materialization says of its run, and that it stays small."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as xml
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet
from conftest import WriteCampaign
from dagster import ExecuteInProcessResult, serialize_value

import mino
from mino.dagster import build_mino_assets
from mino.dagster.plot import confidence_plot

Run = Callable[..., ExecuteInProcessResult]


def test_rows_columns_accuracy_confidence_and_where(
    write_campaign: WriteCampaign, run: Run, client: mino.Client
) -> None:
    [shops] = build_mino_assets([write_campaign(["shop/1", "shop/2", "gone/3"])])
    [made] = run(shops).asset_materializations_for_node("shops")
    said = {name: each.value for name, each in made.metadata.items()}
    assert said["dagster/row_count"] == 3
    assert (said["mino/completed"], said["mino/failed"]) == (2, 1)
    # The cell of the failed task counts as missing: two of three, from 0.208.
    assert round(said["mino/accuracy"], 3) == 0.667 and round(said["mino/accuracy_lower"], 3) == 0.208
    assert said["mino/fields"].splitlines()[2].startswith("| title | 2/2 | 0.")
    assert said["mino/fields"].splitlines()[2].endswith("| 0.667 (0.208 to 0.939) | 3 |")

    file = pyarrow.parquet.read_table(str(said["mino/results"]), partitioning=None)
    assert file.num_rows == 3
    columns = {each.name: each for each in said["dagster/column_schema"].columns}
    assert list(columns) == ["row_id", "site_url", "title", "price", "price__currency"]
    assert columns["title"].description == "name of the shop" and columns["price"].type == "Float64"
    assert set(columns) <= set(file.column_names)


def test_the_plot_is_a_picture(write_campaign: WriteCampaign, client: mino.Client) -> None:
    client.apply(write_campaign(["shop/1", "shop/2", "gone/3"]))
    plot = confidence_plot(client, client.run("shops").run_id)
    assert plot is not None and plot.startswith("data:image/svg+xml;base64,")
    picture = xml.fromstring(base64.b64decode(plot.partition(",")[2]))
    bars, diagonal, dots = picture.findall("{http://www.w3.org/2000/svg}path")
    # Two tenths of confidence, one of the titles with a known answer and all of them right, hence at the top.
    assert bars.attrib["d"].count("M") == 2 and diagonal.attrib["d"] == "M0 100L300 0"
    assert dots.attrib["d"].endswith(" 0h0")


def test_nothing_found_is_no_plot(write_campaign: WriteCampaign, client: mino.Client) -> None:
    client.apply(write_campaign(["gone/1"]))
    assert confidence_plot(client, client.run("shops").run_id) is None


def _with_more_fields(file: Path, count: int) -> Path:
    more = "".join(
        f"    - {{name: quite_a_long_name_of_a_field_{number}, type: text, description: something about the shop}}\n"
        for number in range(count)
    )
    text = file.read_text().replace("concurrency: 4", "concurrency: 64")
    file.write_text(text.replace("dataset:", f"{more}dataset:"))
    return file


def test_five_thousand_tasks_stay_under_four_kilobytes(write_campaign: WriteCampaign, run: Run) -> None:
    file = write_campaign([f"shop/{number}" for number in range(5000)])
    [shops] = build_mino_assets([_with_more_fields(file, 5)])
    [made] = run(shops).asset_materializations_for_node("shops")
    assert made.metadata["dagster/row_count"].value == 5000
    assert len(serialize_value(made.metadata).encode()) < 4096
    assert {"mino/confidence", "dagster/column_schema"} <= set(made.metadata)


def test_many_fields_stay_under_four_kilobytes(write_campaign: WriteCampaign, run: Run) -> None:
    [shops] = build_mino_assets([_with_more_fields(write_campaign(["shop/1"]), 40)])
    [made] = run(shops).asset_materializations_for_node("shops")
    assert len(serialize_value(made.metadata).encode()) < 4096
    assert made.metadata["mino/fields"].value.endswith("30 more in the table `fields`")
    columns = [each.name for each in made.metadata["dagster/column_schema"].value.columns]
    assert columns[:4] == ["row_id", "site_url", "title", "price"]
