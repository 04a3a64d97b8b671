"""How PyTorch uses the machine: its threads, and the memory that it keeps."""

from __future__ import annotations

import ctypes
import resource
from typing import Callable

import openmp_blas  # before torch

import torch


def loaded_blas() -> list[str]:
    """The paths of the BLAS libraries in this process; which they are is the system's choice (Linux only)."""
    with open("/proc/self/maps", encoding="utf8") as maps:
        return sorted({line.split()[-1] for line in maps if "blas" in line})


def set_threads(threads: int) -> None:
    """Gives PyTorch, and OpenBLAS with its own pool where that is the BLAS, the same number of threads."""
    torch.set_num_threads(threads)
    for path in loaded_blas():
        set_blas_threads: Callable[[int], None] | None = getattr(ctypes.CDLL(path), "openblas_set_num_threads", None)
        if set_blas_threads is not None:
            set_blas_threads(threads)


def keep_freed_memory() -> None:
    """Has glibc serve large tensors from its heap and keep them there, instead of asking the system for new pages."""
    trim_threshold, top_pad, mmap_threshold = -1, -2, -3
    allocator = ctypes.CDLL("libc.so.6")
    allocator.mallopt(mmap_threshold, 2**30)
    allocator.mallopt(trim_threshold, 2**31 - 1)
    allocator.mallopt(top_pad, 2**28)


def peak_mb() -> float:
    """Largest resident set of the process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
