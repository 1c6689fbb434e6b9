"""The stores of the runs that pages show."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from airflow.configuration import conf
from airflow.models.connection import Connection
from airflow.models.dag import DagModel

from mino import Client, UnreachableError, connect
from mino.airflow.hook import Place
from mino.airflow.pages.known_runs import KnownRun
from mino.airflow.versions import AirflowNotFoundException

__all__ = ["Stores"]

log = logging.getLogger("mino")

T = TypeVar("T")
LEFT_ALONE_SECONDS = 30.0


class Stores:
    """Each is opened once. One that does not answer is left alone for a while, as each of many rows of a page, and each
    visitor, would wait for it anew."""

    def __init__(self) -> None:
        self._failed: dict[tuple[str, str], tuple[float, str]] = {}

    def ask(self, known: KnownRun, question: Callable[[Client], T]) -> T:
        """What the store of a run answers. Raises mino.MinoError or ValueError when there is no answer."""
        place = _place_of(known)
        key = (place.store, place.org)
        since, reason = self._failed.get(key, (-LEFT_ALONE_SECONDS, ""))
        if time.monotonic() - since < LEFT_ALONE_SECONDS:
            raise UnreachableError(reason)
        try:
            answer = question(_connected(*key))
        except UnreachableError as error:
            self._failed[key] = (time.monotonic(), str(error))
            raise
        self._failed.pop(key, None)
        return answer


@lru_cache(maxsize=32)
def _connected(store: str, org: str) -> Client:
    return connect(store, org)


def _place_of(known: KnownRun) -> Place:
    try:
        connection = Connection.get_connection_from_secrets(known.conn_id, **_team_of(known.dag_id))
    except AirflowNotFoundException:
        raise ValueError(f"there is no connection {known.conn_id}") from None
    except Exception as error:
        # Whatever a secrets backend raises is a fault of these rows alone, and not for every visitor to read.
        log.warning("connection %s: %s", known.conn_id, error)
        raise ValueError(f"connection {known.conn_id} cannot be read; the API server's log says why") from error
    if connection.conn_type != "mino":
        raise ValueError(f"connection {known.conn_id} is not of type Mino")
    return Place.of(connection, known.org)


def _team_of(dag_id: str) -> dict[str, Any]:
    """Whose connections a DAG may use, where Airflow has teams."""
    if not conf.getboolean("core", "multi_team", fallback=False):
        return {}
    return {"team_name": DagModel.get_team_name(dag_id)}
