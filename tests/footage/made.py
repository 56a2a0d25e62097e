"""Footage that is made: pictures that move evenly, some of them white at the moment of a beep, and the truth of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from dynode_cli.synthetic.clips import Extras, Frame, Sound, write_clip
from tests.footage.seen import error, look_at

RATE = Fraction(25)
SIZE = (64, 96)
COUNT = 20
FLASHES = (6, 14)
"""Frames that are white."""
SPEED = 50
"""Columns a second by which the pictures move."""
Chapters = Sequence[tuple[float, float, str]]
Lines = Sequence[tuple[float, float, str]]


@dataclass(frozen=True, kw_only=True)
class Footage:
    """A file, and what is in it."""

    path: Path
    frames: Sequence[Frame]
    """(H, W, 3 or 4) as they are to be seen, but for a rotation."""
    times: Sequence[Fraction]
    """When each is shown, seconds from the first."""
    end: Fraction
    """When the last one ends."""
    flashes: Sequence[Fraction]
    """When a picture is white and a beep begins."""
    beeps: bool = True
    late: float = 0.0
    """Seconds by which beeps are late in the file itself."""
    subtitles: Lines = ()
    chapters: Chapters = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    rotation: int = 0
    aspect: Fraction = Fraction(1)

    def part(self, begin: Fraction, end: Fraction | None = None) -> Footage:
        """What is to be seen of it from `begin` to `end`."""
        until = self.end if end is None else end
        kept = [k for k, time in enumerate(self.times) if begin <= time < until]
        return replace(
            self,
            frames=[self.frames[k] for k in kept],
            times=[self.times[k] - begin for k in kept],
            end=until - begin,
            flashes=[time - begin for time in self.flashes if begin <= time < until],
        )


def scene(
    times: Sequence[Fraction], *, size: tuple[int, int] = SIZE, white: Sequence[int] = FLASHES, deep: bool = False
) -> list[Frame]:
    """Waves of colour, as they are at `times`; soft enough for chroma to be halved in both directions."""
    rows, columns = np.mgrid[: size[0], : size[1]].astype(np.float64)
    dtype, scale = (np.uint16, 257) if deep else (np.uint8, 1)
    frames = []
    for number, time in enumerate(times):
        x = columns - float(SPEED * time)
        value = [
            127.5 + 55 * np.sin(0.09 * x + 0.03 * rows + 2 * channel) + 25 * np.cos(0.05 * x - 0.07 * rows + channel)
            for channel in range(3)
        ]
        image = np.full((*size, 3), 255.0) if number in white else np.stack(value, axis=-1)
        frames.append(np.rint(image * scale).astype(dtype))
    return frames


def evenly(count: int, rate: Fraction) -> list[Fraction]:
    return [k / rate for k in range(count)]


def record(
    path: Path,
    *,
    rate: Fraction = RATE,
    count: int = COUNT,
    times: Sequence[Fraction] | None = None,
    frames: Sequence[Frame] | None = None,
    sound: str | None = None,
    late: Fraction = Fraction(0),
    begin: Fraction = Fraction(0),
    piece: int = 1024,
    white: Sequence[int] = FLASHES,
    loss: float = 0,
    subtitles: Lines = (),
    chapters: Chapters = (),
    tags: Mapping[str, str] = {},
    time_base: Fraction | None = None,
    size: tuple[int, int] = SIZE,
    **encoded: Any,
) -> Footage:
    """A file of which everything is known, as :func:`~dynode_cli.synthetic.clips.write_clip` writes it.

    Arguments:
        times: when frames are shown, if not evenly at `rate`.
        sound: codec; None: without.
        late: seconds after the first frame from which on there is sound.
        begin: what the clock says at the first frame, seconds.
        piece: samples of sound a packet, where the codec leaves that open.
        loss: levels by which the codec itself is off; the truth is then what a decoder gives, converted by the book.
    """
    shown = list(times or evenly(count, rate))
    end = shown[-1] + 1 / rate
    made = list(frames or scene(shown, size=size, white=white, deep=encoded.pop("deep", False)))
    flashes = [shown[k] for k in white if k < len(shown)]
    beeps = [float(time - late) for time in flashes if time >= late]
    track = None if sound is None else Sound(float(end - late), begin + late, sound, beeps=beeps, piece=piece)
    if times is not None or begin:
        time_base = time_base or Fraction(1, 90_000)
        encoded["pts"] = [round((begin + time) / time_base) for time in shown]
    write_clip(path, made, rate=rate, time_base=time_base, extras=Extras(track, subtitles, chapters, tags), **encoded)
    if loss:
        plain = [image[..., : made[0].shape[2]] for image in look_at(path).images]
        assert all(error(image, truth) < loss for image, truth in zip(plain, made, strict=True))
        made = plain
    return Footage(
        path=path,
        frames=made,
        times=shown,
        end=end,
        flashes=flashes,
        beeps=sound is not None,
        subtitles=subtitles,
        chapters=chapters,
        tags=tags,
        rotation=encoded.get("rotation", 0),
        aspect=encoded.get("sample_aspect_ratio", Fraction(1)),
    )


Writer = Callable[[Path], Footage]


def written(name: str, *changes: Callable[[Footage], Footage], **recorded: Any) -> Writer:
    """Writes the file `name` with :func:`record`, and does to it what damages or hides something."""

    def write(folder: Path) -> Footage:
        footage = record(folder / name, **recorded)
        for change in changes:
            footage = change(footage)
        return footage

    return write


def without(footage: Footage, lost: Iterable[int]) -> Footage:
    """`footage` of which these frames cannot be seen."""
    gone = set(lost)
    kept = [k for k in range(len(footage.frames)) if k not in gone]
    return replace(footage, frames=[footage.frames[k] for k in kept], times=[footage.times[k] for k in kept])
