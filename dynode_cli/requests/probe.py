"""What ``dynode probe`` can be asked: media information of a video."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dynode_cli.options import option
from dynode_cli.requests.base import Parsed, changed, request
from dynode_cli.requests.reading import Gaps, Reading, clip_given
from dynode_cli.values.frames import Frames
from dynode_cli.values.times import Number, Rate


@request
class Probe(Reading):
    """Show streams, timing, colour, shots and duplicates of a video."""

    source: Parsed[str | Frames[Any], str | Path | Frames[Any]] = changed(  # type: ignore[assignment]  # or in memory
        Reading,
        "source",
        kw_only=False,
        parse=clip_given,
        help="A video, a folder of images, a pattern such as frames/%05d.png, or -.",
    )
    input_rate: Parsed[Rate | None, Rate | Number | None] = changed(Reading, "input_rate", default=None, panel="")
    stream: Parsed[int | None, str | int | None] = changed(Reading, "stream", default=None, panel="")
    gaps: Gaps = changed(Reading, "gaps", default="auto", panel="")
    scan: bool = option(
        default=True,
        flags=("--scan/--no-scan",),
        help="Decode it for timing, shots and duplicates. Default: yes.",
        project=True,
    )
