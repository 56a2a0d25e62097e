"""Display matrices, and pictures turned by them."""

from __future__ import annotations

import numpy as np
import pytest

from dynode_cli.media.rotation import display_matrix, swaps_axes, turned


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, -90, -180, 270])
def test_pictures_are_turned_counter_clockwise(rotation: int, mirrored: bool) -> None:
    image = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    matrix = display_matrix(rotation, mirrored=mirrored)
    shown = turned(image, matrix)
    assert np.array_equal(shown, np.rot90(image[::-1] if mirrored else image, rotation // 90))
    assert swaps_axes(matrix) is (shown.shape[0] == 3) and shown.flags.c_contiguous


def test_an_upright_picture_has_the_matrix_of_the_standard() -> None:
    assert display_matrix(0) == (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
