"""Time stamps as phones write them."""

from __future__ import annotations

import random
from fractions import Fraction


def jittered(rate: Fraction, count: int, share: float, *, seed: int = 0) -> list[int]:
    """Ticks of frames whose steps are off by up to `share`."""
    generator = random.Random(seed)
    ticks = [0]
    for _ in range(count - 1):
        ticks.append(ticks[-1] + round(90000 / rate * (1 + generator.uniform(-share, share))))
    return ticks
