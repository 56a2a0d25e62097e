"""The double of a GPU: what it lets pass and what it catches."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from dynode_cli.testing.pretended_cuda import CUDA, pretended_cuda


def test_it_computes_what_the_cpu_does() -> None:
    picture = torch.rand(1, 3, 8, 9)
    expected = functional.interpolate(picture, (4, 5), mode="area").clamp(0.2, 0.8).permute(0, 2, 3, 1).cumsum(1)
    with pretended_cuda():
        moved = picture.to("cuda")
        assert moved.device == CUDA
        found = functional.interpolate(moved, (4, 5), mode="area").clamp_(0.2, 0.8).permute(0, 2, 3, 1).cumsum(1)
        assert found.device == CUDA
        assert torch.equal(found.cpu(), expected)
        assert float(found.sum()) == float(expected.sum())


def test_writing_to_a_part_writes_to_the_whole() -> None:
    with pretended_cuda():
        whole = torch.zeros(3, 4, device="cuda")
        whole[1] = 5.0
        whole[2].copy_(torch.ones(4))
        whole[0, :2] += 2.0
        assert whole.cpu().tolist() == whole.tolist() == [[2, 2, 0, 0], [5, 5, 5, 5], [1, 1, 1, 1]]
        made = torch.tensor([1.0, 2.0], device="cuda") * whole[:2, 0]
        assert made.tolist() == [2.0, 10.0]


def test_gradients_flow_through_it() -> None:
    with pretended_cuda():
        weight = torch.tensor([1.0, 2.0, 3.0], device="cuda", requires_grad=True)
        (weight**2).sum().backward()
        assert weight.grad is not None and weight.grad.device == CUDA
        assert weight.grad.tolist() == [2.0, 4.0, 6.0]


MIXED: list[Callable[[Tensor], Tensor]] = [
    lambda there: there + torch.ones(3),
    lambda there: torch.ones(2, 3) @ there,
    lambda there: torch.stack((there, torch.ones(3))),
]


@pytest.mark.parametrize("operation", MIXED)
def test_mixed_devices_are_refused(operation: Callable[[Tensor], Tensor]) -> None:
    with pretended_cuda(), pytest.raises(RuntimeError, match="same device"):
        operation(torch.ones(3, device="cuda"))


def test_what_a_real_device_takes_is_taken() -> None:
    with pretended_cuda():
        there = torch.arange(3.0, device="cuda")
        assert (there + torch.tensor(1.0)).device == CUDA
        assert there[torch.tensor([0, 2])].tolist() == [0.0, 2.0]
        assert torch.arange(3.0).to(there).device == CUDA


def test_it_is_no_array() -> None:
    with pretended_cuda(), pytest.raises(TypeError, match="numpy"):
        torch.ones(3, device="cuda").numpy()
