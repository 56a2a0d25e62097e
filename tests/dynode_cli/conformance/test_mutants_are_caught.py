"""A plugin of each kind, broken in one way at a time: the suite of its kind says so, and says what."""

from __future__ import annotations

import pytest
import torch

from dynode_cli.conformance import (
    CarrierConformance,
    DirectionConformance,
    DynamicsConformance,
    EstimatorConformance,
    FramingConformance,
    GeneratorConformance,
    InverterConformance,
    MetricConformance,
    fakes,
    run_suite,
)
from tests.dynode_cli.conformance import mutants_of_methods as methods, mutants_of_tools as tools

SUITES: dict[type, list[tuple[type, str]]] = {
    GeneratorConformance: [
        (methods.WrongFrames, "shapes_and_types"),
        (methods.NaNFrames, "results_are_finite"),
        (methods.LateFrames, "one_batch_is_many"),
        (methods.StatefulFrames, "no_state_is_carried_over"),
        (methods.GloballyRandomFrames, "same_seed_same_result"),
        (methods.GloballySeededFrames, "same_seed_same_result"),
        (methods.BatchNormalisedFrames, "one_batch_is_many"),
        (methods.HoardedFrames, "long_renderings_need_no_more_memory"),
        (methods.PickledState, "bound_state_can_be_saved"),
        (methods.EightBitFrames, "shapes_and_types"),
    ],
    InverterConformance: [
        (methods.WrongCodes, "shapes_and_types"),
        (methods.NaNCodes, "results_are_finite"),
        (methods.LateCodes, "frames_belong_to_their_times"),
        (methods.NumberedTimes, "shapes_and_types"),
        (methods.StatefulCodes, "no_state_is_carried_over"),
        (methods.GloballyRandomCodes, "same_seed_same_result"),
        (methods.SmoothedCodes, "windows_give_the_same"),
        (methods.RememberedCodes, "clips_are_kept_apart"),
        (methods.UntypedError, "short_clips"),
        (methods.SwallowedCancel, "progress"),
    ],
    DynamicsConformance: [
        (methods.WrongCurve, "shapes_and_types"),
        (methods.NaNCurve, "results_are_finite"),
        (methods.LateCurve, "observed_codes_are_met"),
        (methods.NumberedCurve, "observed_codes_are_met"),
        (methods.StatefulCurve, "no_state_is_carried_over"),
        (methods.GloballyRandomCurve, "same_seed_same_result"),
        (methods.SlowVelocity, "velocity_is_the_slope"),
        (methods.Borrowed, "edits"),
        (methods.HoardingCurve, "memory_is_flat"),
        (methods.FalseSupport, "support_is_true"),
        (methods.Careless, "bad_observations_are_refused"),
        (methods.BadDefault, "options_are_declared"),
        (methods.Thawed, "options_are_declared"),
        (methods.Promised, "samples_are_plausible"),
        (methods.LooseSamples, "samples_are_plausible"),
        (methods.OneSample, "samples_are_plausible"),
        (methods.UnseededSamples, "samples_are_plausible"),
    ],
    FramingConformance: [
        (tools.WrongCrop, "crop"),
        (tools.NaNTransforms, "track"),
        (tools.LateTrack, "track"),
        (tools.HalfPixel, "crop_shows_what_its_transform_names"),
        (tools.StatefulCrop, "no_state_is_carried_over"),
        (tools.GloballyRandomCrop, "same_seed_same_result"),
        (tools.PastedInPlace, "input_is_left_alone"),
        (tools.NothingPasted, "paste_puts_the_crop_in_its_place"),
    ],
    DirectionConformance: [
        (tools.WrongMove, "shape_and_type_are_kept"),
        (tools.NaNMove, "results_are_finite"),
        (tools.OneWay, "minus_s_undoes_s"),
        (tools.Always, "strength_zero_changes_nothing"),
        (tools.StatefulMove, "no_state_is_carried_over"),
        (tools.GloballyRandomMove, "same_seed_same_result"),
        (tools.MovedInPlace, "input_is_left_alone"),
    ],
    EstimatorConformance: [
        (tools.Doubled, "flow_leads_to_the_other_frame"),
        (tools.ChannelsLastFlow, "shapes_and_types"),
        (tools.NaNFlow, "results_are_finite"),
        (tools.YBeforeX, "flow_leads_to_the_other_frame"),
        (tools.OneWayFlow, "flow_leads_to_the_other_frame"),
        (tools.WarmStart, "pairs_in_any_order"),
        (tools.WarmStart, "no_state_is_carried_over"),
        (tools.GloballyRandomFlow, "same_seed_same_result"),
        (tools.NormalisedInPlace, "input_is_left_alone"),
    ],
    CarrierConformance: [
        (tools.GreyCarrier, "shapes_and_types"),
        (tools.NaNCarrier, "results_are_finite"),
        (tools.Everywhere, "a_picture_is_shown_at_its_time"),
        (tools.Faint, "a_picture_is_shown_at_its_time"),
        (tools.StuckPaint, "paint_moves_with_what_it_is_on"),
        (tools.FirstPictureOnly, "several_pictures"),
        (tools.LateReference, "reference"),
        (tools.WordyFacts, "facts"),
        (tools.AnyDirection, "other_spaces_are_refused"),
        (tools.StatefulCarrier, "no_state_is_carried_over"),
        (tools.GloballyRandomCarrier, "same_seed_same_result"),
        (tools.PaintedInPlace, "input_is_left_alone"),
    ],
    MetricConformance: [
        (tools.TensorFigure, "gives_a_number"),
        (tools.NaNFigure, "gives_a_number"),
        (tools.LateFigure, "frames_are_compared_with_their_own"),
        (tools.Upside, "worse_frames_score_worse"),
        (tools.StatefulFigure, "no_state_is_carried_over"),
        (tools.GloballyRandomFigure, "same_seed_same_result"),
        (tools.TensorMeasured, "gives_a_number"),
        (tools.LastFrame, "frames_may_come_one_at_a_time"),
        (tools.DrainedMeasurement, "frames_may_come_one_at_a_time"),
        (tools.SharedMeasurement, "measurements_do_not_mix"),
        (tools.HoardedRuns, "long_clips_need_no_more_memory"),
    ],
}
MUTANTS = [(suite, mutant, requirement) for suite, mutants in SUITES.items() for mutant, requirement in mutants]


def reasons(suite: type, implementation: type, requirement: str, **attributes: object) -> list[str]:
    """Why `implementation` does not meet `requirement`."""
    subject = type("Subject", (suite,), {"implementation": implementation, **attributes})
    (finding,) = run_suite(subject, only=[requirement])
    return [] if finding.met else [finding.reason]


@pytest.mark.parametrize(
    ("suite", "mutant", "requirement"), MUTANTS, ids=[mutant.__name__ for _, mutant, _ in MUTANTS]
)
def test_a_mutant_is_caught(suite: type, mutant: type, requirement: str) -> None:
    promised = {"reconstruction": 20.0} if suite is InverterConformance else {}
    assert reasons(suite, mutant, requirement, **promised)


@pytest.mark.parametrize(
    ("suite", "implementation"),
    [
        (GeneratorConformance, methods.SeedlessFrames),
        (InverterConformance, methods.SeedlessCodes),
        (DynamicsConformance, fakes.FakeDynamics),
        (FramingConformance, fakes.FakeFraming),
        (DirectionConformance, fakes.FakeDirection),
        (EstimatorConformance, fakes.FakeEstimator),
        (CarrierConformance, fakes.FakeCarrier),
        (MetricConformance, fakes.FakeMetric),
    ],
)
def test_an_ignored_seed_is_caught(suite: type, implementation: type) -> None:
    (reason,) = reasons(suite, implementation, "another_seed_another_result", random=True)
    assert "context.seed is not used" in reason


def test_frames_that_are_said_to_be_kept_are_compared() -> None:
    claiming = type("Claiming", (fakes.FakeGenerator,), {"keeps_frames": True})
    (reason,) = reasons(InverterConformance, fakes.FakeInverter, "kept_frames_are_kept", generator=claiming)
    assert "Claiming says that it keeps frames, but " in reason


class SeededFrames(fakes.FakeGenerator):
    """Grain that the seed decides."""

    def synthesize(self, codes, times):
        random = torch.Generator().manual_seed(self.context.seed)
        frames = super().synthesize(codes, times)
        return (frames + 0.1 * torch.rand(frames.shape[1:], generator=random)).clamp(0, 1)


def test_a_plugin_that_uses_its_seed_passes() -> None:
    subject = type("Subject", (GeneratorConformance,), {"implementation": SeededFrames, "random": True})
    assert [finding for finding in run_suite(subject) if not finding.met] == []


def test_a_reason_is_a_sentence_about_the_plugin() -> None:
    (reason,) = reasons(DynamicsConformance, methods.LateCurve, "observed_codes_are_met")
    assert reason.startswith("the curve at the observed times differs by ")
    (reason,) = reasons(MetricConformance, tools.LateFigure, "frames_are_compared_with_their_own")
    assert reason.startswith("frames in time and one late score ")
