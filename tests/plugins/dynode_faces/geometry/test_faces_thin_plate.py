import numpy as np
import pytest

from dynode_faces.geometry.fields import pull
from dynode_faces.geometry.thin_plate import ThinPlate

SIZE = (120, 160)
# On knots of the spline's own grid, so that nothing is lost between them.
POINTS = 8.0 * np.unique(np.random.default_rng(0).integers([2, 2], [18, 13], (50, 2)), axis=0)


def read(field: np.ndarray) -> np.ndarray:
    return pull(field, POINTS.astype(np.float32)[None])[0]


@pytest.mark.parametrize("ridge", [0.0, 0.03, 10.0])
def test_an_affine_displacement_is_reproduced_everywhere(ridge):
    matrix, shift = np.array([[0.1, -0.2], [0.05, 0.1]]), np.array([3.0, -1.0])
    field = ThinPlate(POINTS, SIZE, unit=50, ridge=ridge).field(POINTS @ matrix.T + shift)
    y, x = np.mgrid[8:112, 8:152]
    wanted = np.stack([x, y], 2) @ matrix.T + shift
    assert np.abs(field[8:112, 8:152] - wanted).max() < 0.01


def test_without_a_ridge_it_goes_through_every_point_and_with_one_it_is_smoother():
    noise = np.random.default_rng(1).normal(size=POINTS.shape)
    through = ThinPlate(POINTS, SIZE, unit=50, ridge=0.0).field(noise)
    smooth = ThinPlate(POINTS, SIZE, unit=50, ridge=1.0).field(noise)
    assert np.abs(read(through) - noise).max() < 0.01
    assert np.abs(read(smooth) - noise).mean() > 0.4
    assert np.diff(smooth, 2, axis=1).std() < 0.3 * np.diff(through, 2, axis=1).std()
