"""What ``render_frames`` can be asked: frames in memory at other times."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from dynode_cli.errors import UsageError
from dynode_cli.options import option
from dynode_cli.requests.applied import Made
from dynode_cli.requests.base import Parsed, changed, request
from dynode_cli.requests.methods import Moving
from dynode_cli.requests.timing import CutPolicy, Paced, Timed
from dynode_cli.values.frames import Frames
from dynode_cli.values.times import Number, Rate


def _frames(given: Frames[Any]) -> Frames[Any]:
    if not isinstance(given, Frames):
        raise UsageError(
            f"render_frames takes Frames, not {type(given).__name__}",
            hint="give Frames(array, rate=25), or its times",
        )
    return given


@request
class RenderFrames(Moving, Made):
    """Frames between frames: a clip in memory at new times or at another rate, as an array (T', H, W, 3 or 4).

    What comes back is what was given: a numpy array or a torch tensor, of the same type of samples. Nothing is blended
    across a cut, repeated frames are recognised, and with the generator ``motion`` a given frame comes back bit for
    bit at its own time. ``iter_frames`` gives one frame after the other, so that the result need not fit into memory.
    """

    source: Frames[Any] = option(kw_only=False, metavar="FRAMES", help="The clip.", parse=_frames)
    new_times: Iterable[float | Fraction] | None = option(
        default=None,
        kw_only=False,
        metavar="TIMES",
        help="Seconds on the clock of the clip, in any order; ascending ones are cheapest.",
    )
    fps: Parsed[Rate | None, Rate | Number | None] = changed(
        Paced,
        "fps",
        default=None,
        help="Instead of new_times: frames a second from the first frame to the end, 240, 60000/1001, 4x. Default: 2x.",
    )
    cuts: CutPolicy = changed(Timed, "cuts", default="hold")

    def check(self) -> None:
        """Refuse two clocks."""
        if self.new_times is not None and self.fps is not None:
            raise UsageError("give either new_times or fps")
