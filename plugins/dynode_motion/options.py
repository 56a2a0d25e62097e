"""Options of the generator and the inverter."""

from __future__ import annotations

from dataclasses import dataclass

from dynode_cli import option


@dataclass(frozen=True)
class FlowOptions:
    """How motion is estimated."""

    estimator: str = option(
        "dis", help="Who finds the flow; `dynode plugins list` shows the estimators.", project=True
    )
    estimator_options: tuple[str, ...] = option(
        (), help="Options of an estimator that a plugin brings: key=value, or several with commas."
    )
    preset: str = option("medium", help="Effort of the estimator dis.", choices=("fast", "medium"))
    patch_stride: int = option(
        0,
        help="Distance of the patches of the estimator dis; 0 chooses 2 for small frames and 3 for large ones.",
        unit="px",
        minimum=0,
        maximum=8,
    )
    scale: int = option(
        0,
        help="Motion is worked on at 1/scale of the frame size; 0 chooses 1, 2 or 4 by the frame size.",
        minimum=0,
        maximum=8,
    )


@dataclass(frozen=True)
class MotionOptions:
    """How frames are made from motion."""

    gain: float = option(
        1.0,
        help="How much of the acceleration to believe; 0 moves every pixel along a straight line.",
        minimum=0.0,
        maximum=2.0,
    )
    mask: float = option(
        0.8,
        help="How strongly disagreement between frames shifts the blend to the better one.",
        minimum=0.0,
        maximum=2.0,
    )
