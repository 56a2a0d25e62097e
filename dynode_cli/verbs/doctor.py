"""Diagnostics of this installation, what it has and lacks: the facts behind ``dynode doctor``."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from dynode_cli import paths
from dynode_cli.errors import DynodeError
from dynode_cli.machine import ESSENTIAL, devices, memory, threads, torch_build, versions
from dynode_cli.plugin_host.host import Host
from dynode_cli.requests.base import fields_of
from dynode_cli.requests.edit import Edit
from dynode_cli.requests.methods import Generating
from dynode_cli.values.amounts import format_memory, format_seconds
from dynode_cli.weights.opening import open_store

USUAL_ENCODERS = ("libx264", "libx265", "libsvtav1", "libvpx-vp9", "ffv1", "prores_ks", "png", "gif", "libwebp_anim")
"""Encoders that are shown to people; the JSON has all."""
LITTLE_MEMORY = 2 << 30
LITTLE_DISK = 1 << 30
SLOW = 600
"""Seconds for a minute of video, above which it is said what is faster."""

Status = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    status: Status
    detail: str
    hint: str | None = None
    exit_code: int = 0
    """What ``dynode doctor`` exits with if this is the first error."""


@dataclass(frozen=True)
class Report:
    """Facts as JSON-able values, and what was concluded from them."""

    facts: dict[str, Any]
    checks: list[Check]

    @property
    def exit_code(self) -> int:
        """0, or that of the first error."""
        return next((check.exit_code for check in self.checks if check.status == "error"), 0)


def examine(host: Host, settings_files: list[str]) -> Report:
    """Look at everything that dynode needs. Broken parts are reported, not raised."""
    checks = [*_import_checks(), *_method_checks(host), *_plugin_checks(host)]
    facts: dict[str, Any] = {
        "versions": versions(),
        "platform": {"system": platform.platform(), "machine": platform.machine(), "python": sys.executable},
        "threads": threads(),
        "memory": memory(),
        "paths": {name: _path_facts(path) for name, path in _folders().items()},
        "settings_files": settings_files,
        "environment": {name: value for name, value in sorted(os.environ.items()) if name.startswith("DYNODE_")},
    }
    broken = {check.name for check in checks if check.status == "error"}
    facts["devices"] = [] if "import torch" in broken else devices()
    facts["torch"] = {} if "import torch" in broken else torch_build()
    facts["codecs"] = {} if "import av" in broken else _codecs()
    facts["seconds_for_a_minute_of_720p"] = None if broken else _seconds_for_a_minute(host)
    facts["weights_for_edits"] = _weights_for_edits(host)
    checks += [*_device_checks(facts["devices"]), *_torch_checks(facts["torch"])]
    checks += [*_speed_checks(facts["seconds_for_a_minute_of_720p"]), *_codec_checks(facts["codecs"])]
    checks += [*_weights_checks(facts["weights_for_edits"])]
    checks += [*_memory_checks(facts["memory"]), *_path_checks(facts["paths"])]
    return Report(facts, checks)


def _codecs() -> dict[str, list[str]]:
    """Video encoders that can be written with."""
    from dynode_cli.media.writing.encoders import available_encoders
    from dynode_cli.media.writing.hardware import hardware_encoders

    return {"encoders": list(available_encoders()), "hardware": list(hardware_encoders())}


def _seconds_for_a_minute(host: Host) -> float | None:
    """Of 720p, by the usual methods; None where they fail, which `dynode interpolate` tells better."""
    from dynode_cli.verbs.speed import seconds_for_a_minute

    try:
        return seconds_for_a_minute(host)
    except DynodeError:
        return None


def _weights_for_edits(host: Host) -> list[dict[str, Any]]:
    """The weights of the plugin whose carrier `dynode edit` uses, and whether they are here."""
    (declared,) = (field for field in fields_of(Edit) if field.name == "carrier")
    carriers = [r for r in host.registrations("carrier") if r.name == declared.default]
    brought = {r.name for r in host.registrations("weights") if r.plugin in {carrier.plugin for carrier in carriers}}
    return [
        {"name": status.entry.name, "size": status.entry.size, "present": status.present}
        for status in open_store(host).status()
        if status.entry.name in brought
    ]


def _folders() -> dict[str, Path]:
    return {
        "config": paths.config_dir(),
        "cache": paths.cache_dir(),
        "weights": paths.weights_dir(),
        "runs": paths.runs_dir(),
        "current": Path.cwd(),
    }


def _path_facts(path: Path) -> dict[str, Any]:
    existing = next(folder for folder in (path, *path.parents) if folder.exists())
    return {
        "path": str(path),
        "exists": path.exists(),
        "writable": os.access(existing, os.W_OK),
        "free": shutil.disk_usage(existing).free,
    }


def _import_checks() -> Iterator[Check]:
    for distribution, module in ESSENTIAL.items():
        start = time.perf_counter()
        reinstall = f"python -m pip install --force-reinstall {distribution}"
        try:
            import_module(module)
        except (ImportError, OSError) as error:
            yield Check(f"import {module}", "error", str(error), f"reinstall it: {reinstall}", 1)
        else:
            yield Check(f"import {module}", "ok", f"{time.perf_counter() - start:.1f} s")


def _method_checks(host: Host) -> Iterator[Check]:
    from dynode_cli.pipeline.methods import resolve

    try:
        chosen = resolve(Generating(), host)
        host.implementation("inverter", chosen.inverter.name)
        host.implementation("dynamics", chosen.dynamics.name)
    except DynodeError as error:
        yield Check("default methods", "error", str(error), error.hint, error.exit_code)
    else:
        yield Check(
            "default methods", "ok", f"{chosen.generator.name}, {chosen.inverter.name}, {chosen.dynamics.name}"
        )


def _plugin_checks(host: Host) -> Iterator[Check]:
    for problem in host.problems:
        yield Check(f"plugin {problem.plugin}", "warning", problem.reason, "see `dynode plugins list`")
    if not host.problems:
        yield Check("plugins", "ok", f"{len(host.plugins)} loaded")


def _device_checks(found: list[dict[str, Any]]) -> Iterator[Check]:
    if found:
        yield Check("devices", "ok", ", ".join(f"{device['name']} ({device['model']})" for device in found))


def _torch_checks(found: dict[str, Any]) -> Iterator[Check]:
    if found.get("cuda") and not found["gpu"]:
        yield Check(
            "torch",
            "warning",
            f"built for CUDA {found['cuda']}, and no GPU can be used",
            "if there is one, its driver is missing; if there is none, torch for the CPU takes 3.7 GB less: "
            "python -m pip install --force-reinstall torch --index-url https://download.pytorch.org/whl/cpu",
        )


def _speed_checks(seconds: float | None) -> Iterator[Check]:
    if seconds is not None:
        detail = f"a minute of 720p, from 30 to 60 frames a second: about {format_seconds(seconds)}"
        hint = "an estimate, from one pair of frames on the CPU; dynode interpolate IN --dry-run says it of your clip"
        if seconds > SLOW:
            hint += ", and -I preset=fast is faster"
        yield Check("speed", "ok", detail, hint)


def _weights_checks(found: list[dict[str, Any]]) -> Iterator[Check]:
    missing = [entry for entry in found if not entry["present"]]
    if missing:
        size = format_memory(sum(entry["size"] for entry in missing))
        pulls = " && ".join(f"dynode weights pull {entry['name']}" for entry in missing)
        hint = f"to have them before you are offline: {pulls}"
        yield Check("weights for edits", "ok", f"not here yet: {size}, fetched at the first dynode edit", hint)
    elif found:
        yield Check("weights for edits", "ok", "here")


def _codec_checks(found: dict[str, list[str]]) -> Iterator[Check]:
    encoders = found.get("encoders", [])
    if encoders:
        usual = [name for name in USUAL_ENCODERS if name in encoders]
        detail = f"{', '.join(usual)} and {len(encoders) - len(usual)} more"
        if "libx264" in encoders:
            yield Check("video encoders", "ok", detail)
        else:
            hint = "this build of PyAV has no libx264, the default; choose another with --codec"
            yield Check("video encoders", "warning", detail, hint)
        hardware = found["hardware"]
        none = "none opens on this machine; those above work on any"
        yield Check("hardware encoders", "ok", ", ".join(hardware) or none)


def _memory_checks(found: dict[str, int | None]) -> Iterator[Check]:
    available = found["available"] or found["total"]
    if available is not None:
        little = available < LITTLE_MEMORY
        hint = "use --memory to bound what dynode takes" if little else None
        yield Check("memory", "warning" if little else "ok", f"{format_memory(available)} available", hint)


def _path_checks(found: dict[str, dict[str, Any]]) -> Iterator[Check]:
    for name, facts in found.items():
        if not facts["writable"]:
            hint = "choose another with DYNODE_HOME" if name != "current" else "write elsewhere with -o"
            yield Check(f"folder {name}", "warning", f"{facts['path']} cannot be written to", hint)
        elif facts["free"] < LITTLE_DISK:
            detail = f"{facts['path']}: only {format_memory(facts['free'])} left on the disk"
            yield Check(f"folder {name}", "warning", detail, "make room")
        else:
            yield Check(f"folder {name}", "ok", f"{facts['path']}, {format_memory(facts['free'])} free")
