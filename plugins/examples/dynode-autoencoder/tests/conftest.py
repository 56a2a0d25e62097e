"""Small models with random weights, made and saved by diffusers."""

from __future__ import annotations

from pathlib import Path

import diffusers
import pytest
import torch


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, torch.nn.Module]:
    torch.manual_seed(0)
    widths = (8, 8, 8, 8)
    model = diffusers.AutoencoderTiny(encoder_block_out_channels=widths, decoder_block_out_channels=widths)
    folder = tmp_path_factory.mktemp("tiny")
    model.save_pretrained(folder)
    return folder, model.eval()


@pytest.fixture(scope="session")
def kl(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, torch.nn.Module]:
    torch.manual_seed(0)
    model = diffusers.AutoencoderKL(
        block_out_channels=(8, 16),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        layers_per_block=1,
        norm_num_groups=4,
    )
    folder = tmp_path_factory.mktemp("kl")
    model.save_pretrained(folder)
    return folder, model.eval()
