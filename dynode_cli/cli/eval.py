"""``dynode eval``: was interpolation worth it, on this clip?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from dynode_cli.cli import job_options as opt
from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.session import session_of
from dynode_cli.errors import QualityError, UsageError

app = command_app()


@command(
    app,
    "eval",
    examples=[
        "dynode eval clip.mp4                                 # drop every other frame, rebuild, compare",
        "dynode eval clip.mp4 --keep-every 4 --json",
        "dynode eval clip.mp4 --methods blend,linear,spline,minterpolate",
        "dynode eval clip.mp4 --dynamics sde -D hidden=16     # one dynamics and its options, beside the baselines",
        "dynode eval clip.mp4 --gate 1                        # exit code 8 unless 1 dB better than blending",
    ],
)
def evaluate(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="IN", help="Video, folder of images, pattern, or -.")],
    keep_every: Annotated[
        int, typer.Option("--keep-every", metavar="N", min=2, help="Keep every N-th frame, rebuild the others.")
    ] = 2,
    methods: Annotated[
        str | None,
        typer.Option(
            "--methods",
            metavar="LIST",
            help="hold, blend, minterpolate and names of dynamics, separated by commas. "
            "Default: the first three, linear, and --dynamics.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Rebuild at most N frames.")
    ] = None,
    gate: Annotated[
        float | None,
        typer.Option("--gate", metavar="DB", help="Exit with code 8 unless our best beats blending by DB."),
    ] = None,
    input_rate: opt.InputRate = None,
    deinterlace: opt.Deinterlace = "auto",
    generator: opt.Generator = "motion",
    inverter: opt.Inverter = None,
    generator_option: opt.GeneratorOptions = None,
    inverter_option: opt.InverterOptions = None,
    dynamics: opt.Dynamics = None,
    dynamics_option: opt.DynamicsOptions = None,
    framing: opt.Framing = None,
    weights: opt.Weights = None,
    device: opt.Device = "cpu",
    seed: opt.Seed = 0,
    memory: opt.Memory = "512MiB",
    threads: opt.Threads = None,
) -> None:
    """Score interpolation on your own clip: drop frames, rebuild them, and compare with the real ones.

    Prints PSNR and SSIM of the rebuilt frames, their flicker and the time for a frame, for our dynamics beside
    holding, blending and ffmpeg's minterpolate, and says in words what to make of it.
    """
    from dynode_cli.pipeline.prepare import Job
    from dynode_cli.verbs.evaluation.evaluate import evaluate_job

    session = session_of(ctx)
    opt.use_threads(threads)
    choice = opt.method_choice(
        session,
        generator=generator,
        inverter=inverter,
        dynamics=dynamics,
        framing=framing,
        generator_options=generator_option,
        inverter_options=inverter_option,
        dynamics_options=dynamics_option,
    )
    job = Job(
        source,
        methods=choice,
        device=device,
        seed=seed,
        memory=memory,
        weights=weights,
        input_rate=input_rate,
        deinterlace=deinterlace,
    )
    names = [name.strip() for name in methods.split(",") if name.strip()] if methods else None
    if names is not None and dynamics is not None:
        names.append(dynamics)
    if names is not None and dynamics_option and choice.dynamics not in names:
        raise UsageError(
            f"-D {dynamics_option[0]} is for {choice.dynamics}, which is not among --methods",
            hint="say with --dynamics NAME what it is for",
        )
    result = evaluate_job(
        job, session.host, keep_every=keep_every, methods=names, limit=limit, show=session.console.progress
    )
    opt.tell_deinterlacing(session, source, result.deinterlaced)
    if session.json:
        session.console.print_json(asdict(result))
    else:
        session.console.table(
            ("method", "PSNR dB", "SSIM", "flicker", "ms/frame"),
            [
                (s.method, f"{s.psnr:.2f}", f"{s.ssim:.4f}", f"{s.temporal_error:.2f}", f"{s.milliseconds:.0f}")
                for s in result.scores
            ],
        )
        session.console.write("")
        session.console.write(result.verdict)
    if gate is not None and (result.gain_over_blend is None or result.gain_over_blend < gate):
        told = "not measured" if result.gain_over_blend is None else f"{result.gain_over_blend:.2f} dB"
        raise QualityError(f"the gain over blending is {told}; {gate:g} dB was asked for")
