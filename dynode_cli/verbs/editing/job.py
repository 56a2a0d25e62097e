"""What to change in a source: the words of the user, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from dynode_cli.errors import InputError, UsageError
from dynode_cli.pipeline import run_directory
from dynode_cli.pipeline.outputs import default_output
from dynode_cli.pipeline.plan import Plan, Timing
from dynode_cli.pipeline.prepare import Job
from dynode_cli.values.direction_words import Word, parse_word
from dynode_cli.values.strengths import parse_strength
from dynode_cli.verbs.editing.comparison import COMPARISONS, Comparison
from dynode_cli.verbs.editing.latent import TRANSPORTS, Transport

DEFAULT_STRENGTH = "1"
DEFAULT_FEATHER = 4.0


@dataclass(frozen=True)
class EditChoice:
    """What to change, as the user wrote it."""

    directions: Sequence[str] = ()
    """See :mod:`dynode_cli.values.direction_words`."""
    strength: str | None = None
    """Of directions that have none of their own: a number or a curve, see :func:`parse_strength`."""
    images: Sequence[tuple[Path, str | None]] = ()
    """Frames as they should be, each with its position (None: the first frame)."""
    mask: Path | None = None
    feather: float = DEFAULT_FEATHER
    """Pixels over which edges of masks fade."""
    transport: Transport = "ode"
    carrier: str = "faces"
    carrier_options: Mapping[str, Any] = field(default_factory=dict)
    compare: Comparison | None = None
    report: Path | None = None

    def strength_of(self, word: Word) -> str:
        """The strength of a direction: its own, that of all, or 1."""
        if word.strength is not None:
            return word.strength
        return DEFAULT_STRENGTH if self.strength is None else self.strength

    def check(self) -> None:
        """Refuse what makes no sense for any source.

        Raises:
            UsageError: what is wrong.
        """
        if not self.directions and not self.images:
            raise UsageError(
                "nothing to change was named", hint="give --direction smile, or --image first_frame_edited.png"
            )
        for text in self.directions:
            parse_strength(self.strength_of(parse_word(text)), Fraction(25))
        if self.strength is not None and not self.directions:
            raise UsageError("--strength is that of a --direction, and there is none")
        if not self.feather >= 0:
            raise UsageError(f"--feather {self.feather:g}: must be a number of pixels, 0 or more")
        if self.transport not in TRANSPORTS:
            raise UsageError(f"--transport {self.transport}: must be one of {', '.join(TRANSPORTS)}")
        if self.compare is not None and self.compare not in COMPARISONS:
            raise UsageError(f"--compare {self.compare}: must be one of {', '.join(COMPARISONS)}")
        for path in (*(path for path, _ in self.images), *([self.mask] if self.mask else [])):
            if not path.is_file():
                raise InputError(f"{path}: no such file")
        if self.report is not None and not self.report.parent.is_dir():
            raise UsageError(f"--report {self.report}: there is no folder {self.report.parent}")


@dataclass(frozen=True)
class EditJob(Job):
    """A job of rendering a source with a change carried through it."""

    edit: EditChoice = field(default_factory=EditChoice)

    def check(self) -> None:
        """Refuse what can be known to be wrong before anything is opened.

        Raises:
            UsageError: what is wrong.
            InputError: a picture or a mask is not there.
        """
        super().check()
        self.edit.check()

    def output_for(self, plan: Plan) -> str:
        """Where the result goes; by default ``IN-edited.mp4``."""
        return self.output if self.output is not None else default_output(self.source, "edited", self.out_dir)


def last_source() -> str:
    """The source of the last run.

    Raises:
        UsageError: there was none, or it is not there any more.
    """
    runs = run_directory.all_runs()
    if not runs:
        raise UsageError(
            "no input was named, and there was no run before to take it from",
            hint="name the clip: dynode edit in.mp4 --direction smile -o out.mp4",
        )
    source = str(runs[0].config().get("source", "-"))
    if source == "-":
        raise UsageError("the last run read standard input, which is gone", hint="name the clip: dynode edit in.mp4")
    if "%" not in source and not Path(source).exists():
        raise UsageError(f"{source}, the clip of the last run, is not there any more", hint="name another clip")
    return source


def default_timing(timing: Timing, generator: str) -> Timing:
    """An edit keeps the source's rate unless another is asked for."""
    if timing.fps is None and timing.slowmo is None and timing.times is None and generator != "motion":
        return replace(timing, fps="source")
    return timing
