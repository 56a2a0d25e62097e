"""Launcher that runs a command and writes what it took as JSON: ``python launcher.py RESULT TIMEOUT COMMAND ...``

It stands between because on Linux the peak memory of a process counts what its parent held when it forked: this
parent holds next to nothing. It imports nothing but the standard library.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path


def main() -> int:
    """Run the command; its exit status is this one's, 1 if a signal or the time-out ended it."""
    target, timeout, *command = sys.argv[1:]
    usage = None
    started = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        watchdog = threading.Timer(float(timeout), process.kill)
        watchdog.start()
        if hasattr(os, "wait4"):
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        else:
            process.wait()
        wall = time.perf_counter() - started
        watchdog.cancel()
    unit = 1 if sys.platform == "darwin" else 1024
    told = {
        "wall": wall,
        "cpu": None if usage is None else usage.ru_utime + usage.ru_stime,
        "peak": None if usage is None else usage.ru_maxrss * unit,
    }
    Path(target).write_text(json.dumps(told), encoding="utf-8")
    return process.returncode if process.returncode >= 0 else 1


if __name__ == "__main__":
    raise SystemExit(main())
