"""A fork server: everything is imported once, then each run of the program is a child with limits of its own."""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import re
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

Verdict = Literal["ok", "clean error", "long", "traceback", "hang", "crash", "memory", "left over"]
"""How a run ended. Long: it was stopped while it told how far it was, as where a header says that eight frames last for
hours, and all of them are asked for."""
BAD: tuple[Verdict, ...] = ("traceback", "hang", "crash", "memory", "left over")

_PROGRESS = re.compile(r": \d+/\d+ \w+, .* left$")
_RAISED = 99
"""Exit code of a child out of which an exception came; the program itself never gives it."""
_CODES = range(9)
"""Exit codes that are documented."""


@dataclass(frozen=True)
class Limits:
    """What a run may take."""

    seconds: float = 60
    address_space: int = 6 << 30
    memory: int = 3 * (512 << 20)
    """Bytes that it may have had at once: three times what ``--memory`` says by default."""


@dataclass(frozen=True)
class Run:
    """One run of the program."""

    name: str
    arguments: tuple[str, ...]
    folder: Path
    """Where it runs, and what it prints is kept: ``out`` and ``err``."""
    output: Path
    """What must not be there if it fails."""


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    run: Run
    verdict: Verdict
    seconds: float
    memory: int
    told: str
    """The end of what it said on standard error."""


def load_everything() -> None:
    """Import whatever a run might: dynode, its plugins, and so all libraries."""
    import dynode_cli

    for package in (dynode_cli, *map(importlib.import_module, _PLUGINS)):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            # Of no use to a run: what pytest imports, and a module that is a program.
            if ".testing" not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    gc.collect()
    gc.freeze()


_PLUGINS = ("dynode_dynamics", "dynode_faces", "dynode_metrics", "dynode_motion", "dynode_stylegan")


def in_child(work: Callable[[], None]) -> None:
    """Do `work` in a child, so that no thread and no library's state stays in the server.

    Raises:
        RuntimeError: it failed.
    """
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001  # whatever it is, it ends this child
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1] != 0:
        raise RuntimeError("the child failed")


def run_all(runs: Iterable[Run], limits: Limits, jobs: int) -> Iterator[Ended]:
    """Run each, `jobs` at a time; in the order in which they end."""
    waiting = iter(runs)
    running: dict[int, tuple[Run, float]] = {}
    while True:
        while len(running) < jobs and (run := next(waiting, None)) is not None:
            running[_start(run, limits)] = run, time.monotonic()
        if not running:
            return
        for child, (run, since) in list(running.items()):
            seconds = time.monotonic() - since
            pid, status, usage = os.wait4(child, os.WNOHANG)
            if pid == 0 and seconds > limits.seconds:
                os.kill(child, signal.SIGKILL)
                os.wait4(child, 0)
                del running[child]
                ended = _ended(run, "hang", seconds, 0)
                lines = ended.told.splitlines()
                yield replace(ended, verdict="long") if lines and _PROGRESS.search(lines[-1]) else ended
            elif pid:
                del running[child]
                memory = usage.ru_maxrss << 10
                yield _ended(run, _verdict(run, os.waitstatus_to_exitcode(status), memory, limits), seconds, memory)
        time.sleep(0.005)


def _ended(run: Run, verdict: Verdict, seconds: float, memory: int) -> Ended:
    told = (run.folder / "err").read_text(encoding="utf-8", errors="replace")
    return Ended(run, verdict, seconds, memory, told[-4000:])


def _verdict(run: Run, code: int, memory: int, limits: Limits) -> Verdict:
    if code < 0 or code not in (*_CODES, _RAISED):
        return "crash"
    if code == _RAISED:
        return "traceback"
    if memory > limits.memory:
        return "memory"
    if code and run.output.exists():
        return "left over"
    return "clean error" if code else "ok"


def _start(run: Run, limits: Limits) -> int:
    child = os.fork()
    if child:
        return child
    code = _RAISED
    try:
        _enter(run, limits)
        from dynode_cli.cli import main

        code = main(run.arguments)
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001  # whatever it is, it ends this child
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _enter(run: Run, limits: Limits) -> None:
    os.chdir(run.folder)
    os.environ["DYNODE_HOME"] = str(run.folder / "home")
    for number, (name, flags) in enumerate(
        [(os.devnull, os.O_RDONLY), ("out", os.O_WRONLY | os.O_CREAT), ("err", os.O_WRONLY | os.O_CREAT)]
    ):
        file = os.open(name, flags)
        os.dup2(file, number)
        os.close(file)
    # Those of the server may be something else than its descriptors, as under pytest.
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode) for number, mode in enumerate("rww"))
    resource.setrlimit(resource.RLIMIT_AS, (limits.address_space, limits.address_space))
    # A run that is killed for its memory must not fill the disk with its core.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
