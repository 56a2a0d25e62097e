from typing import Any

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor

from dynode_cli import Context, Generator, InputError, NoOptions, UsageError
from dynode_cli.conformance import DirectionConformance
from dynode_cli.directions.latent import LatentDirection, require_fit
from dynode_cli.directions.learning import direction_between, separating_normal
from dynode_cli.directions.sefa import sefa, sefa_direction
from dynode_cli.values.direction_words import Word, parse_word
from dynode_cli.values.strengths import parse_strength_words


class Codes(Generator):
    """Has codes of a space, and draws nothing."""

    default_inverter = "none"

    def __init__(self, space: str, shape: tuple[int, ...], matrices: tuple[Tensor, ...] = ()) -> None:
        super().__init__(NoOptions(), Context())
        self.space, self.code_shape, self.matrices = space, shape, matrices

    def synthesize(self, codes: Tensor, times: Tensor) -> Tensor:
        return torch.zeros(len(codes), 3, 8, 8)

    def code_matrices(self) -> tuple[Tensor, ...]:
        return self.matrices


W = LatentDirection("age", "w", torch.arange(1.0, 5.0))
WPLUS = LatentDirection("pose", "w+", torch.arange(1.0, 13.0).reshape(3, 4))
Z = LatentDirection("mood", "z", torch.arange(1.0, 5.0))


class Whole(LatentDirection):
    def __init__(self, options: Any, context: Context) -> None:
        super().__init__("pose", "w+", WPLUS.vector)


class TestLatentDirection(DirectionConformance):
    implementation = Whole
    code_shape = (3, 4)


def test_layers_limit_a_direction() -> None:
    code = torch.zeros(3, 4)
    assert torch.equal(W.on_layers(1, 2).apply(code, 2.0), torch.stack([code[0], 2 * W.vector, 2 * W.vector]))
    assert torch.equal(WPLUS.on_layers(0, 0).apply(code, 1.0)[0], WPLUS.vector[0])
    assert W.on_layers(1, 2).name == "age@1-2"


@pytest.mark.parametrize(
    ("direction", "space", "shape"),
    [(W, "w", (4,)), (W, "w+", (3, 4)), (WPLUS, "w+", (3, 4)), (Z, "z", (4,)), (W.on_layers(0, 2), "w+", (3, 4))],
)
def test_directions_that_fit(direction: LatentDirection, space: str, shape: tuple[int, ...]) -> None:
    generator = Codes(space, shape)
    require_fit(direction, generator, "gan")
    assert direction.apply(torch.zeros(shape), 1.0).shape == shape


@pytest.mark.parametrize(
    ("direction", "space", "shape", "words"),
    [
        (W, "", (7,), "has no latent space"),
        (W, "z", (4,), "not linear"),
        (Z, "w+", (3, 4), "not linear"),
        (WPLUS, "w", (4,), "for each of 3 layers"),
        (WPLUS, "w+", (5, 4), "another size"),
        (W, "w", (6,), "another size"),
        (W.on_layers(0, 1), "w", (4,), "leave out @"),
        (W.on_layers(2, 3), "w+", (3, 4), "layer 3 does not exist"),
    ],
)
def test_the_wrong_space_is_an_error_that_says_why(
    direction: LatentDirection, space: str, shape: tuple[int, ...], words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        require_fit(direction, Codes(space, shape), "gan")
    assert words in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("smile", Word("smile")),
        ("smile=0.8", Word("smile", parse_strength_words("0.8"))),
        ("smile@4-8", Word("smile", layers=(4, 8))),
        ("sefa:3=-2", Word("sefa", parse_strength_words("-2"), 3)),
        ("a/b.pt:3@2-5=1.5", Word("a/b.pt", parse_strength_words("1.5"), 3, (2, 5))),
        ("mood.npy@z", Word("mood.npy", space="z")),
        ("age.pt@7=0:0,1s:1", Word("age.pt", parse_strength_words("0:0,1s:1"), None, (7, 7))),
    ],
)
def test_words_are_read(text: str, word: Word) -> None:
    assert parse_word(text) == word


@pytest.mark.parametrize("text", ["", "=1", "smile=", "smile@8-4"])
def test_words_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_word(text)


def test_sefa_finds_what_moves_the_first_layer_most() -> None:
    turn = torch.linalg.qr(torch.randn(6, 6, generator=torch.Generator().manual_seed(0)))[0]
    # Rows of equal length along known axes, more of them along the first.
    matrix = torch.cat([turn[n].expand(9 - n, 6) for n in range(4)])
    directions = sefa([matrix[:10], matrix[10:]])
    for n in range(4):
        assert abs(float(directions[n] @ turn[n])) == pytest.approx(1, abs=1e-4)
    generator = Codes("w+", (3, 6), (matrix,))
    assert sefa_direction(generator, 1).space == "w"
    with pytest.raises(UsageError, match="0 to 5"):
        sefa_direction(generator, 6)
    with pytest.raises(UsageError, match="does not say"):
        sefa_direction(Codes("w", (6,)), 0)


@given(st.integers(0, 100), st.sampled_from(["mean", "svm"]))
@settings(max_examples=20, deadline=None)
def test_a_learnt_direction_separates_its_examples(seed: int, method: str) -> None:
    random = torch.Generator().manual_seed(seed)
    truth = torch.nn.functional.normalize(torch.randn(8, generator=random), dim=0)
    noise = 0.3 * torch.randn(40, 8, generator=random)
    noise -= (noise @ truth)[:, None] * truth
    one, other = noise[:25] + 2 * truth, noise[25:] - truth
    direction = direction_between(one, other, method)  # type: ignore[arg-type]
    unit = direction / direction.norm()
    assert float(unit @ truth) > 0.9
    assert float((one @ unit).min()) > float((other @ unit).max())
    assert float(direction.norm()) == pytest.approx(3, rel=0.15)


def test_the_separating_plane_has_the_widest_margin() -> None:
    # Two points decide; the others lie far behind them and off the line, and would tilt the difference of means.
    examples = torch.tensor([[1.0, 0], [9.0, 8], [10.0, 9], [-1.0, 0], [-9.0, 7]], dtype=torch.float64)
    labels = torch.tensor([1.0, 1, 1, -1, -1])
    normal = separating_normal(100 * examples, labels)
    means = direction_between(examples[:3], examples[3:], "mean")
    assert float(normal[0]) > 0.93 > float(means[0] / means.norm()) - 0.07
    assert torch.allclose(normal, separating_normal(examples, labels), atol=1e-6)


def test_examples_that_say_nothing_are_refused() -> None:
    codes = torch.randn(3, 4)
    for one, other in ((codes[:0], codes), (codes, codes), (codes, torch.randn(3, 5))):
        with pytest.raises(InputError):
            direction_between(one, other, "mean")
