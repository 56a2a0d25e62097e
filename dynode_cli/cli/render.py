"""``dynode render``: a video from latent codes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dynode_cli.cli import job_options as opt
from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.fit_reports import tell_fits
from dynode_cli.cli.session import session_of
from dynode_cli.errors import UsageError

app = command_app()


@command(
    app,
    "render",
    examples=[
        "dynode render codes.safetensors -o out.mp4 --generator stylegan2 --weights ffhq.pt",
        "dynode render codes.safetensors -o out.mp4 -g stylegan2 --weights ffhq.pt --rate 60 --dynamics auto",
        "dynode render codes.safetensors -o frames/ -g dcgan --weights dcgan-faces",
    ],
)
def render(
    ctx: typer.Context,
    codes_file: Annotated[Path, typer.Argument(metavar="CODES", help="Code file, from dynode invert or your own.")],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            rich_help_panel=opt.ENCODER,
            help="Video, pattern, folder/ of images, or .safetensors for the frames as a tensor.",
        ),
    ],
    generator: opt.Generator,
    rate: Annotated[
        str | None,
        typer.Option(
            "--rate",
            metavar="RATE",
            rich_help_panel=opt.TIME,
            help="Frames a second, with the codes in between from the dynamics. Default: the given codes only.",
        ),
    ] = None,
    dynamics: opt.Dynamics = None,
    generator_option: opt.GeneratorOptions = None,
    dynamics_option: opt.DynamicsOptions = None,
    samples: opt.Samples = 0,
    weights: opt.Weights = None,
    codec: opt.Codec = None,
    crf: opt.Crf = None,
    preset: opt.Preset = None,
    pix_fmt: opt.PixFmt = None,
    encoder_opt: opt.EncoderOption = None,
    force: opt.Force = False,
    device: opt.Device = "cpu",
    seed: opt.Seed = 0,
    memory: opt.Memory = "512MiB",
    threads: opt.Threads = None,
) -> None:
    """Render latent codes: exactly the given ones, one frame each, or at any rate.

    If `dynode invert` wrote CODES.tuned.safetensors beside the codes, the generator is tuned accordingly.
    """
    from dynode_cli.media.writing.writer import EncoderOptions
    from dynode_cli.options import parse_pairs
    from dynode_cli.pipeline.draws import check_samples
    from dynode_cli.pipeline.prepare import Job
    from dynode_cli.values.amounts import counted
    from dynode_cli.values.times import parse_rate
    from dynode_cli.verbs.render import Dense, open_codes, render_codes, resampled

    session = session_of(ctx)
    opt.use_threads(threads)
    opt.check_stdout(session, output)
    pace = None if rate is None else parse_rate(rate).value
    methods = opt.method_choice(
        session,
        generator=generator,
        dynamics=dynamics,
        generator_options=generator_option,
        dynamics_options=dynamics_option,
    )
    job = Job(str(codes_file), output, device=device, seed=seed, memory=memory, weights=weights)
    job.check()
    context = job.context(opt.weights_store(session))
    codes, model = open_codes(
        codes_file, session.host.create("generator", methods.generator, methods.generator_options, context)
    )
    dense = Dense(codes)
    if pace is not None:
        assert methods.dynamics is not None
        check_samples(samples, methods.dynamics, session.host)
        solver = session.host.create("dynamics", methods.dynamics, methods.dynamics_options, context)
        with session.console.progress("fitting", 0) as progress:
            dense = resampled(codes, pace, solver, samples, progress)
    elif samples:
        raise UsageError(
            "--samples draws what lies between the codes, and without --rate nothing does", hint="add --rate 60"
        )
    with session.console.progress(f"rendering {output}", len(dense.codes.times)) as progress:
        result = render_codes(
            dense,
            model,
            output,
            rate=pace,
            encoder=EncoderOptions(codec, crf, preset, pix_fmt, parse_pairs(encoder_opt or ())),
            force=force,
            progress=progress,
        )
    for warning in result.warnings:
        session.console.warn(warning)
    tell_fits(session.console, {} if result.fit is None else {0: result.fit})
    if session.json:
        session.console.print_json(asdict(result))
    how = f", codes between by {result.method}" if result.method else ""
    session.console.message(f"{output}: {counted(result.frames, 'frame')} of {result.size[1]}x{result.size[0]}{how}")
    if result.spread is not None:
        session.console.message(result.spread.told())
