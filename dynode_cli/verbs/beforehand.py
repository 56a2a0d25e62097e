"""Checks before work: what can be told of a request without decoding its source, at once and without importing torch.

They are made by whoever runs a verb, before it is imported: names first, for which nothing slow is imported at all, then
what has to be opened.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynode_cli.errors import InputError, UsageError
from dynode_cli.media.containers import PIPE, container_for
from dynode_cli.media.writing.target import (
    check_audio,
    check_folders_can_be,
    check_nobody_writes,
    check_rate,
    check_target,
    is_sequence,
    is_stream_target,
)
from dynode_cli.pipeline.outputs import (
    check_encoding,
    check_ending,
    comparison_output,
    default_output,
    sample_outputs,
    told_output,
)
from dynode_cli.plugin_host.host import Host
from dynode_cli.plugin_host.kinds import Kind
from dynode_cli.requests.base import Request
from dynode_cli.requests.codes import Coded, Invert, Render, Resample
from dynode_cli.requests.directions import LearnDirection
from dynode_cli.requests.edit import Edit
from dynode_cli.requests.evaluate import Evaluate
from dynode_cli.requests.interpolate import Interpolate, Rendering
from dynode_cli.requests.methods import Generating
from dynode_cli.requests.reading import Reading

if TYPE_CHECKING:
    from dynode_cli.media.reading.source import FileSource


def check_names(request: Request, host: Host) -> None:
    """Refuse names of files and methods that cannot be.

    Raises:
        InputError: the source, or another file that is needed, is not there.
        UsageError: the output is there, or cannot be written.
        PluginError: a method has a name that is not known.
    """
    _check_methods(request, host)
    _check_source(request)
    for kind, checked in _NAMES.items():
        if isinstance(request, kind):
            checked(request)


def check_files(request: Request) -> None:
    """Open what can be opened without decoding: the source, and the encoder.

    Raises:
        InputError: the source cannot be read.
        UsageError: the output is the source, or the encoder does not take what it is given.
    """
    if not isinstance(request, Reading) or not _opens_twice(request):
        if isinstance(request, Rendering):
            check_encoding(request, getattr(request, "out_dir", None))
        return
    from dynode_cli.media.reading.source import open_source

    with open_source(str(request.source), stream=request.stream) as source:
        report = getattr(request, "report", None)
        for output in (*_outputs(request), *([] if report is None else [str(report)])):
            check_target(output, source, force=getattr(request, "force", False))
        if isinstance(request, Rendering):
            check_encoding(request, getattr(request, "out_dir", None))
            _check_encoder(request, source)
        if isinstance(request, Interpolate):
            _tell_little_room(request, source)


def _check_methods(request: Request, host: Host) -> None:
    # Not of framings: whether one is wanted at all, only the generator knows.
    kinds: tuple[Kind, ...] = ("generator", "inverter", "dynamics", "carrier")
    for kind in kinds:
        name = getattr(request, kind, None)
        if name:
            host.registration(kind, name)
    for name in (request.metrics or ()) if isinstance(request, Evaluate) else ():
        host.registration("metric", name)


def _opens_twice(request: Reading) -> bool:
    """Whether the source is there and can be opened twice: no pipe, no frames in memory, not the clip of the last run."""
    named: object = request.source
    if not isinstance(named, str) or named == PIPE:
        return False
    path = Path(named)
    return path.is_file() or path.is_dir() or not path.exists()


def _check_source(request: Request) -> None:
    """Refuse a source that is not there, in the words of who opens it."""
    if isinstance(request, Reading) and _opens_twice(request) and not Path(str(request.source)).exists():
        from dynode_cli.media.reading.source import open_source

        open_source(str(request.source), stream=request.stream).close()


def _outputs(request: Any) -> list[str]:
    """Outputs of `request` whose names are known."""
    if isinstance(request, Interpolate):
        output = told_output(request)
        samples = None if output is None else sample_outputs(output, request.samples)
        beside = [] if samples is None else [*samples.samples, samples.variance]
        return [] if output is None else [output, *beside]
    if isinstance(request, Edit):
        output = request.output or (None if request.source is None else default_output(request.source, "edited"))
        beside = [] if output is None or request.compare is None else [comparison_output(output, request.compare)]
        return [] if output is None else [output, *beside]
    return [] if getattr(request, "output", None) is None else [request.output]


def _check_outputs(request: Any) -> None:
    for output in _outputs(request):
        check_target(output, None, force=request.force)
        check_nobody_writes(output)


def _check_rendering(request: Rendering) -> None:
    check_audio(request.audio, request.slowmo or Fraction(1))
    output = request.output
    if output is None:
        return
    check_ending(output)
    if is_sequence(output) or is_stream_target(output):
        return
    if request.fps is not None and not request.fps.relative:
        check_rate(output, container_for(output), request.fps.value)
    elif request.fps is None and request.times is not None:
        # Each listed moment is shown at its own time.
        check_rate(output, container_for(output), None)


def _check_out_dir(request: Interpolate) -> None:
    if request.out_dir is not None and not request.out_dir.is_dir():
        check_folders_can_be(f"--out-dir {request.out_dir}", request.out_dir)


def _check_edit(request: Edit) -> None:
    for path in (*(path for path, _ in request.images), *([request.mask] if request.mask else [])):
        if not path.is_file():
            raise InputError(f"{path}: no such file")
    report = request.report
    if report is None:
        return
    hint = "name another file, such as --report report.json"
    if report.is_dir():
        raise UsageError(f"--report {report}: is a folder", hint=hint)
    videos = [Path(name).resolve() for name in (*_outputs(request), *([request.source] if request.source else []))]
    if report.resolve() in videos or any(report.exists() and v.exists() and report.samefile(v) for v in videos):
        raise UsageError(f"--report {report}: is one of the videos", hint=hint)
    check_folders_can_be(f"--report {report}", report.parent)
    check_target(str(report), None, force=request.force)


def _check_encoder(request: Rendering, source: FileSource) -> None:
    """Whether the encoder opens, where frames keep the size of the source."""
    from dynode_cli.media.writing.trial import check_opens

    outputs = _outputs(request)
    if outputs and request.generator == Generating().generator:
        check_opens(outputs[0], source, request.encoding)


def _tell_little_room(request: Interpolate, source: FileSource) -> None:
    from dynode_cli.media.writing.room import tell_little_room
    from dynode_cli.pipeline.plan import AS_SOURCE, TWICE

    outputs = _outputs(request)
    whole = request.times is None and request.start is None and request.end is None
    if whole and outputs and request.generator == Generating().generator:
        rate = request.fps or (AS_SOURCE if request.slowmo else TWICE)
        tell_little_room(outputs[0], source, request.encoding, rate, request.slowmo or Fraction(1))


def _check_codes(request: Coded) -> None:
    if not Path(request.source).is_file():
        raise InputError(f"{request.source}: no such file")


def _check_examples(request: LearnDirection) -> None:
    for place in (*request.positive, *request.negative):
        if not place.exists():
            raise InputError(f"{place}: no such file or folder")


_NAMES: dict[Any, Callable[[Any], None]] = {
    Coded: _check_codes,
    LearnDirection: _check_examples,
    Interpolate: _check_out_dir,
    Edit: _check_edit,
    Rendering: _check_rendering,
    (Rendering, Invert, Render, Resample, LearnDirection): _check_outputs,
}
"""What is checked of the names in requests of a kind, in order."""
