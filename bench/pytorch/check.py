#!/usr/bin/python3
"""A twin's answers for weights and draws that it is given: `check.py WORK FILE [choices]`.

FILE is a safetensors file: the state of a run, and the inputs of a step under Sagan's names for them. The answers are
what bench/check-twins.ts compares.
"""

from __future__ import annotations

import argparse
import copy
import json
from pathlib import Path
from typing import Iterable

import numpy

import openmp_blas  # before torch

import torch
from torch import Tensor, nn

from layers import SpectralNorm
from twin import Noise, Twin, add_choices, choices_of, fold

TYPES = {"F32": "<f4", "I32": "<i4", "U8": "u1"}


def read_safetensors(path: str) -> dict[str, Tensor]:
    content = Path(path).read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        first, last = (start + offset for offset in entry["data_offsets"])
        values = numpy.frombuffer(content[first:last], TYPES[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors


class Given(Noise):
    """The draws of Sagan's step, in its order: the discriminator's, then the generator's."""

    def __init__(self, inputs: dict[str, Tensor]) -> None:
        self.given_latents = [inputs["z.D0"], inputs["z.G"]]
        self.given_labels = [inputs.get(name, inputs["labels.0"]) for name in ("fakeLabels.D0", "fakeLabels.G")]
        self.alpha = inputs.get("gradientPenalty.D0.interpolation")

    def latents(self, count: int) -> Tensor:
        return self.given_latents.pop(0)

    def labels(self, count: int) -> Tensor:
        return self.given_labels.pop(0).long()

    def mix(self, count: int) -> Tensor:
        return self.alpha


def load(network: nn.Module, state: dict[str, Tensor], name: str) -> None:
    own = network.state_dict()
    given = {key[len(name) :]: value for key, value in state.items() if key.startswith(name)}
    network.load_state_dict({key: value.reshape(own[key].shape) for key, value in given.items()})


@torch.no_grad()
def samples_of(twin: Twin, inputs: dict[str, Tensor]) -> Tensor:
    generator = copy.deepcopy(twin.generator)
    for module in generator.modules():
        if isinstance(module, SpectralNorm):
            module.normalized_weight()  # Sagan takes the next estimate in sampling; here the last is kept
    generator.eval()
    if twin.choices.fold:
        fold(generator)
    return generator(inputs["z.D0"], inputs["labels.0"].long())


def norm_of(parameters: Iterable[nn.Parameter]) -> float:
    return torch.stack([parameter.grad.square().sum() for parameter in parameters]).sum().sqrt().item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("work", type=json.loads)
    parser.add_argument("file")
    add_choices(parser)
    options = parser.parse_args()
    torch.set_num_threads(1)
    twin = Twin(options.work, choices_of(options))
    inputs = read_safetensors(options.file)
    load(twin.generator, inputs, "G.")
    load(twin.discriminator, inputs, "D.")
    twin.set_real(inputs["images.0"].float() * (2 / 255) - 1)
    twin.real_labels = inputs["labels.0"].long()
    twin.noise = Given(inputs)
    with torch.no_grad():
        images = copy.deepcopy(twin.generator)(inputs["z.D0"], twin.real_labels)
        logits = copy.deepcopy(twin.discriminator)(twin.real_images, twin.real_labels)
    answer = {
        "images": images.flatten().tolist(),
        "samples": samples_of(twin, inputs).flatten().tolist(),
        "logits": logits.tolist(),
        "lossD": twin.discriminator_step().item(),
        "gradNormD": norm_of(twin.discriminator.parameters()),
        "lossG": twin.generator_step().item(),
        "gradNormG": norm_of(twin.generator.parameters()),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
