"""Default names of outputs: where results go when the user does not say."""

from __future__ import annotations

import os
import re
from fractions import Fraction
from pathlib import Path

from dynode_cli.errors import UsageError
from dynode_cli.media.containers import container_for, ending_after
from dynode_cli.media.writing.encoders import check_options
from dynode_cli.media.writing.target import is_sequence, is_stream_target
from dynode_cli.requests.interpolate import Rendering

_NUMBER = re.compile(r"%(\d*d)")


def rate_label(rate: Fraction) -> str:
    """`240fps`, `59.94fps`."""
    return f"{float(rate):.5g}fps"


def default_output(source: str, label: str, folder: Path | None = None) -> str:
    """A name beside the source (or in `folder`) that says what was done: `in.mp4` and `240fps` give `in-240fps.mp4`.

    Raises:
        UsageError: the source is standard input, which has no name.
    """
    if source == "-":
        raise UsageError(
            "the output needs a name when the input is standard input", hint="give -o OUT, or -o - for mkv"
        )
    path = Path(source)
    if path.is_dir():
        suffix = ""
        stem = path.resolve().name
    elif "%" in path.name and not path.is_file():
        suffix = ""
        stem = path.resolve().parent.name
    else:
        suffix = ending_after(source)
        # A name such as a%05d.mp4 would be a pattern.
        stem = _NUMBER.sub(r"\1", path.stem)
    home = folder or (path.parent if path.is_dir() or suffix else path.parent.parent)
    name = f"{stem}-{label}{suffix}"
    return str(home / name) + ("" if suffix else "/")


def check_encoding(request: Rendering, folder: Path | None = None) -> None:
    """Refuse an output and an encoder that no source would make do what is asked, before one is looked through.

    Raises:
        UsageError: an ending that cannot be written; an unknown codec, or a pixel format, preset or quality that it has
            not; standard input as the source and no name for the output.
    """
    if request.output is not None and not is_sequence(request.output) and not is_stream_target(request.output):
        container_for(request.output)
    named = request.output is not None or request.source == "-"
    check_options(request.output if named else default_output(request.source, "", folder), request.encoding)


def sibling(output: str, word: str, suffix: str | None = None) -> str:
    """A name beside `output` that says what else it is: `out.mp4` and `1` give `out.1.mp4`, `out/` gives `out.1/`.

    Arguments:
        suffix: the ending of one file, where it is not to be that of `output`.
    """
    folder_named = output.endswith(("/", os.sep))
    path = Path(output)
    if not folder_named and "%" not in path.name:
        return str(path.with_name(f"{path.stem}.{word}{path.suffix if suffix is None else suffix}"))
    folder = path if folder_named else path.parent
    beside = folder.with_name(f"{folder.name}.{word}")
    if suffix is not None:
        return f"{beside}{suffix}"
    return f"{beside}/" if folder_named else str(beside / path.name)
