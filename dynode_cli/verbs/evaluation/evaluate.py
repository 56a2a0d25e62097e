"""``dynode eval``: all methods on the held-out frames of one source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from dynode_cli.errors import UsageError
from dynode_cli.media.reading.reader import FrameReader
from dynode_cli.media.reading.source import Source
from dynode_cli.pipeline.assemble import assemble
from dynode_cli.pipeline.methods import MethodChoice, build_methods
from dynode_cli.pipeline.plan import Plan, Timing, make_plan
from dynode_cli.pipeline.prepare import Job, ShowProgress, open_scanned, show_nothing
from dynode_cli.pipeline.shots import Shot
from dynode_cli.plugin_host.host import Host
from dynode_cli.suggestions import hint
from dynode_cli.verbs.evaluation import baselines
from dynode_cli.verbs.evaluation.minterpolate import minterpolate
from dynode_cli.verbs.evaluation.scoring import Frame, Rebuild, Score, hold_out, score, verdict
from dynode_cli.weights.opening import open_store

BASELINES = ("hold", "blend", "minterpolate")


@dataclass(frozen=True)
class Evaluation:
    """Scores of all methods on one source."""

    source: str
    keep_every: int
    kept: int
    held_out: int
    shots: int
    deinterlaced: int
    """Frames that were deinterlaced before anything else."""
    scores: Sequence[Score]
    gain_over_blend: float | None
    """dB of our best dynamics above blending; None where either was left out."""
    verdict: str


def evaluate_job(
    job: Job,
    host: Host,
    *,
    keep_every: int = 2,
    methods: Sequence[str] | None = None,
    limit: int | None = None,
    show: ShowProgress = show_nothing,
) -> Evaluation:
    """Score `methods` on the frames of `job`'s source that are left when every `keep_every`-th one is kept.

    Arguments:
        methods: `hold`, `blend`, `minterpolate` and names of dynamics; None: these three, `linear`, and the
            dynamics of the job.
        limit: at most so many frames are rebuilt.

    Raises:
        UsageError: a method is not known, or `keep_every` is below 2.
        InputError: the source cannot be read, or is too short.
    """
    if keep_every < 2:
        raise UsageError(f"--keep-every {keep_every}: must be 2 or more")
    job.check()
    choice = job.methods.resolved(host)
    assert choice.dynamics is not None
    names = list(dict.fromkeys(methods or (*BASELINES, "linear", choice.dynamics)))
    known = [*BASELINES, *(r.name for r in host.registrations("dynamics"))]
    for name in names:
        if name not in known:
            raise UsageError(f"--methods: there is no method '{name}'", hint=hint(name, known, what="methods"))
    with open_scanned(job, show) as (source, scanned):
        plan = make_plan(scanned, Timing())
        held_out = hold_out(plan.shots, keep_every, job.source)
        if limit is not None:
            held_out = held_out.up_to(limit)
        scores = []
        with FrameReader(source, plan.scan, cache_bytes=job.frame_memory // 4) as reader:
            for name in names:
                rebuild = _rebuild(name, replace(job, methods=choice), host, source, plan)
                with show(name, len(held_out.indices)) as progress:
                    scores.append(score(name, rebuild, held_out, _reading(reader), progress))
    ours = [name for name in names if name not in BASELINES]
    return Evaluation(
        job.source,
        keep_every,
        sum(len(shot) for shot in held_out.shots),
        len(held_out.indices),
        len(plan.shots),
        scanned.deinterlaced,
        scores,
        _gain(scores, ours),
        verdict(scores, ours),
    )


def _rebuild(name: str, job: Job, host: Host, source: Source, plan: Plan) -> Rebuild:
    def baseline(shots: Sequence[Shot], times: Sequence[Fraction]) -> Iterator[Frame]:
        function = {"hold": baselines.hold, "blend": baselines.blend}[name]
        with FrameReader(source, plan.scan, cache_bytes=job.frame_memory // 4) as reader:
            yield from function(_reading(reader), shots, times)

    def peer(shots: Sequence[Shot], times: Sequence[Fraction]) -> Iterator[Frame]:
        with FrameReader(source, plan.scan, cache_bytes=job.frame_memory // 4) as reader:
            yield from minterpolate(_reading(reader), shots, times)

    def dynamics(shots: Sequence[Shot], times: Sequence[Fraction]) -> Iterator[Frame]:
        options = job.methods.dynamics_options if name == job.methods.dynamics else {}
        choice = replace(job.methods, dynamics=name, dynamics_options=options)
        context = job.context(open_store(host, offline=job.offline))
        methods = build_methods(host, choice, context)
        background = None if methods.framing is None else build_methods(host, MethodChoice(), context)
        kept = replace(plan, shots=shots)
        with assemble(source, kept, methods, background=background, memory=job.frame_memory) as assembly:
            for frame in assembly.renderer.frames(times):
                yield frame.permute(1, 2, 0).cpu().numpy()

    if name == "minterpolate":
        return peer
    return baseline if name in BASELINES else dynamics


def _reading(reader: FrameReader) -> Callable[[int], Frame]:
    def read(index: int) -> Frame:
        frame = reader.frame(index)[..., :3]
        return frame.astype(np.float32) / np.float32(np.iinfo(frame.dtype).max)

    return read


def _gain(scores: Sequence[Score], ours: Sequence[str]) -> float | None:
    figures = {s.method: s.psnr for s in scores}
    best = max((figures[name] for name in ours), default=None)
    return None if best is None or "blend" not in figures else best - figures["blend"]
