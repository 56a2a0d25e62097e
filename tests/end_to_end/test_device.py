"""Whole runs on a device that is not the CPU: what is read, moved, edited and written."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from dynode_cli import edit, interpolate
from dynode_cli.synthetic.awkward import SyntheticVideo
from dynode_cli.testing.pretended_cuda import pretended_cuda

LOSSLESS = "ffv1"


def frames(path: Path) -> NDArray[np.float64]:
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]).astype(float)


@pytest.mark.filterwarnings("ignore:paint on a face is followed without its landmarks")
@pytest.mark.parametrize("job", ["interpolate", "paint"])
def test_a_run_on_another_device_writes_the_same_video(
    dynode_moving_clip: SyntheticVideo, tmp_path: Path, job: str
) -> None:
    source = dynode_moving_clip.path
    painted = tmp_path / "painted.png"
    with av.open(str(source)) as container, av.open(str(painted), "w") as output:
        first = next(container.decode(video=0)).to_ndarray(format="rgb24")
        first[20:40, 30:50] = (255, 0, 0)
        stream = output.add_stream("png")
        stream.width, stream.height, stream.pix_fmt = first.shape[1], first.shape[0], "rgb24"
        output.mux(stream.encode(av.VideoFrame.from_ndarray(first)))
        output.mux(stream.encode(None))
    made = []
    for name, place in (("cpu", nullcontext()), ("cuda", pretended_cuda())):
        target = tmp_path / f"{name}.mkv"
        with place:
            if job == "interpolate":
                interpolate(source, target, fps="2x", device=name, codec=LOSSLESS)
            else:
                edit(source, target, images={painted: None}, device=name, codec=LOSSLESS)
        made.append(frames(target))
    assert made[0].shape == made[1].shape
    # Levels of 255: OpenCV reads at 32 places within a pixel, of which those beside a whole one lie half as far apart
    # again once the kernel's own shift is taken out; a GPU reads at any.
    assert np.abs(made[0] - made[1]).mean() < 0.02
