"""Campaigns over real pages: serve them on loopback, run them."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mino

CAMPAIGNS = Path(__file__).parents[1]


@contextlib.contextmanager
def serve(pages: Path, kind: str, folder: Path, *, strip: bool = False) -> Iterator[Path]:
    """Serves the pages of a kind; gives a campaign file in `folder` that names them.

    strip: without JSON-LD, microdata, RDFa and OpenGraph, as a site without structured data would.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    name = f"{kind}-stripped" if strip else kind
    command = [sys.executable, "-u", pages / "realweb.py", pages / kind, "--port", str(port)]
    command += ["--csv", folder / f"{name}.csv", *(["--strip"] if strip else [])]
    campaign = (CAMPAIGNS / f"{kind}.yaml").read_text()
    campaign = campaign.replace(f"campaign: {kind}", f"campaign: {name}").replace(f"{kind}.csv", f"{name}.csv")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            server.stdout.readline()
            file = folder / f"{name}.yaml"
            file.write_text(campaign)
            yield file
        finally:
            server.terminate()


def run(
    store: Path,
    campaign: Path,
    on_progress: Callable[[dict[str, Any]], object] | None = None,
    **how: Any,
) -> mino.RunReport:
    client = mino.connect(store)
    name = client.apply(campaign)["campaign"]["campaign"]
    return client.run(name, screenshots="never", on_progress=on_progress, **how)
