from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from dynode_cli import InputError, UsageError
from dynode_cli.directions.files import components_in, load_direction, save_direction
from dynode_cli.directions.latent import LatentDirection


def vector(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize(
    ("shape", "space", "kept"),
    [((1, 512), "w", (512,)), ((512,), "w", (512,)), ((18, 512), "w+", (18, 512)), ((1, 18, 512), "w+", (18, 512))],
)
@pytest.mark.parametrize("ending", [".pt", ".npy"])
def test_bare_vectors_are_read(
    tmp_path: Path, shape: tuple[int, ...], space: str, kept: tuple[int, ...], ending: str
):
    path = tmp_path / f"age{ending}"
    if ending == ".pt":
        torch.save(vector(*shape), path)
    else:
        np.save(path, vector(*shape).numpy())
    direction = load_direction(path)
    assert (direction.name, direction.space, tuple(direction.vector.shape)) == ("age", space, kept)
    assert direction.vector.dtype == torch.float32
    assert torch.allclose(direction.vector, vector(*shape).float().reshape(kept))
    assert load_direction(path, space="z").space == "z"


def test_a_file_saved_on_a_gpu_is_read(tmp_path: Path):
    """What torch.save writes for a tensor on cuda:0 differs by the word that names the device."""
    path, moved = tmp_path / "pose.pt", tmp_path / "moved.pt"
    torch.save(vector(1, 18, 512), path, _use_new_zipfile_serialization=False)
    # The word is pickled with its length before it.
    cpu, cuda = (b"X" + len(word).to_bytes(4, "little") + word for word in (b"cpu", b"cuda:0"))
    content = path.read_bytes()
    assert content.count(cpu) == 1
    moved.write_bytes(content.replace(cpu, cuda))
    assert torch.equal(load_direction(moved).vector, vector(18, 512).float())


def test_components_of_a_pca_count_standard_deviations_whatever_their_strides(tmp_path: Path):
    components = vector(512, 1, 80).permute(2, 1, 0)
    assert components.stride() == (1, 80, 80)
    spread = torch.linspace(3, 1, 80, dtype=torch.float64)
    path = tmp_path / "pca.pt"
    torch.save({"mean": vector(1, 512), "comp": components, "std": spread}, path)
    assert components_in(path) == 80
    direction = load_direction(path, 7)
    assert direction.name == "pca:7" and direction.space == "w"
    assert torch.allclose(direction.vector, (components[7, 0] * spread[7]).float())
    with pytest.raises(UsageError, match="say which"):
        load_direction(path)
    with pytest.raises(UsageError, match="no component 80"):
        load_direction(path, 80)


def test_our_own_files_keep_space_and_provenance(tmp_path: Path):
    path = tmp_path / "smile.safetensors"
    direction = LatentDirection("smile", "z", vector(100).float(), None, {"method": "svm"})
    save_direction(path, direction)
    again = load_direction(path)
    assert (again.name, again.space, again.provenance) == ("smile", "z", {"method": "svm"})
    assert torch.equal(again.vector, direction.vector)
    assert not list(tmp_path.glob("*.part"))
    with pytest.raises(UsageError, match="of space z, not w"):
        load_direction(path, space="w")
    assert components_in(path) is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (torch.zeros(512), "zero"),
        (torch.full((512,), float("nan")), "not finite"),
        (torch.ones(2, 3, 4), "no direction"),
        ({"latents": torch.ones(3)}, "found latents"),
        ([1, 2], "holds list"),
        ({"comp": torch.ones(3, 1, 8), "std": torch.ones(2)}, "2 standard deviations"),
    ],
)
def test_what_is_no_direction_is_refused(tmp_path: Path, content: object, words: str):
    path = tmp_path / "bad.pt"
    torch.save(content, path)
    with pytest.raises(InputError, match=words):
        load_direction(path, 0 if isinstance(content, dict) else None)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path):
    with pytest.raises(InputError, match="no such file"):
        load_direction(tmp_path / "none.pt")
    for name in ("text.pt", "text.npy", "text.safetensors"):
        (tmp_path / name).write_text("words", encoding="utf-8")
        with pytest.raises(InputError, match=r"text\."):
            load_direction(tmp_path / name)
    np.save(tmp_path / "objects.npy", np.array([{}, {}], dtype=object))
    with pytest.raises(InputError, match="file of numbers"):
        load_direction(tmp_path / "objects.npy")
    save_file({"codes": torch.ones(3)}, tmp_path / "codes.safetensors")
    with pytest.raises(InputError, match="holds no direction, but codes"):
        load_direction(tmp_path / "codes.safetensors")
    torch.save(vector(512), tmp_path / "age.pt")
    with pytest.raises(UsageError, match="single direction"):
        load_direction(tmp_path / "age.pt", 3)


def test_a_picture_is_no_direction(tmp_path: Path):
    path = tmp_path / "first.PNG"
    path.write_bytes(b"whatever")
    with pytest.raises(InputError, match="a picture is no direction") as caught:
        load_direction(path)
    assert caught.value.hint == f"for a frame that was painted on: --image {path}"


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 16)",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 16), }\xbf",
        b"{'descr': '<f4\0', 'fortran_order': False, 'shape': (1, 16), }",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 999999999999), }",
        b"[1]",
    ],
)
def test_a_damaged_header_of_npy_is_refused(tmp_path: Path, header: bytes):
    path = tmp_path / "age.npy"
    padded = header.ljust(117) + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\0" + len(padded).to_bytes(2, "little") + padded + vector(16).numpy().tobytes())
    with pytest.raises(InputError, match=r"age\.npy: not a \.npy file of numbers, or a damaged one"):
        load_direction(path)


@pytest.mark.parametrize("provenance", ["[1, 2]", "3", "{", "[" * 100_000, "9" * 5000])
def test_a_provenance_that_is_no_object_is_refused(tmp_path: Path, provenance: str):
    path = tmp_path / "smile.safetensors"
    metadata = {"format": "dynode-direction/1", "space": "w", "provenance": provenance}
    save_file({"direction": torch.ones(8)}, path, metadata)
    with pytest.raises(InputError, match="provenance"):
        load_direction(path)


@pytest.mark.parametrize(
    "content",
    [torch.ones(3, dtype=torch.complex64), torch.ones(2, 3).to_sparse(), torch.ones(0, 8), torch.ones(())],
    ids=["complex", "sparse", "empty", "a number"],
)
def test_tensors_of_odd_kinds_are_refused_as_directions_and_as_components(tmp_path: Path, content: torch.Tensor):
    torch.save(content, tmp_path / "bare.pt")
    with pytest.raises(InputError, match=r"bare\.pt"):
        load_direction(tmp_path / "bare.pt")
    torch.save({"comp": content, "std": torch.ones(1)}, tmp_path / "pca.pt")
    for look in (components_in, lambda path: load_direction(path, 0)):
        with pytest.raises(InputError, match=r"pca\.pt"):
            look(tmp_path / "pca.pt")
