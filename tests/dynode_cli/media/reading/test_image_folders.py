"""Which files of a folder are frames."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dynode_cli.errors import InputError
from dynode_cli.media.reading.source import open_source
from dynode_cli.synthetic.clips import moving_texture, write_images


def test_hidden_files_are_no_frames(tmp_path: Path, look: Callable[..., Any]) -> None:
    folder = write_images(tmp_path / "shots", moving_texture(4))
    for name in ("._00001.png", "._00002.png", ".DS_Store", ".thumbnail.jpg"):
        (folder / name).write_bytes(b"Mac OS X")
    clip = look(folder)
    assert (len(clip.scan), clip.scan.lost) == (4, 0)
    assert [file.name for file in clip.source.files] == [f"{k:05d}.png" for k in range(1, 5)]


def test_a_folder_of_hidden_files_holds_no_images(tmp_path: Path) -> None:
    (tmp_path / "._1.png").write_bytes(b"Mac OS X")
    with pytest.raises(InputError, match="no images in this folder"):
        open_source(str(tmp_path))
