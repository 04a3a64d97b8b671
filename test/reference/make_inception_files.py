#!/usr/bin/python3
"""Writes files of Inception weights, drawn by the formulas of make_inception.py, into a folder.

    python3 test/reference/make_inception_files.py FOLDER < NAMES

zip.pth and legacy.pth are state dicts of torchvision's network. script.pt is TorchScript with modules of other names:
NAMES is a JSON list of objects with `name`, the tensor's name there, and `layer`, `role` and `shape`, which it is drawn by.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

from make_inception import drawn, network


class Module(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


def module_of(root: Module, path: list[str]) -> Module:
    for name in path:
        if not hasattr(root, name):
            root.add_module(name, Module())
        root = getattr(root, name)
    return root


def main() -> None:
    folder = Path(sys.argv[1])
    state = network().float().state_dict()
    torch.save(state, folder / "zip.pth")
    torch.save(state, folder / "legacy.pth", _use_new_zipfile_serialization=False)
    root = Module()
    for entry in json.load(sys.stdin):
        *path, leaf = entry["name"].split(".")
        module_of(root, path).register_buffer(leaf, drawn(entry["layer"], entry["role"], tuple(entry["shape"])))
    torch.jit.save(torch.jit.script(root), folder / "script.pt")


if __name__ == "__main__":
    main()
