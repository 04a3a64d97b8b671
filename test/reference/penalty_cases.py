"""Cases of penalties on a discriminator's gradient: the value, and its gradient by the parameters of a small critic."""

from __future__ import annotations

from typing import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from recording import Case, Inputs, Tensors, draw, record

Critic = Callable[[Tensor], Tensor]
IMAGES = (3, 2, 6, 6)


def shares(seed: int, shape: tuple[int, ...]) -> Tensor:
    """Multiples of 1/1000 in 0 ... 1."""
    return torch.tensor(np.random.default_rng(seed).integers(0, 1001, size=shape) / 1000)


def penalties() -> list[Case]:
    def gradient_penalty(logits_of: Critic, real: Tensor, fake: Tensor, interpolation: Tensor) -> Tensor:
        """Gulrajani et al. 2017, equation 3."""
        alpha = interpolation[:, None, None, None]
        between = (alpha * fake + (1 - alpha) * real).requires_grad_()
        (slope,) = torch.autograd.grad(logits_of(between).sum(), between, create_graph=True)
        return ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()

    def r1(logits_of: Critic, real: Tensor) -> Tensor:
        """Mescheder, Geiger, Nowozin 2018, equation 9, without its gamma."""
        real = real.clone().requires_grad_()
        (slope,) = torch.autograd.grad(logits_of(real).sum(), real, create_graph=True)
        return 0.5 * slope.pow(2).flatten(1).sum(dim=1).mean()

    def dragan(logits_of: Critic, real: Tensor, share: Tensor, noise: Tensor) -> Tensor:
        """The code of Kodali et al. 2017: a way of share towards images with noise of half a deviation."""
        perturbed = real + 0.5 * real.std(unbiased=False) * noise
        near = (real + share[:, None, None, None] * (perturbed - real)).requires_grad_()
        (slope,) = torch.autograd.grad(logits_of(near).sum(), near, create_graph=True)
        return ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()

    activations: dict[str, Callable[[Tensor], Tensor]] = {
        "tanh": torch.tanh,
        "leakyRelu": lambda x: F.leaky_relu(x, 0.2),
    }

    def case(op: str, activation: str, penalty: Callable[..., Tensor], inputs: Inputs) -> Case:
        def compute(weight1: Tensor, bias1: Tensor, weight2: Tensor, **given: Tensor) -> Tensors:
            def logits_of(images: Tensor) -> Tensor:
                hidden = activations[activation](F.conv2d(images, weight1, bias1, 2, 1))
                return F.conv2d(hidden, weight2).flatten()

            return {"penalty": penalty(logits_of, **given)}

        return record(
            f"{op} of a {activation} critic",
            op,
            {"activation": activation},
            {
                **inputs,
                "weight1": draw(np.random.default_rng(1), (4, 2, 4, 4)) * 0.125,
                "bias1": (4,),
                "weight2": draw(np.random.default_rng(2), (1, 4, 3, 3)) * 0.25,
            },
            compute,
            differentiate=("penalty",),
            constant=tuple(inputs),
        )

    pixels = shares(4, IMAGES) * 2 - 1
    inputs: dict[str, tuple[Callable[..., Tensor], Inputs]] = {
        "gradientPenalty": (gradient_penalty, {"real": IMAGES, "fake": IMAGES, "interpolation": shares(3, (3,))}),
        "r1": (r1, {"real": IMAGES}),
        "dragan": (dragan, {"real": pixels, "share": shares(5, (3,)), "noise": shares(6, IMAGES)}),
    }
    return [case(op, activation, *inputs[op]) for activation in activations for op in inputs]
