"""Cases of losses and optimisers: one function a family, and each family a file."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from recording import Case, Tensors, record


def losses() -> list[Case]:
    def hinge_discriminator(real_logits: Tensor, fake_logits: Tensor) -> Tensors:
        return {"loss_d": F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()}

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
