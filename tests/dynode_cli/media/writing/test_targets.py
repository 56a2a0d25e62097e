"""What an output may be: a file, links, named pipes; and what lies beside it is not ours."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from fractions import Fraction
from pathlib import Path

import av
import pytest

from dynode_cli.errors import UsageError
from dynode_cli.media.facts import MediaInfo
from dynode_cli.media.reading.probe import probe
from dynode_cli.media.reading.source import open_source
from dynode_cli.media.writing.target import check_target
from dynode_cli.media.writing.writer import VideoWriter
from dynode_cli.synthetic.clips import moving_texture, write_clip

FRAMES = moving_texture(6, size=(48, 64))
RATE = Fraction(25)


@pytest.fixture
def info(tmp_path: Path) -> MediaInfo:
    folder = tmp_path / "source"
    folder.mkdir()
    return probe(open_source(str(write_clip(folder / "in.mp4", FRAMES))))


def write(target: object, info: MediaInfo, *, force: bool = False) -> None:
    with VideoWriter(str(target), info, rate=RATE, force=force) as writer:
        for k, frame in enumerate(FRAMES):
            writer.write(frame, k / RATE)


def frames_in(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_a_file_named_like_a_part_is_the_users(tmp_path: Path, info: MediaInfo) -> None:
    (tmp_path / "out.mp4.part").write_text("the user's")
    write(tmp_path / "out.mp4", info)
    assert (tmp_path / "out.mp4.part").read_text() == "the user's" and frames_in(tmp_path / "out.mp4") == 6


def test_a_folder_named_like_a_part_is_the_users(tmp_path: Path, info: MediaInfo) -> None:
    (tmp_path / "out.part").mkdir()
    (tmp_path / "out.part" / "download").write_text("the user's")
    write(f"{tmp_path}/out/", info)
    assert (tmp_path / "out.part" / "download").read_text() == "the user's"
    assert len(list((tmp_path / "out").iterdir())) == 6


def test_two_writers_of_one_file_give_a_whole_one(tmp_path: Path, info: MediaInfo) -> None:
    """Of writers that are used without a claim, the last that was allowed to replace has it."""
    first = VideoWriter(f"{tmp_path}/out.mkv", info, rate=RATE, force=True)
    second = VideoWriter(f"{tmp_path}/out.mkv", info, rate=RATE, force=True)
    for k, frame in enumerate(FRAMES):
        first.write(frame, k / RATE)
        if k < 4:
            second.write(frame, k / RATE)
    first.close()
    assert frames_in(tmp_path / "out.mkv") == 6
    second.close()
    assert frames_in(tmp_path / "out.mkv") == 4


def test_images_are_replaced_and_what_else_is_there_stays(tmp_path: Path, info: MediaInfo) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(1, 10):
        (folder / f"{number:05d}.png").write_text("old")
    (folder / "notes.txt").write_text("the user's")
    (tmp_path / "link").symlink_to("images")
    write(f"{tmp_path}/link/", info, force=True)
    assert sorted(path.name for path in folder.iterdir()) == [*(f"{k:05d}.png" for k in range(1, 7)), "notes.txt"]
    assert (tmp_path / "link").is_symlink() and not any(path.read_bytes() == b"old" for path in folder.iterdir())


def test_a_link_to_a_file_is_followed_if_that_may_be_replaced(tmp_path: Path, info: MediaInfo) -> None:
    (tmp_path / "real.mp4").write_text("old")
    (tmp_path / "out.mp4").symlink_to("real.mp4")
    with pytest.raises(UsageError, match="already exists"):
        write(tmp_path / "out.mp4", info)
    write(tmp_path / "out.mp4", info, force=True)
    assert (tmp_path / "out.mp4").is_symlink() and frames_in(tmp_path / "real.mp4") == 6


def test_a_link_to_nothing_is_refused_before_work(tmp_path: Path) -> None:
    (tmp_path / "out.mp4").symlink_to("nothing.mp4")
    with pytest.raises(UsageError, match=r"is a link to nothing\.mp4"):
        check_target(f"{tmp_path}/out.mp4", None, force=True)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
@pytest.mark.parametrize(("name", "kind"), [("pipe", "matroska"), ("pipe.mkv", "matroska"), ("pipe.ts", "mpegts")])
def test_a_named_pipe_is_written_to(tmp_path: Path, info: MediaInfo, name: str, kind: str) -> None:
    os.mkfifo(tmp_path / name)
    copy = tmp_path / "copy"
    reader = threading.Thread(target=lambda: copy.write_bytes((tmp_path / name).read_bytes()))
    reader.start()
    write(tmp_path / name, info)
    reader.join()
    assert (tmp_path / name).is_fifo() and frames_in(copy) == 6
    with av.open(str(copy)) as container:
        assert kind in container.format.name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", name, "source"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_takes_nothing_that_must_go_back(tmp_path: Path, info: MediaInfo) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(UsageError, match=r"a pipe takes no mp4, whose beginning is written last"):
        write(tmp_path / "pipe.mp4", info)


@pytest.mark.skipif(not sys.platform.startswith(("linux", "darwin")), reason="limits of POSIX")
@pytest.mark.parametrize("target", ["out.mkv", "out.mp4", "images/"])
def test_files_that_may_not_grow_leave_nothing(tmp_path: Path, info: MediaInfo, target: str) -> None:
    code = """
import resource, sys
from fractions import Fraction
from dynode_cli.errors import DeviceError
from dynode_cli.media.reading.probe import probe
from dynode_cli.media.reading.source import open_source
from dynode_cli.media.writing.writer import VideoWriter
from dynode_cli.synthetic.clips import moving_texture
info = probe(open_source(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))
try:
    with VideoWriter(sys.argv[2], info, rate=Fraction(25)) as writer:
        for k, frame in enumerate(moving_texture(6, size=(48, 64))):
            writer.write(frame, Fraction(k, 25))
except DeviceError as error:
    print(error)
"""
    command = [sys.executable, "-c", code, str(tmp_path / "source" / "in.mp4"), f"{tmp_path}/{target}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "the file may not grow any more" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_the_null_device_takes_everything(info: MediaInfo) -> None:
    write(os.devnull, info)
    write(os.devnull, info, force=True)
    assert not Path(os.devnull).is_file()


def test_sockets_and_devices_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("out.mp4")
        with pytest.raises(UsageError, match=r"out\.mp4: is a socket, and no file"):
            check_target("out.mp4", None, force=True)
    if Path("/dev/full").is_char_device():
        Path("out.mkv").symlink_to("/dev/full")
        with pytest.raises(UsageError, match=r"out\.mkv: is a device, and no file"):
            check_target("out.mkv", None, force=True)
