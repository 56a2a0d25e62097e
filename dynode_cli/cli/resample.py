"""``dynode resample``: latent codes at other times."""

from __future__ import annotations

from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.declared import Given
from dynode_cli.cli.fit_reports import tell_fits
from dynode_cli.cli.session import Session
from dynode_cli.requests.codes import Resample

app = command_app()


@command(
    app,
    "resample",
    takes=(Resample,),
    examples=[
        "dynode resample codes.safetensors -o dense.safetensors --rate 240",
        "dynode resample codes.safetensors -o some.safetensors --times 0,0.1,0.25 --dynamics ode -D solver=dopri5",
        "dynode resample codes.safetensors -o mean.safetensors --rate 4x --dynamics sde --samples 8",
    ],
)
def resample(session: Session, given: Given) -> None:
    request = given.to(Resample)
    from dataclasses import asdict

    with session.working(request):
        from dynode_cli.verbs.resample import resample as read_at

        result = read_at(request, session.host)
    if session.json:
        session.console.print_json(asdict(result))
    method = result.report.method
    session.console.message(f"{request.output}: {result.count} codes from {result.observations}, {method}")
    tell_fits(session.console, {0: result.report})
