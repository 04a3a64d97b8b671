#!/usr/bin/python3
"""PyTorch's side of a step benchmark: `server.py WORK [choices]`, WORK being the JSON that Sagan's side is told too.

The program is a server, so that a benchmark can take turns between both sides on a noisy machine: it writes one JSON
line when it is ready, then one JSON line for every line `step` it reads, and ends at `quit` or at the end of its input.
It runs on Linux with glibc. Without choices the twin is written as such code usually is.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time

from process import keep_freed_memory, loaded_blas, peak_mb, set_threads

import torch

from twin import Twin, add_choices, choices_of, parameter_count


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("work", type=json.loads)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep-memory", action="store_true", help="give no freed memory back to the system")
    parser.add_argument("--flush-denormals", action="store_true", help="numbers too small for float32's exponent are 0")
    add_choices(parser)
    return parser.parse_args()


def main() -> None:
    options = parse_options()
    torch.set_flush_denormal(options.flush_denormals)
    set_threads(options.threads)
    if options.keep_memory:
        keep_freed_memory()
    torch.manual_seed(0)
    twin = Twin(options.work, choices_of(options))
    ready = {
        "ready": True,
        "generatorParameters": parameter_count(twin.generator),
        "discriminatorParameters": parameter_count(twin.discriminator),
        "versions": {"torch": torch.__version__, "python": platform.python_version(), "blas": loaded_blas()},
    }
    do, repeats = twin.doing(), options.work["repeats"]
    print(json.dumps(ready), flush=True)
    for line in sys.stdin:
        command = line.strip()
        if command == "quit":
            break
        if command != "step":
            sys.exit(f"server.py: standard input says {command!r}, not 'step' or 'quit'; send one of them a line")
        start = time.perf_counter()
        for _ in range(repeats):
            do()
        ms = (time.perf_counter() - start) * 1e3 / repeats
        print(json.dumps({"ms": ms, "peakMb": peak_mb()}), flush=True)


if __name__ == "__main__":
    main()
