"""A twin at work: the two networks of a model, and the step, the critic's update or the sampling that is timed.

`Work` is the description that Sagan's side is told too (bench/work.ts); `Choices` are what those who write PyTorch may
do or leave.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import importlib
from typing import Any, Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from layers import ClassBatchNorm, SpectralNorm

Work = dict[str, Any]


@dataclasses.dataclass
class Choices:
    """Each off is how such code is usually written."""

    channels_last: bool = False
    """NHWC in memory."""
    concat: bool = False
    """Real and fake images in one pass of a discriminator without batch normalisation."""
    foreach: bool = False
    """Adam over lists of tensors."""
    fold: bool = False
    """In sampling: divide weights by their singular values, and take running statistics into gains and biases, once."""
    script: bool = False
    """In sampling: TorchScript, frozen and optimised for inference."""


def add_choices(parser: argparse.ArgumentParser) -> None:
    for choice in dataclasses.fields(Choices):
        parser.add_argument(f"--{choice.name.replace('_', '-')}", action="store_true")


def choices_of(options: argparse.Namespace) -> Choices:
    return Choices(**{choice.name: getattr(options, choice.name) for choice in dataclasses.fields(Choices)})


class Noise:
    """What a step draws."""

    def __init__(self, uniform_latents: bool, latent_size: int, classes: int) -> None:
        self.uniform_latents = uniform_latents
        self.latent_size = latent_size
        self.classes = classes

    def latents(self, count: int) -> Tensor:
        shape = (count, self.latent_size)
        return torch.rand(shape) * 2 - 1 if self.uniform_latents else torch.randn(shape)

    def labels(self, count: int) -> Tensor:
        return torch.randint(max(1, self.classes), (count,))

    def mix(self, count: int) -> Tensor:
        return torch.rand(count)


def hinge(real: Tensor, fake: Tensor) -> Tensor:
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def cross_entropy(real: Tensor, fake: Tensor) -> Tensor:
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def wasserstein(real: Tensor, fake: Tensor) -> Tensor:
    return fake.mean() - real.mean()


# The discriminator's loss, and the generator's.
LOSSES: dict[str, tuple[Callable[[Tensor, Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "hinge": (hinge, lambda fake: -fake.mean()),
    "nonSaturating": (cross_entropy, lambda fake: F.softplus(-fake).mean()),
    "wasserstein": (wasserstein, lambda fake: -fake.mean()),
}


class Twin:
    """Everything a step changes, and the step itself."""

    def __init__(self, work: Work, choices: Choices) -> None:
        self.work = work
        self.choices = choices
        self.batch: int = work["batch"]
        model = importlib.import_module(work["model"].replace("-", "_"))
        self.memory_format = torch.channels_last if choices.channels_last else torch.contiguous_format
        sizes = [work[name] for name in ("resolution", "channels", "classes", "options")]
        self.generator = model.Generator(*sizes, self.memory_format).to(memory_format=self.memory_format)
        self.discriminator = model.Discriminator(*sizes).to(memory_format=self.memory_format)
        self.average = copy.deepcopy(self.generator).requires_grad_(False) if work["emaDecay"] > 0 else None
        self.discriminator_loss, self.generator_loss = LOSSES[work["loss"]]
        self.adam_d = self.adam(self.discriminator, work["discriminatorOptimizer"])
        self.adam_g = self.adam(self.generator, work["generatorOptimizer"])
        self.noise = Noise(work["model"] == "dcgan", model.LATENT_SIZE, work["classes"])
        self.set_real(torch.rand(self.batch, work["channels"], work["resolution"], work["resolution"]) * 2 - 1)
        self.real_labels = self.noise.labels(self.batch)

    def adam(self, network: nn.Module, optimizer: dict[str, float]) -> torch.optim.Adam:
        return torch.optim.Adam(
            network.parameters(),
            lr=optimizer["learningRate"],
            betas=(optimizer["beta1"], optimizer["beta2"]),
            eps=optimizer["epsilon"],
            foreach=self.choices.foreach,
        )

    def set_real(self, images: Tensor) -> None:
        self.real_images = images.contiguous(memory_format=self.memory_format)

    def judge(self, fake_images: Tensor, fake_labels: Tensor) -> tuple[Tensor, Tensor]:
        if self.choices.concat and not self.discriminator.has_batch_norm:
            images = torch.cat([self.real_images, fake_images])
            real, fake = self.discriminator(images, torch.cat([self.real_labels, fake_labels])).chunk(2)
            return real, fake
        real = self.discriminator(self.real_images, self.real_labels)
        return real, self.discriminator(fake_images, fake_labels)

    def gradient_penalty(self, fake_images: Tensor) -> Tensor:
        """E(|grad D| - 1)^2 between real and fake images; the gradient is differentiated again."""
        alpha = self.noise.mix(self.batch).view(-1, 1, 1, 1)
        between = torch.lerp(self.real_images, fake_images, alpha).requires_grad_(True)
        logits = self.discriminator(between, self.real_labels)
        (gradient,) = torch.autograd.grad(logits.sum(), between, create_graph=True)
        return (gradient.flatten(1).norm(dim=1) - 1).square().mean()

    def discriminator_step(self) -> Tensor:
        """One Adam step on one real and one generated batch; returns the loss without penalty."""
        self.adam_d.zero_grad(set_to_none=True)
        with torch.no_grad():
            z = self.noise.latents(self.batch)
            fake_labels = self.noise.labels(self.batch)
            fake_images = self.generator(z, fake_labels)
        loss = self.discriminator_loss(*self.judge(fake_images, fake_labels))
        weight = self.work["gradientPenalty"]
        (loss + weight * self.gradient_penalty(fake_images) if weight > 0 else loss).backward()
        self.adam_d.step()
        return loss.detach()

    def generator_step(self) -> Tensor:
        """One Adam step on one generated batch against a frozen discriminator."""
        self.adam_g.zero_grad(set_to_none=True)
        self.discriminator.requires_grad_(False)
        z = self.noise.latents(self.batch)
        labels = self.noise.labels(self.batch)
        loss = self.generator_loss(self.discriminator(self.generator(z, labels), labels))
        loss.backward()
        self.adam_g.step()
        self.discriminator.requires_grad_(True)
        return loss.detach()

    @torch.no_grad()
    def average_step(self) -> None:
        """Moves the averaged generator, buffers included, towards the generator."""
        if self.average is not None:
            rate = 1 - self.work["emaDecay"]
            for average, value in zip(self.average.state_dict().values(), self.generator.state_dict().values()):
                average.lerp_(value, rate)

    def step(self) -> None:
        self.discriminator_step()
        self.generator_step()
        self.average_step()

    def sampler(self) -> Callable[[], None]:
        """Makes a batch of images of latents and labels that are given."""
        generator = self.generator.eval().requires_grad_(False)
        inputs = (self.noise.latents(self.batch), self.noise.labels(self.batch))
        if self.choices.fold:
            fold(generator)
        if self.choices.script:
            generator = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(generator, inputs)))

        def sample() -> None:
            with torch.inference_mode():
                generator(*inputs)

        return sample

    def doing(self) -> Callable[[], Any]:
        """The function that is timed."""
        kinds = {"step": lambda: self.step, "critic": lambda: self.discriminator_step, "sample": self.sampler}
        return kinds[self.work["kind"]]()


def fold(network: nn.Module) -> None:
    for module in network.modules():
        if isinstance(module, (SpectralNorm, ClassBatchNorm)):
            module.fold()


def parameter_count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
