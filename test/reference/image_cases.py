"""What Pillow, PyTorch and TensorFlow 1's formula make of images: resized planes, and the pixels of files."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from typing import Any, Callable

import numpy as np
import torch
from PIL import Image, ImageCms

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


HEIGHT, WIDTH = 9, 14


def swapped_profile() -> bytes:
    """A colour profile that takes red for blue: whoever applies it cannot fail to notice."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (count,) = struct.unpack(">I", profile[128:132])
    places = {bytes(profile[at : at + 4]): at + 4 for at in range(132, 132 + 12 * count, 12)}
    red, blue = places[b"rXYZ"], places[b"bXYZ"]
    profile[red : red + 8], profile[blue : blue + 8] = profile[blue : blue + 8], profile[red : red + 8]
    return bytes(profile)


def png(colour_type: int, depth: int, rows: list[bytes]) -> bytes:
    """For what Pillow reads and does not write."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour_type, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def image_files() -> list[Case]:
    """Small files of every colour model, each with the bytes of `convert("RGB")`."""
    noise = pattern(HEIGHT, WIDTH).transpose(1, 2, 0)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    smooth = np.stack([x * 18 % 256, y * 27 % 256, (x * 9 + y * 13) % 256], -1).astype(np.uint8)
    alpha = ((x * 37 + y * 91) % 256).astype(np.uint8)
    alpha[0, :5] = 0
    grey = noise[..., 0]
    inks = np.dstack([grey, smooth[..., 1:], alpha])
    wide = noise.astype(np.uint32) * 257 + alpha[..., None] * 199
    wide = np.dstack([wide % 65536, alpha.astype(np.uint32) * 257]).astype(">u2")
    palette = Image.fromarray(smooth).quantize(16)
    upright = Image.Exif()
    upright[0x112] = 6  # Turned by 90 degrees: neither Pillow nor Sagan turns it back.
    profile = swapped_profile()
    cases: list[Case] = []

    def add(name: str, data: bytes, pixels: np.ndarray | None = None) -> None:
        rgb = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) if pixels is None else pixels
        assert rgb.dtype == np.uint8
        cases.append({
            "name": name,
            "height": rgb.shape[0],
            "width": rgb.shape[1],
            "file": base64.b64encode(data).decode(),
            "rgb": base64.b64encode(rgb.tobytes()).decode(),
        })

    def save(name: str, image: Image.Image | np.ndarray, form: str, **options: Any) -> None:
        file = io.BytesIO()
        (Image.fromarray(image) if isinstance(image, np.ndarray) else image).save(file, form, **options)
        add(name, file.getvalue())

    save("png-rgb", noise, "PNG")
    save("png-rgba", np.dstack([noise, alpha]), "PNG")
    save("png-grey", grey, "PNG")
    save("png-grey-alpha", np.dstack([grey, alpha]), "PNG")
    save("png-palette", palette, "PNG")
    save("png-palette-alpha", palette, "PNG", transparency=bytes([0, 128, 255, 30] + [255] * 12))
    save("png-bilevel", grey > 100, "PNG")
    save("png-profile", noise, "PNG", icc_profile=profile)
    save("png-colour-key", noise, "PNG", transparency=tuple(int(value) for value in noise[3, 4]))
    add("png-grey4", png(0, 4, [bytes(row[::2] // 16 * 16 + row[1::2] // 16) for row in grey]))
    add("png-rgb16", png(2, 16, [row.tobytes() for row in wide[..., :3]]))
    add("png-rgba16", png(6, 16, [row.tobytes() for row in wide]))
    add("png-grey-alpha16", png(4, 16, [row.tobytes() for row in wide[..., [0, 3]]]))
    # Pillow would cut this off at 255; what is right is the upper byte.
    add("png-grey16", png(0, 16, [row.tobytes() for row in wide[..., 0]]), np.repeat(wide[..., :1] >> 8, 3, 2).astype("u1"))
    save("jpeg-444", smooth, "JPEG", quality=90, subsampling=0)
    save("jpeg-420", smooth, "JPEG", quality=75, subsampling=2)
    save("jpeg-420-noise", noise, "JPEG", quality=75, subsampling=2)
    save("jpeg-422-progressive", smooth, "JPEG", subsampling=1, progressive=True)
    save("jpeg-grey", grey, "JPEG")
    save("jpeg-cmyk", Image.merge("CMYK", [Image.fromarray(ink) for ink in inks.transpose(2, 0, 1)]), "JPEG", quality=95)
    save("jpeg-turned", smooth, "JPEG", exif=upright)
    save("jpeg-profile", smooth, "JPEG", icc_profile=profile)
    save("webp-lossless-alpha", np.dstack([noise, alpha]), "WEBP", lossless=True, exact=True)
    save("webp-lossy", smooth, "WEBP", quality=80)
    save("webp-animated", smooth, "WEBP", save_all=True, append_images=[Image.fromarray(noise)], lossless=True)
    save("gif", palette, "GIF")
    save("gif-animated", palette, "GIF", save_all=True, append_images=[palette.rotate(180)])
    save("tiff-lzw", noise, "TIFF", compression="tiff_lzw")
    save("tiff-rgba", np.dstack([noise, alpha]), "TIFF")
    save("tiff-palette", palette, "TIFF")
    save("tiff-bilevel", grey > 100, "TIFF", compression="group4")
    save("gif-transparent", palette, "GIF", transparency=3)
    # The decoder that Sagan uses loses the palette's colour of transparent pixels.
    seen = np.where(np.asarray(palette)[..., None] == 3, 0, np.asarray(palette.convert("RGB"))).astype(np.uint8)
    cases[-1]["rgb"] = base64.b64encode(seen.tobytes()).decode()
    save("tiff-cmyk", Image.merge("CMYK", [Image.fromarray(ink) for ink in inks.transpose(2, 0, 1)]), "TIFF")
    save("tiff-float", grey.astype(np.float32) / 255, "TIFF")  # To be refused.
    return cases
