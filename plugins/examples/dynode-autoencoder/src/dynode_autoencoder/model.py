"""Reading a model from its folder or file."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from dynode_autoencoder.kl import KL
from dynode_autoencoder.tiny import Tiny
from dynode_cli import InputError, WeightsError

FILE = "diffusion_pytorch_model.safetensors"
_GROUPS = 32
# Names that attention had in files of older versions of diffusers.
_OLD = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}


def load_model(path: Path) -> Tiny | KL:
    """The autoencoder of a diffusers folder, or of a safetensors file.

    Raises:
        InputError: there is no such file or folder.
        WeightsError: it holds something else, or is damaged.
    """
    folder = path if path.is_dir() else path.parent
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise InputError(f"{file}: no such file", hint="give the folder of an autoencoder, or its safetensors file")
    try:
        state = {_new_name(name): tensor.float() for name, tensor in load_file(file).items()}
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{file}: not a safetensors file ({error})") from error
    if "encoder.layers.0.weight" in state:
        model: Tiny | KL = Tiny(state)
    elif {"encoder.conv_in.weight", "decoder.conv_in.weight"} <= set(state):
        model = KL(state, _groups(folder / "config.json"))
    else:
        raise WeightsError(f"{file} holds no AutoencoderTiny and no AutoencoderKL")
    shapes = {name: tensor.shape for name, tensor in model.state_dict().items()}
    wrong = sorted(
        name for name in shapes.keys() | state.keys() if name not in state or shapes.get(name) != state[name].shape
    )
    if wrong:
        raise WeightsError(f"{file} is of another architecture: {', '.join(wrong[:3])} do(es) not fit")
    model.load_state_dict(state)
    return model.eval().requires_grad_(False)


def _new_name(name: str) -> str:
    if ".attentions." not in name:
        return name
    parts = name.split(".")
    return ".".join(_OLD.get(part, part) for part in parts)


def _groups(config: Path) -> int:
    if not config.is_file():
        return _GROUPS
    try:
        facts = json.loads(config.read_text(encoding="utf-8"))
    except ValueError as error:
        raise WeightsError(f"{config}: not valid JSON ({error})") from error
    return int(facts.get("norm_num_groups", _GROUPS))


def padded(frame: Tensor, factor: int) -> Tensor:
    """`frame` (3, H, W) with its border repeated to the right and below, up to multiples of `factor`."""
    height, width = frame.shape[1:]
    pad = (0, -width % factor, 0, -height % factor)
    return torch.nn.functional.pad(frame[None], pad, mode="replicate")[0]
