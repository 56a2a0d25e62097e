"""What ``dynode edit`` can be asked: directions and painted frames, carried through a clip."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from dynode_cli.errors import UsageError
from dynode_cli.options import option
from dynode_cli.requests.base import Parsed, Request, changed, fields_of, options_given, request
from dynode_cli.requests.encoding import ENCODER, Output
from dynode_cli.requests.interpolate import Rendering
from dynode_cli.requests.methods import METHOD, Moving, Options
from dynode_cli.requests.reading import Reading
from dynode_cli.requests.timing import Paced
from dynode_cli.values.direction_words import Word, parse_word
from dynode_cli.values.strengths import Strength, parse_strength_words
from dynode_cli.values.times import Number, Position, Rate, parse_position

WHAT = "What to change"

Comparison = Literal["side", "split", "diff"]
"""How source and result are shown in one picture."""
Transport = Literal["ode", "constant"]
"""How an edit is carried in a latent space: by the dynamics, or the same everywhere."""

DEFAULT_STRENGTH = parse_strength_words("1")


def _directions(given: Mapping[str, Any] | Sequence[str | Word] | str) -> tuple[Word, ...]:
    if isinstance(given, Mapping):
        given = [f"{name}={strength}" for name, strength in given.items()]
    return tuple(parse_word(word) for word in ([given] if isinstance(given, str) else given))


def _images(given: Mapping[str | Path, Any] | Sequence[Any] | str | Path) -> tuple[tuple[Path, Position | None], ...]:
    """Pictures with their positions: a mapping, pairs, or names without one."""
    if isinstance(given, (str, Path)):
        given = [given]
    pairs = given.items() if isinstance(given, Mapping) else [_pair(item) for item in given]
    return tuple((Path(path), None if time is None else parse_position(time)) for path, time in pairs)


def _pair(item: Any) -> tuple[Any, Any]:
    if isinstance(item, (list, tuple)):
        path, time = item
        return path, time
    return item, None


@request
class Edit(Moving, Rendering):
    """Change one frame of a video once, and every frame follows.

    A face direction moves the face in the picture; what it does not touch keeps its bits. A direction of a latent
    space needs the generator that it was made for. The frames are the source's own unless --fps, --slowmo or --times
    asks for others.
    """

    source: Parsed[str | None, str | Path | None] = changed(  # type: ignore[assignment]  # or that of the last run
        Reading,
        "source",
        default=None,
        kw_only=False,
        metavar="[IN]",
        help="Video, folder of images, pattern, or -. Default: that of the last run.",
    )
    output: Parsed[str | None, str | Path | None] = changed(
        Output,
        "output",
        default=None,
        kw_only=False,
        help="File, pattern, folder/ or -. Default: beside the input, IN-edited.mp4.",
    )
    fps: Parsed[Rate | None, Rate | Number | None] = changed(
        Paced,
        "fps",
        default=None,
        help="Frames a second: 240, 60000/1001, ntsc, 2x. Default: source, which keeps the source's frames as they are.",
    )
    directions: Parsed[tuple[Word, ...], Mapping[str, Number] | Sequence[str | Word]] = option(
        default=(),
        flags=("--direction",),
        metavar="NAME[=S]",
        panel=WHAT,
        common=True,
        offers="direction",
        help="smile, age.pt, pca.pt:3, sefa:0, with =STRENGTH and @LAYERS; may be given again.",
        parse=_directions,
        many=True,
        decides="frames",
    )
    strength: Parsed[Strength | None, str | float | Strength | None] = option(
        default=None,
        flags=("--strength",),
        metavar="S",
        panel=WHAT,
        common=True,
        help="Number, or a curve in time such as 0:0,1.5s:1,3s:0.3; negative is the opposite. Default: 1.",
        parse=parse_strength_words,
        decides="frames",
        project=True,
    )
    images: Parsed[
        tuple[tuple[Path, Position | None], ...],
        Mapping[str | Path, Number | None] | Sequence[str | Path] | Sequence[tuple[str | Path, Number | None]],
    ] = option(
        default=(),
        flags=("--image",),
        metavar="FILE",
        panel=WHAT,
        common=True,
        help="A frame as it should be.",
        parse=_images,
        many=True,
        decides="frames",
    )
    mask: Path | None = option(
        default=None,
        flags=("--mask",),
        metavar="FILE",
        panel=WHAT,
        common=True,
        help="Picture, white where that frame may change.",
        decides="frames",
    )
    feather: float = option(
        default=4.0,
        flags=("--feather",),
        metavar="PX",
        minimum=0,
        panel=WHAT,
        help="Width over which edges fade, pixels.",
        decides="frames",
        project=True,
    )
    transport: Transport = option(
        default="ode",
        flags=("--transport",),
        panel=WHAT,
        help="In a latent space: carry the edit by the dynamics, or add the same everywhere.",
        decides="frames",
        project=True,
    )
    carrier: str = option(
        default="faces",
        flags=("--carrier",),
        metavar="NAME",
        panel=METHOD,
        offers="carrier",
        help="What follows the picture.",
        decides="frames",
        project=True,
    )
    carrier_options: Parsed[Mapping[str, Any], Options] = option(
        default=(),
        flags=("-C", "--carrier-option"),
        metavar="KEY=VALUE",
        panel=METHOD,
        help="Option of the carrier.",
        parse=options_given,
        many=True,
        decides="frames",
    )
    compare: Comparison | None = option(
        default=None,
        flags=("--compare",),
        panel=ENCODER,
        common=True,
        help="Write OUT-side.mp4 too: source and result in one picture.",
        decides="nothing",
    )
    report: Path | None = option(
        default=None,
        flags=("--report",),
        metavar="FILE",
        panel=ENCODER,
        help="Write drift, occlusion and an identity proxy of every frame as JSON.",
        decides="nothing",
    )

    def check(self) -> None:
        """Refuse an edit of nothing, and take note of the old word for the transport."""
        if "transport" in self.dynamics_options:
            options = dict(self.dynamics_options)
            transport = options.pop("transport")
            warnings.warn(f"-D transport={transport} is now --transport {transport}", FutureWarning, stacklevel=4)
            object.__setattr__(self, "dynamics_options", options)
            (declared,) = (field for field in fields_of(Edit) if field.name == "transport")
            object.__setattr__(self, "transport", declared.value_of(transport))
        if not self.directions and not self.images:
            raise UsageError(
                "nothing to change was named", hint="give --direction smile, or --image first_frame_edited.png"
            )
        if self.strength is not None and not self.directions:
            raise UsageError("--strength is that of a --direction, and there is none")
        for word in self.directions:
            self.strength_of(word).curve(Fraction(25))

    def strength_of(self, word: Word) -> Strength:
        """The strength of a direction: its own, that of all, or 1."""
        return word.strength or self.strength or DEFAULT_STRENGTH


@request
class Places(Request):
    """What the command line has beside: the time of each picture, in an option of its own."""

    at: Parsed[tuple[Position, ...], Sequence[Number]] = option(
        default=(),
        flags=("--at",),
        common=True,
        metavar="TIME",
        panel=WHAT,
        help="Which frame --image is; once for each image. Default: the first.",
        parse=lambda given: tuple(map(parse_position, given)),
        many=True,
    )
