import numpy as np
import pytest
import torch

from dynode_cli import Context, InputError, NoOptions, UsageError, WeightsError
from dynode_faces import hooks
from dynode_faces.finding.mesh import Region
from dynode_faces.finding.topology import LEFT_EYE, MOUTH_CORNERS, RIGHT_EYE
from dynode_faces.framing.framing import FFHQFraming, FFHQOptions, WholeFraming


def test_the_face_stands_still_in_the_crops_of_a_moving_head(face_context, landmark_model, carphone, make_clip):
    clip = make_clip(carphone[::8])
    framing = FFHQFraming(FFHQOptions(centre_sigma=0, axes_sigma=0), face_context)
    seen = []
    track = framing.estimate(clip, (256, 256), lambda done, total: seen.append((done, total)))
    assert seen == [(n + 1, 15) for n in range(15)]
    assert track.transforms.shape == (15, 2, 3) and track.transforms.dtype == torch.float64
    assert bool(track.found.all())
    for index in (0, 5, 11):
        crop = framing.crop(clip.frame(index), track.transforms[index])
        assert crop.shape == (3, 256, 256) and crop.dtype == torch.float32
        points = landmark_model.locate(crop.permute(1, 2, 0).numpy(), Region((127.5, 127.5), 220.0, 0.0)).points
        eyes = (points[list(LEFT_EYE)].mean(0) + points[list(RIGHT_EYE)].mean(0)) / 2
        # Where FFHQ has them.
        assert eyes == pytest.approx([128, 122], abs=6)
        assert points[list(MOUTH_CORNERS)].mean(0)[0] == pytest.approx(128, abs=6)
        assert points[RIGHT_EYE[0]][1] == pytest.approx(points[LEFT_EYE[0]][1], abs=6)


def test_a_frame_without_a_face_is_a_missing_observation(face_context, carphone, make_clip):
    frames = carphone[:9].copy()
    frames[0] = frames[3:5] = frames[8] = 0.5
    options = FFHQOptions(centre_sigma=0, axes_sigma=0)
    times = [0.0, 1.0, 2.0, 3.0, 5.0, 6.0, 7.0, 8.0, 9.0]
    track = FFHQFraming(options, face_context).estimate(make_clip(frames, times), (64, 64))
    assert track.found.tolist() == [False, True, True, False, False, True, True, True, False]
    assert torch.equal(track.times, torch.tensor(times, dtype=torch.float64))
    assert torch.equal(track.transforms[0], track.transforms[1])
    assert torch.allclose(track.transforms[3], 0.75 * track.transforms[2] + 0.25 * track.transforms[5])
    assert torch.allclose(track.transforms[4], 0.25 * track.transforms[2] + 0.75 * track.transforms[5])


def test_smoothing_steadies_the_crop(face_context, carphone, make_clip):
    clip = make_clip(carphone[:40])
    raw = FFHQFraming(FFHQOptions(centre_sigma=0, axes_sigma=0), face_context).estimate(clip, (64, 64))
    steady = FFHQFraming(FFHQOptions(), face_context).estimate(clip, (64, 64))

    def shake(track):
        return track.transforms[:, :, :2].diff(dim=0).diff(dim=0).std()

    assert shake(steady) < 0.2 * shake(raw)


def test_pasting_the_crop_back_changes_little_and_nothing_outside(face_context, carphone, make_clip):
    clip = make_clip(carphone[:3])
    framing = FFHQFraming(FFHQOptions(), face_context)
    track = framing.estimate(clip, (256, 256))
    frame = clip.frame(1)
    back = framing.paste(frame, framing.crop(frame, track.transforms[1]), track.transforms[1])
    assert back.shape == frame.shape
    changed = (back != frame).any(0)
    assert 0.2 < changed.float().mean() < 0.4
    assert (back - frame).abs().mean() < 0.5 / 255


def test_a_clip_without_a_face_is_an_input_error(face_context, street, make_clip):
    clip = make_clip(np.stack([street, street]))
    with pytest.raises(InputError, match="no face was found in any of the 2 frames") as caught:
        FFHQFraming(FFHQOptions(), face_context).estimate(clip, (64, 64))
    assert caught.value.exit_code == 3
    assert "from the front" in caught.value.hint


def test_a_face_that_nobody_has_is_an_input_error(face_context, carphone, make_clip):
    with pytest.raises(InputError, match="face 2 was asked for, and no frame of this clip shows more than one face"):
        FFHQFraming(FFHQOptions(face=2), face_context).estimate(make_clip(carphone[:2]), (64, 64))


def test_missing_weights_and_a_crop_before_the_estimate_are_refused(carphone, make_clip):
    with pytest.raises(WeightsError, match="mediapipe-face-detector"):
        FFHQFraming(FFHQOptions(), Context()).estimate(make_clip(carphone[:1]), (64, 64))
    with pytest.raises(UsageError, match="before it has estimated"):
        FFHQFraming(FFHQOptions(), Context()).crop(torch.zeros(3, 8, 8), torch.eye(2, 3))


def test_the_whole_frame_is_left_alone_where_it_has_the_size(carphone, make_clip):
    clip = make_clip(carphone[:2])
    framing = WholeFraming(NoOptions(), Context())
    track = framing.estimate(clip, (144, 176))
    assert bool(track.found.all())
    assert torch.equal(track.transforms[0], torch.eye(2, 3, dtype=torch.float64))
    crop = framing.crop(clip.frame(0), track.transforms[0])
    assert torch.equal(crop, clip.frame(0))
    assert torch.equal(framing.paste(clip.frame(1), crop, track.transforms[0]), crop)


def test_the_whole_frame_is_resized_and_put_back(carphone, make_clip):
    clip = make_clip(carphone[:1])
    framing = WholeFraming(NoOptions(), Context())
    track = framing.estimate(clip, (72, 88))
    crop = framing.crop(clip.frame(0), track.transforms[0])
    mean = clip.frame(0).reshape(3, 72, 2, 88, 2).mean((2, 4))
    assert crop.shape == (3, 72, 88)
    assert (crop - mean).abs().max() < 0.02
    back = framing.paste(clip.frame(0), crop, track.transforms[0])
    assert back.shape == (3, 144, 176)
    assert (back - clip.frame(0)).abs().mean() < 0.03


def test_the_hooks_register_two_framings_and_two_networks():
    names, entries = [], []
    hooks.dynode_register_framings(lambda name, target, *, summary="": names.append((name, target)))
    hooks.dynode_register_weights(entries.append)
    assert names == [
        ("ffhq", "dynode_faces.framing.framing:FFHQFraming"),
        ("none", "dynode_faces.framing.framing:WholeFraming"),
    ]
    assert [entry.name for entry in entries] == ["mediapipe-face-detector", "mediapipe-face-landmarks"]


def test_the_registry_describes_the_files_as_they_are(face_context):
    import hashlib

    from dynode_faces.weights import ENTRIES

    for entry in ENTRIES:
        data = face_context.resolve_weights(entry.name).read_bytes()
        assert len(data) == entry.size
        assert hashlib.sha256(data).hexdigest() == entry.sha256
