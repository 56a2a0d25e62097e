import numpy as np
import pytest
import torch

from dynode_cli import Context, NoOptions, PluginError
from dynode_cli.plugin_host.host import load_host
from dynode_faces.editing import directions
from dynode_faces.editing.recipes import RECIPES
from dynode_faces.finding.topology import INNER_MOUTH_CORNERS, LANDMARKS, LOWER_LIP, MOUTH_CORNERS, UPPER_LIP
from dynode_faces.finding.tracker import FaceTracker
from dynode_faces.following.material import FACE_SIZE, UNIT, face_placement
from dynode_faces.geometry import resample
from dynode_faces.geometry.fields import compose, exponential, jacobian


@pytest.fixture(scope="module")
def face(detector, landmark_model, carphone):
    return FaceTracker(detector, landmark_model).locate(carphone[0])


def build(name):
    return directions.FaceDirection(NoOptions(), Context(name=name))


def measure(points: np.ndarray, unit: float) -> tuple[float, float]:
    """Elevation of the corners of the mouth above the middle of the lips, and its width, per eye distance."""
    corners = points[list(MOUTH_CORNERS)]
    lips = points[[UPPER_LIP, LOWER_LIP]].mean(0)
    return float(lips[1] - corners[:, 1].mean()) / unit, float(np.hypot(*(corners[1] - corners[0]))) / unit


@pytest.mark.parametrize("name", RECIPES)
def test_a_direction_keeps_its_shape_at_unit_strength_and_never_folds(name, face):
    velocity = build(name).velocity(face)
    assert velocity.shape == (*FACE_SIZE, 2)
    # Lids that meet leave little of the eye between them; see below.
    once, twice = (0.28, 0.08) if name == "eyes-closed" else (0.4, 0.15)
    for strength, least in ((1.0, once), (2.0, twice), (3.0, 0.02)):
        for sign in (1, -1):
            assert jacobian(exponential(velocity, sign * strength)).min() > least


def test_eyes_close_without_squeezing_anything_more_than_the_gap_between_the_lids(face):
    """What is left of the gap is what is left of its area: no field closes an eye and squeezes less than that."""
    direction = build("eyes-closed")
    closed = direction.apply(torch.from_numpy(face.points), 1.0).numpy()
    left = [
        (closed[lower, 1] - closed[upper, 1]) / (face.points[lower, 1] - face.points[upper, 1])
        for upper, lower in ((159, 145), (386, 374), (160, 144), (387, 373))
    ]
    least = float(jacobian(exponential(direction.velocity(face), 1.0)).min())
    assert 0.85 * min(left) < least < max(left) < 0.4


@pytest.mark.parametrize("name", RECIPES)
def test_the_opposite_strength_undoes_a_direction(name, face):
    velocity = build(name).velocity(face)
    # In pixels of a grid with 90 between the eyes.
    for strength, most in ((0.5, 0.06), (1.0, 0.2), (2.0, 1.2)):
        there, back = exponential(velocity, strength), exponential(velocity, -strength)
        for undone in (compose(back, there), compose(there, back)):
            assert np.abs(undone).max() < most and np.percentile(np.abs(undone), 99) < 0.02 * strength


@pytest.mark.parametrize("name", RECIPES)
def test_landmarks_go_no_further_than_a_face_can(name, face):
    points = torch.from_numpy(face.points)
    direction = build(name)
    for sign in (1, -1):
        far, absurd = (direction.apply(points, sign * strength) for strength in (10.0, 1e9))
        assert torch.equal(far, absurd) or (far - absurd).abs().max() < 0.15 * face.interocular
        assert (absurd - points).abs().max() < face.interocular


@pytest.mark.parametrize("name", RECIPES)
def test_a_direction_stays_within_the_face(name, face):
    velocity = build(name).velocity(face)
    recipe = RECIPES[name]
    level = resample.apply(resample.inverse(face_placement(face)), face.points)
    wide = directions.oval(level, FACE_SIZE, UNIT, edge=0.01, beyond=recipe.beyond + 0.02)
    assert not velocity[wide == 0].any()
    assert not velocity[0].any() and not velocity[-1].any() and not velocity[:, 0].any() and not velocity[:, -1].any()
    assert np.abs(velocity).max() > 3


@pytest.mark.parametrize("name", RECIPES)
def test_the_landmarks_of_a_recipe_move_as_it_says(name, face):
    level = resample.apply(resample.inverse(face_placement(face)), face.points)
    velocity = build(name).velocity(face)
    for move in RECIPES[name].moves[:1]:
        places = np.round(level[[*move.left, *move.right]]).astype(int)
        mean = velocity[places[:, 1], places[:, 0]].mean(0)
        assert -mean[1] == pytest.approx(100 * move.up, abs=0.35 * 100 * max(abs(move.up), abs(move.out)))


def test_a_smile_raises_and_widens_the_mouth_more_and_more(face):
    smile = build("smile")
    measures = []
    for strength in np.linspace(-1.5, 2, 8):
        moved = smile.apply(torch.from_numpy(face.points), float(strength)).numpy()
        measures.append(measure(moved, face.interocular))
    rises, widths = zip(*measures, strict=True)
    assert (np.diff(rises) > 0.01).all()
    assert (np.diff(widths) > 0.01).all()


def test_a_smile_leaves_the_jaw_and_the_nose_where_they_are(face):
    moved = build("smile").apply(torch.from_numpy(face.points), 1.0).numpy()
    shift = np.hypot(*(moved - face.points).T) / face.interocular
    assert shift[[152, 148, 377, 172, 397, 234, 454, 10]].max() < 0.005
    assert shift[[1, 4, 98, 327, 33, 263]].max() < 0.03
    assert shift[list(INNER_MOUTH_CORNERS)].min() > 0.06


def test_landmarks_keep_their_type_and_follow_the_head(face):
    points = torch.from_numpy(face.points).float()
    smile = build("smile")
    change = resample.similarity(2.5, 0.5, (0, 0), (300, 40))
    turned = torch.from_numpy(resample.apply(change, face.points)).float()
    moved = smile.apply(points, 1.0)
    assert moved.dtype == torch.float32 and moved.shape == (LANDMARKS, 2)
    there = smile.apply(turned, 1.0).numpy()
    assert there == pytest.approx(resample.apply(change, moved.numpy().astype(np.float64)), abs=0.02 * 55)


def test_mouths_open_and_eyes_close(face):
    points = torch.from_numpy(face.points)

    def gap(upper, lower, moved):
        return float(moved[lower, 1] - moved[upper, 1])

    opened = build("mouth-open").apply(points, 1.0)
    assert gap(13, 14, opened) > gap(13, 14, points) + 0.05 * face.interocular
    closed, wide = build("eyes-closed").apply(points, 1.0), build("eyes-open").apply(points, 1.0)
    for upper, lower in ((159, 145), (386, 374)):
        assert gap(upper, lower, closed) < 0.75 * gap(upper, lower, points) < 0.75 * gap(upper, lower, wide)


def test_every_recipe_is_a_direction_of_its_name():
    host = load_host()
    ours = [registration for registration in host.registrations("direction") if registration.plugin == "faces"]
    assert {registration.name for registration in ours} == set(RECIPES)
    for registration in ours:
        made = host.create("direction", registration.name, {}, Context())
        assert (type(made), made.name) == (directions.FaceDirection, registration.name)
        assert registration.summary == RECIPES[registration.name].summary


def test_a_name_without_a_recipe():
    with pytest.raises(PluginError, match="there is no face direction 'grin'"):
        build("grin")
