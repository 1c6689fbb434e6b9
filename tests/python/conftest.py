"""Sites on loopback and stores to run against."""

from __future__ import annotations

import http.server
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import mino

ROOT = Path(__file__).parents[2]

# moto looks whether there is an object, and then writes it. A real store does that in one step.
MOTO = """
import threading
from moto.s3 import responses
from moto.server import main

one_at_a_time, put_object = threading.Lock(), responses.S3Response.put_object

def put(*args, **kwargs):
    with one_at_a_time:
        return put_object(*args, **kwargs)

responses.S3Response.put_object = put
main(["-H", "127.0.0.1", "-p", "0"])
"""
SHARED = ROOT.parent / "shared" / "data"


class Pages(http.server.BaseHTTPRequestHandler):
    """`/shop/N` is a product page, `/slow/N` a slow one; `/never` sends half a page and then nothing."""

    def do_GET(self) -> None:
        if self.path.startswith("/slow/"):
            time.sleep(0.3)
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        number = self.path.rsplit("/", 1)[-1]
        self.wfile.write(f"<title>Shop {number}</title><h1>Shop {number}</h1><p>Price: ${number}.50".encode())
        if self.path == "/never":
            self.wfile.flush()
            self.server.closing.wait()  # type: ignore[attr-defined]

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    server.closing = threading.Event()  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.closing.set()  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()


@pytest.fixture
def campaign(tmp_path: Path, site: str) -> Callable[..., Path]:
    """Writes a campaign over pages of the site, and gives its file."""

    def write(
        pages: list[str], name: str = "shops", purpose: str = "prices", run: str = "concurrency: 2, timeout: 10m"
    ) -> Path:
        rows = "".join(f"{site}/{page},Shop {page.rsplit('/', 1)[-1]}\n" for page in pages)
        (tmp_path / f"{name}.csv").write_text("url,known_title\n" + rows)
        file = tmp_path / f"{name}.yaml"
        file.write_text(
            f"""campaign: {name}
purpose: {purpose}
instructions:
  prompt: The product's price.
  fields:
    - {{name: title, type: text}}
    - {{name: price, type: money}}
dataset: {{source: {name}.csv, url: url}}
run: {{{run}, allow_addresses: [127.0.0.0/8], politeness: {{per_host: 64, delay: 0s}}}}
"""
        )
        return file

    return write


@pytest.fixture
def client(tmp_path: Path) -> mino.Client:
    return mino.connect(tmp_path / "store")


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The root of a store on a real S3-speaking server."""
    server = subprocess.Popen([sys.executable, "-c", MOTO], stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    endpoint = next(found[0] for line in server.stderr if (found := re.search(r"http://127\.0\.0\.1:\d+", line)))
    threading.Thread(target=server.stderr.read, daemon=True).start()
    settings = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    import boto3

    boto3.client("s3").create_bucket(Bucket="mino-test")
    yield "s3://mino-test"
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})
    server.terminate()
    server.wait()
