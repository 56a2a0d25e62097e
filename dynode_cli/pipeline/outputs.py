"""Names of outputs: where results go when the user does not say, and what lies beside them."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from dynode_cli.errors import UsageError
from dynode_cli.media.containers import container_for, ending_after
from dynode_cli.media.writing.target import check_target, is_sequence, is_stream_target, is_written
from dynode_cli.requests.edit import Comparison
from dynode_cli.requests.interpolate import Interpolate, Rendering

MOST_SAMPLES = 64
"""Samples that are rendered at most: each has an encoder of its own."""
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


def told_output(request: Interpolate) -> str | None:
    """The output of `request`, where its name can be told without looking through the source."""
    if request.output is not None:
        return request.output
    if request.slowmo not in (None, 1) or (request.fps is not None and not request.fps.relative):
        rate = Fraction(0) if request.fps is None else request.fps.value
        return default_output(request.source, label(request.slowmo or Fraction(1), rate), request.out_dir)
    return None


def already_made(request: Interpolate) -> str | None:
    """The output of `request`, if it is there and its name can be told without looking through the source."""
    output = told_output(request)
    return output if output is not None and is_written(output) else None


def label(slow: Fraction, rate: Fraction) -> str:
    """What an output without a name is called after."""
    return f"slow{float(slow):g}x" if slow != 1 else rate_label(rate)


def check_encoding(request: Rendering, folder: Path | None = None) -> None:
    """Refuse an encoder that no source would make do what is asked, before one is looked through.

    Raises:
        UsageError: an unknown codec, or a pixel format, preset or quality that it has
            not; standard input as the source and no name for the output.
    """
    from dynode_cli.media.writing.encoders import check_options

    named = request.output is not None or request.source == "-"
    check_options(request.output if named else default_output(request.source, "", folder), request.encoding)


def check_ending(output: str) -> None:
    """Refuse an output whose name does not say what to write.

    Raises:
        UsageError: it has no ending, or one that cannot be written.
    """
    if not is_sequence(output) and not is_stream_target(output):
        container_for(output)


def comparison_output(output: str, mode: Comparison) -> str:
    """Name of a comparison beside `output`: ``out-side.mp4``."""
    path = Path(output)
    if output == "-" or not path.suffix or "%" in path.name:
        raise UsageError(f"--compare {mode} needs an output that is one file", hint="use -o out.mp4")
    return str(path.with_name(f"{path.stem}-{mode}{path.suffix}"))


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


@dataclass(frozen=True)
class SampleOutputs:
    """Where samples of an output go."""

    samples: Sequence[str]
    """One like the output for each."""
    variance: str
    """The map."""

    def check(self, *, force: bool) -> None:
        """Refuse names that cannot or must not be written.

        Raises:
            UsageError: one exists, or its folder is read-only.
        """
        for name in (*self.samples, self.variance):
            check_target(name, None, force=force)


def sample_outputs(output: str, count: int) -> SampleOutputs | None:
    """Names beside `output` for `count` samples and their map: ``out.1.mp4``, ``out.2.mp4``, ``out.variance.mkv``.

    None where no sample is wanted.

    Raises:
        UsageError: `output` is standard output, or there are too many.
    """
    if count == 0:
        return None
    if is_stream_target(output):
        raise UsageError(
            f"--samples writes several files, and -o {output} is only one", hint="give the output a name of its own"
        )
    if count > MOST_SAMPLES:
        raise UsageError(f"--samples {count}: at most {MOST_SAMPLES} videos are written at a time")
    suffix = ".safetensors" if output.endswith(".safetensors") else ".mkv"
    return SampleOutputs([sibling(output, str(k + 1)) for k in range(count)], sibling(output, "variance", suffix))
