"""Samples beside an output: their names, their variance, and what is left when something goes wrong."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from dynode_cli.errors import UsageError
from dynode_cli.media.facts import made_video
from dynode_cli.media.writing.writer import VideoWriter
from dynode_cli.pipeline.outputs import MOST_SAMPLES, sample_outputs, sibling
from dynode_cli.pipeline.samples import LOSSLESS, SampledWriter, SpreadMeter, map_info
from dynode_cli.requests.encoding import EncoderOptions

SIZE = (6, 8)
RATE = Fraction(10)


@pytest.mark.parametrize(
    ("output", "first", "variance"),
    [
        ("out.mp4", "out.1.mp4", "out.variance.mkv"),
        ("a/b.webm", "a/b.1.webm", "a/b.variance.mkv"),
        ("frames/", "frames.1/", "frames.variance.mkv"),
        ("frames/%05d.png", "frames.1/%05d.png", "frames.variance.mkv"),
        ("x.safetensors", "x.1.safetensors", "x.variance.safetensors"),
    ],
)
def test_names_lie_beside_the_output(output: str, first: str, variance: str) -> None:
    outputs = sample_outputs(output, 2)
    assert outputs is not None
    assert outputs.samples == [first, first.replace(".1", ".2")] and outputs.variance == variance
    assert sample_outputs(output, 0) is None


def test_a_sibling_of_a_dotted_name_keeps_its_dots() -> None:
    assert sibling("my.clip.v2.mp4", "3") == "my.clip.v2.3.mp4"


def test_what_cannot_be_several_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="only one"):
        sample_outputs("-", 1)
    with pytest.raises(UsageError, match="at most"):
        sample_outputs("out.mp4", MOST_SAMPLES + 1)
    outputs = sample_outputs(str(tmp_path / "out.mp4"), 1)
    assert outputs is not None
    outputs.check(force=False)
    (tmp_path / "out.variance.mkv").touch()
    with pytest.raises(UsageError, match="exists"):
        outputs.check(force=False)
    outputs.check(force=True)


def test_variance_is_that_around_the_mean() -> None:
    random = torch.Generator().manual_seed(0)
    means, draws = torch.rand(3, 4, *SIZE, generator=random), torch.rand(3, 5, 4, *SIZE, generator=random)
    meter = SpreadMeter()
    for k in range(3):
        found = meter(means[k], list(draws[k]), k / 10)
        expected = ((draws[k, :, :3] - means[k, :3]) ** 2).mean(0)
        assert torch.allclose(found, expected, atol=1e-6)
    outputs = sample_outputs("out.mp4", 5)
    assert outputs is not None
    spread = meter.spread(outputs)
    squares = ((draws[:, :, :3] - means[:, None, :3]) ** 2).mean(dim=(1, 2, 3, 4))
    assert spread.deviation == pytest.approx(255 * float(squares.mean().sqrt()), rel=1e-5)
    assert spread.deviation_worst == pytest.approx(255 * float(squares.max().sqrt()), rel=1e-5)
    assert spread.deviation_worst_at == pytest.approx(int(squares.argmax()) / 10)
    assert "5 alternatives written beside it" in spread.told() and "of 255 levels" in spread.told()


def writer_of(output: Path, samples: int) -> SampledWriter:
    info = made_video(str(output), SIZE[1], SIZE[0], RATE, 2)

    def opened(name: str, is_map: bool) -> VideoWriter:
        encoder = LOSSLESS if is_map else EncoderOptions(codec="ffv1")
        return VideoWriter(name, map_info(info) if is_map else info, rate=RATE, size=SIZE[::-1], encoder=encoder)

    return SampledWriter(str(output), sample_outputs(str(output), samples), opened)


def decoded(path: Path, pix_fmt: str) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format=pix_fmt) for frame in container.decode(video=0)]


def test_the_map_holds_the_variance(tmp_path: Path) -> None:
    random = torch.Generator().manual_seed(1)
    means, draws = torch.rand(2, 3, *SIZE, generator=random), torch.rand(2, 3, 3, *SIZE, generator=random)
    draws[0] = torch.lerp(means[0], draws[0], 0.5)
    draws[1] = means[1]
    with writer_of(tmp_path / "out.mkv", 3) as writer:
        for k in range(2):
            writer.write(means[k], list(draws[k]), k / RATE)
    first, second = decoded(tmp_path / "out.variance.mkv", "rgb48le")
    expected = 4 * ((draws[0] - means[0]) ** 2).mean(0).permute(1, 2, 0).numpy()
    assert np.abs(first / 65535 - expected).max() < 2 / 65535
    assert not second.any(), "samples that are the mean have no variance"
    made = decoded(tmp_path / "out.2.mkv", "rgb24")[0] / 255
    assert np.abs(made - draws[0, 1].permute(1, 2, 0).numpy()).max() < 0.6 / 255
    spread = writer.spread()
    assert spread is not None and spread.deviation_worst_at == 0.0


def test_nothing_is_left_of_an_output_that_breaks_off(tmp_path: Path) -> None:
    frame = torch.zeros(3, *SIZE)

    def breaks_off() -> None:
        with writer_of(tmp_path / "out.mkv", 2) as writer:
            writer.write(frame, [frame, frame], Fraction(0))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        breaks_off()
    assert not list(tmp_path.iterdir())


def test_nothing_is_left_where_one_of_them_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "out.2.mkv").touch()
    with pytest.raises(UsageError, match=r"out\.2\.mkv: already exists"):
        writer_of(tmp_path / "out.mkv", 2)
    assert [path.name for path in tmp_path.iterdir()] == ["out.2.mkv"]
