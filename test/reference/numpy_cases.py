"""Files of numpy.save, numpy.savez and numpy.savez_compressed, with what they hold."""

from __future__ import annotations

import base64
import io
import zipfile
from typing import Any

import numpy as np

Case = dict[str, Any]

VALUES = np.arange(24, dtype=np.float64).reshape(2, 3, 4)
ARRAYS = {
    "float64": VALUES / 7,
    "float32": (VALUES / 7).astype("<f4"),
    "int64": (VALUES * 2**45 - 3).astype("<i8"),
    "int32": (VALUES - 5).astype("<i4"),
    "uint8": (VALUES * 11).astype("u1"),
}


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def saved(array: np.ndarray, version: tuple[int, int] = (1, 0)) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version, allow_pickle=True)
    return file.getvalue()


def archive(compressed: bool, **arrays: np.ndarray) -> str:
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, **arrays)
    return encoded(file.getvalue())


def plain_archive(**arrays: np.ndarray) -> str:
    """What Python's zipfile writes where it is told nothing of the time, the system and the rights."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as target:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.create_system = 0
            target.writestr(entry, saved(array))
            entry.external_attr = 0
    return encoded(file.getvalue())


def numpy_files() -> list[Case]:
    """Each case is a file; `type`, `shape` and `values` of the arrays that can be read."""
    cases: list[Case] = []

    def add(name: str, file: str, array: np.ndarray | None = None) -> None:
        case: Case = {"name": name, "file": file}
        if array is not None:
            case |= {"type": array.dtype.name, "shape": list(array.shape), "values": array.ravel().tolist()}
        cases.append(case)

    for name, array in ARRAYS.items():
        add(f"{name}.npy", encoded(saved(array)), array)
        add(f"{name}-fortran.npy", encoded(saved(np.asfortranarray(array))), array)
    add("scalar.npy", encoded(saved(np.float64(3.5))), np.array(3.5))
    add("vector.npy", encoded(saved(VALUES[0, 0])), VALUES[0, 0])
    add("empty.npy", encoded(saved(VALUES[:0])), VALUES[:0])
    add("version2.npy", encoded(saved(ARRAYS["int32"], (2, 0))), ARRAYS["int32"])
    add("version3.npy", encoded(saved(ARRAYS["int32"], (3, 0))), ARRAYS["int32"])
    add("objects.npy", encoded(saved(np.array([{"a": 1}], dtype=object))))
    add("big-endian.npy", encoded(saved(VALUES.astype(">f8"))))
    add("half.npy", encoded(saved(VALUES.astype("<f2"))))
    add("records.npy", encoded(saved(np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))))
    add("large-integers.npy", encoded(saved(np.array([2**53 + 1]))))
    features = np.sin(np.arange(45.0)).reshape(9, 5)
    mu, sigma = features.mean(0), np.cov(features, rowvar=False)
    add("statistics.npz", archive(False, mu=mu, sigma=sigma), sigma)
    add("statistics-compressed.npz", archive(True, mu=mu, sigma=np.asfortranarray(sigma)), sigma)
    add("statistics-plain.npz", plain_archive(mu=mu, sigma=sigma), sigma)
    add("features.npz", archive(True, feats=features.astype("<f4")), features.astype("<f4"))
    images = (np.arange(10 * 4 * 5 * 3) * 37 % 251).astype("u1").reshape(10, 4, 5, 3)
    labels = np.arange(10) % 3
    add("images.npz", archive(False, arr_0=images, arr_1=labels), images)
    add("images-compressed.npz", archive(True, arr_0=images, arr_1=labels.astype("<i4")), images)
    add("images-planar.npz", archive(True, samples=images.transpose(0, 3, 1, 2).copy(), y=labels[:, None]), images)
    add("images-fortran.npz", archive(True, arr_0=np.asfortranarray(images)))
    add("images-float.npz", archive(True, arr_0=images / 255))
    add("images-objects.npz", archive(True, arr_0=images, arr_1=np.array([{}], dtype=object)), images)
    return cases
