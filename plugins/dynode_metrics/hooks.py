"""Registers the metrics of ``dynode eval`` and ``dynode bench quality``, and the weights of the perceptual one."""

from __future__ import annotations

from dynode_cli import Register, RegisterWeights, hookimpl
from dynode_metrics.weights import MOBILENET

dynode_api_version = 1


@hookimpl
def dynode_register_metrics(register: Register) -> None:
    """Error, structure, consistency over time, and looks."""
    register("psnr", "dynode_metrics.psnr:PSNR", summary="Peak signal-to-noise ratio, dB: how far pixels are off")
    register(
        "ssim", "dynode_metrics.ssim:SSIM", summary="Structural similarity, at most 1: local contrast and texture"
    )
    register(
        "flicker",
        "dynode_metrics.flicker:Flicker",
        summary="Error of the changes from frame to frame, 8-bit levels: trembling and pumping",
    )
    register(
        "mobilenet",
        "dynode_metrics.mobilenet:MobileNetDistance",
        summary="Perceptual distance of MobileNet-v2 features, 0 for equal frames; needs its weights",
    )


@hookimpl
def dynode_register_weights(register: RegisterWeights) -> None:
    """Features of photographs."""
    register(MOBILENET)
