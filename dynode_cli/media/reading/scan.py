"""Scan: one pass over a source, for when each frame is shown, where the cuts are, what repeats and what is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from statistics import median_low
from typing import Any

import av
from av.video.reformatter import Interpolation, VideoReformatter

from dynode_cli.contracts import Progress, silent
from dynode_cli.errors import InputError
from dynode_cli.media.colour import ONE_THREAD, without_transfer
from dynode_cli.media.facts import MediaInfo
from dynode_cli.media.looking.cuts import CutFinder
from dynode_cli.media.looking.field_match import FieldMatcher, Whole
from dynode_cli.media.looking.held_frames import RestFinder
from dynode_cli.media.looking.likeness import is_still
from dynode_cli.media.looking.repeats import DuplicateFinder
from dynode_cli.media.pixels import layout_of, outshines_white
from dynode_cli.media.reading.decode import Decoded, Decoder, open_decoder
from dynode_cli.media.reading.display_order import in_display_order
from dynode_cli.media.reading.ending import is_cut_off
from dynode_cli.media.reading.fields import FieldSplitter
from dynode_cli.media.reading.joins import Join, JoinedClock, find_joins, without_joins
from dynode_cli.media.reading.pictures import Pictures
from dynode_cli.media.reading.probe import probe
from dynode_cli.media.reading.sameness import fingerprint_of
from dynode_cli.media.reading.source import Source
from dynode_cli.media.reading.timestamps import ClockRepair
from dynode_cli.requests.reading import Deinterlace, Gaps

SMALL_WIDTH = 256
"""Columns of the pictures that cuts and repeats are looked for in."""


@dataclass(frozen=True)
class Scan:
    """Every frame that decodes, in order of display. Index i below is the i-th of them."""

    info: MediaInfo
    pts: tuple[int, ...]
    """Strictly increasing ticks of `info.time_base`."""
    end_pts: int
    """Tick at which the last frame's display ends."""
    cuts: tuple[int, ...] = ()
    """Index of the first frame of each shot but the first."""
    duplicates: frozenset[int] = frozenset()
    """Frames that repeat their predecessor up to compression noise (see :mod:`~.looking.repeats`)."""
    rests: frozenset[int] = frozenset()
    """Frames that stay, while nothing moves, until just before the next one (see :mod:`~.looking.held_frames`)."""
    stills: frozenset[int] = frozenset()
    """Frames that look like their predecessor, also where nothing moves."""
    doubtful: frozenset[int] = frozenset()
    """Frames that may repeat their predecessor, if a pattern says so."""
    moved: Mapping[int, float] = field(default_factory=dict, repr=False)
    """Mean motion towards some frames from the one before that they do not repeat, pixels of a small picture."""
    lost: int = 0
    """Frames that are in the file but do not decode."""
    resized: int = 0
    """Frames whose size or shape of pixels is not the video's; they are scaled to it."""
    missing_pts: int = 0
    """Time stamps that had to be filled in."""
    disordered_pts: int = 0
    """Time stamps that had to be moved."""
    reordered_pts: int = 0
    """Time stamps that were those of decoding, and had to be given to other frames (see :mod:`~.display_order`)."""
    joins: tuple[Join, ...] = ()
    """Where the clock of the file jumps, and was repaired."""
    flagged: frozenset[int] = field(default=frozenset(), repr=False)
    """Frames that are flagged as interlaced."""
    deinterlace: Deinterlace = "auto"
    """Which frames a reader deinterlaces."""
    wholes: Mapping[int, Whole] = field(default_factory=dict, repr=False)
    """Interlaced frames that need no deinterlacing: those of film, whose fields are of one picture, or are so with one
    of the frame before (hard telecine)."""
    fields: bool = False
    """Whether a reader gives the second field of a frame that it deinterlaces as a picture of its own."""
    clipped: tuple[int, ...] = ()
    """Frames of a floating-point format with colours above 1.0, which are cut off."""
    vfr: bool = False
    """True if the frames are not evenly spaced (a gap counts)."""
    raw: tuple[int | None, ...] = field(default=(), repr=False)
    """Time stamps as the file has them."""
    keys: tuple[int, ...] = field(default=(), repr=False)
    """Frames at which decoding may start."""
    skipped: int = 0
    """Frames decoded before index 0, from the file's start."""
    fingerprints: tuple[int, ...] = field(default=(), repr=False)
    """Of each frame as it was decoded (see :mod:`~.sameness`); none where nothing can change."""
    misindexed: bool = False
    """Whether the file's index of key frames is wrong."""
    cut_off: bool = False
    """Whether the end of the file is missing (see :mod:`~.ending`)."""

    def __len__(self) -> int:
        return len(self.pts)

    @property
    def shots(self) -> tuple[range, ...]:
        """Indices of the frames of each shot."""
        return tuple(range(a, b) for a, b in pairwise((0, *self.cuts, len(self.pts))))

    @property
    def times(self) -> tuple[Fraction, ...]:
        """Time of each frame in seconds from the source's zero."""
        base, zero = self.info.time_base, self.info.zero
        return tuple(tick * base - zero for tick in self.pts)

    @property
    def interlaced(self) -> int:
        """How many frames are flagged as interlaced."""
        return len(self.flagged)

    @property
    def deinterlaced(self) -> int:
        """How many frames a reader deinterlaces."""
        return {"auto": self.interlaced - len(self.wholes), "on": len(self.pts), "off": 0}[self.deinterlace]

    @property
    def woven(self) -> int:
        """How many frames a reader puts together of the fields of two."""
        return sum(whole != "own" for whole in self.wholes.values())

    @cached_property
    def pictures(self) -> Pictures:
        """What a reader gives."""
        every = self.deinterlace == "on"
        halves = [
            self.deinterlaced > 0 and self.fields and (every or (index in self.flagged and index not in self.wholes))
            for index in range(len(self))
        ]
        return Pictures(halves if any(halves) else None, len(self))

    @property
    def end_time(self) -> Fraction:
        """Time at which the last frame's display ends, in seconds."""
        return self.end_pts * self.info.time_base - self.info.zero

    @property
    def seekable(self) -> bool:
        """Whether decoding may start elsewhere than at the beginning: frames can be told apart by the time stamps in the
        file, and nothing is wrong with its index."""
        return self.ordered and not self.misindexed

    @property
    def ordered(self) -> bool:
        """Whether the time stamps in the file tell frames apart."""
        stamps = [stamp for stamp in self.raw if stamp is not None]
        return len(stamps) == len(self.raw) and all(a < b for a, b in pairwise(stamps))


def scan(
    source: Source,
    *,
    info: MediaInfo | None = None,
    progress: Progress = silent,
    start: Fraction | None = None,
    end: Fraction | None = None,
    detect_cuts: bool = True,
    deinterlace: Deinterlace = "auto",
    fields: bool = False,
    gaps: Gaps = "auto",
    threads: int = 0,
) -> Scan:
    """Decode `source` once, in constant memory but for a few numbers a frame.

    Arguments:
        info: what :func:`~.probe.probe` said, if it was asked already.
        start, end: seconds from the source's zero; only the frames that are on screen in [start, end) are kept,
            and the one after, towards which the last of them moves.
        detect_cuts: look for cuts and repeats.
        deinterlace: which frames those who read the scanned source will deinterlace.
        fields: these will take the second field of a deinterlaced frame as a picture of its own.
        gaps: which gaps in a file's clock are closed.
        threads: decoder threads; 0 for as many as there are processors.

    Raises:
        InputError: nothing decodes, or nothing lies between `start` and `end`.
    """
    info = info or probe(source)
    joins = find_joins(source, info, gaps)
    info = without_joins(info, joins)
    looks_at_fields = detect_cuts and deinterlace == "auto"
    found = _Pass(source, info, joins, start, end, detect_cuts, looks_at_fields, threads, progress)
    found.run()
    if not found.ticks:
        if start is not None or end is not None:
            raise InputError(f"{source.name}: there are no frames between the given start and end")
        raise InputError(f"{source.name}: not a single frame decodes")
    cuts = found.cuts.finish() if found.cuts else ()
    intervals = [b - a for a, b in pairwise(found.ticks)]
    whole = start is None and end is None
    decoded = len(found.ticks) + found.left_out
    lost = max(found.lost, _absent(info, decoded, found.end_tick, found.usual_step)) if whole else found.lost
    if found.duplicates and found.matcher:
        # Of film in fields the first field says which picture a frame shows.
        for index, look in found.matcher.looks.items():
            if look.change is not None:
                found.duplicates.revise(index, look.change)
    duplicates = found.duplicates.finish(cuts) if found.duplicates else frozenset[int]()
    cuts = tuple(cut for cut in cuts if 0 < cut < len(found.ticks))
    shots = [range(a, b) for a, b in pairwise((0, *cuts, len(found.ticks)))]
    return Scan(
        info=info,
        pts=tuple(found.ticks),
        end_pts=found.end_tick,
        cuts=cuts,
        duplicates=duplicates,
        rests=found.rests.finish(found.ticks, duplicates, cuts) if found.rests else frozenset(),
        stills=found.duplicates.stills if found.duplicates else frozenset(),
        doubtful=found.duplicates.doubtful if found.duplicates else frozenset(),
        moved=found.rests.moved if found.rests else {},
        lost=lost,
        resized=found.resized,
        missing_pts=found.clock.missing,
        disordered_pts=found.clock.disordered,
        reordered_pts=found.reordered,
        joins=joins,
        flagged=frozenset(found.flagged),
        clipped=tuple(found.clipped),
        deinterlace=deinterlace,
        wholes=found.matcher.wholes(shots) if found.matcher else {},
        fields=fields,
        vfr=bool(intervals) and max(intervals) - min(intervals) > found.tolerance,
        raw=tuple(found.raw),
        keys=tuple(found.keys),
        skipped=found.skipped,
        fingerprints=tuple(found.fingerprints),
        misindexed=found.misindexed,
        cut_off=end is None and source.kind == "container" and is_cut_off(source.path, info.container),
    )


def _absent(info: MediaInfo, decoded: int, end_tick: int, step: int | None) -> int:
    """Frames that the container promises and that did not come: counted, or judged by its duration.

    Arguments:
        step: usual ticks from frame to frame, as far as is known.
    """
    if info.container == "images":
        return 0
    if info.declared_frames:
        return info.declared_frames - decoded
    if info.declared_end is None:
        return 0
    gap = info.declared_end - (end_tick * info.time_base - info.zero)
    # What is stated may be the tick of a clock.
    frames = gap / max(1 / info.average_rate, (step or 0) * info.time_base)
    # Durations are rounded and padded; what is less than a frame and a half tells nothing.
    return round(frames) if frames > Fraction(3, 2) else 0


class _Pass:
    """The state of one scan."""

    def __init__(
        self,
        source: Source,
        info: MediaInfo,
        joins: Sequence[Join],
        start: Fraction | None,
        end: Fraction | None,
        detect: bool,
        looks_at_fields: bool,
        threads: int,
        progress: Progress,
    ) -> None:
        self.source, self.info, self.threads, self.progress = source, info, threads, progress
        base = info.time_base
        self.start_tick = None if start is None else (start + info.zero) / base
        self.end_tick_limit = None if end is None else (end + info.zero) / base
        self.cuts = CutFinder() if detect else None
        self.duplicates = DuplicateFinder() if detect else None
        self.rests = RestFinder(info.time_base) if detect else None
        step = max(1, round(1 / (info.average_rate * base)))
        self.clock = ClockRepair(step)
        self._joined = JoinedClock(joins, info.zero)
        # Stamps in milliseconds and the like cannot be evenly spaced: one tick of rounding is no variation.
        exact = step * info.average_rate * base == 1
        self.tolerance = max(step // 50, 0 if exact and info.rounding is None else int(info.slack / base))
        self.ticks: list[int] = []
        self.raw: list[int | None] = []
        self.keys: list[int] = []
        self.clipped: list[int] = []
        self.skipped = self.resized = self.lost = self.left_out = self.reordered = 0
        self.flagged: list[int] = []
        self.matcher = FieldMatcher() if looks_at_fields else None
        self._splitter = FieldSplitter()
        self.fingerprints: list[int] = []
        self.misindexed = False
        self.end_tick = 0
        self._reformatter = VideoReformatter()
        self._pending: list[Decoded] = []

    def run(self) -> None:
        total = self.info.declared_frames or 0
        done = 0
        with open_decoder(self.source, threads=self.threads) as decoder:
            stamps = self._stamps(decoder)
            previous: tuple[Decoded, int] | None = None
            for tick in self.clock(stamps):
                decoded = self._pending.pop(0)
                done += 1
                self.progress(done, max(total, done))
                if previous is not None and not self._take(*previous, until=tick):
                    break
                previous = (decoded, tick)
            else:
                if previous is not None:
                    decoded, tick = previous
                    self._take(decoded, tick, until=tick + self._last_duration(decoded, tick))
            self.lost, self.left_out, self.misindexed = decoder.lost, decoder.left_out, decoder.misindexed

    def _stamps(self, decoder: Decoder) -> Iterator[tuple[int | None, int]]:
        for decoded, stamp in in_display_order(decoder.frames(), lambda: decoder.coding_stamps):
            self._pending.append(decoded)
            self.reordered += stamp != decoded.pts
            if stamp is not None:
                stamp += self._joined.shift(stamp * self.info.time_base, self.info.time_base)
            yield stamp, decoded.duration

    def _take(self, decoded: Decoded, tick: int, *, until: int) -> bool:
        """Keep the frame shown from `tick` to `until`; False once nothing that follows is wanted."""
        if self.start_tick is not None and until <= self.start_tick:
            self.skipped += 1
            return True
        frame = decoded.frame.coded
        if decoded.key:
            self.keys.append(len(self.ticks))
        self.resized += not decoded.frame.fits(self.info)
        if frame.interlaced_frame:
            self.flagged.append(len(self.ticks))
        if outshines_white(frame):
            self.clipped.append(len(self.ticks))
        self.ticks.append(tick)
        self.raw.append(decoded.pts)
        if self.source.kind != "memory":
            self.fingerprints.append(fingerprint_of(frame))
        self.end_tick = until
        if self.cuts is not None and self.duplicates is not None and self.rests is not None:
            picture = self._small(frame)
            self.cuts.add(picture)
            self.duplicates.add(picture)
            self._look_at_fields(frame, self.duplicates.latest)
            self.rests.add(picture, tick, self.duplicates.latest)
        return self.end_tick_limit is None or tick < self.end_tick_limit

    def _look_at_fields(self, frame: av.VideoFrame, step: tuple[float, int]) -> None:
        index = len(self.ticks) - 1
        if self.matcher is None:
            return
        looks = frame.interlaced_frame and self.matcher.wants(index, step[0])
        found = self._splitter.luma(frame) if looks else None
        if found is None:
            self.matcher.skip()
        else:
            top, bottom, top_first = found
            self.matcher.add(index, top, bottom, top_first=top_first, moves=not is_still(*step))

    @property
    def usual_step(self) -> int | None:
        """Ticks from frame to frame, the middle one of all; None of a single frame."""
        return median_low(b - a for a, b in pairwise(self.ticks)) if len(self.ticks) > 1 else None

    def _last_duration(self, decoded: Decoded, tick: int) -> int:
        # Formats without durations, as Ogg, say how long a tick of their clock is.
        if decoded.duration > 1 or (decoded.duration == 1 and self.usual_step in (None, 1)):
            return decoded.duration
        return tick - self.ticks[-1] if self.ticks else self.clock.step

    def _small(self, frame: av.VideoFrame) -> Any:
        width = min(SMALL_WIDTH, self.info.width)
        height = max(1, round(self.info.height * width / self.info.width))
        rgb = layout_of(frame.format.name).kind == "rgb"
        small = self._reformatter.reformat(
            without_transfer(frame),
            width=width,
            height=height,
            format="bgr24",
            src_colorspace=5,
            dst_colorspace=5,
            src_color_range=2 if rgb else 1,
            dst_color_range=2,
            interpolation=Interpolation.AREA,
            **ONE_THREAD,
        )
        return small.to_ndarray()
