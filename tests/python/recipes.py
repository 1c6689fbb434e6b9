"""The campaign over 124 real pages: serve them on loopback, run it."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mino

CAMPAIGN = Path(__file__).parents[1] / "recipes.yaml"


@contextlib.contextmanager
def serve(pages: Path, folder: Path) -> Iterator[Path]:
    """Serves the pages below `pages`; gives a campaign file in `folder` that names them."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script, data = pages / "realweb.py", pages / "recipes"
    command = [sys.executable, "-u", script, data, "--port", str(port), "--csv", folder / "recipes.csv"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            server.stdout.readline()
            yield Path(shutil.copy(CAMPAIGN, folder))
        finally:
            server.terminate()


def run(store: Path, campaign: Path, on_progress: Callable[[dict[str, Any]], object] | None = None) -> mino.RunReport:
    client = mino.connect(store)
    client.apply(campaign)
    return client.run("recipes", screenshots="never", on_progress=on_progress)
