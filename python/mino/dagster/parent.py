"""A step that nobody can reach any more ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait

__all__ = ["stopped_with_parent"]


@contextmanager
def stopped_with_parent() -> Iterator[threading.Event]:
    """While the context lasts, the end of the process that started this one interrupts this one, and sets the event.

    Dagster's executors start steps by multiprocessing. When such a parent is killed its steps live on: no terminate
    reaches them, and a retry would find their run taken. A process that was started otherwise is left alone.
    """
    lost = threading.Event()
    parent = multiprocessing.parent_process()
    if parent is None:
        yield lost
        return
    over, end = os.pipe()

    def watch() -> None:
        if parent.sentinel in wait([parent.sentinel, over]):
            lost.set()
            os.kill(os.getpid(), signal.SIGINT)

    watcher = threading.Thread(target=watch, name="mino-parent", daemon=True)
    watcher.start()
    try:
        yield lost
    finally:
        os.close(end)
        watcher.join()
        os.close(over)
