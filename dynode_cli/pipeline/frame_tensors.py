"""Frames as tensors in a file, for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from dynode_cli.contracts import Progress
from dynode_cli.errors import DeviceError
from dynode_cli.files.tensors import save_tensors
from dynode_cli.pipeline.outputs import SampleOutputs
from dynode_cli.pipeline.samples import Spread, SpreadMeter

_LARGEST = 8 << 30
"""Bytes that are gathered; more belongs into a video."""


def save_frames(
    frames: Iterable[tuple[Tensor, Sequence[Tensor]]],
    times: Tensor,
    size: tuple[int, int],
    output: str,
    outputs: SampleOutputs | None,
    progress: Progress,
    *,
    force: bool = False,
) -> Spread | None:
    """Write `frames`, each with its samples, as tensors ``frames`` (T, 3, H, W) and ``times``.

    Arguments:
        times: (T,) seconds.
        size: (H, W).
        outputs: where samples go, and their ``variance`` (T, 3, H, W).
        force: whether files that are there may be replaced.

    Raises:
        DeviceError: they are too large, or cannot be written.
    """
    names = [output, *(() if outputs is None else outputs.samples)]
    shape = (len(times), 3, *size)
    tensors = len(names) + (outputs is not None)
    if tensors * 4 * torch.Size(shape).numel() > _LARGEST:
        raise DeviceError(f"{output}: the frames would take more than 8 GiB", hint="write a video or images instead")
    made = torch.empty((len(names), *shape))
    variance = None if outputs is None else torch.empty(shape)
    meter = SpreadMeter()
    for k, (frame, drawn) in enumerate(frames):
        for row, each in zip(made, (frame, *drawn), strict=True):
            row[k] = each.cpu()
        if variance is not None:
            variance[k] = meter(frame, drawn, float(times[k] - times[0])).cpu()
        progress(k + 1, len(times))
    for name, row in zip(names, made, strict=True):
        save_tensors(name, {"frames": row, "times": times}, replace=force)
    if outputs is None or variance is None:
        return None
    save_tensors(outputs.variance, {"variance": variance, "times": times}, replace=force)
    return meter.spread(outputs)
