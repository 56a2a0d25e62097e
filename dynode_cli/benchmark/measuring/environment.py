"""The environment in which figures were measured: hardware, versions, threads, revision, and how busy the machine was."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from pathlib import Path
from typing import Any

from dynode_cli import machine


def environment(threads: int) -> dict[str, Any]:
    """Facts as JSON."""
    import torch

    return {
        "measured": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "system": platform.platform(),
        "devices": machine.devices(),
        "cuda": torch.version.cuda,
        "versions": machine.versions(),
        "threads": threads,
        "processors": machine.threads()["usable"],
        "memory": machine.memory()["total"],
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "revision": revision(),
    }


def revision() -> str | None:
    """Git revision of the checkout that the program runs from, ``+`` if it has changes; None if it is installed."""
    root = Path(__file__).parents[3]
    if not (root / ".git").exists():
        return None
    known = _git(root, "rev-parse", "--short", "HEAD")
    return known + ("+" if _git(root, "status", "--porcelain", "--untracked-files=no") else "") if known else None


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, encoding="utf-8", check=False
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
