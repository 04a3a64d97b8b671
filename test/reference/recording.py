"""How a case is recorded: drawn inputs, PyTorch's outputs, and the gradients of a random linear functional of them."""

from __future__ import annotations

import zlib
from typing import Any, Callable

import numpy as np
import torch
from torch import Tensor

torch.set_default_dtype(torch.float64)

Attributes = dict[str, Any]
Tensors = dict[str, Tensor]
Inputs = dict[str, "tuple[int, ...] | Tensor"]
Case = dict[str, Any]


def draw(random: np.random.Generator, shape: tuple[int, ...], low: int = -2000) -> Tensor:
    """Distinct, non-zero multiples of 1/1000 from low/1000 to 2."""
    candidates = np.array([value for value in range(low, 2001) if value != 0])
    return torch.tensor(random.choice(candidates, size=shape, replace=False) / 1000)


def described(tensor: Tensor) -> dict[str, Any]:
    """Shape and numbers, floats to 9 significant digits; adding 0 turns -0 into 0."""
    data = tensor.detach().flatten().tolist()
    if not tensor.is_floating_point():
        return {"shape": list(tensor.shape), "dtype": "int32", "data": data}
    return {"shape": list(tensor.shape), "data": [float(f"{value:.9g}") + 0.0 for value in data]}


def as_recorded(tensor: Tensor) -> Tensor:
    """The tensor a reader of the file gets."""
    return torch.tensor(described(tensor)["data"], dtype=tensor.dtype).reshape(tensor.shape)


def camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def renamed(entries: dict[str, Any]) -> dict[str, Any]:
    """Names as the files spell them, tensors as they hold them."""
    return {camel_case(key): described(value) if isinstance(value, Tensor) else value for key, value in entries.items()}


def record(
    name: str,
    op: str,
    attributes: Attributes,
    inputs: Inputs,
    compute: Callable[..., Tensors],
    differentiate: tuple[str, ...] = ("y",),
    constant: tuple[str, ...] = (),
) -> Case:
    """One case: `compute(**inputs)`, and its gradients through the outputs named in `differentiate`.

    An input given as a shape is drawn at random, from a seed that is the checksum of the case's name. Integer inputs
    and those named in `constant` get no gradient.
    """
    random = np.random.default_rng(zlib.crc32(name.encode()))
    tensors = {
        key: as_recorded(value if isinstance(value, Tensor) else draw(random, value)) for key, value in inputs.items()
    }
    leaves = {key: value for key, value in tensors.items() if value.is_floating_point() and key not in constant}
    for leaf in leaves.values():
        leaf.requires_grad_(len(differentiate) > 0)
    outputs = compute(**tensors)
    case: Case = {
        "name": name,
        "op": op,
        "attributes": renamed(attributes),
        "inputs": renamed(tensors),
        "outputs": renamed(outputs),
    }
    if differentiate:
        cotangent = {key: draw(random, tuple(outputs[key].shape)) for key in differentiate}
        functional = sum((outputs[key] * cotangent[key]).sum() for key in differentiate)
        gradients = torch.autograd.grad(functional, list(leaves.values()), allow_unused=True)
        case["cotangent"] = renamed(cotangent)
        case["gradients"] = renamed({
            key: torch.zeros_like(leaf) if gradient is None else gradient
            for (key, leaf), gradient in zip(leaves.items(), gradients)
        })
    return case
