"""dynode: a video as a continuous curve in a generator's latent space.

Every public name is importable from here; each is loaded on first use, so that ``import dynode_cli`` is fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_EXPORTS = {
    "dynode_cli.api": ["Number", "edit", "evaluate", "interpolate"],
    "dynode_cli.cli.session": ["Session", "session_of"],
    "dynode_cli.files.codes": ["Codes", "load_codes", "save_codes"],
    "dynode_cli.contracts": [
        "API_VERSION",
        "Carried",
        "Carrier",
        "Clip",
        "Context",
        "Direction",
        "Dynamics",
        "FitReport",
        "FlowEstimator",
        "FlowPair",
        "Framing",
        "FramingTrack",
        "Generator",
        "Inversion",
        "Inverter",
        "Metric",
        "NoOptions",
        "Picture",
        "Progress",
        "Push",
        "Sampler",
        "Trajectory",
        "WeightsEntry",
        "device_of",
        "silent",
    ],
    "dynode_cli.errors": [
        "BatchError",
        "ConvergenceError",
        "DeviceError",
        "DynodeError",
        "InputError",
        "PluginError",
        "QualityError",
        "UsageError",
        "WeightsError",
    ],
    "dynode_cli.plugin_host.host": ["flow_estimator"],
    "dynode_cli.hookspecs": ["Register", "RegisterCommand", "RegisterWeights", "hookimpl"],
    "dynode_cli.media.reading.deinterlace": ["Deinterlace"],
    "dynode_cli.media.writing.writer": ["AudioRule", "EncoderOptions"],
    "dynode_cli.options": ["option"],
    "dynode_cli.verbs.editing.comparison": ["Comparison"],
    "dynode_cli.verbs.editing.edit": ["Edited"],
    "dynode_cli.verbs.evaluation.evaluate": ["Evaluation"],
    "dynode_cli.pipeline.to_file": ["Rendered"],
    "dynode_cli.pipeline.prepare": ["ShowProgress"],
    "dynode_cli.verbs.editing.latent": ["Transport"],
    "dynode_cli.pipeline.renderer": ["CutPolicy"],
    "dynode_cli.pipeline.samples": ["Spread"],
    "dynode_cli.verbs.evaluation.scoring": ["Score"],
    "dynode_cli.files.pickled_data": ["Constructor"],
    "dynode_cli.files.safe_loading": ["is_torch_file", "load_pickle", "load_torch"],
}
_HOME = {name: module for module, names in _EXPORTS.items() for name in names}

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'dynode_cli' has no attribute '{name}'")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
