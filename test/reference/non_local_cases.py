"""Cases of the non-local block (Wang et al. 2018, arXiv:1711.07971, section 3) and of the forms of it called SAGAN."""

from __future__ import annotations

import zlib

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from recording import Attributes, Case, Inputs, Tensors, draw, record

MAX_POOL = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
CHANNELS = 8


def projected(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """A 1x1 convolution of a grid of any rank, by a weight [O, I, 1, 1]."""
    y = torch.einsum("oi,ni...->no...", weight.flatten(1), x)
    return y if bias is None else y + bias.reshape(-1, *[1] * (x.dim() - 2))


def spectrally_normalized(weight: Tensor, u: Tensor) -> Tensor:
    """The weight over its largest singular value, after one power iteration that is constant to the gradient."""
    matrix = weight.flatten(1)
    with torch.no_grad():
        v = F.normalize(u @ matrix, dim=1)
        u = F.normalize(v @ matrix.t(), dim=1)
    return weight / (u @ matrix @ v.t())


def pairwise_weights(settings: Attributes, theta: Tensor, phi: Tensor, pair: Tensor | None) -> Tensor:
    """f(x_i, x_j) / C(x) of theta [N, D, L] and phi [N, D, L'], as [N, L, L']."""
    if settings["pairwise"] == "concatenation":
        left = theta.transpose(1, 2)[:, :, None, :].expand(-1, -1, phi.shape[2], -1)
        right = phi.transpose(1, 2)[:, None, :, :].expand(-1, theta.shape[2], -1, -1)
        scores = F.relu(F.linear(torch.cat([left, right], dim=3), pair)).squeeze(3)
    else:
        scores = theta.transpose(1, 2) @ phi
    if settings.get("scaled", False):
        scores = scores / theta.shape[1] ** 0.5
    return torch.softmax(scores, dim=2) if settings["normaliser"] == "softmax" else scores / phi.shape[2]


def non_local_case(name: str, grid: tuple[int, ...], query: int, value: int, **settings: object) -> Case:
    """A case with `query` and `value` channels; `query` 0 stands for the features themselves."""
    settings = {"pairwise": "embeddedGaussian", "normaliser": "softmax", "gate": "scalar", **settings}
    pooling = settings.get("key_pooling", "none")
    window = settings.get("pool_window", (2,) * len(grid))
    random = np.random.default_rng(zlib.crc32(f"inputs of {name}".encode()))

    def small(*shape: int) -> Tensor:
        return draw(random, shape) * 0.25

    widths = {"query": (query, CHANNELS), "key": (query, CHANNELS), "value": (value, CHANNELS)}
    if settings.get("output", True):
        widths["output"] = (CHANNELS, value)
    inputs: Inputs = {"x": draw(random, (2, CHANNELS, *grid)) * 0.5}
    for layer, (outputs, features) in widths.items():
        if outputs == 0:
            continue
        inputs[f"{layer}_weight"] = small(outputs, features, 1, 1)
        if settings.get("bias", False):
            inputs[f"{layer}_bias"] = small(outputs)
        if settings.get("spectral_norm", False):
            inputs[f"{layer}_u"] = F.normalize(draw(random, (1, outputs)), dim=1)
    if settings["pairwise"] == "concatenation":
        inputs["pair_weight"] = small(1, 2 * query)
    if settings["gate"] == "scalar":
        inputs["gamma"] = torch.tensor(0.7)
    if settings["gate"] == "batchNorm":
        inputs.update({"norm_gain": small(CHANNELS), "norm_bias": small(CHANNELS)})

    def compute(x: Tensor, **tensors: Tensor) -> Tensors:
        def layer(of: str, features: Tensor) -> Tensor:
            weight, bias, u = tensors[f"{of}_weight"], tensors.get(f"{of}_bias"), tensors.get(f"{of}_u")
            return projected(features, weight if u is None else spectrally_normalized(weight, u), bias)

        def pooled(features: Tensor, where: str) -> Tensor:
            return MAX_POOL[len(grid)](features, window) if pooling == where else features

        source = pooled(x, "beforeProjection")
        theta = layer("query", x) if query > 0 else x
        phi = pooled(layer("key", source) if query > 0 else source, "afterProjection")
        g = pooled(layer("value", source), "afterProjection")
        weights = pairwise_weights(settings, theta.flatten(2), phi.flatten(2), tensors.get("pair_weight"))
        z = (g.flatten(2) @ weights.transpose(1, 2)).reshape(2, value, *grid)
        if settings.get("output", True):
            z = layer("output", z)
        if settings["gate"] == "batchNorm":
            z = F.batch_norm(z, None, None, tensors["norm_gain"], tensors["norm_bias"], training=True, eps=1e-5)
        return {"y": x + tensors.get("gamma", 1) * z, "attention": weights}

    state = tuple(key for key in inputs if key.endswith("_u"))
    attributes = {**settings, "query_channels": query, "value_channels": value}
    return record(name, "nonLocal", attributes, inputs, compute, constant=state)


def non_local() -> list[Case]:
    after, before = {"key_pooling": "afterProjection"}, {"key_pooling": "beforeProjection"}
    bias, count = {"bias": True}, {"normaliser": "count"}
    ungated, norm = {"gate": "none"}, {"gate": "batchNorm"}
    gaussian, dot = {"pairwise": "gaussian"}, {"pairwise": "dotProduct", **count}
    additive, pair = {"pairwise": "concatenation"}, {"pairwise": "concatenation", **count}
    frames = {"pool_window": (1, 2, 2), "scaled": True}
    case = non_local_case
    return [
        case("selfAttention of the released SAGAN, spectral norm", (2, 4), 1, 4, **after, spectral_norm=True),
        case("selfAttention of SAGAN's paper", (2, 3), 1, 1),
        case("selfAttention of heykeetae's SAGAN", (2, 3), 1, CHANNELS, **bias, output=False),
        case("nonLocal gaussian 1D", (5,), 0, 4, **bias, **gaussian),
        case("nonLocal gaussian 2D, pooled", (2, 4), 0, 4, **after, **gaussian),
        case("nonLocal embeddedGaussian 3D, scaled, norm", (2, 2, 2), 4, 4, **before, **bias, **norm, **frames),
        case("nonLocal dotProduct 2D, pooled", (3, 4), 4, 4, **after, **bias, **dot, **ungated),
        case("nonLocal dotProduct 3D", (2, 3, 2), 2, 4, **dot),
        case("nonLocal concatenation 1D, softmax", (5,), 4, 4, **additive),
        case("nonLocal concatenation 2D, pooled, norm", (2, 4), 4, 4, **after, **bias, **norm, **pair),
        case("nonLocal concatenation 3D", (2, 2, 2), 2, 4, **bias, **pair, **ungated),
    ]
