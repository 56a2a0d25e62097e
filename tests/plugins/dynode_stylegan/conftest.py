"""Makes the checkpoint writers and the plain re-implementations beside this file importable."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from dynode_cli import Context

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def context() -> Callable[..., Context]:
    """A context on the CPU for a checkpoint."""

    def make(weights: Path | None = None, **changes: Any) -> Context:
        return Context(weights=weights, **changes)

    return make


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
