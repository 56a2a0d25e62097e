"""dynode: a video as a continuous curve in a generator's latent space.

Every public name is importable from here; each is loaded on first use, so that ``import dynode_cli`` is fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from dynode_cli.version import __version__

EXPORTS = {
    "dynode_cli.api": [
        "bench",
        "edit",
        "evaluate",
        "forecast",
        "interpolate",
        "invert",
        "iter_frames",
        "learn_direction",
        "probe",
        "render",
        "render_frames",
        "resample",
        "run",
    ],
    "dynode_cli.benchmark.results": ["Results"],
    "dynode_cli.benchmark.run": ["Benchmark"],
    "dynode_cli.directions.latent": ["LatentDirection"],
    "dynode_cli.pipeline.cost": ["Cost"],
    "dynode_cli.pipeline.plan": ["Plan"],
    "dynode_cli.console": ["show_progress"],
    "dynode_cli.cli.session": ["Session", "session_of"],
    "dynode_cli.files.codes": ["Codes", "load_codes", "save_codes"],
    "dynode_cli.files.tensors": ["save_tensors"],
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
        "Measurement",
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
    "dynode_cli.plugin_host.host": ["flow_estimator", "make_metric"],
    "dynode_cli.hookspecs": ["Register", "RegisterCommand", "RegisterWeights", "hookimpl"],
    "dynode_cli.media.facts": ["MediaInfo"],
    "dynode_cli.media.reading.scan": ["Scan"],
    "dynode_cli.options": ["Decides", "option"],
    "dynode_cli.verbs.editing.edit": ["Edited"],
    "dynode_cli.verbs.evaluation.evaluate": ["Evaluation"],
    "dynode_cli.verbs.evaluation.metrics": ["MetricFacts"],
    "dynode_cli.pipeline.to_file": ["Rendered"],
    "dynode_cli.requests.base": ["Request", "ShowProgress", "show_nothing"],
    "dynode_cli.requests.bench": ["Bench", "Part"],
    "dynode_cli.requests.codes": ["Invert", "Render", "Resample"],
    "dynode_cli.requests.directions": ["LearnDirection"],
    "dynode_cli.requests.edit": ["Comparison", "Edit", "Transport"],
    "dynode_cli.requests.encoding": ["AudioRule", "EncoderOptions"],
    "dynode_cli.requests.evaluate": ["Evaluate"],
    "dynode_cli.requests.frames": ["RenderFrames"],
    "dynode_cli.requests.interpolate": ["Interpolate"],
    "dynode_cli.requests.methods": ["Options"],
    "dynode_cli.requests.probe": ["Probe"],
    "dynode_cli.requests.reading": ["Deinterlace", "Gaps"],
    "dynode_cli.requests.timing": ["CutPolicy", "Times"],
    "dynode_cli.values.direction_words": ["Word"],
    "dynode_cli.values.strengths": ["Strength"],
    "dynode_cli.values.time_lists": ["TimeList"],
    "dynode_cli.values.times": ["Number", "Position", "Rate"],
    "dynode_cli.verbs.interpolate": ["Forecast"],
    "dynode_cli.verbs.invert": ["Inverted"],
    "dynode_cli.verbs.learn": ["Learned"],
    "dynode_cli.verbs.render": ["RenderedCodes"],
    "dynode_cli.verbs.resample": ["Resampled"],
    "dynode_cli.pipeline.samples": ["Spread"],
    "dynode_cli.verbs.frames": ["FrameStream"],
    "dynode_cli.verbs.probe": ["Probed"],
    "dynode_cli.verbs.evaluation.scoring": ["Score"],
    "dynode_cli.values.frames": ["Frames", "Pixels"],
    "dynode_cli.files.pickled_data": ["Constructor"],
    "dynode_cli.files.safe_loading": ["is_torch_file", "load_pickle", "load_torch"],
}
_HOME = {name: module for module, names in EXPORTS.items() for name in names}

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'dynode_cli' has no attribute '{name}'")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
