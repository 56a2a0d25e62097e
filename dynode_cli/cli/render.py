"""``dynode render``: a video from latent codes."""

from __future__ import annotations

from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.declared import Given
from dynode_cli.cli.fit_reports import tell_fits
from dynode_cli.cli.session import Session
from dynode_cli.requests.codes import Render

app = command_app()


@command(
    app,
    "render",
    takes=(Render,),
    examples=[
        "dynode render codes.safetensors -o out.mp4 --generator stylegan2 --weights ffhq.pt",
        "dynode render codes.safetensors -o out.mp4 -g stylegan2 --weights ffhq.pt --rate 60 --dynamics auto",
        "dynode render codes.safetensors -o frames/ -g dcgan --weights dcgan-faces",
    ],
)
def render(session: Session, given: Given) -> None:
    request = given.to(Render)
    session.check_stdout(request.output)
    from dataclasses import asdict

    from dynode_cli.values.amounts import counted

    with session.working(request):
        from dynode_cli.verbs.render import render as to_frames

        result = to_frames(request, session.host)
    for warning in result.warnings:
        session.console.warn(warning)
    tell_fits(session.console, {} if result.fit is None else {0: result.fit})
    if session.json:
        session.console.print_json(asdict(result))
    how = f", codes between by {result.method}" if result.method else ""
    session.console.message(
        f"{result.output}: {counted(result.frames, 'frame')} of {result.size[1]}x{result.size[0]}{how}"
    )
    if result.spread is not None:
        session.console.message(result.spread.told())
