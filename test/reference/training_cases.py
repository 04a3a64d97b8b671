"""Cases of losses, penalties and optimisers: one function a family, and each family a file."""

from __future__ import annotations

from typing import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from recording import Attributes, Case, Tensors, draw, record


def losses() -> list[Case]:
    def hinge_discriminator(real_logits: Tensor, fake_logits: Tensor) -> Tensors:
        return {"loss_d": F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()}

    def gradient_penalty(name: str, activation: Callable[[Tensor], Tensor], attributes: Attributes) -> Case:
        """E[(|grad D(x)| - 1)^2] between real and fake (Gulrajani et al. 2017), and its own gradient."""

        def compute(
            real_images: Tensor,
            fake_images: Tensor,
            mix: Tensor,
            weight1: Tensor,
            bias1: Tensor,
            weight2: Tensor,
            bias2: Tensor,
        ) -> Tensors:
            interpolated = (real_images + mix * (fake_images - real_images)).requires_grad_()
            logits = F.conv2d(activation(F.conv2d(interpolated, weight1, bias1, 2, 1)), weight2, bias2).flatten()
            (slope,) = torch.autograd.grad(logits.sum(), interpolated, create_graph=True)
            norm = slope.flatten(1).norm(dim=1)
            return {"logits": logits, "gradient_norm": norm, "gradient_penalty": ((norm - 1) ** 2).mean()}

        images = (3, 2, 6, 6)
        return record(
            f"gradientPenalty {name}",
            "gradientPenalty",
            {"stride1": [2, 2], "padding1": [1, 1], **attributes},
            {
                "real_images": images,
                "fake_images": images,
                "mix": torch.tensor([0.125, 0.5, 0.875])[:, None, None, None],
                "weight1": draw(np.random.default_rng(1), (4, 2, 4, 4)) * 0.125,
                "bias1": (4,),
                "weight2": draw(np.random.default_rng(2), (1, 4, 3, 3)) * 0.25,
                "bias2": (1,),
            },
            compute,
            differentiate=("gradient_penalty",),
            constant=("real_images", "fake_images", "mix"),
        )

    return [
        record(
            "hinge, discriminator",
            "hingeDiscriminator",
            {},
            {"real_logits": (6,), "fake_logits": (6,)},
            hinge_discriminator,
            differentiate=("loss_d",),
        ),
        record(
            "hinge, generator",
            "hingeGenerator",
            {},
            {"fake_logits": (6,)},
            lambda fake_logits: {"loss_g": -fake_logits.mean()},
            differentiate=("loss_g",),
        ),
        gradient_penalty(
            "of a leaky ReLU critic",
            lambda x: F.leaky_relu(x, 0.2),
            {"activation": "leakyRelu", "negative_slope": 0.2},
        ),
        gradient_penalty("of a tanh critic", torch.tanh, {"activation": "tanh"}),
    ]


def optimizers() -> list[Case]:
    """Three steps of Adam: the parameter and both moments after each."""

    def adam(learning_rate: float, beta1: float, beta2: float) -> Case:
        epsilon = 1e-8

        def compute(parameter: Tensor, **gradients: Tensor) -> Tensors:
            moving = nn.Parameter(parameter.clone())
            optimizer = torch.optim.Adam([moving], lr=learning_rate, betas=(beta1, beta2), eps=epsilon)
            outputs: Tensors = {}
            for step, gradient in enumerate(gradients.values(), start=1):
                moving.grad = gradient
                optimizer.step()
                state = optimizer.state[moving]
                outputs[f"parameter{step}"] = moving.detach().clone()
                outputs[f"first_moment{step}"] = state["exp_avg"].clone()
                outputs[f"second_moment{step}"] = state["exp_avg_sq"].clone()
            return outputs

        shape = (2, 3)
        return record(
            f"adam beta1 {beta1} beta2 {beta2}",
            "adam",
            {"learning_rate": learning_rate, "beta1": beta1, "beta2": beta2, "epsilon": epsilon},
            {"parameter": shape, "gradient1": shape, "gradient2": shape, "gradient3": shape},
            compute,
            differentiate=(),
        )

    return [adam(0.01, 0.0, 0.9), adam(0.002, 0.5, 0.999)]
