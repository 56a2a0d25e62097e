"""The torch of whoever calls is neither used nor changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import numpy as np
import pytest
import torch

from dynode_cli import Frames, iter_frames, render_frames
from dynode_cli.synthetic.clips import moving_texture

CLIP = np.stack(moving_texture(3, size=(24, 32)))


@contextmanager
def double() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


def state() -> tuple[object, ...]:
    return (
        torch.is_inference_mode_enabled(),
        torch.is_grad_enabled(),
        torch.is_autocast_enabled("cpu"),
        torch.get_default_dtype(),
        torch.get_default_device(),
        torch.get_num_threads(),
    )


@pytest.mark.parametrize(
    "mode",
    [torch.inference_mode, torch.no_grad, lambda: torch.autocast("cpu"), lambda: torch.device("meta"), double],
    ids=["inference", "no-grad", "autocast", "device", "double"],
)
def test_the_modes_of_the_caller_do_not_reach_in(mode: type[AbstractContextManager[None]]) -> None:
    usual = render_frames(Frames(CLIP, rate=10), fps=20)
    with mode():
        before = state()
        made = render_frames(Frames(CLIP, rate=10), fps=20, threads=1)
        assert state() == before
        for frame, again in zip(iter_frames(Frames(CLIP, rate=10), fps=20), made, strict=True):
            assert state() == before
            np.testing.assert_array_equal(frame, again)
    np.testing.assert_array_equal(made, usual)
