import re

import numpy as np
import pytest

from dynode_cli import Context, NoOptions
from dynode_faces.editing.directions import FaceDirection
from dynode_faces.editing.editor import MatchCurve, Observed, WarpEdit, observe
from dynode_faces.finding.topology import LOWER_LIP, MOUTH_CORNERS, UPPER_LIP
from dynode_faces.finding.tracker import FaceTracker
from dynode_faces.following.correspondence import FaceCorrespondence
from dynode_faces.following.material import FACE_SIZE, Match


def observed(time: float, value: float) -> Observed:
    plane = np.ones((4, 4), np.float32)
    return Observed(time, Match(np.eye(2, 3), np.full((4, 4, 2), value, np.float32), plane, plane, True))


def value(match: Match) -> float:
    return float(match.displacement[0, 0, 0])


def test_a_curve_gives_its_knots_what_lies_between_and_the_ends_beyond():
    curve = MatchCurve([observed(1.0, 10), observed(2.0, 20), observed(4.0, 0)])
    times = [0.0, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 9.0, 9.0]
    assert [value(curve.at(time)) for time in times] == pytest.approx([10, 10, 12.5, 15, 20, 10, 0, 0, 0])


def test_a_curve_reads_no_further_than_it_must():
    read = []

    def source():
        for time in range(10):
            read.append(time)
            yield observed(float(time), 0)

    curve = MatchCurve(source())
    curve.at(0.0)
    assert read == [0]
    curve.at(2.5)
    assert read == [0, 1, 2, 3]


def test_a_curve_of_one_match_is_constant():
    curve = MatchCurve([observed(1.0, 5)])
    assert [value(curve.at(time)) for time in (0.0, 1.0, 2.0)] == [5, 5, 5]


@pytest.fixture(scope="module")
def followed(detector, landmark_model, carphone):
    """Every third of some real frames with their times, the face in the first, and the matches of all."""
    frames = [(n / 10, np.repeat(np.repeat(image, 2, 0), 2, 1)) for n, image in enumerate(carphone[36:57:3])]
    tracker = FaceTracker(detector, landmark_model)
    face = tracker.locate(frames[0][1])
    correspondence = FaceCorrespondence(frames[0][1], face, tracker)
    return frames, face, list(observe(correspondence, frames))


def direction(name: str) -> FaceDirection:
    return FaceDirection(NoOptions(), Context(name=name))


def smile_of(strength):
    return [(direction("smile"), strength, None)]


def edited(matches, frames, edit):
    curve = MatchCurve(matches)
    return [edit.apply(frame, time, curve.at(time)) for time, frame in frames]


def mouth(detector, landmark_model, image) -> tuple[float, float]:
    """Elevation of the corners of the mouth and its width, per eye distance."""
    face = FaceTracker(detector, landmark_model).locate(image)
    corners, lips = face.points[list(MOUTH_CORNERS)], face.points[[UPPER_LIP, LOWER_LIP]].mean(0)
    down = face.points[152] - face.points[10]
    down = down / np.hypot(*down)
    rise = (lips - corners.mean(0)) @ down
    return float(rise) / face.interocular, float(np.hypot(*(corners[1] - corners[0]))) / face.interocular


def test_a_smile_stays_a_smile_on_every_frame(detector, landmark_model, followed):
    frames, face, matches = followed
    measures = {}
    for strength in (-1.0, 0.0, 1.0, 2.0):
        edit = WarpEdit(face, smile_of(lambda time, s=strength: s))
        images = edited(matches, frames, edit)
        assert len(images) == len(frames)
        measures[strength] = np.array([mouth(detector, landmark_model, image) for image in images[::3]])
        if strength == 0:
            assert all(np.array_equal(image, frame) for image, (_, frame) in zip(images, frames, strict=True))
    for low, high in ((-1.0, 0.0), (0.0, 1.0), (1.0, 2.0)):
        assert (measures[high] > measures[low]).all()
    assert (measures[1.0] - measures[0.0]).mean(0) == pytest.approx([0.10, 0.12], abs=0.06)


def test_the_background_and_the_jaw_stay_bit_for_bit(followed):
    frames, face, matches = followed
    edit = WarpEdit(face, smile_of(lambda time: 1.0))
    for (_, frame), image, observation in zip(frames, edited(matches, frames, edit), matches, strict=True):
        changed = (image != frame).any(2)
        assert 0.01 < changed.mean() < 0.2
        y, x = np.nonzero(changed)
        assert observation.match.to_grid(np.stack([x, y], 1).astype(float)).min() > 40


def test_the_carried_edit_never_folds(followed):
    _, face, matches = followed
    edit = WarpEdit(face, smile_of(lambda time: 1.0))
    assert min(edit.least_jacobian(observation.time, observation.match) for observation in matches) > 0.4
    assert WarpEdit(face, smile_of(lambda time: 0.0)).least_jacobian(0.0, matches[0].match) == 1.0


ABSURD = [("smile",), ("mouth-open",), ("eyes-closed",), ("eyes-open", "eyes-closed"), ("smile", "frown", "brows-up")]


@pytest.mark.parametrize("names", ABSURD)
def test_no_strength_folds(followed, names):
    _, face, matches = followed
    for strength in (-1e9, -10.0, 10.0):
        flows = [(direction(name), lambda time, s=strength: s, None) for name in names]
        edit = WarpEdit(face, flows)
        with pytest.warns(UserWarning, match=re.escape(f"{names[0]}={strength:g}") + ".* is more than this face"):
            assert edit.least_jacobian(matches[0].time, matches[0].match) > 0.04
        # It is said once.
        assert edit.least_jacobian(matches[-1].time, matches[-1].match) > 0.03


def test_what_several_directions_squeeze_together_is_what_counts(followed):
    """Each alone is bearable; eyes and mouths do not squeeze each other."""
    _, face, matches = followed
    home = matches[0].match
    apart = WarpEdit(face, [(direction(name), lambda time: -1.8, None) for name in ("eyes-closed", "smile")])
    assert apart.least_jacobian(0.0, home) > 0.04
    together = WarpEdit(face, [(direction(name), lambda time: -2.0, None) for name in ("eyes-closed", "eyes-open")])
    with pytest.warns(UserWarning, match="held at -1"):
        assert together.least_jacobian(0.0, home) > 0.04


def test_strength_may_follow_the_time_and_frames_may_lie_between(followed):
    frames, face, matches = followed
    edit = WarpEdit(face, smile_of(lambda time: max(0.0, time - 0.2)))
    middle = [(time + 0.05, frame) for time, frame in frames[:-1]]
    images = edited(matches, middle, edit)
    changes = [float(np.abs(image - frame).mean()) for image, (_, frame) in zip(images, middle, strict=True)]
    assert changes[:2] == [0, 0]
    assert (np.diff(changes[2:]) > 0).all()


def test_a_mask_keeps_the_other_half_of_the_face(followed):
    frames, face, matches = followed
    middle = FACE_SIZE[1] // 2
    mask = np.zeros(FACE_SIZE, np.float32)
    mask[:, : middle - 10] = 1
    mask[:, middle - 10 : middle + 10] = np.linspace(1, 0, 20)
    edit = WarpEdit(face, [(direction("smile"), lambda time: 1.0, mask)])
    match = matches[2].match
    y, x = np.nonzero((edit.apply(frames[2][1], 0.2, match) != frames[2][1]).any(2))
    columns = match.to_grid(np.stack([x, y], 1).astype(float))[:, 0]
    assert len(columns) > 200 and columns.max() < middle + 12 and columns.min() < 0.7 * middle


def test_directions_are_combined(followed):
    frames, face, matches = followed
    both = [*smile_of(lambda time: 1.0), (direction("brows-up"), lambda time: 1.0, None)]
    alone, together = WarpEdit(face, smile_of(lambda time: 1.0)), WarpEdit(face, both)
    match = matches[2].match
    one, two = alone.apply(frames[2][1], 0.2, match), together.apply(frames[2][1], 0.2, match)
    mouth_row = int(match.to_frame(np.array([[0.5 * FACE_SIZE[1], 0.7 * FACE_SIZE[0]]]))[0][1])
    brow_row = int(match.to_frame(np.array([[0.5 * FACE_SIZE[1], 0.275 * FACE_SIZE[0]]]))[0][1])
    assert np.abs(one - two)[mouth_row - 5 : mouth_row + 5].max() < 0.05
    assert np.abs(one - two)[brow_row - 5 : brow_row + 5].max() > 0.1


def test_a_smile_rises_with_its_strength_on_another_real_face(detector, landmark_model, rider):
    tracker = FaceTracker(detector, landmark_model)
    face = tracker.locate(rider[0])
    correspondence = FaceCorrespondence(rider[0], face, tracker)
    matches = [correspondence.track(frame) for frame in rider]

    def mouth(strength: float) -> tuple[float, float]:
        """Mean height of the corners over the lips and width of the mouth, in distances between the eyes."""
        edit = WarpEdit(face, [(direction("smile"), lambda _: strength, None)])
        follow, figures = FaceTracker(detector, landmark_model), []
        for index, (frame, match) in enumerate(zip(rider, matches, strict=True)):
            seen = follow.locate(edit.apply(frame, float(index), match))
            corners, lips = seen.points[list(MOUTH_CORNERS)], seen.points[[UPPER_LIP, LOWER_LIP]].mean(0)
            down = seen.points[152] - seen.points[10]
            rise = (lips - corners.mean(0)) @ down / np.hypot(*down)
            figures.append((rise / seen.interocular, np.hypot(*(corners[1] - corners[0])) / seen.interocular))
        return tuple(np.mean(figures, axis=0))

    rises, widths = zip(*(mouth(strength) for strength in (-1.0, 0.0, 0.5, 1.0, 2.0)), strict=True)
    assert np.diff(rises).min() > 0.003 and rises[3] - rises[1] > 0.02
    assert np.diff(widths).min() > 0.003
