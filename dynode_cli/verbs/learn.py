"""Examples to learn directions from: code files, or pictures that are inverted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from dynode_cli.contracts import Progress, silent
from dynode_cli.errors import InputError, UsageError
from dynode_cli.files.codes import load_codes
from dynode_cli.media.reading.clip import ShotClip
from dynode_cli.media.reading.reader import FrameReader
from dynode_cli.media.reading.scan import scan
from dynode_cli.media.reading.source import open_source
from dynode_cli.pipeline.methods import Methods


def load_examples(places: Sequence[Path], methods: Methods | None, progress: Progress = silent) -> Tensor:
    """Codes (N, *code_shape) of all examples in `places`: code files, pictures, folders of pictures, videos.

    Arguments:
        methods: what inverts pictures; None where there is none.

    Raises:
        InputError: a place holds nothing, or codes of different shapes.
        UsageError: there are pictures, and nothing inverts them.
    """
    found = []
    for place in places:
        if not place.exists():
            raise InputError(f"{place}: no such file or folder")
        if place.suffix == ".safetensors":
            found.append(load_codes(place).codes)
            continue
        if methods is None:
            raise UsageError(
                f"{place}: pictures must be inverted first", hint="name --generator and --weights, or give code files"
            )
        found.append(_inverted(place, methods, progress))
    shapes = {tuple(codes.shape[1:]) for codes in found}
    if len(shapes) > 1:
        raise InputError(f"examples have codes of different shapes: {', '.join(map(str, sorted(shapes)))}")
    return torch.cat(found)


def _inverted(place: Path, methods: Methods, progress: Progress) -> Tensor:
    """Codes of every picture of `place`; each is found for itself, since examples are not frames of one clip."""
    codes = []
    with open_source(str(place)) as source:
        scanned = scan(source)
        with FrameReader(source, scanned) as reader:
            for index in range(len(reader)):
                clip = ShotClip(reader, [index], [0], methods.generator.context.device)
                codes.append(_code(clip, methods))
                progress(index + 1, len(reader))
    return torch.cat(codes)


def _code(clip: ShotClip, methods: Methods) -> Tensor:
    from dynode_cli.pipeline.framed import FramedClip

    if methods.framing is None:
        return methods.inverter.invert(clip, methods.generator).codes.detach().cpu()
    track = methods.framing.estimate(clip, methods.generator.frame_size)
    framed = FramedClip(clip, track.transforms, methods.framing, methods.generator.frame_size)
    return methods.inverter.invert(framed, methods.generator).codes.detach().cpu()
