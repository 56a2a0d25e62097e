"""Room on the disk: what an output will take, roughly, against what is free where it goes."""

from __future__ import annotations

import logging
import math
import shutil
from fractions import Fraction
from pathlib import Path

import av

from dynode_cli.media.containers import CONTAINERS
from dynode_cli.media.ffmpeg import main_video, positive
from dynode_cli.media.reading.source import FileSource
from dynode_cli.media.writing.target import is_sequence, is_stream_target
from dynode_cli.requests.encoding import EncoderOptions
from dynode_cli.values.amounts import format_memory
from dynode_cli.values.times import Rate

_CODEC, _CRF, _BYTES = "libx264", 17.0, 15_400 / (1280 * 720)
"""Bytes of a pixel at its default quality, measured on footage; six steps of quality halve or double it."""
_LOG = logging.getLogger(__name__)


def tell_little_room(target: str, source: FileSource, options: EncoderOptions, rate: Rate, slow: Fraction) -> None:
    """Say so if `target` will hardly fit where it goes, as far as that can be told from the headers of `source`."""
    needed = _needed(target, source, options, rate, slow)
    folder = next(above for above in Path(target).absolute().parents if above.is_dir())
    free = shutil.disk_usage(folder).free
    if needed is not None and needed > free:
        _LOG.warning(
            "%s: about %s will be written, and %s are free there; free some, or write elsewhere with -o",
            target,
            format_memory(needed),
            format_memory(free),
        )


def _needed(target: str, source: FileSource, options: EncoderOptions, rate: Rate, slow: Fraction) -> int | None:
    """Bytes; None where they depend on what is in the frames."""
    container = (
        None if is_sequence(target) or is_stream_target(target) else CONTAINERS.get(Path(target).suffix.lower())
    )
    known = container is not None and (options.codec or container.codec) == _CODEC and not options.options
    if not known or source.kind != "container":
        return None
    with source.open() as opened:
        stream = main_video(opened, source.name, source.stream)
        average = positive(stream.average_rate)
        if opened.duration is None or average is None:
            return None
        pixels = stream.codec_context.width * stream.codec_context.height
        frames = rate.resolve(average) * slow * Fraction(opened.duration, av.time_base)
    crf = _CRF if options.crf is None else options.crf
    return math.ceil(float(frames) * pixels * _BYTES * 2 ** ((_CRF - crf) / 6))
