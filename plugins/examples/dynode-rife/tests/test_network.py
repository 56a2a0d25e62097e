"""The network gives what the published one gives, and other files are refused."""

from __future__ import annotations

import pytest
import torch
from dynode_rife.estimator import RifeEstimator, RifeOptions
from dynode_rife.model import load_model
from dynode_rife.projection import projected

from dynode_cli import Context, InputError, WeightsError, load_torch
from dynode_cli.synthetic.memory_clip import texture_clip

PLACES = ((10, 20), (32, 64), (50, 100))
PUBLISHED = {
    0.5: ((-1.4198, 0.1581, 1.2325, -0.0632), (-1.4339, 0.4138, 1.4509, -0.4145), (-1.4265, 0.2202, 1.4199, -0.2513)),
    0.3: ((-1.0064, 0.0812, 1.7134, -0.3346), (-0.8791, 0.1575, 1.995, -0.6114), (-0.8393, 0.0871, 2.1263, -0.4686)),
}
"""Flow that the authors' own code gave at these places and moments of the clip below."""


@pytest.mark.parametrize("time", PUBLISHED)
def test_the_same_as_published(network, time: float) -> None:
    frames = texture_clip((0.0, 1.0), size=(64, 128), velocity=(3.0, -1.0), seed=4).frames
    flow = load_model(network)(frames[:1], frames[1:], time)
    found = torch.stack([flow[0, :, y, x] for y, x in PLACES])
    torch.testing.assert_close(found, torch.tensor(PUBLISHED[time]), rtol=0, atol=1e-3)


def test_projection_moves_values_and_closes_gaps() -> None:
    values = torch.arange(12.0).expand(1, 5, 12)
    offset = torch.zeros(2, 5, 12)
    offset[0] = 2.0
    moved = projected(values, offset)
    assert torch.equal(moved[0, :, 2:], values[0, :, :10])
    assert bool(torch.isfinite(moved).all()) and float(moved[0, :, :2].max()) < 4
    half = torch.full_like(offset, 0.5)
    torch.testing.assert_close(projected(values, half)[0, 2, 3:9], values[0, 2, 3:9] - 0.5)


def test_other_files_are_refused(network, tmp_path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_model(tmp_path / "none.pkl")
    state = load_torch(network)
    wrong = {
        "list": [torch.zeros(1)],
        "else": {"something": torch.zeros(1)},
        "four": {name: value for name, value in state.items() if "block4" not in name},
        "half": {name: value for name, value in state.items() if "block2.conv0" not in name},
        "more": state | {"block0.extra": torch.zeros(1)},
    }
    for name, content in wrong.items():
        torch.save(content, tmp_path / name)
        with pytest.raises(WeightsError, match=name):
            load_model(tmp_path / name)
    (tmp_path / "short").write_bytes(network.read_bytes()[:100_000])
    with pytest.raises(WeightsError):
        load_model(tmp_path / "short")


def test_without_weights_it_says_how_to_get_them() -> None:
    with pytest.raises(WeightsError) as caught:
        RifeEstimator(RifeOptions(), Context())
    assert "dynode weights pull rife-ifnet" in str(caught.value.hint)
