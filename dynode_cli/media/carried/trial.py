"""What a container can hold, found out by writing it and reading it back."""

from __future__ import annotations

import io
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import av
from av.container import OutputContainer
from av.stream import Stream

from dynode_cli.media.carried.audio import usual_layout
from dynode_cli.media.containers import Container
from dynode_cli.media.ffmpeg import is_cover_art
from dynode_cli.media.reading.source import FileSource

_MOST_PACKETS = 2000
_MOST_BYTES = 1 << 26
"""How far to look for the first packets of all streams: a subtitle may come an hour later."""
_MPEG_AUDIO = {"mp1", "mp1float", "mp2", "mp2float", "mp3", "mp3float"}
"""Codecs that have one number in MP4 and transport streams; which it is stands in every packet."""
_LAYER_III = 1


def first_packets(source: FileSource) -> dict[int, Any]:
    """The first packet that is not hidden of every stream that has one near the beginning, by the stream's index.

    Raises:
        InputError: the source cannot be opened.
    """
    found: dict[int, Any] = {}
    with source.open() as container:
        seen = 0
        try:
            for count, packet in enumerate(container.demux()):
                if packet.size and not packet.is_discard:
                    found.setdefault(packet.stream.index, _copied(packet))
                seen += packet.size
                if len(found) == len(container.streams) or count >= _MOST_PACKETS or seen >= _MOST_BYTES:
                    break
        except av.FFmpegError:
            # Whatever is damaged there is reported where it is read to be used.
            return found
    return found


def accepts(container: Container, stream: Stream, first: Mapping[int, Any]) -> bool:
    """Whether a file of kind `container` can hold `stream`, so that it is still the same stream when it is read.

    Much shows only once a packet is in the file or the file is complete, so a file of its own is written for it.

    Arguments:
        first: what :func:`first_packets` found in the file that `stream` is from.
    """
    if stream.type == "attachment":
        return container.takes_attachments
    packet = first.get(stream.index)
    if stream.type == "audio" and not _writable(container, stream, packet):
        return False
    if packet is None and stream.type == "subtitle":
        packet = av.Packet(b"\0\0")
        packet.pts, packet.dts, packet.time_base = 0, 0, stream.time_base or Fraction(1, av.time_base)
    file = io.BytesIO()
    trial = av.open(file, "w", format=container.muxer)
    try:
        added = add_copy(trial, stream, container)
        trial.start_encoding()
        if packet is not None:
            written = _copied(packet)
            written.stream = added
            trial.mux_one(written)
        trial.close()
        return packet is None or container.refuses_unknown or _holds(file, stream)
    except (ValueError, av.FFmpegError):
        return False
    finally:
        _close_quietly(trial)


def add_copy(output: OutputContainer, stream: Stream, container: Container) -> Stream:
    """A stream of `output`, of kind `container`, for the packets of `stream` as they are.

    Raises:
        ValueError: the container does not know its codec.
        av.FFmpegError: it cannot be added.
    """
    added = output.add_stream_from_template(stream, opaque=True)
    added.disposition = disposition_of(stream)
    if added.type == "audio" and container.names_channels:
        context: Any = added.codec_context
        context.layout = usual_layout(context.layout)
    return added


def disposition_of(stream: Stream) -> Any:
    """The flags of `stream`, to be assigned to another: PyAV 16 takes only the number, later ones also the flags."""
    return stream.disposition.value


def _writable(container: Container, stream: Stream, packet: Any) -> bool:
    """Whether FFmpeg, some of whose muxers do not refuse all that they cannot write, can write this sound."""
    codec = stream.codec_context.name if stream.codec_context is not None else None
    if container.only_layer_iii and codec in _MPEG_AUDIO and packet is not None and packet.size > 1:
        return bytes(packet)[1] >> 1 & 3 == _LAYER_III
    several = container.several_sounds
    return several is None or codec in several or len(stream.container.streams.audio) == 1


def _copied(packet: Any) -> Any:
    copy = av.Packet(bytes(packet))
    copy.pts, copy.dts, copy.duration, copy.time_base = packet.pts, packet.dts, packet.duration, packet.time_base
    copy.is_keyframe = packet.is_keyframe
    return copy


def _holds(file: io.BytesIO, stream: Stream) -> bool:
    file.seek(0)
    with av.open(file, "r") as written:
        return any(_kind(each) == _kind(stream) for each in written.streams)


def _kind(stream: Stream) -> tuple[str, str | None, bool]:
    codec = stream.codec_context.name if stream.codec_context is not None else None
    return stream.type, "mp3" if codec in _MPEG_AUDIO else codec, is_cover_art(stream)


def _close_quietly(container: OutputContainer) -> None:
    try:
        container.close()
    except (ValueError, av.FFmpegError):
        return
