"""What ``dynode interpolate`` can be asked: any frame rate, slow motion, a list of times."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dynode_cli.errors import UsageError
from dynode_cli.options import option
from dynode_cli.requests.applied import Applied
from dynode_cli.requests.base import Request, request
from dynode_cli.requests.encoding import ENCODER, Sounding
from dynode_cli.requests.machine import RUN
from dynode_cli.requests.methods import Drawing
from dynode_cli.requests.runs import Remembered
from dynode_cli.requests.timing import TIME, Timed


@request
class Rendering(Remembered, Sounding, Applied, Timed):
    """A source that is rendered again."""


@request
class Interpolate(Drawing, Rendering):
    """Render a video at another frame rate, slower, or at any times.

    Source frames are kept exactly, nothing is blended across a cut, and sound, subtitles, chapters and metadata
    come along.
    """

    out_dir: Path | None = option(
        default=None,
        flags=("--out-dir",),
        metavar="DIR",
        panel=ENCODER,
        common=True,
        help="Folder for the outputs of several inputs.",
        decides="nothing",
    )
    loop: bool = option(
        default=False,
        flags=("--loop",),
        panel=TIME,
        help="Let the end of the clip lead back to its start.",
        project=True,
    )

    def check(self) -> None:
        """Refuse a loop of a part."""
        if self.loop and (self.start or self.end):
            raise UsageError("--loop takes a whole clip; leave out --start and --end, or cut the clip first")


@request
class Batch(Request):
    """What the command line has beside: several sources, and a look before the work."""

    sources: Sequence[str] = option(
        metavar="IN",
        help="Videos, also as *.mp4; folders of images, patterns such as frames/%05d.png, or -.",
        parse=tuple,
        many=True,
    )
    skip_existing: bool = option(
        default=False,
        flags=("--skip-existing",),
        panel=ENCODER,
        help="Leave out inputs whose output is there, so that a batch can be repeated.",
        decides="nothing",
    )
    dry_run: bool = option(
        default=False,
        flags=("--dry-run", "-n"),
        panel=RUN,
        common=True,
        help="Show what would be made, with memory and time, and stop.",
    )
