"""Options that the commands which render share, and what is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from dynode_cli.errors import UsageError

if TYPE_CHECKING:
    from dynode_cli.cli.session import Session
    from dynode_cli.pipeline.methods import MethodChoice
    from dynode_cli.weights.store import WeightsStore

TIME, METHOD, ENCODER, RUN = "What to render", "Methods", "Output", "Run"

Fps = Annotated[
    str | None,
    typer.Option(
        "--fps",
        metavar="RATE",
        rich_help_panel=TIME,
        help="Frames a second: 240, 60000/1001, ntsc, 2x, source. Default: 2x, or source with --slowmo.",
    ),
]
Slowmo = Annotated[
    str | None,
    typer.Option(
        "--slowmo", metavar="FACTOR", rich_help_panel=TIME, help="How many times slower; audio is stretched to fit."
    ),
]
Start = Annotated[
    str | None,
    typer.Option(
        "--start",
        metavar="TIME",
        rich_help_panel=TIME,
        help="Where to start: 12.5s, 300f, 00:00:12.5; counted from the first frame.",
    ),
]
End = Annotated[str | None, typer.Option("--end", metavar="TIME", rich_help_panel=TIME, help="Where to end.")]
Times = Annotated[
    Path | None,
    typer.Option(
        "--times",
        metavar="FILE",
        rich_help_panel=TIME,
        help="Render the times listed in a text file, at their own times or at --fps.",
    ),
]
Cuts = Annotated[
    Literal["hold", "extrapolate"],
    typer.Option(
        "--cuts",
        rich_help_panel=TIME,
        help="From the last frame of a shot to the cut: hold it, or carry the motion on.",
    ),
]
InputRate = Annotated[
    str | None,
    typer.Option(
        "--input-rate", metavar="RATE", rich_help_panel=TIME, help="Rate of an image sequence. Default: 25."
    ),
]
Deinterlace = Annotated[
    Literal["auto", "on", "off"],
    typer.Option(
        "--deinterlace",
        rich_help_panel=TIME,
        help="Make whole frames of interlaced ones: those flagged so, all, or none.",
    ),
]
Generator = Annotated[
    str, typer.Option("--generator", "-g", metavar="NAME", rich_help_panel=METHOD, help="What makes the frames.")
]
Inverter = Annotated[
    str | None,
    typer.Option(
        "--inverter",
        "-i",
        metavar="NAME",
        rich_help_panel=METHOD,
        help="What finds the codes. Default: the generator's.",
    ),
]
Dynamics = Annotated[
    str | None,
    typer.Option(
        "--dynamics",
        "-d",
        metavar="NAME",
        rich_help_panel=METHOD,
        help="What moves the codes. Default: the generator's.",
    ),
]
GeneratorOptions = Annotated[
    list[str] | None,
    typer.Option(
        "-G",
        "--generator-option",
        metavar="KEY=VALUE",
        rich_help_panel=METHOD,
        help="Option of the generator; see dynode plugins info NAME.",
    ),
]
InverterOptions = Annotated[
    list[str] | None,
    typer.Option(
        "-I", "--inverter-option", metavar="KEY=VALUE", rich_help_panel=METHOD, help="Option of the inverter."
    ),
]
Samples = Annotated[
    int,
    typer.Option(
        "--samples",
        metavar="N",
        min=0,
        max=64,
        rich_help_panel=METHOD,
        help="Render N plausible in-betweens too, and a map of their variance (sde).",
    ),
]
DynamicsOptions = Annotated[
    list[str] | None,
    typer.Option(
        "-D", "--dynamics-option", metavar="KEY=VALUE", rich_help_panel=METHOD, help="Option of the dynamics."
    ),
]
Refine = Annotated[
    str | None,
    typer.Option(
        "--refine",
        metavar="TIME",
        rich_help_panel=METHOD,
        help="Time to tune the generator to the clip, for inverters that do (pti): 60s, 2m.",
    ),
]
Framing = Annotated[
    str | None,
    typer.Option(
        "--framing",
        metavar="NAME",
        rich_help_panel=METHOD,
        help="What is cut out for generators of a fixed size; none: the frame is aligned already.",
    ),
]
FramingOptions = Annotated[
    list[str] | None,
    typer.Option(
        "-F", "--framing-option", metavar="KEY=VALUE", rich_help_panel=METHOD, help="Option of the framing."
    ),
]
Weights = Annotated[
    str | None,
    typer.Option(
        "--weights",
        metavar="FILE",
        rich_help_panel=METHOD,
        help="Checkpoint, for generators that need one: a file, or a name of dynode weights list.",
    ),
]
Codec = Annotated[
    str | None,
    typer.Option(
        "--codec",
        metavar="NAME",
        rich_help_panel=ENCODER,
        help="Video encoder: libx264, libx265, libsvtav1, ffv1 (lossless), ... Default: by container.",
    ),
]
Crf = Annotated[
    float | None,
    typer.Option(
        "--crf", metavar="N", rich_help_panel=ENCODER, help="Constant quality, lower is better. Default: 17."
    ),
]
Preset = Annotated[
    str | None,
    typer.Option("--preset", metavar="NAME", rich_help_panel=ENCODER, help="Speed preset of the encoder."),
]
PixFmt = Annotated[
    str | None,
    typer.Option(
        "--pix-fmt",
        metavar="NAME",
        rich_help_panel=ENCODER,
        help="Pixel format. Default: after the source's bit depth and alpha.",
    ),
]
EncoderOption = Annotated[
    list[str] | None,
    typer.Option(
        "--encoder-opt", metavar="KEY=VALUE", rich_help_panel=ENCODER, help="Option handed to the encoder as it is."
    ),
]
Audio = Annotated[
    Literal["auto", "copy", "stretch", "drop"],
    typer.Option(
        "--audio",
        rich_help_panel=ENCODER,
        help="auto copies audio, and stretches it in slow motion; or copy, stretch, drop.",
    ),
]
Force = Annotated[bool, typer.Option("--force", "-f", rich_help_panel=ENCODER, help="Replace an output that exists.")]
Device = Annotated[str, typer.Option("--device", metavar="NAME", rich_help_panel=RUN, help="cpu, cuda or cuda:N.")]
Seed = Annotated[int, typer.Option("--seed", rich_help_panel=RUN, help="Seed of everything random.")]
Memory = Annotated[
    str,
    typer.Option(
        "--memory",
        metavar="SIZE",
        rich_help_panel=RUN,
        help="Working memory: 1GiB, 512MiB; more is taken where frames are so large that they need it.",
    ),
]
Threads = Annotated[
    int | None,
    typer.Option("--threads", metavar="N", min=1, rich_help_panel=RUN, help="CPU threads. Default: all."),
]


def method_choice(
    session: Session,
    *,
    generator: str,
    inverter: str | None = None,
    dynamics: str | None = None,
    framing: str | None = None,
    generator_options: Sequence[str] | None = None,
    inverter_options: Sequence[str] | None = None,
    dynamics_options: Sequence[str] | None = None,
    framing_options: Sequence[str] | None = None,
    refine: str | None = None,
) -> MethodChoice:
    """The methods that a command line names, with the options that it and the settings files give them."""
    if refine is not None:
        inverter_options = [*(inverter_options or ()), f"refine={refine}"]
    from dynode_cli.pipeline.methods import MethodChoice

    names = MethodChoice(generator, inverter, dynamics, framing).resolved(session.host)
    assert names.inverter is not None and names.dynamics is not None
    if names.framing is None and framing_options:
        raise UsageError(f"-F {framing_options[0]}: generator '{generator}' makes whole frames, without a framing")
    return replace(
        names,
        generator_options=session.plugin_options("generator", names.generator, generator_options or ()),
        inverter_options=session.plugin_options("inverter", names.inverter, inverter_options or ()),
        dynamics_options=session.plugin_options("dynamics", names.dynamics, dynamics_options or ()),
        framing_options={}
        if names.framing is None
        else session.plugin_options("framing", names.framing, framing_options or ()),
    )


def tell_deinterlacing(session: Session, name: str, count: int) -> None:
    """Say that `count` frames of the source `name` are not shown as they are in it, if there are any."""
    from dynode_cli.values.amounts import counted

    if count:
        session.console.message(
            f"{name}: {counted(count, 'frame')} deinterlaced; --deinterlace off leaves interlaced frames as they are"
        )


def check_stdout(session: Session, output: str | None) -> None:
    """Refuse to write video and JSON to one place.

    Raises:
        UsageError: both were asked for on standard output.
    """
    if session.json and output == "-":
        raise UsageError(
            "-o - and --json both write to standard output", hint="give the output a name, or leave out --json"
        )


def weights_store(session: Session) -> WeightsStore:
    """The weights store, which says on stderr what it downloads."""
    from dynode_cli.weights.opening import open_store

    return open_store(session.host, offline=session.offline, notify=session.console.message)


def use_threads(count: int | None) -> None:
    """Bound the CPU threads of everything that computes."""
    if count is None:
        return
    import cv2
    import torch

    torch.set_num_threads(count)
    cv2.setNumThreads(count)


def as_jsonable(value: Any) -> Any:
    """Dataclasses within `value` as plain dictionaries."""
    from dataclasses import asdict, is_dataclass

    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, dict):
        return {key: as_jsonable(item) for key, item in value.items()}
    return value
