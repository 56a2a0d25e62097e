"""What does not make sense gives one clear line and the documented exit code, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from tests.end_to_end.program import Dynode, frame_times


def refused(
    dynode: Dynode, code: int, *words: str, arguments: tuple[object, ...], command: str = "interpolate"
) -> None:
    before = {path for path in Path.cwd().rglob("*") if "home" not in path.parts}
    outcome = dynode(command, *arguments)
    assert outcome.code == code, outcome.err
    errors = [line for line in outcome.err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, outcome.err
    for word in words:
        assert word in outcome.err
    assert {path for path in Path.cwd().rglob("*") if "home" not in path.parts} == before


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--fps", "0"), 2, ("above 0",)),
        (("--fps", "-5"), 2, ("above 0",)),
        (("--fps", "abc"), 2, ("'abc' is not a frame rate",)),
        (("--fps", "1e12"), 2, ("beyond 1000000 fps",)),
        (("--slowmo", "0"), 2, ("factor",)),
        (("--start", "soon"), 2, ("'soon' is not a time",)),
        (("--start", "100s"), 2, ("beyond the end",)),
        (("--start", "2s", "--end", "1s"), 2, ("must come after",)),
        (("--times", "nowhere.txt"), 2, ("nowhere.txt",)),
        (("--codec", "libx265x"), 2, ("libx265x", "libx265")),
        (("--pix-fmt", "yuv421p"), 2, ("yuv421p",)),
        (("--generator", "motoin"), 4, ("motoin", "motion")),
        (("--dynamics", "splien"), 4, ("splien", "spline")),
        (("-G", "nonsense=1"), 2, ("nonsense",)),
        (("-G", "nonsense"), 2, ("nonsense",)),
        (("--device", "tpu0"), 5, ("tpu0",)),
        (("--memory", "lots"), 2, ("lots",)),
        (("--framing", "none2"), 2, ("none2",)),
        (("--frames", "3"), 2, ("--frames",)),
        (("--encoder-opt", "fast"), 2, ("'fast' is not key=value",)),
        (("--crf", "good"), 2, ("--crf", "number")),
    ],
)
def test_options(
    dynode: Dynode, carphone: Path, arguments: tuple[str, ...], code: int, words: tuple[str, ...]
) -> None:
    refused(dynode, code, *words, arguments=(carphone, "-o", "out.mp4", *arguments))


@pytest.mark.parametrize(
    "arguments", [("--codec", "libx265x"), ("--pix-fmt", "yuv421p"), ("--codec", "ffv1", "--crf", "3")]
)
def test_an_encoder_is_refused_before_the_source_is_looked_through(
    dynode: Dynode, monkeypatch: pytest.MonkeyPatch, carphone: Path, arguments: tuple[str, ...]
) -> None:
    def scan(*_: object, **__: object) -> None:
        raise AssertionError("the source was looked through")

    monkeypatch.setattr("dynode_cli.pipeline.prepare.scan", scan)
    refused(dynode, 2, arguments=(carphone, "-o", "out.mp4", *arguments))


def test_video_and_json_do_not_mix(dynode: Dynode, carphone: Path) -> None:
    words = ("both write to standard output",)
    refused(dynode, 2, *words, arguments=(carphone, "-o", "-", "--json"))
    refused(dynode, 2, *words, command="edit", arguments=(carphone, "--direction", "smile", "-o", "-", "--json"))
    refused(dynode, 2, *words, command="render", arguments=("codes.safetensors", "-g", "dcgan", "-o", "-", "--json"))
    planned = dynode("interpolate", carphone, "-o", "-", "--json", "--dry-run")
    assert planned.code == 0 and planned.data["output"] == "-"


def test_no_cuda_device_is_said(dynode: Dynode, carphone: Path) -> None:
    import torch

    beyond = f"cuda:{torch.cuda.device_count()}" if torch.cuda.is_available() else "cuda"
    refused(dynode, 5, "CUDA device", arguments=(carphone, "-o", "out.mp4", "--device", beyond))


def test_inputs_that_are_none(dynode: Dynode) -> None:
    Path("empty.mp4").touch()
    Path("text.mp4").write_text("just some words\n" * 100, encoding="utf-8")
    Path("folder").mkdir()
    refused(dynode, 3, "missing.mp4: no such file", arguments=("missing.mp4", "-o", "out.mp4"))
    refused(dynode, 3, "empty.mp4", "empty", arguments=("empty.mp4", "-o", "out.mp4"))
    refused(dynode, 3, "text.mp4", arguments=("text.mp4", "-o", "out.mp4"))
    refused(dynode, 3, "folder", "no images", arguments=("folder", "-o", "out.mp4"))
    refused(dynode, 3, "nothing_%03d.png", arguments=("folder/nothing_%03d.png", "-o", "out.mp4"))


def test_sound_without_pictures(dynode: Dynode) -> None:
    with av.open("sound.m4a", "w") as out:
        stream = out.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44100
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    refused(dynode, 3, "sound.m4a", "video", arguments=("sound.m4a", "-o", "out.mp4"))


def test_outputs_that_cannot_be(dynode: Dynode, carphone: Path) -> None:
    Path("there.mp4").write_bytes(b"precious")
    Path("in.mp4").write_bytes(carphone.read_bytes())
    refused(dynode, 2, "there.mp4", "--force", arguments=(carphone, "-o", "there.mp4"))
    assert Path("there.mp4").read_bytes() == b"precious"
    refused(dynode, 2, "in.mp4", arguments=("in.mp4", "-o", "in.mp4", "--force"))
    assert Path("in.mp4").read_bytes() == carphone.read_bytes()
    refused(dynode, 2, "there.mp4 is a file", arguments=(carphone, "-o", "there.mp4/out.mp4"))
    refused(dynode, 2, "out.xyz", arguments=(carphone, "-o", "out.xyz"))
    refused(dynode, 2, "--out-dir", arguments=(carphone, carphone, "-o", "out.mp4"))
    refused(dynode, 2, "there.mp4 is a file", arguments=(carphone, "--out-dir", "there.mp4"))


@pytest.mark.parametrize("frames", [1, 2])
@pytest.mark.parametrize("size", [(1, 1), (2, 2), (17, 31), (64, 48)])
def test_tiny_videos_are_rendered(dynode: Dynode, frames: int, size: tuple[int, int]) -> None:
    width, height = size
    rng = np.random.default_rng(0)
    with av.open("tiny.mkv", "w") as out:
        stream = out.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = width, height, "bgr0"
        for _ in range(frames):
            picture = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format="bgr0")))
        out.mux(stream.encode(None))
    outcome = dynode("interpolate", "tiny.mkv", "--fps", "40", "-o", "out.mkv", "--codec", "ffv1")
    assert outcome.code == 0, outcome.err
    assert len(frame_times(Path("out.mkv"))) == 4 * frames


def test_a_truncated_file_is_rendered_as_far_as_it_goes(dynode: Dynode, bunny_with_sound: Path) -> None:
    with av.open(str(bunny_with_sound)) as container, av.open("cut.mkv", "w") as out:
        video = container.streams.video[0]
        copy = out.add_stream_from_template(video)
        for packet in container.demux(video):
            if packet.size:
                packet.stream = copy
                out.mux(packet)
    whole = Path("cut.mkv").read_bytes()
    Path("cut.mkv").write_bytes(whole[: len(whole) // 2])
    outcome = dynode("interpolate", "cut.mkv", "--fps", "source", "-o", "out.mp4", "--json")
    assert outcome.code == 0, outcome.err
    assert 20 < outcome.data["source_frames"] < 132
    assert len(frame_times(Path("out.mp4"))) == outcome.data["frames"]
