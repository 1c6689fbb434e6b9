"""The campaigns of a store for processes that parse DAGs, also while the store does not answer."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from mino.airflow.hook import Place

__all__ = ["campaigns_of"]

log = logging.getLogger("mino")

# Well below `[core] dagbag_import_timeout` (30 s), which would take all DAGs of the file.
STORE_SECONDS = 12
# What a DAG is made of; the rest of a campaign stays in the store.
NEEDED = ("campaign", "schedule", "purpose", "quality")
# The engine is not started in a process that parses DAGs: Airflow forks those.
LIST_CAMPAIGNS = """
import json, sys, mino
print(json.dumps(mino.connect(sys.argv[1], sys.argv[2]).list("campaigns")))
"""


def campaigns_of(place: Place, conn_id: str) -> list[dict[str, Any]]:
    """The active campaigns of a store. While it does not answer those that it had last, as this machine knows: DAGs do
    not vanish in an outage. Raises RuntimeError where none are known."""
    kept = _file_of(place)
    try:
        campaigns = _asked(place)
    except RuntimeError as error:
        try:
            known: list[dict[str, Any]] = json.loads(kept.read_text())
        except (OSError, ValueError):
            raise RuntimeError(f"the campaigns of {conn_id}: {error}") from None
        log.warning("the campaigns of %s: %s; these are the %d that it had last", conn_id, error, len(known))
        return known
    try:
        _keep(kept, json.dumps(campaigns))
    except OSError as error:
        log.warning("the campaigns of %s will not be known while it does not answer: %s", conn_id, error)
    return campaigns


def _asked(place: Place) -> list[dict[str, Any]]:
    command = [sys.executable, "-c", LIST_CAMPAIGNS, place.store, place.org]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=STORE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"the store did not answer in {STORE_SECONDS} s") from None
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise RuntimeError(said[-1] if said else f"whoever asked the store ended with {done.returncode}")
    campaigns = [found for found in json.loads(done.stdout) if found["status"] == "active"]
    return [{name: found.get(name) for name in NEEDED} for found in campaigns]


def _file_of(place: Place) -> Path:
    """Where the campaigns are kept: named by a hash, as a store's URL is nobody else's business."""
    home = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser()
    key = hashlib.sha256(f"{place.store}\0{place.org}".encode()).hexdigest()
    return home / "mino" / f"campaigns-{key[:32]}.json"


def _keep(file: Path, text: str) -> None:
    """Writes a file that only its owner reads, at once or not at all; leaves one that says the same."""
    if file.exists() and file.read_text() == text:
        return
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "w") as out:
            out.write(text)
        os.replace(name, file)
    except OSError:
        os.unlink(name)
        raise
