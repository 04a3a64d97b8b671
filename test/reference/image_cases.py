"""What Pillow, PyTorch and TensorFlow 1's formula make of images: resized planes."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np
import torch
from PIL import Image

Case = dict[str, Any]

RESOLUTION = 299
SIZES = [(32, 32), (128, 128), (300, 300), (299, 299), (1, 1), (512, 512), (17, 64), (64, 17), (299, 40)]
SAMPLES = 40
STRIDE = 6701  # Prime, and no divisor of a row: the samples spread over rows, columns and channels.


def pattern(height: int, width: int) -> np.ndarray:
    """uint8 [3, H, W], the same as the tests': steep, never periodic over the whole image, and another in each channel."""
    c, y, x = np.mgrid[0:3, 0:height, 0:width]
    return ((3 * x * x + 7 * y + 5 * x * y + 85 * c + 9) % 256).astype(np.uint8)


def tensorflow_bilinear(planes: np.ndarray, resolution: int) -> np.ndarray:
    """resize_bilinear of TensorFlow 1 with align_corners=False: no half pixels, float32 throughout."""

    def places(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        position = np.arange(resolution, dtype=np.float32) * np.float32(size / resolution)
        low = position.astype(np.int64)
        return low, np.minimum(low + 1, size - 1), position - low.astype(np.float32)

    values = planes.astype(np.float32)
    low, high, weight = places(values.shape[2])
    values = values[:, :, low] + (values[:, :, high] - values[:, :, low]) * weight
    low, high, weight = places(values.shape[1])
    return values[:, low] + (values[:, high] - values[:, low]) * weight[:, None]


def torch_bilinear(align_corners: bool) -> Callable[[np.ndarray, int], np.ndarray]:
    def resize(planes: np.ndarray, resolution: int) -> np.ndarray:
        images = torch.from_numpy(planes.astype(np.float32))[None]
        size = (resolution, resolution)
        return torch.nn.functional.interpolate(images, size, mode="bilinear", align_corners=align_corners)[0].numpy()

    return resize


def pillow(resample: Image.Resampling) -> Callable[[np.ndarray, int], np.ndarray]:
    def resize(planes: np.ndarray, resolution: int) -> np.ndarray:
        images = [Image.fromarray(plane.astype(np.float32), mode="F") for plane in planes]
        return np.stack([np.asarray(image.resize((resolution, resolution), resample)) for image in images])

    return resize


RESIZERS = {
    "tensorflow-bilinear": tensorflow_bilinear,
    "torch-bilinear": torch_bilinear(False),
    "torch-bilinear-corners": torch_bilinear(True),
    "pillow-bilinear": pillow(Image.Resampling.BILINEAR),
    "pillow-bicubic": pillow(Image.Resampling.BICUBIC),
    "pillow-lanczos": pillow(Image.Resampling.LANCZOS),
}


def image_resizers() -> list[Case]:
    """Samples of each result, and its sum by channel."""
    cases = []
    for name, resize in RESIZERS.items():
        for height, width in SIZES:
            resized = resize(pattern(height, width), RESOLUTION)
            assert resized.dtype == np.float32
            flat = resized.ravel()
            places = np.arange(SAMPLES) * STRIDE % flat.size
            cases.append({
                "name": f"{name}, {height}x{width}",
                "resizer": name,
                "height": height,
                "width": width,
                "resolution": RESOLUTION,
                "stride": STRIDE,
                "samples": [float(f"{value:.9g}") for value in flat[places]],
                "sums": [float(f"{value:.12g}") for value in resized.sum((1, 2), dtype=np.float64)],
            })
    return cases
