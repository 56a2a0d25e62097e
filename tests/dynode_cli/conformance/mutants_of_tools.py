"""Flow estimators, framings, directions, carriers and metrics, each broken in one way."""

from __future__ import annotations

from dataclasses import replace

import torch

from dynode_cli import FlowPair, FramingTrack, Measurement
from dynode_cli.conformance import fakes

# ------------------------------------------------------------- flow estimators


class Doubled(fakes.FakeEstimator):
    def estimate(self, frame0, frame1):
        pair = super().estimate(frame0, frame1)
        return FlowPair(self.changed(pair.forward), self.changed(pair.backward))

    def changed(self, flow):
        return 2 * flow


class ChannelsLastFlow(Doubled):
    def changed(self, flow):
        return flow.permute(1, 2, 0)


class NaNFlow(Doubled):
    def changed(self, flow):
        return flow / flow.abs().sum().clamp(max=1) * float("inf")


class YBeforeX(Doubled):
    def changed(self, flow):
        return flow.flip(0)


class GloballyRandomFlow(Doubled):
    def changed(self, flow):
        return flow + 0.01 * torch.randn_like(flow)


class WarmStart(fakes.FakeEstimator):
    """Starts from what it found last."""

    last = 0.0

    def estimate(self, frame0, frame1):
        pair = super().estimate(frame0, frame1)
        self.last = 0.1 * self.last + 0.9 * pair.forward[0].mean()
        return FlowPair(pair.forward + 0.01 * self.last, pair.backward)


class OneWayFlow(fakes.FakeEstimator):
    def estimate(self, frame0, frame1):
        pair = super().estimate(frame0, frame1)
        return FlowPair(pair.forward, pair.forward)


class NormalisedInPlace(fakes.FakeEstimator):
    def estimate(self, frame0, frame1):
        return super().estimate(frame0.sub_(0.01), frame1)


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


# -------------------------------------------------------------------- carriers


class Carrying(fakes.FakeCarrier):
    """Changes what was carried with `changed(before, after, time)`."""

    def open(self, clip, edits, progress=fakes.silent):
        carried = super().open(clip, edits, progress)
        apply = carried.apply
        carried.apply = lambda frame, time: self.changed(frame, apply(frame, time), time)
        return carried

    def changed(self, before, after, time):
        return after


class GreyCarrier(Carrying):
    def changed(self, before, after, time):
        return after.mean(dim=0, keepdim=True)


class NaNCarrier(Carrying):
    def changed(self, before, after, time):
        return after / (after > 0.5)


class Everywhere(Carrying):
    """A whole frame goes through 8 bits, though a part of it changes."""

    def changed(self, before, after, time):
        return (after * 100).round() / 100


class Faint(Carrying):
    def changed(self, before, after, time):
        return torch.lerp(before, after, 0.5)


class GloballyRandomCarrier(Carrying):
    def changed(self, before, after, time):
        return after + 0.01 * torch.rand_like(after)


class StatefulCarrier(Carrying):
    level = 0.0

    def changed(self, before, after, time):
        StatefulCarrier.level = float(after.mean()) + 0.1 * StatefulCarrier.level
        return after + 0.1 * StatefulCarrier.level


class PaintedInPlace(Carrying):
    def changed(self, before, after, time):
        return before.copy_(after)


class StuckPaint(fakes.FakeCarrier):
    """Leaves paint where it was put."""

    def open(self, clip, edits, progress=fakes.silent):
        carried = super().open(clip, edits, progress)
        carried.apply = lambda frame, time: frame + edits[0].mask * (edits[0].image - clip.frame(0))
        return carried


class FirstPictureOnly(fakes.FakeCarrier):
    def open(self, clip, edits, progress=fakes.silent):
        return super().open(clip, edits[:1], progress)


class AnyDirection(fakes.FakeCarrier):
    def open(self, clip, edits, progress=fakes.silent):
        return None


class LateReference(fakes.FakeCarrier):
    def open(self, clip, edits, progress=fakes.silent):
        carried = super().open(clip, edits, progress)
        carried.reference += 0.04
        return carried


class WordyFacts(fakes.FakeCarrier):
    def open(self, clip, edits, progress=fakes.silent):
        carried = super().open(clip, edits, progress)
        carried.facts = lambda: {"drift": "small"}
        return carried


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


class Frames(Measurement):
    def __init__(self, metric):
        self.metric = metric
        self.pairs = []

    def add(self, reference, candidate, follows):
        self.pairs.append((reference, candidate))

    def value(self):
        return sum(self.metric(one[None], other[None]) for one, other in self.pairs) / len(self.pairs)


class HoardedRuns(fakes.FakeMetric):
    def begin(self):
        return Frames(self)


class LastFrame(fakes.FakeMetric):
    def begin(self):
        measurement = Frames(self)
        measurement.add = lambda reference, candidate, follows: measurement.pairs.__setitem__(
            slice(None), [(reference, candidate)]
        )
        return measurement


class TensorMeasured(fakes.FakeMetric):
    def begin(self):
        measurement = Frames(self)
        mean = measurement.value
        measurement.value = lambda: torch.tensor(mean())
        return measurement


class SharedMeasurement(fakes.FakeMetric):
    def begin(self):
        self.kept = Frames(self)
        return self

    def add(self, reference, candidate, follows):
        self.kept.add(reference, candidate, follows)

    def value(self):
        return self.kept.value()


class DrainedMeasurement(fakes.FakeMetric):
    def begin(self):
        measurement = Frames(self)
        mean = measurement.value

        def drained():
            figure = mean()
            del measurement.pairs[1:]
            return figure

        measurement.value = drained
        return measurement
