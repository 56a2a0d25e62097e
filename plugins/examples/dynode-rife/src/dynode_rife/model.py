"""Reading the network from its file."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from dynode_cli import WeightsError, load_torch
from dynode_rife.ifnet import STEPS, IFNet

_FOR_TRAINING = ("teacher.", "caltime.")
"""Parts of the file that serve training only."""
_NEEDED = ("encode.cnn0.weight", "encode.cnn3.weight", *(f"block{k}.lastconv.0.weight" for k in range(len(STEPS))))


def load_model(path: Path) -> IFNet:
    """The network in `path`, a file that ``torch.save`` wrote; no code of the file is run.

    Raises:
        InputError: there is no such file.
        WeightsError: it holds something else, or is damaged.
    """
    loaded = load_torch(path)
    if not isinstance(loaded, dict) or not all(isinstance(value, Tensor) for value in loaded.values()):
        raise WeightsError(f"{path} holds no tensors by name")
    state = {
        name.removeprefix("module."): tensor.float()
        for name, tensor in loaded.items()
        if not name.removeprefix("module.").startswith(_FOR_TRAINING)
    }
    missing = [name for name in _NEEDED if name not in state]
    if missing:
        raise WeightsError(
            f"{path} is no IFNet of five blocks: {missing[0]} is not in it",
            hint="use `dynode weights pull rife-ifnet`",
        )
    try:
        model = IFNet(state)
    except KeyError as error:
        raise WeightsError(f"{path} is of another architecture: {error.args[0]} is not in it") from error
    shapes = {name: tensor.shape for name, tensor in model.state_dict().items()}
    wrong = sorted(
        name for name in shapes.keys() | state.keys() if name not in state or shapes.get(name) != state[name].shape
    )
    if wrong:
        raise WeightsError(f"{path} is of another architecture: {', '.join(wrong[:3])} do(es) not fit")
    model.load_state_dict(state)
    return model.eval().requires_grad_(False)
