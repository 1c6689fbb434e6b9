"""Where everything is kept."""

import dagster as dg

from mino.dagster import MinoResource


@dg.definitions
def resources() -> dg.Definitions:
    return dg.Definitions(resources={"mino": MinoResource(store=dg.EnvVar("MINO_STORE"))})
