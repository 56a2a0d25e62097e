"""This machine: versions of what is installed, devices, CPU threads, memory (RAM)."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from dynode_cli.version import __version__

ESSENTIAL = {
    "torch": "torch",
    "av": "av",
    "opencv-python-headless": "cv2",
    "numpy": "numpy",
    "safetensors": "safetensors",
}
"""Distributions without which nothing can be rendered, and the modules that must import."""
OTHERS = ("scenedetect-headless", "torchdiffeq", "torchsde", "torchcde", "typer", "rich", "pluggy")
"""Distributions whose versions are worth knowing."""


def versions() -> dict[str, str | None]:
    """Version of every distribution that matters; None where it is not installed."""
    found: dict[str, str | None] = {"dynode-cli": __version__, "python": platform.python_version()}
    for name in (*ESSENTIAL, *OTHERS):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def devices() -> list[dict[str, Any]]:
    """Devices that frames can be made on, the CPU first: name, model, and bytes of memory in all and free."""
    import torch

    found: list[dict[str, Any]] = [{"name": "cpu", "model": _processor()}]
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        free, total = torch.cuda.mem_get_info(index)
        model = torch.cuda.get_device_name(index)
        found.append({"name": f"cuda:{index}", "model": model, "memory": total, "free": free})
    return found


def torch_build() -> dict[str, Any]:
    """What torch was built for: the version of CUDA, None for a build for the CPU, and whether a GPU can be used."""
    import torch

    return {"cuda": torch.version.cuda, "gpu": torch.cuda.is_available()}


def threads() -> dict[str, Any]:
    """CPU threads: those of the machine, those that this process may use, and limits that the environment sets."""
    limits = {name: os.environ[name] for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS") if name in os.environ}
    return {"machine": os.cpu_count(), "usable": processors(), "limits": limits}


def processors() -> int:
    """How many CPU threads this process may run at once."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return usable or 1


def memory() -> dict[str, int | None]:
    """Bytes of working memory: of the machine, and available now; None where the system does not say."""
    return {"total": physical_memory(), "available": available_memory()}


def physical_memory() -> int | None:
    """Bytes of RAM of this machine; None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def usable_memory() -> int | None:
    """Bytes of RAM that this process may have at most: all there are, or what a limit leaves (ulimit, a container)."""
    amounts = [physical_memory(), _address_space(), _group_limit()]
    return min((amount for amount in amounts if amount is not None), default=None)


def _address_space() -> int | None:
    try:
        import resource
    except ImportError:
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def _group_limit() -> int | None:
    """The limit of the control group that the process runs in, as a container sees its own."""
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            return int(Path("/sys/fs/cgroup", name).read_text(encoding="ascii"))
        except (OSError, ValueError):
            continue
    return None


def available_memory() -> int | None:
    """Bytes of RAM that can be had now without swapping; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    amounts = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    return amounts[0] if amounts else None


def _processor() -> str:
    """Name of the processor, as well as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
