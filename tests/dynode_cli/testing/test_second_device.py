"""The double of a GPU: what it lets pass and what it catches."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from dynode_cli.testing.second_device import DEVICE, MixedDevicesError, second_device


def test_it_computes_what_the_cpu_does() -> None:
    picture = torch.rand(1, 3, 8, 9)
    expected = functional.interpolate(picture, (4, 5), mode="area").clamp(0.2, 0.8).permute(0, 2, 3, 1).cumsum(1)
    with second_device() as device:
        moved = picture.to(device)
        assert moved.device == device
        found = functional.interpolate(moved, (4, 5), mode="area").clamp_(0.2, 0.8).permute(0, 2, 3, 1).cumsum(1)
        assert found.device == device
        assert torch.equal(found.cpu(), expected)
        assert float(found.sum()) == float(expected.sum())


def test_writing_to_a_part_writes_to_the_whole() -> None:
    with second_device() as device:
        whole = torch.zeros(3, 4, device=device)
        whole[1] = 5.0
        whole[2].copy_(torch.ones(4))
        whole[0, :2] += 2.0
        assert whole.cpu().tolist() == [[2, 2, 0, 0], [5, 5, 5, 5], [1, 1, 1, 1]]
        made = torch.tensor([1.0, 2.0], device=device) * whole[:2, 0]
        assert made.cpu().tolist() == [2.0, 10.0]


def test_mixed_devices_are_caught() -> None:
    with second_device() as device:
        there = torch.ones(3, device=device)
        for operation in (
            lambda: there + torch.ones(3),
            lambda: torch.ones(2, 3) @ there,
            lambda: torch.stack((there, torch.ones(3))),
        ):
            with pytest.raises(
                MixedDevicesError, match=r"on the second device.*on the CPU|on the CPU.*on the second"
            ):
                operation()
        assert (there + torch.tensor(1.0)).device == DEVICE
        assert there[torch.tensor([0, 2])].device == DEVICE


def test_it_is_no_array() -> None:
    with second_device() as device, pytest.raises((RuntimeError, TypeError)):
        torch.ones(3, device=device).numpy()
