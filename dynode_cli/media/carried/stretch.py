"""Time stretching (WSOLA): sound made longer or shorter at its own pitch, with every onset where it belongs."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np

from dynode_cli.media.carried.onsets import OnsetFinder, Samples

HALF_SECONDS = Fraction(1, 50)
"""Half the length of a segment."""
SEARCH_SECONDS = Fraction(1, 100)
"""How far a segment may be moved to fit what it follows: half a period of the lowest tones that matter."""
ANCHOR_SECONDS = Fraction(1, 1000)
"""How far one may be moved that holds an onset."""
_SILENCE = 1e-12
_NEARNESS = 0.05
"""What a fit may cost in correlation for a segment to stay where it should be."""


class TimeStretch:
    """Makes sound `factor` times as long at constant pitch: waveform similarity overlap-add (WSOLA).

    The output is made of segments of the source, two overlapping everywhere. Each is taken from where it belongs, or
    up to 10 ms beside that, where it continues the one before best. Segments around an onset are copied as they
    follow each other in the source, and no others hold it: so a beat sounds once, and within 1 ms of its time. In
    between, the map of times makes up for that. Everything is counted in samples from the beginning of the source:
    nothing is delayed, and n samples become ``round(n * factor)``.

    Verhelst and Roelands, "An overlap-add technique based on waveform similarity (WSOLA) for high quality time-scale
    modification of speech", ICASSP 1993; cross-fades keep the power as in Fink, Holters and Zoelzer,
    "Signal-matched power-complementary cross-fading and dry-wet mixing", DAFx 2016.

    Arguments:
        factor: positive.
        rate: samples per second.
        channels: of the sound; they are moved together.
    """

    def __init__(self, factor: Fraction, rate: int, channels: int) -> None:
        self._factor = factor
        self._half = max(2, round(rate * HALF_SECONDS))
        self._search, self._hold = round(rate * SEARCH_SECONDS), round(rate * ANCHOR_SECONDS)
        farther = max(Fraction(1), 1 / factor)
        self._release = 2 * round(self._half * farther)
        """Source samples around an onset in which the map of times makes up for the copied ones."""
        self._onsets = OnsetFinder(rate, 3 * round(self._half * farther))
        self._anchors: list[int] = []
        self._knots = np.zeros(1), np.zeros(1)
        # Before its beginning and after its end there is silence.
        self._pad = 2 * self._half + self._search + self._hold
        self._source: Samples = np.zeros((channels, self._pad), np.float32)
        self._first = -self._pad
        """Index of the first sample that is still kept."""
        self._length = 0
        self._place = 0
        """Source sample in the middle of the latest segment."""
        self._moved: tuple[int, int] | None = None
        """Onset that the latest segment holds, and by how much it was moved."""
        self._blocks = 0
        """Blocks of half a segment that have been made."""
        rising = np.sin(np.pi / 2 * (np.arange(self._half) + 0.5) / self._half) ** 2
        self._fade = rising.astype(np.float32)

    def push(self, samples: Samples) -> Samples:
        """Take the next samples (channels, n); what can be said of the output now (channels, m)."""
        self._length += samples.shape[1]
        self._take(samples)
        return self._make(None)

    def finish(self) -> Samples:
        """The rest of the output."""
        total = round(self._length * self._factor)
        ahead = 2 * self._release + 4 * self._pad
        while self._onsets.known_until < self._length + ahead or self._end < self._length + ahead:
            self._take(np.zeros((len(self._source), ahead), np.float32))
        return self._make(total)

    @property
    def _end(self) -> int:
        """Index after the last sample that is there."""
        end: int = self._first + self._source.shape[1]
        return end

    def _take(self, samples: Samples) -> None:
        self._source = np.concatenate([self._source, samples], axis=1)
        found = self._onsets.add(samples)
        if found:
            self._anchors += found
            self._draw_map()

    def _make(self, total: int | None) -> Samples:
        blocks = [np.empty((len(self._source), 0), np.float32)]
        made = self._blocks * self._half
        while (made < total) if total is not None else self._can_go_on():
            blocks.append(self._next_block())
            made = self._blocks * self._half
        self._forget()
        out = np.concatenate(blocks, axis=1)
        return out if total is None else out[:, : max(0, out.shape[1] - max(0, made - total))]

    def _can_go_on(self) -> bool:
        source = int((self._blocks + 1) * self._half / self._factor)
        known = min(self._onsets.known_until, self._end - 2 * self._pad, self._length)
        return source + 2 * self._release < known

    def _next_block(self) -> Samples:
        """What lies between the middle of the latest segment and that of the next."""
        if not self._blocks:
            self._place, anchor = self._aim(0)
            self._moved = None if anchor is None else (anchor, 0)
        before = self._between(self._place, self._place + self._half)
        self._blocks += 1
        self._place = self._next_place(before)
        after = self._between(self._place - self._half, self._place)
        fade, likeness = self._fade, min(1.0, max(0.0, _likeness(before, after)))
        gain = 1 / np.sqrt(fade**2 + (1 - fade) ** 2 + 2 * fade * (1 - fade) * likeness)
        block: Samples = (before * ((1 - fade) * gain) + after * (fade * gain)).astype(np.float32)
        return block

    def _next_place(self, before: Samples) -> int:
        """Source sample for the middle of the next segment, whose first half is faded in over `before`."""
        out = self._blocks * self._half
        aim, anchor = self._aim(out)
        if anchor is not None:
            if self._moved is None or self._moved[0] != anchor:
                place = self._fit(before, aim, aim - self._hold, aim + self._hold)
                self._moved = anchor, place - aim
            return aim + self._moved[1]
        self._moved = None
        # Whole onsets or nothing of them.
        low = max([aim - self._search, *(a + self._half for a in self._anchors if self._factor * a < out)])
        high = min([aim + self._search, *(a - self._half for a in self._anchors if self._factor * a > out)])
        return self._fit(before, aim, low, high) if low < high else aim

    def _aim(self, out: int) -> tuple[int, int | None]:
        """Source sample that belongs to output sample `out`, and the onset that a segment around it holds whole."""
        for anchor in self._anchors:
            if abs(out - self._factor * anchor) <= self._half:
                return anchor + round(out - self._factor * anchor), anchor
        return round(float(out / self._factor) + float(np.interp(out, *self._knots, left=0.0, right=0.0))), None

    def _fit(self, wanted: Samples, aim: int, low: int, high: int) -> int:
        """The place in [low, high], preferably near `aim`, before which the source is most like `wanted`."""
        area = self._between(low - self._half, high)
        size = 1 << (area.shape[1] - 1).bit_length()
        product = np.fft.rfft(area, size) * np.fft.rfft(wanted, size).conj()
        common = np.fft.irfft(product.sum(axis=0), size)[: high - low + 1]
        total = np.concatenate([[0.0], np.square(area, dtype=np.float64).sum(axis=0).cumsum()])
        power = total[self._half :] - total[: -self._half]
        own = float(np.square(wanted, dtype=np.float64).sum())
        away = (np.arange(low, high + 1) - aim) / max(aim - low, high - aim)
        return low + int(np.argmax(common / np.sqrt(power * own + _SILENCE) - _NEARNESS * away**2))

    def _between(self, begin: int, end: int) -> Samples:
        return self._source[:, begin - self._first : end - self._first]

    def _forget(self) -> None:
        """Let go of what no segment to come can hold."""
        begin = min(self._place, int(self._blocks * self._half / self._factor)) - self._release - 2 * self._pad
        if begin > self._first:
            self._source = self._source[:, begin - self._first :]
            self._first = begin
            kept = [anchor for anchor in self._anchors if anchor > begin - 2 * self._release]
            if len(kept) < len(self._anchors):
                self._anchors = kept
                self._draw_map()

    def _draw_map(self) -> None:
        """How far the map of times lies off the straight line: (output sample, source samples), linear between."""
        factor, half, release = float(self._factor), self._half, self._release
        off = half - half / factor
        knots: list[tuple[float, float]] = []
        for before, anchor in pairwise([None, *self._anchors]):
            assert anchor is not None
            if before is not None and anchor - before >= 2 * release:
                knots.append((factor * (before + release), 0.0))
            if before is None and anchor < release:
                # At the very beginning there is nothing to stretch but the silence before it.
                knots.append((min(0.0, factor * anchor - half), min(0.0, anchor - half)))
            elif before is None or anchor - before >= 2 * release:
                knots.append((factor * (anchor - release), 0.0))
            knots += [(factor * anchor - half, -off), (factor * anchor + half, off)]
        if self._anchors:
            knots.append((factor * (self._anchors[-1] + release), 0.0))
        outs, offs = zip(*knots, strict=True) if knots else ((0.0,), (0.0,))
        self._knots = np.array(outs), np.array(offs)


def _likeness(samples: Samples, other: Samples) -> float:
    """Normalised correlation, in [-1, 1]."""
    powers = float(np.vdot(samples, samples)) * float(np.vdot(other, other))
    return float(np.vdot(samples, other)) / float(np.sqrt(powers + _SILENCE))
