#!/usr/bin/python3
"""Records what the published programs score given features and logits, and what numpy's legacy generator draws.

    python3 test/reference/make_scores.py FOLDER

FOLDER holds checkouts of torch-fidelity (5e211a9), PyTorch-StudioGAN (947b35e), generative-evaluation-prdc (e320c1d) and
clean-fid (e88c4d6), by these names. Their own functions compute; what they import beside and is not needed for it is
replaced. Features are drawn by numpy's RandomState, which Sagan has too, and are float32 numbers handed over as float64.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import torch
from scipy.spatial.distance import cdist

from make_reference import printed

WORDS = 2**32


def draw(seed: int, shape: tuple[int, int], scale: float, shift: float) -> np.ndarray:
    """Sums of four uniform numbers, centred: float32 exactly as the tests compute them."""
    words = np.random.RandomState(seed).randint(0, WORDS, size=(*shape, 4), dtype=np.uint32).astype(np.float64)
    return ((words.sum(axis=2) / WORDS - 2) * scale + shift).astype(np.float32)


def replace_imports(folder: Path) -> None:
    for name in ["requests", "utils", "utils.sample", "utils.misc", "utils.losses", "cleanfid.clip_features"]:
        sys.modules[name] = MagicMock()
    sys.modules["tqdm"] = SimpleNamespace(tqdm=lambda items, **_: items)
    metrics = SimpleNamespace(
        pairwise_distances=lambda x, y, metric, n_jobs: cdist(x, y, metric), top_k_accuracy_score=None
    )
    sys.modules["sklearn"] = SimpleNamespace(metrics=metrics)
    sys.modules["sklearn.metrics"] = metrics
    sys.path += [
        str(folder / part)
        for part in ["torch-fidelity", "PyTorch-StudioGAN/src", "generative-evaluation-prdc", "clean-fid"]
    ]


def random_state() -> list[dict[str, Any]]:
    cases = []
    for seed, length in [(0, 1), (0, 2), (0, 10), (1, 1000), (2020, 1000), (2020, 50000), (WORDS - 1, 65537)]:
        order = np.random.RandomState(seed).permutation(length)
        digest = hashlib.sha256(order.astype("<u4").tobytes()).hexdigest()
        cases.append({"seed": seed, "length": length, "first": order[:6].tolist(), "sha256": digest})
    return cases


def inception_score() -> list[dict[str, Any]]:
    torch_fidelity = importlib.import_module("torch_fidelity.metric_isc")
    studiogan = importlib.import_module("metrics.ins")
    cases = []
    for count, classes, splits, scale in [(203, 10, 10, 4.0), (57, 7, 3, 20.0), (40, 5, 1, 2.0)]:
        drawn = {"seed": count, "shape": [count, classes], "scale": scale, "shift": 0.5}
        logits = torch.tensor(draw(count, (count, classes), scale, 0.5)).double()
        for seed in [2020, None]:
            scored = torch_fidelity.isc_features_to_metric(logits, splits, seed is not None, seed)
            cases.append({
                "program": "torch-fidelity", "logits": drawn, "splits": splits, "shuffleSeed": seed, "spreadDdof": 0,
                "mean": scored["inception_score_mean"], "spread": scored["inception_score_std"],
            })
        mean, spread = studiogan.calculate_kl_div(logits.softmax(1), splits)
        cases.append({
            "program": "StudioGAN", "logits": drawn, "splits": splits, "shuffleSeed": None, "spreadDdof": 1,
            "mean": float(mean), "spread": None if np.isnan(spread) else float(spread),
        })
    return cases


def kernel_distance() -> list[dict[str, Any]]:
    torch_fidelity = importlib.import_module("torch_fidelity.metric_kid")
    clean_fid = importlib.import_module("cleanfid.fid")
    cases = []
    for images, reference, dimensions, size, subsets in [(60, 50, 24, 40, 12), (31, 77, 64, 31, 5)]:
        sets = {
            "images": {"seed": images, "shape": [images, dimensions], "scale": 1.0, "shift": 0.4},
            "reference": {"seed": reference, "shape": [reference, dimensions], "scale": 1.1, "shift": 0.5},
        }
        x, y = (draw(s["seed"], tuple(s["shape"]), s["scale"], s["shift"]).astype(np.float64) for s in sets.values())
        scored = torch_fidelity.kid_features_to_metric(
            torch.tensor(x), torch.tensor(y), kid_subsets=subsets, kid_subset_size=size, rng_seed=2020, verbose=False
        )
        cases.append({
            "program": "torch-fidelity", **sets, "subsets": subsets, "subsetSize": size, "shrinks": False, "seed": 2020,
            "firstDrawn": "images", "mean": scored["kernel_inception_distance_mean"],
            "spread": scored["kernel_inception_distance_std"],
        })
        # clean-fid draws from numpy's global generator; seeding it makes a run that can be repeated.
        np.random.seed(7)
        mean = clean_fid.kernel_distance(y, x, num_subsets=subsets)
        cases.append({
            "program": "clean-fid", **sets, "subsets": subsets, "subsetSize": 1000, "shrinks": True, "seed": 7,
            "firstDrawn": "images", "mean": mean,
        })
    return cases


def neighbourhoods() -> list[dict[str, Any]]:
    torch_fidelity = importlib.import_module("torch_fidelity.metric_prc")
    clovaai = importlib.import_module("prdc.prdc")
    studiogan = importlib.import_module("metrics.prdc")
    cases = []
    for images, reference, dimensions, shift in [(150, 130, 4, 0.2), (90, 120, 64, 0.1), (40, 40, 3, 0.6)]:
        sets = {
            "images": {"seed": images, "shape": [images, dimensions], "scale": 1.0, "shift": shift},
            "reference": {"seed": reference + 1, "shape": [reference, dimensions], "scale": 1.1, "shift": 0.0},
        }
        x, y = (draw(s["seed"], tuple(s["shape"]), s["scale"], s["shift"]).astype(np.float64) for s in sets.values())
        for neighbours in [3, 5]:
            scored = torch_fidelity.prc_features_to_metric(
                torch.tensor(x), torch.tensor(y), prc_neighborhood=neighbours, verbose=False
            )
            cases.append({"program": "torch-fidelity", **sets, "neighbours": neighbours,
                          "precision": scored["precision"], "recall": scored["recall"], "fScore": scored["f_score"]})
            for program, module in [("generative-evaluation-prdc", clovaai), ("StudioGAN", studiogan)]:
                scored = module.compute_prdc(real_features=y, fake_features=x, nearest_k=neighbours)
                scores = {key: float(value) for key, value in scored.items()}
                cases.append({"program": program, **sets, "neighbours": neighbours, **scores})
    return cases


def main() -> None:
    torch.set_num_threads(2)
    replace_imports(Path(sys.argv[1]))
    content = {
        "numpy": np.__version__,
        "torch": torch.__version__,
        "randomState": random_state(),
        "inceptionScore": inception_score(),
        "kernelDistance": kernel_distance(),
        "neighbourhoods": neighbourhoods(),
    }
    Path(__file__).with_name("scores.json").write_text(printed(content) + "\n", encoding="utf8")


if __name__ == "__main__":
    main()
