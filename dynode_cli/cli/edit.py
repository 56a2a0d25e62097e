"""``dynode edit``: a direction, or a frame that was painted on, for the whole clip."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from dynode_cli.cli import job_options as opt
from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.fit_reports import tell_fits
from dynode_cli.cli.session import Session, session_of
from dynode_cli.errors import UsageError

if TYPE_CHECKING:
    from dynode_cli.verbs.editing.edit import Edited
    from dynode_cli.verbs.editing.job import EditJob

app = command_app()

WHAT = "What to change"


@command(
    app,
    "edit",
    examples=[
        "dynode edit in.mp4 --direction smile -o out.mp4",
        "dynode edit in.mp4 --direction smile=0.8 --direction eyes-open=0.4 --compare side",
        'dynode edit in.mp4 --direction smile --strength "0:0,1.5s:1,3s:0.3" --fps 2x',
        "dynode edit in.mp4 --image first_frame_edited.png       # paint, and it follows",
        "dynode edit in.mp4 --image a.png --at 0s --image b.png --at 3.2s",
        "dynode edit --direction brows-up -o more.mp4            # the clip of the last run",
        "dynode edit face.mp4 --direction age.pt@0-7=2 -g stylegan2 -i encoder --weights e4e_ffhq.pt",
    ],
)
def edit(
    ctx: typer.Context,
    source: Annotated[
        str | None,
        typer.Argument(metavar="[IN]", help="Video, folder of images, pattern, or -. Default: that of the last run."),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            rich_help_panel=opt.ENCODER,
            help="File, pattern, folder/ or -. Default: beside the input, IN-edited.mp4.",
        ),
    ] = None,
    direction: Annotated[
        list[str] | None,
        typer.Option(
            "--direction",
            metavar="NAME[=S]",
            rich_help_panel=WHAT,
            help="smile, age.pt, pca.pt:3, sefa:0, with =STRENGTH and @LAYERS; may be given again.",
        ),
    ] = None,
    strength: Annotated[
        str | None,
        typer.Option(
            "--strength",
            metavar="S",
            rich_help_panel=WHAT,
            help="Number, or a curve in time such as 0:0,1.5s:1,3s:0.3; negative is the opposite. Default: 1.",
        ),
    ] = None,
    image: Annotated[
        list[Path] | None,
        typer.Option("--image", metavar="FILE", rich_help_panel=WHAT, help="A frame as it should be."),
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option(
            "--at",
            metavar="TIME",
            rich_help_panel=WHAT,
            help="Which frame --image is; once for each image. Default: the first.",
        ),
    ] = None,
    mask: Annotated[
        Path | None,
        typer.Option(
            "--mask", metavar="FILE", rich_help_panel=WHAT, help="Picture, white where that frame may change."
        ),
    ] = None,
    feather: Annotated[
        float,
        typer.Option("--feather", metavar="PX", rich_help_panel=WHAT, help="Width over which edges fade, pixels."),
    ] = 4.0,
    transport: Annotated[
        Literal["ode", "constant"],
        typer.Option(
            "--transport",
            rich_help_panel=WHAT,
            help="In a latent space: carry the edit by the dynamics, or add the same everywhere.",
        ),
    ] = "ode",
    carrier: Annotated[
        str,
        typer.Option("--carrier", metavar="NAME", rich_help_panel=opt.METHOD, help="What follows the picture."),
    ] = "faces",
    carrier_option: Annotated[
        list[str] | None,
        typer.Option(
            "-C", "--carrier-option", metavar="KEY=VALUE", rich_help_panel=opt.METHOD, help="Option of the carrier."
        ),
    ] = None,
    compare: Annotated[
        Literal["side", "split", "diff"] | None,
        typer.Option(
            "--compare", rich_help_panel=opt.ENCODER, help="Write OUT-side.mp4 too: source and result in one picture."
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            metavar="FILE",
            rich_help_panel=opt.ENCODER,
            help="Write drift, occlusion and an identity proxy of every frame as JSON.",
        ),
    ] = None,
    fps: opt.Fps = None,
    slowmo: opt.Slowmo = None,
    start: opt.Start = None,
    end: opt.End = None,
    times: opt.Times = None,
    input_rate: opt.InputRate = None,
    deinterlace: opt.Deinterlace = "auto",
    cuts: opt.Cuts = "hold",
    generator: opt.Generator = "motion",
    inverter: opt.Inverter = None,
    dynamics: opt.Dynamics = None,
    generator_option: opt.GeneratorOptions = None,
    inverter_option: opt.InverterOptions = None,
    dynamics_option: opt.DynamicsOptions = None,
    refine: opt.Refine = None,
    framing: opt.Framing = None,
    framing_option: opt.FramingOptions = None,
    weights: opt.Weights = None,
    codec: opt.Codec = None,
    crf: opt.Crf = None,
    preset: opt.Preset = None,
    pix_fmt: opt.PixFmt = None,
    encoder_opt: opt.EncoderOption = None,
    audio: opt.Audio = "auto",
    force: opt.Force = False,
    device: opt.Device = "cpu",
    seed: opt.Seed = 0,
    memory: opt.Memory = "512MiB",
    threads: opt.Threads = None,
) -> None:
    """Change one frame of a video once, and every frame follows.

    A face direction moves the face in the picture; what it does not touch keeps its bits. A direction of a latent
    space needs the generator that it was made for. The frames are the source's own unless --fps, --slowmo or --times
    asks for others.
    """
    from dynode_cli.media.writing.writer import EncoderOptions
    from dynode_cli.options import parse_pairs
    from dynode_cli.pipeline.plan import Timing
    from dynode_cli.verbs.editing.job import EditChoice, EditJob, default_timing, last_source

    session = session_of(ctx)
    opt.use_threads(threads)
    opt.check_stdout(session, output)
    choice = EditChoice(
        tuple(direction or ()),
        strength,
        _pairs(image or (), at or ()),
        mask,
        feather,
        transport,
        carrier,
        session.plugin_options("carrier", carrier, carrier_option or ()),
        compare,
        report,
    )
    choice.check()
    if source is None:
        source = last_source()
        session.console.message(f"editing {source}, the clip of the last run")
    methods = opt.method_choice(
        session,
        generator=generator,
        inverter=inverter,
        dynamics=dynamics,
        framing=framing,
        generator_options=generator_option,
        inverter_options=inverter_option,
        dynamics_options=dynamics_option,
        framing_options=framing_option,
        refine=refine,
    )
    job = EditJob(
        source,
        output,
        default_timing(Timing(fps, slowmo, start, end, times), generator),
        methods,
        cuts=cuts,
        device=device,
        seed=seed,
        memory=memory,
        weights=weights,
        offline=session.offline,
        encoder=EncoderOptions(codec, crf, preset, pix_fmt, parse_pairs(encoder_opt or ())),
        audio=audio,
        input_rate=input_rate,
        deinterlace=deinterlace,
        force=force,
        edit=choice,
    )
    _run(session, job)


def _run(session: Session, job: EditJob) -> None:
    from dynode_cli.pipeline.prepare import prepare
    from dynode_cli.verbs.editing.edit import edit_source

    console = session.console
    with prepare(job, session.host, console.progress, opt.weights_store(session)) as prepared:
        opt.tell_deinterlacing(session, job.source, prepared.plan.scan.deinterlaced)
        edited = edit_source(prepared, session.host, console.progress)
        plan = prepared.plan
    for note in edited.notes:
        console.message(note)
    for warning in edited.rendered.warnings:
        console.warn(warning)
    tell_fits(console, edited.rendered.fits, edited.notes)
    console.message(_summary(edited))
    if session.json:
        console.print_json({"source": job.source, **plan.to_json(), **_flat(edited)})


def _flat(edited: Edited) -> dict[str, Any]:
    values = opt.as_jsonable(edited)
    return {**values.pop("rendered"), **values}


def _summary(edited: Edited) -> str:
    from dynode_cli.values.amounts import counted, format_seconds

    rendered, figures = edited.rendered, edited.figures
    seconds = sum(rendered.seconds.values())
    words = [
        f"{rendered.output}: {counted(rendered.frames, 'frame')}, {rendered.duration:.3f} s; {format_seconds(seconds)}"
    ]
    told = (
        ("drift_worst", "drift at most {:.1f} % of the distance between the eyes"),
        ("occluded_worst", "at most {:.0%} hidden"),
        ("code_drift_worst", "drift at most {:.0%} of the edit"),
    )
    words += [text.format(figures[name]) for name, text in told if name in figures]
    if edited.comparison is not None:
        words.append(f"compared in {edited.comparison}")
    return "; ".join(words)


def _pairs(images: Sequence[Path], times: Sequence[str]) -> tuple[tuple[Path, str | None], ...]:
    """Each image with its time; a single one may do without."""
    if times and not images:
        raise UsageError(f"--at {times[0]} belongs to an --image, and there is none")
    if len(images) > 1 and len(times) != len(images):
        raise UsageError(
            f"there are {len(images)} images and {len(times)} times", hint="give one --at for each --image, in order"
        )
    if len(times) > max(len(images), 1):
        raise UsageError(f"there are {len(times)} times for one image", hint="give one --at for each --image")
    return tuple((path, times[k] if k < len(times) else None) for k, path in enumerate(images))
