"""BigGAN for 32*32 (Brock, Donahue, Simonyan 2019, https://arxiv.org/abs/1809.11096), as its authors' PyTorch has it."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from layers import (
    Attention,
    BatchNorm,
    DownBlock,
    FirstDownBlock,
    NormalizedConv,
    NormalizedEmbedding,
    NormalizedLinear,
    ProjectedBatchNorm,
    UpBlock,
    projected,
)

LATENT_SIZE = 120
PIECE = 30  # of the latents: one for the first map, one for each block
EMBEDDING_SIZE = 128

Conv = partial(NormalizedConv, eps=1e-6)
Linear = partial(NormalizedLinear, eps=1e-6)



class Generator(nn.Module):
    """Latents [N, Z] and labels [N] to images [N, channels, 32, 32] in -1...1."""

    def __init__(
        self, resolution: int, channels: int, classes: int, options: dict, memory_format: torch.memory_format
    ) -> None:
        super().__init__()
        self.memory_format = memory_format
        self.width = width = 4 * options["generatorChannels"]
        norm = partial(ProjectedBatchNorm, EMBEDDING_SIZE + PIECE, linear=Linear)
        self.embedding = nn.Embedding(classes, EMBEDDING_SIZE)
        self.linear = Linear(PIECE, width * 4 * 4)
        self.block1 = UpBlock(width, width, norm, Conv)
        self.block2 = UpBlock(width, width, norm, Conv)
        self.block2.attention = Attention(width, Conv)
        self.block3 = UpBlock(width, width, norm, Conv)
        self.norm = BatchNorm(width)
        self.conv = Conv(width, channels, 3)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        start, *pieces = z.split(PIECE, dim=1)
        shared = self.embedding(labels)
        h = self.linear(start).view(-1, self.width, 4, 4).contiguous(memory_format=self.memory_format)
        for block, piece in zip((self.block1, self.block2, self.block3), pieces):
            h = block(h, torch.cat([shared, piece], dim=1))
            if block is self.block2:
                h = block.attention(h)
        return torch.tanh(self.conv(F.relu(self.norm(h), inplace=True)))


class Discriminator(nn.Module):
    """Images [N, channels, 32, 32] and labels [N] to logits [N], with the projection head.

    At 32 pixels the program takes all four maps for maps of side 16, so that attention at 16 follows each.
    """

    has_batch_norm = False

    def __init__(self, resolution: int, channels: int, classes: int, options: dict) -> None:
        super().__init__()
        width = 4 * options["discriminatorChannels"]
        self.block1 = FirstDownBlock(channels, width, Conv)
        self.block2 = DownBlock(width, width, True, Conv)
        self.block3 = DownBlock(width, width, False, Conv)
        self.block4 = DownBlock(width, width, False, Conv)
        for block in (self.block1, self.block2, self.block3, self.block4):
            block.attention = Attention(width, Conv)
        self.linear = Linear(width, 1)
        self.embedding = NormalizedEmbedding(classes, width, eps=1e-6)

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        h = images
        for block in (self.block1, self.block2, self.block3, self.block4):
            h = block.attention(block(h))
        return projected(F.relu(h).sum(dim=(2, 3)), self.linear, self.embedding, labels)
