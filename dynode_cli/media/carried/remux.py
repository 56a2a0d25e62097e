"""Remux (stream copy): everything but the pictures, carried from the source to the output as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.stream import Stream

from dynode_cli.media.carried import pcm
from dynode_cli.media.carried.audio import LOSSLESS, AudioEncoder
from dynode_cli.media.carried.clock import OutputClock
from dynode_cli.media.carried.subtitles import SubtitleEncoder
from dynode_cli.media.carried.tags import copy_tags, file_tags, lost_tags
from dynode_cli.media.carried.timecode import carried
from dynode_cli.media.carried.trial import accepts, add_copy, first_packets
from dynode_cli.media.containers import Container, demuxer
from dynode_cli.media.facts import MediaInfo
from dynode_cli.media.ffmpeg import is_cover_art, main_video, tag_of
from dynode_cli.media.reading.joins import Join, JoinedClock
from dynode_cli.media.reading.source import FileSource
from dynode_cli.requests.encoding import AudioRule
from dynode_cli.values.amounts import counted

LEAD = Fraction(1, 2)
"""Seconds by which copied packets run ahead of the pictures, so that the muxer can interleave them."""
TICK = Fraction(1, 90_000)
"""Precision of chapters."""
_COARSE = Fraction(1, 1000)
"""Seconds; longer ticks are divided."""
_OFF = Fraction(1, 500)
"""Seconds by which sound may be off the pictures."""
_DAMAGED = (av.error.InvalidDataError, av.error.ArgumentError)
"""What decoders and muxers say of packets that are not what they should be, or come at an impossible time."""
_COVERS = {"mjpeg": ("jpg", "image/jpeg"), "png": ("png", "image/png"), "gif": ("gif", "image/gif"),
           "tiff": ("tif", "image/tiff")}  # fmt: skip
"""By codec: the ending and type of a picture that is attached as a file."""


class StreamCopier:
    """Copies audio, subtitles, data, attachments, cover art, chapters and metadata, packet by packet.

    The picture stream of the output gets the tags and the timecode of the source's.

    Packets are not encoded again, but for sound that is stretched (`audio` is ``stretch``, or ``auto`` with a retimed
    clock: AAC, or Opus where the container wants that), and sound and text that the container cannot hold, or not
    at their time; sound of a lossless codec is encoded again as what it is where it begins within a packet. A stream
    that it cannot hold at all is left out. `warnings` says so.

    Damaged packets cost what is in them, and no more: :meth:`told_lost`.
    """

    def __init__(
        self,
        source: FileSource,
        info: MediaInfo,
        output: OutputContainer,
        container: Container,
        clock: OutputClock,
        audio: AudioRule,
        *,
        pictures: Stream,
        rate: Fraction,
        joins: Sequence[Join] = (),
    ) -> None:
        self.warnings: list[str] = []
        self._output, self._container = output, container
        self._clock, self._zero = clock, info.zero
        self._pictures_end = info.declared_end
        self._source = source
        self._input: InputContainer = source.open()
        self._clocks = {stream.index: JoinedClock(joins, info.zero) for stream in self._input.streams if joins}
        self._joins = joins
        self._ends: dict[int, int] = {}
        """When the last packet of each stream that was copied ends, ticks."""
        self._copied: dict[int, Stream] = {}
        self._encoded: dict[int, AudioEncoder] = {}
        self._rewritten: dict[int, SubtitleEncoder] = {}
        self._late: dict[int, Fraction] = {}
        """Seconds by which decoders give the sound of each stream that was copied too late."""
        self._blocks: dict[int, int] = {}
        """Bytes of a sample of all channels, of the streams that are PCM."""
        stretch = audio == "stretch" or (audio == "auto" and clock.retime != 1)
        video = main_video(self._input, source.name, source.stream)
        self._first = first_packets(source)
        self._copy_tags(video, pictures)
        self._carry_timecode(video, pictures, info, rate)
        chapter_track = bool(self._input.chapters())
        for stream in self._input.streams:
            if stream.index == video.index or (chapter_track and _is_chapter_track(stream)):
                continue
            if _is_timecode_track(stream) or (stream.type == "audio" and audio == "drop"):
                continue
            if stream.type == "video" and not is_cover_art(stream):
                self.warnings.append(f"stream {stream.index} (another video) is left out")
            elif stream.type == "audio" and (stretch or self._displaced(stream)):
                self._encode(stream)
            elif is_cover_art(stream) and container.takes_attachments:
                self._attach(stream)
            elif self._is_cut(stream) and accepts(container, stream, self._first):
                self._encode(stream, stream.codec_context.name)
            elif accepts(container, stream, self._first):
                self._copied[stream.index] = add_copy(output, stream, container)
                block = pcm.block_of(stream)
                if block is not None:
                    self._blocks[stream.index] = block
                if not container.sound_from_zero:
                    self._late[stream.index] = self._lateness(stream)
                self._copy_tags(stream, self._copied[stream.index])
            elif stream.type == "audio":
                self._encode(stream)
            elif stream.type != "subtitle" or not self._rewrite(stream):
                self._leave_out(stream)
        self._carry_tags()
        wanted = [s for s in self._input.streams if s.index in self._copied or s.index in self._encoded]
        self._packets: Iterator[Any] = self._input.demux(*wanted) if wanted else iter(())
        self._held: Any = None
        self._lost: Counter[int] = Counter()
        """Packets of each stream that could not be passed on."""
        self._cut_off = False

    def pump(self, until: Fraction | None) -> None:
        """Pass on what comes before container time `until` (and a little more); None: everything."""
        while True:
            if self._held is None:
                self._held = self._next_packet()
                if self._held is None:
                    return
                self._repair(self._held)
            packet = self._held
            when = packet.dts if packet.dts is not None else packet.pts
            if until is None or when is None:
                later = False
            else:
                later = self._clock(when * packet.time_base - self._zero) > until + LEAD
            if later:
                return
            self._held = None
            if packet.size > 0:
                index = packet.stream.index
                try:
                    self._pass_on(packet)
                except _DAMAGED:
                    self._lost[index] += 1

    def finish(self) -> None:
        """Pass on all that is left."""
        self.pump(None)
        for encoder in self._encoded.values():
            encoder.finish()
        self._source.check_same()

    def told_lost(self) -> list[str]:
        """What was damaged, one sentence a stream, once all is passed on."""
        told = []
        for stream in self._input.streams:
            encoder = self._encoded.get(stream.index)
            lost = self._lost[stream.index] + (0 if encoder is None else encoder.lost)
            if lost:
                gap = "there is silence" if encoder is not None else "there is a gap"
                told.append(
                    f"stream {stream.index} ({stream.type}): {counted(lost, 'packet')} damaged; {gap} instead"
                )
        if self._cut_off:
            told.append("what is beside the pictures ends where the file is damaged")
        return told

    def close(self) -> None:
        """Let go of the source."""
        self._input.close()

    def _next_packet(self) -> Any:
        try:
            return next(self._packets, None)
        except av.FFmpegError:
            self._cut_off = True
            return None

    def _repair(self, packet: Any) -> None:
        """Put the stamps of a packet on a clock that goes on where the file's jumps."""
        clock = self._clocks.get(packet.stream.index)
        when = packet.dts if packet.dts is not None else packet.pts
        if clock is None or when is None:
            return
        shift = clock.shift(when * packet.time_base, packet.time_base)
        packet.duration = clock.without_gap(packet.duration or 0, packet.time_base)
        packet.pts = None if packet.pts is None else packet.pts + shift
        packet.dts = None if packet.dts is None else packet.dts + shift

    def _pass_on(self, packet: Any) -> None:
        index = packet.stream.index
        if index in self._encoded:
            self._encoded[index].feed(packet)
            return
        if index in self._rewritten:
            packet = self._rewritten[index](packet)
            if packet is None:
                return
        elif packet.stream.type == "audio" and not packet.duration:
            packet.duration = _duration(packet)
        if index in self._blocks and packet.pts is not None:
            packet = self._cut(packet)
            if packet is None:
                return
        _refine(packet)
        base = packet.time_base
        late = self._late.get(index, Fraction(0))
        if late:
            packet.pts, packet.dts = (
                None if each is None else each - round(late / base) for each in (packet.pts, packet.dts)
            )
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is not None:
            begin = stamp * base - self._zero
            end = begin + (packet.duration or 0) * base
            kind = self._copied[index].type
            if kind == "audio" and self._is_hidden(packet, end, late):
                return
            hidden = kind == "audio" and self._container.hides_sound
            # A decoder needs the packet before the first one that is heard.
            heard = end + (end - begin) if hidden else end
            if not self._clock.keeps(begin, max(heard, begin + base)):
                return
            if self._clock.trimmed and begin < self._clock.begins and not hidden and index not in self._blocks:
                if kind != "subtitle":
                    # Half a packet of sound cannot be had without decoding it.
                    return
                packet.duration -= round((self._clock.begins - begin) / base)
                stamp = round((self._clock.begins + self._zero) / base)
                packet.pts = packet.dts = stamp
            if self._clock.end is not None and end > self._clock.end and self._copied[index].type != "audio":
                packet.duration -= round((end - self._clock.end) / base)
            packet.pts = None if packet.pts is None else self._ticks(packet.pts, base)
            packet.dts = None if packet.dts is None else self._ticks(packet.dts, base)
            packet.duration = round(packet.duration * self._clock.retime) if packet.duration else 0
        if self._joins and packet.dts is not None:
            # The sound of one recording may reach into the next.
            if packet.dts < self._ends.get(index, packet.dts) - (packet.duration or 0) // 2:
                return
            self._ends[index] = packet.dts + max(1, packet.duration or 0)
        packet.stream = self._copied[index]
        self._output.mux_one(packet)

    def _cut(self, packet: Any) -> Any:
        """The part of a packet of PCM that belongs into the output."""
        stream = packet.stream
        begin = None if stream.start_time is None else stream.start_time * stream.time_base
        if self._clock.trimmed:
            wanted = self._clock.begins + self._zero
            begin = wanted if begin is None else max(begin, wanted)
        end = None if self._clock.end is None else self._clock.end + self._zero
        return pcm.cut(packet, self._blocks[stream.index], stream.codec_context.sample_rate, begin, end)

    def _ticks(self, stamp: int, base: Fraction) -> int:
        return round(self._clock(stamp * base - self._zero) / base)

    def _is_cut(self, stream: Stream) -> bool:
        """Whether `stream` may begin within a packet, the rest of which can be had without a loss."""
        if not self._clock.trimmed or self._container.hides_sound or stream.codec_context is None:
            return False
        return stream.type == "audio" and stream.codec_context.name in LOSSLESS

    def _encode(self, stream: Stream, lossless: str | None = None) -> None:
        """Encode sound again, with the encoder of the container or a `lossless` one."""
        assert isinstance(stream, AudioStream)
        codec = lossless or self._container.sound_codec
        if stream.codec_context is None:
            self._leave_out(stream)
            return
        if self._clock.retime == 1 and lossless is None:
            cannot = self._displaced(stream) or f"hold {stream.codec_context.name}"
            self._tell_encoded(stream, codec, cannot)
        from_zero = self._container.sound_from_zero
        encoder = AudioEncoder(
            stream,
            self._output,
            codec,
            self._clock,
            self._zero + self._lateness(stream),
            from_zero=from_zero,
            pictures_end=self._pictures_end,
            exact=bool(self._joins),
        )
        self._copy_tags(stream, encoder.stream)
        self._encoded[stream.index] = encoder

    def _lateness(self, stream: Stream) -> Fraction:
        """Seconds by which decoders give the sound of `stream` later than the source says."""
        codec: Any = stream.codec_context
        if stream.type != "audio" or codec is None:
            return Fraction(0)
        samples = demuxer(self._input.format.name).late_samples.get(codec.name, 0)
        return Fraction(samples, codec.sample_rate) if codec.sample_rate else Fraction(0)

    def _is_hidden(self, packet: Any, end: Fraction, late: Fraction) -> bool:
        """Whether the source hides a packet of sound that the container would let be heard, or nothing is in it."""
        if self._container.hides_sound:
            return False
        if late and self._clock(end) <= _OFF:
            return True
        if self._container.sound_from_zero:
            return packet.is_discard or self._clock(end) <= _OFF
        # A decoder needs the packet before the first one that is heard, and players leave out what is before 0.
        lead = (packet.duration or 0) * packet.time_base if self._container.keeps_negative_times else 0
        return packet.is_discard and self._clock(end + lead) <= 0

    def _displaced(self, stream: Stream) -> str | None:
        """What a container where all sound begins at 0 cannot do for `stream` to be heard at its time."""
        first = self._first.get(stream.index)
        if not self._container.sound_from_zero or first is None or first.pts is None:
            return None
        if self._joins:
            return "say when sound goes on"
        begin = first.pts * first.time_base - self._zero
        end = begin + (first.duration or 0) * first.time_base
        samples = pcm.block_of(stream) is not None
        if self._clock.trimmed and begin < self._clock.begins:
            return None if samples else "begin sound within a packet"
        if samples and stream.start_time is not None and stream.time_base is not None:
            begin = max(begin, stream.start_time * stream.time_base - self._zero)
        time = self._clock(end if self._clock(end) <= _OFF else begin)
        if abs(time) <= _OFF:
            return None
        return "delay sound" if time > 0 else "begin sound within a packet"

    def _rewrite(self, stream: Stream) -> bool:
        """Whether the text of `stream` can be carried in another codec."""
        codec = self._container.text_codec
        if codec is None:
            return False
        try:
            encoder = SubtitleEncoder(stream, self._output, codec)
        except (ValueError, av.FFmpegError):
            return False
        self._copy_tags(stream, encoder.stream)
        self._rewritten[stream.index] = encoder
        self._copied[stream.index] = encoder.stream
        self._tell_encoded(stream, codec, f"hold {stream.codec_context.name}")
        return True

    def _tell_encoded(self, stream: Stream, codec: str, cannot: str) -> None:
        again = f"stream {stream.index} ({stream.type}) is encoded again as {codec}"
        self.warnings.append(f"{again}: {self._container.muxer} cannot {cannot}")

    def _attach(self, cover: Stream) -> None:
        """Put a cover picture into the file as an attachment."""
        packet = self._first.get(cover.index)
        kind = _COVERS.get(cover.codec_context.name)
        if packet is None or kind is None:
            self._leave_out(cover)
            return
        ending, mime = kind
        name = tag_of(cover, "filename") or f"cover.{ending}"
        self._output.add_attachment(name, mime, bytes(packet))

    def _leave_out(self, stream: Stream) -> None:
        codec = stream.codec_context.name if stream.codec_context is not None else "unknown codec"
        what = f"{stream.type}, {codec}" + (f", {stream.language}" if stream.language else "")
        self.warnings.append(f"stream {stream.index} ({what}) is left out: {self._container.muxer} cannot hold it")

    def _copy_tags(self, stream: Stream, added: Stream) -> None:
        lost = copy_tags(stream, added, self._container)
        if lost is not None:
            self.warnings.append(lost)

    def _carry_timecode(self, video: Stream, pictures: Stream, info: MediaInfo, rate: Fraction) -> None:
        """Name the first frame; the muxer makes a track of it where that is the custom."""
        found = timecode_of([video.metadata, self._input.metadata])
        if found is None:
            return
        if not self._container.takes_timecode:
            self.warnings.append(f"the timecode {found} is lost: {self._container.muxer} cannot hold it")
            return
        label = carried(found, info.average_rate, self._clock.begins - info.start, rate)
        if label is not None:
            pictures.metadata["timecode"] = label
        else:
            self.warnings.append(f"the timecode {found} is lost: there is no such one at {rate} frames a second")

    def _joined(self, stamp: Fraction) -> Fraction:
        """Source time of what is not in the order of the file, by its stamp."""
        shift = Fraction(0)
        for join in self._joins:
            # Where it went on in the file; a clock that falls back says twice what time it is.
            if join.jump > 0 and stamp >= join.at + self._zero - join.shift:
                shift = join.shift
        return stamp + shift - self._zero

    def _carry_tags(self) -> None:
        tags = file_tags(self._container, self._input.metadata)
        if self._container.takes_tags:
            self._output.metadata.update(tags)
        elif tags:
            self.warnings.append(
                f"tags left out ({', '.join(sorted(tags))}): {self._container.muxer} cannot hold any"
            )
        lost = lost_tags(self._container, self._input.metadata)
        if lost:
            self.warnings.append(
                f"{', '.join(lost)} left out: mp4 holds them only without a title and the like; .mov holds both"
            )
        chapters: list[Any] = []
        for chapter in self._input.chapters():
            base = chapter["time_base"] or Fraction(1, 1000)
            begin, end = (self._joined(chapter[edge] * base) for edge in ("start", "end"))
            if not self._clock.keeps(begin, end):
                continue
            if self._clock.trimmed:
                begin = max(begin, self._clock.begins)
            if self._clock.end is not None:
                end = min(end, self._clock.end)
            edges = {"start": round(self._clock(begin) / TICK), "end": round(self._clock(end) / TICK)}
            chapters.append({**chapter, "time_base": TICK, **edges})
        if chapters and self._container.takes_chapters:
            self._output.set_chapters(chapters)
        elif chapters:
            self.warnings.append(
                f"{counted(len(chapters), 'chapter')} left out: {self._container.muxer} cannot hold any"
            )


def timecode_of(places: Iterable[Mapping[str, str]]) -> str | None:
    """The first timecode among the tags in `places`."""
    return next((tags[name] for tags in places for name in tags if name.lower() == "timecode"), None)


def _refine(packet: Any) -> None:
    """Count stamps that are a packet of sound apart, as those of AVI are, in ticks by which it can be moved."""
    times = -(-packet.time_base // _COARSE)
    if times > 1:
        packet.pts = None if packet.pts is None else packet.pts * times
        packet.dts = None if packet.dts is None else packet.dts * times
        packet.duration = (packet.duration or 0) * times
        packet.time_base = packet.time_base / times


def _duration(packet: Any) -> int:
    """How long sound lasts, in ticks of its packet: Matroska does not say, and MP4 would end before the last one."""
    base: Fraction = packet.time_base
    try:
        seconds = sum((Fraction(frame.samples, frame.sample_rate) for frame in packet.decode()), Fraction(0))
    except av.FFmpegError:
        return 0
    return round(seconds / base)


def _is_chapter_track(stream: Stream) -> bool:
    """Whether this is how MP4 stores chapters, which are carried as chapters."""
    return stream.type == "data" and getattr(stream, "name", None) == "bin_data"


def _is_timecode_track(stream: Stream) -> bool:
    """Whether this is how MOV stores a timecode, which is carried as a tag of the pictures."""
    return stream.type == "data" and stream.codec_context is None and timecode_of([stream.metadata]) is not None
