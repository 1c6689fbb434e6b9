"""The settings of a run, as the launchpad and component files take them."""

from typing import Any

from dagster import Config
from pydantic import Field

__all__ = ["MinoRunConfig"]


class MinoRunConfig(Config):
    """Where a run differs from the campaign's own settings; a run that exists keeps those that it began with."""

    sample: str | None = Field(default=None, description="all, first:N, random:N or rows:ID,ID.")
    seed: int | None = Field(default=None, description="Of a random sample.")
    instructions: str | None = Field(default=None, description="Version of the campaign's instructions.")
    dataset_version: int | None = Field(default=None, description="Version of the campaign's dataset.")
    run_type: str | None = Field(
        default=None, description="test or production; a run of everything is production unless set, any other a test."
    )
    concurrency: int | None = Field(default=None, description="Pages open at once.")
    max_retries: int | None = Field(default=None, description="Tries of a page after the first.")
    timeout: str | None = Field(default=None, description="Of one attempt, as 45s.")
    screenshots: str | None = Field(
        default=None, description="When a picture of the page is kept: on_failure, always or never."
    )
    fetch: str | None = Field(default=None, description="How pages are fetched: auto, http or browser.")
    archive: bool | None = Field(default=None, description="Keep the pages for replay.")
    allow_addresses: list[str] | None = Field(
        default=None, description="Networks that are not public and may be reached all the same, as 10.1.0.0/16."
    )

    def given(self) -> dict[str, Any]:
        """The settings that are set."""
        return {name: value for name, value in self.model_dump().items() if value is not None}
