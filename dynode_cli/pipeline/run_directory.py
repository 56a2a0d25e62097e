"""What a run leaves for later ones: its settings, codes and report, so that nothing is inverted twice.

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
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from dynode_cli import paths
from dynode_cli.contracts import Generator, Inversion, Trajectory
from dynode_cli.errors import DynodeError, InputError
from dynode_cli.files.codes import Codes, load_codes, save_codes
from dynode_cli.files.tensors import save_tensors

if TYPE_CHECKING:
    from dynode_cli.pipeline.prepare import Job

CONFIG, REPORT = "config.json", "report.json"
_READINGS = 4
"""Codes of a kept trajectory for each observation."""


@dataclass(frozen=True)
class RunDirectory:
    """The directory of one run."""

    path: Path

    def config(self) -> dict[str, Any]:
        """What the run was asked to do."""
        return dict(json.loads((self.path / CONFIG).read_text(encoding="utf-8")))

    def write_report(self, report: Mapping[str, Any]) -> None:
        """Note what came out of the run."""
        _write_json(self.path / REPORT, report)

    def save_inversion(self, shot: int, inversion: Inversion, fingerprint: str) -> None:
        """Keep the codes of a shot, and what was tuned of the generator."""
        save_codes(
            self.path / f"codes-{shot}.safetensors",
            Codes(
                inversion.codes, inversion.times, {"inversion": fingerprint, "report": json.dumps(inversion.report)}
            ),
        )
        state = inversion.generator.bound_state()
        if state:
            save_tensors(self.path / f"tuned-{shot}.safetensors", state)

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
            if kept.metadata.get("inversion") != fingerprint:
                return None
            device = generator.context.device
            return Inversion(
                kept.times.to(device),
                kept.codes.to(device),
                generator.bound(state) if state else generator,
                json.loads(kept.metadata.get("report", "{}")),
            )
        except InputError:
            # A run that was cut off while writing: invert anew.
            return None


def create(job: Job, command: str) -> RunDirectory:
    """Make the directory of a new run, its configuration written.

    Raises:
        DynodeError: dynode's home cannot be written to.
    """
    stem = re.sub(r"[^\w.-]+", "_", Path(job.source).stem)[:60] or "run"
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S-%f")
    path = paths.runs_dir() / f"{stamp}-{stem}"
    try:
        path.mkdir(parents=True)
        _write_json(path / CONFIG, {"command": command, **asdict(job), "source": _absolute(job.source)})
    except OSError as error:
        raise DynodeError(
            f"{path}: the run directory cannot be written ({error.strerror})",
            hint="set DYNODE_HOME to a folder that can be written",
        ) from error
    return RunDirectory(path)


def all_runs() -> list[RunDirectory]:
    """Every run, the newest first."""
    folder = paths.runs_dir()
    if not folder.is_dir():
        return []
    found = sorted((entry for entry in folder.iterdir() if (entry / CONFIG).is_file()), reverse=True)
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


def inversion_fingerprint(job: Job, weights: Path | None) -> str:
    """Hash of everything that decides about the codes of a source: equal hashes mean equal codes.

    The methods of `job` are resolved: their defaults are filled in. `weights` is the file that is used.
    """
    methods = job.methods
    facts = {
        "source": _identity(Path(job.source)),
        "part": (job.timing.start, job.timing.end),
        "deinterlace": job.deinterlace,
        "weights": None if weights is None else _identity(weights),
        "generator": (methods.generator, sorted(methods.generator_options.items())),
        "inverter": (methods.inverter, sorted(methods.inverter_options.items())),
        "framing": (methods.framing, sorted(methods.framing_options.items())),
        "seed": job.seed,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def _identity(path: Path) -> object:
    if path.is_dir():
        return [str(path.absolute()), [_identity(entry) for entry in sorted(path.iterdir()) if entry.is_file()]]
    if not path.exists():
        return str(path)
    stat = path.stat()
    return [str(path.absolute()), stat.st_size, stat.st_mtime_ns]


def _absolute(source: str) -> str:
    return source if source == "-" else str(Path(source).absolute())


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(value, indent=2, default=str) + "\n", encoding="utf-8")
    part.replace(path)
