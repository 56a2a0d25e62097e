from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dynode_cli.media.carried.onsets import OnsetFinder
from dynode_cli.media.carried.stretch import TimeStretch
from tests.dynode_cli.media.carried.sounds import Samples, beeps, onsets

TIMES = np.array([0.013, 0.3, 0.613, 0.9, 1.21])
FACTORS = ["1/4", "1/2", "4/5", "5/4", "2", "3", "4", "16"]


def stretched(sound: Samples, factor: str, rate: int, *, piece: int = 1024) -> Samples:
    """`sound` (n,) or (channels, n), given piece by piece."""
    sound = np.atleast_2d(sound)
    stretch = TimeStretch(Fraction(factor), rate, len(sound))
    parts = [stretch.push(sound[:, at : at + piece]) for at in range(0, sound.shape[1], piece)]
    return np.concatenate([*parts, stretch.finish()], axis=1)


def heard_late(sound: Samples, factor: str, rate: int) -> np.ndarray:
    """Seconds by which each onset of the stretched sound is late."""
    out = stretched(sound, factor, rate)[0]
    slow = float(Fraction(factor))
    expected = TIMES * slow
    return onsets(out, rate, expected, within=0.1 * slow) - expected


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("kind", ["click", "beep", "drum"])
def test_onsets_sound_at_their_times(kind: str, factor: str) -> None:
    late = heard_late(beeps(1.5, TIMES, 16000, kind=kind), factor, 16000)
    assert np.abs(late).max() < 0.002 + 0.0001 * float(Fraction(factor))


@pytest.mark.parametrize("rate", [8000, 44100, 48000, 96000])
def test_onsets_sound_at_their_times_at_any_rate(rate: int) -> None:
    for factor in ("1/2", "4"):
        assert np.abs(heard_late(beeps(1.5, TIMES, rate), factor, rate)).max() < 0.002


def test_a_click_sounds_once() -> None:
    for factor in FACTORS:
        out = stretched(beeps(1.5, TIMES[1:], 16000, kind="click"), factor, 16000)[0]
        loud = np.flatnonzero(np.abs(out) > 0.05)
        assert 1 + (np.diff(loud) > 160).sum() == len(TIMES) - 1


@given(
    st.fractions(Fraction(1, 4), 16, max_denominator=50),
    st.integers(0, 5000),
    st.integers(1, 2),
    st.integers(1, 3000),
    st.integers(0, 9),
)
@settings(deadline=None, max_examples=30)
def test_it_lasts_as_long_as_it_should_however_it_comes(
    factor: Fraction, length: int, channels: int, piece: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    sound = (rng.normal(size=(channels, length)) * 10 ** rng.uniform(-3, -1, (1, length))).astype(np.float32)
    sound[:, : length // 3] = 0
    out = stretched(sound, str(factor), 8000, piece=piece)
    assert out.shape == (channels, round(length * factor))
    assert np.isfinite(out).all()
    assert (out == stretched(sound, str(factor), 8000, piece=max(1, length))).all()


@pytest.mark.parametrize("hertz", [55.0, 440.0, 1234.5])
def test_a_tone_keeps_its_pitch_and_loudness(hertz: float) -> None:
    rate = 16000
    tone = 0.3 * np.sin(2 * np.pi * hertz * np.arange(2 * rate) / rate)
    for factor in ("1/4", "2/3", "2", "8"):
        # The second channel is the first one's opposite: their sum would be silence.
        left, right = stretched(np.stack([tone, -tone]).astype(np.float32), factor, rate)
        assert np.allclose(left, -right, atol=1e-6)
        middle = left[len(left) // 8 : -len(left) // 8]
        spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 8 * len(middle)))
        assert spectrum.argmax() * rate / (8 * len(middle)) == pytest.approx(hertz, rel=0.005)
        loudness = np.sqrt(np.convolve(middle**2, np.ones(rate // 10) / (rate // 10), "valid"))
        assert loudness.min() > 0.95 * tone.std() and loudness.max() < 1.05 * tone.std()


def test_noise_keeps_its_loudness() -> None:
    noise = (0.1 * np.random.default_rng(0).normal(size=32000)).astype(np.float32)
    for factor in ("1/4", "1/2", "2", "8"):
        assert stretched(noise, factor, 16000).std() == pytest.approx(0.1, rel=0.02)


def test_memory_does_not_grow_with_the_sound() -> None:
    stretch = TimeStretch(Fraction(2), 8000, 1)
    sizes = []
    for seed in range(40):
        times = np.random.default_rng(seed).uniform(0, 0.9, 5)
        stretch.push(beeps(1, times, 8000, kind="click")[None])
        sizes.append(stretch._source.size + stretch._onsets._powers.size + len(stretch._anchors))
    assert max(sizes) < 2 * 8000


def test_onsets_are_found_to_a_sample() -> None:
    rate, times = 48000, [0.1, 0.35, 0.7]
    for kind in ("click", "beep", "noise"):
        sound = np.concatenate([beeps(1, times, rate, kind=kind), np.zeros(rate, np.float32)])[None]
        finder = OnsetFinder(rate, rate // 20)
        found = [*finder.add(sound[:, :20001]), *finder.add(sound[:, 20001:])]
        # The faint noise that is everywhere may set in too, at the beginning.
        assert all(onset < 10 for onset in found[:-3])
        assert found[-3:] == pytest.approx(np.multiply(times, rate), abs=rate * 1e-4)
        assert finder.known_until > rate
    steady = (0.1 * np.random.default_rng(0).normal(size=(1, rate))).astype(np.float32)
    steady[0] += 0.1 * np.sin(np.arange(rate) / 20)
    # It sets in once, at its beginning.
    assert all(onset < rate // 100 for onset in OnsetFinder(rate, rate // 20).add(steady))
