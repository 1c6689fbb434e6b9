"""The store as a resource of Dagster."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dagster import AssetCheckResult, AssetExecutionContext, ConfigurableResource, MaterializeResult
from pydantic import Field

from mino import Client, connect
from mino.dagster.execution import execute
from mino.workflow import MODEL_IS_NOT_ASKED

__all__ = ["MinoResource"]

_environment = threading.Lock()


class MinoResource(ConfigurableResource[Client]):
    """One organization's part of a store, and the browser that its campaigns run with.

    Nothing is connected before it is used, so that definitions load without the store.
    """

    store: str = Field(description="A folder, or file://, s3://, gs://, az://.")
    organization: str = Field(default="default", description="Whose part of the store.")
    browser: str | None = Field(
        default=None,
        description="A browser's path, or the DevTools address of a running one; the fastest one installed unless set.",
    )
    model: str | None = Field(
        default=None,
        description="The address of an OpenAI-compatible API. No resolver of this version asks a model.",
    )
    environment: dict[str, str] = Field(
        default_factory=dict,
        description="Credentials of the store, by the names under which it looks for them in the environment, as "
        "AWS_ACCESS_KEY_ID; give them as EnvVar.",
    )

    def client(self) -> Client:
        """A client of the store. Starts the engine.

        Raises mino.InputError for what is no store, mino.UnreachableError for one that does not answer.
        """
        with _set_in_environment(self.environment):
            return connect(self.store, self.organization)

    def run(
        self, context: AssetExecutionContext, **settings: Any
    ) -> Iterator[MaterializeResult[Any] | AssetCheckResult]:
        """Runs the campaign of the asset that is being materialized, and yields what came of it and of its checks.

        Where only checks are selected, nothing is run: they judge the run of the last materialization. A retry, a
        re-execution from failure and a process that takes over from a lost one go on with the same run of Mino.
        settings: those of `mino.Client.run`, as `sample`. Raises dagster.Failure where the run ends otherwise than
        completed.
        """
        if self.model:
            context.log.warning(MODEL_IS_NOT_ASKED)
        yield from execute(self.client(), context, {"browser": self.browser, **settings})


@contextmanager
def _set_in_environment(variables: dict[str, str]) -> Iterator[None]:
    """The store reads its credentials when it is opened; afterwards the environment is as it was."""
    with _environment:
        before = {name: os.environ.get(name) for name in variables}
        os.environ.update(variables)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
