"""A run is asked to stop once, however often its process is told."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["first_signal_only"]


@contextmanager
def first_signal_only() -> Iterator[list[int]]:
    """While the context lasts, the first SIGINT or SIGTERM goes to the handler that was there before, and no other.

    A terminal tells a whole group of processes, and Dagster's executor then tells its steps once more; the engine would
    take what is raised while it flushes as an order to leave that. Gives the signal that came, in a list that is empty
    until then. Outside the main thread, which alone may have handlers, nothing is changed.
    """
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def handle(number: int, frame: FrameType | None) -> None:
        handler = before[signal.Signals(number)]
        if not came and callable(handler):
            came.append(number)
            handler(number, frame)

    # What the system does by itself, ending the process or nothing, stays with it.
    ours = [number for number, handler in before.items() if callable(handler)]
    try:
        for number in ours:
            signal.signal(number, handle)
        yield came
    finally:
        for number in ours:
            signal.signal(number, before[number])
