"""WGAN-GP's ResNet for 32*32 (Gulrajani et al. 2017, https://arxiv.org/abs/1704.00028), without classes."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from layers import BatchNorm, DownBlock, FirstDownBlock, UpBlock, conv

LATENT_SIZE = 128


class Generator(nn.Module):
    """Latents [N, Z] to images [N, channels, 32, 32] in -1...1."""

    def __init__(
        self, resolution: int, channels: int, classes: int, options: dict, memory_format: torch.memory_format
    ) -> None:
        super().__init__()
        self.memory_format = memory_format
        self.width = width = options["generatorChannels"]
        self.linear = nn.Linear(LATENT_SIZE, width * 4 * 4)
        self.block1 = UpBlock(width, width, BatchNorm, conv)
        self.block2 = UpBlock(width, width, BatchNorm, conv)
        self.block3 = UpBlock(width, width, BatchNorm, conv)
        self.norm = BatchNorm(width)
        self.conv = conv(width, channels, 3)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        h = self.linear(z).view(-1, self.width, 4, 4).contiguous(memory_format=self.memory_format)
        for block in (self.block1, self.block2, self.block3):
            h = block(h, labels)
        return torch.tanh(self.conv(F.relu(self.norm(h), inplace=True)))


class Discriminator(nn.Module):
    """Images [N, channels, 32, 32] to what the critic thinks of them [N]."""

    has_batch_norm = False

    def __init__(self, resolution: int, channels: int, classes: int, options: dict) -> None:
        super().__init__()
        width = options["discriminatorChannels"]
        self.block1 = FirstDownBlock(channels, width, conv)
        self.block2 = DownBlock(width, width, True, conv)
        self.block3 = DownBlock(width, width, False, conv)
        self.block4 = DownBlock(width, width, False, conv)
        self.linear = nn.Linear(width, 1)

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        h = images
        for block in (self.block1, self.block2, self.block3, self.block4):
            h = block(h)
        return self.linear(F.relu(h).mean(dim=(2, 3))).squeeze(1)
