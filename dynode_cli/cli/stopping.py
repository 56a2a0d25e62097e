"""Signals (SIGTERM, SIGHUP): being stopped from outside does what Ctrl-C does, so that no half file stays behind."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


@dataclass
class Stop:
    """Which signal came, if one did."""

    signal: signal.Signals | None = None


@contextmanager
def stoppable() -> Iterator[Stop]:
    """In the block SIGTERM and SIGHUP raise KeyboardInterrupt, and what is given says which it was.

    Elsewhere than in the main thread, where Python takes no signals, nothing changes.
    """
    stop = Stop()

    def interrupt(number: int, frame: FrameType | None) -> None:
        stop.signal = signal.Signals(number)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    # Who ignores a signal (nohup) goes on ignoring it.
    caught = [number for number in SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    before = {number: signal.signal(number, interrupt) for number in caught}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
