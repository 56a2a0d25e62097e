import cv2
import numpy as np
import pytest

from dynode_faces.following.correspondence import visibility
from dynode_faces.geometry.flow import DenseFlow, Residual, ResidualFlow, as_bytes, luma, normalise, regularise

SIZE = (160, 128)
INSIDE = (slice(24, -24), slice(24, -24))


def texture(seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).random(SIZE, dtype=np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2.0)
    return np.clip(0.5 + 4 * (smooth - 0.5), 0, 1)


def test_luma_weighs_green_most():
    assert luma(np.eye(3, dtype=np.float32)[None])[0] == pytest.approx([0.2126, 0.7152, 0.0722])


def test_normalising_takes_light_out():
    plain, lit = normalise(texture()), normalise(0.2 + 0.5 * texture())
    assert np.corrcoef(plain.ravel(), lit.ravel())[0, 1] > 0.99
    assert plain.std() == pytest.approx(lit.std(), rel=0.15)
    assert np.abs(normalise(np.full(SIZE, 0.3, np.float32))).max() < 1e-3


@pytest.mark.parametrize("shift", [(1, 0), (2, -1), (-3, 2)])
def test_a_small_shift_is_found_and_believed(shift):
    picture = np.roll(texture(), shift[::-1], (0, 1))
    residual = ResidualFlow(texture(), 100).compare(picture)
    assert np.abs(residual.flow[INSIDE] - shift).mean() < 0.1
    assert residual.confidence[INSIDE].mean() > 0.3
    assert residual.census[INSIDE].mean() < 0.1
    smooth = regularise(residual, 12.0)
    assert np.abs(smooth[INSIDE] - shift).mean() < 0.5


def test_what_is_hidden_is_not_believed_and_not_visible():
    picture = texture().copy()
    picture[60:100, 40:90] = texture(7)[60:100, 40:90]
    residual = ResidualFlow(texture(), 100).compare(picture)
    colours = np.zeros((*SIZE, 3), np.float32)
    everywhere = np.ones(SIZE, bool)
    assert residual.confidence[70:90, 50:80].mean() < 0.1
    # Motion that is hard to follow is no proof that something is in front, with another colour it is.
    assert visibility(residual, colours, everywhere, 100)[70:90, 50:80].mean() > 0.4
    colours[60:100, 40:90] = (10, 5, -10)
    seen = visibility(residual, colours, everywhere, 100)
    assert seen[70:90, 50:80].mean() < 0.2
    assert seen[110:140, 24:104].mean() > 0.9
    # Light that changed everywhere hides nothing.
    lit = visibility(residual, colours + 20, everywhere, 100)
    assert np.array_equal(lit, seen)


def test_flow_that_nobody_believes_is_no_flow():
    flow = np.full((*SIZE, 2), 5.0, np.float32)
    nothing = np.zeros(SIZE, np.float32)
    assert not regularise(Residual(flow, nothing, nothing, nothing), 12.0).any()
    half = nothing.copy()
    half[:, :64] = 1
    smooth = regularise(Residual(flow, half, nothing, nothing), 12.0)
    assert smooth[80, 20] == pytest.approx([5, 5], rel=0.1)
    assert np.abs(smooth[80, 120]).max() < 0.5


def test_flow_does_not_depend_on_what_was_asked_before():
    one, other, third = (as_bytes(normalise(texture(seed))) for seed in range(3))
    fresh = DenseFlow().between(one, np.roll(one, 2, 1))
    used = DenseFlow()
    used.between(other, third)
    assert np.array_equal(used.between(one, np.roll(one, 2, 1)), fresh)
