"""``dynode invert``: latent codes of a video."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from dynode_cli.cli import job_options as opt
from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.session import session_of

app = command_app()


@command(
    app,
    "invert",
    examples=[
        "dynode invert face.mp4 -o codes.safetensors --generator stylegan2 --inverter encoder --weights e4e_ffhq.pt",
        "dynode invert frames/ -o codes.safetensors -g dcgan --weights dcgan-faces --framing none",
    ],
)
def invert(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="IN", help="Video, folder of images, pattern, or -.")],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="CODES", rich_help_panel=opt.ENCODER, help="Code file to write.")
    ],
    generator: opt.Generator,
    inverter: opt.Inverter = None,
    refine: opt.Refine = None,
    framing: opt.Framing = None,
    generator_option: opt.GeneratorOptions = None,
    inverter_option: opt.InverterOptions = None,
    framing_option: opt.FramingOptions = None,
    weights: opt.Weights = None,
    input_rate: opt.InputRate = None,
    deinterlace: opt.Deinterlace = "auto",
    force: opt.Force = False,
    device: opt.Device = "cpu",
    seed: opt.Seed = 0,
    memory: opt.Memory = "512MiB",
    threads: opt.Threads = None,
) -> None:
    """Find the latent codes of a video: one for each frame, with its time.

    The code file is safetensors: `codes` (N, ...) and `times` (N,) in seconds. What the inverter tuned of the
    generator is written beside it, as CODES.tuned.safetensors.
    """
    from dynode_cli.pipeline.prepare import Job, prepare
    from dynode_cli.verbs.invert import invert_source

    session = session_of(ctx)
    opt.use_threads(threads)
    methods = opt.method_choice(
        session,
        generator=generator,
        inverter=inverter,
        framing=framing,
        generator_options=generator_option,
        inverter_options=inverter_option,
        framing_options=framing_option,
        refine=refine,
    )
    job = Job(
        source,
        output,
        methods=methods,
        device=device,
        seed=seed,
        memory=memory,
        weights=weights,
        offline=session.offline,
        input_rate=input_rate,
        deinterlace=deinterlace,
        force=force,
    )
    store = opt.weights_store(session)
    with prepare(job, session.host, session.console.progress, store) as prepared:
        opt.tell_deinterlacing(session, source, prepared.plan.scan.deinterlaced)
        result = invert_source(prepared, output, session.console.progress)
    if session.json:
        session.console.print_json(asdict(result))
    shape = "x".join(map(str, result.code_shape))
    session.console.message(f"{result.output}: {result.frames} codes of {shape}")
    for shot, frames in result.not_found.items():
        session.console.warn(f"shot {shot}: nothing was found in {len(frames)} frames, the first being {frames[0]}")
