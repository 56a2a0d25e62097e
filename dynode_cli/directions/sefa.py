"""SeFa: directions of a generator itself, in closed form; nothing is sampled and nothing is trained.

Shen and Zhou, "Closed-Form Factorization of Latent Semantics in GANs", CVPR 2021.
"""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_cli.contracts import Generator
from dynode_cli.directions.latent import LatentDirection
from dynode_cli.errors import UsageError


def sefa(matrices: list[Tensor]) -> Tensor:
    """(D, D) unit directions, the strongest first: eigenvectors of the sum of A^T A over `matrices` A (out, D).

    Rows of each matrix are scaled to length 1 first, as the authors do, so that no channel outweighs the others. The
    sign is such that the largest element is positive.
    """
    rows = torch.cat([torch.nn.functional.normalize(matrix.double().reshape(len(matrix), -1)) for matrix in matrices])
    _, vectors = torch.linalg.eigh(rows.T @ rows)
    vectors = vectors.T.flip(0)
    largest = vectors.gather(1, vectors.abs().argmax(1, keepdim=True))
    signed: Tensor = vectors * torch.where(largest < 0, -1.0, 1.0)
    return signed.float()


def sefa_direction(generator: Generator, number: int) -> LatentDirection:
    """Direction `number` (from 0, the strongest first) of `generator`.

    Raises:
        UsageError: the generator has no such directions, or not so many.
    """
    matrices = [matrix.detach().cpu() for matrix in generator.code_matrices()]
    if not matrices:
        raise UsageError(
            f"sefa:{number} is computed from how codes enter the layers of a generator, and this one does not say",
            hint="use a GAN: -g stylegan2 --weights FILE",
        )
    directions = sefa(matrices)
    if number >= len(directions):
        raise UsageError(f"sefa:{number} does not exist: there are 0 to {len(directions) - 1}")
    space = "z" if generator.space == "z" else "w"
    return LatentDirection(f"sefa:{number}", space, directions[number], None, {"method": "SeFa"})
