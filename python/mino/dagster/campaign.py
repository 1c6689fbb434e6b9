"""What Dagster has to know of a campaign before it runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import yaml
from dagster import AssetKey, AssetsDefinition, JsonMetadataValue, MetadataValue

from mino import Client

__all__ = ["CAMPAIGN", "MinoCampaign", "campaign_of"]

CAMPAIGN = "mino/campaign"
"""Where the spec of an asset keeps its campaign."""


@dataclass(frozen=True)
class MinoCampaign:
    """A campaign as definitions see it: its name, and what its file or the store says of it.

    A `file` is applied to the store before every run of the asset; without one the campaign is run as the store has it.
    """

    name: str
    file: Path | None = None
    purpose: str | None = None
    instructions_version: str | None = None
    fields: tuple[Mapping[str, Any], ...] = ()
    quality: tuple[Mapping[str, Any], ...] = ()
    schedule: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, campaign: str | PathLike[str] | MinoCampaign) -> MinoCampaign:
        """A campaign by its file (a path, or a text that ends in .yaml or .yml), else by its name in the store.

        Asks no store. Raises ValueError for a file that is none.
        """
        if isinstance(campaign, MinoCampaign):
            return campaign
        if isinstance(campaign, PathLike) or campaign.endswith((".yaml", ".yml")):
            return cls.from_file(campaign)
        return cls(campaign)

    @classmethod
    def from_file(cls, path: str | PathLike[str]) -> MinoCampaign:
        """A campaign file. Raises ValueError, which names the file, where no definitions can be made of it; what else
        is wrong with it, applying it tells."""
        path = Path(path)
        try:
            said = yaml.safe_load(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ValueError(f"the campaign file {path} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise ValueError(f"the campaign file {path} is not UTF-8: {error}") from error
        except yaml.YAMLError as error:
            raise ValueError(f"the campaign file {path} is not YAML: {error}") from error
        if not isinstance(said, dict) or not isinstance(said.get("campaign"), str):
            raise ValueError(f"{path} is not a campaign file: it has no `campaign:` with a name")
        instructions = _mapping(path, "instructions", said.get("instructions"))
        _mapping(path, "schedule", said.get("schedule"))
        _mappings(path, "instructions.fields", instructions.get("fields"), "name")
        _mappings(path, "quality", said.get("quality"), "check")
        return cls._saying(said, instructions, path.resolve())

    @classmethod
    def from_store(cls, client: Client, name: str) -> MinoCampaign:
        """A campaign as the store has it now.

        Starts the engine, and nothing is kept: every process that loads the definitions asks the store, so the code
        location, each run worker and each step fail to load where it does not answer.

        Raises mino.InputError where there is no such campaign, mino.UnreachableError where the store does not answer.
        """
        shown = client.show(name)
        if shown["kind"] != "campaign":
            raise ValueError(f"`{name}` is a {shown['kind']}, not a campaign")
        return cls._saying(shown["campaign"], shown["instructions"], None)

    @classmethod
    def _saying(cls, said: Mapping[str, Any], instructions: Mapping[str, Any], file: Path | None) -> MinoCampaign:
        version = instructions.get("version") or instructions.get("instructions_version")
        return cls(
            name=said["campaign"],
            file=file,
            purpose=said.get("purpose"),
            instructions_version=None if version is None else str(version),
            fields=tuple(instructions.get("fields") or ()),
            quality=tuple(said.get("quality") or ()),
            schedule=said.get("schedule") or {},
        )

    def metadata(self) -> dict[str, JsonMetadataValue]:
        """What an asset has to keep of it, in the form in which Dagster shows it."""
        said = {"name": self.name, "file": self.file, "quality": self.quality, "schedule": self.schedule}
        kept = {key: value for key, value in said.items() if value}
        # YAML knows dates, JSON does not.
        return {CAMPAIGN: MetadataValue.json(json.loads(json.dumps(kept, default=str)))}

    @classmethod
    def _kept(cls, kept: Mapping[str, Any]) -> MinoCampaign:
        file = kept.get("file")
        return cls(
            name=kept["name"],
            file=None if file is None else Path(file),
            quality=tuple(kept.get("quality") or ()),
            schedule=kept.get("schedule") or {},
        )

    @property
    def identifier(self) -> str:
        """The name as Dagster takes names: `-` is `_`."""
        return self.name.replace("-", "_")

    @property
    def cron(self) -> str:
        """When it runs. Raises ValueError for a campaign without a schedule."""
        if "cron" not in self.schedule:
            raise ValueError(f'campaign {self.name} has no schedule: add `schedule: {{cron: "0 6 * * *"}}` to its file')
        return str(self.schedule["cron"])

    @property
    def timezone(self) -> str:
        """The time zone of its schedule."""
        return str(self.schedule.get("timezone") or "UTC")


def _mapping(path: Path, what: str, said: object) -> Mapping[str, Any]:
    if said is not None and not isinstance(said, dict):
        raise ValueError(f"`{what}` of the campaign file {path} is to be a mapping, and is {said!r}")
    return said or {}


def _mappings(path: Path, what: str, said: object, needed: str) -> None:
    """Raises ValueError for what is no list of mappings, each with a text that definitions are named after."""
    if said is not None and not isinstance(said, list):
        raise ValueError(f"`{what}` of the campaign file {path} is to be a list, and is {said!r}")
    for each in said or []:
        if not isinstance(each, dict) or not isinstance(each.get(needed), str):
            raise ValueError(f"`{what}` of the campaign file {path} has {each!r}, which does not say its `{needed}`")


def campaign_of(asset: AssetsDefinition) -> tuple[AssetKey, MinoCampaign]:
    """The key of an asset and its campaign, also where only checks of it are selected.

    Raises ValueError for an asset that is none of a campaign.
    """
    for spec in asset.specs:
        kept = spec.metadata.get(CAMPAIGN)
        if isinstance(kept, JsonMetadataValue) and isinstance(kept.data, dict):
            return spec.key, MinoCampaign._kept(kept.data)
    names = ", ".join(spec.key.to_user_string() for spec in asset.specs)
    raise ValueError(f"{names} is no asset of mino_assets or build_mino_assets")
