"""Cases of layers: one function a family, and each family a file."""

from __future__ import annotations

from typing import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.spectral_norm import SpectralNorm

from recording import Attributes, Case, Inputs, Tensors, draw, record


def convolution() -> list[Case]:
    functions = {"conv2d": F.conv2d, "conv3d": F.conv3d, "convTranspose2d": F.conv_transpose2d}

    def case(
        name: str,
        op: str,
        x: tuple[int, ...],
        weight: tuple[int, ...],
        bias: int = 0,
        **settings: tuple[int, ...] | int,
    ) -> Case:
        """`bias` counts output channels and 0 means none; `settings` are those of torch where they are not 1 or 0."""
        ones = (1,) * (len(x) - 2)
        zeros = (0,) * (len(x) - 2)
        attributes: Attributes = {"stride": ones, "padding": zeros, "dilation": ones, "groups": 1, **settings}
        if op == "convTranspose2d":
            attributes.setdefault("output_padding", zeros)
        inputs: Inputs = {"x": x, "weight": weight}
        if bias > 0:
            inputs["bias"] = (bias,)

        def compute(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensors:
            return {"y": functions[op](x, weight, bias, **attributes)}

        return record(f"{op} {name}", op, attributes, inputs, compute)

    one, two = (1, 1), (2, 2)
    down = {"stride": two, "padding": one}
    far = {"stride": two, "dilation": two}
    up, three = "convTranspose2d", "conv3d"
    return [
        case("3x3 pad 1", "conv2d", (2, 3, 4, 5), (4, 3, 3, 3), 4, padding=one),
        case("1x1 without bias", "conv2d", (2, 4, 3, 3), (3, 4, 1, 1)),
        case("3x3 stride 2 pad 1 groups 2", "conv2d", (2, 4, 6, 5), (4, 2, 3, 3), 4, **down, groups=2),
        case("4x4 stride 2 pad 1", "conv2d", (2, 2, 6, 6), (3, 2, 4, 4), 3, **down),
        case("3x3 dilation 2 pad 2", "conv2d", (1, 2, 6, 5), (3, 2, 3, 3), padding=two, dilation=two),
        case("3x3 stride 2 leaving a remainder", "conv2d", (1, 2, 6, 8), (2, 2, 3, 3), stride=two),
        case("1x3 depthwise", "conv2d", (1, 3, 3, 6), (6, 1, 1, 3), 6, stride=(1, 2), padding=(0, 1), groups=3),
        case("3x3 stride 2 dilation 2 groups 2", "conv2d", (1, 4, 7, 6), (2, 2, 3, 3), 2, **far, padding=two, groups=2),
        case("3x3x3 pad 1", three, (1, 2, 3, 4, 3), (2, 2, 3, 3, 3), 2, padding=(1, 1, 1)),
        case("1x2x2 stride 1,2,2 groups 2", three, (2, 2, 2, 4, 4), (4, 1, 1, 2, 2), 4, stride=(1, 2, 2), groups=2),
        case("2x2x2 dilation 1,2,2", three, (1, 2, 3, 4, 4), (2, 2, 2, 2, 2), dilation=(1, 2, 2)),
        case("4x4 stride 2 pad 1", up, (2, 3, 3, 3), (3, 2, 4, 4), 2, **down),
        case("3x3 stride 2 pad 1 output 1", up, (1, 3, 3, 4), (3, 2, 3, 3), 2, **down, output_padding=one),
        case("3x3 stride 2 pad 1 groups 2", up, (1, 4, 3, 3), (4, 1, 3, 3), 2, **down, groups=2),
        case("3x3 dilation 2 pad 1", up, (1, 2, 3, 4), (2, 3, 3, 3), padding=one, dilation=two),
        case("3x3 all at once", up, (1, 4, 3, 2), (4, 1, 3, 3), 2, **far, padding=one, output_padding=one, groups=2),
    ]


def pooling() -> list[Case]:
    functions = {"avgPool2d": F.avg_pool2d, "maxPool2d": F.max_pool2d}

    def case(name: str, op: str, kernel: int, stride: int, padding: int, **settings: bool) -> Case:
        def compute(x: Tensor) -> Tensors:
            return {"y": functions[op](x, kernel, stride, padding, **settings)}

        attributes = {"kernel": [kernel] * 2, "stride": [stride] * 2, "padding": [padding] * 2, **settings}
        return record(f"{op} {name}", op, attributes, {"x": (2, 2, 6, 5)}, compute)

    return [
        case("2x2", "avgPool2d", 2, 2, 0, count_include_pad=True),
        case("3x3 stride 2 pad 1 counting the pad", "avgPool2d", 3, 2, 1, count_include_pad=True),
        case("3x3 stride 2 pad 1 not counting the pad", "avgPool2d", 3, 2, 1, count_include_pad=False),
        case("2x2", "maxPool2d", 2, 2, 0),
        case("3x3 stride 2 pad 1", "maxPool2d", 3, 2, 1),
        case("3x3 stride 1 pad 1", "maxPool2d", 3, 1, 1),
    ]


def resizing() -> list[Case]:
    nearest = record(
        "interpolate nearest x2",
        "interpolate",
        {"mode": "nearest", "size": [6, 8]},
        {"x": (2, 2, 3, 4)},
        lambda x: {"y": F.interpolate(x, size=(6, 8), mode="nearest")},
    )

    def bilinear(name: str, size: tuple[int, int], align_corners: bool) -> Case:
        return record(
            f"interpolate bilinear {name}, align corners {str(align_corners).lower()}",
            "interpolate",
            {"mode": "bilinear", "size": list(size), "align_corners": align_corners},
            {"x": (1, 2, 4, 5)},
            lambda x: {"y": F.interpolate(x, size=size, mode="bilinear", align_corners=align_corners)},
        )

    sizes = {"x2": (8, 10), "up to 7x6": (7, 6), "down to 2x3": (2, 3), "up and down to 6x3": (6, 3)}
    return [nearest] + [bilinear(name, size, align) for name, size in sizes.items() for align in (False, True)]


def normalization() -> list[Case]:
    """Batch norm, conditional batch norm and spectral norm.

    PyTorch moves its running variance towards the unbiased variance of the batch, TensorFlow (and the released SAGAN)
    towards the biased one: both are recorded.
    """
    momentum, epsilon = 0.1, 1e-5
    shape = (3, 4, 3, 2)
    channels = shape[1]

    def running(seed: int) -> Tensors:
        random = np.random.default_rng(seed)
        return {"running_mean": draw(random, (channels,)), "running_var": draw(random, (channels,), low=1)}

    def batch_norm_training(x: Tensor, running_mean: Tensor, running_var: Tensor, **affine: Tensor) -> Tensors:
        mean, variance = running_mean.clone(), running_var.clone()
        y = F.batch_norm(x, mean, variance, **affine, training=True, momentum=momentum, eps=epsilon)
        biased = x.var(dim=(0, 2, 3), unbiased=False)
        return {
            "y": y,
            "batch_mean": x.mean(dim=(0, 2, 3)),
            "batch_var_biased": biased,
            "running_mean": mean,
            "running_var_unbiased": variance,
            "running_var_biased": (1 - momentum) * running_var + momentum * biased,
        }

    def batch_norm_evaluation(**tensors: Tensor) -> Tensors:
        return {"y": F.batch_norm(input=tensors.pop("x"), **tensors, training=False, eps=epsilon)}

    def conditional_batch_norm(x: Tensor, labels: Tensor, gain: Tensor, bias: Tensor) -> Tensors:
        h = F.batch_norm(x, None, None, training=True, eps=epsilon)
        return {"y": h * F.embedding(labels, gain)[:, :, None, None] + F.embedding(labels, bias)[:, :, None, None]}

    def spectral_norm(name: str, weight: tuple[int, ...], dim: int, training: bool) -> Case:
        def compute(weight: Tensor, u: Tensor, v: Tensor) -> Tensors:
            module = nn.Module()
            module.weight_orig, module.weight_u, module.weight_v = weight, u.clone(), v.clone()
            method = SpectralNorm("weight", n_power_iterations=1, dim=dim, eps=1e-12)
            y = method.compute_weight(module, do_power_iteration=training)
            sigma = module.weight_u @ method.reshape_weight_to_matrix(weight) @ module.weight_v
            return {"y": y, "sigma": sigma, "u": module.weight_u, "v": module.weight_v}

        rows = weight[dim]
        random = np.random.default_rng(rows)
        return record(
            f"spectralNorm {name}",
            "spectralNorm",
            {"dim": dim, "training": training, "epsilon": 1e-12, "gradient_through_iteration": False},
            {
                "weight": weight,
                "u": F.normalize(draw(random, (rows,)), dim=0),
                "v": F.normalize(draw(random, (int(np.prod(weight)) // rows,)), dim=0),
            },
            compute,
            constant=("u", "v"),
        )

    def spectral_norm_released(weight: Tensor, u: Tensor) -> Tensors:
        def unit(vector: Tensor) -> Tensor:
            return vector / (vector.norm() + 1e-12)

        matrix = weight.flatten(1)
        v = unit(matrix.t() @ u)
        next_u = unit(matrix @ v)
        sigma = next_u @ matrix @ v
        return {"y": weight / sigma, "sigma": sigma, "u": next_u, "v": v}

    affine: Inputs = {"x": shape, "weight": (channels,), "bias": (channels,)}
    return [
        record(
            "batchNorm training",
            "batchNorm",
            {"training": True, "momentum": momentum, "epsilon": epsilon},
            {**affine, **running(1)},
            batch_norm_training,
            constant=("running_mean", "running_var"),
        ),
        record(
            "batchNorm evaluation",
            "batchNorm",
            {"training": False, "momentum": momentum, "epsilon": epsilon},
            {**affine, **running(2)},
            batch_norm_evaluation,
            constant=("running_mean", "running_var"),
        ),
        record(
            "conditionalBatchNorm training, one label twice",
            "conditionalBatchNorm",
            {"training": True, "epsilon": epsilon},
            {"x": shape, "labels": torch.tensor([2, 0, 2]), "gain": (4, channels), "bias": (4, channels)},
            conditional_batch_norm,
        ),
        spectral_norm("linear weight", (4, 5), 0, training=True),
        spectral_norm("conv2d weight", (4, 2, 3, 3), 0, training=True),
        spectral_norm("convTranspose2d weight", (3, 4, 2, 2), 1, training=True),
        spectral_norm("conv2d weight, evaluation", (3, 2, 2, 2), 0, training=False),
        record(
            "spectralNorm of the released SAGAN: gradient through the iteration",
            "spectralNorm",
            {"dim": 0, "training": True, "epsilon": 1e-12, "gradient_through_iteration": True},
            {"weight": (4, 2, 3, 3), "u": (4,)},
            spectral_norm_released,
            constant=("u",),
        ),
    ]


def attention() -> list[Case]:
    """The block of the released SAGAN: 1x1 convolutions without bias, keys and values max-pooled 2x2, no scale."""

    def compute(x: Tensor, theta: Tensor, phi: Tensor, g: Tensor, out: Tensor, gamma: Tensor) -> Tensors:
        queries = F.conv2d(x, theta).flatten(2)  # [N, C/8, L]
        keys = F.max_pool2d(F.conv2d(x, phi), 2).flatten(2)  # [N, C/8, L/4]
        values = F.max_pool2d(F.conv2d(x, g), 2).flatten(2)  # [N, C/2, L/4]
        weights = torch.softmax(queries.transpose(1, 2) @ keys, dim=2)  # [N, L, L/4]
        attended = (values @ weights.transpose(1, 2)).unflatten(2, x.shape[2:])  # [N, C/2, H, W]
        return {"y": x + gamma * F.conv2d(attended, out), "attention": weights}

    def scaled(seed: int, *shape: int) -> Tensor:
        """Small enough that the softmax does not saturate."""
        return draw(np.random.default_rng(seed), shape) * 0.25

    return [
        record(
            "selfAttention of the released SAGAN",
            "selfAttention",
            {"query_divisor": 8, "value_divisor": 2, "key_pool": "max", "scale": 1},
            {
                "x": (2, 16, 2, 6),
                "theta": scaled(1, 2, 16, 1, 1),
                "phi": scaled(2, 2, 16, 1, 1),
                "g": scaled(3, 8, 16, 1, 1),
                "out": scaled(4, 16, 8, 1, 1),
                "gamma": torch.tensor(0.7),
            },
            compute,
        )
    ]


def elementwise() -> list[Case]:
    def along(op: str, function: Callable[..., Tensor], axis: int) -> Case:
        def compute(x: Tensor) -> Tensors:
            return {"y": function(x, dim=axis)}

        return record(f"{op} axis {axis}", op, {"axis": axis}, {"x": (2, 3, 4)}, compute)

    far = torch.tensor([-80.0, -30.0, -2.5, -0.001, 0.5, 3.0, 25.0, 80.0])
    labels = torch.tensor([3, 1, 3, 0])
    return [
        along("softmax", torch.softmax, 1),
        along("softmax", torch.softmax, 2),
        along("logSoftmax", torch.log_softmax, 1),
        along("logSoftmax", torch.log_softmax, 2),
        record("softplus, far out too", "softplus", {}, {"x": far}, lambda x: {"y": F.softplus(x)}),
        record(
            "leakyRelu slope 0.2",
            "leakyRelu",
            {"negative_slope": 0.2},
            {"x": (3, 4)},
            lambda x: {"y": F.leaky_relu(x, 0.2)},
        ),
        record(
            "embedding, one row twice and one never",
            "embedding",
            {},
            {"labels": labels, "table": (5, 3)},
            lambda labels, table: {"y": F.embedding(labels, table)},
        ),
    ]
