"""SAGAN (Zhang et al. 2019, https://arxiv.org/abs/1805.08318) with the attention of its released code."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from layers import (
    Attention,
    BatchNorm,
    ClassBatchNorm,
    DownBlock,
    FirstDownBlock,
    NormalizedConv,
    NormalizedEmbedding,
    NormalizedLinear,
    Stages,
    UpBlock,
    projected,
)

LATENT_SIZE = 128

# Channels by resolution, in multiples of the base width: of the 4*4 map and after each block; after each block.
WIDTHS_G = {32: (4, 4, 4, 4), 64: (16, 8, 4, 2, 1), 128: (16, 16, 8, 4, 2, 1)}
WIDTHS_D = {32: (2, 2, 2, 2), 64: (1, 2, 4, 8, 16), 128: (1, 2, 4, 8, 16, 16)}
HALVINGS = {32: 2, 64: 4, 128: 5}


class Generator(Stages):
    """Latents [N, Z] and labels [N] to images [N, channels, resolution, resolution] in -1...1."""

    def __init__(
        self, resolution: int, channels: int, classes: int, options: dict, memory_format: torch.memory_format
    ) -> None:
        super().__init__()
        self.memory_format = memory_format
        self.width, *widths = [multiple * options["generatorChannels"] for multiple in WIDTHS_G[resolution]]
        width = self.width
        self.linear = NormalizedLinear(LATENT_SIZE, width * 4 * 4)
        for i, wanted in enumerate(widths, start=1):
            self.add_stage(f"block{i}", UpBlock(width, wanted, partial(ClassBatchNorm, classes), NormalizedConv))
            side, width = 4 * 2**i, wanted
            if side in options["attentionAt"]:
                self.add_stage(f"attention{side}", Attention(width, NormalizedConv))
        self.norm = BatchNorm(width)
        self.conv = NormalizedConv(width, channels, 3)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        h = self.linear(z).view(-1, self.width, 4, 4).contiguous(memory_format=self.memory_format)
        for stage in self.stages:
            h = stage(h, labels)
        return torch.tanh(self.conv(F.relu(self.norm(h), inplace=True)))


class Discriminator(Stages):
    """Images [N, channels, resolution, resolution] and labels [N] to logits [N], with the projection head."""

    has_batch_norm = False

    def __init__(self, resolution: int, channels: int, classes: int, options: dict) -> None:
        super().__init__()
        width, *widths = [multiple * options["discriminatorChannels"] for multiple in WIDTHS_D[resolution]]
        side = resolution // 2
        self.add_stage("block1", FirstDownBlock(channels, width, NormalizedConv))
        for i, wanted in enumerate(widths, start=2):
            if side in options["attentionAt"] and i - 1 <= HALVINGS[resolution]:  # behind a block that halves
                self.add_stage(f"attention{side}", Attention(width, NormalizedConv))
            halve = i <= HALVINGS[resolution]
            self.add_stage(f"block{i}", DownBlock(width, wanted, halve, NormalizedConv))
            side, width = side // 2 if halve else side, wanted
        self.linear = NormalizedLinear(width, 1)
        self.embedding = NormalizedEmbedding(classes, width)

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        h = images
        for stage in self.stages:
            h = stage(h)
        return projected(F.relu(h).sum(dim=(2, 3)), self.linear, self.embedding, labels)
