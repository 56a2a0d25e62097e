"""Opens the networks that find faces and landmarks."""

from __future__ import annotations

from dynode_cli import Context, WeightsError
from dynode_faces.finding.detector import FaceDetector
from dynode_faces.finding.mesh import LandmarkModel
from dynode_faces.weights import DETECTOR, LANDMARKS


def open_models(context: Context) -> tuple[FaceDetector, LandmarkModel]:
    """The detector and the landmark network, fetched if need be.

    Raises:
        WeightsError: they are not here and cannot be fetched, or are not what they should be.
    """
    if context.resolve_weights is None:
        raise WeightsError(
            f"faces need the weights '{DETECTOR}' and '{LANDMARKS}', and nothing here can find them",
            hint="build the context with resolve_weights, as the dynode command does",
        )
    return FaceDetector(context.resolve_weights(DETECTOR)), LandmarkModel(context.resolve_weights(LANDMARKS))
