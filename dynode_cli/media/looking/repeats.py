"""Duplicate frames (repeats): those that show the one before again."""

from __future__ import annotations

import numpy as np

from dynode_cli.media.looking.likeness import Picture, difference, is_still

MOVING_RATIO = 3.0
"""How many times more the frames around a repeat must differ."""
NOISY_MEAN_RATIO = 12.0
"""How many times more they must differ where coding noise is above that of still pictures, on average ..."""
NOISY_PEAK_RATIO = 1.5
"""... and at most."""
DOUBTFUL_RATIO = 2.5
"""How many times more the frames beside one must differ that may be a repeat, if a pattern says so."""
LONGEST_REPEAT = 5
"""A frame repeated more often than this is a scene at rest."""


class DuplicateFinder:
    """Finds frames that repeat their predecessor up to compression noise.

    A run of at most :data:`LONGEST_REPEAT` frames is one of repeats if the frames on both sides of it move and each
    frame in it hardly differs from its predecessor: as :func:`~.likeness.is_still` says, and :data:`MOVING_RATIO` times
    less than the frames around it; or, where the coding is noisier than that, by :data:`NOISY_MEAN_RATIO` times less on
    average and :data:`NOISY_PEAK_RATIO` times less anywhere. So the doubled frames of a rate conversion are found,
    while a static clip, a pause and the ends of a clip are left as they are.
    """

    def __init__(self) -> None:
        self._last: Picture | None = None
        self._steps: list[tuple[float, int]] = []

    def add(self, picture: Picture) -> None:
        """Take the next picture (h, w, 3)."""
        self._steps.append((np.inf, 255) if self._last is None else difference(picture, self._last))
        self._last = picture

    def revise(self, index: int, step: tuple[float, int]) -> None:
        """Say better how picture `index` differs from the one before: mean and most, in levels."""
        self._steps[index] = step

    @property
    def latest(self) -> tuple[float, int]:
        """Mean and largest difference of the latest picture to the one before, levels."""
        return self._steps[-1]

    @property
    def stills(self) -> frozenset[int]:
        """Indices of the frames that look like their predecessor, whether motion around them shows that they repeat it
        or not."""
        return frozenset(index for index, step in enumerate(self._steps) if is_still(*step))

    @property
    def doubtful(self) -> frozenset[int]:
        """Indices of the frames that differ far less from their predecessor than some within two of them, on either side,
        do from theirs: they may repeat it, coded anew."""
        means = [mean for mean, _ in self._steps]
        return frozenset(
            index
            for index in range(2, len(means) - 1)
            if DOUBTFUL_RATIO * means[index] < min(max(means[index - 2 : index]), max(means[index + 1 : index + 3]))
        )

    def finish(self, cuts: tuple[int, ...]) -> frozenset[int]:
        """Indices of the repeats; the first frame of a shot is none."""
        found: set[int] = set()
        index = 2
        while index < len(self._steps) - 1:
            length = self._run_at(index)
            found.update(range(index, index + length))
            index += max(1, length)
        return frozenset(found - set(cuts))

    def _run_at(self, first: int) -> int:
        """Length of the run of repeats that starts at `first`; 0 if none does."""
        for length in range(1, LONGEST_REPEAT + 1):
            if first + length >= len(self._steps):
                return 0
            around = self._steps[first - 1], self._steps[first + length]
            mean, peak = min(each[0] for each in around), min(each[1] for each in around)
            run = self._steps[first : first + length]
            if all(_repeats(step, mean, peak) for step in run):
                return length
        return 0


def _repeats(step: tuple[float, int], mean_around: float, peak_around: int) -> bool:
    mean, peak = step
    if is_still(mean, peak):
        return mean_around >= MOVING_RATIO * max(mean, 0.01) and peak_around > peak
    return mean_around >= NOISY_MEAN_RATIO * mean and peak_around >= NOISY_PEAK_RATIO * peak
