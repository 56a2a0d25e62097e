"""From a request to a renderer: its source opened, looked through and planned, its methods built."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from dynode_cli.contracts import Progress, silent
from dynode_cli.errors import InputError
from dynode_cli.media.facts import MediaInfo
from dynode_cli.media.reading.probe import probe
from dynode_cli.media.reading.scan import Scan, scan
from dynode_cli.media.reading.source import DEFAULT_RATE, Source, open_source
from dynode_cli.outside import blamed_on, stage
from dynode_cli.pipeline.assemble import Assembly, assemble
from dynode_cli.pipeline.draws import check_samples
from dynode_cli.pipeline.job import LOOKING, Job
from dynode_cli.pipeline.loops import closed
from dynode_cli.pipeline.methods import Methods, ResolvedMethods, build_methods, context_of, default_methods, resolve
from dynode_cli.pipeline.plan import TWICE, Plan, make_plan, part_to_scan
from dynode_cli.pipeline.renderer import InversionStore
from dynode_cli.pipeline.stopwatch import Stopwatch
from dynode_cli.pipeline.threads import threads_at_most
from dynode_cli.plugin_host.host import Host
from dynode_cli.requests.applied import Applied, Made
from dynode_cli.requests.reading import Deinterlacing, Reading
from dynode_cli.requests.timing import CutPolicy, Part, Timed
from dynode_cli.saving.scratch import remove_stale_scratch
from dynode_cli.values.amounts import counted
from dynode_cli.values.times import Rate

_NO_PICTURE = 5
"""Profile of Dolby Vision whose base layer is no picture in any colours that are known."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Prepared:
    """A source that is open, with what is to be made of it and by what."""

    source: Source
    plan: Plan
    chosen: ResolvedMethods
    methods: Methods
    background: Methods | None
    """Makes the frames behind a framed part."""
    alpha: Methods | None
    """Makes the fourth channel, for a source that has one."""
    frame_memory: int
    """Bytes for decoded frames and batches of output."""
    cuts: CutPolicy

    @property
    def weights(self) -> Path | None:
        """The checkpoint that is used."""
        return self.methods.generator.context.weights


@contextmanager
def prepare(
    request: Applied,
    host: Host,
    *,
    loops: bool = False,
    samples: int = 0,
    default_rate: Rate = TWICE,
    as_shown: bool = False,
    job: Job | None = None,
) -> Iterator[Prepared]:
    """Open the source of `request`, look through it and plan; the source stays open in the block.

    Arguments:
        job: told how far that is.
        loops: its end leads back to its start.
        samples: how many plausible curves are to be drawn from the dynamics.
        default_rate: of the output, where the request says none.
        as_shown: frames keep the times at which they are shown, and the second fields of interlaced ones are left out.

    Raises:
        DynodeError: what is asked for is not there, or the source cannot be read.
    """
    timed = request if isinstance(request, Timed) else Timed(cadence="off")
    if as_shown:
        timed = replace(timed, cadence="off")
    # A generator that is slow, or makes a part of a frame only, is given one picture a frame.
    fields = not as_shown and host.implementation("generator", request.generator).full_frame
    opened = open_scanned(request, timed, job, fields=fields)
    with prepare_opened(
        request, host, opened, timed, loops=loops, samples=samples, default_rate=default_rate
    ) as ready:
        yield ready


@contextmanager
def prepare_opened(
    request: Made,
    host: Host,
    opened: AbstractContextManager[tuple[Source, Scan]],
    timed: Timed,
    *,
    loops: bool = False,
    samples: int = 0,
    default_rate: Rate = TWICE,
) -> Iterator[Prepared]:
    """Build the methods of `request`, then open a source with `opened` and plan; see :func:`prepare`.

    Raises:
        DynodeError: what is asked for is not there, or the source cannot be read.
    """
    with threads_at_most(request.threads):
        chosen = resolve(request, host)
        check_samples(samples, chosen.dynamics.name, host)
        context = context_of(request, request.weights, host)
        methods = build_methods(host, chosen, context)
        framed = methods.framing is not None and not methods.framing.whole
        background = default_methods(host, context) if framed else None
        with opened as (source, scanned):
            plan = make_plan(scanned, timed, default_rate, loops=loops)
            see_through = scanned.info.alpha and methods.framing is None
            alpha = build_methods(host, chosen, context) if see_through else None
            methods = closed(methods, chosen.dynamics, plan, host, context)
            alpha = None if alpha is None else closed(alpha, chosen.dynamics, plan, host, context)
            yield Prepared(source, plan, chosen, methods, background, alpha, request.frame_memory, timed.cuts)


@contextmanager
def open_read(request: Reading) -> Iterator[tuple[Source, MediaInfo]]:
    """The source of `request`, open in the block, and what its headers say.

    Raises:
        InputError: it cannot be read.
        UsageError: the rate of the image sequence makes no sense.
    """
    remove_stale_scratch()
    rate = DEFAULT_RATE if request.input_rate is None else request.input_rate.resolve(DEFAULT_RATE)
    # Everything that is done with a source is done in this block: what a library cannot do with it is told here.
    with blamed_on(str(request.source)), open_source(request.source, rate=rate, stream=request.stream) as source:
        if source.kind == "images" and len(source.files) > 1 and request.input_rate is None:
            folder = source.path.is_dir() and not source.name.endswith("/") and "%" not in source.name
            _LOG.info(
                "%s: no rate in images, taking %s (--input-rate changes it)",
                f"{source.name}/" if folder else source.name,
                DEFAULT_RATE,
            )
        with stage("probe"):
            info = probe(source)
        yield source, info


@contextmanager
def open_scanned(
    request: Deinterlacing, part: Part | None = None, job: Job | None = None, *, fields: bool = False
) -> Iterator[tuple[Source, Scan]]:
    """The source of `request`, open in the block, and what one pass over it found.

    Arguments:
        part: how much of it is looked through; None: all.
        job: told how far that is.
        fields: the second fields of interlaced frames are pictures of their own.

    Raises:
        InputError: it cannot be read.
        UsageError: the rate of the image sequence makes no sense, or the part lies outside.
    """
    with open_read(request) as (source, info):
        if info.dolby_vision == _NO_PICTURE:
            raise InputError(
                f"{info.name}: Dolby Vision of profile 5, whose colours nothing here can restore",
                hint="convert it to HDR10 or BT.709 first, for example with FFmpeg's filter libplacebo",
            )
        start, end = part_to_scan(info, part or Part())
        job = job or Job()
        job.phase(LOOKING)
        with stage("scan"):
            scanned = scan(
                source,
                info=info,
                progress=job.share,
                start=start,
                end=end,
                deinterlace=request.deinterlace,
                fields=fields,
                gaps=request.gaps,
            )
        for count, what in (
            (scanned.woven, "put together of the fields of two (hard telecine)"),
            (len(scanned.wholes) - scanned.woven, "flagged as interlaced, but whole"),
            (scanned.deinterlaced, "deinterlaced" + (", each field a picture" if scanned.pictures.doubled else "")),
        ):
            if count:
                _LOG.info(
                    "%s: %s %s; --deinterlace off leaves interlaced frames as they are",
                    request.source,
                    counted(count, "frame"),
                    what,
                )
        yield source, scanned


@contextmanager
def open_assembly(
    prepared: Prepared,
    *,
    stopwatch: Stopwatch | None = None,
    progress: Progress = silent,
    store: InversionStore | None = None,
    draws: int = 0,
) -> Iterator[Assembly]:
    """The renderer of what was prepared, ready while the block runs."""
    with assemble(
        prepared.source,
        prepared.plan,
        prepared.methods,
        background=prepared.background,
        alpha=prepared.alpha,
        memory=prepared.frame_memory,
        cuts=prepared.cuts,
        stopwatch=stopwatch,
        progress=progress,
        store=store,
        draws=draws,
    ) as assembly:
        yield assembly
