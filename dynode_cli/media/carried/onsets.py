"""Onset detection: where sounds begin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

BINS_PER_SECOND = 1000
AFTER, BEFORE = 5, 15
"""Bins after and before a moment whose powers are compared."""
RISE = 6.0
"""How many times more power there must be after than before."""
FLOOR = 1e-9
"""Power (of full scale) that counts as silence."""
_FINE_SECONDS = 0.000_25
_FINE_LEVEL = 0.05


class OnsetFinder:
    """Finds the samples at which something sets in: a beat, a beep, a syllable.

    The powers of the signal's first difference, which stresses what is sudden, are compared 5 ms after and 15 ms
    before each millisecond. Where the power becomes a multiple, the onset is the first sample at which it reaches a
    twentieth of what it is about to reach. Two onsets are at least `apart` samples from each other: of those that
    are nearer, the one with the largest rise counts.

    Arguments:
        rate: samples per second.
        apart: samples.
    """

    def __init__(self, rate: int, apart: int) -> None:
        self._bin = max(1, round(rate / BINS_PER_SECOND))
        self._fine = max(1, round(rate * _FINE_SECONDS))
        self._apart = apart
        self._reach = -(-apart // self._bin)
        # So much of the past is kept; before the beginning there was silence.
        self._past = BEFORE + self._reach
        self._powers = np.zeros(self._past * self._bin)
        self._begin = -self._past
        """Bin at which the powers begin."""
        self._last_sample: Samples | None = None
        self._latest = -apart
        self.known_until = 0
        """Sample up to which all onsets have been found."""

    def add(self, samples: Samples) -> list[int]:
        """Take the next samples (channels, n); indices of onsets that have become certain."""
        if self._last_sample is None:
            self._last_sample = np.zeros((len(samples), 1), np.float32)
        steps = np.diff(samples, axis=1, prepend=self._last_sample)
        self._last_sample = samples[:, -1:] if samples.shape[1] else self._last_sample
        self._powers = np.concatenate([self._powers, np.square(steps).mean(axis=0, dtype=np.float64)])
        return self._decide()

    def _decide(self) -> list[int]:
        bins = len(self._powers) // self._bin
        total = np.concatenate([[0.0], self._powers[: bins * self._bin].reshape(bins, self._bin).mean(1).cumsum()])
        at = np.arange(BEFORE, bins - AFTER + 1)
        after, before = (total[at + AFTER] - total[at]) / AFTER, (total[at] - total[at - BEFORE]) / BEFORE
        rise = np.zeros(bins)
        rise[at] = np.where(after >= RISE * (before + FLOOR), after - before, 0)
        first, last = self._past, bins - AFTER - self._reach
        if last <= first:
            return []
        found = []
        for index in first + np.flatnonzero(rise[first:last]):
            if rise[index] < rise[index - self._reach : index + self._reach + 1].max():
                continue
            onset = self._begin * self._bin + self._refine(int(index), float(before[index - BEFORE]))
            if onset - self._latest >= self._apart:
                self._latest = onset
                found.append(onset)
        drop = last - self._past
        self._powers = self._powers[drop * self._bin :]
        self._begin += drop
        # An onset may lie a little before the bin in which it shows.
        self.known_until = (self._begin + self._past - AFTER) * self._bin
        return found

    def _refine(self, index: int, before: float) -> int:
        """Sample, counted from the first one kept, at which what shows in bin `index` sets in."""
        first = (index - AFTER + 1) * self._bin
        near = self._powers[first : (index + AFTER + 1) * self._bin]
        level = before + _FINE_LEVEL * max(0.0, self._smooth(near).max() - before)
        reached = int(np.argmax(self._smooth(near) >= level))
        return first + reached + int(np.argmax(near[reached : reached + self._fine] >= level))

    def _smooth(self, powers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean of each power and the next few."""
        total = np.concatenate([[0.0], powers.cumsum(), np.full(self._fine - 1, powers.sum())])
        smoothed: NDArray[np.float64] = (total[self._fine :] - total[: -self._fine]) / self._fine
        return smoothed
