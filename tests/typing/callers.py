"""What type checkers say to those who call dynode: ``mypy --strict`` reads this file; every ignore must be needed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, assert_type

import numpy as np
import torch
from numpy.typing import NDArray

from dynode_cli import (
    Edited,
    Evaluation,
    Frames,
    FrameStream,
    Interpolate,
    Inverted,
    Learned,
    Probed,
    Rate,
    Rendered,
    RenderedCodes,
    Resampled,
    bench,
    edit,
    evaluate,
    forecast,
    interpolate,
    invert,
    iter_frames,
    learn_direction,
    probe,
    render,
    render_frames,
    resample,
)


def sound(clip: Path) -> None:
    """Calls that are right, and what they give."""
    assert_type(interpolate(clip, "out.mp4", fps=240, start="300f", offline=True), Rendered)
    assert_type(interpolate("in.mp4", fps=Fraction(60000, 1001), times=[0, 0.5], cuts="hold"), Rendered)
    assert_type(edit(clip, directions={"smile": 0.8}, images={"a.png": "3f"}, compare="side"), Edited)
    assert_type(evaluate(clip, keep_every=4, methods=["blend", "linear"], metrics=["mobilenet"]), Evaluation)
    assert_type(invert(clip, "codes.safetensors", generator="stylegan2", weights=clip), Inverted)
    assert_type(render("codes.safetensors", "out.mp4", generator="dcgan", rate="2x"), RenderedCodes)
    assert_type(resample("codes.safetensors", "dense.safetensors", rate=60), Resampled)
    assert_type(learn_direction(["a.safetensors"], "b/", output="smile.safetensors", method="svm"), Learned)
    assert_type(probe(clip, scan=False), Probed)
    forecast(clip, fps="2x").cost.memory.bit_length()
    bench("solvers", quick=True).results.to_json()
    request = Interpolate("in.mp4", fps=240)
    assert_type(request.fps, Rate | None)
    assert_type(request.memory, int)


def frames(array: NDArray[np.uint8], tensor: torch.Tensor) -> None:
    """Arrays come back as what they were given as."""
    assert_type(render_frames(Frames(array, rate=25), fps="4x"), NDArray[np.uint8])
    assert_type(render_frames(Frames(tensor, rate=25), [0.0, 0.5]), torch.Tensor)
    assert_type(iter_frames(Frames(tensor, rate=25), fps=50, offline=True), FrameStream[torch.Tensor])
    evaluate(Frames(array, rate=25))
    probe(Frames(array, rate=25))
    render_frames(Frames(array, rate=25), fsp=50)  # type: ignore[call-arg]


def wrong(clip: Any) -> None:
    """Calls that are not."""
    interpolate(clip, fsp=240)  # type: ignore[call-arg]
    interpolate(clip, cuts="blend")  # type: ignore[arg-type]
    interpolate(clip, fps=[240])  # type: ignore[arg-type]
    interpolate(clip, audio="loud")  # type: ignore[arg-type]
    interpolate()  # type: ignore[call-arg]
    edit(clip, directions={"smile": []})  # type: ignore[dict-item]
    edit(clip, transport="teleport")  # type: ignore[arg-type]
    evaluate(clip, gate="x")  # type: ignore[call-arg]
    invert(clip, "codes.safetensors")  # type: ignore[call-arg]
    render("codes.safetensors", generator="dcgan")  # type: ignore[call-arg]
    learn_direction("a", "b", output="c", method="least")  # type: ignore[arg-type]
    bench("everything")  # type: ignore[arg-type]
    probe(clip, scan="no")  # type: ignore[arg-type]
