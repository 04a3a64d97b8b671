#!/usr/bin/env python3
"""Writes the reference numbers of image sets and numpy files into this folder: see README.md."""

from __future__ import annotations

from pathlib import Path

import image_cases
import numpy_cases
import numpy as np
import PIL
import torch
from make_reference import printed


def main() -> None:
    versions = {"numpy": np.__version__, "pillow": PIL.__version__, "torch": torch.__version__}
    for family in [image_cases.image_resizers, image_cases.image_files, numpy_cases.numpy_files]:
        content = {**versions, "cases": family()}
        path = Path(__file__).with_name(f"{family.__name__.replace('_', '-')}.json")
        path.write_text(printed(content) + "\n", encoding="utf8")


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
