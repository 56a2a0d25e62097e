from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from dynode_cli import Context, InputError, NoOptions, Picture, Push, UsageError
from dynode_cli.directions.latent import LatentDirection
from dynode_cli.synthetic.memory_clip import MemoryClip, texture_clip
from dynode_faces.editing.carrier import FaceCarrier, FaceCarrierOptions
from dynode_faces.editing.directions import FaceDirection
from dynode_faces.following.material import Match
from dynode_faces.following.packing import packed


def constant(time: float) -> float:
    return 1.0


@pytest.fixture(scope="module")
def carrier(face_context: Context) -> FaceCarrier:
    return FaceCarrier(FaceCarrierOptions(), face_context)


@pytest.fixture(scope="module")
def clip(carphone) -> MemoryClip:
    """Eight frames of a face, a thirtieth of a second apart, the first at 1 s."""
    frames = torch.from_numpy(carphone[40:56:2]).permute(0, 3, 1, 2)
    return MemoryClip(frames, [1 + n / 30 for n in range(8)])


def smile(mask: Tensor | None = None) -> Push:
    return Push(FaceDirection(NoOptions(), Context(name="smile")), constant, mask)


def changed(carried, clip: MemoryClip, indices: range) -> list[Tensor]:
    return [carried.apply(clip.frame(index), float(clip.times[index])) - clip.frame(index) for index in indices]


def test_only_what_is_needed_is_read(carrier: FaceCarrier, clip: MemoryClip) -> None:
    read: list[int] = []

    class Watched(MemoryClip):
        def frame(self, index: int) -> Tensor:
            read.append(index)
            return super().frame(index)

    watched = Watched(clip.frames, clip.times)
    carried = carrier.open(watched, [smile()])
    assert carried.reference == 1.0 and max(read) <= 3
    carried.apply(clip.frame(0), 1.0)
    assert max(read) <= 4
    carried.apply(clip.frame(7), float(clip.times[7]))
    assert max(read) == 7


def test_a_smile_is_carried_both_ways_from_the_first_face(carrier: FaceCarrier, clip: MemoryClip) -> None:
    """The first three frames show the face under a board, so that the fourth is the reference."""
    hidden = clip.frames.clone()
    hidden[:3, :, :, 40:140] = torch.rand(3, 1, 1, generator=torch.Generator().manual_seed(0))
    covered = MemoryClip(hidden, clip.times)
    carried = carrier.open(covered, [smile()])
    assert carried.reference == pytest.approx(1 + 3 / 30)
    late = changed(carried, covered, range(8))
    plain = changed(carrier.open(clip, [smile()]), clip, range(8))
    for index in range(3, 8):
        both = (late[index].abs().amax(0) > 0.02) & (plain[index].abs().amax(0) > 0.02)
        either = (late[index].abs().amax(0) > 0.02) | (plain[index].abs().amax(0) > 0.02)
        assert float(both.sum() / either.sum()) > 0.6
    # What hides the face stays, but for a little.
    assert max(float(late[index].abs().mean()) for index in range(3)) < 0.5 * float(plain[4].abs().mean())


def test_frames_between_are_edited_between_their_neighbours(carrier: FaceCarrier, clip: MemoryClip) -> None:
    carried = carrier.open(clip, [smile()])
    carried.apply(clip.frame(0), 1.0)
    middle = carried.apply(clip.frame(2), 1 + 2.5 / 30)
    assert not torch.equal(middle, clip.frame(2))
    facts = carried.facts()
    assert facts["drift"] < 3 and 0 <= facts["occluded"] < 0.2 and 0.8 < facts["identity"] < 1


def test_the_reference_frame_becomes_the_picture(carrier: FaceCarrier, clip: MemoryClip) -> None:
    picture, mask = clip.frame(3).clone(), torch.zeros(144, 176)
    picture[:, 60:66, 80:90] = torch.tensor([0.1, 0.9, 0.2])[:, None, None]
    mask[60:66, 80:90] = 1
    carried = carrier.open(clip, [Picture(float(clip.times[3]), picture, mask)])
    frames = [carried.apply(clip.frame(index), float(clip.times[index])) for index in range(8)]
    assert torch.allclose(frames[3], picture, atol=2e-3)
    assert all(float((frame - source).abs().max()) > 0.3 for frame, source in zip(frames, clip.frames, strict=True))


def test_paint_on_a_thing_follows_it_and_other_pixels_keep_their_bits(carrier: FaceCarrier) -> None:
    clip = texture_clip([n / 25 for n in range(8)], size=(96, 128), velocity=(50.0, 25.0))
    mask = torch.zeros(96, 128)
    mask[30:50, 30:60] = 1
    picture = torch.where(mask > 0, (clip.frame(0) * 0.5 + 0.5), clip.frame(0))
    carried = carrier.open(clip, [Picture(0.0, picture, mask)])
    for index, change in enumerate(changed(carried, clip, range(8))):
        weight = change.abs().amax(0)
        rows, columns = torch.nonzero(weight > 0.1, as_tuple=True)
        assert float(rows.double().mean()) == pytest.approx(39.5 + index, abs=1.0)
        assert float(columns.double().mean()) == pytest.approx(44.5 + 2 * index, abs=1.5)
        assert bool((weight[:20] == 0).all()) and bool((weight[:, 90:] == 0).all())


def test_pictures_share_the_time_between_them(carrier: FaceCarrier) -> None:
    clip = texture_clip([n / 25 for n in range(5)], size=(64, 96), velocity=(0.0, 0.0))
    mask = torch.zeros(64, 96)
    mask[20:40, 30:60] = 1
    red, blue = clip.frame(0).clone(), clip.frame(4).clone()
    red[0, 20:40, 30:60], blue[2, 20:40, 30:60] = 1.0, 1.0
    carried = carrier.open(clip, [Picture(4 / 25, blue, mask), Picture(0.0, red, mask)])
    changes = torch.stack(changed(carried, clip, range(5)))[:, :, 25:35, 35:55].mean((2, 3))
    assert changes[:, 0].tolist() == sorted(changes[:, 0].tolist(), reverse=True)
    assert float(changes[4, 0]) == pytest.approx(0, abs=1e-3) and float(changes[0, 2]) == pytest.approx(0, abs=1e-3)
    assert float(changes[2, 0]) == pytest.approx(float(changes[0, 0]) / 2, rel=0.1)


def test_a_mask_that_leaves_nothing_changes_nothing(carrier: FaceCarrier, clip: MemoryClip) -> None:
    carried = carrier.open(clip, [smile(torch.zeros(144, 176))])
    assert all(not change.any() for change in changed(carried, clip, range(3)))


def test_a_hard_mask_cuts_no_face_in_two(carrier: FaceCarrier, clip: MemoryClip) -> None:
    """The edge runs through the mouth: a field that is cut off there would squeeze so much that it would be held."""
    mask = torch.zeros(144, 176)
    mask[:, :92] = 1
    strong = Push(FaceDirection(NoOptions(), Context(name="smile")), lambda time: 2.0, mask)
    change = changed(carrier.open(clip, [strong]), clip, range(1))[0].abs().amax(0)
    assert not change[:, 93:].any() and float(change[:, :88].max()) > 0.1


def test_errors(carrier: FaceCarrier, clip: MemoryClip, street) -> None:
    empty = MemoryClip(torch.from_numpy(street).permute(2, 0, 1)[None], [0.0])
    with pytest.raises(InputError, match="no face"):
        carrier.open(empty, [smile()])
    with pytest.raises(UsageError, match="space w"):
        carrier.open(clip, [Push(LatentDirection("age", "w", torch.ones(4)), constant)])
    with pytest.raises(UsageError, match="nothing was painted"):
        carrier.open(clip, [Picture(1.0, clip.frame(0), torch.zeros(144, 176))])


def test_packed_matches_are_the_same_to_a_fiftieth_of_a_pixel() -> None:
    random = np.random.default_rng(0)
    import cv2

    planes = cv2.GaussianBlur(random.normal(size=(400, 320, 4)).astype(np.float32), (0, 0), 12)
    planes *= 10 / np.abs(planes).max()
    unit = np.clip(planes[..., 2:] / 20 + 0.5, 0, 1)
    match = Match(np.eye(2, 3), planes[..., :2].copy(), unit[..., 0].copy(), unit[..., 1].copy(), True, 1.5)
    kept = packed(match)
    again = kept.unpacked()
    assert kept.planes.nbytes < sum(part.nbytes for part in (planes,)) / 20
    miss = np.abs(again.displacement - match.displacement)
    assert miss[4:-4, 4:-4].max() < 0.02 and miss.max() < 0.1
    assert np.abs(again.visibility - match.visibility).max() < 0.01
    assert (again.found, again.drift) == (True, 1.5)
