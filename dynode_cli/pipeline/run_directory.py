"""The directory of a run, a cache for later ones: settings, codes and report, so that nothing is inverted twice.

A run directory lies below ``runs`` of dynode's home. ``config.json`` is written before anything is computed;
``codes-SHOT.safetensors`` holds the codes of a shot, ``tuned-SHOT.safetensors`` what was tuned of the generator,
``trajectory-SHOT.safetensors`` the curve through the codes, read at every observation and three times between each
two (a code file: ``dynode render`` and ``dynode resample`` take it), ``report.json`` what came out.

All of it is a convenience. Where it cannot be kept, or what was kept is damaged, a run warns once or inverts anew, and
makes what it was asked for.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from dynode_cli import paths
from dynode_cli.contracts import Generator, Inversion, Trajectory
from dynode_cli.errors import DynodeError, InputError, UsageError
from dynode_cli.files.codes import Codes, load_codes, save_codes
from dynode_cli.files.tensors import load_tensors, save_tensors
from dynode_cli.pipeline.methods import ResolvedMethods
from dynode_cli.plugin_host.host import Host
from dynode_cli.requests.applied import Applied
from dynode_cli.requests.base import Request, fields_of
from dynode_cli.requests.methods import Inverting
from dynode_cli.saving.locks import Held, hold
from dynode_cli.saving.whole import write_json
from dynode_cli.version import __version__

if TYPE_CHECKING:
    from dynode_cli.pipeline.prepare import Prepared

CONFIG, REPORT = "config.json", "report.json"
_READINGS = 4
"""Codes of a kept trajectory for each observation."""


@dataclass
class RunDirectory:
    """The directory of one run. Once something cannot be kept in it, nothing more is."""

    path: Path
    _lost: bool = field(default=False, init=False, repr=False, compare=False)
    _in_use: Held | None = field(default=None, init=False, repr=False, compare=False)
    """The lock of its configuration, which keeps others from removing it."""

    def config(self) -> dict[str, Any]:
        """What the run was asked to do.

        Raises:
            InputError: the file that says so is damaged.
        """
        path = self.path / CONFIG
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise InputError(f"{path}: damaged ({error})", hint=f"remove the run: {self.path}") from error

    def begin(self, config: Mapping[str, Any]) -> None:
        """Make the directory, the moment leading its name, and note in it what the run is asked to do."""

        def write() -> None:
            self.path = _new_folder(self.path.parent, self.path.name)
            write_json(self.path / CONFIG, config, replace=False, durable=False)
            self._in_use = hold(self.path / CONFIG, shared=True)

        self._keep(write)

    def write_report(self, report: Mapping[str, Any]) -> None:
        """Note what came out of the run."""
        self._keep(lambda: write_json(self.path / REPORT, report, replace=True, durable=False))

    def save_inversion(self, shot: int, inversion: Inversion, fingerprint: str) -> None:
        """Keep the codes of a shot, and what was tuned of the generator."""

        def write() -> None:
            state = inversion.generator.bound_state()
            if state:
                # Before the codes, which are never to be found without it.
                save_tensors(self.path / f"tuned-{shot}.safetensors", state)
            metadata = {"inversion": fingerprint, "report": json.dumps(inversion.report)}
            save_codes(self.path / f"codes-{shot}.safetensors", Codes(inversion.codes, inversion.times, metadata))

        self._keep(write)

    def save_trajectory(self, shot: int, trajectory: Trajectory, times: Tensor) -> None:
        """Keep a curve that was fitted to the codes of a shot at `times` (N,)."""
        if self._lost:
            return
        knots = times.to("cpu", torch.float64)
        shares = torch.arange(_READINGS, dtype=torch.float64) / _READINGS
        between = (knots[:-1, None] + knots.diff()[:, None] * shares).flatten()
        dense = torch.cat((between, knots[-1:]))
        metadata = {"dynamics": trajectory.report().method}
        codes = Codes(trajectory.evaluate(dense), dense, metadata)
        self._keep(lambda: save_codes(self.path / f"trajectory-{shot}.safetensors", codes))

    def load_inversion(self, shot: int, generator: Generator, fingerprint: str) -> Inversion | None:
        """The inversion of a shot that was kept under the same fingerprint, or None."""
        path = self.path / f"codes-{shot}.safetensors"
        try:
            if not path.is_file():
                return None
            kept = load_codes(path)
            tuned = self.path / f"tuned-{shot}.safetensors"
            state = load_tensors(tuned).tensors if tuned.is_file() else {}
            if kept.metadata.get("inversion") != fingerprint or not path.is_file():
                # In the second case it is being removed, and may have lost its tuning before that was looked for.
                return None
            device = generator.context.device
            return Inversion(
                kept.times.to(device),
                kept.codes.to(device),
                generator.bound(state) if state else generator,
                json.loads(kept.metadata.get("report", "{}")),
            )
        except (InputError, OSError, ValueError):
            # A run that was cut off while writing, or damaged since: invert anew.
            return None

    def _keep(self, write: Callable[[], None]) -> None:
        if self._lost:
            return
        try:
            write()
        except (OSError, DynodeError) as error:
            self._lost = True
            cause = error.__cause__ if isinstance(error, DynodeError) else error
            reason = getattr(cause, "strerror", None) or cause or error
            warnings.warn(
                f"{paths.runs_dir()} cannot be written ({reason}): what this run finds is not kept for later ones",
                RuntimeWarning,
                stacklevel=3,
            )


def create(request: Applied, chosen: ResolvedMethods, command: str) -> RunDirectory:
    """Make the directory of a new run, its configuration written: the request, which can be read back, and its methods.

    Warns:
        RuntimeWarning: dynode's home cannot be written to, and nothing is kept.
    """
    stem = re.sub(r"[^\w.-]+", "_", Path(request.source).stem)[:60] or "run"
    facts = {
        "command": command,
        "request": replace(request, source=_absolute(request.source)).to_json(),
        "methods": chosen.to_json(),
    }
    directory = RunDirectory(paths.runs_dir() / stem)
    directory.begin(facts)
    return directory


def _new_folder(runs: Path, stem: str) -> Path:
    runs.mkdir(parents=True, exist_ok=True)
    while True:
        stamp = datetime.now().strftime("%Y%m%d-%H%M%S-%f")
        with suppress(FileExistsError):
            path = runs / f"{stamp}-{stem}"
            path.mkdir()
            return path


def last_source() -> str:
    """The source of the last run.

    Raises:
        UsageError: there was none, or it is not there any more.
        InputError: what it left is damaged.
    """
    runs = all_runs()
    if not runs:
        raise UsageError(
            "no input was named, and there was no run before to take it from",
            hint="name the clip: dynode edit in.mp4 --direction smile -o out.mp4",
        )
    config = runs[0].config()
    # Runs of dynode 0.1.0 have their settings at the top.
    asked = config.get("request", config)
    source = asked.get("source", "-") if isinstance(asked, dict) else None
    if not isinstance(source, str):
        raise InputError(f"{runs[0].path / CONFIG}: names no source", hint="name the clip: dynode edit in.mp4")
    if source == "-":
        raise UsageError("the last run read standard input, which is gone", hint="name the clip: dynode edit in.mp4")
    # Path.exists() raises where the name is none that could be.
    if "%" not in source and not os.path.exists(source):  # noqa: PTH110
        raise UsageError(f"{source}, the clip of the last run, is not there any more", hint="name another clip")
    return source


def all_runs() -> list[RunDirectory]:
    """Every run, the newest first."""
    try:
        # Hidden ones are being removed.
        entries = (entry for entry in paths.runs_dir().iterdir() if not entry.name.startswith("."))
        found = sorted((entry for entry in entries if (entry / CONFIG).is_file()), reverse=True)
    except OSError:
        return []
    return [RunDirectory(path) for path in found]


@dataclass(frozen=True)
class KeptInversions:
    """The inversions of one source with one choice of methods, wherever a run has kept them."""

    run: RunDirectory
    """Where new ones go."""
    fingerprint: str

    def load(self, shot: int, generator: Generator) -> Inversion | None:
        """The newest inversion of shot number `shot`, or None."""
        for run in all_runs():
            found = run.load_inversion(shot, generator, self.fingerprint)
            if found is not None:
                return found
        return None

    def save(self, shot: int, inversion: Inversion) -> None:
        """Keep an inversion in this run's directory."""
        self.run.save_inversion(shot, inversion, self.fingerprint)

    def save_trajectory(self, shot: int, trajectory: Trajectory, times: Tensor) -> None:
        """Keep a curve in this run's directory."""
        self.run.save_trajectory(shot, trajectory, times)


def kept_inversions(run: RunDirectory, request: Applied, prepared: Prepared, host: Host) -> KeptInversions:
    """Where inversions of the source of `request` are found, and kept in the directory of `run`."""
    return KeptInversions(run, inversion_fingerprint(request, prepared.chosen, prepared.weights, host))


def inversion_fingerprint(request: Applied, chosen: ResolvedMethods, weights: Path | None, host: Host) -> str:
    """Hash of everything that decides about the codes of a source: equal hashes mean equal codes.

    That is every option which is not declared to decide something else, where it is not at its default; what the
    source and the checkpoint (`weights`) are now; the methods that find codes; the versions of dynode and of the
    plugins that bring them.
    """
    defaults = {field.name: field.default for field in fields_of(type(request))}
    options = {
        name: value
        for name, value in request.deciding("codes")
        if name not in _RESOLVED and value not in (defaults[name], None)
    }
    methods = {kind: choice for kind, choice in chosen.to_json().items() if kind != "dynamics"}
    facts = {
        **options,
        "source": _identity(Path(request.source)),
        "weights": None if weights is None else _identity(weights),
        "methods": methods,
        "estimators": {name: host.settings_of("estimator", name) for name in host.names("estimator")},
        "versions": {"dynode": __version__, **_versions(chosen, host)},
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


_RESOLVED = {field.name for field in fields_of(Inverting)} - {field.name for field in fields_of(Request)}
"""Options that say which methods are used: what became of them is known better than what was asked."""


def _versions(chosen: ResolvedMethods, host: Host) -> dict[str, str]:
    """Versions of the plugins that find codes; of flow estimators all, since an option of the inverter names one."""
    used = [
        host.registration("generator", chosen.generator.name),
        host.registration("inverter", chosen.inverter.name),
    ]
    if chosen.framing is not None:
        used.append(host.registration("framing", chosen.framing.name))
    return {f"{r.kind} {r.name}": f"{r.distribution} {r.version}" for r in (*used, *host.registrations("estimator"))}


def _identity(path: Path) -> object:
    if path.is_dir():
        return [str(path.absolute()), [_identity(entry) for entry in sorted(path.iterdir()) if entry.is_file()]]
    if not path.exists():
        return str(path)
    stat = path.stat()
    return [str(path.absolute()), stat.st_size, stat.st_mtime_ns]


def _absolute(source: str) -> str:
    return source if source == "-" else str(Path(source).absolute())
