"""Assembly of the renderer of a run: reader, framing, background, kept inversions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from dynode_cli.contracts import Progress, silent
from dynode_cli.media.reading.clip import Part, ShotClip
from dynode_cli.media.reading.source import Source
from dynode_cli.pipeline.alpha import AlphaRenderer
from dynode_cli.pipeline.framed import FramedRenderer, Tracks
from dynode_cli.pipeline.methods import Methods
from dynode_cli.pipeline.plan import Plan
from dynode_cli.pipeline.renderer import DrawingSource, InversionStore, OpenClip, Renderer
from dynode_cli.pipeline.shots import Shot, lap_of
from dynode_cli.pipeline.stopwatch import Stopwatch
from dynode_cli.pipeline.timed_reader import TimedReader
from dynode_cli.requests.timing import CutPolicy


@dataclass(frozen=True)
class Assembly:
    """A renderer that is ready."""

    renderer: DrawingSource
    size: tuple[int, int]
    """(H, W) of its frames."""
    main: Renderer
    """The part of it that renders the chosen methods; the same as `renderer` where nothing is framed."""
    open_clip: OpenClip
    """Opens clips of whole source frames, for whatever looks at them beside the renderer."""
    tracks: Tracks | None = None


@contextmanager
def assemble(
    source: Source,
    plan: Plan,
    methods: Methods,
    *,
    background: Methods | None = None,
    alpha: Methods | None = None,
    memory: int,
    cuts: CutPolicy = "hold",
    stopwatch: Stopwatch | None = None,
    progress: Progress = silent,
    store: InversionStore | None = None,
    draws: int = 0,
) -> Iterator[Assembly]:
    """A renderer of `source` that works while the block runs.

    Arguments:
        background: makes the frames that a framed part is put back into.
        alpha: makes the fourth channel of the frames of a source with alpha. These methods are built for it alone:
            an inverter knows frames by their numbers, and would take alpha for the colours that it saw before.
        memory: bytes for decoded frames and batches of output.
        draws: how many plausible curves can be rendered beside the fitted one.
    """
    watch = stopwatch or Stopwatch()
    with TimedReader(source, plan.scan, watch, cache_bytes=memory // 2) as reader:

        def opener(part: Part = "colour") -> OpenClip:
            def open_clip(shot: Shot, numbers: Sequence[int]) -> ShotClip:
                indices, times = [shot.indices[n] for n in numbers], [shot.times[n] for n in numbers]
                return ShotClip(reader, indices, numbers, methods.generator.context.device, part, times)

            return open_clip

        def renderer(
            chosen: Methods,
            open_clip: OpenClip,
            store: InversionStore | None = store,
            shots: Sequence[Shot] = plan.shots,
            draws: int = draws,
        ) -> Renderer:
            return Renderer(
                chosen,
                [lap_of(shot) for shot in shots] if chosen.closes else shots,
                open_clip,
                frame_bytes=frame_bytes(plan),
                memory=memory // 2,
                cuts="extrapolate" if chosen.closes else cuts,
                stopwatch=watch,
                progress=progress,
                store=store,
                draws=draws,
            )

        if methods.framing is None and plan.info.alpha and alpha is not None:
            main = renderer(methods, opener("premultiplied"))
            yield Assembly(
                AlphaRenderer(main, renderer(alpha, opener("alpha"), None)), plan.info.size, main, opener()
            )
            return
        open_clip = opener()
        if methods.framing is None:
            main = renderer(methods, open_clip)
            yield Assembly(main, plan.info.size, main, open_clip)
            return
        with watch.stage("frame"):
            tracks = Tracks(methods.framing, methods.generator.frame_size, plan.shots, open_clip, progress)
        main = renderer(methods, tracks.open_clip, shots=tracks.shots)
        if methods.framing.whole or background is None:
            yield Assembly(main, methods.generator.frame_size, main, open_clip, tracks)
        else:
            behind = renderer(background, open_clip, draws=0)
            yield Assembly(FramedRenderer(main, behind, tracks, plan.shots), plan.info.size, main, open_clip, tracks)


def frame_bytes(plan: Plan) -> int:
    """Bytes of one decoded source frame."""
    info = plan.info
    return info.width * info.height * (4 if info.alpha else 3) * (2 if info.deep else 1)
