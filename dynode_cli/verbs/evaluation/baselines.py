"""What interpolation is measured against: holding the last frame, and cross-fading two."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from dynode_cli.pipeline.shots import Shot, shot_at
from dynode_cli.values.times import interval_of

Frame = NDArray[np.float32]
ReadFrame = Callable[[int], Frame]


def hold(read: ReadFrame, shots: Sequence[Shot], times: Sequence[Fraction]) -> Iterator[Frame]:
    """The last observed frame of the shot at each time."""
    for time in times:
        shot = shots[shot_at(shots, time)]
        yield read(shot.indices[max(interval_of(time, shot.times), 0)])


def blend(read: ReadFrame, shots: Sequence[Shot], times: Sequence[Fraction]) -> Iterator[Frame]:
    """The two neighbouring observed frames, weighted by nearness in time."""
    for time in times:
        shot = shots[shot_at(shots, time)]
        before = max(interval_of(time, shot.times), 0)
        after = min(before + 1, len(shot) - 1)
        span = shot.times[after] - shot.times[before]
        weight = np.float32((time - shot.times[before]) / span if span else 0)
        yield (1 - weight) * read(shot.indices[before]) + weight * read(shot.indices[after])
