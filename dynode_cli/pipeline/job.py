"""A job of rendering a source again: what the user asked for, and the steps from there to a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dynode_cli.contracts import Context, Progress, device_of, silent
from dynode_cli.errors import UsageError
from dynode_cli.media.probe import probe
from dynode_cli.media.scan import scan
from dynode_cli.media.source import Source, open_source
from dynode_cli.media.writer import EncoderOptions
from dynode_cli.pipeline.interpolate import Rendered, interpolate_source
from dynode_cli.pipeline.methods import MethodChoice, Methods, build_methods
from dynode_cli.pipeline.outputs import default_output, rate_label
from dynode_cli.pipeline.plan import Plan, Timing, make_plan
from dynode_cli.pipeline.render import CUT_POLICIES, CutPolicy
from dynode_cli.plugin_manager import Host
from dynode_cli.quantities import parse_memory

if TYPE_CHECKING:
    from dynode_cli.media.writer import AudioRule

ShowProgress = Callable[[str, int], AbstractContextManager[Progress]]
"""Opens a display for a step of so many frames, and gives what is to be told how far it has come."""

DEFAULT_MEMORY = "1GiB"


def show_nothing(description: str, total: int) -> AbstractContextManager[Progress]:
    """A :data:`ShowProgress` for programs."""
    return nullcontext(silent)


@dataclass(frozen=True)
class Job:
    """What to render, how, and where to."""

    source: str
    """File, folder of images, pattern (``frames/%05d.png``), or ``-`` for standard input."""
    output: str | None = None
    """File, pattern, folder (ending in ``/``), ``-`` for standard output; None: a name beside the source."""
    timing: Timing = field(default_factory=Timing)
    methods: MethodChoice = field(default_factory=MethodChoice)
    cuts: CutPolicy = "hold"
    device: str = "cpu"
    seed: int = 0
    memory: str | int = DEFAULT_MEMORY
    weights: Path | None = None
    encoder: EncoderOptions = field(default_factory=EncoderOptions)
    audio: AudioRule | Literal["auto"] = "auto"
    """``copy``, ``stretch``, ``drop``; auto copies, and stretches in slow motion."""
    input_rate: str | None = None
    """Rate of an image sequence, which has none of its own."""
    out_dir: Path | None = None
    """Folder for an output that has no name of its own."""
    force: bool = False
    """Replace an output that exists."""

    def check(self) -> None:
        """Refuse what can be known to be wrong before anything is opened.

        Raises:
            UsageError, DeviceError: what is wrong.
        """
        self.timing.check()
        parse_memory(self.memory)
        if self.cuts not in CUT_POLICIES:
            raise UsageError(f"--cuts {self.cuts}: must be one of {', '.join(CUT_POLICIES)}")
        device_of(self.context())

    def context(self) -> Context:
        """What implementations are built with: they get half of the memory, frames and batches the rest."""
        from dynode_cli.weights import resolve

        return Context(self.device, parse_memory(self.memory) // 2, self.seed, self.weights, resolve)

    def output_for(self, plan: Plan) -> str:
        """Where the result goes.

        Raises:
            UsageError: no name was given and none can be made up.
        """
        if self.output is not None:
            return self.output
        label = f"slow{float(plan.slow):g}x" if plan.slow != 1 else rate_label(plan.rate or plan.info.rate)
        return default_output(self.source, label, self.out_dir)


@dataclass(frozen=True)
class Prepared:
    """A job whose source is open and whose plan is made."""

    job: Job
    source: Source
    plan: Plan
    methods: Methods
    output: str


@contextmanager
def prepare(job: Job, host: Host, show: ShowProgress = show_nothing) -> Iterator[Prepared]:
    """Open the source of `job`, look through it and plan; the source stays open in the block.

    Raises:
        DynodeError: the job is not sound, or its source cannot be read.
    """
    job.check()
    methods = build_methods(host, job.methods, job.context())
    rate = None if job.input_rate is None else Fraction(job.input_rate)
    with open_source(job.source, rate=rate) as source:
        info = probe(source)
        with show(f"looking through {info.name}", info.frames or 0) as progress:
            scanned = scan(source, progress=progress)
        plan = make_plan(info, scanned, job.timing)
        yield Prepared(job, source, plan, methods, job.output_for(plan))


def run(prepared: Prepared, show: ShowProgress = show_nothing) -> Rendered:
    """Render a prepared job.

    Raises:
        DynodeError: whatever goes wrong; nothing is left at the output then.
    """
    job, plan = prepared.job, prepared.plan
    with show(f"rendering {prepared.output}", len(plan.schedule)) as progress:
        return interpolate_source(
            prepared.source,
            prepared.output,
            plan,
            prepared.methods,
            encoder=job.encoder,
            memory=parse_memory(job.memory) // 2,
            cuts=job.cuts,
            force=job.force,
            audio=job.audio,
            progress=progress,
        )
