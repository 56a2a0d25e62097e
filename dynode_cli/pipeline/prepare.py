"""A job of rendering a source again: what the user asked for, and the steps from there to a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from dynode_cli.contracts import Context, Progress, device_of, silent
from dynode_cli.errors import UsageError
from dynode_cli.media.reading.deinterlace import DEINTERLACE, Deinterlace
from dynode_cli.media.reading.probe import probe
from dynode_cli.media.reading.scan import Scan, scan
from dynode_cli.media.reading.source import DEFAULT_RATE, Source, open_source
from dynode_cli.media.writing.encoders import check_options
from dynode_cli.media.writing.target import check_target
from dynode_cli.media.writing.writer import AudioRule, EncoderOptions
from dynode_cli.pipeline import run_directory
from dynode_cli.pipeline.assemble import Assembly, assemble
from dynode_cli.pipeline.draws import check_samples
from dynode_cli.pipeline.loops import closed
from dynode_cli.pipeline.methods import MethodChoice, Methods, build_methods
from dynode_cli.pipeline.outputs import default_output, rate_label
from dynode_cli.pipeline.plan import Plan, Timing, make_plan, part_to_scan
from dynode_cli.pipeline.renderer import CUT_POLICIES, CutPolicy, Drawn, InversionStore
from dynode_cli.pipeline.samples import SampleOutputs, Samples, sample_outputs
from dynode_cli.pipeline.stopwatch import Stopwatch
from dynode_cli.pipeline.to_file import Rendered, interpolate_source
from dynode_cli.plugin_host.host import Host
from dynode_cli.values.amounts import parse_memory
from dynode_cli.values.times import parse_rate
from dynode_cli.weights.opening import open_store
from dynode_cli.weights.store import WeightsStore

ShowProgress = Callable[[str, int], AbstractContextManager[Progress]]
"""Opens a display for a step of so many frames, and gives what is to be told how far it has come."""

DEFAULT_MEMORY = "512MiB"


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
    weights: str | None = None
    """Checkpoint: a file, or a name in the weights registry."""
    offline: bool = False
    """Fetch no weights."""
    encoder: EncoderOptions = field(default_factory=EncoderOptions)
    audio: AudioRule = "auto"
    """``copy``, ``stretch``, ``drop``; auto copies, and stretches in slow motion."""
    input_rate: str | None = None
    """Rate of an image sequence, which has none of its own."""
    deinterlace: Deinterlace = "auto"
    """``on``, ``off``; auto deinterlaces the frames that are flagged as interlaced."""
    out_dir: Path | None = None
    """Folder for an output that has no name of its own."""
    force: bool = False
    """Replace an output that exists."""
    samples: int = 0
    """Plausible in-betweens to render beside the mean, with a map of their variance."""

    def check(self) -> None:
        """Refuse what can be known to be wrong before anything is opened.

        Raises:
            UsageError: what is wrong.
        """
        self.timing.check()
        named = self.output is not None or self.source == "-"
        check_options(self.output if named else default_output(self.source, "", self.out_dir), self.encoder)
        if self.input_rate is not None:
            parse_rate(self.input_rate)
        parse_memory(self.memory)
        if self.cuts not in CUT_POLICIES:
            raise UsageError(f"--cuts {self.cuts}: must be one of {', '.join(CUT_POLICIES)}")
        if self.deinterlace not in DEINTERLACE:
            raise UsageError(f"--deinterlace {self.deinterlace}: must be one of {', '.join(DEINTERLACE)}")

    def context(self, store: WeightsStore) -> Context:
        """What implementations are built with: they get three quarters of the memory, frames and batches the rest.

        Raises:
            DeviceError: the device does not exist.
            InputError, WeightsError: the weights are not there.
        """
        weights = None if self.weights is None else store.locate(self.weights)
        context = Context(
            self.device, parse_memory(self.memory) - self.frame_memory, self.seed, weights, store.resolve
        )
        device_of(context)
        return context

    @property
    def frame_memory(self) -> int:
        """Bytes for decoded frames and batches of output."""
        return parse_memory(self.memory) // 4

    def output_for(self, plan: Plan) -> str:
        """Where the result goes.

        Raises:
            UsageError: no name was given and none can be made up.
        """
        if self.output is not None:
            return self.output
        label = f"slow{float(plan.slow):g}x" if plan.slow != 1 else rate_label(plan.rate or plan.source_rate)
        return default_output(self.source, label, self.out_dir)


@dataclass(frozen=True)
class Prepared:
    """A job whose source is open and whose plan is made."""

    job: Job
    source: Source
    plan: Plan
    methods: Methods
    background: Methods | None
    """Makes the frames behind a framed part."""
    alpha: Methods | None
    """Makes the fourth channel, for a source that has one."""
    output: str
    sample_outputs: SampleOutputs | None
    """Where plausible in-betweens go, if any are wanted."""

    @property
    def weights(self) -> Path | None:
        """The checkpoint that is used."""
        return self.methods.generator.context.weights


@contextmanager
def prepare(
    job: Job, host: Host, show: ShowProgress = show_nothing, store: WeightsStore | None = None
) -> Iterator[Prepared]:
    """Open the source of `job`, look through it and plan; the source stays open in the block.

    Raises:
        DynodeError: the job is not sound, or its source cannot be read.
    """
    job.check()
    job = replace(job, methods=job.methods.resolved(host))
    assert job.methods.dynamics is not None
    check_samples(job.samples, job.methods.dynamics, host)
    context = job.context(store or open_store(host, offline=job.offline))
    methods = build_methods(host, job.methods, context)
    framed = methods.framing is not None and not methods.framing.whole
    background = build_methods(host, MethodChoice(), context) if framed else None
    if job.output is not None:
        # An hour of video need not be looked through to be told that its output exists.
        check_target(job.output, None, force=job.force)
        beside = sample_outputs(job.output, job.samples)
        if beside is not None:
            beside.check(force=job.force)
    with open_scanned(job, show) as (source, scanned):
        plan = make_plan(scanned, job.timing)
        see_through = scanned.info.alpha and methods.framing is None
        alpha = build_methods(host, job.methods, context) if see_through else None
        methods = closed(methods, job.methods, plan, host, context)
        alpha = None if alpha is None else closed(alpha, job.methods, plan, host, context)
        output = job.output_for(plan)
        beside = sample_outputs(output, job.samples)
        yield Prepared(job, source, plan, methods, background, alpha, output, beside)


@contextmanager
def open_scanned(job: Job, show: ShowProgress = show_nothing) -> Iterator[tuple[Source, Scan]]:
    """The source of `job`, open in the block, and what one pass over it found.

    Raises:
        InputError: it cannot be read.
        UsageError: the rate of the image sequence makes no sense.
    """
    rate = DEFAULT_RATE if job.input_rate is None else parse_rate(job.input_rate).resolve(DEFAULT_RATE)
    with open_source(job.source, rate=rate) as source:
        info = probe(source)
        start, end = part_to_scan(info, job.timing)
        with show(f"looking through {info.name}", info.declared_frames or 0) as progress:
            scanned = scan(source, info=info, progress=progress, start=start, end=end, deinterlace=job.deinterlace)
        yield source, scanned


@contextmanager
def open_assembly(
    prepared: Prepared,
    *,
    stopwatch: Stopwatch | None = None,
    progress: Progress = silent,
    store: InversionStore | None = None,
) -> Iterator[Assembly]:
    """The renderer of a prepared job, ready while the block runs."""
    with assemble(
        prepared.source,
        prepared.plan,
        prepared.methods,
        background=prepared.background,
        alpha=prepared.alpha,
        memory=prepared.job.frame_memory,
        cuts=prepared.job.cuts,
        stopwatch=stopwatch,
        progress=progress,
        store=store,
        draws=prepared.job.samples,
    ) as assembly:
        yield assembly


def run(prepared: Prepared, show: ShowProgress = show_nothing) -> Rendered:
    """Render a prepared job.

    Raises:
        DynodeError: whatever goes wrong; nothing is left at the output then.
    """
    job, plan = prepared.job, prepared.plan
    directory = run_directory.create(job, "interpolate")
    store = run_directory.KeptInversions(directory, run_directory.inversion_fingerprint(job, prepared.weights))
    watch = Stopwatch()
    beside = prepared.sample_outputs
    with (
        show("inverting", 0) as inverting,
        open_assembly(prepared, stopwatch=watch, progress=inverting, store=store) as assembly,
        show(f"rendering {prepared.output}", len(plan.schedule)) as progress,
    ):
        rendered = interpolate_source(
            prepared.source,
            prepared.output,
            plan,
            assembly.renderer,
            size=assembly.size,
            encoder=job.encoder,
            watch=watch,
            force=job.force,
            audio=job.audio,
            progress=progress,
            samples=None if beside is None else _samples(assembly, beside),
        )
    directory.write_report({**plan.to_json(), **asdict(rendered)})
    return rendered


def _samples(assembly: Assembly, outputs: SampleOutputs) -> Samples:
    return Samples([Drawn(assembly.renderer, k + 1) for k in range(len(outputs.samples))], outputs)
