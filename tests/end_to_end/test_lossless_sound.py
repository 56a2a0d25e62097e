"""Sound of lossless codecs that begins within a packet comes out bit for bit."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from dynode_cli.synthetic.clips import moving_texture
from tests.end_to_end.program import Dynode

RATE = 48_000
START = Fraction(8, 25)


def noise(bits: int) -> Any:
    chance = np.random.default_rng(0).integers(-(1 << bits - 2), 1 << bits - 2, (2, RATE))
    return (chance << 32 - bits >> (16 if bits == 16 else 0)).astype(np.int16 if bits == 16 else np.int32)


def write(path: Path, codec: str, sample_format: str, sound: Any) -> None:
    with av.open(str(path), "w") as container:
        pictures: Any = container.add_stream("ffv1", rate=25)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "bgr0"
        track: Any = container.add_stream(codec, rate=RATE)
        track.codec_context.layout, track.codec_context.format = "stereo", sample_format
        for frame in moving_texture(25, size=(48, 64)):
            container.mux(pictures.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
        container.mux(pictures.encode(None))
        size = track.codec_context.frame_size or 24_000
        for at in range(0, sound.shape[1], size):
            part = sound[:, at : at + size]
            rows = part if sample_format.endswith("p") else part.T.reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(rows), sample_format, "stereo")
            frame.sample_rate, frame.pts = RATE, at
            container.mux(track.encode(frame))
        container.mux(track.encode(None))


def read(path: Path) -> tuple[str, Any]:
    with av.open(str(path)) as container:
        track = container.streams.audio[0]
        frames: list[Any] = list(container.decode(track))
        assert frames[0].pts == 0
        rows = [each.to_ndarray() if each.format.is_planar else each.to_ndarray().reshape(-1, 2).T for each in frames]
        return track.codec_context.name, np.concatenate(rows, axis=1)


@pytest.mark.parametrize(
    ("codec", "sample_format", "bits"),
    [("flac", "s16", 16), ("flac", "s32", 24), ("wavpack", "s16p", 16), ("wavpack", "s32p", 24), ("alac", "s16p", 16),
     ("tta", "s16", 16)],
)  # fmt: skip
def test_what_begins_within_a_packet_is_kept_to_the_sample(
    codec: str, sample_format: str, bits: int, tmp_path: Path, dynode: Dynode
) -> None:
    sound = noise(bits)
    write(tmp_path / "in.mkv", codec, sample_format, sound)
    options = ("--fps", "source", "--start", f"{float(START)}s", "--codec", "ffv1")
    outcome = dynode("interpolate", tmp_path / "in.mkv", *options, "-o", tmp_path / "out.mkv")
    assert outcome.code == 0 and "encoded again" not in outcome.err, outcome.err
    name, heard = read(tmp_path / "out.mkv")
    assert name == codec
    np.testing.assert_array_equal(heard, sound[:, round(START * RATE) :])
