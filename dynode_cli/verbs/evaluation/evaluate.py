"""Evaluation of interpolation: all methods on the held-out frames of one source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from dynode_cli.contracts import Context
from dynode_cli.errors import QualityError, UsageError
from dynode_cli.media.pixels import white_of
from dynode_cli.media.reading.reader import FrameReader
from dynode_cli.media.reading.source import Source
from dynode_cli.pipeline.assemble import assemble
from dynode_cli.pipeline.job import Job, opened_job
from dynode_cli.pipeline.methods import (
    ResolvedMethods,
    build_methods,
    context_of,
    default_methods,
    dynamics_for,
    resolve,
)
from dynode_cli.pipeline.plan import Plan, make_plan
from dynode_cli.pipeline.prepare import open_scanned
from dynode_cli.pipeline.shots import Shot
from dynode_cli.pipeline.threads import threads_at_most
from dynode_cli.plugin_host.host import Host
from dynode_cli.requests.evaluate import Evaluate
from dynode_cli.requests.timing import Timed
from dynode_cli.suggestions import hint
from dynode_cli.values.frames import Frames
from dynode_cli.verbs.evaluation import baselines
from dynode_cli.verbs.evaluation.metrics import MetricFacts, facts_of, make_metrics
from dynode_cli.verbs.evaluation.minterpolate import minterpolate
from dynode_cli.verbs.evaluation.scoring import Frame, Rebuild, Score, hold_out, score, verdict
from dynode_cli.verbs.frames import open_frames
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
    metrics: Sequence[MetricFacts]
    """What the figures of the scores are, in the order of a table."""
    scores: Sequence[Score]
    gain_over_blend: float | None
    """dB of our best dynamics above blending; None where either was left out."""
    verdict: str

    def require_gain(self, decibels: float | None) -> None:
        """Insist on a gain over blending; None: on none.

        Raises:
            QualityError: it is less, or was not measured.
        """
        if decibels is not None and (self.gain_over_blend is None or self.gain_over_blend < decibels):
            told = "not measured" if self.gain_over_blend is None else f"{self.gain_over_blend:.2f} dB"
            raise QualityError(f"the gain over blending is {told}; {decibels:g} dB was asked for")

    def to_json(self) -> dict[str, Any]:
        """Facts for programs."""
        scores = [score.to_json() for score in self.scores]
        return {**vars(self), "metrics": [asdict(facts) for facts in self.metrics], "scores": scores}

    def __repr__(self) -> str:
        return f"<Evaluation of {self.source}, {self.held_out} frames held out: {self.verdict}>"


def evaluate(request: Evaluate, host: Host) -> Evaluation:
    """Score methods on the frames of a source that are left when every `keep_every`-th one is kept.

    Raises:
        UsageError: a method is not known.
        InputError: the source cannot be read, or is too short.
    """
    chosen = resolve(request, host)
    names = request.method_names or tuple(dict.fromkeys((*BASELINES, "linear", chosen.dynamics.name)))
    known = [*BASELINES, *(r.name for r in host.registrations("dynamics"))]
    for method in names:
        if method not in known:
            raise UsageError(f"--methods: there is no method '{method}'", hint=hint(method, known, what="methods"))
    if request.dynamics_options and chosen.dynamics.name not in names:
        key, value = next(iter(request.dynamics_options.items()))
        raise UsageError(
            f"-D {key}={value} is for {chosen.dynamics.name}, which is not among --methods",
            hint="say with --dynamics NAME what it is for",
        )
    measured = make_metrics(
        host,
        request.metrics,
        open_store(host, offline=request.offline),
        Context(request.device, request.frame_memory, request.seed),
    )
    clip = request.source
    name = clip.name if isinstance(clip, Frames) else clip
    with (
        threads_at_most(request.threads),
        opened_job(request.show, name) as job,
        open_frames(clip, job) if isinstance(clip, Frames) else open_scanned(request, job=job) as (source, scanned),
    ):
        plan = make_plan(scanned, Timed())
        held_out = hold_out(plan.shots, request.keep_every, name)
        if request.limit is not None:
            held_out = held_out.up_to(request.limit)
        scores: list[Score] = []
        total = len(names) * len(held_out.indices)
        with FrameReader(source, plan.scan, cache_bytes=request.frame_memory // 4) as reader:
            for method in names:
                rebuild = _rebuild(method, request, chosen, host, source, plan)
                before = len(scores) * len(held_out.indices)
                job.phase(method)

                counted = partial(_count, job, before, total)
                scores.append(score(method, rebuild, held_out, _reading(reader), measured, counted))
    ours = [method for method in names if method not in BASELINES]
    return Evaluation(
        name,
        request.keep_every,
        sum(len(shot) for shot in held_out.shots),
        len(held_out.indices),
        len(plan.shots),
        scanned.deinterlaced,
        [facts_of(name, metric) for name, metric in measured.items()],
        scores,
        _gain(scores, ours),
        verdict(scores, ours),
    )


def _count(job: Job, before: int, total: int, done: int, _: int) -> None:
    """Tell `job` of a method that comes after `before` frames."""
    job.count(before + done, total)


def _rebuild(
    name: str, request: Evaluate, chosen: ResolvedMethods, host: Host, source: Source, plan: Plan
) -> Rebuild:
    def baseline(shots: Sequence[Shot], times: Sequence[Fraction]) -> Iterator[Frame]:
        function = {"hold": baselines.hold, "blend": baselines.blend}[name]
        with FrameReader(source, plan.scan, cache_bytes=request.frame_memory // 4) as reader:
            yield from function(_reading(reader), shots, times)

    def peer(shots: Sequence[Shot], times: Sequence[Fraction]) -> Iterator[Frame]:
        with FrameReader(source, plan.scan, cache_bytes=request.frame_memory // 4) as reader:
            yield from minterpolate(_reading(reader), shots, times)

    def dynamics(shots: Sequence[Shot], times: Sequence[Fraction]) -> Iterator[Frame]:
        used = chosen
        if name != chosen.dynamics.name:
            generator = host.implementation("generator", chosen.generator.name)
            used = replace(chosen, dynamics=dynamics_for(generator, name, {}, host))
        context = context_of(request, request.weights, host)
        methods = build_methods(host, used, context)
        background = None if methods.framing is None else default_methods(host, context)
        kept = replace(plan, shots=shots)
        with assemble(source, kept, methods, background=background, memory=request.frame_memory) as assembly:
            for frame in assembly.renderer.frames(times):
                yield frame.permute(1, 2, 0).cpu().numpy()

    if name == "minterpolate":
        return peer
    return baseline if name in BASELINES else dynamics


def _reading(reader: FrameReader) -> Callable[[int], Frame]:
    def read(index: int) -> Frame:
        frame = reader.frame(index)[..., :3]
        return frame.astype(np.float32) / np.float32(white_of(frame.dtype))

    return read


def _gain(scores: Sequence[Score], ours: Sequence[str]) -> float | None:
    figures = {s.method: s.psnr for s in scores}
    best = max((figures[name] for name in ours), default=None)
    return None if best is None or "blend" not in figures else best - figures["blend"]
