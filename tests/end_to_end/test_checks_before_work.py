"""What can be known without decoding a clip is told before torch is imported, let alone the clip looked through."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import dynode_cli
from dynode_cli.media.writing.encoders import available_encoders
from dynode_cli.synthetic.clips import moving_texture, write_clip, write_images
from tests.end_to_end.program import Dynode

FRESH = """
import sys
from dynode_cli.cli import main
code = main(sys.argv[1:])
print([code, sorted({"torch", "scenedetect"} & set(sys.modules))])
"""


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> Path:
    write_clip(tmp_path / "in.mp4", list(moving_texture(6, size=(48, 64))))
    write_images(tmp_path / "plate", list(moving_texture(3, size=(48, 64))))
    (tmp_path / "there.mp4").write_bytes(b"precious")
    (tmp_path / "text.mp4").write_text("no video\n" * 100)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("interpolate none.mp4", 3, "none.mp4: no such file"),
        ("interpolate text.mp4", 3, "text.mp4: not a video"),
        ("interpolate in.mp4 --fps 25%", 2, "'25%' is not a frame rate"),
        ("interpolate in.mp4 -o there.mp4", 2, "there.mp4: already exists"),
        ("interpolate in.mp4 -o in.mp4 --force", 2, "in.mp4: the output is the input"),
        ("interpolate plate -o plate/%05d.png --force", 2, "the output is the input"),
        ("interpolate in.mp4 -o o", 2, "o: the name has no ending"),
        ("interpolate in.mp4 -o in.mp4/o.mp4", 2, "in.mp4 is a file, not a folder"),
        ("interpolate in.mp4 -o o.mp4 --codec h264_nvenc", 2, "it needs an NVIDIA GPU and its driver"),
        ("interpolate in.mp4 -o o.mp4 --preset hasty", 2, "libx264 refuses 64 x 48 yuv420p"),
        ("interpolate in.mp4 -o o.mp4 --encoder-opt crv=3", 2, "libx264 has no option 'crv'"),
        ("interpolate in.mp4 -o o.mp4 -d splien", 4, "splien"),
        ("interpolate in.mp4 -o o.mp4 --samples 2 -g motionn", 4, "motionn"),
        ("interpolate in.mp4 -o o.gif --fps 60", 2, "o.gif: players show at most 50 frames of a GIF a second"),
        ("interpolate in.mp4 -o o.avi --times 0,0.1", 2, "o.avi: avi holds only evenly spaced frames"),
        ("interpolate in.mp4 --slowmo 2 --audio copy", 2, "sound cannot be copied into slow motion"),
        ("edit in.mp4 --direction smile -o there.mp4", 2, "there.mp4: already exists"),
        ("edit in.mp4 --image none.png", 3, "none.png: no such file"),
        ("edit in.mp4 --direction smile -o o.mp4 --report o.mp4", 2, "--report o.mp4: is one of the videos"),
        (
            "edit in.mp4 --direction smile -o o.mp4 --report in.mp4 --force",
            2,
            "--report in.mp4: is one of the videos",
        ),
        (
            "edit plate --direction smile -o o.mp4 --report plate/00001.png --force",
            2,
            "00001.png: the output is the input",
        ),
        ("invert in.mp4 -g dcgan -o there.mp4", 2, "codes are written as .safetensors"),
        ("eval none.mp4", 3, "none.mp4: no such file"),
        ("render none.safetensors -o o.mp4 -g dcgan", 3, "none.safetensors: no such file"),
        ("resample none.safetensors -o o.safetensors --rate 2x", 3, "none.safetensors: no such file"),
        ("probe none.mp4", 3, "none.mp4: no such file"),
    ],
)
def test_it_is_told_before_torch_is_imported(files: Path, words: str, code: int, said: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", FRESH, *words.split()], capture_output=True, text=True, check=True, cwd=files
    )
    gave, imported = ast.literal_eval(run.stdout)
    (error,) = [line for line in run.stderr.splitlines() if line.startswith("error: ")]
    assert gave == code and said in error
    assert imported == []
    assert (files / "there.mp4").read_bytes() == b"precious"


def test_python_is_told_before_torch_is_imported_too(files: Path) -> None:
    code = (
        "import sys, dynode_cli\n"
        "try: dynode_cli.interpolate('in.mp4', 'there.mp4')\n"
        "except dynode_cli.UsageError as error: print(error, 'torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=files)
    assert run.stdout == "there.mp4: already exists False\n"


def test_an_encoder_of_frames_that_are_made_in_another_size_is_tried_only_with_these(dynode: Dynode) -> None:
    # DNxHD has a list of sizes, and what a generator makes has a size of its own.
    outcome = dynode("interpolate", "in.mp4", "-o", "o.mov", "--codec", "dnxhd")
    assert outcome.code == 2 and "dnxhd refuses 64 x 48" in outcome.err
    outcome = dynode("interpolate", "in.mp4", "-o", "o.mov", "--codec", "dnxhd", "-g", "dcgan")
    assert "refuses" not in outcome.err


@pytest.mark.parametrize("codec", ["libx264", "libx265", "mpeg4", "mpeg2video", "ffv1", "prores_ks", "libsvtav1"])
def test_an_encoder_that_works_is_not_refused(files: Path, codec: str) -> None:
    if codec not in available_encoders():
        pytest.skip(f"this FFmpeg has no {codec}")
    made = dynode_cli.interpolate("in.mp4", "o.mkv", codec=codec, fps="2x")
    assert made.frames == 12


@pytest.mark.parametrize("output", ["new/o.mp4", "new/far/%04d.png", "new/images/"])
def test_the_folder_of_an_output_is_made(dynode: Dynode, files: Path, output: str) -> None:
    assert dynode("interpolate", "in.mp4", "--start", "100s", "-o", output).code == 2
    assert not (files / "new").exists()
    assert dynode("interpolate", "in.mp4", "--dry-run", "-o", output).code == 0
    assert not (files / "new").exists()
    assert dynode("interpolate", "in.mp4", "--fps", "2x", "-o", output).code == 0
    assert list((files / "new").rglob("*.*"))


def test_the_folder_of_several_outputs_is_made(dynode: Dynode, files: Path) -> None:
    assert dynode("interpolate", "in.mp4", "text.mp4", "--fps", "2x", "--out-dir", "new").code == 7
    assert [path.name for path in (files / "new").iterdir()] == ["in-50fps.mp4"]


def test_a_pattern_that_no_shell_expanded_is_expanded(dynode: Dynode, files: Path) -> None:
    for name in ("a1.mp4", "a2.mp4"):
        (files / name).write_bytes((files / "in.mp4").read_bytes())
    assert dynode("interpolate", "a?.mp4", "--fps", "2x", "--out-dir", "new").code == 0
    assert sorted(path.name for path in (files / "new").iterdir()) == ["a1-50fps.mp4", "a2-50fps.mp4"]
    outcome = dynode("interpolate", "*.mov")
    assert outcome.code == 3 and "*.mov: no file matches this pattern" in outcome.err
    assert dynode("probe", "i*.mp4", "--no-scan").code == 0
    outcome = dynode("probe", "a*.mp4")
    assert outcome.code == 2 and "2 files match, and one is wanted" in outcome.err


def test_an_output_without_its_option_is_told_apart_from_an_input(dynode: Dynode, files: Path) -> None:
    outcome = dynode("interpolate", "in.mp4", "o.mp4")
    assert outcome.code == 2
    assert "hint: to write o.mp4, say -o o.mp4" in outcome.err.splitlines()
    assert not list(files.glob("in-*"))
    # Not where two clips are there, or nothing that could be written is named.
    assert dynode("interpolate", "in.mp4", "there.mp4", "--fps", "2x").code == 7
    assert "say -o" not in dynode("interpolate", "in.mp4", "o.txt", "--force").err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("-o", "o.mp4"), True),
        (("-o", "o.mp4", "--crf", "47"), False),
        (("-o", "o.mkv", "--fps", "1x"), False),
        (("-o", "o.mp4", "--end", "3f"), False),
        (("-o", "o.webm"), False),
        (("-o", "%03d.png"), False),
    ],
)
def test_little_room_on_the_disk_is_told(
    dynode: Dynode, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: bool
) -> None:
    # 12 frames of 64 x 48 pixels take about 616 bytes at crf 17.
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=500))
    outcome = dynode("interpolate", "in.mp4", "--dry-run", *arguments)
    assert outcome.code == 0
    assert ("o.mp4: about 616 B will be written, and 500 B are free there" in outcome.err) is told
