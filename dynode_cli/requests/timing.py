"""The clock of the output: frame rate, slow motion, a part of a source, listed times."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Literal

from dynode_cli.errors import UsageError
from dynode_cli.options import option
from dynode_cli.requests.base import Parsed, Request, request
from dynode_cli.values.cadence_words import CadenceWord, parse_cadence
from dynode_cli.values.time_lists import TimeList, parse_time_list
from dynode_cli.values.times import Number, Position, Rate, parse_factor, parse_position, parse_rate

TIME = "What to render"

CutPolicy = Literal["hold", "extrapolate"]
"""What is shown between the last frame of a shot and its end: that frame, or the motion carried on."""

Times = str | Path | Iterable[Number] | TimeList
"""What a list of times can be given as."""


@request
class Paced(Request):
    """How fast frames follow each other."""

    fps: Parsed[Rate | None, Rate | Number | None] = option(
        default=None,
        flags=("--fps",),
        metavar="RATE",
        panel=TIME,
        common=True,
        help="Frames a second: 240, 60000/1001, ntsc, 2x, source. Default: 2x, or source with --slowmo.",
        parse=parse_rate,
        decides="frames",
        project=True,
    )
    slowmo: Parsed[Fraction | None, Number | None] = option(
        default=None,
        flags=("--slowmo",),
        metavar="FACTOR",
        panel=TIME,
        common=True,
        help="How many times slower; audio is stretched to fit.",
        parse=parse_factor,
        decides="frames",
        project=True,
    )


@request
class Listed(Request):
    """Times that are listed."""

    times: Parsed[TimeList | None, Times | None] = option(
        default=None,
        flags=("--times",),
        metavar="LIST|FILE",
        panel=TIME,
        help="Render the times listed, 0,0.1s,300f or a text file of them, at their own times or at --fps.",
        parse=parse_time_list,
        decides="frames",
    )


@request
class Part(Request):
    """A part of a source. Positions count from its first frame."""

    start: Parsed[Position | None, Position | Number | None] = option(
        default=None,
        flags=("--start",),
        metavar="TIME",
        panel=TIME,
        common=True,
        help="Where to start: 12.5s, 300f, 00:00:12.5; counted from the first frame.",
        parse=parse_position,
        project=True,
    )
    end: Parsed[Position | None, Position | Number | None] = option(
        default=None,
        flags=("--end",),
        metavar="TIME",
        panel=TIME,
        common=True,
        help="Where to end.",
        parse=parse_position,
        project=True,
    )


@request
class Timed(Listed, Part, Paced):
    """The clock of the output."""

    cuts: CutPolicy = option(
        default="hold",
        flags=("--cuts",),
        panel=TIME,
        help="What is shown from the last frame of a shot to the cut: repeat that frame (hold), or keep moving "
        "(extrapolate).",
        decides="frames",
        project=True,
    )

    cadence: Parsed[CadenceWord, str] = option(
        default="auto",
        flags=("--cadence",),
        metavar="auto|off|24/25|2:3",
        offers=("auto", "off", "24/25", "24/30", "2:3"),
        panel=TIME,
        help="Film in video, as 24 in 25 or 2:3: give its frames the times at which they were taken.",
        parse=parse_cadence,
        decides="codes",
        project=True,
    )

    def check(self) -> None:
        """Refuse times that exclude each other."""
        if self.times is not None and (self.slowmo or self.start or self.end):
            raise UsageError("--times says what to render by itself; leave out --slowmo, --start and --end")
