"""What `dg scaffold defs mino.dagster.MinoCampaignComponent NAME` writes."""

import re
from pathlib import Path

from dagster import Scaffolder, ScaffoldRequest, scaffold_component
from pydantic import BaseModel, Field

__all__ = ["MinoCampaignScaffolder", "ScaffoldParams"]

_CAMPAIGN = """\
campaign: {name}                  # lower case, digits and dashes; the name in every table
purpose: Contact data of counties

instructions:
  version: "1.0"                  # raise it (1.1, 2.0) whenever you change the prompt or the fields
  prompt: Find the main office contact of {{{{ row.name }}}}.
  fields:
    - {{name: phone, type: phone, required: true, description: telephone of the main office}}
    - {{name: email, type: email}}

dataset:
  source: sites.csv               # CSV, JSON lines or Parquet, here or as s3://bucket/sites.csv
  url: website
  ground_truth: {{phone: known_phone}}   # answers that you know; blank cells are unknown

run:
  concurrency: 5
  politeness: {{contact: "mailto:you@example.org"}}   # whom sites can ask about the visits

# schedule: {{cron: "0 6 * * 1-5", timezone: Europe/Berlin}}
"""

_SITES = """\
name,website,known_phone
Example County,https://example.org/contact,
"""


class ScaffoldParams(BaseModel):
    """What the scaffolder is told."""

    name: str | None = Field(default=None, description="Name of the campaign; that of the folder unless set.")


class MinoCampaignScaffolder(Scaffolder[ScaffoldParams]):
    """Writes defs.yaml, and a campaign file with a dataset to begin with; files that are there stay as they are."""

    @classmethod
    def get_scaffold_params(cls) -> type[ScaffoldParams]:
        return ScaffoldParams

    def scaffold(self, request: ScaffoldRequest[ScaffoldParams]) -> None:
        folder = request.target_path.parent if request.append else request.target_path
        name = request.params.name or re.sub("[^a-z0-9]+", "-", folder.name.lower()).strip("-")
        _write(folder / "campaign.yaml", _CAMPAIGN.format(name=name))
        _write(folder / "sites.csv", _SITES)
        scaffold_component(request, {"campaign": "campaign.yaml"})


def _write(path: Path, text: str) -> None:
    if not path.exists():
        path.write_text(text, encoding="utf-8")
