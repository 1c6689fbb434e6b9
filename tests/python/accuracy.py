"""Prints the accuracy by field on 124 pages of 124 real sites: `accuracy.py ../shared/data`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import recipes

import mino

QUERY = """
select field, accuracy(match) accuracy, wilson_lower(match) lower, wilson_upper(match) upper, count(match) cells
from fields where match is not null group by field order by accuracy desc
"""


def show(event: dict[str, Any]) -> None:
    if event["event"] == "task_finished":
        print(".", end="", file=sys.stderr, flush=True)


def main(pages: Path) -> None:
    if not (pages / "recipes").exists():
        sys.exit(f"no pages in {pages / 'recipes'}: name the folder that holds them, `make accuracy PAGES=...`")
    with tempfile.TemporaryDirectory() as folder, recipes.serve(pages, Path(folder)) as campaign:
        report = recipes.run(Path(folder) / "store", campaign, show)
        rows = mino.connect(Path(folder) / "store").sql(QUERY).to_pylist()
    print(f"\n{report.summary['tasks']} pages, {report.summary['completed']} completed\n", file=sys.stderr)
    print("| field | accuracy | 95 % interval | cells |\n| --- | --- | --- | --- |")
    for row in rows:
        field, bounds = row["field"], f"{row['lower']:.3f} … {row['upper']:.3f}"
        print(f"| {field} | {row['accuracy']:.3f} | {bounds} | {row['cells']} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
