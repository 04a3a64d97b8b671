#!/usr/bin/python3
"""Records LPIPS, and what a path length is made of, as PyTorch and numpy compute them: perceptual.json beside this script.

The published weights of LPIPS are too large to keep. The network's weights are drawn by a formula instead, which
`test/golden/recorded-perceptual.ts` computes too.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
import torchvision
from torch import Tensor

from make_reference import printed

torch.set_num_threads(2)


def hashed(count: int, seed: int) -> np.ndarray:
    """`count` numbers of [-1/2, 1/2): the 32-bit finaliser of MurmurHash3 over a Weyl sequence."""
    x = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B1) + np.uint32(seed)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    x ^= x >> np.uint32(16)
    return x.astype(np.float64) / 2**32 - 0.5


def drawn(shape: tuple[int, ...], seed: int) -> Tensor:
    """Weights with the variance of He et al. 2015, biases within a tenth of zero, both rounded to float32."""
    scale = np.sqrt(24 / np.prod(shape[1:])) if len(shape) > 1 else 0.2
    return torch.tensor((hashed(int(np.prod(shape)), seed) * scale).astype(np.float32).reshape(shape))


def vgg16() -> torch.nn.Sequential:
    network = torchvision.models.vgg16(weights=None).features
    for seed, parameter in enumerate(network.parameters()):
        parameter.data = drawn(tuple(parameter.shape), seed)
    return network.double().eval().requires_grad_(False)


def weighing() -> list[Tensor]:
    """A weight a channel of each stage, none negative."""
    return [
        torch.tensor((hashed(channels, 100 + stage) + 0.5).astype(np.float32)).double().reshape(1, channels, 1, 1)
        for stage, channels in enumerate([64, 128, 256, 512, 512])
    ]


def lpips(network: torch.nn.Sequential, weights: list[Tensor], pairs: Tensor, resolution: int) -> Tensor:
    """Zhang et al. 2018, eq. 1, of pixels [2,N,3,R,R]; images are brought to `resolution` after they were normalised."""
    x = pairs.flatten(0, 1)
    shift = torch.tensor([-0.030, -0.088, -0.188]).double().reshape(3, 1, 1)
    scale = torch.tensor([0.458, 0.448, 0.450]).double().reshape(3, 1, 1)
    x = (2 * x / 255 - 1 - shift) / scale
    if x.shape[-1] > resolution:
        x = torch.nn.functional.interpolate(x, (resolution, resolution), mode="area")
    else:
        x = torch.nn.functional.interpolate(x, (resolution, resolution), mode="bilinear", align_corners=False)
    total = torch.zeros(pairs.shape[1], dtype=torch.float64)
    stage = 0
    for index, layer in enumerate(network):
        x = layer(x)
        if index in (3, 8, 15, 22, 29):
            a, b = (x / (x.square().sum(1, keepdim=True).sqrt() + 1e-10)).chunk(2)
            total += ((a - b).square() * weights[stage]).sum(1).mean((1, 2))
            stage += 1
    return total


def lpips_cases() -> list[dict[str, object]]:
    network, weights = vgg16(), weighing()
    cases = []
    for seed, (size, resolution) in enumerate([(32, 32), (24, 32), (50, 32)]):
        pixels = np.floor((hashed(3 * 3 * size * size, 200 + seed) + 0.5) * 256).reshape(3, 3, size, size)
        change = hashed(pixels.size, 300 + seed).reshape(pixels.shape)
        # The first pair differs by more than the second, the third not at all.
        others = pixels + change * np.array([60, 0.5, 0]).reshape(3, 1, 1, 1)
        pairs = torch.tensor(np.stack([pixels, others.astype(np.float32)]))
        distances = lpips(network, weights, pairs, resolution)
        cases.append(
            {
                "size": size,
                "resolution": resolution,
                "seed": seed,
                "distances": [float(f"{d:.9g}") for d in distances],
            }
        )
    return cases


def interpolated(method: str, a: np.ndarray, b: np.ndarray, t: float) -> np.ndarray:
    """Float32 throughout for lerp, as PyTorch computes it; float64 for the arcs, rounded in the end."""
    if method == "lerp":
        return a + (b - a) * np.float32(t)
    a, b = a.astype(np.float64), b.astype(np.float64)
    length = lambda x: np.linalg.norm(x, axis=-1, keepdims=True)
    angle = np.arccos((a / length(a) * b / length(b)).sum(-1, keepdims=True))
    point = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
    return (point / length(point) if method == "slerp-unit" else point).astype(np.float32)


def path_case(method: str, quantized: bool, classes: int, discard: tuple[int, int] | None) -> dict[str, object]:
    """A path length whose generator is linear and whose distance is the squared one of pixels, in numpy."""
    seed, count, latents, epsilon = 2020, 300, 8, 0.01
    random = np.random.RandomState(seed)
    starts = random.randn(count, latents).astype(np.float32)
    ends = random.randn(count, latents).astype(np.float32)
    labels = random.randint(0, classes, (count,)) if classes > 0 else np.zeros(count, dtype=np.int64)
    weights = hashed(3 * 2 * 2 * latents, 400).reshape(12, latents) / 4

    def pixels(z: np.ndarray) -> np.ndarray:
        """Float32 images in -1 ... 1, then float32 pixels in 0 ... 255."""
        images = (z.astype(np.float64) @ weights.T + labels[:, None] / 50).astype(np.float32).astype(np.float64)
        values = np.floor((images.clip(-1, 1) + 1) * 127.5 + 0.5) if quantized else (images + 1) * 127.5
        return values.astype(np.float32).astype(np.float64)

    ends = interpolated(method, starts, ends, epsilon)
    distances = ((pixels(starts) - pixels(ends)) ** 2).sum(1) / epsilon**2
    kept = distances
    if discard is not None:
        lower = np.percentile(distances, discard[0], method="lower")
        higher = np.percentile(distances, discard[1], method="higher")
        kept = distances[(lower <= distances) & (distances <= higher)]
    return {
        "definition": {
            "epsilon": epsilon,
            "interpolation": method,
            "discard": discard,
            "quantized": quantized,
            "seed": seed,
        },
        "count": count,
        "latents": latents,
        "classes": classes,
        "ends": [float(f"{value:.9g}") for value in ends[-1, -4:]],
        "labels": labels[:6].tolist(),
        "kept": len(kept),
        "zeros": int((distances == 0).sum()),
        "mean": float(f"{kept.mean():.9g}"),
        "spread": float(f"{kept.std():.9g}"),
    }


def path_cases() -> list[dict[str, object]]:
    return [
        path_case("lerp", True, 0, (1, 99)),
        path_case("lerp", False, 10, (1, 99)),
        path_case("slerp", False, 1, (5, 90)),
        path_case("slerp-unit", False, 3, None),
    ]


def main() -> None:
    content = {
        "torch": torch.__version__,
        "numpy": np.__version__,
        "lpips": lpips_cases(),
        "paths": path_cases(),
    }
    Path(__file__).with_name("perceptual.json").write_text(printed(content) + "\n", encoding="utf8")


if __name__ == "__main__":
    main()
