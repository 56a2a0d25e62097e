"""Flow estimators for plugins that work with optical flow."""

from __future__ import annotations

from collections.abc import Mapping

from dynode_cli.contracts import Context, FlowEstimator
from dynode_cli.plugin_manager import load_host


def flow_estimator(name: str, options: Mapping[str, object], context: Context) -> FlowEstimator:
    """The flow estimator that a plugin registered as `name`.

    Arguments:
        options: as a user gives them.

    Raises:
        PluginError: there is none, or it cannot be imported.
        UsageError: an option that it does not have, or a bad value.
    """
    made: FlowEstimator = load_host().create("estimator", name, options, context)
    return made
