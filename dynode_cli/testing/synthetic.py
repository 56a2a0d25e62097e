"""What :mod:`dynode_cli.synthetic.awkward` holds, under the name that tests of plugins import it by."""

from dynode_cli.synthetic.awkward import (
    RATE,
    SIZE,
    VELOCITY,
    SyntheticVideo,
    drawn_face,
    face,
    gap,
    moving,
    rotated,
    transparent,
    variable_rate,
    with_cut,
    with_repeats,
)

__all__ = [
    "RATE",
    "SIZE",
    "VELOCITY",
    "SyntheticVideo",
    "drawn_face",
    "face",
    "gap",
    "moving",
    "rotated",
    "transparent",
    "variable_rate",
    "with_cut",
    "with_repeats",
]
