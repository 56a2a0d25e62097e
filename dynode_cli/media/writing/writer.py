"""Writer: frames in, a finished file out, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
from av.stream import Stream

from dynode_cli.errors import DynodeError
from dynode_cli.media.carried.clock import OutputClock
from dynode_cli.media.carried.remux import StreamCopier
from dynode_cli.media.carried.tags import muxer_flags
from dynode_cli.media.containers import IMAGES, PIPED, Container, container_for
from dynode_cli.media.facts import MediaInfo
from dynode_cli.media.reading.joins import Join
from dynode_cli.media.reading.source import FileSource, Source
from dynode_cli.media.repeat_count import plays_option
from dynode_cli.media.rotation import swaps_axes, turned
from dynode_cli.media.spatial import as_boxes
from dynode_cli.media.writing.boxes import add_boxes
from dynode_cli.media.writing.encoders import Encoder, settle
from dynode_cli.media.writing.last_frame import set_end
from dynode_cli.media.writing.mastering import with_mastering
from dynode_cli.media.writing.matroska import note_pictures
from dynode_cli.media.writing.sinks import (
    ContainerSink,
    ImageSink,
    Sink,
    as_rgb,
    can_tag_rotation,
    open_output,
    time_base_for,
)
from dynode_cli.media.writing.target import (
    FileTarget,
    PipeTarget,
    SequenceTarget,
    Target,
    check_audio,
    check_rate,
    check_target,
    is_sequence,
    is_stream_target,
    write_error,
)
from dynode_cli.requests.encoding import AudioRule, EncoderOptions

_WRITE_ERRORS = (av.FFmpegError, OSError)


class VideoWriter:
    """Writes frames, and beside them whatever else the source holds. Use it as a context manager.

    What is written lies beside its target until it is complete; leaving the block with an exception (Ctrl-C counts)
    removes it.

    Time: `time` of :meth:`write` counts from the start of the output. The container's own clock starts where the
    source's video does, so that sound and subtitles keep their place, or at 0 if `start` leaves something out.

    Sound is copied as it is. With a `retime` other than 1, ``audio="auto"`` (like ``"stretch"``) makes it slower by
    the same factor at the same pitch and encodes it again, and ``"drop"`` leaves it out.

    Arguments:
        target: a file whose ending says what to write; a pattern (``out/%05d.png``) or a folder ending in ``/`` for
            images; ``-`` for Matroska on standard output; or a named pipe, which gets what its ending says, or Matroska.
        info: facts about the source; colours, aspect ratio, rotation and how often it plays are carried over. A
            container that cannot hold a rotation gets turned pixels.
        rate: frames per second; None if frames are not evenly spaced.
        size: (width, height) of the frames that will come, by default the source's.
        copy_from: the source whose other streams are to be copied; None for pictures alone.
        joins: where that source's clock jumps, as its scan found.
        start, end: the part of the source that is used, seconds from its zero; None for its start and end.
        retime: how many times slower the output runs.
        until: when the last frame ends, counted like `time`; by default it lasts as long as a frame at `rate`, or as
            the one before it.
        force: replace a target that exists.

    Raises:
        UsageError: target or settings make no sense; nothing has been written then.
    """

    def __init__(
        self,
        target: str,
        info: MediaInfo,
        *,
        rate: Fraction | None,
        size: tuple[int, int] | None = None,
        encoder: EncoderOptions | None = None,
        copy_from: Source | None = None,
        joins: Sequence[Join] = (),
        start: Fraction | None = None,
        end: Fraction | None = None,
        retime: Fraction = Fraction(1),
        until: Fraction | None = None,
        force: bool = False,
        audio: AudioRule = "auto",
    ) -> None:
        check_audio(audio, retime)
        self.warnings: list[str] = []
        """What could not be carried over, one sentence each."""
        self._rate, self._until = rate, until
        self._size = size or (info.width, info.height)
        self._clock = _clock(info, start, end, retime)
        self._pending: tuple[av.VideoFrame, Fraction] | None = None
        self._interval = 1 / (rate or info.average_rate)
        self._copier: StreamCopier | None = None
        self._joins = joins
        self._output: Any = None
        self._matrix: tuple[int, ...] | None = None
        # What goes into the file when it is complete.
        self._unnoted: list[tuple[Callable[[], bool], str]] = []
        self._ended: tuple[Path, int | None] | None = None
        self._closed = False
        check_target(target, copy_from, force=force)
        options = encoder or EncoderOptions()
        if is_sequence(target):
            self._open_images(target, info, options, copy_from, audio, force)
        else:
            self._open_container(target, info, options, copy_from, audio, force)

    def write(self, frame: Any, time: Fraction) -> None:
        """Show `frame` from `time` on.

        Arguments:
            frame: (H, W, 3) or (H, W, 4) RGB: uint8, uint16, or float32 in [0, 1].
            time: seconds after the start of the output; later than the frame before.

        Raises:
            DynodeError: it cannot be written.
        """
        image = as_rgb(frame)
        if (image.shape[1], image.shape[0]) != self._size:
            raise ValueError(f"a frame is {image.shape[1]} x {image.shape[0]}, not {self._size[0]} x {self._size[1]}")
        if self._matrix is not None:
            image = turned(image, self._matrix)
        prepared = self._sink.prepare(image)
        if self._pending is not None:
            # How long a frame lasts is known only when the next one comes.
            self._interval = time - self._pending[1]
            self._emit(*self._pending, self._interval)
        self._pending = (prepared, time)

    def close(self) -> None:
        """Complete the output and put it into its place.

        Raises:
            DynodeError: that failed; nothing is left then.
        """
        if self._closed:
            return
        try:
            if self._pending is None:
                raise DynodeError(f"{self._target.name}: there was no frame to write")
            last = self._last_interval(self._pending[1])
            self._emit(*self._pending, last)
            self._finish(self._pending[1] + last)
            self._target.commit()
        except BaseException:
            self.abort()
            raise
        self._closed = True

    def abort(self) -> None:
        """Stop, and remove what was written."""
        if self._closed:
            return
        self._closed = True
        self._pending = None
        try:
            self._release()
        except (*_WRITE_ERRORS, ValueError):
            # What is being thrown away need not be complete.
            self._output = None
        finally:
            # What is told is why it was stopped, not what its removal met with.
            with suppress(OSError):
                self._target.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def _open_images(
        self,
        target: str,
        info: MediaInfo,
        options: EncoderOptions,
        copy_from: Source | None,
        audio: AudioRule,
        force: bool,
    ) -> None:
        images = SequenceTarget(target, force=force)
        self._target: Target = images
        settled = settle(IMAGES[images.suffix], info, options, self._size)
        self._bake_rotation(info)
        self._tell_lost(info)
        if copy_from is not None:
            self._leave_out(info, audio, settled.container)
        sink = ImageSink(images, settled, info, self._pixel_aspect(info))
        self.warnings += [*settled.warnings, *sink.warnings]
        self._sink: Sink = sink

    def _open_container(
        self,
        target: str,
        info: MediaInfo,
        options: EncoderOptions,
        copy_from: Source | None,
        audio: AudioRule,
        force: bool,
    ) -> None:
        streamed = is_stream_target(target)
        container = PIPED if streamed and not Path(target).suffix else container_for(target)
        tags_rotation = container.takes_rotation and can_tag_rotation()
        shown = self._size
        if not tags_rotation:
            shown = self._bake_rotation(info)
        settled = settle(container, info, options, shown)
        if copy_from is not None:
            settled = with_mastering(settled, copy_from, info)
        check_rate(target, settled.container, self._rate)
        if settled.container.constant_rate and self._rate is not None:
            # What would come before is a picture that stands still.
            self._clock = replace(self._clock, tick=1 / self._rate, earliest=_earliest(info))
        file = PipeTarget(target) if streamed else FileTarget(target, force=force)
        self._target = file
        try:
            clock = time_base_for(settled, self._rate, info)
            self._output = open_output(
                file, file.destination, settled.container.muxer, _muxer_options(settled.container, clock, info)
            )
            aspect = self._pixel_aspect(info)
            if isinstance(file, FileTarget) and settled.container.makes_up_end:
                self._ended = Path(file.destination), info.plays
            if isinstance(file, FileTarget):
                self._note_later(Path(file.destination), info, settled.container, aspect)
            else:
                self._tell_lost(info)
            sink = ContainerSink(
                file,
                self._output,
                settled,
                info,
                rate=self._rate,
                size=shown,
                display_matrix=info.display_matrix if tags_rotation else None,
                sample_aspect_ratio=aspect,
            )
            self._sink = sink
            sink.open()
            self.warnings += [*settled.warnings, *sink.warnings]
            if copy_from is not None and copy_from.kind == "container":
                self._copy(copy_from, info, settled, audio, sink.stream)
            self._output.start_encoding()
        except _WRITE_ERRORS as error:
            self.abort()
            raise write_error(file.name, error) from error
        except BaseException:
            self.abort()
            raise

    def _note_later(self, path: Path, info: MediaInfo, container: Container, aspect: Fraction) -> None:
        """Keep what can be said of the pictures in a file of that kind only once it is complete."""
        # Pictures that were turned or cut lie otherwise on their sphere.
        same = self._size == (info.width, info.height) and self._matrix is None and info.crop is None
        spatial = info.spatial if same and container.takes_spatial else None
        boxes = as_boxes(spatial) if spatial is not None and container.takes_spatial == "boxes" else {}
        kept = spatial.names if spatial is not None and container.takes_spatial == "elements" else frozenset(boxes)
        self._tell_lost(info, kept)
        if boxes:
            said = b"".join(boxes.values())
            self._unnoted.append((partial(add_boxes, path, said), " and ".join(sorted(boxes))))
        shape = aspect != 1 and container.pixel_aspect == "afterwards"
        if shape or (kept and not boxes):
            what = " and ".join([*(["aspect ratio of pixels"] if shape else []), *sorted(kept)])
            self._unnoted.append((partial(note_pictures, path, aspect, spatial), what))

    def _tell_lost(self, info: MediaInfo, kept: frozenset[str] = frozenset()) -> None:
        """Name what comes with the pictures of the source and not with those of the output.

        Nearly all of it is said of single frames, or of a layout of pixels that those of a made frame need not have.
        """
        self.warnings += [
            f"lost: {what} of the source, which is not carried over"
            for what in info.beside
            if not any(what.startswith(name) for name in kept)
        ]

    def _leave_out(self, info: MediaInfo, audio: AudioRule, container: Container) -> None:
        """Name what a `container` that holds only pictures does not."""
        streams = [stream for stream in info.streams if stream.index != info.video_index]
        # MP4 stores chapters as a track too.
        others = {stream.type for stream in streams if not (info.chapters and stream.type == "data")}
        others |= {"chapters"} if info.chapters else set()
        others -= {"audio"} if audio == "drop" else set()
        if others:
            self.warnings.append(f"{' and '.join(sorted(others))} left out: {container.muxer} holds only pictures")

    def _copy(
        self, source: FileSource, info: MediaInfo, settled: Encoder, audio: AudioRule, pictures: Stream
    ) -> None:
        if settled.container.pictures_only:
            self._leave_out(info, audio, settled.container)
            return
        rate = self._rate or info.average_rate
        self._copier = StreamCopier(
            source,
            info,
            self._output,
            settled.container,
            self._clock,
            audio,
            pictures=pictures,
            rate=rate,
            joins=self._joins,
        )
        self.warnings += self._copier.warnings

    def _bake_rotation(self, info: MediaInfo) -> tuple[int, int]:
        """Turn pixels from now on; (width, height) as shown."""
        self._matrix = info.display_matrix
        if self._matrix is not None and swaps_axes(self._matrix):
            return self._size[1], self._size[0]
        return self._size

    def _pixel_aspect(self, info: MediaInfo) -> Fraction:
        """Width of a pixel over its height, as it is written."""
        turned = self._matrix is not None and swaps_axes(self._matrix)
        return 1 / info.sample_aspect_ratio if turned else info.sample_aspect_ratio

    def _emit(self, frame: av.VideoFrame, time: Fraction, duration: Fraction) -> None:
        begin = self._clock.origin + time
        try:
            if self._copier is not None:
                self._copier.pump(begin)
            self._sink.write(frame, begin, duration)
        except _WRITE_ERRORS as error:
            raise write_error(self._target.name, error) from error

    def _last_interval(self, time: Fraction) -> Fraction:
        if self._until is not None and self._until > time:
            return self._until - time
        return 1 / self._rate if self._rate is not None else self._interval

    def _finish(self, duration: Fraction) -> None:
        try:
            self._sink.finish()
            if self._copier is not None:
                self._copier.finish()
                self.warnings += self._copier.told_lost()
            self._release()
            if self._ended is not None:
                set_end(*self._ended, duration)
            self.warnings += [
                f"the {what} may be lost: there was no place for it in the file"
                for note, what in self._unnoted
                if not note()
            ]
        except _WRITE_ERRORS as error:
            raise write_error(self._target.name, error) from error

    def _release(self) -> None:
        if self._copier is not None:
            self._copier.close()
        output, self._output = self._output, None
        if output is not None:
            output.close()


def _clock(info: MediaInfo, start: Fraction | None, end: Fraction | None, retime: Fraction) -> OutputClock:
    trimmed = start is not None and start != info.start
    last = info.declared_end
    # An end at (or past) that of the video leaves nothing out, not even sound that goes on longer.
    cut = end is not None and (last is None or end < last - 1 / (2 * info.average_rate))
    return OutputClock(start if start is not None else info.start, trimmed, end if cut else None, retime)


def _earliest(info: MediaInfo) -> Fraction:
    """When the first of the streams begins, if that is after 0, seconds."""
    others = [each.start - info.zero for each in info.streams if each.type == "audio" and each.start is not None]
    return max(Fraction(0), min([info.start, *others]))


def _muxer_options(container: Container, clock: Fraction, info: MediaInfo) -> dict[str, str]:
    options = muxer_flags(container, info.metadata) | plays_option(container, info.plays)
    if container.timescale is not None:
        options[container.timescale] = str(clock.denominator)
    if container.keeps_negative_times:
        options["avoid_negative_ts"] = "disabled"
    return options
