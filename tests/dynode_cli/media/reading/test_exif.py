"""Pictures that a camera took lying down, and says so."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from dynode_cli import interpolate
from dynode_cli.media.reading.exif import orientation_of
from dynode_cli.media.rotation import turned
from tests.dynode_cli.media.conftest import Opened

Look = Callable[..., Opened]
KINDS = ["jpg", "png", "webp"]
ORIENTATIONS = range(1, 9)


def picture() -> Any:
    """Upright: white above left, half grey above right."""
    image = np.zeros((32, 48, 3), np.uint8)
    image[:8, :16], image[:8, 32:] = 255, 128
    return image


def lying(orientation: int) -> Any:
    """The pixels that a camera stores for :func:`picture` under this orientation, see Exif, tag 274."""
    image = picture()
    return {
        1: lambda: image,
        2: lambda: image[:, ::-1],
        3: lambda: image[::-1, ::-1],
        4: lambda: image[::-1],
        5: lambda: image.transpose(1, 0, 2),
        6: lambda: np.rot90(image),
        7: lambda: np.rot90(image, 2).transpose(1, 0, 2),
        8: lambda: np.rot90(image, -1),
    }[orientation]()


def exif(orientation: int, order: str = "<") -> bytes:
    other = struct.pack(f"{order}HHII", 0x011A, 5, 1, 38)
    entry = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(f"{order}IH", 8, 2) + other + entry + struct.pack(f"{order}III", 0, 72, 1)


def write_photo(path: Path, orientation: int, order: str = "<") -> Path:
    """A photo as a camera writes it: `.jpg`, `.png` or `.webp`."""
    image, data = np.ascontiguousarray(lying(orientation)), exif(orientation, order)
    options = {".jpg": [cv2.IMWRITE_JPEG_QUALITY, 100], ".webp": [cv2.IMWRITE_WEBP_QUALITY, 101]}
    plain = cv2.imencode(path.suffix, image, options.get(path.suffix, []))[1].tobytes()
    if path.suffix == ".jpg":
        segment = b"Exif\0\0" + data
        made = plain[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + plain[2:]
    elif path.suffix == ".png":
        chunk = b"eXIf" + data
        made = plain[:33] + struct.pack(">I", len(data)) + chunk + struct.pack(">I", zlib.crc32(chunk)) + plain[33:]
    else:
        height, width = image.shape[:2]
        size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
        body = b"WEBPVP8X" + struct.pack("<IB3x", 10, 8) + size + plain[12:] + b"EXIF" + struct.pack("<I", len(data))
        made = b"RIFF" + struct.pack("<I", len(body) + len(data)) + body + data
    path.write_bytes(made)
    return path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_every_orientation_is_known(tmp_path: Path, look: Look, kind: str, orientation: int) -> None:
    clip = look(write_photo(tmp_path / f"photo.{kind}", orientation))
    matrix = clip.info.display_matrix
    assert (matrix is None) == (orientation == 1)
    image = clip.frames()[0][..., :3]
    upright = image if matrix is None else turned(image, matrix)
    assert upright.shape == picture().shape
    assert np.abs(upright.astype(int) - picture()).mean() < 4


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_data_are_found_in_either_order_of_bytes(tmp_path: Path, kind: str, order: str) -> None:
    path = write_photo(tmp_path / f"photo.{kind}", 7, order)
    assert orientation_of(path) == 7
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        assert orientation_of(path) in (7, None)


def test_files_without_exif_data_have_no_orientation(tmp_path: Path) -> None:
    for kind in KINDS:
        cv2.imwrite(str(tmp_path / f"plain.{kind}"), picture())
        assert orientation_of(tmp_path / f"plain.{kind}") is None
    (tmp_path / "photo.tif").write_bytes(exif(5))
    assert orientation_of(tmp_path / "photo.tif") == 5


def test_photos_come_out_upright(tmp_path: Path, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNODE_HOME", str(tmp_path / "home"))
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(4):
        write_photo(folder / f"{number}.jpg", 6)
    interpolate(folder, tmp_path / "made.mp4", fps=50)
    made = look(tmp_path / "made.mp4")
    image, matrix = made.frames()[0], made.info.display_matrix
    # Where PyAV cannot write a rotation, pixels are turned.
    upright = image if matrix is None else turned(image, matrix)
    assert upright.shape == picture().shape
    assert np.abs(upright.astype(int) - picture()).mean() < 4
    interpolate(folder, f"{tmp_path}/frames/", fps=50)
    still = cv2.imread(str(next((tmp_path / "frames").iterdir())))
    assert still is not None and still.shape == picture().shape
    assert np.abs(still.astype(int) - picture()).mean() < 4


def test_the_matrix_agrees_with_the_rotation_that_is_told(tmp_path: Path, look: Look) -> None:
    for orientation, rotation in {1: 0, 3: 180, 6: -90, 8: 90}.items():
        info = look(write_photo(tmp_path / f"{orientation}.jpg", orientation)).info
        assert (info.rotation - rotation) % 360 == 0
    write_photo(tmp_path / "odd.jpg", 1)
    odd = (
        (tmp_path / "odd.jpg")
        .read_bytes()
        .replace(exif(1), exif(1).replace(b"\x01\0\0\0\x01\0", b"\x01\0\0\0\x09\0"))
    )
    (tmp_path / "odd.jpg").write_bytes(odd)
    assert orientation_of(tmp_path / "odd.jpg") is None
