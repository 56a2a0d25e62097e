"""``dynode edit``: a direction, or a frame that was painted on, for the whole clip."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.declared import Given
from dynode_cli.cli.fit_reports import tell_fits
from dynode_cli.cli.session import Session
from dynode_cli.errors import UsageError
from dynode_cli.requests.edit import Edit, Places

if TYPE_CHECKING:
    from dynode_cli.values.times import Position
    from dynode_cli.verbs.editing.edit import Edited

app = command_app()


@command(
    app,
    "edit",
    takes=(Edit, Places),
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
def edit(session: Session, given: Given) -> None:
    images = _placed(given.values.get("images", []), given.to(Places).at)
    request = given.to(Edit, images=images)
    session.check_stdout(request.output)
    console = session.console
    with session.working(request):
        from dynode_cli.verbs.editing.edit import edit as carry

        edited = carry(request, session.host)
    for note in edited.notes:
        console.message(note)
    for warning in edited.rendered.warnings:
        console.warn(warning)
    tell_fits(console, edited.rendered.fits, edited.notes)
    console.message(_summary(edited))
    if session.json:
        console.print_json(edited.to_json())


def _summary(edited: Edited) -> str:
    figures = edited.figures
    words = [edited.rendered.told()]
    told = (
        ("drift_worst", "the edit stays within {:.1f} % of the eye distance of its place on the face"),
        ("occluded_worst", "at most {:.0%} of it is hidden"),
        ("code_drift_worst", "it changes by at most {:.0%} of itself along the clip"),
    )
    words += [text.format(figures[name]) for name, text in told if name in figures]
    if edited.comparison is not None:
        words.append(f"compared in {edited.comparison}")
    return "; ".join(words)


def _placed(images: list[str], times: tuple[Position, ...]) -> list[tuple[Path, Position | None]]:
    """Each image with its time; a single one may do without."""
    if times and not images:
        raise UsageError(f"--at {times[0]} belongs to an --image, and there is none")
    if len(images) > 1 and len(times) != len(images):
        raise UsageError(
            f"there are {len(images)} images and {len(times)} times", hint="give one --at for each --image, in order"
        )
    if len(times) > max(len(images), 1):
        raise UsageError(f"there are {len(times)} times for one image", hint="give one --at for each --image")
    return [(Path(path), times[k] if k < len(times) else None) for k, path in enumerate(images)]
