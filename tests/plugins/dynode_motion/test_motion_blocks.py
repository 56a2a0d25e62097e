"""Block matching, and the flow that it is a candidate for."""

from __future__ import annotations

import pytest
import torch

from dynode_cli import Context
from dynode_motion.blocks import block_flows
from dynode_motion.dis import DisEstimator, DisOptions


def ground(size: tuple[int, int], seed: int, cell: int) -> torch.Tensor:
    """(3, H, W) cloudy noise whose clouds are `cell` pixels wide."""
    noise = torch.rand(
        (1, 3, -(-size[0] // cell), -(-size[1] // cell)), generator=torch.Generator().manual_seed(seed)
    )
    return torch.nn.functional.interpolate(noise, size=size, mode="bicubic")[0].clamp(0, 1)


def scene(x: int) -> torch.Tensor:
    """A panel of 140 x 140 pixels with its left edge at `x`, in front of a picture that stands still."""
    picture = ground((240, 480), 1, 20)
    picture[:, 50:190, x : x + 140] = ground((140, 140), 2, 12)
    return picture


def grey(picture: torch.Tensor) -> torch.Tensor:
    return (255 * picture.mean(0)).round().to(torch.uint8)


@pytest.mark.parametrize("far", [20, 30, 60])
def test_blocks_that_move_far_are_found(far: int) -> None:
    forward, backward = block_flows(grey(scene(60)), grey(scene(60 + far)))
    assert forward.shape == backward.shape == (2, 240, 480)
    assert forward[:, 120, 130].tolist() == pytest.approx([far, 0], abs=2)
    assert backward[:, 120, 130 + far].tolist() == pytest.approx([-far, 0], abs=2)
    assert forward[:, 20, 400].tolist() == [0, 0]


def test_blocks_that_only_look_alike_are_not_followed() -> None:
    """What is seen in the first picture alone has no way back: whatever it is like, that went elsewhere."""
    without, picture = ground((240, 480), 1, 20), scene(100)
    forward, _ = block_flows(grey(picture), grey(without))
    assert torch.equal(forward[:, 100:140, 150:190], torch.zeros((2, 40, 40)))


@pytest.mark.parametrize("size", [(16, 16), (44, 300), (44, 44)])
def test_pictures_too_small_for_a_block_do_not_move(size: tuple[int, int]) -> None:
    pair = (grey(ground(size, seed, 8)) for seed in (1, 2))
    for field in block_flows(*pair):
        assert torch.equal(field, torch.zeros((2, *size)))


def test_what_moves_by_nearly_half_its_width_is_followed() -> None:
    flow = DisEstimator(DisOptions(), Context()).estimate(scene(60), scene(120))
    for field, x, moved in ((flow.forward, 60, 60.0), (flow.backward, 120, -60.0)):
        panel = field[:, 70:170, x + 20 : x + 120]
        assert float((panel[0] - moved).abs().median()) < 0.5
        assert float(panel[1].abs().median()) < 0.5
