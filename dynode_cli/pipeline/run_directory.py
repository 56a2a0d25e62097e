"""The directory of a run, a cache for later ones: settings, codes and report, so that nothing is inverted twice.

A run directory lies below ``runs`` of dynode's home. ``config.json`` is written before anything is computed;
``codes-SHOT.safetensors`` holds the codes of a shot, ``tuned-SHOT.safetensors`` what was tuned of the generator,
``trajectory-SHOT.safetensors`` the curve through the codes, read at every observation and three times between each
two (a code file: ``dynode render`` and ``dynode resample`` take it), ``report.json`` what came out.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from dynode_cli import paths
from dynode_cli.contracts import Generator, Inversion, Trajectory
from dynode_cli.errors import DynodeError, InputError, UsageError
from dynode_cli.files.codes import Codes, load_codes, save_codes
from dynode_cli.files.tensors import save_tensors
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


@dataclass(frozen=True)
class RunDirectory:
    """The directory of one run."""

    path: Path
    in_use: Held | None = field(default=None, repr=False, compare=False)
    """The lock of its configuration, which keeps others from removing it."""

    def config(self) -> dict[str, Any]:
        """What the run was asked to do."""
        return dict(json.loads((self.path / CONFIG).read_text(encoding="utf-8")))

    def write_report(self, report: Mapping[str, Any]) -> None:
        """Note what came out of the run."""
        write_json(self.path / REPORT, report, replace=True, durable=False)

    def save_inversion(self, shot: int, inversion: Inversion, fingerprint: str) -> None:
        """Keep the codes of a shot, and what was tuned of the generator."""
        state = inversion.generator.bound_state()
        if state:
            # Before the codes, which are never to be found without it.
            save_tensors(self.path / f"tuned-{shot}.safetensors", state)
        save_codes(
            self.path / f"codes-{shot}.safetensors",
            Codes(
                inversion.codes, inversion.times, {"inversion": fingerprint, "report": json.dumps(inversion.report)}
            ),
        )

    def save_trajectory(self, shot: int, trajectory: Trajectory, times: Tensor) -> None:
        """Keep a curve that was fitted to the codes of a shot at `times` (N,)."""
        knots = times.to("cpu", torch.float64)
        shares = torch.arange(_READINGS, dtype=torch.float64) / _READINGS
        between = (knots[:-1, None] + knots.diff()[:, None] * shares).flatten()
        dense = torch.cat((between, knots[-1:]))
        metadata = {"dynamics": trajectory.report().method}
        save_codes(self.path / f"trajectory-{shot}.safetensors", Codes(trajectory.evaluate(dense), dense, metadata))

    def load_inversion(self, shot: int, generator: Generator, fingerprint: str) -> Inversion | None:
        """The inversion of a shot that was kept under the same fingerprint, or None."""
        path = self.path / f"codes-{shot}.safetensors"
        if not path.is_file():
            return None
        try:
            kept = load_codes(path)
            tuned = self.path / f"tuned-{shot}.safetensors"
            state = load_file(tuned) if tuned.is_file() else {}
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
        except (InputError, OSError, SafetensorError):
            # A run that was cut off while writing: invert anew.
            return None


def create(request: Applied, chosen: ResolvedMethods, command: str) -> RunDirectory:
    """Make the directory of a new run, its configuration written: the request, which can be read back, and its methods.

    Raises:
        DynodeError: dynode's home cannot be written to.
    """
    stem = re.sub(r"[^\w.-]+", "_", Path(request.source).stem)[:60] or "run"
    facts = {
        "command": command,
        "request": replace(request, source=_absolute(request.source)).to_json(),
        "methods": chosen.to_json(),
    }
    try:
        path = _new_folder(paths.runs_dir(), stem)
        write_json(path / CONFIG, facts, replace=False, durable=False)
        in_use = hold(path / CONFIG, shared=True)
    except OSError as error:
        raise DynodeError(
            f"{paths.runs_dir()}: the run directory cannot be written ({error.strerror})",
            hint="set DYNODE_HOME to a folder that can be written",
        ) from error
    return RunDirectory(path, in_use)


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
    """
    runs = all_runs()
    if not runs:
        raise UsageError(
            "no input was named, and there was no run before to take it from",
            hint="name the clip: dynode edit in.mp4 --direction smile -o out.mp4",
        )
    config = runs[0].config()
    # Runs of dynode 0.1.0 have their settings at the top.
    source = str(config.get("request", config).get("source", "-"))
    if source == "-":
        raise UsageError("the last run read standard input, which is gone", hint="name the clip: dynode edit in.mp4")
    if "%" not in source and not Path(source).exists():
        raise UsageError(f"{source}, the clip of the last run, is not there any more", hint="name another clip")
    return source


def all_runs() -> list[RunDirectory]:
    """Every run, the newest first."""
    folder = paths.runs_dir()
    if not folder.is_dir():
        return []
    # Hidden ones are being removed.
    entries = (entry for entry in folder.iterdir() if not entry.name.startswith("."))
    found = sorted((entry for entry in entries if (entry / CONFIG).is_file()), reverse=True)
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
