"""Speed of automatic differentiation against the gradient written by hand: one ratio.

``python -m benchmarks.autodiff [--repeats 50]`` runs loss and gradient of a 784-512-10 network
on a batch of 128 rows in float32, by the graph and by hand in turn, and prints the quartiles of
the paired ratios, graph / hand.
"""

import argparse
from itertools import pairwise
from time import perf_counter

import numpy as np

from probml.autodiff import Var, gradients, log_softmax, relu
from probml.classifiers._network import Backpropagation, split

__all__ = ["main"]

_UNITS, _BATCH = (784, 512, 10), 128


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=50)
    repeats = parser.parse_args().repeats
    rng = np.random.default_rng(0)
    size = sum((a + 1) * b for a, b in pairwise(_UNITS))
    theta = rng.normal(scale=0.05, size=size).astype(np.float32)
    X = rng.random((_BATCH, _UNITS[0])).astype(np.float32)
    y, share = rng.integers(10, size=_BATCH), np.full(_BATCH, 1.0 / _BATCH)
    by_hand = Backpropagation(theta, _UNITS, "relu", _BATCH)
    parts = split(theta, _UNITS)
    rows = np.arange(_BATCH)

    def by_graph() -> list[np.ndarray]:
        (W1, W2), (b1, b2) = ([Var(part) for part in parts_] for parts_ in parts)
        outputs = log_softmax(relu(X @ W1 + b1) @ W2 + b2)
        return gradients(-outputs[rows, y].mean(), [W1, W2, b1, b2])

    seconds = np.empty((repeats + 1, 2))
    for i in range(repeats + 1):  # the first run only warms up
        start = perf_counter()
        by_graph()
        middle = perf_counter()
        by_hand(X, y, share)
        seconds[i] = middle - start, perf_counter() - middle
    low, median, high = np.quantile(seconds[1:, 0] / seconds[1:, 1], [0.25, 0.5, 0.75])
    print(f"graph / hand: {median:.2f} (quartiles {low:.2f} to {high:.2f}), {repeats} runs")


if __name__ == "__main__":
    main()
