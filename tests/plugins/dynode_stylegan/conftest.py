"""Contexts, and checkpoints with random weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from dynode_cli import Context

CODE = 6
WIDTHS = (8, 8, 6, 4, 3)


@pytest.fixture
def context() -> Callable[..., Context]:
    """A context on the CPU for a checkpoint."""

    def make(weights: Path | None = None, **changes: Any) -> Context:
        return Context(weights=weights, **changes)

    return make


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DCGAN checkpoint in the layout of the one that pip can fetch, with random weights."""
    random = torch.Generator().manual_seed(0)
    state: dict[str, Tensor] = {}
    before = CODE
    for index, width in enumerate(WIDTHS):
        state[f"main.{3 * index}.weight"] = 0.3 * torch.randn(before, width, 4, 4, generator=random)
        if index < len(WIDTHS) - 1:
            norm = f"main.{3 * index + 1}"
            state |= {f"{norm}.weight": torch.ones(width), f"{norm}.bias": torch.zeros(width)}
            state |= {f"{norm}.running_mean": torch.zeros(width), f"{norm}.running_var": torch.ones(width)}
            state[f"{norm}.num_batches_tracked"] = torch.tensor(1)
        before = width
    path = tmp_path_factory.mktemp("dcgan") / "dcgan.pt"
    torch.save({"netG_state_dict": state}, path)
    return path
