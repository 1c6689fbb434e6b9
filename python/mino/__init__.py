"""Named fields from thousands of web sites, with known accuracy, as Parquet and SQL."""

from mino._mino import (
    Client,
    InputError,
    MinoError,
    Rows,
    RunBusy,
    RunFailed,
    RunReport,
    Schema,
    UnreachableError,
    __version__,
    connect,
)

__all__ = [
    "Client",
    "InputError",
    "MinoError",
    "Rows",
    "RunBusy",
    "RunFailed",
    "RunReport",
    "Schema",
    "UnreachableError",
    "__version__",
    "connect",
]
