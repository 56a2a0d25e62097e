from itertools import pairwise
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from dynode_faces.finding.topology import FACE_OVAL
from dynode_faces.finding.tracker import FaceTracker
from dynode_faces.following.correspondence import FADING, PATIENCE, FaceCorrespondence, ObjectCorrespondence, steady
from dynode_faces.following.material import Match, Material, chain
from dynode_faces.geometry import resample
from dynode_faces.geometry.fields import exponential, grid, pull


@pytest.fixture(scope="module")
def moving(carphone):
    """A frame of a real face that turns, grows and deforms by a known map: frames, and the map to each."""
    still = resample.sample(carphone[0], np.array([[0.5, 0, 0], [0, 0.5, 0]]), (288, 352))
    noise = np.random.default_rng(0).normal(size=(288, 352, 2)).astype(np.float32)
    velocity = cv2.GaussianBlur(noise, (0, 0), 25.0)
    velocity *= 4 / np.abs(velocity).max()
    frames, maps = [], []
    for step in np.linspace(0, 1, 9):
        place = resample.similarity(1 + 0.08 * step, 0.15 * step, (180, 170), (180 + 25 * step, 170 - 12 * step))
        level = grid(288, 352).reshape(-1, 2).astype(np.float64)
        back = resample.apply(resample.inverse(place), level).reshape(288, 352, 2).astype(np.float32)
        source = back + pull(exponential(velocity, -step), back)
        frames.append(np.clip(pull(still, source, cv2.INTER_CUBIC), 0, 1))
        maps.append((place, exponential(velocity, step)))
    return frames, maps


def error(matches, material, maps, points) -> np.ndarray:
    """Distance in pixels between where matches put reference points (N, 2) and where they are: (T, N)."""
    on_grid = resample.apply(resample.inverse(material.placement), points)
    rows = []
    for match, (place, deformation) in zip(matches, maps, strict=True):
        moved = points + pull(deformation, points.astype(np.float32)[None])[0]
        rows.append(np.hypot(*(match.to_frame(on_grid) - resample.apply(place, moved)).T))
    return np.array(rows)


def oval_points(face) -> np.ndarray:
    middle = face.points[list(FACE_OVAL)].mean(0)
    inner = middle + 0.85 * (face.points[list(FACE_OVAL)] - middle)
    return np.concatenate([inner, middle + 0.5 * (inner - middle)])


def test_a_face_is_followed_against_exact_truth(detector, landmark_model, moving):
    frames, maps = moving
    tracker = FaceTracker(detector, landmark_model)
    face = tracker.locate(frames[0])
    correspondence = FaceCorrespondence(frames[0], face, tracker)
    matches = [correspondence.track(frame) for frame in frames[1:]]
    assert all(match.found for match in matches)
    miss = error(matches, correspondence.material, maps[1:], oval_points(face)) / face.interocular
    assert np.median(miss) < 0.0045
    assert np.percentile(miss, 95) < 0.022
    # No drift: the last frames are as good as the middle ones.
    assert np.median(miss[-2:]) < 0.006


def test_a_thing_without_landmarks_is_followed_against_exact_truth(detector, landmark_model, moving):
    frames, maps = moving
    face = FaceTracker(detector, landmark_model).locate(frames[0])
    mask = np.zeros(frames[0].shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(face.points[list(FACE_OVAL)]).astype(np.int32)], 1)
    material = Material.of_object(frames[0], mask > 0)
    correspondence = ObjectCorrespondence(frames[0], material)
    matches = [correspondence.track(frame) for frame in frames[1:]]
    miss = error(matches, material, maps[1:], oval_points(face)) / face.interocular
    assert np.median(miss) < 0.008
    assert np.percentile(miss, 95) < 0.05


def test_a_face_that_is_lost_is_followed_by_its_motion(detector, landmark_model, moving):
    frames, maps = moving
    tracker = FaceTracker(detector, landmark_model)
    face = tracker.locate(frames[0])
    blind = SimpleNamespace(locate=lambda image: None)
    correspondence = FaceCorrespondence(frames[0], face, blind)
    matches = [correspondence.track(frame) for frame in frames[1:4]]
    assert not any(match.found for match in matches)
    miss = error(matches, correspondence.material, maps[1:4], oval_points(face)) / face.interocular
    assert np.median(miss) < 0.01


def test_a_face_that_stays_away_fades(detector, landmark_model, moving):
    frames, _ = moving
    face = FaceTracker(detector, landmark_model).locate(frames[0])
    correspondence = FaceCorrespondence(frames[0], face, SimpleNamespace(locate=lambda image: None))
    shown = [correspondence.track(frames[0]).visibility for _ in range(PATIENCE + FADING)]
    inside = correspondence.material.inside > 0.5
    levels = [float(each[inside].mean()) for each in shown]
    assert levels[PATIENCE - 1] > 0.9, "what is hard to see for a moment is not gone"
    assert all(after < before for before, after in pairwise(levels[PATIENCE - 1 :])) and levels[-1] == 0


def test_a_hand_before_the_face_is_not_taken_for_it(detector, landmark_model, moving):
    frames, _ = moving
    tracker = FaceTracker(detector, landmark_model)
    face = tracker.locate(frames[0])
    covered = frames[1].copy()
    x, y = np.round(face.points[61]).astype(int)
    texture = cv2.GaussianBlur(np.random.default_rng(0).random((40, 40, 3), dtype=np.float32), (0, 0), 2)
    covered[y - 10 : y + 30, x - 30 : x + 10] = 3 * (texture - 0.5) + 0.6
    match = FaceCorrespondence(frames[0], face, tracker).track(np.clip(covered, 0, 1))
    shown = pull(match.visibility, grid(*match.visibility.shape) + match.inverse)
    hand = resample.apply(resample.inverse(match.placement), np.array([[x - 10.0, y + 10.0]]))[0].astype(int)
    assert shown[hand[1] - 10 : hand[1] + 10, hand[0] - 10 : hand[0] + 10].mean() < 0.3
    eye = resample.apply(resample.inverse(match.placement), face.points[[263]])[0].astype(int)
    assert shown[eye[1] - 10 : eye[1] + 10, eye[0] - 10 : eye[0] + 10].mean() > 0.7


def match_with(value: float, shift: float = 0.0) -> Match:
    plane = np.ones((4, 4), np.float32)
    placement = chain(np.eye(2, 3), np.array([[1, 0, shift], [0, 1, 0.0]]))
    return Match(placement, np.full((4, 4, 2), value, np.float32), plane, plane * np.float32(value), True)


def test_deformations_are_smoothed_and_placements_are_not():
    values = np.random.default_rng(0).normal(size=40)
    matches = [match_with(value, shift=index) for index, value in enumerate(values)]
    smooth = list(steady(matches, 1.5))
    assert [match.placement[0, 2] for match in smooth] == list(range(40))
    offsets = np.arange(-5, 6)
    weights = np.exp(-0.5 * (offsets / 1.5) ** 2)
    assert smooth[20].displacement[0, 0, 0] == pytest.approx(weights @ values[15:26] / weights.sum(), abs=1e-5)
    ends = weights[5:] @ values[:6] / weights[5:].sum()
    assert smooth[0].displacement[0, 0, 0] == pytest.approx(ends, abs=1e-5)
    assert smooth[20].visibility[0, 0] == pytest.approx(smooth[20].displacement[0, 0, 0])


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_short_clips_and_no_smoothing_are_smoothed_to_themselves(count):
    matches = [match_with(float(index)) for index in range(count)]
    assert [match.displacement[0, 0, 0] for match in steady(matches, 0.0)] == list(range(count))
    assert len(list(steady(matches, 2.0))) == count


def test_steadying_streams():
    taken = []

    def source():
        for index in range(100):
            taken.append(index)
            yield match_with(1.0)

    stream = steady(source(), 1.0)
    next(stream)
    assert len(taken) == 4
    next(stream)
    assert len(taken) == 5
