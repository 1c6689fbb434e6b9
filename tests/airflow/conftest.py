"""One Airflow for all tests, the example sites and a slow site on loopback, and a store that all of them share."""

from __future__ import annotations

import http.server
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from deployment import Airflow

import mino

ROOT = Path(__file__).parents[2]


def mino_program() -> Path:
    """The command `mino`, which serves the example sites."""
    target = os.environ.get("CARGO_TARGET_DIR", ROOT / "target")
    found = os.environ.get("MINO_BIN") or shutil.which("mino") or Path(target) / "debug" / "mino"
    return Path(found)


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the example campaigns and datasets, whose sites are up."""
    folder = tmp_path_factory.mktemp("examples")
    command = [mino_program(), "demo", "--folder", folder, "--port", "0", "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            assert any(line.startswith("serving until") for line in server.stdout)
            yield folder
        finally:
            server.terminate()


class SlowPages(http.server.BaseHTTPRequestHandler):
    """`/item/N` answers after a third of a second; `/closed/N` is not for robots."""

    def do_GET(self) -> None:
        robots = self.path == "/robots.txt"
        if not robots:
            time.sleep(0.3)
        self.send_response(200)
        self.send_header("Content-Type", "text/plain" if robots else "text/html")
        self.end_headers()
        if robots:
            self.wfile.write(b"User-agent: *\nDisallow: /closed/\n")
            return
        number = self.path.rsplit("/", 1)[-1]
        self.wfile.write(f"<title>Item {number}</title><h1>Item {number}</h1><p>Price: ${number}.50".encode())

    def log_message(self, *args: object) -> None:
        pass


HOSTS = 4
# Its time does not come while the tests run.
CRON = f"0 5 * * {(datetime.now(timezone.utc) + timedelta(days=3)).isoweekday() % 7}"
QUALITY = (
    "quality: [{check: accuracy, at_least: 0.1}, {check: completeness, field: price, at_least: 0.5, severity: warn}]"
)


class SlowServer(http.server.ThreadingHTTPServer):
    """Says nothing of visitors that are gone before they have their answer."""

    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@pytest.fixture(scope="session")
def slow_site() -> Iterator[str]:
    """The address of a site that four hosts have; `{host}` stands for their number."""
    first = SlowServer(("127.0.0.1", 0), SlowPages)
    port = first.server_port
    servers = [first]
    servers += [SlowServer((f"127.0.0.{n}", port), SlowPages) for n in range(2, HOSTS + 1)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.{{host}}:{port}"
    for server in servers:
        server.shutdown()
        server.server_close()


def write_campaign(folder: Path, site: str, name: str, pages: int, closed: int = 0, more: str = "") -> None:
    """A campaign over so many pages of the slow site, and so many that are not for robots."""
    folder.mkdir(parents=True, exist_ok=True)
    hosts = [site.format(host=number % HOSTS + 1) for number in range(max(pages, closed) + 1)]
    rows = "".join(f"{number},{hosts[number]}/item/{number},Item {number}\n" for number in range(1, pages + 1))
    rows += "".join(f"c{number},{hosts[number]}/closed/{number},\n" for number in range(1, closed + 1))
    (folder / f"{name}.csv").write_text("id,url,known_title\n" + rows)
    (folder / f"{name}.yaml").write_text(
        f"""campaign: {name}
purpose: items of a slow site
instructions:
  prompt: The item's price.
  fields:
    - {{name: title, type: text}}
    - {{name: price, type: money}}
dataset: {{source: {name}.csv, url: url, key: id, ground_truth: {{title: known_title}}}}
run: {{concurrency: 2, allow_addresses: [127.0.0.0/8], politeness: {{per_host: 64, delay: 0s}}}}
{more}
"""
    )


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory, examples: Path, slow_site: str) -> Iterator[Airflow]:
    home = tmp_path_factory.mktemp("airflow")
    deployment = Airflow(home, tmp_path_factory.mktemp("store"))
    for folder in ("campaigns", "datasets"):
        shutil.copytree(examples / folder, deployment.dags / folder)
    # As somebody would who copies the example: the campaign gets its schedule.
    campaigns = deployment.dags / "campaigns"
    prices = campaigns / "attraction-prices.yaml"
    prices.write_text(prices.read_text().replace("# schedule:", "schedule:").replace("0 5 * * 1", CRON))
    write_campaign(campaigns, slow_site, "slow", pages=60)
    for number in range(20):
        write_campaign(campaigns, slow_site, f"small-{number}", pages=3)
    write_campaign(campaigns, slow_site, "large", pages=20, closed=4980)
    write_campaign(deployment.dags / "folder", slow_site, "small-folder", pages=3, more=QUALITY)
    for source in (ROOT / "dags" / "airflow", Path(__file__).parent / "dags"):
        for file in source.glob("*.py"):
            shutil.copy(file, deployment.dags)
    try:
        deployment.start()
        yield deployment
    finally:
        deployment.stop()


@pytest.fixture(scope="session")
def client(airflow: Airflow) -> mino.Client:
    """What the test itself sees of the store."""
    return mino.connect(airflow.store)
