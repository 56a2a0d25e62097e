"""Framings, directions and metrics, each broken in one way."""

from __future__ import annotations

from dataclasses import replace

import torch

from dynode_cli import FramingTrack
from dynode_cli.testing import fakes

# -------------------------------------------------------------------- framings


class WrongCrop(fakes.FakeFraming):
    def crop(self, frame, transform):
        return super().crop(frame, transform)[:, :-1]


class NaNTransforms(fakes.FakeFraming):
    def estimate(self, clip, size, progress=fakes.silent):
        track = super().estimate(clip, size, progress)
        return replace(track, transforms=track.transforms * float("nan"))


class LateTrack(fakes.FakeFraming):
    def estimate(self, clip, size, progress=fakes.silent):
        track = super().estimate(clip, size, progress)
        return FramingTrack(track.times + 0.04, track.transforms, track.found)


class HalfPixel(fakes.FakeFraming):
    def crop(self, frame, transform):
        moved = transform.clone()
        moved[:, 2] += 1.5
        return super().crop(frame, moved)


class StatefulCrop(fakes.FakeFraming):
    level = 0.0

    def crop(self, frame, transform):
        crop = super().crop(frame, transform) + 0.01 * StatefulCrop.level
        StatefulCrop.level = float(crop.mean())
        return crop.clamp(0, 1)


class GloballyRandomCrop(fakes.FakeFraming):
    def crop(self, frame, transform):
        crop = super().crop(frame, transform)
        return (crop + 0.01 * torch.rand_like(crop)).clamp(0, 1)


class PastedInPlace(fakes.FakeFraming):
    def paste(self, frame, crop, transform):
        return frame.copy_(super().paste(frame, crop, transform))


class NothingPasted(fakes.FakeFraming):
    def paste(self, frame, crop, transform):
        return frame.clone()


# ------------------------------------------------------------------ directions


class WrongMove(fakes.FakeDirection):
    def apply(self, code, strength):
        return super().apply(code, strength)[None]


class NaNMove(fakes.FakeDirection):
    def apply(self, code, strength):
        return code + (code - 10).sqrt() * strength


class OneWay(fakes.FakeDirection):
    def apply(self, code, strength):
        return code * (1 + strength)


class Always(fakes.FakeDirection):
    def apply(self, code, strength):
        return code + strength + 0.1


class StatefulMove(fakes.FakeDirection):
    moves = 0

    def apply(self, code, strength):
        StatefulMove.moves += 1
        return code + strength * StatefulMove.moves


class GloballyRandomMove(fakes.FakeDirection):
    def apply(self, code, strength):
        return code + strength * torch.rand_like(code)


class MovedInPlace(fakes.FakeDirection):
    def apply(self, code, strength):
        return code.add_(strength)


# --------------------------------------------------------------------- metrics


class TensorFigure(fakes.FakeMetric):
    def __call__(self, reference, candidate):
        return (reference - candidate).abs().mean()


class NaNFigure(fakes.FakeMetric):
    def __call__(self, reference, candidate):
        error = (reference - candidate).abs().mean()
        return float(error / error)


class LateFigure(fakes.FakeMetric):
    def __call__(self, reference, candidate):
        return super().__call__(reference[:-1], candidate[1:])


class Upside(fakes.FakeMetric):
    higher_is_better = True


class StatefulFigure(fakes.FakeMetric):
    runs = 0

    def __call__(self, reference, candidate):
        StatefulFigure.runs += 1
        return super().__call__(reference, candidate) + StatefulFigure.runs


class GloballyRandomFigure(fakes.FakeMetric):
    def __call__(self, reference, candidate):
        pick = torch.randint(len(reference), (2,))
        return super().__call__(reference[pick], candidate[pick])
