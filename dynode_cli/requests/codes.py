"""What can be asked of latent codes: finding them (inversion), rendering them, reading them at other times."""

from __future__ import annotations

from pathlib import Path

from dynode_cli.errors import UsageError
from dynode_cli.options import option
from dynode_cli.requests.applied import Applied
from dynode_cli.requests.base import Parsed, Request, changed, request
from dynode_cli.requests.encoding import Encoding, Output
from dynode_cli.requests.machine import Machine
from dynode_cli.requests.methods import Drawing, Generating, Inverting
from dynode_cli.requests.runs import Remembered
from dynode_cli.requests.timing import TIME, Listed, Times
from dynode_cli.values.file_names import file_name
from dynode_cli.values.time_lists import TimeList
from dynode_cli.values.times import Number, Rate, parse_rate


@request
class Invert(Remembered, Output, Applied):
    """Find the latent codes of a video: one for each frame, with its time.

    The code file is safetensors: `codes` (N, ...) and `times` (N,) in seconds. What the inverter tuned of the
    generator is written beside it, as CODES.tuned.safetensors.
    """

    output: Parsed[str, str | Path] = changed(
        Output, "output", kw_only=False, metavar="CODES", help="Code file to write."
    )
    generator: str = changed(Generating, "generator", common=True)
    weights: Parsed[str | None, str | Path | None] = changed(Generating, "weights", default=None, common=True)
    inverter: str | None = changed(Inverting, "inverter", default=None, common=True)

    def check(self) -> None:
        """Refuse an output that is no code file."""
        if Path(self.output).suffix != ".safetensors":
            raise UsageError(f"{self.output}: codes are written as .safetensors", hint="use -o codes.safetensors")


@request
class Coded(Request):
    """A file of codes, and the clock that they are read with."""

    source: Parsed[str, str | Path] = option(
        kw_only=False, metavar="CODES", help="Code file, from dynode invert or your own.", parse=file_name
    )
    rate: Parsed[Rate | None, Rate | Number | None] = option(
        default=None,
        flags=("--rate",),
        metavar="RATE",
        panel=TIME,
        common=True,
        help="Codes a second, from the dynamics: 240, or 2x and source of the codes' own. Default: the given codes only.",
        parse=parse_rate,
        project=True,
    )


@request
class Render(Machine, Encoding, Drawing, Generating, Coded):
    """Render latent codes: exactly the given ones, one frame each, or at any rate.

    If `dynode invert` wrote CODES.tuned.safetensors beside the codes, the generator is tuned accordingly.
    """

    output: Parsed[str, str | Path] = changed(
        Output,
        "output",
        kw_only=False,
        help="Video, pattern, folder/ of images, or .safetensors for the frames as a tensor.",
    )
    generator: str = changed(Generating, "generator", common=True)
    weights: Parsed[str | None, str | Path | None] = changed(Generating, "weights", default=None, common=True)

    def check(self) -> None:
        """Refuse samples where nothing is between the codes."""
        if self.samples and self.rate is None:
            raise UsageError(
                "--samples draws what lies between the codes, and without --rate nothing does", hint="add --rate 60"
            )


@request
class Resample(Machine, Output, Drawing, Listed, Coded):
    """Read latent codes at other times: the dynamics alone, for codes that you bring.

    The code file is safetensors: `codes` (N, ...) float32 and `times` (N,) float64 in seconds.
    """

    output: Parsed[str, str | Path] = changed(
        Output, "output", kw_only=False, metavar="CODES", help="Code file to write."
    )
    times: Parsed[TimeList | None, Times | None] = changed(
        Listed,
        "times",
        default=None,
        common=True,
        help="Seconds (also 300f, 00:00:12.5), separated by commas, or a file of them.",
    )
    rate: Parsed[Rate | None, Rate | Number | None] = changed(
        Coded, "rate", default=None, help="Codes a second: 240, or 2x of the source's."
    )
    dynamics: str = changed(
        Drawing,
        "dynamics",
        default="auto",
        common=True,
        help="The curve from code to code: spline, linear, gp, ode, sde, ...",
    )
    samples: int = changed(
        Drawing, "samples", default=0, maximum=1000, help="Plausible curves beside it, and their variance (sde)."
    )

    def check(self) -> None:
        """Refuse no clock, and two."""
        if (self.rate is None) == (self.times is None):
            raise UsageError("give either --rate or --times", hint="--rate 240, or --times 0,0.1,0.2")
