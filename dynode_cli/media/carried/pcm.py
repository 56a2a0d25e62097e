"""PCM: packets of plain samples, which can be cut to a sample without being decoded."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import av
from av.audio.stream import AudioStream
from av.stream import Stream

_CODEC = re.compile(r"pcm_(?:[sfu](\d+)(?:le|be)?|mulaw|alaw)")
_LOGARITHMIC_BITS = 8


def block_of(stream: Stream) -> int | None:
    """Bytes that one sample of all channels takes; None if the sound of `stream` is not PCM."""
    if not isinstance(stream, AudioStream) or stream.codec_context is None:
        return None
    match = _CODEC.fullmatch(stream.codec_context.name)
    if match is None:
        return None
    bits = int(match[1]) if match[1] else _LOGARITHMIC_BITS
    return bits // 8 * stream.codec_context.layout.nb_channels


def cut(packet: Any, block: int, rate: int, begin: Fraction | None, end: Fraction | None) -> Any:
    """The part of a packet from `begin` to `end`; None if nothing is left.

    Arguments:
        block: bytes of a sample of all channels.
        rate: samples per second.
        begin, end: seconds on the packet's clock; None: as far as it goes.
    """
    base: Fraction = packet.time_base
    starts = packet.pts * base
    count = packet.size // block
    first = 0 if begin is None else max(0, round((begin - starts) * rate))
    last = count if end is None else min(count, round((end - starts) * rate))
    if first == 0 and last == count:
        return packet
    if first >= last:
        return None
    part = av.Packet(bytes(packet)[first * block : last * block])
    part.time_base, part.stream = base, packet.stream
    part.pts = part.dts = round((starts + Fraction(first, rate)) / base)
    part.duration = round(Fraction(last - first, rate) / base)
    return part
