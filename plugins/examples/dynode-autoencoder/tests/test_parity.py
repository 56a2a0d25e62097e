"""The same numbers as diffusers, and what is said of files that hold something else."""

from __future__ import annotations

import pytest
import torch
from dynode_autoencoder.model import FILE, load_model
from safetensors.torch import load_file, save_file

from dynode_cli import InputError, WeightsError


@pytest.mark.parametrize("kind", ["tiny", "kl"])
@torch.no_grad()
def test_the_same_as_diffusers(kind, request) -> None:
    folder, theirs = request.getfixturevalue(kind)
    ours = load_model(folder)
    frames = torch.rand(2, 3, 32, 48)
    encoded = theirs.encode(2 * frames - 1)
    latents = encoded.latents if kind == "tiny" else encoded.latent_dist.mean
    torch.testing.assert_close(ours.encode(frames), latents, rtol=1e-4, atol=1e-5)
    decoded = (theirs.decode(latents).sample + 1) / 2
    torch.testing.assert_close(ours.decode(latents), decoded, rtol=1e-4, atol=1e-5)


def test_a_bare_file_will_do(tiny) -> None:
    folder, _ = tiny
    assert load_model(folder / FILE).factor == 8


def test_other_files_are_refused(tiny, tmp_path) -> None:
    folder, _ = tiny
    with pytest.raises(InputError, match="no such file"):
        load_model(tmp_path)
    (tmp_path / "text.safetensors").write_text("words")
    with pytest.raises(WeightsError, match="not a safetensors file"):
        load_model(tmp_path / "text.safetensors")
    save_file({"something": torch.zeros(1)}, tmp_path / "else.safetensors")
    with pytest.raises(WeightsError, match="no AutoencoderTiny and no AutoencoderKL"):
        load_model(tmp_path / "else.safetensors")
    state = load_file(folder / FILE)
    state["decoder.layers.0.extra"] = torch.zeros(1)
    save_file(state, tmp_path / "more.safetensors")
    with pytest.raises(WeightsError, match=r"decoder\.layers\.0\.extra"):
        load_model(tmp_path / "more.safetensors")
