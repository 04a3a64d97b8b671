#!/usr/bin/python3
"""Records what PyTorch computes, in float64, for the layers, losses and optimisers Sagan has too.

Each JSON file beside this script holds the cases of one family; README.md says what a case is.
"""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any

import torch

import layer_cases
import non_local_cases
import penalty_cases
import training_cases

LINE_WIDTH = 120
FAMILIES = [
    layer_cases.convolution,
    layer_cases.pooling,
    layer_cases.resizing,
    layer_cases.normalization,
    layer_cases.attention,
    layer_cases.elementwise,
    non_local_cases.non_local,
    penalty_cases.penalties,
    training_cases.losses,
    training_cases.optimizers,
]


def printed(value: Any, indent: int = 0) -> str:
    """JSON as the project's formatter lays it out: objects line by line, numbers filled to the line's width."""
    inner = " " * (indent + 2)
    if isinstance(value, dict) and value:
        lines = [f"{inner}{json.dumps(key)}: {printed(entry, indent + 2)}" for key, entry in value.items()]
        return "{\n" + ",\n".join(lines) + "\n" + " " * indent + "}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(inner + printed(entry, indent + 2) for entry in value) + "\n" + " " * indent + "]"
    flat = re.sub(r"e-0(\d)", r"e-\1", json.dumps(value))
    if not isinstance(value, list) or indent + len(flat) + len('"data": ') <= LINE_WIDTH:
        return flat
    lines = textwrap.wrap(flat[1:-1], LINE_WIDTH - len(inner), break_on_hyphens=False)
    return "[\n" + textwrap.indent("\n".join(lines), inner) + "\n" + " " * indent + "]"


def main() -> None:
    for family in FAMILIES:
        content = {"torch": torch.__version__, "dtype": "float64", "cases": family()}
        path = Path(__file__).with_name(f"{family.__name__.replace('_', '-')}.json")
        path.write_text(printed(content) + "\n", encoding="utf8")


if __name__ == "__main__":
    main()
