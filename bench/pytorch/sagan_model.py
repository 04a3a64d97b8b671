"""A small SAGAN (Zhang et al. 2019, https://arxiv.org/abs/1805.08318) with the attention of its released code.

Shape letters: N batch, C channels, H W height and width, L = H*W positions, Z latent size, K classes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LATENT_SIZE = 128
ATTENTION_AT = 16


class SpectralNorm(nn.Module):
    """A weight divided by its largest singular value, estimated by one power iteration a forward pass.

    The weight is read as a matrix [rows, everything else]; `u` [rows] is a buffer and carries the estimate from step
    to step. As in PyTorch's own spectral norm, no gradient flows through the power iteration (Miyato et al. 2018).
    """

    u: Tensor

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.weight = nn.Parameter(nn.init.xavier_uniform_(torch.empty(shape)))
        self.register_buffer("u", F.normalize(torch.randn(shape[0]), dim=0, eps=1e-12))

    def normalized_weight(self) -> Tensor:
        matrix = self.weight.flatten(1)
        with torch.no_grad():
            v = F.normalize(torch.mv(matrix.t(), self.u), dim=0, eps=1e-12)
        image = torch.mv(matrix, v)
        with torch.no_grad():
            u = F.normalize(image, dim=0, eps=1e-12)
            self.u.copy_(u)
        return self.weight / torch.dot(u, image)


class Conv(SpectralNorm):
    """A spectrally normalised k*k convolution of stride 1 that keeps H and W."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, bias: bool = True) -> None:
        super().__init__((channels_out, channels_in, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(channels_out)) if bias else None
        self.padding = kernel // 2

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.normalized_weight(), self.bias, padding=self.padding)


class Linear(SpectralNorm):
    """A spectrally normalised affine map."""

    def __init__(self, features_in: int, features_out: int) -> None:
        super().__init__((features_out, features_in))
        self.bias = nn.Parameter(torch.zeros(features_out))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.normalized_weight(), self.bias)


class Embedding(SpectralNorm):
    """A spectrally normalised table [K, features] of which each label picks a row."""

    def forward(self, labels: Tensor) -> Tensor:
        return F.embedding(labels, self.normalized_weight())


class ConditionalBatchNorm(nn.Module):
    """Batch normalisation whose gain and bias are rows of two tables [K, C], one row a class."""

    def __init__(self, classes: int, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain = nn.Parameter(torch.ones(classes, channels))
        self.bias = nn.Parameter(torch.zeros(classes, channels))

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        gain = F.embedding(labels, self.gain)[:, :, None, None]
        bias = F.embedding(labels, self.bias)[:, :, None, None]
        return torch.addcmul(bias, self.norm(x), gain)


class Attention(nn.Module):
    """Self-attention of the released SAGAN code: keys and values pooled 2*2, no bias, no scale, residual gate gamma."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.theta = Conv(channels, channels // 8, 1, bias=False)
        self.phi = Conv(channels, channels // 8, 1, bias=False)
        self.g = Conv(channels, channels // 2, 1, bias=False)
        self.out = Conv(channels // 2, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        queries = self.theta(x).flatten(2)  # [N, C/8, L]
        keys = F.max_pool2d(self.phi(x), 2).flatten(2)  # [N, C/8, L/4]
        values = F.max_pool2d(self.g(x), 2).flatten(2)  # [N, C/2, L/4]
        attention = torch.softmax(queries.transpose(1, 2) @ keys, dim=2)  # [N, L, L/4]
        attended = values @ attention.transpose(1, 2)  # [N, C/2, L]
        return x + self.gamma * self.out(attended.unflatten(2, x.shape[2:]))


class GeneratorBlock(nn.Module):
    """A residual block that doubles H and W; its shortcut is upsampling and a 1*1 convolution."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.norm1 = ConditionalBatchNorm(classes, channels)
        self.conv1 = Conv(channels, channels, 3)
        self.norm2 = ConditionalBatchNorm(classes, channels)
        self.conv2 = Conv(channels, channels, 3)
        self.shortcut = Conv(channels, channels, 1)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        h = F.relu(self.norm1(x, labels), inplace=True)
        h = self.conv1(F.interpolate(h, scale_factor=2.0, mode="nearest"))
        h = self.conv2(F.relu(self.norm2(h, labels), inplace=True))
        return h + self.shortcut(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class Generator(nn.Module):
    """Latents [N, Z] and labels [N] to images [N, channels, resolution, resolution] in -1...1."""

    def __init__(self, resolution: int, width: int, channels: int, classes: int, memory_format: torch.memory_format):
        super().__init__()
        self.memory_format = memory_format
        self.width = width
        self.linear = Linear(LATENT_SIZE, 4 * 4 * width)
        stages = resolution.bit_length() - 3
        self.blocks = nn.ModuleList(GeneratorBlock(width, classes) for _ in range(stages))
        self.attention = Attention(width)
        self.norm = nn.BatchNorm2d(width)
        self.conv = Conv(width, channels, 3)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        h = self.linear(z).view(-1, self.width, 4, 4).contiguous(memory_format=self.memory_format)
        for block in self.blocks:
            h = block(h, labels)
            if h.shape[2] == ATTENTION_AT:
                h = self.attention(h)
        return torch.tanh(self.conv(F.relu(self.norm(h), inplace=True)))


class DiscriminatorFirstBlock(nn.Module):
    """The residual block that meets the image: no ReLU before its first convolution, H and W halved."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv1 = Conv(channels_in, channels_out, 3)
        self.conv2 = Conv(channels_out, channels_out, 3)
        self.shortcut = Conv(channels_in, channels_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv2(F.relu(self.conv1(x), inplace=True))
        return F.avg_pool2d(h, 2) + self.shortcut(F.avg_pool2d(x, 2))


class DiscriminatorBlock(nn.Module):
    """A residual block of equal width; halving H and W brings a 1*1 convolution into its shortcut."""

    def __init__(self, channels: int, down: bool) -> None:
        super().__init__()
        self.conv1 = Conv(channels, channels, 3)
        self.conv2 = Conv(channels, channels, 3)
        self.shortcut = Conv(channels, channels, 1) if down else None

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv2(F.relu(self.conv1(F.relu(x)), inplace=True))
        if self.shortcut is None:
            return h + x
        return F.avg_pool2d(h, 2) + F.avg_pool2d(self.shortcut(x), 2)


class Discriminator(nn.Module):
    """Images [N, channels, resolution, resolution] and labels [N] to logits [N], with the projection head."""

    def __init__(self, resolution: int, width: int, channels: int, classes: int) -> None:
        super().__init__()
        self.first = DiscriminatorFirstBlock(channels, width)
        halvings = resolution.bit_length() - 5
        self.blocks = nn.ModuleList(DiscriminatorBlock(width, down) for down in [True] * halvings + [False, False])
        self.attention = Attention(width)
        self.linear = Linear(width, 1)
        self.embedding = Embedding((classes, width))

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        h = self.first(images)
        for block in self.blocks:
            if h.shape[2] == ATTENTION_AT:
                h = self.attention(h)
            h = block(h)
        features = F.relu(h).sum(dim=(2, 3))  # [N, C]
        return self.linear(features).squeeze(1) + (features * self.embedding(labels)).sum(dim=1)
