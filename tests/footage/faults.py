"""What programs and accidents do to files: cut without coding again, joined, emptied, cut off."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av

from tests.dynode_cli.media.carried.sounds import heard, onsets
from tests.footage.made import Footage, Writer, record, without
from tests.footage.seen import look_at

TICK = Fraction(1, 1000)
Change = Callable[[Footage], Footage]


def as_it_is(footage: Footage) -> Footage:
    """With its sound where the file has it: AVI and ASF do not keep how long before the pictures it begins."""
    seen = look_at(footage.path)
    # Stamps may be those of decoding; in ascending order they are right.
    shown = [float(sorted(seen.times)[footage.times.index(time)]) for time in footage.flashes]
    sound, rate = heard(footage.path)
    off = onsets(sound, rate, shown, within=0.1) - shown
    return replace(footage, late=float(off[0]))


def moved(seconds: Fraction, name: str, *, hidden: bool = False) -> Change:
    """Copied into the file `name`, all stamps earlier by `seconds`; what is before 0 then is `hidden` by an edit list."""

    def change(footage: Footage) -> Footage:
        target = footage.path.with_name(name)
        with av.open(str(footage.path)) as source, av.open(str(target), "w") as output:
            copies = {stream.index: output.add_stream_from_template(stream) for stream in source.streams}
            for packet in source.demux():
                if packet.size and packet.pts is not None and packet.dts is not None:
                    shift = round(seconds / packet.time_base)
                    packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                    packet.stream = copies[packet.stream.index]
                    output.mux(packet)
        return replace(footage.part(seconds) if hidden else footage, path=target)

    return change


def torn(at: Fraction, by: Fraction, name: str) -> Change:
    """Copied into the file `name` with a hole of `by` seconds in all streams from `at` on, as when a signal was lost; it
    is not to be seen."""

    def change(footage: Footage) -> Footage:
        target = footage.path.with_name(name)
        with av.open(str(footage.path)) as source, av.open(str(target), "w") as output:
            # MP4 stores chapters as a track too.
            kept = [stream for stream in source.streams if stream.type != "data"]
            copies = {stream.index: output.add_stream_from_template(stream) for stream in kept}
            output.metadata.update(source.metadata)
            marks = source.chapters()
            for mark in marks:
                base = mark["time_base"]
                later = [edge for edge in ("start", "end") if mark[edge] * base >= at + (edge == "end") * TICK]
                mark.update({edge: mark[edge] + round(by / base) for edge in later})
            if marks:
                output.set_chapters(marks)
            for packet in source.demux(*kept):
                if packet.size and packet.pts is not None:
                    shift = round(by / packet.time_base) if packet.pts * packet.time_base >= at else 0
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.stream = copies[packet.stream.index]
                    output.mux(packet)
        return replace(footage, path=target)

    return change


def indexed_wrongly(*samples: int) -> Change:
    """The index of key frames of an MP4 has these numbers, from 1."""

    def change(footage: Footage) -> Footage:
        data = bytearray(footage.path.read_bytes())
        struct.pack_into(f">I{len(samples)}I", data, data.index(b"stss") + 8, len(samples), *samples)
        footage.path.write_bytes(data)
        return footage

    return change


def emptied(*numbers: int) -> Change:
    """Samples `numbers` of the pictures in a file of boxes hold 0 bytes."""

    def change(footage: Footage) -> Footage:
        data = bytearray(footage.path.read_bytes())
        sizes = data.index(b"stsz") + 16
        for number in numbers:
            data[sizes + 4 * number : sizes + 4 * number + 4] = bytes(4)
        footage.path.write_bytes(data)
        return without(footage, numbers)

    return change


def emptied_in_avi(*numbers: int) -> Change:
    """Chunks `numbers` of an AVI without sound hold 0 bytes, as capture programs write frames that they drop."""

    def change(footage: Footage) -> Footage:
        data = bytearray(footage.path.read_bytes())
        begin, index = data.index(b"movi"), data.index(b"idx1")
        for entry in range(index + 8, index + 8 + struct.unpack_from("<I", data, index + 4)[0], 16):
            if (entry - index - 8) // 16 in numbers:
                place = begin + struct.unpack_from("<I", data, entry + 8)[0]
                size = struct.unpack_from("<I", data, place + 4)[0]
                data[place + 4 : place + 8] = bytes(4)
                # What was in it becomes a chunk that nobody reads.
                data[place + 8 : place + 16] = b"JUNK" + struct.pack("<I", size + size % 2 - 8)
                data[entry + 12 : entry + 16] = bytes(4)
        footage.path.write_bytes(data)
        return without(footage, numbers)

    return change


def cut_off(keep: float, kept: int, *, beeps: bool = True) -> Change:
    """Only a part of the bytes is there, in which `kept` pictures are whole."""

    def change(footage: Footage) -> Footage:
        data = footage.path.read_bytes()
        footage.path.write_bytes(data[: int(len(data) * keep)])
        step = min(b - a for a, b in pairwise(footage.times))
        part = footage.part(Fraction(0), footage.times[kept - 1] + step)
        return replace(part, beeps=beeps and footage.beeps)

    return change


def joined(name: str, begins: list[Fraction], *, gaps: list[Fraction] | None = None, **recorded: Any) -> Writer:
    """Recordings put one after the other in the file `name`, each of which has a clock of its own.

    Arguments:
        begins: what the clock says at the first frame of each.
        gaps: time before each that is to be seen; None: they follow each other.
    """

    def write(folder: Path) -> Footage:
        parts = [
            record(folder / f"{number}{Path(name).suffix}", begin=begin, **recorded)
            for number, begin in enumerate(begins)
        ]
        path = folder / name
        path.write_bytes(b"".join(part.path.read_bytes() for part in parts))
        shifts = [k * parts[0].end + sum((gaps or [Fraction(0)] * len(parts))[: k + 1]) for k in range(len(parts))]
        return replace(
            parts[0],
            path=path,
            frames=[frame for part in parts for frame in part.frames],
            times=[time + shift for part, shift in zip(parts, shifts, strict=True) for time in part.times],
            flashes=[time + shift for part, shift in zip(parts, shifts, strict=True) for time in part.flashes],
            end=shifts[-1] + parts[-1].end,
        )

    return write
