#!/usr/bin/python3
"""Records moments, eigenvalues and Fréchet distances as numpy and scipy compute them.

    python3 test/reference/make_frechet.py

Features are those of make_scores.py, mixed so that their covariance has large and small eigenvalues.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy import linalg

from make_reference import printed
from make_scores import draw


def mixed(seed: int, count: int, dimensions: int, shift: float = 0.5) -> np.ndarray:
    drawn = draw(seed, (count, dimensions), 1.0, shift).astype(np.float64)
    return ((drawn + np.roll(drawn, -1, axis=1) / 2) * 0.5 ** (np.arange(dimensions) % 8)).astype(np.float32)


def moments() -> dict[str, Any]:
    features = mixed(1, 700, 6, shift=10000).astype(np.float64)
    return {
        "seed": 1, "count": 700, "dimensions": 6, "shift": 10000,
        "mean": features.mean(axis=0).tolist(),
        "covariance": np.cov(features, rowvar=False).ravel().tolist(),
        "covarianceDdof0": np.cov(features, rowvar=False, ddof=0).ravel().tolist(),
    }


def eigenvalues() -> list[dict[str, Any]]:
    cases = []
    for count, dimensions in [(300, 100), (40, 70)]:
        covariance = np.cov(mixed(2, count, dimensions).astype(np.float64), rowvar=False)
        values = np.linalg.eigvalsh(covariance).tolist()
        cases.append({"seed": 2, "count": count, "dimensions": dimensions, "values": values})
    return cases


def distances() -> list[dict[str, Any]]:
    """`exact`: by singular values of the features. `root`, `eigenvalues`: as pytorch-fid and torch-fidelity do it."""
    cases = []
    for dimensions, images, reference in [
        (16, 200, 150), (64, 500, 400), (64, 20, 30), (64, 20, 400), (128, 20, 20), (128, 100, 50), (128, 300, 60),
    ]:
        x = mixed(images, images, dimensions, 0.25).astype(np.float64)
        y = mixed(1000 + reference, reference, dimensions).astype(np.float64)
        means = np.sum((x.mean(axis=0) - y.mean(axis=0)) ** 2)
        covariances = [np.cov(side, rowvar=False) for side in (x, y)]
        outside = means + sum(np.trace(covariance) for covariance in covariances)
        product = covariances[0] @ covariances[1]
        centred = [(side - side.mean(axis=0)) / np.sqrt(len(side) - 1) for side in (x, y)]
        roots = {
            "exact": np.linalg.svd(centred[0] @ centred[1].T, compute_uv=False).sum(),
            "root": np.trace(linalg.sqrtm(product, disp=False)[0]).real,
            "eigenvalues": np.sqrt(linalg.eigvals(product).astype(complex)).real.sum(),
        }
        cases.append({
            "dimensions": dimensions,
            "images": {"seed": images, "count": images, "shift": 0.25},
            "reference": {"seed": 1000 + reference, "count": reference, "shift": 0.5},
            **{name: float(outside - 2 * root) for name, root in roots.items()},
        })
    return cases


def main() -> None:
    recorded = {
        "numpy": np.__version__,
        "moments": moments(),
        "eigenvalues": eigenvalues(),
        "distances": distances(),
    }
    Path(__file__).with_name("frechet.json").write_text(printed(recorded) + "\n")


if __name__ == "__main__":
    main()
