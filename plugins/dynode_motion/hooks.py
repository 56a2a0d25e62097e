"""Registers the generator `motion`, the inverter `flow` and its flow estimator `dis`."""

from __future__ import annotations

from dynode_cli import Register, hookimpl

dynode_api_version = 1


@hookimpl
def dynode_register_generators(register: Register) -> None:
    """The generator that needs no weights."""
    register(
        "motion",
        "dynode_motion.generator:MotionGenerator",
        summary="Any video at its own size: neighbouring frames moved along curved paths and blended; no weights",
    )


@hookimpl
def dynode_register_inverters(register: Register) -> None:
    """The inverter that goes with it."""
    register(
        "flow",
        "dynode_motion.inverter:FlowInverter",
        summary="Motion between neighbouring frames (DIS optical flow), repaired, with its acceleration",
    )


@hookimpl
def dynode_register_estimators(register: Register) -> None:
    """The flow that needs no weights."""
    register(
        "dis",
        "dynode_motion.dis:DisEstimator",
        summary="Dense inverse search: fast, needs no weights; what the inverter flow uses if none is named",
    )
