#!/usr/bin/python3
"""Records the features of the Inception network of FID, in float64, with weights that are drawn by a formula.

    python3 test/reference/make_inception.py        with PyTorch 1.13 and torchvision 0.14

The network is torchvision's inception_v3 with 1008 classes and other poolings: averages leave the padding out, and
the last block takes maxima. The formulas stand in inception-formula.ts too.
"""

from __future__ import annotations

import json
import types
import zlib
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor

from make_reference import printed

IMAGES = 2
SIDE = 299
INTERVALS = {"gain": (0.5, 1.5), "offset": (-0.2, 0.3), "mean": (-0.3, 0.3), "variance": (0.2, 1.8)}


def drawn(layer: str, role: str, shape: tuple[int, ...]) -> Tensor:
    bound = float(np.sqrt(6 / np.prod(shape[1:]))) if role == "weight" else 0
    low, high = INTERVALS.get(role, (-bound, bound))
    i = np.arange(np.prod(shape), dtype=np.uint32)
    h = (i * np.uint32(0x9E3779B1)) ^ np.uint32(zlib.crc32(f"{layer}.{role}".encode()))
    h = (h ^ (h >> 15)) * np.uint32(0x2C1B3C6D)
    h = (h ^ (h >> 12)) * np.uint32(0x297A2D39)
    numbers = low + (high - low) * ((h ^ (h >> 15)).astype(np.float64) / 2**32)
    return torch.tensor(numbers.astype(np.float32).reshape(shape))


def images() -> Tensor:
    image, channel, row, column = np.ogrid[:IMAGES, :3, :SIDE, :SIDE]
    pixel = (column * (3 + image) + row * (5 + 2 * image) + column * row // 17 * channel) % 256
    return torch.tensor((pixel - 128) / 128)


def average(x: Tensor, kernel_size: int = 3, stride: int = 1, padding: int = 1) -> Tensor:
    return F.avg_pool2d(x, kernel_size, stride, padding, count_include_pad=False)


def maximum(x: Tensor, kernel_size: int = 3, stride: int = 1, padding: int = 1) -> Tensor:
    return F.max_pool2d(x, kernel_size, stride, padding)


def with_pool(block: torch.nn.Module, pool) -> None:
    """Gives a block's forward, whose only average is that of its last branch, another function for it."""
    forward = type(block)._forward
    functional = types.SimpleNamespace(avg_pool2d=pool, max_pool2d=F.max_pool2d)
    own = types.FunctionType(forward.__code__, {**forward.__globals__, "F": functional})
    block._forward = types.MethodType(own, block)


def network() -> torch.nn.Module:
    net = torchvision.models.inception_v3(
        num_classes=1008, aux_logits=False, transform_input=False, init_weights=False, weights=None
    )
    for name in ("5b", "5c", "5d", "6b", "6c", "6d", "6e", "7b"):
        with_pool(getattr(net, f"Mixed_{name}"), average)
    with_pool(net.Mixed_7c, maximum)
    roles = {"conv.weight": "weight", "bn.weight": "gain", "bn.bias": "offset"}
    roles |= {"bn.running_mean": "mean", "bn.running_var": "variance"}
    for name, tensor in net.state_dict().items():
        if name in ("fc.weight", "fc.bias"):
            tensor.copy_(drawn("fc", {"fc.weight": "weight", "fc.bias": "offset"}[name], tuple(tensor.shape)))
        elif not name.endswith("num_batches_tracked"):
            layer, kind, leaf = name.rsplit(".", 2)
            tensor.copy_(drawn(layer, roles[f"{kind}.{leaf}"], tuple(tensor.shape)))
    return net.double().eval()


def digits(tensor: Tensor) -> list[list[float]]:
    return [[float(f"{value:.7g}") for value in row] for row in tensor.tolist()]


@torch.no_grad()
def main() -> None:
    net = network()
    seen = {}
    taps = {64: net.maxpool1, 192: net.maxpool2, 768: net.Mixed_6e, 2048: net.Mixed_7c}
    for tap, module in taps.items():
        module.register_forward_hook(lambda _, __, y, tap=tap: seen.__setitem__(tap, y.mean((2, 3))))
    logits = net(images())
    content = {
        "torch": torch.__version__,
        "dtype": "float64",
        "features": {str(tap): digits(seen[tap]) for tap in taps},
        "logits": digits(logits),
        "logitsWithoutBias": digits(logits - net.fc.bias),
    }
    for tap in taps:
        print(tap, seen[tap].pow(2).mean().sqrt().item(), (seen[tap][0] - seen[tap][1]).pow(2).mean().sqrt().item())
    print(logits.pow(2).mean().sqrt().item())
    path = Path(__file__).with_name("inception.json")
    path.write_text(printed(content) + "\n", encoding="utf8")


if __name__ == "__main__":
    main()
