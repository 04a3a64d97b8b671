#!/usr/bin/python3
"""The PyTorch twin of Sagan's benchmark step: the same model and the same work, written as PyTorch likes it best.

A step is one discriminator update, one generator update and the moving average of the generator. The program is a
server, so that a benchmark can take turns between both sides on a noisy machine: it writes one JSON line when it is
ready, then one JSON line for every line `step` it reads, and ends at `quit` or at the end of its input.

It runs on Linux with glibc. The defaults are what was fastest on two CPU cores; the flags take each choice back.
"""

from __future__ import annotations

import argparse
import copy
import ctypes
import json
import platform
import resource
import sys
import time
from typing import Callable, Iterable

import openmp_blas  # before torch

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sagan_model import LATENT_SIZE, Discriminator, Generator

EMA_DECAY = 0.999
LEARNING_RATE_D = 4e-4
LEARNING_RATE_G = 1e-4


class Trainer:
    """Everything a step changes, and the step itself."""

    def __init__(self, options: argparse.Namespace) -> None:
        torch.manual_seed(options.seed)
        self.batch: int = options.batch
        self.classes: int = options.classes
        self.concat: bool = options.concat
        memory_format = torch.channels_last if options.channels_last else torch.contiguous_format
        sizes = (options.channels, options.classes)
        self.generator = Generator(options.resolution, options.base_width_g, *sizes, memory_format)
        self.discriminator = Discriminator(options.resolution, options.base_width_d, *sizes)
        for model in (self.generator, self.discriminator):
            model.to(memory_format=memory_format)
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        adam = {"betas": (0.0, 0.999), "eps": 1e-8, "foreach": options.foreach}
        self.adam_d = torch.optim.Adam(self.discriminator.parameters(), lr=LEARNING_RATE_D, **adam)
        self.adam_g = torch.optim.Adam(self.generator.parameters(), lr=LEARNING_RATE_G, **adam)
        image_shape = (self.batch, options.channels, options.resolution, options.resolution)
        self.real_images = (torch.rand(image_shape) * 2 - 1).contiguous(memory_format=memory_format)
        self.real_labels = self.draw_labels()

    def draw_labels(self) -> Tensor:
        return torch.randint(self.classes, (self.batch,))

    def discriminator_step(self) -> Tensor:
        """Hinge loss of one real and one generated batch, and one Adam step of the discriminator."""
        self.adam_d.zero_grad(set_to_none=True)
        fake_labels = self.draw_labels()
        with torch.no_grad():
            fake_images = self.generator(torch.randn(self.batch, LATENT_SIZE), fake_labels)
        if self.concat:
            images = torch.cat([self.real_images, fake_images])
            logits = self.discriminator(images, torch.cat([self.real_labels, fake_labels]))
            real_logits, fake_logits = logits.chunk(2)
        else:
            real_logits = self.discriminator(self.real_images, self.real_labels)
            fake_logits = self.discriminator(fake_images, fake_labels)
        loss = F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()
        loss.backward()
        self.adam_d.step()
        return loss.detach()

    def generator_step(self) -> Tensor:
        """Hinge loss of one generated batch, and one Adam step of the generator against a frozen discriminator."""
        self.adam_g.zero_grad(set_to_none=True)
        self.discriminator.requires_grad_(False)
        labels = self.draw_labels()
        images = self.generator(torch.randn(self.batch, LATENT_SIZE), labels)
        loss = -self.discriminator(images, labels).mean()
        loss.backward()
        self.adam_g.step()
        self.discriminator.requires_grad_(True)
        return loss.detach()

    @torch.no_grad()
    def average_step(self) -> None:
        """Moves the averaged generator, buffers included, towards the generator; counters are copied."""
        for average, value in zip(self.average.state_dict().values(), self.generator.state_dict().values()):
            if average.is_floating_point():
                average.lerp_(value, 1 - EMA_DECAY)
            else:
                average.copy_(value)

    def step(self) -> dict[str, float]:
        """One whole step; the moving average counts as the generator's time."""
        start = time.perf_counter()
        loss_d = self.discriminator_step()
        between = time.perf_counter()
        loss_g = self.generator_step()
        self.average_step()
        end = time.perf_counter()
        return {
            "ms": round((end - start) * 1e3, 3),
            "msD": round((between - start) * 1e3, 3),
            "msG": round((end - between) * 1e3, 3),
            "lossD": loss_d.item(),
            "lossG": loss_g.item(),
            "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def count(parameters: Iterable[nn.Parameter]) -> int:
    return sum(parameter.numel() for parameter in parameters if parameter.requires_grad)


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


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--resolution", type=int, default=32, choices=[32, 64, 128, 256])
    parser.add_argument("--base-width-g", type=int, default=256, help="channels of every generator block")
    parser.add_argument("--base-width-d", type=int, default=128, help="channels of every discriminator block")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--channels", type=int, default=3, help="channels of the images")
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    flag = argparse.BooleanOptionalAction
    parser.add_argument("--concat", action=flag, default=True, help="real and fake in one discriminator pass")
    parser.add_argument("--channels-last", action=flag, default=True, help="NHWC in memory")
    parser.add_argument("--foreach", action=flag, default=False, help="Adam over lists of tensors")
    parser.add_argument("--keep-memory", action=flag, default=True, help="faster, for a larger resident set")
    return parser.parse_args()


def main() -> None:
    options = parse_options()
    set_threads(options.threads)
    if options.keep_memory:
        keep_freed_memory()
    trainer = Trainer(options)
    ready = {
        "ready": True,
        "generatorParameters": count(trainer.generator.parameters()),
        "discriminatorParameters": count(trainer.discriminator.parameters()),
        "versions": {"torch": torch.__version__, "python": platform.python_version(), "blas": loaded_blas()},
        "threads": torch.get_num_threads(),
    }
    print(json.dumps(ready), flush=True)
    for line in sys.stdin:
        command = line.strip()
        if command == "quit":
            break
        if command != "step":
            sys.exit(f"sagan_step.py: standard input says {command!r}, not 'step' or 'quit'; send one of them a line")
        print(json.dumps(trainer.step()), flush=True)


if __name__ == "__main__":
    main()
