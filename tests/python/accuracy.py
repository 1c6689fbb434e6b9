"""Accuracy and confidence on real pages, as they are and without structured data.

`accuracy.py ../shared/data [http|auto|browser]`; the pages come over HTTP unless said otherwise.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import real_pages

import mino

SETS = [("recipes", False), ("recipes", True), ("news", False), ("news", True), ("contacts", False)]

BY_FIELD = """
select field, count(match) n, precision(match) precision, recall(match) recall, f1(match) f1,
  f1_lower(match, site_url) lower, f1_upper(match, site_url) upper
from fields where match is not null and run_id = '{run}' group by field order by field
"""

RELIABILITY = """
select bin, count(*) n, min(confidence) lowest, max(confidence) highest, avg(confidence) mean, accuracy(match) accuracy
from (select confidence, match, ntile(10) over (order by confidence, task_id, field) bin
      from fields where match is not null and value is not null and calibration <> 'heuristic')
group by bin order by bin
"""


def show(event: dict[str, Any]) -> None:
    if event["event"] == "task_finished":
        print(".", end="", file=sys.stderr, flush=True)


def accuracy(client: mino.Client, report: mino.RunReport) -> None:
    rows = client.sql(BY_FIELD.format(run=report.run_id)).to_pylist()
    print(f"\n## {report.campaign}: {report.summary['tasks']} pages, {report.summary['completed']} completed\n")
    print("| field | n | precision | recall | F1 | 95 % interval |\n| --- | --- | --- | --- | --- | --- |")
    for row in rows:
        figures = " | ".join(f"{row[figure]:.3f}" for figure in ("precision", "recall", "f1"))
        print(f"| {row['field']} | {row['n']} | {figures} | {row['lower']:.3f} … {row['upper']:.3f} |")
    print(f"| mean | | | | {sum(row['f1'] for row in rows) / len(rows):.3f} | |")


def confidence(calibrations: list[dict[str, Any]]) -> None:
    print("\n## Confidence, each value judged by a fit that did not see its host\n")
    print("| campaign | values | hosts | ECE before | ECE | Brier | AUROC | >= 0.9 | of these right |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for one in calibrations:
        figures = " | ".join(f"{one[figure]:.3f}" for figure in ("raw_ece", "ece", "brier", "auroc"))
        sure = f"{one['sure_cells']} | {one['sure_accuracy'] or 0:.3f}"
        print(f"| {one['campaign']} | {one['cells']} | {one['hosts']} | {figures} | {sure} |")
    sure = sum(one["sure_cells"] for one in calibrations)
    right = sum(one["sure_cells"] * (one["sure_accuracy"] or 0) for one in calibrations)
    values = sum(one["cells"] for one in calibrations)
    mean = sum(one["ece"] * one["cells"] for one in calibrations) / max(values, 1)
    print(f"| all (ECE: mean by values) | {values} | | | {mean:.3f} | | | {sure} | {right / max(sure, 1):.3f} |")


def reliability(client: mino.Client) -> None:
    """Of runs that apply the calibration, which saw their hosts: what a user sees."""
    print("\n## Reliability of the runs that applied it\n")
    print("| bin | n | confidence | mean | accuracy |\n| --- | --- | --- | --- | --- |")
    for row in client.sql(RELIABILITY).to_pylist():
        span = f"{row['lowest']:.2f} … {row['highest']:.2f}"
        print(f"| {row['bin']} | {row['n']} | {span} | {row['mean']:.3f} | {row['accuracy']:.3f} |")


def main(pages: Path, fetch: str) -> None:
    if not (pages / "recipes").exists():
        sys.exit(f"no pages in {pages / 'recipes'}: name the folder that holds them, `make accuracy PAGES=...`")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        client = mino.connect(folder / "store")
        calibrations = []
        for kind, strip in SETS:
            with real_pages.serve(pages, kind, folder, strip=strip) as campaign:
                report = real_pages.run(folder / "store", campaign, show, fetch=fetch, archive=True)
            print(file=sys.stderr)
            accuracy(client, report)
            calibrations.append(client.calibrate(report.campaign))
            client.replay(report.run_id)
        confidence(calibrations)
        reliability(client)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "http")
