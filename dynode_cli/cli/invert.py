"""``dynode invert``: latent codes of a video."""

from __future__ import annotations

from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.declared import Given
from dynode_cli.cli.session import Session
from dynode_cli.requests.codes import Invert

app = command_app()


@command(
    app,
    "invert",
    takes=(Invert,),
    examples=[
        "dynode invert face.mp4 -o codes.safetensors --generator stylegan2 --inverter encoder --weights e4e_ffhq.pt",
        "dynode invert frames/ -o codes.safetensors -g dcgan --weights dcgan-faces --framing none",
    ],
)
def invert(session: Session, given: Given) -> None:
    request = given.to(Invert)
    from dataclasses import asdict

    with session.working(request):
        from dynode_cli.verbs.invert import invert as find_codes

        result = find_codes(request, session.host)
    if session.json:
        session.console.print_json(asdict(result))
    shape = "x".join(map(str, result.code_shape))
    session.console.message(f"{result.output}: {result.frames} codes of {shape}")
    for shot, frames in result.not_found.items():
        session.console.warn(f"shot {shot}: nothing was found in {len(frames)} frames, the first being {frames[0]}")
