"""Speed of the multi-layer perceptron on full MNIST / 255: ratios from interleaved runs.

``python -m benchmarks.mlp [--repeats 5]`` trains a network 784-512-10 by Adam on batches of 128
float32 rows, two epochs a fit, in turn (A B C A B C, ...): ours, scikit-learn's, and, where
PyTorch is installed (``pip install torch``), its own with ``torch.optim.Adam(fused=True)`` on as
many threads.  A ratio is the time of the other over ours; the floor is the time of the two large
products of matrices of every step, shared out over the threads in the same way.
Seconds are of this machine and this moment only.
"""

import argparse
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier as Theirs
from threadpoolctl import threadpool_info

from probml._crew import Crew
from probml.classifiers import MLPClassifier
from probml.classifiers._network import Parameters, backward, forward
from probml.datasets import load_mnist

__all__ = ["main"]

RESULTS = Path(__file__).with_name("mlp.md")

_EPOCHS, _HIDDEN, _BATCH = 2, 512, 128


def fit_of(cls: Any, X: Any, y: Any) -> None:
    """Two epochs of a perceptron of scikit-learn's kind."""
    words = {"batch_size": _BATCH, "max_iter": _EPOCHS, "random_state": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        cls((_HIDDEN,), **words).fit(X, y)


def fit_of_torch(X: Any, y: Any, threads: int) -> None:
    """Two epochs of the same network in PyTorch."""
    import torch

    torch.set_num_threads(threads)
    rows, labels = torch.from_numpy(X), torch.from_numpy(y)
    network = torch.nn.Sequential(
        torch.nn.Linear(X.shape[1], _HIDDEN), torch.nn.ReLU(), torch.nn.Linear(_HIDDEN, 10)
    )
    rule = torch.optim.Adam(network.parameters(), lr=1e-3, weight_decay=1e-4 / _BATCH, fused=True)
    loss = torch.nn.CrossEntropyLoss()
    for _ in range(_EPOCHS):
        order = torch.randperm(len(rows))
        for start in range(0, len(rows), _BATCH):
            batch = order[start : start + _BATCH]
            rule.zero_grad()
            loss(network(rows[batch]), labels[batch]).backward()
            rule.step()


def products_alone(X: Any) -> None:
    """The products with the large matrix in two epochs, and nothing else."""
    rng, crew, n = np.random.default_rng(0), Crew(), X.shape[1]
    W, b = rng.standard_normal((n, _HIDDEN), np.float32), np.zeros(_HIDDEN, np.float32)
    only, out = Parameters([W], [b]), np.empty((_BATCH, _HIDDEN), np.float32)
    slope = Parameters([np.empty_like(W)], [np.empty_like(b)])
    with crew.at_work():
        for start in range(0, _EPOCHS * len(X), _BATCH):
            first = start % (len(X) - _BATCH)
            layers = [X[first : first + _BATCH], out]
            forward(layers, only, "identity", crew)
            backward(out, layers, [], only, slope, "identity", crew)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    mnist = load_mnist()
    X = np.float32(mnist.X_train).reshape(len(mnist.y_train), -1) / np.float32(255)
    y = mnist.y_train.astype(np.int64)
    threads = max(p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas")
    runs: dict[str, Callable[[], None]] = {
        "ours": lambda: fit_of(MLPClassifier, X, y),
        "scikit-learn": lambda: fit_of(Theirs, X, y),
        "floor: products alone": lambda: products_alone(X),
    }
    if find_spec("torch"):
        runs["PyTorch"] = lambda: fit_of_torch(X, y, threads)
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            start = perf_counter()
            run()
            seconds[name].append((perf_counter() - start) / _EPOCHS)
    rows = []
    for name in runs:
        ratio = np.array(seconds[name]) / np.array(seconds["ours"])
        low, median, high = np.quantile(ratio, [0.25, 0.5, 0.75])
        rows.append({
            "who": name, "seconds_per_epoch": min(seconds[name]), "ratio_to_ours": median,
            "quartiles": f"{low:.3g} to {high:.3g}",
        })  # fmt: skip
    title = f"MNIST / 255, {repeats} interleaved runs, BLAS threads {threads}"
    table = pd.DataFrame(rows).to_string(index=False, float_format="{:.4g}".format)
    missing = "" if find_spec("torch") else "\nPyTorch is not installed, so it was not measured."
    print(f"{title}\n{table}{missing}")
    RESULTS.write_text(f"# {title}\n\n{__doc__}\n```\n{table}{missing}\n```\n", encoding="utf-8")


if __name__ == "__main__":
    main()
