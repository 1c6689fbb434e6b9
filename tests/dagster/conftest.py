"""Sites on loopback, campaigns over them, and stores to run them against."""

from __future__ import annotations

import http.server
import os
import re
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from dagster import AssetsDefinition, DagsterInstance, ExecuteInProcessResult, materialize

import mino
from mino.dagster import MinoResource

ROOT = Path(__file__).parents[2]


@dataclass
class Site:
    """A site of shops. `/shop/N` is a page, `/slow/N` one that takes 0.3 s, `/gone/N` is not there."""

    url: str
    visits: Counter[str] = field(default_factory=Counter)


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    class Pages(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, _, number = self.path.strip("/").partition("/")
            found.visits[self.path] += 1
            if kind == "slow":
                time.sleep(0.3)
            body = f"<title>Shop {number}</title><h1>Shop {number}</h1><p>Price: ${number}.50".encode()
            try:
                self.send_response(200 if kind in ("shop", "slow") else 404)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                # The browser was killed meanwhile, as tests do.
                self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    found = Site(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


WriteCampaign = Callable[..., Path]


@pytest.fixture
def write_campaign(tmp_path: Path, site: Site) -> WriteCampaign:
    """Writes a campaign over pages of the site, and gives its file."""

    def write(pages: list[str], name: str = "shops", more: str = "", run: str = "fetch: http") -> Path:
        return campaign_file(tmp_path, site, pages, name, more, run)

    return write


def campaign_file(folder: Path, site: Site, pages: list[str], name: str, more: str, run: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    rows = "".join(f"{site.url}/{page},Shop {page.rsplit('/', 1)[-1]}\n" for page in pages)
    (folder / f"{name}.csv").write_text("url,known_title\n" + rows)
    file = folder / f"{name}.yaml"
    file.write_text(
        f"""campaign: {name}
purpose: prices of shops
instructions:
  version: "1.0"
  prompt: The product's price.
  fields:
    - {{name: title, type: text, description: name of the shop}}
    - {{name: price, type: money}}
dataset: {{source: {name}.csv, url: url}}
run:
  {{concurrency: 4, max_retries: 0, allow_addresses: [127.0.0.0/8], politeness: {{per_host: 64, delay: 0s}}, {run}}}
{more}
"""
    )
    return file


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "store")


@pytest.fixture
def client(store: str) -> mino.Client:
    return mino.connect(store)


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def run(store: str, instance: DagsterInstance) -> Callable[..., ExecuteInProcessResult]:
    """Materializes an asset in this process."""

    def execute(asset: AssetsDefinition | list[AssetsDefinition], **options: Any) -> ExecuteInProcessResult:
        options.setdefault("instance", instance)
        assets = asset if isinstance(asset, list) else [asset]
        return materialize(assets, resources={"mino": MinoResource(store=store)}, raise_on_error=False, **options)

    return execute


@dataclass(frozen=True)
class Examples:
    """The example campaigns, with their sites served."""

    folder: Path
    port: str


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Examples]:
    """The example sites, as `mino demo --serve` serves them, on a free port."""
    folder = tmp_path_factory.mktemp("examples")
    target = os.environ.get("CARGO_TARGET_DIR", str(Path.home() / ".cache/mino/target"))
    program = os.environ.get("MINO", f"{target}/debug/mino")
    command = [program, "demo", "sheriff-contacts", "--serve", "--port", "0", "--folder", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        assert server.stdout is not None
        port = ""
        for line in server.stdout:
            port = port or next(iter(re.findall(r"example sites on port (\d+)", line)), "")
            if line.startswith("serving until"):
                break
        else:
            pytest.fail(f"`{' '.join(command)}` served nothing")
        threading.Thread(target=server.stdout.read, daemon=True).start()
        yield Examples(folder, port)
        server.terminate()
