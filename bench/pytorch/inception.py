#!/usr/bin/python3
"""PyTorch's side of the Inception benchmark: features of random images for every line `step` on standard input.

`--plain` runs the network as pytorch-fid and torch-fidelity do: in evaluation mode, without gradients, tensors laid out
as they come. Without it, every choice is made that was measured to be faster: batch normalisation folded into the
convolutions, channels last in memory, an allocator that gives no memory back.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from pathlib import Path

from process import keep_freed_memory, set_threads

import torch
from torch.fx.experimental.optimization import fuse

sys.path.insert(0, str(Path(__file__).parents[2] / "test" / "reference"))

from make_inception import network  # noqa: E402


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--images", type=int, default=48, help="images a step")
    parser.add_argument("--batch", type=int, default=16, help="images at a time")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--script", action="store_true", help="TorchScript, optimised for inference")
    parser.add_argument("--keep-memory", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--channels-last", action=argparse.BooleanOptionalAction, default=True)
    return parser.parse_args()


@torch.inference_mode()
def main() -> None:
    options = parse_options()
    set_threads(options.threads)
    torch.set_default_dtype(torch.float32)
    net = network().float()
    images = torch.rand(options.batch, 3, 299, 299) * 2 - 1
    if not options.plain:
        if options.keep_memory:
            keep_freed_memory()
        net = fuse(net)
        if options.channels_last:
            net = net.to(memory_format=torch.channels_last)
            images = images.to(memory_format=torch.channels_last)
    if options.script:
        net = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(net, images)))
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        if line.strip() == "quit":
            break
        start = time.perf_counter()
        for _ in range(options.images // options.batch):
            net(images)
        milliseconds = 1000 * (time.perf_counter() - start)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"ms": milliseconds, "peakMb": peak}), flush=True)


if __name__ == "__main__":
    main()
