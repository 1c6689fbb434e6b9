"""The connection type `mino`: which store, and whose part of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from airflow.sdk import BaseHook

from mino import Client, MinoError, connect
from mino.workflow import MODEL_IS_NOT_ASKED

__all__ = ["MinoHook", "Place"]

DEFAULT_CONNECTION = "mino_default"


@dataclass(frozen=True)
class Place:
    """What a connection says. `browser`: a path on the worker or a DevTools address; None for the fastest installed.
    `model`: the address of an OpenAI-compatible API."""

    store: str
    org: str
    browser: str | None
    model: str | None

    @classmethod
    def of(cls, connection: Any, org: str | None = None) -> Place:
        """Reads a connection, the workers' or the API server's kind; `org` instead of its own organization."""
        extra = connection.extra_dejson
        store = extra.get("store") or connection.host
        if not store:
            raise ValueError(f"connection {connection.conn_id} names no store: put its URL in the field `Store`")
        own = connection.schema or extra.get("organization") or "default"
        return cls(store, org or own, extra.get("browser") or None, extra.get("model") or None)


class MinoHook(BaseHook):
    """A client of the store that a connection names. Credentials of the store come from the worker's environment.

    The connection's host is the store's URL, its schema the organization. Where these fields are awkward, as in a
    connection that is written as a URI, its extra has `store`, `organization`, `browser`
    and `model`.
    """

    conn_name_attr = "mino_conn_id"
    default_conn_name = DEFAULT_CONNECTION
    conn_type = "mino"
    hook_name = "Mino"

    def __init__(self, mino_conn_id: str = DEFAULT_CONNECTION, *, org: str | None = None) -> None:
        super().__init__()
        self.mino_conn_id = mino_conn_id
        self.org = org
        self._place: Place | None = None
        self._client: Client | None = None

    @property
    def place(self) -> Place:
        """What the connection says."""
        if self._place is None:
            self._place = Place.of(self.get_connection(self.mino_conn_id), self.org)
        return self._place

    @property
    def browser(self) -> str | None:
        """The browser that the connection names."""
        return self.place.browser

    @property
    def model(self) -> str | None:
        """The model that the connection names. No resolver asks one yet."""
        return self.place.model

    def get_conn(self) -> Client:
        """Opens the store, once. Raises mino.UnreachableError when it does not answer."""
        if self._client is None:
            self._client = connect(self.place.store, self.place.org)
        return self._client

    def test_connection(self) -> tuple[bool, str]:
        """Whether the store answers, and what is in it."""
        try:
            client = self.get_conn()
            campaigns = client.list("campaigns")
        except (MinoError, ValueError) as error:
            return False, str(error)
        found = f"{client.url}: {len(campaigns)} campaigns of {client.org}"
        return True, f"{found}; {MODEL_IS_NOT_ASKED}" if self.model else found

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """The form's own fields, for versions of Airflow that ask the hook (before 3.2)."""
        from flask_babel import lazy_gettext  # type: ignore[import-not-found]
        from wtforms import StringField  # type: ignore[import-untyped]

        return {"browser": StringField(lazy_gettext("Browser")), "model": StringField(lazy_gettext("Model"))}

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """The form's labels, for versions of Airflow that ask the hook."""
        from mino.airflow.provider import get_provider_info

        behaviour: dict[str, Any] = get_provider_info()["connection-types"][0]["ui-field-behaviour"]
        return {name.replace("-", "_"): value for name, value in behaviour.items()}
