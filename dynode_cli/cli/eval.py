"""``dynode eval``: was interpolation worth it, on this clip?"""

from __future__ import annotations

from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.declared import Given
from dynode_cli.cli.session import Session
from dynode_cli.requests.evaluate import Evaluate, Gate

app = command_app()


@command(
    app,
    "eval",
    takes=(Evaluate, Gate),
    examples=[
        "dynode eval clip.mp4                                 # drop every other frame, rebuild, compare",
        "dynode eval clip.mp4 --keep-every 4 --json",
        "dynode eval clip.mp4 --methods blend,linear,spline,minterpolate",
        "dynode eval clip.mp4 --dynamics sde -D hidden=16     # one dynamics and its options, beside the baselines",
        "dynode eval clip.mp4 --metric mobilenet              # a perceptual distance too",
        "dynode eval clip.mp4 --gate 1                        # exit code 8 unless 1 dB better than blending",
    ],
)
def evaluate(session: Session, given: Given) -> None:
    request = given.to(Evaluate)
    with session.working(request):
        from dynode_cli.verbs.evaluation.evaluate import evaluate as score

        result = score(request, session.host)
    if session.json:
        session.console.print_json(result.to_json())
    else:
        session.console.table(
            ("method", *(m.heading for m in result.metrics), "ms/frame"),
            [
                (s.method, *(f"{s.figures[m.name]:.{m.decimals}f}" for m in result.metrics), f"{s.milliseconds:.0f}")
                for s in result.scores
            ],
        )
        session.console.write("")
        session.console.write(result.verdict)
    result.require_gain(given.to(Gate).gate)
