"""DCGAN (Radford, Metz, Chintala 2016, https://arxiv.org/abs/1511.06434) as its authors' program for faces has it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from layers import BatchNorm

LATENT_SIZE = 100
EPS = 1e-8

# Channels by resolution, in multiples of the base width, from the 4*4 map up.
WIDTHS = {32: (4, 2, 1), 64: (8, 4, 2, 1)}


class DoublingConv(nn.ConvTranspose2d):
    """A 5*5 transposed convolution that doubles H and W."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(channels_in, channels_out, 5, stride=2, padding=2, output_padding=1, bias=False)


class GeneratorBlock(nn.Module):
    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv = DoublingConv(channels_in, channels_out)
        self.norm = BatchNorm(channels_out, EPS)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(x)), inplace=True)


class DiscriminatorBlock(nn.Module):
    """A 5*5 convolution that halves H and W; where it meets the image, without batch normalisation."""

    def __init__(self, channels_in: int, channels_out: int, is_first: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, 5, stride=2, padding=2, bias=False)
        self.norm = None if is_first else BatchNorm(channels_out, EPS, running=False)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv(x)
        return F.leaky_relu(h if self.norm is None else self.norm(h), 0.2, inplace=True)


class Generator(nn.Module):
    """Latents [N, Z] to images [N, channels, resolution, resolution] in -1...1."""

    def __init__(
        self, resolution: int, channels: int, classes: int, options: dict, memory_format: torch.memory_format
    ) -> None:
        super().__init__()
        self.memory_format = memory_format
        widths = [multiple * options["generatorChannels"] for multiple in WIDTHS[resolution]]
        self.width = widths[0]
        self.linear = nn.Linear(LATENT_SIZE, widths[0] * 4 * 4, bias=False)
        self.norm = BatchNorm(widths[0] * 4 * 4, EPS)
        self.blocks = [GeneratorBlock(*pair) for pair in zip(widths, widths[1:])]
        for i, block in enumerate(self.blocks, start=1):
            self.add_module(f"block{i}", block)
        self.conv = DoublingConv(widths[-1], channels)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        h = F.relu(self.norm(self.linear(z)), inplace=True)
        h = h.view(-1, self.width, 4, 4).contiguous(memory_format=self.memory_format)
        for block in self.blocks:
            h = block(h)
        return torch.tanh(self.conv(h))


class Discriminator(nn.Module):
    """Images [N, channels, resolution, resolution] to logits [N]."""

    has_batch_norm = True

    def __init__(self, resolution: int, channels: int, classes: int, options: dict) -> None:
        super().__init__()
        widths = [channels, *(multiple * options["discriminatorChannels"] for multiple in reversed(WIDTHS[resolution]))]
        self.blocks = [DiscriminatorBlock(*pair, i == 0) for i, pair in enumerate(zip(widths, widths[1:]))]
        for i, block in enumerate(self.blocks, start=1):
            self.add_module(f"block{i}", block)
        self.linear = nn.Linear(widths[-1] * 4 * 4, 1, bias=False)

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        h = images
        for block in self.blocks:
            h = block(h)
        # As Sagan, in the order of channels whatever the order in memory.
        return self.linear(h.flatten(1)).squeeze(1)
