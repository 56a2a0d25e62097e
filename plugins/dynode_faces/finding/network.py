"""Runs a TensorFlow Lite network through OpenCV."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dynode_cli import WeightsError


class Network:
    """A network in a ``.tflite`` file, whose outputs have known names and shapes.

    Raises:
        WeightsError: the file is missing, is not a network, or has other outputs.
    """

    def __init__(self, path: Path, outputs: Mapping[str, tuple[int, ...]]) -> None:
        self._path = path
        self._outputs = dict(outputs)
        if not path.is_file():
            raise WeightsError(f"{path}: no such file", hint="see `dynode weights list`")
        try:
            self._net = cv2.dnn.readNetFromTFLite(str(path))
        except cv2.error as error:
            raise WeightsError(
                f"{path}: not a TensorFlow Lite network that OpenCV can read", hint="see `dynode weights verify`"
            ) from error

    def run(self, image: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """The outputs by name for `image` (H, W, 3), already scaled to the network's range.

        Raises:
            WeightsError: an output is missing or has another shape.
        """
        self._net.setInput(np.ascontiguousarray(image.transpose(2, 0, 1)[None]))
        results = {}
        for name, shape in self._outputs.items():
            try:
                # OpenCV 5 refuses several names in one call.
                value = np.asarray(self._net.forward(name), np.float32)
            except cv2.error as error:
                raise WeightsError(f"{self._path}: the network has no output '{name}'") from error
            if value.shape != shape:
                raise WeightsError(f"{self._path}: output '{name}' has shape {value.shape}, expected {shape}")
            results[name] = value.copy()
        return results
