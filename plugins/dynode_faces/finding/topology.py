"""Names for the landmarks of the MediaPipe face mesh (468 points) that this plugin uses.

"Left" and "right" are as seen in an unmirrored image of a face that looks at the camera, so that "left" is the
side of small x. Indices are those of the mesh's canonical model (Kartynnik et al., "Real-time Facial Surface Geometry
from Monocular Video on Mobile GPUs", 2019).
"""

from __future__ import annotations

from typing import Final

LANDMARKS: Final = 468

LEFT_EYE: Final = (33, 160, 158, 133, 153, 144)
"""Outer corner, two of the upper lid, inner corner, two of the lower lid: the six that FFHQ averages."""
RIGHT_EYE: Final = (263, 387, 385, 362, 380, 373)
"""The mirror image of `LEFT_EYE`."""
MOUTH_CORNERS: Final = (61, 291)
INNER_MOUTH_CORNERS: Final = (78, 308)

UPPER_LIP: Final = 0
"""Upper edge of the upper lip, in the middle."""
LOWER_LIP: Final = 17
"""Lower edge of the lower lip, in the middle."""
UPPER_LIP_INSIDE: Final = 13
LOWER_LIP_INSIDE: Final = 14

FACE_OVAL: Final = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""The outline of the face, in order, from the middle of the forehead."""
