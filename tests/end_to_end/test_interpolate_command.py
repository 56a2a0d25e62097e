"""`dynode interpolate` on real clips."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from dynode_cli import Interpolate, interpolate
from dynode_metrics.psnr import psnr
from tests.end_to_end.program import Dynode, frame_times, packets


def frames(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_rate_duration_and_sound(dynode: Dynode, bunny_with_sound: Path) -> None:
    outcome = dynode("interpolate", bunny_with_sound, "--fps", "60", "--end", "1s", "-o", "out.mp4", "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.data["frames"] == 60
    assert frame_times(Path("out.mp4")) == [Fraction(k, 60) for k in range(60)]
    whole, part = packets(bunny_with_sound, "audio"), packets(Path("out.mp4"), "audio")
    assert part == whole[: len(part)] and len(part) > 40, "sound is copied, not encoded again"


def test_source_frames_come_back_exactly(dynode: Dynode, carphone: Path) -> None:
    outcome = dynode("interpolate", carphone, "--fps", "2x", "--end", "10f", "-o", "out.mkv", "--codec", "ffv1")
    assert outcome.code == 0, outcome.err
    assert (
        dynode("interpolate", carphone, "--fps", "source", "--end", "10f", "-o", "same.mkv", "--codec", "ffv1").code
        == 0
    )
    doubled, same = frames(Path("out.mkv")), frames(Path("same.mkv"))
    assert (len(doubled), len(same)) == (20, 10)
    for index in range(10):
        assert np.array_equal(doubled[2 * index], same[index])


def test_frames_between_follow_the_motion(dynode: Dynode, carphone: Path) -> None:
    """Every second frame is dropped by the program itself, then made again: better than a cross-fade."""
    assert (
        dynode("interpolate", carphone, "--fps", "0.5x", "--end", "40f", "-o", "half.mkv", "--codec", "ffv1").code
        == 0
    )
    assert dynode("interpolate", "half.mkv", "--fps", "2x", "-o", "back.mkv", "--codec", "ffv1").code == 0
    truth, half, back = frames(carphone), frames(Path("half.mkv")), frames(Path("back.mkv"))
    made = [psnr(truth[2 * i + 1], back[2 * i + 1]) for i in range(19)]
    faded = [psnr(truth[2 * i + 1], (half[i] / 510 + half[i + 1] / 510)) for i in range(19)]
    assert np.mean(made) > np.mean(faded) + 0.7


def test_nothing_is_blended_across_a_cut(dynode: Dynode, bikes: Path) -> None:
    outcome = dynode(
        "interpolate",
        bikes,
        "--fps",
        "100",
        "--start",
        "28f",
        "--end",
        "32f",
        "-o",
        "cut.mkv",
        "--codec",
        "ffv1",
        "--json",
    )
    assert outcome.code == 0, outcome.err
    assert outcome.data["shots"] == 2
    made, real = frames(Path("cut.mkv")), frames(bikes)
    # Frame 29 is the last of its shot: it is held until frame 30, four output frames later.
    for k in range(4, 8):
        assert psnr(real[29], made[k]) > 38
    assert psnr(real[30], made[8]) > 38


def test_slow_motion_keeps_the_rate_and_stretches_sound(dynode: Dynode, bunny_with_sound: Path) -> None:
    outcome = dynode(
        "interpolate", bunny_with_sound, "--slowmo", "2", "--start", "1s", "--end", "1.6s", "-o", "slow.mp4", "--json"
    )
    assert outcome.code == 0, outcome.err
    times = frame_times(Path("slow.mp4"))
    assert len(times) == 30 and times[1] - times[0] == Fraction(1, 25)
    with av.open("slow.mp4") as container:
        sound = container.streams.audio[0]
        seconds = sum(frame.samples for frame in container.decode(sound)) / sound.rate
    assert seconds == pytest.approx(1.2, abs=0.1)


def test_listed_times(dynode: Dynode, carphone: Path) -> None:
    Path("times.txt").write_text("0, 0.1  # two on a line\n0.25s\n00:00:01\n", encoding="utf-8")
    outcome = dynode("interpolate", carphone, "--times", "times.txt", "-o", "listed.mkv", "--json")
    assert outcome.code == 0, outcome.err
    assert [float(t) for t in frame_times(Path("listed.mkv"))] == pytest.approx([0, 0.1, 0.25, 1], abs=0.001)


def test_image_sequences_in_and_out(dynode: Dynode, carphone: Path) -> None:
    assert dynode("interpolate", carphone, "--fps", "source", "--end", "4f", "-o", "in/").code == 0
    Path("out").mkdir()
    outcome = dynode("interpolate", "in", "--input-rate", "24", "--fps", "48", "-o", "out/%03d.png", "--json")
    assert outcome.code == 0, outcome.err
    assert len(list(Path("out").iterdir())) == outcome.data["frames"] == 8


@pytest.mark.parametrize(
    ("output", "said"), [("out.xyz", "not an ending that can be written"), ("in.mp4", "the output is the input")]
)
def test_dry_run_refuses_what_the_run_refuses(dynode: Dynode, carphone: Path, output: str, said: str) -> None:
    Path("in.mp4").write_bytes(carphone.read_bytes())
    for dry in ([], ["--dry-run"]):
        outcome = dynode("interpolate", "in.mp4", "--fps", "240", "-o", output, "--force", *dry)
        assert outcome.code == 2
        assert said in outcome.err
    assert Path("in.mp4").read_bytes() == carphone.read_bytes()


def test_dry_run_says_what_it_would_do_and_does_nothing(dynode: Dynode, carphone: Path) -> None:
    outcome = dynode("interpolate", carphone, "--fps", "240", "-o", "never.mp4", "--dry-run", "--json")
    assert outcome.code == 0, outcome.err
    plan = outcome.data
    assert plan["frames"] == int(Fraction(120 * 1001, 30000) * 240) and plan["shots"] == 1
    assert plan["seconds"] > 0 and plan["memory_bytes"] > 1 << 28
    assert not Path("never.mp4").exists()


def test_a_batch_goes_on_after_a_failure(dynode: Dynode, carphone: Path) -> None:
    Path("broken.mp4").write_text("not a video", encoding="utf-8")
    Path("done").mkdir()
    outcome = dynode(
        "interpolate", "broken.mp4", carphone, "--fps", "40", "--end", "4f", "--out-dir", "done", "--json"
    )
    assert outcome.code == 7
    assert "1 of 2 inputs failed: broken.mp4" in outcome.err
    assert [path.name for path in Path("done").iterdir()] == ["carphone_pristine-40fps.mp4"]


def test_a_run_leaves_its_settings_and_report(dynode: Dynode, carphone: Path, home: Path) -> None:
    assert dynode("interpolate", carphone, "--fps", "40", "--end", "4f", "-o", "out.mp4", "-q").code == 0
    (run,) = (home / "runs").iterdir()
    config = json.loads((run / "config.json").read_text(encoding="utf-8"))
    report = json.loads((run / "report.json").read_text(encoding="utf-8"))
    assert Interpolate.from_json(config["request"]) == Interpolate(
        carphone, "out.mp4", fps=40, end="4f", offline=True
    )
    assert report["frames"] == 5 and report["fits"]["0"]["method"] == "spline"


def test_quiet_says_nothing_and_standard_output_takes_matroska(dynode: Dynode, carphone: Path) -> None:
    outcome = dynode("interpolate", carphone, "--fps", "40", "--end", "4f", "-o", "out.mp4", "-q")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")


def test_from_python(carphone: Path) -> None:
    rendered = interpolate(carphone, "api.mp4", fps=60, end=0.2)
    assert rendered.frames == 12 and Path("api.mp4").is_file()
    assert {"invert", "fit", "synthesise", "encode"} <= set(rendered.seconds)


def test_linear_and_spline_differ_only_between_source_frames(dynode: Dynode, carphone: Path) -> None:
    for name in ("linear", "spline"):
        code = dynode(
            "interpolate", carphone, "--end", "6f", "-o", f"{name}.mkv", "--codec", "ffv1", "--dynamics", name
        ).code
        assert code == 0
    linear, spline = frames(Path("linear.mkv")), frames(Path("spline.mkv"))
    assert all(np.array_equal(linear[k], spline[k]) for k in range(0, 12, 2))
    assert not any(np.array_equal(linear[k], spline[k]) for k in range(1, 9, 2))


def test_even_spacing_at_an_ntsc_rate(dynode: Dynode, carphone: Path) -> None:
    assert dynode("interpolate", carphone, "--fps", "60000/1001", "--end", "10f", "-o", "ntsc.mp4").code == 0
    times = frame_times(Path("ntsc.mp4"))
    assert {after - before for before, after in pairwise(times)} == {Fraction(1001, 60000)}


def test_a_loop_has_no_seam(dynode: Dynode, carphone: Path) -> None:
    lossless = ("--end", "8f", "-o", "short.mkv", "--codec", "ffv1")
    assert dynode("interpolate", carphone, "--fps", "source", *lossless).code == 0
    for name, flags in (("loop", ["--loop"]), ("held", [])):
        arguments = ("short.mkv", "--fps", "2x", "-o", f"{name}.mkv", "--codec", "ffv1", *flags)
        assert dynode("interpolate", *arguments).code == 0
    loop, held = frames(Path("loop.mkv")), frames(Path("held.mkv"))
    assert len(loop) == len(held) == 16
    assert np.array_equal(held[15], held[14]), "without --loop the last frame is held"
    # With it the last frame made lies between the last and the first of the source.
    assert psnr(loop[15], loop[0]) > psnr(loop[14], loop[0]) + 1
    assert not np.array_equal(loop[15], loop[14])


def test_samples_go_through_the_source_frames_and_their_variance_is_mapped(dynode: Dynode, carphone: Path) -> None:
    common = (carphone, "--fps", "2x", "--end", "9f", "--codec", "ffv1", "-d", "sde", "--json")
    outcome = dynode("interpolate", *common, "--samples", "2", "-o", "out.mkv")
    assert outcome.code == 0, outcome.err
    assert dynode("interpolate", *common, "-o", "plain.mkv").code == 0
    mean, one, two = (frames(Path(name)) for name in ("out.mkv", "out.1.mkv", "out.2.mkv"))
    assert all(np.array_equal(a, b) for a, b in zip(mean, frames(Path("plain.mkv")), strict=True))
    spread = outcome.data["spread"]
    assert spread["samples"] == ["out.1.mkv", "out.2.mkv"] and spread["variance"] == "out.variance.mkv"
    with av.open("out.variance.mkv") as container:
        variance = [frame.to_ndarray(format="rgb48le") / 65535 / 4 for frame in container.decode(video=0)]
    assert len(variance) == len(mean) == len(one) == len(two) == 18
    for k in range(0, 18, 2):
        assert np.array_equal(one[k], mean[k]) and np.array_equal(two[k], mean[k]) and not variance[k].any()
    between = range(1, 16, 2)
    assert all(variance[k].any() for k in between)
    worst = max(between, key=lambda k: variance[k].mean())
    squares = [((sample[worst] / 255 - mean[worst] / 255) ** 2).mean() for sample in (one, two)]
    assert np.mean(squares) == pytest.approx(variance[worst].mean(), rel=0.2)
    assert not np.array_equal(one[1], two[1])
    deviation = 255 * np.mean([each.mean() for each in variance]) ** 0.5
    assert spread["deviation"] == pytest.approx(deviation, rel=0.05)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-d", "spline", "-o", "out.mkv"), "spline' knows no uncertainty"),
        (("-d", "sde", "-o", "-"), "only one"),
        (("-d", "sde", "-o", "taken.mkv"), "taken.variance.mkv: already exists"),
    ],
)
def test_samples_that_cannot_be_had_are_refused_at_once(
    dynode: Dynode, carphone: Path, arguments: tuple[str, ...], words: str
) -> None:
    Path("taken.variance.mkv").touch()
    outcome = dynode("interpolate", carphone, "--samples", "2", *arguments)
    assert outcome.code == 2 and words in outcome.err
    assert [path.name for path in Path().glob("*.mkv")] == ["taken.variance.mkv"]


def test_what_auto_chose_from_is_told_to_those_who_ask(dynode: Dynode, carphone: Path) -> None:
    outcome = dynode("-v", "interpolate", carphone, "--end", "8f", "-d", "auto", "-o", "out.mp4")
    assert outcome.code == 0, outcome.err
    assert "linear" in outcome.err and "gp matern32" in outcome.err and "(kept)" in outcome.err
    assert "(kept)" not in dynode("interpolate", carphone, "--end", "8f", "-d", "auto", "-o", "again.mp4").err


def test_two_inputs_of_a_batch_are_not_written_over_each_other(dynode: Dynode, carphone: Path) -> None:
    for folder in ("one", "two", "out"):
        Path(folder).mkdir()
    for folder, end in (("one", "2f"), ("two", "3f")):
        assert dynode("interpolate", carphone, "--fps", "source", "--end", end, "-o", f"{folder}/clip.mp4").code == 0
    outcome = dynode("interpolate", "one/clip.mp4", "two/clip.mp4", "--out-dir", "out", "--force", "--json")
    assert outcome.code == 7 and "just made from one/clip.mp4" in outcome.err
    done, refused = outcome.data
    assert done["frames"] == 4 and "just made" in refused["error"]
    assert len(frame_times(Path(done["output"]))) == 4


def test_a_video_with_a_pattern_for_a_name_is_a_video(dynode: Dynode, carphone: Path) -> None:
    for name in ("100%.mp4", "a%05d.mp4"):
        Path(name).write_bytes(carphone.read_bytes())
    for name, made in (("100%.mp4", "100%-5fps.mp4"), ("a%05d.mp4", "a05d-5fps.mp4")):
        outcome = dynode("interpolate", name, "--fps", "5", "--end", "1s")
        assert outcome.code == 0, outcome.err
        assert len(frame_times(Path(made))) == 5


def test_listed_times_at_another_rate_have_no_sound(dynode: Dynode, bunny_with_sound: Path) -> None:
    Path("times.txt").write_text("0, 0.5, 1")
    arguments = (bunny_with_sound, "--times", "times.txt")
    outcome = dynode("interpolate", *arguments, "--fps", "10", "-o", "paced.mp4")
    assert outcome.code == 0 and "left out" in outcome.err
    with av.open("paced.mp4") as container:
        assert [stream.type for stream in container.streams] == ["video"]
    assert dynode("interpolate", *arguments, "-o", "own.mp4").code == 0
    assert packets(Path("own.mp4"), "audio")


def test_a_single_frame_lasts_as_long_as_the_source(dynode: Dynode, carphone: Path) -> None:
    outcome = dynode("interpolate", carphone, "--fps", "0.1", "--end", "1s", "-o", "one.mp4", "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.data["frames"] == 1 and outcome.data["duration"] == pytest.approx(1.0)
    with av.open("one.mp4") as container:
        assert container.duration == pytest.approx(1_000_000, abs=1000)
