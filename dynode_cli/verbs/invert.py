"""GAN inversion: the latent codes of a source, as a file."""

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
from dynode_cli.media.writing.target import check_target, claimed_targets
from dynode_cli.pipeline import run_directory
from dynode_cli.pipeline.job import opened_job
from dynode_cli.pipeline.old_runs import keep_within
from dynode_cli.pipeline.prepare import open_assembly, prepare
from dynode_cli.pipeline.stopwatch import Stopwatch
from dynode_cli.plugin_host.host import Host
from dynode_cli.requests.codes import Invert
from dynode_cli.values.amounts import counted

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

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.code_shape))
        return f"<Inverted {self.output}: {counted(self.frames, 'code')} of {shape}, {counted(self.shots, 'shot')}>"


def invert(request: Invert, host: Host) -> Inverted:
    """Invert every shot of what is asked for, and write the codes.

    Raises:
        UsageError: the output exists, or the shots were each given a generator of their own.
        DynodeError: the inversion failed.
    """
    tuned = Path(request.output).with_suffix(TUNED)
    for output in (request.output, str(tuned)):
        check_target(output, None, force=request.force)
    with claimed_targets(request.output):
        return _inverted(request, host)


def _inverted(request: Invert, host: Host) -> Inverted:
    with opened_job(request.show, request.source) as job, prepare(request, host, as_shown=True, job=job) as prepared:
        check_target(request.output, prepared.source, force=request.force)
        directory = run_directory.create(request, prepared.chosen, "invert")
        keep_within(request.runs_limit)
        store = run_directory.kept_inversions(directory, request, prepared, host)
        job.name_stages(prepared.methods)
        with open_assembly(prepared, stopwatch=Stopwatch(job.stage), progress=job.share, store=store) as assembly:
            tracks = assembly.tracks
            shots = [i for i in range(len(prepared.plan.shots)) if tracks is None or i in tracks.of_shot]
            found = []
            total, done = sum(len(prepared.plan.shots[i]) for i in shots), 0
            job.stage("invert")
            job.count(0, total)
            for i in shots:
                found.append(assembly.main.inverted_shot(i))
                done += len(prepared.plan.shots[i])
                job.count(done, total)
    states = [dict(inversion.generator.bound_state()) for inversion in found]
    if sum(map(bool, states)) > 1:
        raise UsageError(
            f"{request.source} has {len(shots)} shots, and each was given a generator of its own",
            hint="invert one shot at a time with --start and --end, or let interpolate and edit keep them apart",
        )
    prepared.source.check_same()
    inversion, chosen = _joined(found), prepared.chosen
    metadata = {
        "generator": chosen.generator.name,
        "inverter": chosen.inverter.name,
        "framing": "" if chosen.framing is None else chosen.framing.name,
        "source": Path(request.source).name,
        "report": json.dumps([dict(each.report) for each in found], default=str),
    }
    tuned = Path(request.output).with_suffix(TUNED)
    state = next(filter(None, states), None)
    if state is not None:
        save_tensors(tuned, state, replace=request.force)
    elif request.force:
        # What older codes of this name were tuned for would be taken to be of these.
        tuned.unlink(missing_ok=True)
    save_codes(request.output, Codes(inversion.codes, inversion.times, metadata), replace=request.force)
    result = Inverted(
        request.output,
        len(inversion.times),
        tuple(inversion.codes.shape[1:]),
        len(shots),
        None if state is None else str(tuned),
        [dict(each.report) for each in found],
        {} if tracks is None else dict(tracks.report()),
    )
    directory.write_report({"output": request.output, "frames": result.frames, "reports": result.reports})
    return result


def _joined(found: Sequence[Inversion]) -> Inversion:
    return Inversion(
        torch.cat([inversion.times.cpu() for inversion in found]),
        torch.cat([inversion.codes.detach().cpu() for inversion in found]),
        found[0].generator,
    )
