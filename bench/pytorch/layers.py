"""Layers that the twins share. Their parameters and buffers are called what they are called in Sagan.

Shape letters: N batch, C channels, H W height and width, L = H*W positions, Z latent size, K classes.
"""

from __future__ import annotations

from typing import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class SpectralNorm(nn.Module):
    """A weight divided by its largest singular value, estimated by one power iteration a forward pass in training.

    The weight is read as a matrix [rows, everything else]; the buffers `u` [rows] and `v` carry the estimate from step
    to step. As in PyTorch's own spectral norm, no gradient flows through the power iteration (Miyato et al. 2018), and
    in evaluation it rests.
    """

    u: Tensor
    v: Tensor

    def __init__(self, shape: tuple[int, ...], eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.is_folded = False
        self.weight = nn.Parameter(nn.init.xavier_uniform_(torch.empty(shape)))
        self.register_buffer("u", F.normalize(torch.randn(shape[0]), dim=0, eps=eps))
        v = torch.mv(self.weight.detach().flatten(1).t(), self.u)
        self.register_buffer("v", F.normalize(v, dim=0, eps=eps), persistent=False)

    def normalized_weight(self) -> Tensor:
        if self.is_folded:
            return self.weight
        matrix = self.weight.flatten(1)
        if self.training:
            with torch.no_grad():
                self.v = F.normalize(torch.mv(matrix.t(), self.u), dim=0, eps=self.eps)
        image = torch.mv(matrix, self.v)
        if self.training:
            with torch.no_grad():
                self.u = F.normalize(image, dim=0, eps=self.eps)
        return self.weight / torch.dot(self.u, image)

    @torch.no_grad()
    def fold(self) -> None:
        """Divides the weight once and for all: for evaluation, where nothing moves."""
        self.weight.copy_(self.normalized_weight())
        self.is_folded = True


class NormalizedConv(SpectralNorm):
    """A spectrally normalised k*k convolution of stride 1 that keeps H and W."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, bias: bool = True, eps: float = 1e-12) -> None:
        super().__init__((channels_out, channels_in, kernel, kernel), eps)
        self.bias = nn.Parameter(torch.zeros(channels_out)) if bias else None
        self.padding = kernel // 2

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.normalized_weight(), self.bias, padding=self.padding)


class NormalizedLinear(SpectralNorm):
    """A spectrally normalised affine map."""

    def __init__(self, features_in: int, features_out: int, bias: bool = True, eps: float = 1e-12) -> None:
        super().__init__((features_out, features_in), eps)
        self.bias = nn.Parameter(torch.zeros(features_out)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.normalized_weight(), self.bias)


class NormalizedEmbedding(SpectralNorm):
    """A spectrally normalised table [K, features] of which each label picks a row."""

    def __init__(self, classes: int, features: int, eps: float = 1e-12) -> None:
        super().__init__((classes, features), eps)

    def forward(self, labels: Tensor) -> Tensor:
        return F.embedding(labels, self.normalized_weight())


def conv(channels_in: int, channels_out: int, kernel: int) -> nn.Module:
    """A k*k convolution of stride 1 that keeps H and W."""
    return nn.Conv2d(channels_in, channels_out, kernel, padding=kernel // 2)


class BatchNorm(nn.Module):
    """Batch normalisation with a gain and a bias a channel; without `running` by the batch's own statistics always."""

    def __init__(self, channels: int, eps: float = 1e-5, running: bool = True, affine: bool = True) -> None:
        super().__init__()
        self.eps = eps
        self.gain = nn.Parameter(torch.ones(channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(channels)) if affine else None
        self.register_buffer("mean", torch.zeros(channels) if running else None)
        self.register_buffer("variance", torch.ones(channels) if running else None)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        by_batch = self.training or self.mean is None
        return F.batch_norm(x, self.mean, self.variance, self.gain, self.bias, by_batch, 0.1, self.eps)


class ClassBatchNorm(BatchNorm):
    """Batch normalisation whose gain and bias are rows of two tables [K, C], one row a class."""

    def __init__(self, classes: int, channels: int) -> None:
        super().__init__(channels, affine=False)
        self.is_folded = False
        self.gain = nn.Parameter(torch.ones(classes, channels))
        self.bias = nn.Parameter(torch.zeros(classes, channels))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        gain = F.embedding(condition, self.gain)[:, :, None, None]
        bias = F.embedding(condition, self.bias)[:, :, None, None]
        if self.is_folded:
            return torch.addcmul(bias, x, gain)
        normed = F.batch_norm(x, self.mean, self.variance, None, None, self.training, 0.1, self.eps)
        return torch.addcmul(bias, normed, gain)

    @torch.no_grad()
    def fold(self) -> None:
        """Takes the running statistics into the tables: for evaluation, where they rest."""
        self.gain.div_(torch.sqrt(self.variance + self.eps))
        self.bias.sub_(self.mean * self.gain)
        self.is_folded = True


class ProjectedBatchNorm(BatchNorm):
    """Batch normalisation whose gain (beside 1) and bias are linear maps of a condition [N, features]."""

    def __init__(self, features: int, channels: int, linear: Callable[..., nn.Module]) -> None:
        super().__init__(channels, affine=False)
        # A module may not take the name of a parameter, even of one that is not there.
        del self.gain, self.bias
        self.gain = linear(features, channels, bias=False)
        self.bias = linear(features, channels, bias=False)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        gain = 1 + self.gain(condition)[:, :, None, None]
        bias = self.bias(condition)[:, :, None, None]
        normed = F.batch_norm(x, self.mean, self.variance, None, None, self.training, 0.1, self.eps)
        return torch.addcmul(bias, normed, gain)


class Attention(nn.Module):
    """Self-attention of the released SAGAN code: keys and values pooled 2*2, no bias, no scale, residual gate gamma."""

    def __init__(self, channels: int, conv: Callable[..., nn.Module]) -> None:
        super().__init__()
        self.query = conv(channels, channels // 8, 1, bias=False)
        self.key = conv(channels, channels // 8, 1, bias=False)
        self.value = conv(channels, channels // 2, 1, bias=False)
        self.output = conv(channels // 2, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        queries = self.query(x).flatten(2)  # [N, C/8, L]
        keys = F.max_pool2d(self.key(x), 2).flatten(2)  # [N, C/8, L/4]
        values = F.max_pool2d(self.value(x), 2).flatten(2)  # [N, C/2, L/4]
        attention = torch.softmax(queries.transpose(1, 2) @ keys, dim=2)  # [N, L, L/4]
        attended = values @ attention.transpose(1, 2)  # [N, C/2, L]
        return x + self.gamma * self.output(attended.unflatten(2, x.shape[2:]))


class UpBlock(nn.Module):
    """A residual block that doubles H and W; its shortcut is upsampling and a 1*1 convolution."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        norm: Callable[[int], nn.Module],
        conv: Callable[[int, int, int], nn.Module],
    ) -> None:
        super().__init__()
        self.norm1 = norm(channels_in)
        self.conv1 = conv(channels_in, channels_out, 3)
        self.norm2 = norm(channels_out)
        self.conv2 = conv(channels_out, channels_out, 3)
        self.shortcut = conv(channels_in, channels_out, 1)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        h = F.relu(self.norm1(x, condition), inplace=True)
        h = self.conv1(F.interpolate(h, scale_factor=2.0, mode="nearest"))
        h = self.conv2(F.relu(self.norm2(h, condition), inplace=True))
        return h + self.shortcut(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class FirstDownBlock(nn.Module):
    """The residual block that meets the image: no ReLU before its first convolution, H and W halved."""

    def __init__(self, channels_in: int, channels_out: int, conv: Callable[[int, int, int], nn.Module]) -> None:
        super().__init__()
        self.conv1 = conv(channels_in, channels_out, 3)
        self.conv2 = conv(channels_out, channels_out, 3)
        self.shortcut = conv(channels_in, channels_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv2(F.relu(self.conv1(x), inplace=True))
        return F.avg_pool2d(h, 2) + self.shortcut(F.avg_pool2d(x, 2))


class DownBlock(nn.Module):
    """A residual block that may halve H and W; halving or another width brings a 1*1 convolution into its shortcut."""

    def __init__(
        self, channels_in: int, channels_out: int, halve: bool, conv: Callable[[int, int, int], nn.Module]
    ) -> None:
        super().__init__()
        self.halve = halve
        self.conv1 = conv(channels_in, channels_out, 3)
        self.conv2 = conv(channels_out, channels_out, 3)
        self.shortcut = conv(channels_in, channels_out, 1) if halve or channels_in != channels_out else None

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv2(F.relu(self.conv1(F.relu(x)), inplace=True))
        passed = x if self.shortcut is None else self.shortcut(x)
        return F.avg_pool2d(h, 2) + F.avg_pool2d(passed, 2) if self.halve else h + passed



def projected(features: Tensor, linear: nn.Module, embedding: nn.Module, labels: Tensor) -> Tensor:
    """Features [N, C] and labels [N] to logits [N] (Miyato, Koyama 2018)."""
    return linear(features).squeeze(1) + (features * embedding(labels)).sum(dim=1)


class Stages(nn.Module):
    """A network with blocks, and attention behind them, that are applied one after another."""

    def __init__(self) -> None:
        super().__init__()
        self.stages: list[nn.Module] = []

    def add_stage(self, name: str, stage: nn.Module) -> None:
        self.add_module(name, stage)
        self.stages.append(stage)
