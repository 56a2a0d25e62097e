"""``dynode invert``: the codes of a source, as a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from dynode_cli.contracts import Inversion
from dynode_cli.errors import UsageError
from dynode_cli.files.codes import Codes, save_codes
from dynode_cli.files.tensors import save_tensors
from dynode_cli.media.writing.target import check_target
from dynode_cli.pipeline import run_directory
from dynode_cli.pipeline.prepare import Prepared, ShowProgress, open_assembly, show_nothing

TUNED = ".tuned.safetensors"
"""Ending of the file beside the codes with what an inverter tuned of the generator."""


@dataclass(frozen=True)
class Inverted:
    """What was found."""

    output: str
    frames: int
    code_shape: Sequence[int]
    shots: int
    tuned: str | None
    """File with what was tuned of the generator."""
    reports: Sequence[Any] = ()
    """The inverter's report for each shot."""
    not_found: dict[str, Any] = field(default_factory=dict)
    """Frames of each shot in which the framed part was not found."""


def invert_source(prepared: Prepared, output: str, show: ShowProgress = show_nothing) -> Inverted:
    """Invert every shot of a prepared job and write the codes to `output`.

    Raises:
        UsageError: `output` exists, or the shots were each given a generator of their own.
        DynodeError: the inversion failed.
    """
    job = prepared.job
    if Path(output).suffix != ".safetensors":
        raise UsageError(f"{output}: codes are written as .safetensors", hint="use -o codes.safetensors")
    check_target(output, prepared.source, force=job.force)
    directory = run_directory.create(job, "invert")
    store = run_directory.KeptInversions(directory, run_directory.inversion_fingerprint(job, prepared.weights))
    with show("inverting", 0) as progress, open_assembly(prepared, progress=progress, store=store) as assembly:
        tracks = assembly.tracks
        shots = [i for i in range(len(prepared.plan.shots)) if tracks is None or i in tracks.of_shot]
        found = [assembly.main.inverted_shot(i) for i in shots]
    states = [dict(inversion.generator.bound_state()) for inversion in found]
    if sum(map(bool, states)) > 1:
        raise UsageError(
            f"{job.source} has {len(shots)} shots, and each was given a generator of its own",
            hint="invert one shot at a time with --start and --end, or let interpolate and edit keep them apart",
        )
    inversion = _joined(found)
    metadata = {
        "generator": job.methods.generator,
        "inverter": job.methods.inverter or "",
        "framing": job.methods.framing or "",
        "source": Path(job.source).name,
        "report": json.dumps([dict(each.report) for each in found], default=str),
    }
    save_codes(output, Codes(inversion.codes, inversion.times, metadata))
    state = next(filter(None, states), None)
    tuned = None
    if state is not None:
        tuned = str(Path(output).with_suffix(TUNED))
        save_tensors(tuned, state)
    result = Inverted(
        output,
        len(inversion.times),
        tuple(inversion.codes.shape[1:]),
        len(shots),
        tuned,
        [dict(each.report) for each in found],
        {} if tracks is None else dict(tracks.report()),
    )
    directory.write_report({"output": output, "frames": result.frames, "reports": result.reports})
    return result


def _joined(found: Sequence[Inversion]) -> Inversion:
    return Inversion(
        torch.cat([inversion.times.cpu() for inversion in found]),
        torch.cat([inversion.codes.detach().cpu() for inversion in found]),
        found[0].generator,
    )
