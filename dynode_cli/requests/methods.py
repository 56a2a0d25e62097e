"""Which generator, inverter, dynamics and framing are used, and their options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dynode_cli import other_words
from dynode_cli.errors import UsageError
from dynode_cli.options import option
from dynode_cli.requests.base import Parsed, Request, options_given, request
from dynode_cli.values.file_names import file_name

METHOD = "Methods"

Options = Mapping[str, Any] | Sequence[str]
"""Options of an implementation as they can be given: by name, or as ``["key=value", ...]``."""


@request
class Generating(Request):
    """A generator, and its checkpoint."""

    generator: str = option(
        default="motion",
        flags=("--generator", "-g"),
        metavar="NAME",
        panel=METHOD,
        offers="generator",
        help="What makes the frames: motion (any video, nothing to download); stylegan2, stylegan3 or dcgan with "
        "--weights.",
        project=True,
    )
    generator_options: Parsed[Mapping[str, Any], Options] = option(
        default=(),
        flags=("-G", "--generator-option"),
        metavar="KEY=VALUE",
        panel=METHOD,
        help="Option of the generator; see dynode plugins info NAME.",
        parse=options_given,
        many=True,
    )
    weights: Parsed[str | None, str | Path | None] = option(
        default=None,
        flags=("--weights",),
        metavar="FILE",
        panel=METHOD,
        offers="weights",
        help="Checkpoint, for generators that need one: a file, or a name of dynode weights list.",
        parse=file_name,
    )


@request
class Inverting(Generating):
    """What finds the codes of frames, and which part of a frame they are for."""

    inverter: str | None = option(
        default=None,
        flags=("--inverter", "-i"),
        metavar="NAME",
        panel=METHOD,
        offers="inverter",
        help="How frames become codes, the numbers that they are made from: flow (with motion); encoder, optimize or pti "
        "(with a StyleGAN). Default: the generator's.",
        project=True,
    )
    inverter_options: Parsed[Mapping[str, Any], Options] = option(
        default=(),
        flags=("-I", "--inverter-option"),
        metavar="KEY=VALUE",
        panel=METHOD,
        help="Option of the inverter.",
        parse=options_given,
        many=True,
    )
    refine: str | None = option(
        default=None,
        flags=("--refine",),
        metavar="TIME",
        panel=METHOD,
        help="Time to tune the generator to the clip, for inverters that do (pti): 60s, 2m.",
        project=True,
    )
    framing: str | None = option(
        default=None,
        flags=("--framing",),
        metavar="NAME",
        panel=METHOD,
        offers="framing",
        help="What is cut out for generators of a fixed size; none: the frame is aligned already.",
        project=True,
    )
    framing_options: Parsed[Mapping[str, Any], Options] = option(
        default=(),
        flags=("-F", "--framing-option"),
        metavar="KEY=VALUE",
        panel=METHOD,
        help="Option of the framing.",
        parse=options_given,
        many=True,
    )

    def check(self) -> None:
        """Refuse a clip where an inverter is named: ``-i`` is the input of other tools."""
        said = None if self.inverter is None else other_words.answer("inverter", self.inverter)
        if said is not None:
            raise UsageError(f"-i {self.inverter}: there is no such inverter", hint=said)


@request
class Moving(Request):
    """What moves the codes."""

    dynamics: str | None = option(
        default=None,
        flags=("--dynamics", "-d"),
        metavar="NAME",
        panel=METHOD,
        offers="dynamics",
        help="The curve from frame to frame: spline, linear, natural, gp, ode, sde, auto, ...; dynode plugins list shows "
        "all. Default: the generator's.",
        decides="frames",
        project=True,
    )
    dynamics_options: Parsed[Mapping[str, Any], Options] = option(
        default=(),
        flags=("-D", "--dynamics-option"),
        metavar="KEY=VALUE",
        panel=METHOD,
        help="Option of the dynamics.",
        parse=options_given,
        many=True,
        decides="frames",
    )


@request
class Drawing(Moving):
    """Plausible in-betweens beside the mean."""

    samples: int = option(
        default=0,
        flags=("--samples",),
        metavar="N",
        minimum=0,
        maximum=64,
        panel=METHOD,
        help="Render N plausible in-betweens too, and a map of their variance (sde).",
        decides="frames",
        project=True,
    )
