"""``dynode resample``: latent codes at other times."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from dynode_cli.cli import job_options as opt
from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.fit_reports import tell_fits
from dynode_cli.cli.session import session_of

app = command_app()


@command(
    app,
    "resample",
    examples=[
        "dynode resample codes.safetensors -o dense.safetensors --rate 240",
        "dynode resample codes.safetensors -o some.safetensors --times 0,0.1,0.25 --dynamics ode -D solver=dopri5",
        "dynode resample codes.safetensors -o mean.safetensors --rate 4x --dynamics sde --samples 8",
    ],
)
def resample(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="CODES", help="Code file: tensors codes (N, ...) and times (N,).")],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="CODES", rich_help_panel=opt.ENCODER, help="Code file to write.")
    ],
    rate: Annotated[
        str | None,
        typer.Option(
            "--rate", metavar="RATE", rich_help_panel=opt.TIME, help="Codes a second: 240, or 2x of the source's."
        ),
    ] = None,
    times: Annotated[
        str | None,
        typer.Option(
            "--times",
            metavar="LIST|FILE",
            rich_help_panel=opt.TIME,
            help="Seconds (also 300f, 00:00:12.5), separated by commas, or a file of them.",
        ),
    ] = None,
    dynamics: Annotated[
        str,
        typer.Option("--dynamics", "-d", metavar="NAME", rich_help_panel=opt.METHOD, help="What moves the codes."),
    ] = "auto",
    dynamics_option: opt.DynamicsOptions = None,
    samples: Annotated[
        int,
        typer.Option(
            "--samples",
            metavar="N",
            min=0,
            max=1000,
            rich_help_panel=opt.METHOD,
            help="Plausible curves beside it, and their variance (sde).",
        ),
    ] = 0,
    force: opt.Force = False,
    device: opt.Device = "cpu",
    seed: opt.Seed = 0,
    threads: opt.Threads = None,
) -> None:
    """Read latent codes at other times: the dynamics alone, for codes that you bring.

    The code file is safetensors: `codes` (N, ...) float32 and `times` (N,) float64 in seconds.
    """
    from dynode_cli.verbs.resample import resample as run

    session = session_of(ctx)
    opt.use_threads(threads)
    options = session.plugin_options("dynamics", dynamics, dynamics_option or ())
    with session.console.progress("fit", 1, "steps") as progress:
        result = run(
            source,
            output,
            rate=rate,
            times=times,
            dynamics=dynamics,
            dynamics_options=options,
            samples=samples,
            device=device,
            seed=seed,
            force=force,
            progress=progress,
        )
    report = result.report
    if session.json:
        session.console.print_json(asdict(result))
    session.console.message(f"{output}: {result.count} codes from {result.observations}, {report.method}")
    tell_fits(session.console, {0: report})
