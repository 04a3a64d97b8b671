#!/usr/bin/python3
"""The Fréchet distance of two files of features, as pytorch-fid computes it: np.cov, and sqrtm of the product.

    python3 frechet.py IMAGES REFERENCE DIMENSIONS

The files hold float32 rows. Prints seconds of each part and the distance as a line of JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time

import numpy as np
from scipy import linalg


def main() -> None:
    images, reference, dimensions = sys.argv[1:]
    sides = [np.fromfile(file, dtype=np.float32).reshape(-1, int(dimensions)) for file in (images, reference)]
    started, processor = time.perf_counter(), time.process_time()
    means = [side.mean(axis=0, dtype=np.float64) for side in sides]
    covariances = [np.cov(side.astype(np.float64), rowvar=False) for side in sides]
    measured = time.perf_counter()
    root = linalg.sqrtm(covariances[0] @ covariances[1], disp=False)[0]
    traces = sum(np.trace(covariance) for covariance in covariances) - 2 * np.trace(root.real)
    ended = time.perf_counter()
    processor = time.process_time() - processor
    print(json.dumps({
        "momentsSeconds": measured - started,
        "distanceSeconds": ended - measured,
        "processorSeconds": processor,
        "distance": float(np.sum((means[0] - means[1]) ** 2) + traces),
        "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }))


if __name__ == "__main__":
    main()
