"""A site on loopback, campaigns over it, and a store: fixtures for the tests of the package."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import mino

Write = Callable[..., Path]


class Site(http.server.ThreadingHTTPServer):
    """`/shop/N` is a product page, `/gone` is a 404, `/never` begins an answer and does not end it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Page)
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Page(http.server.BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.send_response(404 if self.path == "/gone" else 200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        number = self.path.rsplit("/", 1)[-1]
        self.wfile.write(f"<title>Shop {number}</title><h1>Shop {number}</h1><p>Price: ${number}.50".encode())
        if self.path == "/never":
            self.wfile.flush()
            self.server.closing.wait()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.closing.set()
        server.shutdown()


@pytest.fixture
def write(tmp_path: Path, site: Site) -> Write:
    """Writes a campaign `shops` over pages of the site; gives its file."""

    def write(*pages: str, prompt: str = "The product's price.") -> Path:
        rows = "".join(f"{site.url}/{page},Shop {page.rsplit('/', 1)[-1]}\n" for page in pages)
        (tmp_path / "shops.csv").write_text("url,known_title\n" + rows)
        file = tmp_path / "shops.yaml"
        file.write_text(
            f"""campaign: shops
instructions:
  prompt: {prompt}
  fields:
    - {{name: title, type: text}}
    - {{name: price, type: money}}
dataset: {{source: shops.csv, url: url}}
run: {{concurrency: 2, max_retries: 0, timeout: 10m}}
"""
        )
        return file

    return write


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"file://{tmp_path}/store"


@pytest.fixture
def shops(store: str) -> mino.Client:
    """A client of a store that is empty at first."""
    return mino.connect(store)
